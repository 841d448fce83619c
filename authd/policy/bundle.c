#include "authd/policy/bundle.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authd/policy/bundle_source.h"

#define ID_MOST  64
#define ID_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
#define ID_HINT  "use 1 to 64 letters, digits, '_', '.' and '-', not beginning with a sign"

enum status
bundle_file(struct bundle *b, const char *name, const struct conf_node **root)
{
	struct policy *p = b->policy;
	char path[PATH_MAX];
	struct conf **grown = reallocarray(p->files, p->file_count + 1, sizeof(*p->files));
	struct str text = { 0 };
	enum status st;

	if (grown == NULL)
		return E_NOMEM;
	p->files = grown;
	bundle_source_name(b, name, path, sizeof(path));
	st = bundle_source_read(b, name, CONF_BYTES_MAX, &text);
	if (st != OK) {
		snprintf(b->err->text, sizeof(b->err->text), "%.300s:1:1: cannot be read (%s); %s", path,
			 status_name(st),
			 st == E_TOO_LARGE ? "at most 1 MiB is read, split it"
					   : "it must be a regular file that this user may read");
		return st;
	}
	TRY(conf_parse(path, text, &p->files[p->file_count], b->err));
	*root = conf_root(p->files[p->file_count++]);
	return OK;
}

enum status
bundle_grant(struct bundle *b, const struct policy_grant *grant)
{
	struct policy *p = b->policy;
	size_t room = p->grant_room != 0 ? 2 * p->grant_room : 64;
	struct policy_grant *grown = NULL;

	if (p->grant_count == POLICY_GRANT_MOST)
		return conf_refuse(grant->node, b->err, "join some", "more than %d permissions", POLICY_GRANT_MOST);
	if (p->grant_count == p->grant_room) {
		grown = reallocarray(p->grants, room, sizeof(*grown));
		if (grown == NULL)
			return E_NOMEM;
		p->grants = grown;
		p->grant_room = room;
	}
	p->grants[p->grant_count++] = *grant;
	return OK;
}

enum status
bundle_list(struct bundle *b, const char *name, size_t row_size, size_t most, struct policy_list *list,
	    const struct conf_node **root)
{
	TRY(bundle_file(b, name, root));
	if (conf_kind(*root) != CONF_LIST || conf_count(*root) == 0)
		return conf_refuse(*root, b->err, "begin each item with \"- id: …\"",
				   "the file must be a list with at least one item");
	if (conf_count(*root) > most)
		return conf_refuse(conf_at(*root, most), b->err, "remove what is not used", "more than %zu items",
				   most);
	TRY(nametable_init(&list->by_id, &b->policy->arena, conf_count(*root)));
	TRY(arena_array(&b->policy->arena, conf_count(*root), row_size, &list->rows));
	list->n = conf_count(*root);
	return OK;
}

enum status
bundle_name_row(struct bundle *b, const struct conf_node *item, struct policy_list *list, const void *row)
{
	const struct conf_node *id = conf_get(item, "id");
	struct str text = conf_text(id);

	if (!str_only(text, ID_CHARS) || text.n > ID_MOST || strchr("_.-", text.p[0]) != NULL)
		return conf_refuse(id, b->err, ID_HINT, "this is no id");
	if (nametable_put(&list->by_id, text, row) != OK)
		return conf_refuse(id, b->err, "choose another one or remove one of the two", "the id %s is used twice",
				   text.p);
	return OK;
}

enum status
bundle_find(struct bundle *b, const struct policy_list *list, const struct conf_node *name, const char *kind,
	    const void **row)
{
	if (conf_kind(name) != CONF_SCALAR)
		return conf_refuse(name, b->err, "write its id", "the name of a %s is expected", kind);
	*row = nametable_get(&list->by_id, conf_text(name));
	if (*row == NULL)
		return conf_refuse(name, b->err, "define it or correct the spelling", "unknown %s %.64s", kind,
				   conf_text(name).p);
	return OK;
}

