/* http_request.h: one complete request as handlers see it. */
#ifndef AUTHD_HTTP_HTTP_REQUEST_H
#define AUTHD_HTTP_HTTP_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "auditlog/base/buf.h"
#include "authd/http/i18n.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_METHOD_COUNT };

#define HTTP_HEADERS_MOST   100
#define HTTP_ID_MOST        64
#define HTTP_PEER_MOST      64
#define HTTP_CERT_URIS_MOST 8

struct http_header {
	struct str name;  /* lower case */
	struct str value; /* without surrounding white space; printable ASCII, tab and well-formed UTF-8 */
};

/* A client certificate that came with the TLS handshake. Shared by the requests of a connection, counted. */
struct http_cert {
	atomic_uint references;
	bool verified;          /* its chain ends in our client CA, it is in date and for client authentication */
	int verify_error;       /* X509_V_ERR_* when not */
	bool in_date;           /* whoever issued it; all that is known of one that is its own issuer */
	uint8_t thumbprint[32]; /* SHA-256 of the DER form: cnf.x5t#S256 */
	size_t uri_count;
	char *uris[HTTP_CERT_URIS_MOST]; /* subjectAltName URIs */
	char *subject;                   /* RFC 2253 text, for tls_client_auth_subject_dn and for operators */
};

struct http_request {
	enum http_method method;
	bool http10;         /* HTTP/1.0: answered and closed */
	bool keep_alive;     /* the client wants the connection kept */
	struct str target;   /* path and query exactly as sent; for htu and logs of shape */
	struct str raw_path; /* the target up to '?' */
	struct str path;     /* decoded, starts with '/'; no empty, "." or ".." segment, no control character, UTF-8.
			      * "*" for OPTIONS * */
	struct str query;    /* after '?', undecoded; read it with form_parse(). Empty when none */
	bool has_query;
	struct str host; /* the Host header: name or address with optional port, lower case */
	size_t header_count;
	struct http_header headers[HTTP_HEADERS_MOST];
	struct str body;
	char id[HTTP_ID_MOST + 1]; /* X-Request-ID: taken over when it is 1..64 of [A-Za-z0-9_.-], else a fresh one */
	char traceparent[56];      /* a valid W3C traceparent, or "" */
	char peer[HTTP_PEER_MOST]; /* address of the other side as text, without port: "192.0.2.7", "2001:db8::1",
				      "unix" */
	bool tls;                  /* came over TLS, or over TLS to our own reverse proxy */
	bool admin;                /* came over the admin socket */
	uid_t uid;                 /* of the peer; only with admin */
	enum i18n_lang lang;       /* see i18n_choose() */
	struct http_cert *cert;    /* NULL when none was shown; look at ->verified before believing it */
	int64_t started_us;        /* monotonic, when its first byte came */

	struct buf line_bytes, head_bytes, path_bytes, body_bytes; /* what the strings above point into */
};

/* The only header of that lower-case name. Empty with p == NULL when there is none or more than one. */
struct str http_header(const struct http_request *req, const char *name);
/* As above, but tells: E_NOT_FOUND none, E_INVALID more than one. */
MUST_USE enum status http_header_one(const struct http_request *req, const char *name, struct str *out);
/* How many headers of that lower-case name there are. */
size_t http_header_count(const struct http_request *req, const char *name);
/* Among comma-separated list elements of all headers of that name is this token (ASCII case folded; parameters cut, and
 * an element with q=0 does not count). */
bool http_header_has(const struct http_request *req, const char *name, const char *token);
/* A browser asks: Accept names text/html with a quality above 0. */
bool http_wants_html(const struct http_request *req);
/* "GET", ... */
const char *http_method_name(enum http_method m);
/* The SAN URI list of a verified certificate contains uri. */
bool http_cert_has_uri(const struct http_cert *cert, struct str uri);
void http_cert_drop(struct http_cert *cert);

/* Frees what it owns and empties it. */
void http_request_clear(struct http_request *req);

#endif
