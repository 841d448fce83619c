#include "auditlog/tool/findings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "auditlog/core/tile.h"

static void
note(struct findings *f, enum finding_kind kind, const char *place, const char *fmt, va_list args) PRINTF_LIKE(4, 0);

static void
note(struct findings *f, enum finding_kind kind, const char *place, const char *fmt, va_list args)
{
	struct finding *one = &f->item[f->kept];

	if (kind == FINDING_UNREAD)
		f->unread++;
	else
		f->bad++;
	if (f->kept == FINDINGS_KEPT)
		return;
	one->kind = kind;
	snprintf(one->place, sizeof(one->place), "%s", place);
	vsnprintf(one->what, sizeof(one->what), fmt, args);
	f->kept++;
}

void
findings_bad(struct findings *f, const char *place, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(f, FINDING_BAD, place, fmt, args);
	va_end(args);
}

void
findings_unread(struct findings *f, const char *place, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(f, FINDING_UNREAD, place, fmt, args);
	va_end(args);
}

/* The place is the bare index until findings_settle() decides which of the two to name. */
void
findings_mismatch(struct findings *f, uint64_t index)
{
	char place[64];
	size_t before = f->kept;

	snprintf(place, sizeof(place), "%" PRIu64, index);
	findings_bad(f, place, "the entry and its hash in the level 0 tile contradict each other");
	if (f->kept > before)
		f->item[before].kind = FINDING_MISMATCH;
}

void
findings_resource(struct findings *f, const char *path, enum status st, const char *why)
{
	if (st == E_NOT_FOUND)
		findings_bad(f, path, "it is missing; fetch the log again or from a mirror");
	else if (st == E_CORRUPT || st == E_INVALID || st == E_TOO_LARGE)
		findings_bad(f, path, "its length or structure is wrong (%s)", status_name(st));
	else
		findings_unread(f, path, "%s; check rights and connection, then try again",
				why ? why : status_name(st));
}

void
findings_append(struct findings *f, const struct findings *more)
{
	f->bad += more->bad;
	f->unread += more->unread;
	for (size_t i = 0; i < more->kept && f->kept < FINDINGS_KEPT; i++)
		f->item[f->kept++] = more->item[i];
}

static void
settle_one(struct finding *one, uint64_t size, bool entries_proven)
{
	CLEANUP(buf_clear) struct buf tile = { 0 };
	struct tile t = { .kind = TILE_HASHES };
	uint64_t index = 0;

	if (str_to_u64(str_of(one->place), UINT64_MAX, &index) != OK || tile_of(0, index, size, &t) != OK)
		return;
	tile_put_path(&tile, &t);
	one->kind = FINDING_BAD;
	if (entries_proven) {
		snprintf(one->place, sizeof(one->place), "%.*s", STR_ARG(buf_str(&tile)));
		snprintf(one->what, sizeof(one->what),
			 "hash %u is not that of entry %" PRIu64 ", which does lead to the signed root",
			 (unsigned)(index % TILE_WIDTH), index);
		return;
	}
	snprintf(one->place, sizeof(one->place), "entry %" PRIu64, index);
	snprintf(one->what, sizeof(one->what), "its hash is not hash %u of %.*s", (unsigned)(index % TILE_WIDTH),
		 STR_ARG(buf_str(&tile)));
}

void
findings_settle(struct findings *f, uint64_t size, bool entries_proven)
{
	for (size_t i = 0; i < f->kept; i++)
		if (f->item[i].kind == FINDING_MISMATCH)
			settle_one(&f->item[i], size, entries_proven);
}

bool
findings_none(const struct findings *f)
{
	return f->bad == 0 && f->unread == 0;
}

enum cli_exit
findings_exit(const struct findings *f)
{
	if (f->bad)
		return CLI_DOES_NOT;
	return f->unread ? CLI_CANNOT : CLI_HOLDS;
}

/* What is bad decides over what is unread: the first finding of the kind that decides the exit status. */
static const struct finding *
first_deciding(const struct findings *f)
{
	for (size_t i = 0; i < f->kept; i++)
		if ((f->item[i].kind == FINDING_UNREAD) == (f->bad == 0))
			return &f->item[i];
	return &f->item[0];
}

void
findings_put_text(struct buf *out, const struct findings *f)
{
	const struct finding *first = first_deciding(f);

	if (findings_none(f))
		return;
	for (size_t i = 0; i < f->kept; i++)
		buf_printf(out, "%s %s: %s\n", f->item[i].kind == FINDING_UNREAD ? "unread" : "bad   ",
			   f->item[i].place, f->item[i].what);
	if (f->bad + f->unread > f->kept)
		buf_printf(out, "and %" PRIu64 " more\n", f->bad + f->unread - f->kept);
	if (f->bad)
		buf_put_cstr(
		    out, "Keep this copy as evidence, compare it with a mirror, a witness or an earlier copy, and ask "
			 "the operator.\n");
	buf_printf(out, "%s: %s: %s\n", f->bad ? "DOES NOT HOLD" : "CANNOT READ", first->place, first->what);
}
