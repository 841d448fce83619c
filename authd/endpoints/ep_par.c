/*
 * ep_par.c: POST /oauth2/par (RFC 9126): a client says beforehand, and proves who it is, what it will ask a person for.
 * The rules are those of the authorization endpoint; what breaks one is told here instead of in somebody's browser.
 */
#include "authd/endpoints/endpoints.h"
#include "authd/oauth/authorize.h"
#include "authd/oauth/client.h"
#include "authd/oauth/dpop.h"
#include "authd/oauth/par.h"
#include "authd/request.h"

/* Somebody else's data, an address that was never registered: more than a slip of the pen, so an entry of the log. */
static enum status
refuse(struct request *rq, const struct authorize_fault *fault, bool settled)
{
	bool grave = !settled || str_is(str_of(fault->error), "invalid_authorization_details") ||
		     str_is(str_of(fault->error), "unauthorized_client");

	return request_fail(rq, grave ? E_DENIED : E_INVALID, settled ? fault->error : "invalid_redirect_uri",
			    fault->description);
}

static enum status
check(struct request *rq, const struct store_client *client, struct authorize *asked)
{
	struct authorize_fault fault;
	enum status st;

	if (form_get(&rq->form, "request_uri").p != NULL)
		return request_fail(rq, E_INVALID, "invalid_request", "request_uri is not for this endpoint");
	if (client_has(client->grants, STR("authorization_code")) && form_get(&rq->form, "redirect_uri").n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "redirect_uri is missing");
	st = authorize_read(client, rq->authd->issuer, rq->policy, &rq->form, asked, &fault);
	return st == E_INVALID || st == E_DENIED ? refuse(rq, &fault, st == E_INVALID) : st;
}

/*
 * RFC 9449 10.1: the proof's key is what the code will be for, and dpop_jkt beside it must name the same one. A proof
 * good for this one use says which key pushed it.
 */
static enum status
key_of(struct request *rq, const struct authorize *asked, struct cnf *shown, struct str *jkt)
{
	TRY(dpop_accept(rq, shown));
	*jkt = asked->dpop_jkt;
	if (shown->kind != CNF_DPOP)
		return OK;
	if (jkt->n > 0 && !cnf_is_jkt(shown, *jkt))
		return request_fail(rq, E_DENIED, "invalid_dpop_proof", "dpop_jkt names another key than the proof's");
	*jkt = str_of(shown->value);
	return OK;
}

static enum status
push(struct request *rq, const struct store_client *client, struct authorize *asked)
{
	CLEANUP(buf_clear) struct buf uri = BUF(128);
	struct cnf shown = { 0 };
	struct str jkt;
	json_t *body;

	TRY(check(rq, client, asked));
	TRY(key_of(rq, asked, &shown, &jkt));
	TRY(par_push(rq, client, &rq->form, jkt, &uri));
	body = json_pack("{s:s%, s:i}", "request_uri", uri.p, uri.n, "expires_in", PAR_LIFE_S);
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, 201, body);
	json_decref(body);
	return OK;
}

enum status
ep_par(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	CLEANUP(authorize_clear) struct authorize asked;

	authorize_init(&asked);
	TRY(client_of(rq, &client));
	return push(rq, &client, &asked);
}
