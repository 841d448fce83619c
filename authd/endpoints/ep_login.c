/* ep_login.c: the pages of signing in: /login (name and password), /login/otp (code). */
#include <stdlib.h>

#include "auditlog/base/secret.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/cookie.h"
#include "authd/http/json_write.h"
#include "authd/identity/authenticate.h"
#include "authd/identity/session.h"
#include "authd/identity/signin.h"
#include "authd/oauth/flow.h"
#include "authd/request.h"

#define LOGIN_MOST 200

/* ---- name and password ---- */

/* The first page belongs to nobody yet, so its form token is its cookie's own value: another site can set neither. */
static enum status
page_token(struct request *rq, struct buf *out)
{
	struct str cookie;

	if (cookie_find(rq->http, SIGNIN_PAGE_COOKIE, &cookie) == OK && cookie.n >= 43) {
		buf_put(out, cookie);
		return buf_status(out);
	}
	TRY(session_random(out));
	cookie_set(rq->rsp, SIGNIN_PAGE_COOKIE, buf_str(out), -1, COOKIE_STRICT);
	return OK;
}

/*
 * When somebody signs in for a service, the page says for which, fills in the name that it knows, and has a way back
 * without signing in. Without one, or with a request that is no good any more, it is the plain page.
 */
static enum status
add_flow(struct request *rq, struct str return_to, json_t *data)
{
	CLEANUP(form_clear) struct form query = { 0 };
	CLEANUP(flow_clear) struct flow f;
	CLEANUP(buf_clear) struct buf cancel = BUF(SIGNIN_RETURN_MOST);
	enum status st = flow_behind(rq, return_to, &query, &f);

	if (st != OK)
		return st == E_NOT_FOUND ? OK : st;
	TRY(flow_here(&f, "/oauth2/cancel", &cancel));
	response_form_action(rq->rsp, f.asked.redirect_uri);
	json_object_set_new(data, "client", json_of_str(f.client.name));
	json_object_set_new(data, "login_hint",
			    json_of_str(f.asked.login_hint.p != NULL ? f.asked.login_hint : STR("")));
	return json_object_set_new(data, "cancel", json_of_str(buf_str(&cancel))) == 0 ? OK : E_NOMEM;
}

static enum status
login_page(struct request *rq, int http, struct str return_to, const char *fault)
{
	CLEANUP(buf_clear) struct buf token = BUF(COOKIE_VALUE_MOST);
	const struct str typed = form_get(&rq->form, "login");
	json_t *data;
	enum status st;

	TRY(page_token(rq, &token));
	data = json_pack("{s:s%, s:s%, s:s?}", "csrf", token.p, token.n, "return_to",
			 return_to.n > 0 ? return_to.p : "", return_to.n, "fault", fault);
	st = data == NULL ? E_NOMEM : add_flow(rq, return_to, data);
	if (st == OK && typed.n > 0 && typed.n <= LOGIN_MOST) /* over what a client suggested; never the password */
		st = json_object_set_new(data, "login_hint", json_of_str(typed)) == 0 ? OK : E_NOMEM;
	if (st == OK)
		st = request_page(rq, http, "login", data);
	json_decref(data);
	return st;
}

static struct str
wanted_return(const struct form *f)
{
	struct str to = form_get(f, "return_to");

	return signin_is_own_path(to) ? to : STR("");
}

/* Somebody who is signed in goes on, unless a client wants them to sign in anew (`again`, from ep_authorize.c). */
enum status
ep_login_page(struct request *rq)
{
	if (rq->who.kind == PRINCIPAL_PERSON && form_get(&rq->query, "again").n == 0) {
		struct str to = wanted_return(&rq->query);

		response_redirect(rq->rsp, to.n > 0 ? to : STR("/me"));
		return OK;
	}
	return login_page(rq, 200, wanted_return(&rq->query), NULL);
}

static enum status
check_page_token(struct request *rq)
{
	struct str cookie, token = form_get(&rq->form, "csrf");

	if (authorize_form_is_foreign(rq))
		return request_fail(rq, E_DENIED, "foreign_origin", "this form was not sent from our own page");
	if (cookie_find(rq->http, SIGNIN_PAGE_COOKIE, &cookie) != OK || token.n == 0 || !secret_equal(cookie, token))
		return request_fail(rq, E_DENIED, "csrf_failed", "this form is too old; open the page again");
	return OK;
}

enum status
ep_login(struct request *rq)
{
	struct str login, password, return_to = wanted_return(&rq->form);
	enum status st;

	TRY(check_page_token(rq));
	if (form_need(&rq->form, "login", LOGIN_MOST, &login) != OK ||
	    form_need(&rq->form, "password", 4096, &password) != OK)
		return login_page(rq, 400, return_to, "login_incomplete");
	st = signin_password(rq, login, password, return_to);
	if (st == E_UNAUTHENTICATED)
		return login_page(rq, 401, return_to, "login_wrong");
	TRY(st);
	response_redirect(rq->rsp, STR("/login/otp"));
	return OK;
}

/* ---- the code ---- */

static enum status
otp_page(struct request *rq, int http, const char *fault)
{
	CLEANUP(freep) char *return_to = NULL;
	char csrf[64];
	json_t *data;
	enum status st = signin_pending(rq, csrf, &return_to);

	if (st == E_NOT_FOUND) {
		response_redirect(rq->rsp, STR("/login"));
		return OK;
	}
	TRY(st);
	data = json_pack("{s:s, s:s?}", "csrf", csrf, "fault", fault);
	st = data == NULL ? E_NOMEM : add_flow(rq, str_of(return_to), data);
	if (st == OK)
		st = request_page(rq, http, "otp", data);
	json_decref(data);
	return st;
}

enum status
ep_otp_page(struct request *rq)
{
	return otp_page(rq, 200, NULL);
}

enum status
ep_otp(struct request *rq)
{
	CLEANUP(freep) char *return_to = NULL;
	struct str code = form_get(&rq->form, "code");
	enum status st = signin_code(rq, form_get(&rq->form, "csrf"), code, &return_to);

	if (st == E_UNAUTHENTICATED)
		return otp_page(rq, 401, "otp_wrong");
	if (st == E_NOT_FOUND)
		return login_page(rq, 403, STR(""), "login_again");
	TRY(st);
	response_redirect(rq->rsp, str_of(return_to));
	return OK;
}
