#include "auditlog/tool/prove_map.h"

#include <stdlib.h>

#include "auditlog/tool/mapcheck.h"
#include "auditlog/tool/say.h"

struct state {
	struct target target;
	struct findings found;
	struct sweep_result swept;
	struct source source;
	struct mapcheck *maps;
	struct mapcheck_proof proof;
};

static void
state_freep(struct state **s)
{
	if (*s == NULL)
		return;
	mapcheck_free((*s)->maps);
	target_source_close(&(*s)->source);
	target_clear(&(*s)->target);
	free(*s);
}

static int
open_all(struct state *s, const struct prove_map *p, const char *program, const char *log,
	 const struct target_options *common)
{
	struct target_options options = *common;
	unsigned month = 0;

	options.own_key = true;
	if (p->month && tagmap_parse_month(str_of(p->month), &month) != OK)
		return say(program, CLI_USAGE, "--month %s: write 2026-11", p->month);
	if (!tagmap_is_tag(str_of(p->tag)))
		return say(program, CLI_USAGE, "--tag %s: a tag is %d characters of base64url", p->tag, ENTRY_TAG_LEN);
	if (mapcheck_new(&s->maps) != OK || mapcheck_follow(s->maps, str_of(p->tag), month) != OK)
		return say(program, CLI_CANNOT, "not enough memory");
	GO(target_open(&s->target, program, log, &options, &s->found));
	return findings_none(&s->found) ? CLI_GO : say_findings(program, &s->found);
}

static int
read_log(struct state *s, const struct prove_map *p, const char *program)
{
	struct sweep sweep = {
		.target = &s->target,
		.jobs = (unsigned)p->jobs,
		.progress = true,
		.look = { .whole = true, .notice = mapcheck_notice },
		.hear = mapcheck_hear,
		.hear_ctx = s->maps,
	};
	enum status st = sweep_run(&sweep, &s->swept, &s->found);

	if (st != OK)
		return say(program, CLI_CANNOT, "cannot go on reading %s (%s)", s->target.name, status_name(st));
	if (s->swept.whole && findings_none(&s->found))
		mapcheck_finish(s->maps, &s->found);
	return findings_none(&s->found) ? CLI_GO : say_findings(program, &s->found);
}

static int
find_parts(struct state *s, const char *program)
{
	enum status st = mapcheck_prove(s->maps, &s->proof);

	if (st == OK)
		return CLI_GO;
	if (st == E_NOT_FOUND)
		findings_bad(&s->found, "log.map", "the log has no map of that month (yet)");
	else if (st == E_UNAVAILABLE)
		findings_bad(&s->found, "log.map", "that month is over, and there is no map of the one behind it yet");
	else
		return say(program, CLI_CANNOT, "the proof cannot be made (%s)", status_name(st));
	return say_findings(program, &s->found);
}

static int
write_proof(struct state *s, const struct prove_map *p, const char *program)
{
	CLEANUP(buf_clear) struct buf text = BUF(MAPPROOF_MAX);
	enum status st = target_source(&s->target, &s->source);

	if (st == OK)
		st = mapproof_put(s->source.log, buf_str(&s->target.bytes), str_of(p->tag), s->proof.month,
				  s->proof.said, s->proof.count, &text);
	if (st != OK)
		return say(program, CLI_CANNOT, "the proof cannot be put together (%s)", target_why(&s->source, st));
	GO(say_out(program, p->file, buf_str(&text)));
	return CLI_HOLDS;
}

int
prove_map(const struct prove_map *p, const char *program, const char *log, const struct target_options *common)
{
	CLEANUP(state_freep) struct state *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return say(program, CLI_CANNOT, "not enough memory");
	GO(open_all(s, p, program, log, common));
	GO(read_log(s, p, program));
	GO(find_parts(s, program));
	return write_proof(s, p, program);
}
