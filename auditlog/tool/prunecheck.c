#include "auditlog/tool/prunecheck.h"

#include <inttypes.h>
#include <stdio.h>

struct looked {
	struct buf line;
	struct entry_view view;
};

/* The reader lends the line until its next call only. */
static enum status
take(struct logread *log, uint64_t index, uint64_t size, struct looked *out, struct proof *path)
{
	struct str line;

	TRY(logread_entry(log, index, size, &line));
	out->line = BUF(ENTRY_MAX);
	buf_put(&out->line, line);
	TRY(buf_status(&out->line));
	return logread_inclusion(log, index, size, path);
}

/* The entry, led to the root. False with a finding. */
static bool
look(const struct target *t, struct source *s, uint64_t index, struct looked *out, struct findings *f)
{
	struct proof path = { 0 };
	struct hash leaf;
	char place[64];
	enum status st;

	snprintf(place, sizeof(place), "entry %" PRIu64, index);
	if (index >= t->head.size) {
		findings_bad(f, PRUNED_FILE, "it speaks of entry %" PRIu64 ", and the log has only %" PRIu64, index,
			     t->head.size);
		return false;
	}
	st = take(s->log, index, t->head.size, out, &path);
	if (st != OK) {
		findings_resource(f, place, st, target_why(s, st));
		return false;
	}
	leaf = hash_leaf(buf_str(&out->line));
	if (proof_check_inclusion(&path, index, t->head.size, &leaf, &t->head.root) == OK &&
	    entry_parse(buf_str(&out->line), &out->view) == OK && out->view.index == index)
		return true;
	findings_bad(f, place, "it does not lead to the signed root");
	return false;
}

static void
compare(const struct target *t, const struct looked *said, struct source *s, struct prunecheck *out, struct findings *f)
{
	struct looked first = { 0 };

	if (pruned_get_facts(&said->view, &out->facts) != OK) {
		findings_bad(f, PRUNED_FILE, "entry %" PRIu64 " does not say that anything is kept no longer",
			     t->pruned.entry);
	} else if (out->facts.minimum < t->pruned.minimum) {
		findings_bad(f, PRUNED_FILE,
			     "entries below %" PRIu64 " are to be missing, and entry %" PRIu64
			     " says so of those below %" PRIu64 " only",
			     t->pruned.minimum, t->pruned.entry, out->facts.minimum);
	} else if (look(t, s, out->facts.minimum, &first, f)) {
		out->proven = pruned_was_due(&out->facts, &said->view, &first.view);
		if (!out->proven)
			findings_bad(f, PRUNED_FILE,
				     "entries that went by entry %" PRIu64 " may have been younger than the %" PRIu64
				     " days that it names",
				     t->pruned.entry, out->facts.retention_s / 86400);
	}
	buf_clear(&first.line);
}

void
prunecheck(const struct target *t, struct source *s, struct prunecheck *out, struct findings *f)
{
	struct looked said = { 0 };

	*out = (struct prunecheck){ 0 };
	if (t->pruned.minimum == 0)
		return;
	if (look(t, s, t->pruned.entry, &said, f))
		compare(t, &said, s, out, f);
	buf_clear(&said.line);
}
