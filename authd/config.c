#include "authd/config.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/http/http_chars.h"
#include "authd/http/server.h"

/* Tables are read by their columns. */
/* clang-format off */
/* In the order of enum server_kind. */
static const char *const kinds[] = { "tls", "plain", "proxy", NULL };
_Static_assert(SERVER_TLS == 0 && SERVER_PLAIN == 1 && SERVER_PROXY == 2, "the choices of `kind` follow server.h");
static const char *const nonces[] = { "off", "required", NULL };
static const char *const environments[] = { "production", "demo", NULL };

#define LISTEN(member) offsetof(struct config_listen, member)
static const struct conf_field listen_fields[] = {
	{ .key = "kind", .type = CONF_CHOICE, .offset = LISTEN(kind), .fallback = "tls", .choices = kinds,
	  .hint = "write tls, plain (loopback only) or proxy (a unix socket)" },
	{ .key = "address", .type = CONF_STRING, .offset = LISTEN(address), .required = true,
	  .hint = "write a numeric address such as 0.0.0.0 or ::1, or the path of the proxy's socket" },
	{ .key = "port", .type = CONF_UINT, .offset = LISTEN(port), .fallback = "0", .most = 65535 },
};
static const struct conf_schema listen_schema = { listen_fields, ARRAY_LEN(listen_fields), sizeof(struct config_listen) };

#define TLS(member) offsetof(struct config_tls, member)
static const struct conf_field tls_fields[] = {
	{ .key = "certificate", .type = CONF_PATH, .offset = TLS(certificate), .required = true },
	{ .key = "key", .type = CONF_PATH, .offset = TLS(key), .required = true },
	{ .key = "client_ca", .type = CONF_PATH, .offset = TLS(client_ca) },
	{ .key = "client_crl", .type = CONF_PATH, .offset = TLS(client_crl) },
};
static const struct conf_schema tls_schema = { tls_fields, ARRAY_LEN(tls_fields), sizeof(struct config_tls) };

#define LOG(member) offsetof(struct config_log, member)
static const struct conf_field log_fields[] = {
	{ .key = "dir", .type = CONF_PATH, .offset = LOG(dir), .required = true },
	{ .key = "origin", .type = CONF_STRING, .offset = LOG(origin), .required = true },
	{ .key = "vkey", .type = CONF_STRING, .offset = LOG(vkey), .required = true,
	  .hint = "write the verifier key, or the path of log.vkey" },
	{ .key = "map_age", .type = CONF_DURATION, .offset = LOG(map_age_us), .fallback = "PT1M", .least = SECOND_US,
	  .most = DAY_US },
};
static const struct conf_schema log_schema = { log_fields, ARRAY_LEN(log_fields), sizeof(struct config_log) };

/* NIST SP 800-63B-4: at this assurance at most an hour of silence and a day in all. */
#define SESSION(member) offsetof(struct config_session, member)
static const struct conf_field session_fields[] = {
	{ .key = "idle", .type = CONF_DURATION, .offset = SESSION(idle_us), .fallback = "PT1H", .least = SECOND_US,
	  .most = DAY_US },
	{ .key = "absolute", .type = CONF_DURATION, .offset = SESSION(absolute_us), .fallback = "PT12H", .least = SECOND_US,
	  .most = DAY_US },
};
static const struct conf_schema session_schema = { session_fields, ARRAY_LEN(session_fields),
						   sizeof(struct config_session) };

#define OUTBOUND(member) offsetof(struct config_outbound, member)
static const struct conf_field outbound_fields[] = {
	{ .key = "hosts", .type = CONF_STRINGS, .offset = OUTBOUND(hosts), .most = 256,
	  .hint = "write host or host:port, without https://" },
	{ .key = "networks", .type = CONF_STRINGS, .offset = OUTBOUND(networks), .most = 32,
	  .hint = "write a network such as 10.0.0.0/8" },
	{ .key = "ca", .type = CONF_PATH, .offset = OUTBOUND(ca) },
};
static const struct conf_schema outbound_schema = { outbound_fields, ARRAY_LEN(outbound_fields),
						    sizeof(struct config_outbound) };

/* OWASP ASVS 10.4.8: however often it is used, a refresh token has an end. */
#define REFRESH(member) offsetof(struct config_refresh, member)
static const struct conf_field refresh_fields[] = {
	{ .key = "idle", .type = CONF_DURATION, .offset = REFRESH(idle_us), .fallback = "P14D", .least = SECOND_US,
	  .most = 400 * DAY_US },
	{ .key = "absolute", .type = CONF_DURATION, .offset = REFRESH(absolute_us), .fallback = "P90D", .least = SECOND_US,
	  .most = 400 * DAY_US },
	{ .key = "retry", .type = CONF_DURATION, .offset = REFRESH(retry_us), .fallback = "PT10S", .least = SECOND_US,
	  .most = 60 * SECOND_US },
};
static const struct conf_schema refresh_schema = { refresh_fields, ARRAY_LEN(refresh_fields),
						   sizeof(struct config_refresh) };

