/* test_config.c: authd.yaml is read whole or refused with the place of the fault and what to do about it. */
#include "authd/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "authd/http/server.h"
#include "tests/unit/expect.h"

#define KEY "log.example/ombud+c21b731b+AVCiVZHTCjex7fDAKXn2yaqXX8ewmWNPNHCoyKUqjNYK"

/* A good configuration, one line of it replaced or left out. */
static const char *const good[] = {
	"environment: demo",
	"issuer: https://id.example:8443",
	"listen:",
	"  - kind: tls",
	"    address: 0.0.0.0",
	"    port: 8443",
	"  - {kind: plain, address: 127.0.0.1, port: 8080}",
	"  - {kind: proxy, address: /run/ombud/proxy.sock}",
	"admin_socket: /run/ombud/admin.sock",
	"admin_users: [root]",
	"tls: {certificate: /etc/ombud/server.pem, key: /etc/ombud/server.key}",
	"store: sqlite:/var/lib/ombud/ombud.db",
	"keyd_socket: /run/ombud/keyd.sock",
	"auditlogd_socket: /run/ombud/auditlogd.sock",
	"log: {dir: /var/lib/ombud/log, origin: log.example/ombud, vkey: \"" KEY "\"}",
	"policies: /etc/ombud/policies",
	"threads: 2",
	"workers: 4",
	"worker_queue: 16",
	"password_hashes: 1",
	"session: {idle: PT10M, absolute: PT8H}",
	"time_zone: Asia/Novosibirsk",
	"user: ombud",
	"refresh: {idle: P7D, absolute: P30D, retry: PT5S}",
	"revoking: grant",
};

struct scene {
	char path[64];
	struct conf *text;
	struct config c;
	struct conf_error err;
};

static void
scene_clear(struct scene *s)
{
	conf_free(s->text);
	(void)unlink(s->path);
}

/* Loads the good file with the line that starts with `instead_of` replaced by `line` (NULL: left out). */
static enum status
load(struct scene *s, const char *instead_of, const char *line)
{
	FILE *f;
	int fd;
	bool replaced = instead_of == NULL;

	*s = (struct scene){ .path = "/tmp/ombud-config-XXXXXX" };
	fd = mkstemp(s->path);
	cr_assert_geq(fd, 0);
	f = fdopen(fd, "w");
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (instead_of == NULL || strncmp(good[i], instead_of, strlen(instead_of)) != 0) {
			(void)fprintf(f, "%s\n", good[i]);
			continue;
		}
		replaced = true;
		if (line != NULL)
			(void)fprintf(f, "%s\n", line);
	}
	(void)fclose(f);
	cr_assert(replaced, "there is no line %s", instead_of);
	return config_load(s->path, &s->text, &s->c, &s->err);
}

Test(config, a_good_file_is_read_whole)
{
	CLEANUP(scene_clear) struct scene s;
	const struct config_listen *listen;
	enum status st = load(&s, NULL, NULL);

	cr_assert_eq(st, OK, "%s", s.err.text);
	cr_assert_eq(s.c.environment, CONFIG_DEMO);
	cr_assert_str_eq(s.c.issuer, "https://id.example:8443");
	cr_assert_eq(s.c.listen.n, 3);
	listen = s.c.listen.item;
	cr_assert_eq(listen[0].kind, SERVER_TLS);
	cr_assert_str_eq(listen[0].address, "0.0.0.0");
	cr_assert_eq(listen[0].port, 8443);
	cr_assert_eq(listen[1].kind, SERVER_PLAIN);
	cr_assert_eq(listen[2].kind, SERVER_PROXY);
	cr_assert_str_eq(s.c.tls.key, "/etc/ombud/server.key");
	cr_assert_str_eq(s.c.log.vkey, KEY);
	cr_assert_eq(s.c.session.idle_us, 600 * SECOND_US);
	cr_assert_eq(s.c.session.absolute_us, 8 * 3600 * SECOND_US);
	cr_assert_eq(s.c.workers, 4);
	cr_assert_str_eq(s.c.time_zone, "Asia/Novosibirsk");
	cr_assert_str_eq(s.c.user, "ombud");
	cr_assert(s.c.refresh.idle_us == 7 * DAY_US && s.c.refresh.absolute_us == 30 * DAY_US);
	cr_assert(s.c.refresh.retry_us == 5 * SECOND_US && s.c.revoking == CONFIG_REVOKES_GRANT);
	cr_assert_not(s.c.reports.running_month);
}

