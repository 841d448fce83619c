/*
 * authd.h: what every request may reach. Made once by parts.c; after that the pointers do not change, and what is
 * behind them has its own locks.
 */
#ifndef AUTHD_AUTHD_H
#define AUTHD_AUTHD_H

#include "auditlog/client/append.h"
#include "authd/config.h"
#include "authd/http/server.h"
#include "authd/http/worker.h"
#include "authd/jose/token_cache.h"
#include "authd/keys/keys.h"
#include "authd/policy/policy.h"
#include "authd/store/store.h"

struct backchannel;
struct tending;
struct dpop;
struct forward;
struct keyset_slot;
struct outbound;
struct refusals;
struct reporting;
struct service_level;
struct tag_memory;
struct upkeep;

struct authd {
	struct config config;
	struct str issuer;
	struct worker_pool *pool; /* contexts are struct store * */
	struct keys *keys;
	struct append *log;
	struct token_cache *tokens;
	struct dpop *dpop;               /* oauth/dpop.h: proofs seen by this node, nonces */
	struct refusals *refusals;       /* audit/refusals.h */
	struct tag_memory *tags;         /* audit/tag_memory.h */
	struct policy_slot *policy;      /* the bundle in force; a request takes its reference at its begin */
	struct keyset_slot *keyset;      /* keyset.h: our public keys */
	struct forward *forward;         /* audit/forward.h: entries that the log does not have yet */
	struct upkeep *upkeep;           /* upkeep.h: readiness, and what is done in the background */
	struct outbound *outbound;       /* notify/outbound.h: whom we call */
	struct tending *tending;         /* access/tending.h: consents whose time comes */
	struct reporting *reporting;     /* access/reporting.h: open reports */
	struct service_level *served;    /* access/service_level.h: how decisions are served */
	struct backchannel *backchannel; /* oauth/backchannel.h: ends of sessions that clients are told of */
	struct server *server;
};

#endif
