#include "authd/oauth/client.h"

#include "authd/http/json.h"
#include "authd/request.h"

enum status
client_live(struct request *rq, struct str client_id, struct store_client *out)
{
	TRY(store_client_find(request_store(rq), client_id, out));
	if (out->status == STORE_CLIENT_ACTIVE && out->log_index != STORE_NO_INDEX)
		return OK;
	store_client_clear(out);
	*out = (struct store_client){ 0 };
	return E_NOT_FOUND;
}

enum status
client_of(struct request *rq, struct store_client *out)
{
	return client_live(rq, str_of(rq->who.client_id), out);
}

bool
client_has(struct str list, struct str word)
{
	struct str one;

	while (list.n > 0 && str_next(&list, ' ', &one))
		if (one.n > 0 && str_eq(one, word))
			return true;
	return false;
}

bool
client_is_public(const struct store_client *c)
{
	return str_is(c->auth_method, "none");
}

/* "http://127.0.0.1:4711/cb" → "http://127.0.0.1/cb": loopback addresses only, by number; a name could lead anywhere.
 */
static bool
without_port(struct str uri, struct buf *out)
{
	static const struct str hosts[] = { STR_INIT("http://127.0.0.1"), STR_INIT("http://[::1]") };

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct str rest;

		if (!str_starts(uri, hosts[i]))
			continue;
		rest = str_slice(uri, hosts[i].n, uri.n);
		if (rest.n > 0 && rest.p[0] == ':') {
			size_t slash = str_find_char(rest, '/');
			uint64_t port;

			if (str_to_u64(str_slice(rest, 1, slash), 65535, &port) != OK || port == 0)
				return false;
			rest = str_slice(rest, slash, rest.n);
		}
		if (rest.n > 0 && rest.p[0] != '/')
			return false;
		buf_put(out, hosts[i]);
		buf_put(out, rest);
		return buf_status(out) == OK;
	}
	return false;
}

static bool
same_uri(struct str registered_uri, struct str asked, bool port_free)
{
	CLEANUP(buf_clear) struct buf a = BUF(4096), b = BUF(4096);

	if (str_eq(registered_uri, asked))
		return true;
	return port_free && without_port(registered_uri, &a) && without_port(asked, &b) &&
	       str_eq(buf_str(&a), buf_str(&b));
}

static bool
in_list(struct str list_json, struct str uri, bool port_free)
{
	CLEANUP(json_decrefp) json_t *list = NULL;

	if (uri.n == 0 || json_read(list_json, ROUTE_BODY_MOST, &list, NULL) != OK)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (same_uri(str_of(json_string_value(json_array_get(list, i))), uri, port_free))
			return true;
	return false;
}

bool
client_may_redirect(const struct store_client *c, struct str uri)
{
	return in_list(c->redirect_uris, uri, client_is_public(c) || c->native != 0);
}

bool
client_may_return(const struct store_client *c, struct str uri)
{
	return in_list(c->post_logout_uris, uri, false);
}

static void
put_word(struct buf *out, struct str word)
{
	if (out->n > 0)
		buf_put_char(out, ' ');
	buf_put(out, word);
}

enum status
client_scope(const struct store_client *c, struct str asked, struct buf *out)
{
	struct str rest = asked.n > 0 ? asked : c->scopes, word;

	while (rest.n > 0 && str_next(&rest, ' ', &word)) {
		if (word.n == 0 || (asked.n == 0 && str_is(word, "offline_access")))
			continue;
		if (!client_has(c->scopes, word) || client_has(buf_str(out), word))
			return E_INVALID;
		put_word(out, word);
	}
	return buf_status(out);
}
