#include "auditlog/daemon/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/client/append.h"

struct intake {
	struct intake_parts parts;
	struct msg_server *server;
};

/* ---- replies to appends ---- */

static void
reply_receipts(const struct batch_job *job)
{
	CLEANUP(buf_clear) struct buf reply = BUF(2 + job->count * RECEIPT_WIRE_LEN);

	buf_put_u16(&reply, (uint16_t)job->count);
	for (size_t i = 0; i < job->count; i++)
		receipt_put(&reply, &job->items[i].receipt);
	if (buf_status(&reply) == OK)
		msg_reply(&job->req, APPEND_RECEIPTS, buf_str(&reply));
	else
		msg_reply_error(&job->req, E_UNAVAILABLE, "no memory; send the same again");
}

static void
reply_stale(const struct batch_job *job)
{
	CLEANUP(buf_clear) struct buf reply = BUF(8);

	buf_put_u64(&reply, job->size);
	msg_reply(&job->req, APPEND_STALE, buf_str(&reply));
}

/* Back on the loop thread. The peer may have gone: msg_reply notices. */
static void
deliver(struct outbox_item *item)
{
	struct batch_job *job = (struct batch_job *)(void *)item;

	if (job->result == OK && job->stale)
		reply_stale(job);
	else if (job->result == OK)
		reply_receipts(job);
	else
		msg_reply_error(&job->req, job->result, job->text);
	free(job);
}

/* ---- APPEND ---- */

/* Cuts the payload into its blocks. Anything odd about the framing is no client of ours: the connection ends. */
static enum status
cut_fragments(struct str payload, struct str *out, size_t *count)
{
	uint16_t n = 0;

	TRY(buf_get_u16(&payload, &n));
	if (n == 0 || n > APPEND_COUNT_MAX)
		return E_INVALID;
	for (size_t i = 0; i < n; i++)
		TRY(buf_get_block(&payload, MSG_PAYLOAD_MAX, &out[i]));
	*count = n;
	return payload.n == 0 ? OK : E_INVALID;
}

static size_t
bytes_of(const struct str *fragments, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += fragments[i].n;
	return n;
}

static void
reply_bad_fragment(const struct msg_request *req, enum status st, size_t which)
{
	char text[120];

	(void)snprintf(text, sizeof(text), "fragment %zu: %s", which,
		       st == E_UNSUPPORTED ? "unknown event"
		       : st == E_DENIED    ? "this event is for the log alone"
		       : st == E_TOO_LARGE ? "too large"
					   : "it does not follow the format of an entry");
	msg_reply_error(req, st, text);
}

/* The payload is borrowed for this call: the job keeps a copy of the fragments. */
static enum status
fill_job(struct batch_job *job, char *to, const struct str *fragments, size_t *which)
{
	for (*which = 0; *which < job->count; ++*which) {
		struct str f = fragments[*which];

		if (f.n > 0)
			memcpy(to, f.p, f.n);
		TRY(batch_item_fill(&job->items[*which], str_from(to, f.n), ENTRY_FROM_EMITTER));
		to += f.n;
	}
	return OK;
}

/* What is asked of a job besides being written; NULL: nothing. */
struct condition {
	uint64_t seen, until_us;
};

static void
set_condition(struct batch_job *job, const struct condition *c)
{
	job->until_us = INT64_MAX;
	if (c == NULL)
		return;
	job->fenced = true;
	job->seen = c->seen;
	if (c->until_us < INT64_MAX)
		job->until_us = (int64_t)c->until_us;
}

static enum status
make_job(const struct intake *in, const struct msg_request *req, const struct str *fragments, size_t count,
	 const struct condition *c)
{
	CLEANUP(freep) struct batch_job *job = NULL;
	size_t which = 0, bytes = bytes_of(fragments, count);
	char *payload = NULL;
	enum status st;

	if (bytes + count * BATCH_ENTRY_EXTRA > in->parts.job_bytes_most) {
		msg_reply_error(req, E_TOO_LARGE, "more than fits into one batch");
		return OK;
	}
	if (batch_job_new(count, bytes, &job, &payload) != OK) {
		msg_reply_error(req, E_BUSY, "no memory");
		return OK;
	}
	st = fill_job(job, payload, fragments, &which);
	if (st != OK) {
		reply_bad_fragment(req, st, which);
		return OK;
	}
	job->req = *req;
	set_condition(job, c);
	job->bytes = bytes + count * BATCH_ENTRY_EXTRA;
	job->done.deliver = deliver;
	st = batch_put(in->parts.queue, job);
	if (st != OK)
		msg_reply_error(req, st, st == E_BUSY ? "the queue is full" : "the log cannot be written now");
	else
		job = NULL;
	return OK;
}

static enum status
handle_append(void *ctx, const struct msg_request *req, struct str payload)
{
	struct str fragments[APPEND_COUNT_MAX];
	size_t count = 0;

	TRY(cut_fragments(payload, fragments, &count));
	return make_job(ctx, req, fragments, count, NULL);
}

static enum status
handle_fenced(void *ctx, const struct msg_request *req, struct str payload)
{
	struct str fragments[APPEND_COUNT_MAX];
	struct condition c = { 0 };
	size_t count = 0;

	TRY(buf_get_u64(&payload, &c.seen));
	TRY(buf_get_u64(&payload, &c.until_us));
	TRY(cut_fragments(payload, fragments, &count));
	return make_job(ctx, req, fragments, count, &c);
}

/* ---- questions ---- */

