#include "authd/http/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "authd/http/html.h"
#include "authd/http/html_escape.h"

#define RETRY_AFTER_DEFAULT_S 1

static const struct problem_row rows[] = {
	/* status          reason                     OAuth error                HTTP slug                   title */
	{ E_INVALID, "invalid_request", "invalid_request", 400, "invalid-request", "The request is malformed" },
	{ E_INVALID, "invalid_grant", "invalid_grant", 400, "invalid-grant", "The grant is not valid" },
	{ E_INVALID, "invalid_scope", "invalid_scope", 400, "invalid-scope", "The scope is not valid" },
	{ E_INVALID, "invalid_target", "invalid_target", 400, "invalid-target", "The resource is not valid" },
	{ E_INVALID, "invalid_request_uri", "invalid_request_uri", 400, "invalid-request-uri", "Unknown request_uri" },
	{ E_INVALID, "invalid_request_object", "invalid_request_object", 400, "invalid-request-object",
	  "The request object is not valid" },
	{ E_INVALID, "request_not_supported", "request_not_supported", 400, "request-not-supported",
	  "Request objects are not supported" },
	{ E_INVALID, "request_uri_not_supported", "request_uri_not_supported", 400, "request-uri-not-supported",
	  "This request_uri is not supported" },
	{ E_INVALID, "registration_not_supported", "registration_not_supported", 400, "registration-not-supported",
	  "Registration in a request is not supported" },
	{ E_INVALID, "invalid_redirect_uri", "invalid_request", 400, "invalid-redirect-uri",
	  "The redirect address is not registered" },
	{ E_INVALID, "invalid_client_metadata", "invalid_client_metadata", 400, "invalid-client-metadata",
	  "The client metadata is not valid" },
	{ E_INVALID, "invalid_authorization_details", "invalid_authorization_details", 400,
	  "invalid-authorization-details", "The authorization details are not valid" },
	{ E_INVALID, "invalid_dpop_proof", "invalid_dpop_proof", 400, "invalid-dpop-proof",
	  "The proof of possession is not valid" },
	{ E_INVALID, "use_dpop_nonce", "use_dpop_nonce", 400, "use-dpop-nonce", "A fresh nonce is needed" },
	{ E_INVALID, "unauthorized_client", "unauthorized_client", 400, "unauthorized-client",
	  "The client may not use this grant" },
	{ E_INVALID, "unsupported_grant_type", "unsupported_grant_type", 400, "unsupported-grant-type",
	  "Unsupported grant type" },
	{ E_INVALID, "unsupported_response_type", "unsupported_response_type", 400, "unsupported-response-type",
	  "Unsupported response type" },
	{ E_INVALID, "unsupported_token_type", "unsupported_token_type", 400, "unsupported-token-type",
	  "Unsupported token type" },
	{ E_INVALID, "token_too_large", "invalid_request", 400, "token-too-large", "The token would be too long" },
	{ E_INVALID, "authorization_pending", "authorization_pending", 400, "authorization-pending",
	  "The person has not decided yet" },
	{ E_INVALID, "device_refused", "access_denied", 400, "device-refused", "The person said no" },
	{ E_INVALID, "slow_down", "slow_down", 400, "slow-down", "Asked too often" },
	{ E_INVALID, "expired_token", "expired_token", 400, "expired-token", "The code has expired" },
	{ E_INVALID, "headers_inconsistent", "invalid_request", 400, "headers-inconsistent",
	  "The headers contradict each other" },
	{ E_INVALID, "link_invalid", "invalid_request", 400, "link-invalid", "The link is not complete" },
	{ E_INVALID, "identity_incomplete", "invalid_request", 400, "identity-incomplete", "Particulars are missing" },

	{ E_TOO_LARGE, "too_large", "invalid_request", 413, "too-large", "The request is too large" },
	{ E_TOO_LARGE, "uri_too_long", "invalid_request", 414, "uri-too-long", "The address is too long" },
	{ E_TOO_LARGE, "headers_too_large", "invalid_request", 431, "headers-too-large", "The headers are too large" },

	{ E_UNSUPPORTED, "unsupported_media_type", "invalid_request", 415, "unsupported-media-type",
	  "The media type is not supported" },
	{ E_UNSUPPORTED, "method_not_allowed", "invalid_request", 405, "method-not-allowed",
	  "The method is not allowed here" },
	{ E_UNSUPPORTED, "not_acceptable", "invalid_request", 406, "not-acceptable", "No acceptable form" },
	{ E_UNSUPPORTED, "expectation_failed", "invalid_request", 417, "expectation-failed",
	  "The expectation is not supported" },
	{ E_UNSUPPORTED, "not_implemented", "invalid_request", 501, "not-implemented", "Not implemented" },

	{ E_UNAUTHENTICATED, "unauthenticated", "invalid_client", 401, "unauthenticated", "Sign in first" },
	{ E_UNAUTHENTICATED, "invalid_client", "invalid_client", 401, "invalid-client",
	  "The client could not be authenticated" },
	{ E_UNAUTHENTICATED, "invalid_token", "invalid_token", 401, "invalid-token", "The token is not valid" },
	{ E_UNAUTHENTICATED, "invalid_dpop_proof", "invalid_dpop_proof", 401, "invalid-dpop-proof",
	  "The proof of possession is not valid" },
	{ E_UNAUTHENTICATED, "use_dpop_nonce", "use_dpop_nonce", 401, "use-dpop-nonce", "A fresh nonce is needed" },
	{ E_UNAUTHENTICATED, "login_required", "login_required", 401, "login-required", "Sign in first" },
	{ E_UNAUTHENTICATED, "insufficient_user_authentication", "insufficient_user_authentication", 401,
	  "insufficient-user-authentication", "A stronger or fresher sign-in is needed" },

	{ E_DENIED, "access_denied", "access_denied", 403, "access-denied", "This is not allowed" },
	{ E_DENIED, "insufficient_scope", "insufficient_scope", 403, "insufficient-scope", "The token lacks a scope" },
	{ E_DENIED, "csrf_failed", "access_denied", 403, "csrf-failed", "The form is out of date" },
	{ E_DENIED, "foreign_origin", "access_denied", 403, "foreign-origin", "The request came from another site" },
	{ E_DENIED, "subject_mismatch", "access_denied", 403, "subject-mismatch", "The subject is not the caller" },
	{ E_DENIED, "person_needed", "access_denied", 403, "person-needed", "This takes two people who are known" },
	{ E_DENIED, "same_person", "access_denied", 403, "same-person", "Nobody approves what they proposed" },
	{ E_DENIED, "role_missing", "access_denied", 403, "role-missing", "No role of yours allows this" },
	{ E_DENIED, "own_matter", "access_denied", 403, "own-matter", "Somebody else has to do this" },
	{ E_DENIED, "breakglass_suspended", "access_denied", 403, "breakglass-suspended",
	  "The right to break the glass is suspended" },
	{ E_DENIED, "breakglass_quota", "access_denied", 403, "breakglass-quota", "No emergency access is left" },
	{ E_DENIED, "sod_conflict", "access_denied", 403, "sod-conflict", "Two duties do not go together" },
	{ E_DENIED, "conflict_of_interest", "access_denied", 403, "conflict-of-interest", "A colleague must do this" },
	{ E_DENIED, "second_person", "access_denied", 403, "second-person", "Somebody else must confirm this" },
	{ E_DENIED, "representative_invalid", "access_denied", 403, "representative-invalid",
	  "The mandate does not allow this" },
	{ E_DENIED, "acting_not_allowed", "access_denied", 403, "acting-not-allowed",
	  "Not possible while acting for somebody else" },
	{ E_DENIED, "acr_too_low", "access_denied", 403, "acr-too-low", "A stronger sign-in is needed" },

	{ E_NOT_FOUND, "not_found", "invalid_request", 404, "not-found", "There is nothing here" },
	{ E_EXPIRED, "expired", "invalid_grant", 410, "expired", "The time for this is over" },
	{ E_EXPIRED, "request_expired", "invalid_request", 410, "request-expired", "The time to answer is over" },
	{ E_EXPIRED, "pruned", "invalid_request", 410, "pruned", "These entries are kept no longer" },
	{ E_USED, "already_used", "invalid_grant", 409, "already-used", "This has been used before" },
	{ E_USED, "offer_over", "invalid_grant", 409, "offer-over", "It waits no longer" },
	{ E_CONFLICT, "conflict", "invalid_request", 409, "conflict", "It is no longer in that state" },
	{ E_CONFLICT, "proposal_closed", "invalid_request", 409, "proposal-closed", "The proposal is no longer open" },
	{ E_CONFLICT, "proposal_differs", "invalid_request", 409, "proposal-differs",
	  "The proposal is another one than the one that was read" },
	{ E_CONFLICT, "proposal_outdated", "invalid_request", 409, "proposal-outdated",
	  "Another bundle came into force since" },
	{ E_CONFLICT, "no_codes", "invalid_request", 409, "no-codes", "There is no list of codes" },
	{ E_CONFLICT, "question_state", "invalid_request", 409, "question-state", "This cannot be done with it now" },
	{ E_CONFLICT, "offer_differs", "invalid_request", 409, "offer-differs", "The text is another one" },
	{ E_CONFLICT, "consent_ended", "invalid_request", 409, "consent-ended", "The consent has ended" },
	{ E_CONFLICT, "policy_changed", "invalid_request", 409, "policy-changed", "The rules have changed since" },
	{ E_CONFLICT, "outcome_differs", "invalid_request", 409, "outcome-differs", "Another outcome was confirmed" },
	{ E_CONFLICT, "roles_held", "invalid_request", 409, "roles-held", "The person holds roles" },
	{ E_CONFLICT, "person_erased", "invalid_request", 409, "person-erased", "The person was erased" },
	{ E_CONFLICT, "person_dead", "invalid_request", 409, "person-dead", "A death of the person is registered" },
	{ E_CONFLICT, "id_taken", "invalid_request", 409, "id-taken", "The id stands for something else" },
	{ E_LIMITED, "rate_limited", "temporarily_unavailable", 429, "rate-limited", "Too many requests" },

	{ E_BUSY, "busy", "temporarily_unavailable", 503, "busy", "Too much to do at the moment" },
	{ E_TIMEOUT, "timeout", "temporarily_unavailable", 503, "timeout", "It took too long" },
	{ E_TIMEOUT, "request_timeout", "invalid_request", 408, "request-timeout", "The request came too slowly" },
	{ E_UNAVAILABLE, "unavailable", "temporarily_unavailable", 503, "unavailable", "Out of service at the moment" },
	{ E_UNAVAILABLE, "log_unavailable", "temporarily_unavailable", 503, "log-unavailable",
	  "Nothing can be recorded at the moment" },
	{ E_UNAVAILABLE, "erasure_waits", "temporarily_unavailable", 503, "erasure-waits",
	  "The erasure is not finished yet" },
	{ E_UNAVAILABLE, "not_sealed", "temporarily_unavailable", 503, "not-sealed",
	  "Not under a signed checkpoint yet" },
	{ E_UNAVAILABLE, "log_not_witnessed", "temporarily_unavailable", 503, "log-not-witnessed",
	  "Nobody outside vouches for the log" },
	{ E_UNAVAILABLE, "policy_missing", "temporarily_unavailable", 503, "policy-missing", "No policy is in force" },
	{ E_NOMEM, "unavailable", "temporarily_unavailable", 503, "unavailable", "Out of service at the moment" },

	{ E_SYSTEM, "internal_error", "server_error", 500, "internal-error", "Something went wrong here" },
	{ E_CORRUPT, "internal_error", "server_error", 500, "internal-error", "Something went wrong here" },
	{ E_IO, "internal_error", "server_error", 500, "internal-error", "Something went wrong here" },
	{ E_END, "internal_error", "server_error", 500, "internal-error", "Something went wrong here" },
};

