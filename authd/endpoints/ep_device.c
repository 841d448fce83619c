/*
 * ep_device.c: the device flow (RFC 8628): where a device asks for codes, and the pages where a person types one, sees
 * who asks for what, and answers. The link that a device may show as a picture fills the code in and no more: the
 * person still compares it with the device and answers by a form of ours.
 */
#include "authd/endpoints/endpoints.h"
#include "authd/http/json_write.h"
#include "authd/oauth/approve.h"
#include "authd/oauth/client.h"
#include "authd/oauth/device.h"
#include "authd/request.h"

#define TYPED_MOST 64

enum status
ep_device_start(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };

	TRY(client_of(rq, &client));
	return device_start(rq, &client);
}

/* ---- typing the code ---- */

static enum status
ask_code(struct request *rq, int http, const char *fault)
{
	CLEANUP(json_decrefp) json_t *data = json_object();

	if (data != NULL && fault != NULL)
		json_object_set_new(data, "fault", json_string(fault));
	return request_page(rq, http, "device", data);
}

static enum status
done_page(struct request *rq, bool approved)
{
	CLEANUP(json_decrefp) json_t *data = json_pack("{s:b}", "approved", approved);

	return request_page(rq, 200, "device_done", data);
}

/* ---- who asks for what ---- */

static const char *
organisation_name(const struct request *rq, struct str id)
{
	const struct organisation *o = rq->policy != NULL ? policy_organisation(rq->policy, id) : NULL;

	return o == NULL ? "" : o->name.in[request_lang(rq)];
}

static enum status
confirm_page(struct request *rq, struct str letters, const struct store_device *d)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	CLEANUP(buf_clear) struct buf shown = BUF(DEVICE_CODE_SHOWN);
	CLEANUP(json_decrefp) json_t *data = NULL;
	enum status st = client_live(rq, d->client_id, &client);

	if (st == E_NOT_FOUND)
		return ask_code(rq, 404, "device_code_unknown");
	TRY(st);
	device_put_code(letters, &shown);
	TRY(buf_status(&shown));
	data = json_pack("{s:o, s:o, s:s, s:o}", "code", json_of_str(buf_str(&shown)), "client",
			 json_of_str(client.name), "organisation", organisation_name(rq, client.organisation), "scopes",
			 approve_scope_lines(d->scope));
	return request_page(rq, 200, "device_confirm", data);
}

/* E_END: a page was answered instead; the caller stops. */
static enum status
find(struct request *rq, struct str typed, struct buf *letters, struct store_device *out)
{
	enum status st = typed.n > TYPED_MOST ? E_INVALID : device_read_code(typed, letters);

	if (st == OK)
		st = device_find(rq, buf_str(letters), out);
	if (st != E_INVALID && st != E_NOT_FOUND)
		return st;
	TRY(ask_code(rq, st == E_INVALID ? 400 : 404,
		     st == E_INVALID ? "device_code_malformed" : "device_code_unknown"));
	return E_END;
}

static enum status
show(struct request *rq, struct str typed)
{
	CLEANUP(store_device_clear) struct store_device d = { 0 };
	CLEANUP(buf_clear) struct buf letters = BUF(DEVICE_CODE_LETTERS);
	enum status st = find(rq, typed, &letters, &d);

	if (st == OK)
		st = confirm_page(rq, buf_str(&letters), &d);
	return st == E_END ? OK : st;
}

enum status
ep_device_page(struct request *rq)
{
	struct str code = form_get(&rq->query, "user_code"), done = form_get(&rq->query, "done");

	if (done.n > 0)
		return done_page(rq, str_is(done, "approved"));
	return code.n > 0 ? show(rq, code) : ask_code(rq, 200, NULL);
}

enum status
ep_device_code(struct request *rq)
{
	return show(rq, form_get(&rq->form, "user_code"));
}

/* ---- the answer ---- */

static enum status
answer(struct request *rq, const struct store_device *d, bool approve)
{
	enum status st = device_answer(rq, d, approve);

	if (st == E_NOT_FOUND)
		return ask_code(rq, 404, "device_code_unknown");
	TRY(st);
	response_redirect(rq->rsp, approve ? STR("/device?done=approved") : STR("/device?done=refused"));
	return OK;
}

enum status
ep_device_answer(struct request *rq)
{
	CLEANUP(store_device_clear) struct store_device d = { 0 };
	CLEANUP(buf_clear) struct buf letters = BUF(DEVICE_CODE_LETTERS);
	struct str said = form_get(&rq->form, "answer");
	enum status st = find(rq, form_get(&rq->form, "user_code"), &letters, &d);

	if (st == E_END)
		return OK;
	TRY(st);
	if (str_is(said, "give"))
		return answer(rq, &d, true);
	if (str_is(said, "refuse"))
		return answer(rq, &d, false);
	return confirm_page(rq, buf_str(&letters), &d);
}
