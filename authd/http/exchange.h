/* exchange.h: one request on its way through the handler. Internal to authd/http. */
#ifndef AUTHD_HTTP_EXCHANGE_H
#define AUTHD_HTTP_EXCHANGE_H

#include "authd/http/conn.h"

struct exchange;

/* What the connection knows and the bytes do not: peer, TLS, certificate, language. cert is held, not taken. */
void exchange_fill(struct http_request *req, const struct conn_origin *origin, struct http_cert *cert);
/* Takes the request over. NULL: no memory, and the request is freed. */
struct exchange *exchange_new(const struct server_options *opt, struct http_request *req);
void exchange_drop(struct exchange *x);
const struct http_request *exchange_request(const struct exchange *x);
/*
 * Runs the handler, here (FAST) or on a worker (SLOW); in a fiber. Returns its response, borrowed from x, or *instead
 * when the worker did not do it in time: then the handler may still be at it, with memory that it shares with x alone.
 */
const struct http_response *
exchange_run(struct exchange *x, const struct server_options *opt, struct http_response *instead, bool *busy);

#endif