const struct problem_row *
problem_rows(size_t *count)
{
	*count = ARRAY_LEN(rows);
	return rows;
}

static const struct problem_row *
find_status(enum status st)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].st == st)
			return &rows[i];
	return find_status(E_SYSTEM);
}

const struct problem_row *
problem_find(enum status st, const char *reason)
{
	for (size_t i = 0; reason != NULL && i < ARRAY_LEN(rows); i++)
		if (rows[i].st == st && strcmp(rows[i].reason, reason) == 0)
			return &rows[i];
	for (size_t i = 0; reason != NULL && i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].reason, reason) == 0)
			return &rows[i];
	return find_status(st);
}

/* ---- noting ---- */

/* RFC 6749 5.2 error_description: %x20-21 / %x23-5B / %x5D-7E. */
static void
clean(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e || *s == '"' || *s == '\\')
			*s = '?';
}

enum status
problem_set(struct http_response *rsp, enum status st, const char *reason, const char *detail)
{
	return problem_setf(rsp, st, reason, "%s", detail == NULL ? "" : detail);
}

enum status
problem_setf(struct http_response *rsp, enum status st, const char *reason, const char *fmt, ...)
{
	va_list ap;

	rsp->reason = reason;
	va_start(ap, fmt);
	vsnprintf(rsp->detail, sizeof(rsp->detail), fmt, ap);
	va_end(ap);
	clean(rsp->detail);
	return st;
}

