#include "authd/http/http_request.h"

#include <stdlib.h>

static const char *const method_names[HTTP_METHOD_COUNT] = {
	[HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
};

const char *
http_method_name(enum http_method m)
{
	return method_names[m];
}

enum status
http_header_one(const struct http_request *req, const char *name, struct str *out)
{
	const struct http_header *found = NULL;

	for (size_t i = 0; i < req->header_count; i++) {
		if (!str_is(req->headers[i].name, name))
			continue;
		if (found != NULL)
			return E_INVALID;
		found = &req->headers[i];
	}
	if (found == NULL)
		return E_NOT_FOUND;
	*out = found->value;
	return OK;
}

struct str
http_header(const struct http_request *req, const char *name)
{
	struct str value = { 0 };

	return http_header_one(req, name, &value) == OK ? value : (struct str){ 0 };
}

size_t
http_header_count(const struct http_request *req, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < req->header_count; i++)
		count += str_is(req->headers[i].name, name);
	return count;
}

/* Calls out the next element of a comma-separated list, without parameters, which go to *params. */
static bool
next_element(struct str *rest, struct str *element, struct str *params)
{
	struct str piece;
	size_t semicolon;

	if (!str_next(rest, ',', &piece))
		return false;
	semicolon = str_find_char(piece, ';');
	*element = str_trim(str_slice(piece, 0, semicolon));
	*params = str_slice(piece, semicolon + 1, piece.n);
	return true;
}

/* ";q=0", ";q=0.0" and the like: the client does not want it. */
static bool
is_refused(struct str params)
{
	struct str param;

	while (params.n > 0 && str_next(&params, ';', &param)) {
		param = str_trim(param);
		if (str_starts(param, STR("q=")))
			return str_only(str_slice(param, 2, param.n), "0.");
	}
	return false;
}

static bool
list_has(const struct http_request *req, const char *name, const char *token)
{
	for (size_t i = 0; i < req->header_count; i++) {
		struct str rest = req->headers[i].value, element, params;

		if (!str_is(req->headers[i].name, name) || rest.n == 0)
			continue;
		while (next_element(&rest, &element, &params))
			if (str_eq_nocase(element, str_of(token)) && !is_refused(params))
				return true;
	}
	return false;
}

bool
http_header_has(const struct http_request *req, const char *name, const char *token)
{
	return list_has(req, name, token);
}

bool
http_wants_html(const struct http_request *req)
{
	return list_has(req, "accept", "text/html");
}

bool
http_cert_has_uri(const struct http_cert *cert, struct str uri)
{
	if (cert == NULL || !cert->verified)
		return false;
	for (size_t i = 0; i < cert->uri_count; i++)
		if (str_is(uri, cert->uris[i]))
			return true;
	return false;
}

void
http_cert_drop(struct http_cert *cert)
{
	if (cert == NULL || atomic_fetch_sub(&cert->references, 1) != 1)
		return;
	for (size_t i = 0; i < cert->uri_count; i++)
		free(cert->uris[i]);
	free(cert->subject);
	free(cert);
}

void
http_request_clear(struct http_request *req)
{
	http_cert_drop(req->cert);
	buf_clear(&req->line_bytes);
	buf_clear(&req->head_bytes);
	buf_clear(&req->path_bytes);
	buf_clear(&req->body_bytes);
	*req = (struct http_request){ 0 };
}