#define REPORTS(member) offsetof(struct config_reports, member)
static const struct conf_field reports_fields[] = {
	{ .key = "running_month", .type = CONF_BOOL, .offset = REPORTS(running_month), .fallback = "false" },
};
static const struct conf_schema reports_schema = { reports_fields, ARRAY_LEN(reports_fields),
						   sizeof(struct config_reports) };

/* In the order of enum config_revoking. */
static const char *const revoking[] = { "token", "grant", NULL };

#define CONFIG(member) offsetof(struct config, member)
static const struct conf_field fields[] = {
	{ .key = "environment", .type = CONF_CHOICE, .offset = CONFIG(environment), .fallback = "production",
	  .choices = environments },
	{ .key = "issuer", .type = CONF_STRING, .offset = CONFIG(issuer), .required = true, .most = 200,
	  .hint = "write the https address that people and services use, without a slash at the end" },
	{ .key = "listen", .type = CONF_MAPPINGS, .offset = CONFIG(listen), .required = true, .least = 1, .most = 16,
	  .sub = &listen_schema },
	{ .key = "admin_socket", .type = CONF_PATH, .offset = CONFIG(admin_socket), .required = true },
	{ .key = "admin_users", .type = CONF_STRINGS, .offset = CONFIG(admin_users), .most = 32 },
	{ .key = "tls", .type = CONF_MAPPING, .offset = CONFIG(tls), .required = true, .sub = &tls_schema },
	{ .key = "store", .type = CONF_STRING, .offset = CONFIG(store), .required = true,
	  .hint = "write sqlite:/path/to/file or postgres:host=… dbname=…" },
	{ .key = "keyd_socket", .type = CONF_PATH, .offset = CONFIG(keyd_socket), .required = true },
	{ .key = "auditlogd_socket", .type = CONF_PATH, .offset = CONFIG(auditlogd_socket), .required = true },
	{ .key = "log", .type = CONF_MAPPING, .offset = CONFIG(log), .required = true, .sub = &log_schema },
	{ .key = "policies", .type = CONF_PATH, .offset = CONFIG(policies), .required = true },
	{ .key = "threads", .type = CONF_UINT, .offset = CONFIG(threads), .fallback = "0", .most = 256 },
	{ .key = "workers", .type = CONF_UINT, .offset = CONFIG(workers), .fallback = "8", .least = 1, .most = 256 },
	{ .key = "worker_queue", .type = CONF_UINT, .offset = CONFIG(worker_queue), .fallback = "256", .least = 1,
	  .most = 65536 },
	{ .key = "password_hashes", .type = CONF_UINT, .offset = CONFIG(password_hashes), .fallback = "2", .least = 1,
	  .most = 64 },
	{ .key = "wrong_tries", .type = CONF_UINT, .offset = CONFIG(wrong_tries), .fallback = "100", .least = 5,
	  .most = 1000000 },
	{ .key = "rate_factor", .type = CONF_UINT, .offset = CONFIG(rate_factor), .fallback = "1", .least = 1,
	  .most = 1000000 },
	{ .key = "session", .type = CONF_MAPPING, .offset = CONFIG(session), .sub = &session_schema },
	{ .key = "refresh", .type = CONF_MAPPING, .offset = CONFIG(refresh), .sub = &refresh_schema },
	{ .key = "revoking", .type = CONF_CHOICE, .offset = CONFIG(revoking), .fallback = "token", .choices = revoking },
	{ .key = "dpop_nonce", .type = CONF_CHOICE, .offset = CONFIG(dpop_nonce), .fallback = "off", .choices = nonces },
	{ .key = "verify_peers", .type = CONF_STRINGS, .offset = CONFIG(verify_peers), .most = 16,
	  .hint = "write the addresses that reverse proxies ask /verify from, such as 127.0.0.1; unix for a proxy's socket" },
	{ .key = "outbound", .type = CONF_MAPPING, .offset = CONFIG(outbound), .sub = &outbound_schema },
	{ .key = "jwks_max_age", .type = CONF_DURATION, .offset = CONFIG(jwks_max_age_us), .fallback = "PT1H",
	  .least = SECOND_US, .most = DAY_US },
	{ .key = "reports", .type = CONF_MAPPING, .offset = CONFIG(reports), .sub = &reports_schema },
	{ .key = "time_zone", .type = CONF_STRING, .offset = CONFIG(time_zone), .fallback = "Europe/Moscow", .most = 64 },
	{ .key = "death_wait", .type = CONF_DURATION, .offset = CONFIG(death_wait_us), .fallback = "P3D", .most = 30 * DAY_US },
	{ .key = "mandate_wait", .type = CONF_DURATION, .offset = CONFIG(mandate_wait_us), .fallback = "P30D", .least = SECOND_US,
	  .most = 366 * DAY_US },
	{ .key = "user", .type = CONF_STRING, .offset = CONFIG(user), .most = 32 },
};
static const struct conf_schema schema = { fields, ARRAY_LEN(fields), sizeof(struct config) };
/* clang-format on */