void
problem_challenge(struct http_response *rsp, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rsp->challenge, sizeof(rsp->challenge), fmt, ap);
	va_end(ap);
}

/* ---- responding ---- */

struct noted {
	const char *reason;
	const char *detail;
	const char *request_id;
	unsigned retry_after_s;
};

static void
put_oauth(struct http_response *rsp, const struct problem_row *row, const struct noted *noted)
{
	json_t *body = json_pack("{s:s}", "error", row->oauth);

	if (noted->detail[0] != '\0')
		json_object_set_new(body, "error_description", json_string(noted->detail));
	response_json(rsp, row->http, body);
	json_decref(body);
}

static void
put_problem(struct http_response *rsp, const struct problem_row *row, const struct noted *noted)
{
	json_t *body = json_pack("{s:o, s:s, s:i, s:s}", "type", json_sprintf("urn:ombud:problem:%s", row->slug),
				 "title", row->title, "status", row->http, "reason", row->reason);

	if (noted->detail[0] != '\0')
		json_object_set_new(body, "detail", json_string(noted->detail));
	response_json_as(rsp, row->http, "application/problem+json", body);
	json_decref(body);
}

/* For a program without the template: enough to tell a person what happened. */
static void
put_plain_page(struct buf *page, const struct problem_row *row, struct str title, const struct noted *noted)
{
	buf_printf(page, "<!doctype html><html><head><meta charset=\"utf-8\"><title>%d</title></head><body><h1>",
		   row->http);
	html_escape_put(page, title);
	buf_put(page, STR("</h1><p>"));
	html_escape_put(page, str_of(noted->detail));
	buf_put(page, STR("</p><p>"));
	html_escape_put(page, str_of(noted->request_id));
	buf_put(page, STR("</p></body></html>"));
}

