/* request_page.c: a template becomes the answer to a request, with what every page may show. */
#include "authd/http/html.h"
#include "authd/http/i18n.h"
#include "authd/identity/signin.h"
#include "authd/request.h"

/* This page's own address up to where `lang=…` goes: path and query as they came, without the language asked for. */
static enum status
own_address(const struct request *rq, struct buf *out)
{
	char mark = '?';

	buf_put(out, rq->http->raw_path);
	for (size_t i = 0; i < rq->query.count; i++) {
		const struct form_pair *p = &rq->query.pairs[i];

		/* A way back that leads elsewhere is followed by nobody; it need not be repeated either. */
		if (str_is(p->name, "lang") || (str_is(p->name, "return_to") && !signin_is_own_path(p->value)))
			continue;
		buf_put_char(out, mark);
		form_put_escaped(out, p->name);
		buf_put_char(out, '=');
		form_put_escaped(out, p->value);
		mark = '&';
	}
	buf_put_char(out, mark);
	return buf_status(out);
}

/* What every page may show: the language, where we are, who is signed in, the token that forms bring back. */
static enum status
add_common(struct request *rq, json_t *data)
{
	CLEANUP(buf_clear) struct buf here = BUF(65536);
	json_t *common;

	TRY(own_address(rq, &here));
	common = json_pack("{s:s, s:s%, s:s%, s:b, s:s, s:s}", "lang", i18n_code(rq->http->lang), "path",
			   rq->http->path.p, rq->http->path.n, "here", here.p, here.n, "signed_in",
			   rq->who.kind == PRINCIPAL_PERSON, "csrf", rq->who.csrf, "request_id", rq->http->id);
	int failed = common == NULL || json_object_update_missing(data, common) != 0;

	if (rq->who.acting)
		failed |= json_object_set_new(data, "acting_for", json_string(rq->who.acting_for));

	json_decref(common);
	return failed ? E_NOMEM : OK;
}

enum status
request_page(struct request *rq, int http, const char *name, json_t *data)
{
	CLEANUP(buf_clear) struct buf page = BUF(HTML_PAGE_MOST);

	if (data == NULL)
		return E_NOMEM;
	TRY(add_common(rq, data));
	TRY(html_page(name, data, rq->http->lang, &page));
	TRY(buf_status(&page));
	response_html(rq->rsp, http, &page);
	return OK;
}