/*
 * An issuer is compared byte by byte by everybody, so it has one spelling (RFC 8414 2). It is an origin and no more:
 * what a browser says in Origin is compared with it, and browsers leave out the port 443, paths, and capital letters.
 */
static enum status
check_issuer(const struct conf_node *root, struct str issuer, struct conf_error *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
	static const char hint[] = "write it as https://host or https://host:port";
	const struct conf_node *n = conf_get(root, "issuer");
	struct str host = str_slice(issuer, strlen("https://"), issuer.n);

	if (!str_starts(issuer, STR("https://")))
		return conf_refuse(n, err, hint, "the issuer must start with https://");
	if (!str_only(host, plain) || !http_is_authority(host))
		return conf_refuse(
		    n, err, hint,
		    "the issuer must be https:// and a host in lower case, with a port or without, and no more");
	if (str_ends(host, STR(":443")))
		return conf_refuse(n, err, hint, "the issuer must leave out the port 443: it is the one of https");
	return OK;
}

static bool
is_numeric(const char *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

static bool
is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static enum status
check_listener(const struct conf_node *n, const struct config_listen *l, struct conf_error *err)
{
	n = conf_get(n, "address");
	if (l->kind == SERVER_PROXY)
		return l->address[0] == '/' ? OK
					    : conf_refuse(n, err, "write the absolute path of a unix socket",
							  "a proxy is listened to on a unix socket");
	if (!is_numeric(l->address))
		return conf_refuse(n, err, "write a numeric address such as 0.0.0.0 or ::1", "this is no address");
	if (l->kind == SERVER_PLAIN && !is_loopback(l->address))
		return conf_refuse(n, err, "write 127.0.0.1 or ::1, or use kind: tls",
				   "without TLS only this machine itself is listened to");
	return OK;
}

static enum status
check_listeners(const struct conf_node *root, const struct config *c, struct conf_error *err)
{
	const struct config_listen *listen = c->listen.item;

	for (size_t i = 0; i < c->listen.n; i++)
		TRY(check_listener(conf_at(conf_get(root, "listen"), i), &listen[i], err));
	return OK;
}

static enum status
check_store(const struct conf_node *root, struct str store, struct conf_error *err)
{
	if (str_starts(store, STR("sqlite:/")) || str_starts(store, STR("postgres:")))
		return OK;
	return conf_refuse(conf_get(root, "store"), err, "write sqlite:/path/to/file or postgres:host=… dbname=…",
			   "this names no database");
}

/* Whoever adds records of their own and looks again can average the noise of a report that is made anew. */
static enum status
check_reports(const struct conf_node *root, const struct config *c, struct conf_error *err)
{
	if (!c->reports.running_month || c->environment == CONFIG_DEMO)
		return OK;
	return conf_refuse(conf_get(conf_get(root, "reports"), "running_month"), err,
			   "leave it out: a month is published when it is over",
			   "in production the running month is not published");
}

static void
usual(int64_t *us, int64_t usually)
{
	if (*us == 0)
		*us = usually;
}

/* Sections that are left out as a whole. */
static void
defaults(struct config *c)
{
	usual(&c->session.idle_us, INT64_C(3600) * SECOND_US);
	usual(&c->session.absolute_us, INT64_C(12) * 3600 * SECOND_US);
	usual(&c->refresh.idle_us, 14 * DAY_US);
	usual(&c->refresh.absolute_us, 90 * DAY_US);
	usual(&c->refresh.retry_us, 10 * SECOND_US);
}

enum status
config_load(const char *path, struct conf **text, struct config *out, struct conf_error *err)
{
	CLEANUP(conf_freep) struct conf *c = NULL;

	TRY(conf_load(path, &c, err));
	TRY(conf_read(conf_root(c), &schema, out, err));
	TRY(check_issuer(conf_root(c), str_of(out->issuer), err));
	TRY(check_listeners(conf_root(c), out, err));
	TRY(check_store(conf_root(c), str_of(out->store), err));
	TRY(check_reports(conf_root(c), out, err));
	defaults(out);
	*text = STEAL(&c);
	return OK;
}
