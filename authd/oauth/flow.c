#include "authd/oauth/flow.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/http/json_write.h"
#include "authd/identity/signin.h"
#include "authd/oauth/client.h"
#include "authd/oauth/code.h"
#include "authd/oauth/details.h"
#include "authd/oauth/par.h"
#include "authd/request.h"

#define ANSWER_MOST ((size_t)20480) /* address, code or error, and a state of AUTHORIZE_PARAMETER_MOST escaped */

void
flow_clear(struct flow *f)
{
	form_clear(&f->pushed_params);
	store_pushed_clear(&f->pushed);
	store_client_clear(&f->client);
	authorize_clear(&f->asked);
}

/* ---- reading ---- */

static enum status
never(struct flow *f, const char *error, const char *description)
{
	f->fault = (struct authorize_fault){ error, description };
	return E_DENIED;
}

static enum status
load_client(struct flow *f)
{
	struct str id = form_get(f->outer, "client_id");
	enum status st;

	if (id.n == 0)
		return never(f, "invalid_request", "client_id is missing");
	st = client_live(f->rq, id, &f->client);
	return st == E_NOT_FOUND ? never(f, "invalid_redirect_uri", "the service that sent you here is not registered")
				 : st;
}

static enum status
load_pushed(struct flow *f, struct str request_uri)
{
	enum status st = par_find(f->rq, request_uri, f->client.client_id, &f->pushed, &f->pushed_params);

	if (st == E_NOT_FOUND)
		return never(f, "invalid_request_uri",
			     "this request is not known, was used before, or its time is over; begin again");
	f->in = &f->pushed_params;
	return st;
}

static enum status
invalid(struct flow *f, const char *description)
{
	f->fault = (struct authorize_fault){ "invalid_request", description };
	return E_INVALID;
}

static enum status
load_plain(struct flow *f)
{
	struct str uri;

	if (form_get(f->in, "redirect_uri").n == 0)
		return never(f, "invalid_request", "redirect_uri is missing");
	if (authorize_redirect(&f->client, f->in, &uri) != OK)
		return never(f, "invalid_redirect_uri", "the address to go back to is not registered for this service");
	if (!authorize_must_push(&f->client))
		return OK;
	f->asked.redirect_uri = uri;
	if (form_get(f->in, "state").n <= AUTHORIZE_PARAMETER_MOST)
		f->asked.state = form_get(f->in, "state");
	return invalid(f, "this client must use pushed authorization requests");
}

/* The key that pushed it, and the one that the code shall be for, were compared when it was pushed (ep_par.c). */
static void
take_key(struct flow *f)
{
	if (f->pushed.dpop_jkt.p != NULL)
		f->asked.dpop_jkt = f->pushed.dpop_jkt;
}

enum status
flow_load(struct request *rq, const struct form *outer, struct flow *f)
{
	struct str request_uri = form_get(outer, "request_uri");
	uint8_t hash[32];
	/* A name that we never gave is somebody else's, and may be told to the client when it says where it is. */
	bool ours = str_starts(request_uri, STR(PAR_PREFIX)) &&
		    (par_hash(request_uri, hash) || form_get(outer, "redirect_uri").n == 0);

	*f = (struct flow){ .rq = rq, .outer = outer, .in = outer };
	authorize_init(&f->asked);
	TRY(load_client(f));
	TRY(ours ? load_pushed(f, request_uri) : load_plain(f));
	TRY(authorize_read(&f->client, rq->authd->issuer, rq->policy, f->in, &f->asked, &f->fault));
	take_key(f);
	return OK;
}

/* ---- back to the client ---- */

static enum status
go_back(struct flow *f, const char *name, struct str value, const char *description)
{
	CLEANUP(buf_clear) struct buf to = BUF(ANSWER_MOST);

	buf_put(&to, f->asked.redirect_uri);
	form_put_param(&to, name, value);
	if (description != NULL)
		form_put_param(&to, "error_description", str_of(description));
	if (f->asked.state.p != NULL)
		form_put_param(&to, "state", f->asked.state);
	form_put_param(&to, "iss", f->rq->authd->issuer);
	TRY(buf_status(&to));
	response_redirect(f->rq->rsp, buf_str(&to));
	return OK;
}

enum status
flow_tell(struct flow *f, const char *error, const char *description)
{
	return go_back(f, "error", str_of(error), description);
}