static enum status
ask(const struct intake *in, const struct msg_request *req, const struct query_ask *what)
{
	enum status st = query_put(in->parts.query, req, what);

	if (st != OK)
		msg_reply_error(req, st, st == E_BUSY ? "too many questions at once" : "the daemon ends");
	return OK;
}

static enum status
handle_find(void *ctx, const struct msg_request *req, struct str payload)
{
	struct query_ask what = { .type = APPEND_FIND };

	TRY(buf_get_into(&payload, what.id.b, sizeof(what.id.b)));
	return ask(ctx, req, &what);
}

static enum status
handle_read(void *ctx, const struct msg_request *req, struct str payload)
{
	struct query_ask what = { .type = APPEND_READ };

	TRY(buf_get_u64(&payload, &what.index));
	return ask(ctx, req, &what);
}

static enum status
handle_by_tag(void *ctx, const struct msg_request *req, struct str payload)
{
	struct query_ask what = { .type = APPEND_BY_TAG };
	struct str tag = { 0 };

	TRY(buf_get_block(&payload, APPEND_TAG_LEN, &tag));
	TRY(buf_get_u64(&payload, &what.index));
	TRY(buf_get_u16(&payload, &what.limit));
	if (tag.n != APPEND_TAG_LEN || what.limit == 0 || what.limit > APPEND_LIMIT_MAX || payload.n != 0)
		return E_INVALID;
	memcpy(what.tag, tag.p, APPEND_TAG_LEN);
	return ask(ctx, req, &what);
}

static enum status
handle_map(void *ctx, const struct msg_request *req, struct str payload)
{
	const struct intake *in = ctx;
	struct mapanswer_ask what = { 0 };
	struct str tag = { 0 }, month = { 0 };
	uint32_t max_age_s = 0;
	enum status st;

	TRY(buf_get_block(&payload, APPEND_TAG_LEN, &tag));
	TRY(buf_get_block(&payload, TAGMAP_MONTH_LEN, &month));
	TRY(buf_get_u32(&payload, &max_age_s));
	if (!tagmap_is_tag(tag))
		return E_INVALID;
	TRY(tagmap_parse_month(month, &what.month));
	memcpy(what.tag, tag.p, ENTRY_TAG_LEN);
	what.max_age_us = (int64_t)max_age_s * 1000000;
	st = mapper_put(in->parts.mapper, req, &what);
	if (st != OK)
		msg_reply_error(req, st, st == E_BUSY ? "too many questions at once" : "the daemon ends");
	return OK;
}

/* Answered here: it must say something even when everybody else is stuck. */
static enum status
handle_status(void *ctx, const struct msg_request *req, struct str payload)
{
	const struct intake *in = ctx;
	CLEANUP(buf_clear) struct buf reply = BUF(512);
	struct append_state state = { 0 };

	(void)payload;
	progress_state(in->parts.progress, &state);
	buf_put_u64(&reply, state.size);
	buf_put_u64(&reply, state.published);
	buf_put_u8(&reply, state.healthy ? 1 : 0);
	buf_put_block(&reply, str_of(state.text));
	buf_put_u32(&reply, state.witness.witnesses);
	buf_put_u32(&reply, state.witness.cosigned);
	buf_put_u64(&reply, state.witness.failures);
	buf_put_u64(&reply, state.witness.size);
	buf_put_u64(&reply, state.witness.newest_s);
	buf_put_u8(&reply, (uint8_t)((state.witness.missing ? 1 : 0) | (state.witness.overdue ? 2 : 0)));
	msg_reply(req, APPEND_STATE, buf_str(&reply));
	return OK;
}

/* Type, size of the payload, what to do. Anything else ends the connection that it came from. */
static const struct msg_row ROWS[] = {
	{ APPEND_APPEND, 2 + 4, MSG_PAYLOAD_MAX, handle_append },
	{ APPEND_FENCED, 8 + 8 + 2 + 4, MSG_PAYLOAD_MAX, handle_fenced },
	{ APPEND_FIND, 16, 16, handle_find },
	{ APPEND_READ, 8, 8, handle_read },
	{ APPEND_BY_TAG, 4 + APPEND_TAG_LEN + 8 + 2, 4 + APPEND_TAG_LEN + 8 + 2, handle_by_tag },
	{ APPEND_MAP, 4 + APPEND_TAG_LEN + 4 + TAGMAP_MONTH_LEN + 4, 4 + APPEND_TAG_LEN + 4 + TAGMAP_MONTH_LEN + 4,
	  handle_map },
	{ APPEND_STATUS, 0, 0, handle_status },
};

enum status
intake_open(const struct intake_parts *parts, struct intake **out)
{
	struct intake *in = calloc(1, sizeof(*in));
	struct msg_server_options opt = {
		.path = parts->socket,
		.mode = 0666, /* who may connect is decided by the peer's uid, not by the file's group */
		.uids = parts->uids,
		.uid_count = parts->uid_count,
		.rows = ROWS,
		.row_count = ARRAY_LEN(ROWS),
		.ctx = in,
		.peers_most = parts->peers_most,
	};
	enum status st;

	if (in == NULL)
		return E_NOMEM;
	in->parts = *parts;
	st = msg_server_new(parts->base, &opt, &in->server);
	if (st != OK) {
		free(in);
		return st;
	}
	*out = in;
	return OK;
}

void
intake_free(struct intake *in)
{
	if (in == NULL)
		return;
	msg_server_free(in->server);
	free(in);
}
