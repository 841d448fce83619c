/* audit_read.c: entries read back, by id, index or tag, and opened for whom they are about. */
#include "authd/audit/audit.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/client/append.h"
#include "authd/audit/log_ask.h"
#include "authd/authd.h"

static enum status
ask_entry(struct authd *a, uint16_t type, struct buf *request, const char *what, uint64_t *index, struct buf *line)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	struct str text;
	const struct log_reply *r;

	TRY(log_ask(a, type, request, what, &w));
	r = log_ask_reply(w);
	TRY(append_get_entry(r->type, buf_str(&r->bytes), index, &text));
	buf_put(line, text);
	return buf_status(line);
}

enum status
audit_find(struct authd *a, struct str id, uint64_t *index, struct buf *line)
{
	CLEANUP(buf_clear) struct buf request = BUF(64);
	struct uuid u;

	if (uuid_parse(id, &u) != OK)
		return E_NOT_FOUND;
	append_put_find(&request, &u);
	return ask_entry(a, APPEND_FIND, &request, "find", index, line);
}

enum status
audit_read(struct authd *a, uint64_t index, struct buf *line)
{
	CLEANUP(buf_clear) struct buf request = BUF(64);
	uint64_t got;

	append_put_read(&request, index);
	return ask_entry(a, APPEND_READ, &request, "read", &got, line);
}

/* Questions under way, oldest first. */
struct reading {
	struct fiber_wait *waits[AUDIT_AT_ONCE];
	size_t count;
};

static void
reading_clear(struct reading *r)
{
	for (size_t i = 0; i < r->count; i++)
		fiber_wait_drop(r->waits[i]);
}

static enum status
send_reads(struct authd *a, const uint64_t *indices, size_t count, struct reading *r)
{
	for (r->count = 0; r->count < count; r->count++) {
		CLEANUP(buf_clear) struct buf request = BUF(64);

		append_put_read(&request, indices[r->count]);
		TRY(log_ask_send(a, APPEND_READ, &request, "read", &r->waits[r->count]));
	}
	return OK;
}

static enum status
receive_read(struct fiber_wait *w, uint64_t wanted, int64_t deadline, audit_each *each, void *ctx)
{
	const struct log_reply *r = log_ask_reply(w);
	uint64_t index;
	struct str line;

	TRY(log_ask_await(w, deadline, "read"));
	TRY(append_get_entry(r->type, buf_str(&r->bytes), &index, &line));
	return index == wanted ? each(ctx, index, line) : E_CORRUPT;
}

static enum status
read_some(struct authd *a, const uint64_t *indices, size_t count, audit_each *each, void *ctx)
{
	CLEANUP(reading_clear) struct reading r = { 0 };
	const int64_t deadline = log_ask_deadline();

	TRY(send_reads(a, indices, count, &r));
	for (size_t i = 0; i < count; i++)
		TRY(receive_read(r.waits[i], indices[i], deadline, each, ctx));
	return OK;
}

enum status
audit_read_each(struct authd *a, const uint64_t *indices, size_t count, audit_each *each, void *ctx)
{
	for (size_t done = 0; done < count; done += AUDIT_AT_ONCE) {
		const size_t n = count - done < AUDIT_AT_ONCE ? count - done : AUDIT_AT_ONCE;
		enum status st = read_some(a, indices + done, n, each, ctx);

		if (st != OK)
			return st == E_END ? OK : st;
	}
	return OK;
}

enum status
audit_by_tag(struct authd *a, struct str tag, uint64_t before, size_t limit, uint64_t *indices, size_t *count)
{
	CLEANUP(buf_clear) struct buf request = BUF(128);
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	const struct log_reply *r;

	append_put_by_tag(&request, tag, before, limit);
	TRY(log_ask(a, APPEND_BY_TAG, &request, "by_tag", &w));
	r = log_ask_reply(w);
	return append_get_indices(r->type, buf_str(&r->bytes), indices, limit, count);
}

enum status
audit_map(struct authd *a, struct str tag, struct str month, int64_t max_age_us, struct buf *reply,
	  struct mapproof_said out[MAPPROOF_PARTS_MAX], size_t *count)
{
	CLEANUP(buf_clear) struct buf request = BUF(128);
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	const struct log_reply *r;

	append_put_map(&request, tag, month, (uint32_t)(max_age_us / SECOND_US));
	TRY(log_ask_patiently(a, APPEND_MAP, &request, "map", &w));
	r = log_ask_reply(w);
	buf_put(reply, buf_str(&r->bytes));
	TRY(buf_status(reply));
	return append_get_mapped(r->type, buf_str(reply), out, count);
}

enum status
audit_tag(struct authd *a, const struct keys_person *who, struct str month, char tag[ENTRY_TAG_LEN + 1])
{
	CLEANUP(buf_clear) struct buf text = BUF(64), ctag = BUF(64);

	TRY(keys_tags(a->keys, who, month, str_of(""), &text, &ctag));
	if (text.n != ENTRY_TAG_LEN)
		return E_CORRUPT;
	memcpy(tag, text.p, ENTRY_TAG_LEN);
	tag[ENTRY_TAG_LEN] = '\0';
	return OK;
}

/* Whose envelope it is shows only by its opening: entries of two people carry two. */
enum status
audit_open(struct authd *a, const struct keys_person *who, struct str line, struct buf *detail)
{
	CLEANUP(buf_clear) struct buf id = BUF(UUID_TEXT_LEN);
	struct entry_view view;
	struct str head;

	TRY(entry_parse(line, &view));
	TRY(entry_fragment_head(line, &head));
	uuid_put(&id, &view.entry.id);
	for (size_t i = 0; i < view.entry.about_count; i++) {
		enum status st;

		if (view.entry.about[i].sealed.n == 0)
			continue;
		st = keys_open_sealed(a->keys, who, buf_str(&id), head, view.entry.about[i].sealed, detail);
		if (st != E_CORRUPT)
			return st;
	}
	return E_NOT_FOUND;
}
