#include "auditlog/signer/desk.h"

#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"

static void
reply_refused(const struct msg_request *req, unsigned code, struct str text)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);

	buf_put_u16(&reply, (uint16_t)code);
	buf_put(&reply, text);
	msg_reply(req, SIGNING_REFUSED, buf_str(&reply));
}

static enum status
handle_checkpoint(void *ctx, const struct msg_request *req, struct str payload)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);
	uint64_t now_s = (uint64_t)(clock_now_us() / SECOND_US);
	unsigned code = witness_add_checkpoint(ctx, payload, now_s, &reply);

	if (code == SIGNING_OK) {
		msg_reply(req, SIGNING_SIGNED, buf_str(&reply));
		return OK;
	}
	/* 409 is how a client learns the size: no event. Everything else is worth an operator's look. */
	if (code != SIGNING_OTHER_SIZE)
		log_warn(E_DENIED, "signer.refused", "code=%u uid=%u", code, (unsigned)req->uid);
	reply_refused(req, code, buf_str(&reply));
	return OK;
}

static enum status
handle_memory(void *ctx, const struct msg_request *req, struct str payload)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);
	struct signing_memory m = { 0 };

	if (witness_memory(ctx, payload, &m) != OK) {
		reply_refused(req, SIGNING_UNKNOWN_ORIGIN, STR("unknown origin\n"));
		return OK;
	}
	buf_put_u64(&reply, m.size);
	buf_put(&reply, hash_str(&m.root));
	msg_reply(req, SIGNING_KNOWN, buf_str(&reply));
	return OK;
}

static enum status
handle_note(void *ctx, const struct msg_request *req, struct str payload)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);
	struct hash origin;

	TRY(buf_get_into(&payload, origin.b, HASH_LEN));
	if (witness_note(ctx, &origin, &reply) == OK)
		msg_reply(req, SIGNING_SIGNED, buf_str(&reply));
	else
		reply_refused(req, SIGNING_UNKNOWN_ORIGIN, STR("no such checkpoint\n"));
	return OK;
}

static uint64_t
now_s(void)
{
	return (uint64_t)(clock_now_us() / SECOND_US);
}

static enum status
handle_keys(void *ctx, const struct msg_request *req, struct str payload)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);

	(void)payload;
	witness_put_keys(ctx, now_s(), &reply);
	msg_reply(req, SIGNING_KEY_LIST, buf_str(&reply));
	return OK;
}

static enum status
handle_introduced(void *ctx, const struct msg_request *req, struct str payload)
{
	enum status st = witness_introduced(ctx, payload, now_s());

	if (st == OK) {
		log_info("signer.introduced", "key=%.*s", STR_ARG(payload));
		msg_reply(req, SIGNING_DONE, STR(""));
		return OK;
	}
	log_warn(st, "signer.introduced", "uid=%u", (unsigned)req->uid);
	reply_refused(req, st == E_NOT_FOUND ? SIGNING_UNSIGNED : SIGNING_FAULT, STR("not the next key\n"));
	return OK;
}

static const struct msg_row ROWS[] = {
	{ SIGNING_KEYS, 0, 0, handle_keys },
	{ SIGNING_INTRODUCED, 1, NOTE_VKEY_MAX, handle_introduced },
	{ SIGNING_CHECKPOINT, 1, SIGNING_REQUEST_MAX, handle_checkpoint },
	{ SIGNING_MEMORY, 1, NOTE_NAME_MAX, handle_memory },
};

enum status
desk_open(struct event_base *base, const char *path, const uid_t *uids, size_t uid_count, struct witness *w,
	  struct msg_server **out)
{
	struct msg_server_options opt = {
		.path = path,
		.mode = 0666, /* who may connect is decided by the peer's uid, not by the file's group */
		.uids = uids,
		.uid_count = uid_count,
		.rows = ROWS,
		.row_count = ARRAY_LEN(ROWS),
		.ctx = w,
		.peers_most = 16,
	};

	return msg_server_new(base, &opt, out);
}

static const struct msg_row FRONT_ROWS[] = {
	{ SIGNING_CHECKPOINT, 1, SIGNING_REQUEST_MAX, handle_checkpoint },
	{ SIGNING_NOTE, HASH_LEN, HASH_LEN, handle_note },
};

enum status
desk_adopt(struct event_base *base, int fd, struct witness *w, struct msg_server **out)
{
	struct msg_server_options opt = {
		.rows = FRONT_ROWS, .row_count = ARRAY_LEN(FRONT_ROWS), .ctx = w, .peers_most = 1
	};
	enum status st = msg_server_new(base, &opt, out);

	if (st == OK)
		msg_server_adopt(*out, fd);
	else
		(void)close(fd);
	return st;
}