Test(config, what_is_left_out_has_its_stated_default)
{
	static const char *const optional[] = { "environment",     "threads", "workers",   "worker_queue",
						"password_hashes", "session", "time_zone", "user",
						"admin_users",     "refresh", "revoking" };

	for (size_t i = 0; i < ARRAY_LEN(optional); i++) {
		CLEANUP(scene_clear) struct scene s;
		enum status st = load(&s, optional[i], NULL);

		cr_assert_eq(st, OK, "without %s: %s", optional[i], s.err.text);
		if (strcmp(optional[i], "environment") == 0)
			cr_assert_eq(s.c.environment, CONFIG_PRODUCTION, "the strict one");
		if (strcmp(optional[i], "session") == 0)
			cr_assert(s.c.session.idle_us == 3600 * SECOND_US &&
				  s.c.session.absolute_us == 12 * 3600 * SECOND_US);
		if (strcmp(optional[i], "user") == 0)
			cr_assert_null(s.c.user);
		if (strcmp(optional[i], "refresh") == 0)
			cr_assert(s.c.refresh.idle_us == 14 * DAY_US && s.c.refresh.absolute_us == 90 * DAY_US &&
				  s.c.refresh.retry_us == 10 * SECOND_US);
		if (strcmp(optional[i], "revoking") == 0)
			cr_assert_eq(s.c.revoking, CONFIG_REVOKES_TOKEN);
	}
}

Test(config, half_a_session_keeps_the_other_default)
{
	CLEANUP(scene_clear) struct scene s;

	EXPECT_OK(load(&s, "session", "session: {idle: PT5M}"));
	cr_assert_eq(s.c.session.idle_us, 300 * SECOND_US);
	cr_assert_eq(s.c.session.absolute_us, 12 * 3600 * SECOND_US);
}

Test(config, what_is_needed_may_not_be_left_out)
{
	static const char *const needed[] = { "issuer",      "admin_socket",     "tls", "store",
					      "keyd_socket", "auditlogd_socket", "log", "policies" };

	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		CLEANUP(scene_clear) struct scene s;

		EXPECT_STATUS(E_INVALID, load(&s, needed[i], NULL));
		cr_expect(strstr(s.err.text, needed[i]) != NULL, "%s", s.err.text);
	}
}

/* The message names the file, the line, and what is wrong. */
static void
expect_refused(const char *instead_of, const char *line, unsigned at, const char *says)
{
	CLEANUP(scene_clear) struct scene s;
	char place[100];
	enum status st = load(&s, instead_of, line);

	(void)snprintf(place, sizeof(place), "%s:%u:", s.path, at);
	cr_expect_eq(st, E_INVALID, "\"%s\" is %s", line, status_name(st));
	cr_expect(strncmp(s.err.text, place, strlen(place)) == 0, "\"%s\": %s does not start with %s", line, s.err.text,
		  place);
	cr_expect(strstr(s.err.text, says) != NULL, "\"%s\": %s does not say %s", line, s.err.text, says);
	cr_expect_null(s.text);
}

Test(config, an_issuer_has_one_spelling)
{
	static const char *const bad[] = {
		"http://id.example",
		"https://id.example/",
		"https://id.example/path",
		"https://id.example?x",
		"https://id.example#x",
		"https://",
		"https:///",
		"id.example",
		"HTTPS://id.example",
		"https://ID.example",
		"https://id.example:443",
		"https://user@id.example",
		"\"https://id.example:\"",
		"https://id.example:99999",
		"\"https://id.example \"",
		"https://id_example",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char line[100];

		(void)snprintf(line, sizeof(line), "issuer: %s", bad[i]);
		expect_refused("issuer", line, 2, "issuer");
	}
}

