/* config.h: authd.yaml as a struct. Every limit that an operator may set is here; the others are constants where used.
 */
#ifndef AUTHD_CONFIG_H
#define AUTHD_CONFIG_H

#include "auditlog/base/conf.h"

struct config_listen {
	int kind;            /* enum server_kind: tls, plain, proxy */
	const char *address; /* numeric address, or the path of a unix socket for `proxy` */
	uint64_t port;
};

struct config_tls {
	const char *certificate, *key, *client_ca, *client_crl;
};

struct config_log {
	const char *dir; /* the published log, read only */
	const char *origin;
	const char *vkey;   /* the verifier key, or a file that holds it */
	int64_t map_age_us; /* for a proof of completeness an older map is renewed */
};

struct config_session {
	int64_t idle_us, absolute_us;
};

/* Whether proofs of possession must carry a nonce of ours (RFC 9449 8, 9). */
enum config_nonce { CONFIG_NONCE_OFF, CONFIG_NONCE_REQUIRED };
/* Whom authd itself calls: keys of clients, sign-outs of other sites (notify/outbound.h). */
struct config_outbound {
	struct conf_strings hosts;    /* "host" or "host:port": whose jwks_uri may be fetched */
	struct conf_strings networks; /* "10.0.0.0/8": private ones that may be reached nevertheless */
	const char *ca;               /* PEM, instead of the system's authorities; NULL: those */
};

/* Refresh tokens (refresh.h); a client's registration may say other lives. */
struct config_refresh {
	int64_t idle_us, absolute_us;
	int64_t retry_us; /* how long the token before may be shown again */
};

/* Open reports (access/reporting.h). */
struct config_reports {
	bool running_month; /* shown, too; only outside production */
};

enum config_environment { CONFIG_PRODUCTION, CONFIG_DEMO };

/* What revoking an access token ends besides itself and what it was exchanged for (RFC 7009 2.1). */
enum config_revoking { CONFIG_REVOKES_TOKEN, CONFIG_REVOKES_GRANT };

struct config {
	int environment;
	const char *issuer;       /* "https://host[:port]", no slash at the end */
	struct conf_items listen; /* struct config_listen */
	const char *admin_socket;
	struct conf_strings admin_users; /* who besides root and our own user may use it */
	struct config_tls tls;
	const char *store; /* sqlite:PATH or postgres:CONNINFO */
	const char *keyd_socket;
	const char *auditlogd_socket;
	struct config_log log;
	const char *policies; /* the bundle's directory */
	uint64_t threads;     /* loop threads, 0 = one per CPU */
	uint64_t workers;     /* worker threads, each with a database connection */
	uint64_t worker_queue;
	uint64_t password_hashes; /* Argon2id computations at once (64 MiB each) */
	uint64_t wrong_tries;     /* that one address has before it must wait (throttle.h) */
	uint64_t rate_factor;     /* how many times the bounds on how often a service asks (rate.h) */
	struct config_session session;
	struct config_refresh refresh;
	int revoking;                     /* enum config_revoking */
	int dpop_nonce;                   /* enum config_nonce */
	struct conf_strings verify_peers; /* proxies whose word about a request counts at /verify */
	struct config_outbound outbound;
	int64_t jwks_max_age_us; /* how long others may keep our key set; a new key waits that long */
	struct config_reports reports;
	const char *time_zone;
	int64_t death_wait_us;   /* how long a person can say "I am alive" before their death is confirmed (death.h) */
	int64_t mandate_wait_us; /* how long what one official registered waits for another (mandating.h) */
	const char *user;        /* to become after opening the sockets; NULL stays */
};

/* Reads and checks; the result borrows from *text, which conf_free() frees. err says file, line, column and what to do.
 */
MUST_USE enum status config_load(const char *path, struct conf **text, struct config *out, struct conf_error *err);

#endif
