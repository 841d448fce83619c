#include "auditlog/core/pruned.h"

#include <inttypes.h>

#include "auditlog/core/merkle.h"
#include "auditlog/core/tile.h"

#define SECOND_IN_US 1000000

void
pruned_put_file(struct buf *out, const struct pruned *p)
{
	buf_printf(out, "%" PRIu64 "\n%" PRIu64 "\n", p->minimum, p->entry);
}

/* Whole bundles go, never all of them, and the entry that says so stays. */
static bool
possible(uint64_t minimum, uint64_t entry)
{
	return minimum > 0 && minimum % TILE_WIDTH == 0 && minimum <= entry;
}

enum status
pruned_parse_file(struct str text, struct pruned *out)
{
	struct pruned p = { 0 };
	size_t line = str_find_char(text, '\n');

	if (text.n < 4 || text.p[text.n - 1] != '\n' || line + 1 >= text.n)
		return E_INVALID;
	TRY(str_to_u64(str_slice(text, 0, line), MERKLE_SIZE_MAX, &p.minimum) == OK ? OK : E_INVALID);
	TRY(str_to_u64(str_slice(text, line + 1, text.n - 1), MERKLE_SIZE_MAX, &p.entry) == OK ? OK : E_INVALID);
	if (!possible(p.minimum, p.entry))
		return E_INVALID;
	*out = p;
	return OK;
}

void
pruned_put_facts(const struct pruned_facts *f, struct entry_fact out[PRUNED_FACTS])
{
	out[0] = (struct entry_fact){ .name = STR("minimum"), .number = f->minimum };
	out[1] = (struct entry_fact){ .name = STR("retention"), .number = f->retention_s };
}

enum status
pruned_get_facts(const struct entry_view *v, struct pruned_facts *out)
{
	const struct entry_fact *f = v->entry.facts;

	if (v->entry.event != ENTRY_LOG_PRUNED || v->entry.fact_count != PRUNED_FACTS ||
	    !str_is(f[0].name, "minimum") || f[0].text.p != NULL || !str_is(f[1].name, "retention") ||
	    f[1].text.p != NULL)
		return E_INVALID;
	if (!possible(f[0].number, v->index) || f[1].number < PRUNED_RETENTION_LEAST_S ||
	    f[1].number > INT64_MAX / SECOND_IN_US)
		return E_INVALID;
	*out = (struct pruned_facts){ f[0].number, f[1].number };
	return OK;
}

bool
pruned_was_due(const struct pruned_facts *f, const struct entry_view *said, const struct entry_view *first)
{
	return first->index == f->minimum && first->time_us < said->time_us &&
	       said->time_us - first->time_us >= (int64_t)f->retention_s * SECOND_IN_US;
}