Test(config, an_address_is_one_that_its_kind_can_listen_on)
{
	expect_refused("    address", "    address: localhost", 5, "address");
	expect_refused("    address", "    address: 0.0.0", 5, "address");
	expect_refused("    address", "    address: /run/x.sock", 5, "address");
	expect_refused("  - {kind: plain", "  - {kind: plain, address: 0.0.0.0, port: 1}", 7, "TLS");
	expect_refused("  - {kind: plain", "  - {kind: plain, address: \"::\", port: 1}", 7, "TLS");
	expect_refused("  - {kind: proxy", "  - {kind: proxy, address: 127.0.0.1}", 8, "unix socket");
	expect_refused("  - {kind: proxy", "  - {kind: proxy, address: run/x.sock}", 8, "unix socket");
	expect_refused("  - {kind: plain", "  - {kind: http, address: 127.0.0.1, port: 1}", 7, "tls");
	expect_refused("  - {kind: plain", "  - {kind: plain, address: 127.0.0.1, port: 65536}", 7, "65535");
	expect_refused("  - {kind: plain", "  - {kind: plain, port: 1}", 7, "address");
	expect_refused("  - {kind: plain", "  - {kind: plain, address: 127.0.0.1, port: 1, tls: no}", 7, "tls");
}

Test(config, numbers_durations_and_choices_are_strict)
{
	expect_refused("threads", "threads: 257", 17, "256");
	expect_refused("threads", "threads: -1", 17, "whole number");
	expect_refused("threads", "threads: 08", 17, "whole number");
	expect_refused("threads", "threads: two", 17, "whole number");
	expect_refused("workers", "workers: 0", 18, "1 and 256");
	expect_refused("worker_queue", "worker_queue: 65537", 19, "65536");
	expect_refused("password_hashes", "password_hashes: 65", 20, "64");
	expect_refused("user", "wrong_tries: 4", 23, "5 and 1000000");
	expect_refused("user", "rate_factor: 0", 23, "1 and 1000000");
	expect_refused("session", "session: {idle: PT2D}", 21, "duration");
	expect_refused("session", "session: {idle: P2D}", 21, "86400");
	expect_refused("session", "session: {idle: 600}", 21, "duration");
	expect_refused("session", "session: {absolute: P1M}", 21, "86400");
	expect_refused("refresh", "refresh: {idle: P2Y}", 24, "34560000");
	expect_refused("refresh", "refresh: {retry: PT2M}", 24, "60");
	expect_refused("revoking", "revoking: everything", 25, "grant");
	expect_refused("environment", "environment: test", 1, "production");
	expect_refused("environment", "environment: Demo", 1, "production");
}

Test(config, the_running_month_is_published_in_demonstrations_alone)
{
	CLEANUP(scene_clear) struct scene s;
	enum status st = load(&s, "user", "reports: {running_month: true}");

	cr_assert_eq(st, OK, "%s", s.err.text);
	cr_assert(s.c.reports.running_month);
	expect_refused("environment", "environment: production\nreports: {running_month: true}", 2, "running month");
}

Test(config, paths_are_absolute_and_databases_known)
{
	expect_refused("admin_socket", "admin_socket: run/admin.sock", 9, "absolute path");
	expect_refused("policies", "policies: policies", 16, "absolute path");
	expect_refused("tls", "tls: {certificate: server.pem, key: /k}", 11, "absolute path");
	expect_refused("store", "store: /var/lib/ombud.db", 12, "database");
	expect_refused("store", "store: sqlite:ombud.db", 12, "database");
	expect_refused("store", "store: mysql:host=x", 12, "database");
}

Test(config, what_the_schema_does_not_know_is_refused)
{
	expect_refused("user", "users: ombud", 23, "users");
	expect_refused("tls", "tls: {certificate: /c, key: /k, ciphers: ALL}", 11, "ciphers");
	expect_refused("user", "threads: 1", 23, "threads");
	expect_refused("user", "user: &a ombud", 23, "anchor");
	expect_refused("tls", "tls: none", 11, "mapping");
	expect_refused("admin_users", "admin_users: root", 10, "list");
}

Test(config, a_file_that_is_not_there_is_said_so)
{
	struct conf *text = NULL;
	struct config c;
	struct conf_error err = { 0 };

	EXPECT_STATUS(E_NOT_FOUND, config_load("/nonexistent/authd.yaml", &text, &c, &err));
	cr_assert(strstr(err.text, "/nonexistent/authd.yaml") != NULL, "%s", err.text);
	cr_assert_null(text);
}