enum status
bundle_scalars(struct bundle *b, const struct conf_node *names, const char *kind)
{
	if (names == NULL)
		return OK;
	if (conf_kind(names) != CONF_LIST)
		return conf_refuse(names, b->err, "write [a, b]", "a list of %s names is expected", kind);
	for (size_t i = 0; i < conf_count(names); i++) {
		const struct conf_node *name = conf_at(names, i);

		if (conf_kind(name) != CONF_SCALAR)
			return conf_refuse(name, b->err, "write its id", "the name of a %s is expected", kind);
		for (size_t k = 0; k < i; k++) {
			if (str_eq(conf_text(name), conf_text(conf_at(names, k))))
				return conf_refuse(name, b->err, "remove one of the two", "%s %.64s stands here twice",
						   kind, conf_text(name).p);
		}
	}
	return OK;
}

enum status
bundle_each(struct bundle *b, const struct conf_node *names, const struct policy_list *list, const char *kind,
	    bundle_take *take, void *ctx)
{
	size_t n = names != NULL ? conf_count(names) : 0;

	TRY(bundle_scalars(b, names, kind));
	for (size_t i = 0; i < n; i++) {
		const void *row = NULL;

		TRY(bundle_find(b, list, conf_at(names, i), kind, &row));
		TRY(take(ctx, row, conf_at(names, i)));
	}
	return OK;
}

static const struct {
	struct str prefix;
	const char *base;
} vocabularies[] = {
	{ STR_INIT("dpv:"), BUNDLE_DPV },
	{ STR_INIT("pd:"), BUNDLE_DPV_DATA },
	{ STR_INIT("ps:"), BUNDLE_DPV_PUBLIC_SERVICES },
};

enum status
bundle_iri(struct bundle *b, const struct conf_node *name, const char *base, const char **iri)
{
	CLEANUP(buf_clear) struct buf full = BUF(512);
	struct str term = conf_text(name);

	if (str_starts(term, STR("https://"))) {
		*iri = term.p;
		return OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(vocabularies); i++) {
		if (str_starts(term, vocabularies[i].prefix)) {
			term = str_slice(term, vocabularies[i].prefix.n, term.n);
			base = vocabularies[i].base;
			break;
		}
	}
	if (!str_only(term, ID_CHARS))
		return conf_refuse(name, b->err, "write dpv:Name, pd:Name, ps:Name or a whole https:// address",
				   "this is no term of the data privacy vocabulary");
	buf_put_cstr(&full, base);
	buf_put(&full, term);
	TRY(buf_status(&full));
	return arena_text(&b->policy->arena, buf_str(&full), iri);
}

enum status
bundle_duration(struct bundle *b, const struct conf_node *node, const char **text, int64_t *us)
{
	if (node == NULL)
		return OK;
	TRY(conf_as_duration(node, us, b->err));
	if (*us <= 0)
		return conf_refuse(node, b->err, "write a term such as P30D", "a term of nothing");
	*text = conf_text(node).p;
	return OK;
}

struct frequency_raw {
	uint64_t count;
	const struct conf_node *per;
};

static const struct conf_field frequency_fields[] = {
	{ "count", CONF_UINT, offsetof(struct frequency_raw, count), true, NULL, 1, 1000000, NULL, NULL, NULL },
	{ "per", CONF_NODE, offsetof(struct frequency_raw, per), true, NULL, 0, 0, NULL, NULL, "write per: P1M" },
};
static const struct conf_schema frequency_schema = { frequency_fields, ARRAY_LEN(frequency_fields),
						     sizeof(struct frequency_raw) };

enum status
bundle_frequency(struct bundle *b, const struct conf_node *node, struct limits_frequency *out)
{
	struct frequency_raw raw = { 0 };

	if (node == NULL)
		return OK;
	TRY(conf_read(node, &frequency_schema, &raw, b->err));
	out->count = (uint32_t)raw.count;
	return bundle_duration(b, raw.per, &out->per, &out->per_us);
}

enum status
bundle_names(struct bundle *b, const char *sub, char ***names)
{
	char path[PATH_MAX];
	enum status st = bundle_source_list(b, sub, names);

	if (st != OK && st != E_NOMEM) {
		bundle_source_name(b, sub, path, sizeof(path));
		snprintf(b->err->text, sizeof(b->err->text), "%.400s: cannot list this folder; create it", path);
	}
	return st;
}

void
bundle_names_free(char ***names)
{
	for (size_t i = 0; *names != NULL && (*names)[i] != NULL; i++)
		free((*names)[i]);
	free(*names);
	*names = NULL;
}