static struct str
page_title(const struct problem_row *row, enum i18n_lang lang)
{
	char key[80];
	int n = snprintf(key, sizeof(key), "problem_%s", row->reason);
	struct str name = str_from(key, (size_t)n);

	return i18n_has(lang, name) ? i18n_text(lang, name) : str_of(row->title);
}

/* What to do now: by the reason where that tells more than the status. */
static struct str
page_help(const struct problem_row *row, enum i18n_lang lang)
{
	char key[80];
	struct str name = str_from(key, (size_t)snprintf(key, sizeof(key), "error_help_%s", row->reason));

	if (!i18n_has(lang, name))
		name = str_from(key, (size_t)snprintf(key, sizeof(key), "error_help_%d", row->http));
	return i18n_has(lang, name) ? i18n_text(lang, name) : STR("");
}

static void
put_page(struct http_response *rsp, const struct http_request *req, const struct problem_row *row,
	 const struct noted *noted)
{
	enum i18n_lang lang = req == NULL ? I18N_DEFAULT : req->lang;
	CLEANUP(buf_clear) struct buf page = BUF(HTML_PAGE_MOST);
	struct str title = page_title(row, lang), help = page_help(row, lang);
	json_t *data = json_pack("{s:i, s:s, s:s%, s:s%, s:b, s:s, s:s, s:s, s:i}", "status", row->http, "reason",
				 row->reason, "title", title.p, title.n, "help", help.p, help.n, "acting",
				 strcmp(row->reason, "acting_not_allowed") == 0, "detail", noted->detail, "request_id",
				 noted->request_id, "lang", i18n_code(lang), "retry_after", (int)noted->retry_after_s);

	if (html_page("error", data, lang, &page) != OK) {
		buf_clear(&page);
		put_plain_page(&page, row, title, noted);
	}
	json_decref(data);
	response_html(rsp, row->http, &page);
}

