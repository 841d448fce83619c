/*
 * ep_log.c: GET /log/…: the published log as C2SP tlog-tiles has it, for auditors, witnesses and mirrors. What stands
 * behind /log/ is read as numbers, never as a path: `checkpoint`, `checkpoint.witnessed`, `log.vkey`, `minimum-index`,
 * handover-<key id>.tlog-proof, or a tile whose one spelling is checked (tile_parse_path). Bundles below the minimum
 * index are 410, whether they are still there or not.
 */
#include "auditlog/base/encode.h"
#include "auditlog/client/logread.h"
#include "authd/endpoints/endpoints.h"
#include "authd/request.h"

/* The first `width` entries of a bundle: a partial bundle is a byte prefix of the full one. */
static enum status
cut_bundle(struct str *bytes, unsigned width)
{
	struct str rest = *bytes, entry;

	for (unsigned i = 0; i < width; i++)
		TRY(tile_next_entry(&rest, &entry));
	bytes->n -= rest.n;
	return OK;
}

static enum status
cut(const struct tile *t, struct str *bytes)
{
	if (t->kind == TILE_ENTRIES)
		return cut_bundle(bytes, t->width);
	if (bytes->n < (size_t)t->width * HASH_LEN)
		return E_CORRUPT;
	bytes->n = (size_t)t->width * HASH_LEN;
	return OK;
}

static enum status
checkpoint(struct request *rq, struct logread *log, enum status (*read)(struct logread *, struct buf *))
{
	CLEANUP(buf_clear) struct buf text = BUF(LOGREAD_CHECKPOINT_MAX);

	TRY(read(log, &text));
	response_buf(rq->rsp, 200, "text/plain; charset=utf-8", &text);
	rq->rsp->cache = RESPONSE_REVALIDATE;
	return OK;
}

static enum status
minimum(struct request *rq, struct logread *log)
{
	CLEANUP(buf_clear) struct buf text = BUF(PRUNED_FILE_MAX);
	struct pruned p = { 0 };

	TRY(logread_pruned(log, &p));
	if (p.minimum == 0)
		return E_NOT_FOUND;
	pruned_put_file(&text, &p);
	response_buf(rq->rsp, 200, "text/plain; charset=utf-8", &text);
	rq->rsp->cache = RESPONSE_REVALIDATE;
	return OK;
}

static enum status
check_kept(struct request *rq, struct logread *log, const struct tile *t)
{
	struct pruned p = { 0 };

	if (t->kind != TILE_ENTRIES)
		return OK;
	TRY(logread_pruned(log, &p));
	if (t->index >= p.minimum / TILE_WIDTH)
		return OK;
	return request_fail(rq, E_EXPIRED, "pruned", "the log keeps these entries no longer; see minimum-index");
}

static enum status
tile(struct request *rq, struct logread *log)
{
	CLEANUP(buf_clear) struct buf path = BUF(TILE_PATH_MAX + 8);
	struct tile t;
	struct str bytes;

	buf_put(&path, rq->param[0]);
	if (buf_status(&path) != OK || tile_parse_path(buf_str(&path), &t) != OK)
		return E_NOT_FOUND;
	TRY(check_kept(rq, log, &t));
	TRY(logread_tile(log, &t, &bytes));
	TRY(cut(&t, &bytes));
	response_bytes(rq->rsp, 200, "application/octet-stream", bytes);
	rq->rsp->cache = RESPONSE_FOREVER;
	return OK;
}

/* The number of the key in its one spelling. */
static bool
handover_id(struct str name, uint32_t *id)
{
	CLEANUP(buf_clear) struct buf hex = BUF(4);
	struct str bytes;

	if (!str_starts(name, STR("handover-")) || !str_ends(name, STR(".tlog-proof")) || name.n != 28 ||
	    decode_hex(str_slice(name, 9, 17), &hex) != OK)
		return false;
	bytes = buf_str(&hex);
	return buf_get_u32(&bytes, id) == OK;
}

static enum status
handover(struct request *rq, struct logread *log, uint32_t id)
{
	CLEANUP(buf_clear) struct buf text = BUF(LOGREAD_CHECKPOINT_MAX);

	TRY(logread_handover(log, id, &text));
	response_buf(rq->rsp, 200, "text/plain; charset=utf-8", &text);
	rq->rsp->cache = RESPONSE_REVALIDATE;
	return OK;
}

enum status
ep_log(struct request *rq)
{
	CLEANUP(logread_freep) struct logread *log = NULL;
	uint32_t id = 0;

	/* The path must be as it was sent: no escapes are needed for it, so none are taken. */
	if (rq->http->raw_path.n != rq->http->path.n)
		return E_NOT_FOUND;
	TRY(logread_open(rq->authd->config.log.dir, &log));
	if (str_is(rq->param[0], "checkpoint"))
		return checkpoint(rq, log, logread_checkpoint);
	if (str_is(rq->param[0], "checkpoint.witnessed"))
		return checkpoint(rq, log, logread_witnessed);
	if (str_is(rq->param[0], "log.vkey"))
		return checkpoint(rq, log, logread_vkeys);
	if (str_is(rq->param[0], PRUNED_FILE))
		return minimum(rq, log);
	if (handover_id(rq->param[0], &id))
		return handover(rq, log, id);
	return tile(rq, log);
}
