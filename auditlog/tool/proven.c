#include "auditlog/tool/proven.h"

#include <inttypes.h>
#include <stdio.h>

#include "auditlog/tool/say.h"

int
proven_open(struct proven *p, const char *program, const char *log, const struct target_options *o)
{
	struct target_options options = *o;
	enum status st;

	options.own_key = true;
	p->line = BUF(ENTRY_MAX);
	GO(target_open(&p->target, program, log, &options, &p->found));
	if (!findings_none(&p->found))
		return say_findings(program, &p->found);
	st = target_source(&p->target, &p->source);
	return st == OK ? CLI_GO : say(program, CLI_CANNOT, "cannot open %s (%s)", log, status_name(st));
}

void
proven_close(struct proven *p)
{
	buf_clear(&p->line);
	target_source_close(&p->source);
	target_clear(&p->target);
}

/* logread lends the line only until its next call, and the path is that. */
static enum status
fetch(struct proven *p, uint64_t index, uint64_t size)
{
	struct str line;

	TRY(logread_entry(p->source.log, index, size, &line));
	buf_reset(&p->line);
	buf_put(&p->line, line);
	TRY(buf_status(&p->line));
	return logread_inclusion(p->source.log, index, size, &p->path);
}

bool
proven_pruned(const struct proven *p, uint64_t index)
{
	return index < p->target.pruned.minimum;
}

bool
proven_path(struct proven *p, uint64_t index)
{
	const struct checkpoint *head = &p->target.head;
	struct hash leaf = { 0 };
	char place[64];
	enum status st = logread_leaf(p->source.log, index, head->size, &leaf);

	snprintf(place, sizeof(place), "entry %" PRIu64, index);
	if (st == OK)
		st = logread_inclusion(p->source.log, index, head->size, &p->path);
	if (st != OK)
		findings_resource(&p->found, place, st, target_why(&p->source, st));
	else if (proof_check_inclusion(&p->path, index, head->size, &leaf, &head->root) != OK)
		findings_bad(&p->found, place,
			     "its hash does not lead to the signed root; auditlog verify names the damaged file");
	return findings_none(&p->found);
}

static void
note_unfetched(struct proven *p, uint64_t index, const char *place, enum status st)
{
	if (st == E_NOT_FOUND && proven_pruned(p, index))
		findings_bad(&p->found, place,
			     "the log keeps entries below %" PRIu64
			     " no longer (minimum-index); auditlog prove still proves what somebody else has kept",
			     p->target.pruned.minimum);
	else if (st == E_NOT_FOUND || st == E_CORRUPT || st == E_TOO_LARGE || st == E_INVALID)
		findings_bad(&p->found, place,
			     "a file that holds it or its proof is missing or damaged (%s); auditlog verify "
			     "names the file",
			     status_name(st));
	else
		findings_unread(&p->found, place, "%s", target_why(&p->source, st));
}

bool
proven_entry(struct proven *p, uint64_t index, struct str *line, struct entry_view *view)
{
	const struct checkpoint *head = &p->target.head;
	struct hash leaf;
	char place[64];
	enum status st;

	snprintf(place, sizeof(place), "entry %" PRIu64, index);
	if (index >= head->size) {
		findings_bad(&p->found, place, "the log has only %" PRIu64 " entries", head->size);
		return false;
	}
	st = fetch(p, index, head->size);
	if (st != OK) {
		note_unfetched(p, index, place, st);
		return false;
	}
	*line = buf_str(&p->line);
	leaf = hash_leaf(*line);
	if (proof_check_inclusion(&p->path, index, head->size, &leaf, &head->root) != OK)
		findings_bad(&p->found, place,
			     "its hash does not lead to the signed root; auditlog verify names the damaged file");
	else if (entry_parse(*line, view) != OK || view->index != index)
		findings_bad(&p->found, place, "it is not written as an entry must be (auditlog.5)");
	else
		return true;
	return false;
}
