#include "authd/notify/outbound.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "authd/http/http_chars.h"
#include "authd/notify/network.h"

#define NETWORKS_MOST 32

struct outbound {
	const struct config_outbound *conf;
	struct network networks[NETWORKS_MOST];
	size_t network_count;
};

/* One call on its way; curl's callbacks have nothing else. */
struct going {
	struct outbound *o;
	struct outbound_answer *answer;
	bool refused_address, too_large;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
set_up_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum status
outbound_open(const struct config_outbound *conf, struct outbound **out, const char **why)
{
	struct outbound *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return E_NOMEM;
	o->conf = conf;
	for (size_t i = 0; i < conf->networks.n; i++) {
		*why = conf->networks.item[i];
		if (i >= NETWORKS_MOST || network_parse(conf->networks.item[i], &o->networks[i]) != OK) {
			outbound_close(o);
			return E_INVALID;
		}
		o->network_count++;
	}
	pthread_once(&once, set_up_curl);
	*out = o;
	return OK;
}

void
outbound_close(struct outbound *o)
{
	free(o);
}

void
outbound_answer_clear(struct outbound_answer *a)
{
	buf_clear(&a->body);
}

/* ---- addresses as text ---- */

struct parts {
	CURLU *url;
	char *scheme, *host, *port, *user, *password, *fragment;
};

static void
parts_clear(struct parts *p)
{
	curl_free(p->scheme);
	curl_free(p->host);
	curl_free(p->port);
	curl_free(p->user);
	curl_free(p->password);
	curl_free(p->fragment);
	curl_url_cleanup(p->url);
}

/* What curl forgives ("https:/host", "https:///host") is no address for a registration; nor is an empty fragment. */
static bool
is_spelt_out(struct str url)
{
	struct str rest = str_slice(url, str_find_char(url, ':'), url.n);

	return str_starts(rest, STR("://")) && rest.n > 3 && rest.p[3] != '/' && str_find_char(url, '#') == url.n;
}

/* curl reads it, so that what is judged is what is called. */
static enum status
split(struct str url, struct parts *p)
{
	char text[OUTBOUND_URL_MOST + 1];

	if (url.n == 0 || url.n > OUTBOUND_URL_MOST || !http_is_visible(url) || !is_spelt_out(url))
		return E_INVALID;
	memcpy(text, url.p, url.n);
	text[url.n] = '\0';
	p->url = curl_url();
	if (p->url == NULL)
		return E_NOMEM;
	if (curl_url_set(p->url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
	    curl_url_get(p->url, CURLUPART_SCHEME, &p->scheme, 0) != CURLUE_OK ||
	    curl_url_get(p->url, CURLUPART_HOST, &p->host, 0) != CURLUE_OK ||
	    curl_url_get(p->url, CURLUPART_PORT, &p->port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return E_INVALID;
	(void)curl_url_get(p->url, CURLUPART_USER, &p->user, 0);
	(void)curl_url_get(p->url, CURLUPART_PASSWORD, &p->password, 0);
	(void)curl_url_get(p->url, CURLUPART_FRAGMENT, &p->fragment, 0);
	if (strcmp(p->scheme, "https") != 0 || p->host[0] == '\0' || p->user != NULL || p->password != NULL ||
	    p->fragment != NULL)
		return E_INVALID;
	return OK;
}

bool
outbound_is_callable(struct str url)
{
	CLEANUP(parts_clear) struct parts p = { 0 };

	return split(url, &p) == OK;
}

static bool
parts_listed(const struct outbound *o, const struct parts *p)
{
	CLEANUP(buf_clear) struct buf wanted = BUF(1024);

	buf_put_cstr(&wanted, p->host);
	if (strcmp(p->port, "443") != 0)
		buf_printf(&wanted, ":%s", p->port);
	for (size_t i = 0; buf_status(&wanted) == OK && i < o->conf->hosts.n; i++)
		if (str_eq_nocase(buf_str(&wanted), str_of(o->conf->hosts.item[i])))
			return true;
	return false;
}

bool
outbound_is_listed(const struct outbound *o, struct str url)
{
	CLEANUP(parts_clear) struct parts p = { 0 };

	return split(url, &p) == OK && parts_listed(o, &p);
}

/* ---- the call ---- */

static bool
may_reach(const struct outbound *o, const struct sockaddr *address)
{
	for (size_t i = 0; i < o->network_count; i++)
		if (network_has(&o->networks[i], address))
			return true;
	return network_is_public(address);
}

/* The very address that is connected to: no second look at a name can lead elsewhere. */
static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct going *g = arg;

	if (purpose != CURLSOCKTYPE_IPCXN || !may_reach(g->o, &address->addr)) {
		g->refused_address = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct going *g = arg;

	buf_put_bytes(&g->answer->body, data, size * count);
	g->too_large = buf_status(&g->answer->body) != OK;
	return g->too_large ? 0 : size * count;
}

/* Cache-Control of RFC 9111 as far as a lease needs it. */
static void
read_cache_control(struct str value, struct outbound_answer *out)
{
	struct str directive;

	while (value.n > 0 && str_next(&value, ',', &directive)) {
		uint64_t seconds;

		directive = str_trim(directive);
		if (str_eq_nocase(directive, STR("no-store")) || str_eq_nocase(directive, STR("no-cache")))
			out->max_age_s = 0;
		else if (directive.n > 8 && str_eq_nocase(str_slice(directive, 0, 8), STR("max-age=")) &&
			 out->max_age_s != 0 &&
			 str_to_u64(str_slice(directive, 8, directive.n), 31536000, &seconds) == OK)
			out->max_age_s = (int64_t)seconds;
	}
}

static size_t
on_header(char *data, size_t size, size_t count, void *arg)
{
	static const struct str name = STR_INIT("cache-control:");
	struct going *g = arg;
	struct str line = str_from(data, size * count);

	if (line.n > name.n && str_eq_nocase(str_slice(line, 0, name.n), name))
		read_cache_control(str_slice(line, name.n, line.n), g->answer);
	return size * count;
}

static CURLcode
set_limits(CURL *curl, const struct outbound *o, const struct outbound_call *call)
{
	CURLcode bad = CURLE_OK;

	bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(call->timeout_us / 1000));
	bad |= curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)OUTBOUND_BODY_MOST);
	bad |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "ombud");
	if (o->conf->ca != NULL)
		bad |= curl_easy_setopt(curl, CURLOPT_CAINFO, o->conf->ca);
	return bad;
}

