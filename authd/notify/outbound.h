/*
 * outbound.h: the one way in which authd calls somebody else's address: https only, no redirects, no proxy, bounded in
 * time and size, and never to an address of our own networks unless authd.yaml names that network. What is checked is
 * the address that is then connected to, so a name that resolves to something else the second time gains nothing.
 */
#ifndef AUTHD_NOTIFY_OUTBOUND_H
#define AUTHD_NOTIFY_OUTBOUND_H

#include "authd/config.h"

#define OUTBOUND_URL_MOST  2000
#define OUTBOUND_BODY_MOST ((size_t)64 << 10)

struct outbound;

/* Copies nothing: conf lives as long as the result. E_INVALID: a network is none; *why (conf's text) says which. */
MUST_USE enum status outbound_open(const struct config_outbound *conf, struct outbound **out, const char **why);
void outbound_close(struct outbound *o);

struct outbound_call {
	struct str url;
	struct str body;           /* p NULL: GET, else POST */
	const char *body_type;     /* of body: "application/x-www-form-urlencoded" */
	const char *const *accept; /* NULL-terminated media types that the answer may have; NULL: any */
	int64_t timeout_us;        /* for the whole of it, names included */
	bool listed_only;          /* the host must stand in `outbound.hosts` of authd.yaml */
};

struct outbound_answer {
	int http;
	int64_t max_age_s; /* Cache-Control; -1: it does not say. 0 for no-store and no-cache */
	struct buf body;   /* at most OUTBOUND_BODY_MOST */
};
void outbound_answer_clear(struct outbound_answer *a);

/*
 * Blocks: for workers and background threads. OK: there is an answer, of whatever HTTP status. E_INVALID: no https
 * address without user and fragment. E_DENIED: not listed, or its address is one of our own networks. E_TIMEOUT.
 * E_TOO_LARGE. E_UNSUPPORTED: of another media type. E_UNAVAILABLE: no connection, no valid certificate. why is a
 * constant text for the operator.
 */
MUST_USE enum status
outbound_call(struct outbound *o, const struct outbound_call *call, struct outbound_answer *out, const char **why);

/* The address is https, has a host and neither user nor fragment; for registrations. */
bool outbound_is_callable(struct str url);
/* Its host (and port, unless it is 443) stands in `outbound.hosts`. */
bool outbound_is_listed(const struct outbound *o, struct str url);

#endif
