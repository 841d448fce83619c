#include "authd/config.h"

#include <stddef.h>

#include "auditlog/base/clock.h"

#include "authd/http/server.h"

/* In the order of enum server_kind. */
static const char *const kinds[] = { "tls", "plain", "proxy", NULL };
_Static_assert(SERVER_TLS == 0 && SERVER_PLAIN == 1 && SERVER_PROXY == 2, "the choices of `kind` follow server.h");
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
	{ .key = "session", .type = CONF_MAPPING, .offset = CONFIG(session), .sub = &session_schema },
	{ .key = "time_zone", .type = CONF_STRING, .offset = CONFIG(time_zone), .fallback = "Europe/Moscow", .most = 64 },
	{ .key = "user", .type = CONF_STRING, .offset = CONFIG(user), .most = 32 },
};
static const struct conf_schema schema = { fields, ARRAY_LEN(fields), sizeof(struct config) };

/* An issuer is compared byte by byte by everybody, so it has one spelling (RFC 8414 2: https, no query, no fragment). */
static enum status
check_issuer(const struct conf_node *root, struct str issuer, struct conf_error *err)
{
	static const char hint[] = "write it as https://host or https://host:port";
	const struct conf_node *n = conf_get(root, "issuer");

	if (!str_starts(issuer, STR("https://")))
		return conf_refuse(n, err, hint, "the issuer must start with https://");
	if (str_ends(issuer, STR("/")) || str_find_char(issuer, '?') < issuer.n || str_find_char(issuer, '#') < issuer.n)
		return conf_refuse(n, err, hint, "the issuer must have no slash at the end, no query and no fragment");
	return OK;
}

static void
session_defaults(struct config *c)
{
	if (c->session.idle_us == 0)
		c->session.idle_us = INT64_C(3600) * SECOND_US;
	if (c->session.absolute_us == 0)
		c->session.absolute_us = INT64_C(12) * 3600 * SECOND_US;
}

enum status
config_load(const char *path, struct conf **text, struct config *out, struct conf_error *err)
{
	CLEANUP(conf_freep) struct conf *c = NULL;

	TRY(conf_load(path, &c, err));
	TRY(conf_read(conf_root(c), &schema, out, err));
	TRY(check_issuer(conf_root(c), str_of(out->issuer), err));
	session_defaults(out);
	*text = STEAL(&c);
	return OK;
}