static CURLcode
set_callbacks(CURL *curl, struct going *g)
{
	CURLcode bad = CURLE_OK;

	bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, g);
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, g);
	bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, g);
	return bad;
}

static CURLcode
set_body(CURL *curl, const struct outbound_call *call, struct curl_slist **headers)
{
	char type[200];
	CURLcode bad = CURLE_OK;

	if (call->body.p == NULL)
		return bad;
	(void)snprintf(type, sizeof(type), "Content-Type: %s", call->body_type);
	*headers = curl_slist_append(NULL, type);
	bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)call->body.n);
	bad |= curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, call->body.p);
	bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
	return *headers != NULL ? bad : CURLE_OUT_OF_MEMORY;
}

static enum status
failed(const struct going *g, CURLcode code, const char **why)
{
	*why = curl_easy_strerror(code);
	if (g->refused_address) {
		*why = "the address is private, local or reserved, and authd.yaml does not name its network";
		return E_DENIED;
	}
	if (g->too_large || code == CURLE_FILESIZE_EXCEEDED) {
		*why = "the answer is too large";
		return E_TOO_LARGE;
	}
	return code == CURLE_OPERATION_TIMEDOUT ? E_TIMEOUT : E_UNAVAILABLE;
}

/* The media type without its parameters. */
static bool
has_type(CURL *curl, const char *const *accept)
{
	char *text = NULL;
	struct str type;

	if (accept == NULL)
		return true;
	if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &text) != CURLE_OK || text == NULL)
		return false;
	type = str_of(text);
	type = str_trim(str_slice(type, 0, str_find_char(type, ';')));
	for (size_t i = 0; accept[i] != NULL; i++)
		if (str_eq_nocase(type, str_of(accept[i])))
			return true;
	return false;
}

static enum status
perform(CURL *curl, struct going *g, const struct outbound_call *call, const char **why)
{
	CURLcode code = curl_easy_perform(curl);
	long http = 0;

	if (code != CURLE_OK)
		return failed(g, code, why);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
	g->answer->http = (int)http;
	if (http == 200 && !has_type(curl, call->accept)) {
		*why = "the answer has another media type";
		return E_UNSUPPORTED;
	}
	return OK;
}

enum status
outbound_call(struct outbound *o, const struct outbound_call *call, struct outbound_answer *out, const char **why)
{
	CLEANUP(parts_clear) struct parts p = { 0 };
	struct going g = { .o = o, .answer = out };
	struct curl_slist *headers = NULL;
	CURL *curl;
	enum status st;

	*why = "this is no https address";
	TRY(split(call->url, &p));
	*why = "the host is not listed in outbound.hosts of authd.yaml";
	if (call->listed_only && !parts_listed(o, &p))
		return E_DENIED;
	*why = "out of memory";
	curl = curl_easy_init();
	if (curl == NULL)
		return E_NOMEM;
	*out = (struct outbound_answer){ .max_age_s = -1, .body = BUF(OUTBOUND_BODY_MOST) };
	if ((set_limits(curl, o, call) | set_callbacks(curl, &g) | set_body(curl, call, &headers) |
	     curl_easy_setopt(curl, CURLOPT_CURLU, p.url)) != CURLE_OK)
		st = E_SYSTEM;
	else
		st = perform(curl, &g, call, why);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	if (st != OK)
		outbound_answer_clear(out);
	return st;
}
