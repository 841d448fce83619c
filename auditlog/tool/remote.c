#include "auditlog/tool/remote.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct remote {
	CURL *curl;
	char *url; /* without a slash at its end */
	struct buf *into;
	enum status full; /* why the body was refused, if it was */
	char detail[CURL_ERROR_SIZE];
	char why[CURL_ERROR_SIZE + 64];
};

bool
remote_is_url(const char *text)
{
	return str_starts(str_of(text), STR("https://"));
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct remote *r = arg;

	buf_put_bytes(r->into, data, size * count);
	r->full = buf_status(r->into);
	return r->full == OK ? size * count : 0;
}

static enum status
set_up(struct remote *r, const char *ca)
{
	CURLcode bad = CURLE_OK;

	bad |= curl_easy_setopt(r->curl, CURLOPT_PROTOCOLS_STR, "https");
	bad |= curl_easy_setopt(r->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bad |= curl_easy_setopt(r->curl, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(r->curl, CURLOPT_CONNECTTIMEOUT, (long)REMOTE_SILENCE_S);
	bad |= curl_easy_setopt(r->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	bad |= curl_easy_setopt(r->curl, CURLOPT_LOW_SPEED_TIME, (long)REMOTE_SILENCE_S);
	/* A server may compress without being asked; the limit of the buffer holds for what comes out. */
	bad |= curl_easy_setopt(r->curl, CURLOPT_ACCEPT_ENCODING, "gzip");
	bad |= curl_easy_setopt(r->curl, CURLOPT_USERAGENT, "auditlog/" OMBUD_VERSION);
	bad |= curl_easy_setopt(r->curl, CURLOPT_ERRORBUFFER, r->detail);
	bad |= curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, r);
	if (ca)
		bad |= curl_easy_setopt(r->curl, CURLOPT_CAINFO, ca);
	return bad == CURLE_OK ? OK : E_SYSTEM;
}

enum status
remote_open(const char *url, const char *ca, struct remote **out)
{
	CLEANUP(remote_freep) struct remote *r = calloc(1, sizeof(*r));
	struct str base = str_of(url);

	if (!r || !(r->curl = curl_easy_init()))
		return E_NOMEM;
	while (str_ends(base, STR("/")))
		base.n--;
	TRY(str_dup(base, &r->url));
	TRY(set_up(r, ca));
	*out = STEAL(&r);
	return OK;
}

void
remote_free(struct remote *r)
{
	if (!r)
		return;
	if (r->curl)
		curl_easy_cleanup(r->curl);
	free(r->url);
	free(r);
}

void
remote_freep(struct remote **r)
{
	remote_free(*r);
}

static enum status
outcome_of(struct remote *r, CURLcode code, bool *passing)
{
	long http = 0;

	*passing = false;
	if (r->full != OK) {
		snprintf(r->why, sizeof(r->why), "the answer is longer than such a file can be");
		return r->full;
	}
	if (code != CURLE_OK) {
		*passing = code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CACERT_BADFILE &&
			   code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL;
		snprintf(r->why, sizeof(r->why), "%s", *r->detail ? r->detail : curl_easy_strerror(code));
		return E_UNAVAILABLE;
	}
	curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &http);
	snprintf(r->why, sizeof(r->why), "the server answered %ld", http);
	if (http == 200)
		return OK;
	*passing = http >= 500 || http == 429;
	return http == 404 || http == 410 ? E_NOT_FOUND : E_UNAVAILABLE;
}

static enum status
fetch_once(struct remote *r, const char *url, struct buf *out, bool *passing)
{
	size_t before = out->n;
	enum status st;

	r->into = out;
	r->full = OK;
	*r->detail = '\0';
	if (curl_easy_setopt(r->curl, CURLOPT_URL, url) != CURLE_OK)
		return E_NOMEM;
	st = outcome_of(r, curl_easy_perform(r->curl), passing);
	if (st != OK)
		out->n = before; /* an error page is no part of the log */
	return st;
}

static enum status
fetch(void *ctx, const char *path, struct buf *out)
{
	struct remote *r = ctx;
	CLEANUP(buf_clear) struct buf url = { 0 };
	bool passing = true;
	enum status st = E_UNAVAILABLE;

	buf_printf(&url, "%s/%s", r->url, path);
	buf_put_char(&url, '\0');
	TRY(buf_status(&url));
	for (int tries = 0; passing && tries < REMOTE_TRIES; tries++) {
		struct timespec pause = { .tv_nsec = tries * 300L * 1000 * 1000 };

		nanosleep(&pause, NULL);
		st = fetch_once(r, url.p, out, &passing);
	}
	return st;
}

struct logread_source
remote_source(struct remote *r)
{
	return (struct logread_source){ .fetch = fetch, .ctx = r };
}

const char *
remote_why(const struct remote *r)
{
	return *r->why ? r->why : "no answer";
}