static enum problem_shape
choose_shape(const struct http_request *req, enum problem_shape shape)
{
	if (shape != PROBLEM_AUTO)
		return shape;
	if (req == NULL)
		return PROBLEM_JSON;
	if (http_wants_html(req))
		return PROBLEM_PAGE;
	return str_starts(req->path, STR("/oauth2/")) ? PROBLEM_OAUTH : PROBLEM_JSON;
}

/* RFC 9110: 401 names a scheme, 405 the methods, 429 and 503 when to come again. */
static void
put_headers(struct http_response *rsp, const struct problem_row *row, const char *challenge, const char *allow,
	    unsigned retry_after_s)
{
	if (row->http == 401 && challenge[0] == '\0')
		challenge =
		    strcmp(row->reason, "invalid_client") == 0 ? "Basic realm=\"ombud\"" : "Bearer realm=\"ombud\"";
	if (challenge[0] != '\0')
		response_header(rsp, "WWW-Authenticate", str_of(challenge));
	if (row->http == 405 && allow != NULL)
		response_header(rsp, "Allow", str_of(allow));
	if (row->http == 429 || row->http == 503)
		response_headerf(rsp, "Retry-After", "%u", retry_after_s);
}

static void
respond(const struct http_request *req, enum problem_shape shape, const struct problem_row *row,
	struct http_response *rsp)
{
	struct http_response before = *rsp; /* the notes; its buffers stay with rsp */
	struct noted noted = {
		.reason = before.reason,
		.detail = before.detail,
		.request_id = req == NULL ? "" : req->id,
		.retry_after_s = before.retry_after_s > 0 ? before.retry_after_s : RETRY_AFTER_DEFAULT_S,
	};

	response_reset(rsp, true);
	rsp->close = before.close;
	switch (choose_shape(req, shape)) {
	case PROBLEM_PAGE:
		put_page(rsp, req, row, &noted);
		break;
	case PROBLEM_OAUTH:
		put_oauth(rsp, row, &noted);
		break;
	case PROBLEM_AUTO:
	case PROBLEM_JSON:
		put_problem(rsp, row, &noted);
		break;
	}
	put_headers(rsp, row, before.challenge, before.allow, noted.retry_after_s);
}

void
problem_respond(const struct http_request *req, enum problem_shape shape, enum status st, struct http_response *rsp)
{
	respond(req, shape, problem_find(st, rsp->reason), rsp);
}

void
problem_respond_http(const struct http_request *req, int http, const char *why, struct http_response *rsp)
{
	const struct problem_row *row = problem_find(E_SYSTEM, NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].http == http) {
			row = &rows[i];
			break;
		}
	}
	problem_set(rsp, row->st, row->reason, why);
	respond(req, PROBLEM_AUTO, row, rsp);
}
