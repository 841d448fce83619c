/*
 * ep_notice.c: the text of a notice by its version, for everybody: the one in force and every one that a record names.
 * The page shows the hash that the record carries; `?as=text` gives the exact bytes that it is over, which never
 * change.
 */
#include "authd/endpoints/ep_notice.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json_write.h"
#include "authd/policy/policy.h"
#include "authd/request.h"
#include "authd/store/store_notice.h"

static json_t *
part(bool heading, struct str text)
{
	return json_pack("{s:b, s:b, s:s%, s:[]}", "heading", heading, "paragraph", !heading && text.n > 0, "text",
			 text.p, text.n, "list");
}

/* The list that the text is in, or a new one. */
static json_t *
open_list(json_t *parts)
{
	size_t n = json_array_size(parts);
	json_t *list = n == 0 ? NULL : json_object_get(json_array_get(parts, n - 1), "list");

	if (json_array_size(list) > 0)
		return list;
	json_array_append_new(parts, part(false, STR("")));
	return json_object_get(json_array_get(parts, n), "list");
}

json_t *
ep_notice_paragraphs(struct str text)
{
	json_t *parts = json_array();
	struct str line;

	while (str_next(&text, '\n', &line)) {
		bool heading = str_starts(line, STR("#")), item = str_starts(line, STR("- "));

		while (line.n > 0 && (line.p[0] == '#' || line.p[0] == ' '))
			line = str_slice(line, 1, line.n);
		if (item)
			json_array_append_new(open_list(parts), json_of_str(str_slice(line, 2, line.n)));
		else if (line.n > 0)
			json_array_append_new(parts, part(heading, line));
	}
	return parts;
}

/* What a record names comes before what the policy says now: the first text of a version is the one that was shown. */
static enum status
find(struct request *rq, unsigned version, struct store_notice *kept)
{
	const enum words_lang lang = str_is(rq->param[2], "en") ? WORDS_EN : WORDS_RU;
	const struct notice *n = NULL;
	enum status st;

	st = store_notice_find(request_store(rq), rq->param[0], (int)version, rq->param[2], kept);
	if (st != E_NOT_FOUND)
		return st;
	if (rq->policy != NULL && (str_is(rq->param[2], "en") || str_is(rq->param[2], "ru")))
		n = notice_find(rq->policy, rq->param[0], version);
	if (n == NULL)
		return E_NOT_FOUND;
	kept->sha256 = str_of(n->in[lang].sha256);
	kept->body = n->in[lang].body;
	return OK;
}

static enum status
exact(struct request *rq, const struct store_notice *n)
{
	CLEANUP(buf_clear) struct buf etag = BUF(80);

	buf_printf(&etag, "\"%.*s\"", STR_ARG(n->sha256));
	buf_put_char(&etag, '\0');
	TRY(buf_status(&etag));
	response_file(rq->rsp, rq->http, "text/plain; charset=utf-8", etag.p, n->body, (struct str){ 0 });
	rq->rsp->cache = RESPONSE_FOREVER;
	return OK;
}

/*
 * The words never change, the page around them may: weak, and of its language and program (RFC 9110 8.8.1). What a
 * signed-in person sees has their own forms in it and is never the one from before.
 */
static enum status
page(struct request *rq, const struct store_notice *n, uint64_t version)
{
	const bool own = rq->who.kind == PRINCIPAL_PERSON;
	CLEANUP(buf_clear) struct buf etag = BUF(160);
	CLEANUP(json_decrefp) json_t *data = NULL;

	buf_printf(&etag, "W/\"%.*s.%s.%s\"", STR_ARG(n->sha256), i18n_code(rq->http->lang), OMBUD_VERSION);
	buf_put_char(&etag, '\0');
	TRY(buf_status(&etag));
	if (!own && http_header_has(rq->http, "if-none-match", etag.p)) {
		response_empty(rq->rsp, 304);
	} else {
		data = json_pack("{s:s%, s:I, s:s%, s:s%, s:o}", "id", rq->param[0].p, rq->param[0].n, "version",
				 (json_int_t)version, "text_lang", rq->param[2].p, rq->param[2].n, "sha256",
				 n->sha256.p, n->sha256.n, "notice", ep_notice_paragraphs(n->body));
		TRY(request_page(rq, 200, "notice", data));
	}
	response_header(rq->rsp, "ETag", str_of(etag.p));
	if (!own)
		rq->rsp->cache = RESPONSE_REVALIDATE;
	return OK;
}

enum status
ep_notice(struct request *rq)
{
	CLEANUP(store_notice_clear) struct store_notice n = { 0 };
	uint64_t version;

	if (str_to_u64(rq->param[1], INT32_MAX, &version) != OK)
		return E_NOT_FOUND;
	TRY(find(rq, (unsigned)version, &n));
	if (str_is(form_get(&rq->query, "as"), "text"))
		return exact(rq, &n);
	return page(rq, &n, version);
}
