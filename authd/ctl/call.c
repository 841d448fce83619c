#include "authd/ctl/call.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "authd/http/form.h"
#include "authd/http/json.h"

struct call {
	const struct ctl *ctl;
	CURL *curl;
	struct curl_slist *headers;
	struct secret body, token;
	char *large; /* instead of body */
	size_t body_n;
	struct buf answer;
	char detail[CURL_ERROR_SIZE];
};

static void
call_clear(struct call *k)
{
	curl_slist_free_all(k->headers);
	if (k->curl != NULL)
		curl_easy_cleanup(k->curl);
	secret_clear(&k->body);
	secret_clear(&k->token);
	free(k->large);
	buf_clear(&k->answer);
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct call *k = arg;

	buf_put_bytes(&k->answer, data, size * count);
	return buf_status(&k->answer) == OK ? size * count : 0;
}

static enum status
add_header(struct call *k, const char *line)
{
	struct curl_slist *longer = curl_slist_append(k->headers, line);

	if (longer == NULL)
		return E_NOMEM;
	k->headers = longer;
	return OK;
}

/* The name in the address is only for the Host header: the socket is where it goes, whatever a proxy variable says. */
static enum status
set_up(struct call *k, const char *path)
{
	CLEANUP(buf_clear) struct buf url = { 0 };
	CURLcode bad = CURLE_OK;

	buf_printf(&url, "http://localhost%s", path);
	buf_put_char(&url, '\0');
	TRY(buf_status(&url));
	TRY(add_header(k, "Accept: application/json"));
	TRY(add_header(k, "Expect:"));
	bad |= curl_easy_setopt(k->curl, CURLOPT_URL, url.p);
	bad |= curl_easy_setopt(k->curl, CURLOPT_UNIX_SOCKET_PATH, k->ctl->socket);
	bad |= curl_easy_setopt(k->curl, CURLOPT_PROTOCOLS_STR, "http");
	bad |= curl_easy_setopt(k->curl, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(k->curl, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(k->curl, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(k->curl, CURLOPT_TIMEOUT, (long)CALL_TIMEOUT_S);
	bad |= curl_easy_setopt(k->curl, CURLOPT_USERAGENT, "authctl/" OMBUD_VERSION);
	bad |= curl_easy_setopt(k->curl, CURLOPT_ERRORBUFFER, k->detail);
	bad |= curl_easy_setopt(k->curl, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(k->curl, CURLOPT_WRITEDATA, k);
	bad |= curl_easy_setopt(k->curl, CURLOPT_HTTPHEADER, k->headers);
	return bad == CURLE_OK ? OK : E_SYSTEM;
}

static enum status
write_body(struct call *k, const json_t *body)
{
	TRY(secret_new(SECRET_MAX, &k->body));
	if (body != NULL)
		k->body_n = json_dumpb(body, (char *)k->body.p, k->body.n, JSON_COMPACT);
	else
		k->body_n = sizeof("{}") - 1, memcpy(k->body.p, "{}", k->body_n);
	if (k->body_n > 0 && k->body_n <= k->body.n)
		return OK;
	k->large = json_dumps(body, JSON_COMPACT);
	if (k->large == NULL)
		return E_NOMEM;
	k->body_n = strlen(k->large);
	return OK;
}

static enum status
put_body(struct call *k, const json_t *body)
{
	CURLcode bad = CURLE_OK;

	TRY(write_body(k, body));
	TRY(add_header(k, "Content-Type: application/json"));
	bad |= curl_easy_setopt(k->curl, CURLOPT_POSTFIELDSIZE, (long)k->body_n);
	bad |= curl_easy_setopt(k->curl, CURLOPT_POSTFIELDS, k->large != NULL ? k->large : (const char *)k->body.p);
	return bad == CURLE_OK ? OK : E_SYSTEM;
}

/* authd takes the person that the token names for whoever asks, not the socket. */
static int
put_token(struct call *k)
{
	CLEANUP(secret_clear) struct secret line = { 0 };
	static const char head[] = "Authorization: Bearer ";
	enum status st = OK;

	if (k->ctl->token_file == NULL)
		return CLI_GO;
	GO(ctl_secret(k->ctl, k->ctl->token_file, &k->token));
	st = secret_new(sizeof(head) + k->token.n, &line);
	if (st == OK) {
		memcpy(line.p, head, sizeof(head) - 1);
		memcpy(line.p + sizeof(head) - 1, k->token.p, k->token.n);
		line.p[sizeof(head) - 1 + k->token.n] = '\0';
		st = add_header(k, (const char *)line.p);
	}
	return tell_status(k->ctl->program, "preparing the request", st);
}

/* ---- the answer ---- */

static int
refused(const struct call *k, long http, const json_t *answer)
{
	const char *detail = json_string_value(json_object_get(answer, "detail"));
	const char *title = json_string_value(json_object_get(answer, "title"));
	int exit = http >= 500 || http == 429 ? CLI_CANNOT : CLI_DOES_NOT;

	if (title == NULL)
		return tell(k->ctl->program, exit, "authd answered %ld", http);
	return tell(k->ctl->program, exit, "%s%s%s", title, detail != NULL ? ": " : "", detail != NULL ? detail : "");
}

static int
read_answer(struct call *k, json_t **out)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	enum status st = json_read(buf_str(&k->answer), CALL_ANSWER_MOST, &answer, NULL);
	long http = 0;

	curl_easy_getinfo(k->curl, CURLINFO_RESPONSE_CODE, &http);
	if (http < 200 || http > 299)
		return refused(k, http, answer);
	if (st != OK)
		return tell(k->ctl->program, CLI_CANNOT, "what authd answered is not JSON");
	*out = STEAL(&answer);
	return CLI_GO;
}

static int
perform(struct call *k, json_t **out)
{
	CURLcode code = curl_easy_perform(k->curl);

	if (code != CURLE_OK)
		return tell(k->ctl->program, CLI_CANNOT,
			    "no answer from authd on %s: %s; does it run, and may you open the socket?", k->ctl->socket,
			    *k->detail != '\0' ? k->detail : curl_easy_strerror(code));
	return read_answer(k, out);
}

static int
ask(const struct ctl *c, const char *path, bool post, const json_t *body, json_t **out)
{
	CLEANUP(call_clear) struct call k = { .ctl = c, .answer = BUF(CALL_ANSWER_MOST) };
	enum status st = OK;

	k.curl = curl_easy_init();
	if (k.curl == NULL)
		return tell_status(c->program, "preparing the request", E_NOMEM);
	GO(put_token(&k));
	if (post)
		st = put_body(&k, body);
	if (st == OK)
		st = set_up(&k, path);
	GO(tell_status(c->program, "preparing the request", st));
	return perform(&k, out);
}

int
call_get(const struct ctl *c, const char *path, json_t **out)
{
	return ask(c, path, false, NULL, out);
}

int
call_post(const struct ctl *c, const char *path, const json_t *body, json_t **out)
{
	return ask(c, path, true, body, out);
}

int
call_path(const struct ctl *c, struct buf *out, const char *const *parts)
{
	buf_put_cstr(out, "/admin/v1/");
	for (size_t i = 0; parts[i] != NULL; i++) {
		if (i % 2 == 0)
			buf_put_cstr(out, parts[i]);
		else
			form_put_escaped(out, str_of(parts[i]));
	}
	buf_put_char(out, '\0');
	return tell_status(c->program, "writing the address", buf_status(out));
}
