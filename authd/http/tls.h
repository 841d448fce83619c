/*
 * tls.h: the TLS server side: 1.3 only, AES-256-GCM, ChaCha20-Poly1305, AES-128-GCM, groups X25519, P-256, P-384, ALPN
 * exactly http/1.1, no tickets, no early data, no compression, no renegotiation. Client certificates are asked for when
 * there is a client CA; one that does not verify is remembered as such and treated as absent.
 */
#ifndef AUTHD_HTTP_TLS_H
#define AUTHD_HTTP_TLS_H

#include <openssl/ssl.h>

#include "authd/http/http_request.h"

struct tls;

struct tls_options {
	const char *cert_file;       /* PEM: our certificate, then intermediates */
	const char *key_file;        /* PEM; refused when everybody may read it */
	const char *client_ca_file;  /* PEM; NULL: client certificates are not asked for */
	const char *client_crl_file; /* PEM; NULL: none */
};

/* Loads and checks (key belongs to certificate, certificate in date). The strings are copied. */
MUST_USE enum status tls_new(const struct tls_options *opt, struct tls **out);
void tls_free(struct tls *t);
/* Reads the files again and swaps when all is well; otherwise the old ones stay and the error is returned. Any thread.
 */
MUST_USE enum status tls_reload(struct tls *t);
/* A new server-side connection with the current certificate. Any thread. */
MUST_USE enum status tls_accept(struct tls *t, SSL **out);
/* What the client showed; *out is NULL when nothing. After the handshake. */
MUST_USE enum status tls_client_cert(SSL *ssl, struct http_cert **out);
/* Seconds until our certificate expires (negative: it has); for /readyz and /metrics. */
int64_t tls_expires_in_s(struct tls *t);

#endif