enum status
flow_refused(struct flow *f)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	if (f->pushed.id_hash.n > 0) {
		enum status st;

		TRY(store_begin(request_store(f->rq), &tx));
		st = store_pushed_consume(&tx, f->pushed.id_hash, f->client.client_id, clock_now_us());
		if (st != OK && st != E_USED)
			return st;
		TRY(store_commit(&tx));
	}
	return flow_tell(f, "access_denied", "the person said no");
}

/* Which of the levels that the client insists on the session reaches: the same, or else the highest below. 0: none. */
static unsigned
level_for(const struct flow *f)
{
	unsigned best = 0;

	for (size_t i = 0; i < f->asked.essential_acr_count; i++) {
		uint64_t level;

		if (str_to_u64(f->asked.essential_acr[i], 3, &level) == OK && level <= f->rq->who.acr && level > best)
			best = (unsigned)level;
	}
	return best;
}

static struct str
or_absent(const struct buf *b)
{
	return b->n > 0 ? buf_str(b) : (struct str){ 0 };
}

enum status
flow_complete(struct flow *f, struct str approval)
{
	CLEANUP(buf_clear) struct buf code = BUF(64), details = BUF(DETAILS_TEXT_MOST * 2);
	struct code_terms terms = { .client_id = f->client.client_id,
				    .redirect_uri = f->asked.redirect_uri,
				    .scope = buf_str(&f->asked.scope),
				    .nonce = f->asked.nonce,
				    .challenge = f->asked.challenge,
				    .dpop_jkt = f->asked.dpop_jkt,
				    .resource = or_absent(&f->asked.resource),
				    .acr = level_for(f),
				    .pushed_hash = f->pushed.id_hash,
				    .approval = approval };
	enum status st;

	if (f->asked.details != NULL) {
		TRY(details_put(f->asked.details, &details));
		terms.details = buf_str(&details);
	}
	st = code_issue(f->rq, &terms, &code);
	if (st == E_USED)
		return request_fail(f->rq, E_DENIED, "invalid_request_uri",
				    "this request was used before; begin again");
	TRY(st);
	return go_back(f, "code", buf_str(&code), NULL);
}

/* ---- coming back here ---- */

int64_t
flow_began_us(const struct flow *f)
{
	uint64_t sent;

	if (f->pushed.id_hash.n > 0)
		return f->pushed.created_us;
	if (str_to_u64(form_get(f->outer, FLOW_SENT), INT64_MAX, &sent) != OK)
		return -1;
	return (int64_t)sent;
}

/* Of a pushed request the two parameters that count; of another one all but our own mark. */
static bool
comes_again(const struct flow *f, struct str name)
{
	if (f->pushed.id_hash.n > 0)
		return str_is(name, "client_id") || str_is(name, "request_uri");
	return !str_is(name, FLOW_SENT) && !str_is(name, "csrf") && !str_is(name, "answer");
}

static enum status
put_pair(struct buf *out, const struct form_pair *p)
{
	CLEANUP(freep) char *name = NULL;

	TRY(str_dup(p->name, &name));
	form_put_param(out, name, p->value);
	return OK;
}

enum status
flow_here(const struct flow *f, const char *path, struct buf *out)
{
	buf_put_cstr(out, path);
	for (size_t i = 0; i < f->outer->count; i++)
		if (comes_again(f, f->outer->pairs[i].name))
			TRY(put_pair(out, &f->outer->pairs[i]));
	return buf_status(out);
}

json_t *
flow_fields(const struct flow *f)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < f->outer->count; i++) {
		const struct form_pair *p = &f->outer->pairs[i];

		/* The mark of a sign-in just made goes with it: the answer must not ask for another one. */
		if (comes_again(f, p->name) || str_is(p->name, FLOW_SENT))
			json_array_append_new(list, json_pack("{s:o, s:o}", "name", json_of_str(p->name), "value",
							      json_of_str(p->value)));
	}
	return list;
}

enum status
flow_behind(struct request *rq, struct str path, struct form *query, struct flow *f)
{
	static const char *const repeatable[] = { "resource", NULL };
	static const char here[] = "/oauth2/authorize?";
	enum status st;

	*f = (struct flow){ .rq = rq };
	authorize_init(&f->asked);
	if (!str_starts(path, str_of(here)))
		return E_NOT_FOUND;
	if (form_parse(str_slice(path, sizeof(here) - 1, path.n), repeatable, query) != OK)
		return E_NOT_FOUND;
	st = flow_load(rq, query, f);
	return st == E_INVALID || st == E_DENIED ? E_NOT_FOUND : st;
}
