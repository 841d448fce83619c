#include "auditlog/tool/check_map.h"

#include <inttypes.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/tool/say.h"

struct state {
	struct mapproof proof;
	struct note note;
	struct checkpoint head;
	struct quorum_result witnesses;
	struct findings found;
};

static void
state_freep(struct state **s)
{
	if (*s == NULL)
		return;
	mapproof_clear(&(*s)->proof);
	free(*s);
}

/* What the file is said to be about is what it must be about. */
static void
judge_subject(const struct check_map *m, struct state *s, unsigned month)
{
	if (!str_is(s->proof.tag, m->tag))
		findings_bad(&s->found, m->file, "it is about another tag, %.*s", STR_ARG(s->proof.tag));
	if (m->month && s->proof.month != month)
		findings_bad(&s->found, m->file, "it is about another month");
}

static void
judge(const struct check_map *m, struct str text, struct state *s, unsigned month)
{
	const char *why = "";

	if (mapproof_parse(text, &s->proof) != OK) {
		findings_bad(&s->found, m->file, "it is no proof of completeness (auditlog.5)");
		return;
	}
	judge_subject(m, s, month);
	if (!vouch_checkpoint(m->trust, s->proof.checkpoint, m->file, &s->note, &s->head, &s->found))
		return;
	if (m->attest)
		attest_check(m->attest, &s->note, m->file, &s->witnesses, &s->found);
	if (mapproof_check(&s->proof, &s->head, &why) != OK)
		findings_bad(&s->found, m->file, "%s", why);
}

/* ---- the result in words ---- */

static void
put_part(struct buf *out, const struct mapproof_part *p)
{
	buf_put_cstr(out, "  ");
	tagmap_put_month(out, p->facts.month);
	if (p->count == 0)
		buf_put_cstr(out, ": no entry");
	else
		buf_printf(out, ": %zu %s", p->count, p->count == 1 ? "entry" : "entries");
	buf_printf(out, " among %" PRIu64 " to %" PRIu64 ", ", p->facts.first, p->facts.size - 1);
	if (p->facts.closed) {
		buf_put_cstr(out, "all of the month");
	} else {
		buf_put_cstr(out, "up to ");
		clock_put_rfc3339(out, p->facts.until_us);
	}
	for (size_t i = 0; i < p->count; i++)
		buf_printf(out, "%s%" PRIu64, i ? " " : "\n    ", p->index[i]);
	buf_put_char(out, '\n');
}

static int
say_result(const struct check_map *m, const char *program, const struct state *s)
{
	CLEANUP(buf_clear) struct buf text = BUF(MAPPROOF_MAX);
	const struct mapproof_part *at = mapproof_main(&s->proof);
	size_t count = 0;

	for (size_t i = 0; i < s->proof.parts; i++)
		count += s->proof.part[i].count;
	buf_put_cstr(&text, "HOLDS: ");
	if (count == 0)
		buf_put_cstr(&text, "no entry carries");
	else
		buf_printf(&text, "%zu %s", count, count == 1 ? "entry carries" : "entries carry");
	buf_printf(&text, " the tag %s, and no other%s of %.*s\n", m->tag, at->facts.closed ? "" : " so far",
		   STR_ARG(s->head.origin));
	for (size_t i = 0; i < s->proof.parts; i++)
		put_part(&text, &s->proof.part[i]);
	if (m->attest)
		buf_printf(&text, "cosigned by %zu of %zu witnesses\n", s->witnesses.cosigned, s->witnesses.witnesses);
	if (buf_status(&text) != OK)
		return say(program, CLI_CANNOT, "not enough memory to say the result");
	GO(say_out(program, NULL, buf_str(&text)));
	return CLI_HOLDS;
}

int
check_map(const struct check_map *m, const char *program, struct str text)
{
	CLEANUP(state_freep) struct state *s = calloc(1, sizeof(*s));
	unsigned month = 0;

	if (s == NULL)
		return say(program, CLI_CANNOT, "not enough memory");
	if (m->month && tagmap_parse_month(str_of(m->month), &month) != OK)
		return say(program, CLI_USAGE, "--month %s: write 2026-11", m->month);
	judge(m, text, s, month);
	return findings_none(&s->found) ? say_result(m, program, s) : say_findings(program, &s->found);
}
