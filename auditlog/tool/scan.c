#include "auditlog/tool/scan.h"

#include <stdlib.h>

#include "auditlog/base/file.h"
#include "auditlog/tool/quick.h"
#include "auditlog/tool/say.h"

struct state {
	struct target target;
	struct findings found;
	struct sweep_result swept;
};

static int
run(struct scan *s, struct state *state)
{
	struct sweep sweep = {
		.target = &state->target,
		.jobs = (unsigned)s->jobs,
		.progress = true,
		.look = { .extract = s->extract, .ctx = s->ctx },
		.absorb = s->absorb,
	};
	enum status st;

	s->common.own_key = true;
	GO(target_open(&state->target, s->program, s->log, &s->common, &state->found));
	if (!findings_none(&state->found))
		return say_findings(s->program, &state->found);
	st = sweep_run(&sweep, &state->swept, &state->found);
	if (st != OK)
		return say(s->program, CLI_CANNOT, "stopped at entry %llu (%s): the output is not complete",
			   (unsigned long long)state->swept.entries, status_name(st));
	scan_say_pruned(s->program, &state->target, &state->swept.said);
	return say_findings(s->program, &state->found);
}

void
scan_say_pruned(const char *program, const struct target *t, const struct prunecheck *said)
{
	if (t->accept_pruned && said->proven)
		say(program, 0, "entries below %llu are kept no longer, as entry %llu (log.pruned) says",
		    (unsigned long long)t->pruned.minimum, (unsigned long long)t->pruned.entry);
}

int
scan_run(struct scan *s, struct sweep_result *r)
{
	struct state *state = calloc(1, sizeof(*state));
	int exit;

	if (!state)
		return say(s->program, CLI_CANNOT, "not enough memory");
	if (s->quick) {
		exit = quick_run(s, r ? &r->entries : &state->swept.entries);
		free(state);
		return exit;
	}
	exit = run(s, state);
	if (r)
		*r = state->swept;
	target_clear(&state->target);
	free(state);
	return exit;
}

enum status
scan_write(int fd, struct str text)
{
	return text.n ? file_write_all(fd, text.p, text.n) : OK;
}
