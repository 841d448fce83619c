/* test_keyd.c: the real authd-keyd as a process of its own, over its socket. */
#include "tests/unit/entry_maker.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "authd/keys/keys.h"

struct process {
	struct vault_maker f; /* the files; no vault in this process */
	char config[96], socket[96];
	pid_t pid;
	struct keys *keys;
};

/* The program beside this test in the build directory. */
static void
program_path(char path[4096])
{
	ssize_t n = readlink("/proc/self/exe", path, 3000);

	cr_assert_gt(n, 0);
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	(void)strcat(path, "/../bin/authd-keyd");
	cr_assert_eq(access(path, X_OK), 0, "build authd-keyd first: %s", path);
}

static pid_t
start(const char *const *args)
{
	char path[4096], *argv[8] = { path };

	program_path(path);
	for (size_t i = 0; args[i] != NULL; i++)
		argv[i + 1] = strdup(args[i]);
	pid_t pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		/* A failed assertion leaves without clean-up; the daemon must not outlive its test. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execv(path, argv);
		_exit(127);
	}
	for (size_t i = 1; argv[i] != NULL; i++)
		free(argv[i]);
	return pid;
}

static int
exit_status(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		cr_assert_eq(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int
run(const char *const *args)
{
	return exit_status(start(args));
}

static void
write_config(struct process *p, const char *more)
{
	CLEANUP(buf_clear) struct buf text = { 0 };

	buf_printf(&text, "socket: %s\nkeyring: %s\nreceipt_key: %s\nissuer: " VAULT_ISSUER "\n%s", p->socket,
		   p->f.ring, p->f.receipt_path, more);
	vault_maker_write(p->f.dir, "keyd.yaml", buf_str(&text), 0600);
}

static struct process
process_files(void)
{
	struct process p = { .pid = -1 };

	vault_maker_files(&p.f);
	vault_maker_now = clock_now_us();
	(void)snprintf(p.config, sizeof(p.config), "%s/keyd.yaml", p.f.dir);
	(void)snprintf(p.socket, sizeof(p.socket), "%s/keyd.sock", p.f.dir);
	write_config(&p, "");
	return p;
}

static void
wait_until(struct process *p, bool up)
{
	for (int i = 0; i < 1000 && keys_up(p->keys) != up; i++)
		(void)usleep(10000);
	cr_assert_eq(keys_up(p->keys), up);
}

static struct process
process_new(void)
{
	struct process p = process_files();

	p.pid = start((const char *const[]){ "--config", p.config, NULL });
	EXPECT_OK(keys_open(p.socket, &p.keys));
	wait_until(&p, true);
	return p;
}

static void
process_clear(struct process *p)
{
	keys_close(p->keys);
	if (p->pid > 0) {
		(void)kill(p->pid, SIGKILL);
		(void)exit_status(p->pid);
	}
	vault_maker_clear(&p->f);
}

static enum status
sign(struct process *p, enum keys_use use, const struct entry_maker *m, struct buf *jws)
{
	return keys_sign(p->keys, use, buf_str(&m->claims), buf_str(&m->fragment), &m->receipt, jws);
}

static void
fresh_clock(void)
{
	vault_maker_now = clock_now_us();
}

Test(keyd, it_signs_what_was_logged_and_refuses_what_was_not)
{
	CLEANUP(process_clear) struct process p = process_new();
	CLEANUP(buf_clear) struct buf jwks = { 0 };
	CLEANUP(buf_clear) struct buf jws = { 0 };
	CLEANUP(jwk_set_freep) struct jwk_set *keys = NULL;
	CLEANUP(jws_freep) struct jws *j = NULL;

	fresh_clock();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_ticket(p.f.receipts);
	EXPECT_OK(keys_jwks(p.keys, &jwks));
	EXPECT_OK(sign(&p, KEYS_TICKET, &m, &jws));
	EXPECT_OK(jwk_set_import(buf_str(&jwks), &keys));
	EXPECT_OK(jws_accept(
	    JWS_TICKET, buf_str(&jws), keys,
	    &(struct jws_expect){ .iss = STR(VAULT_ISSUER), .aud = STR("svc_tax"), .now_us = vault_maker_now }, &j));
	m.receipt.index++;
	EXPECT_STATUS(E_DENIED, sign(&p, KEYS_TICKET, &m, &jws));
}

Test(keyd, id_tokens_work_inside_the_sandbox)
{
	CLEANUP(process_clear) struct process p = process_new();
	CLEANUP(buf_clear) struct buf jws = { 0 };

	fresh_clock();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(p.f.receipts);
	entry_maker_claims(&m, "aud", ",\"nonce\":\"n\"");
	EXPECT_OK(sign(&p, KEYS_ID_TOKEN, &m, &jws));
	cr_assert_gt(jws.n, 300);
}

Test(keyd, people_and_codes_work_inside_the_sandbox)
{
	CLEANUP(process_clear) struct process p = process_new();
	CLEANUP(buf_clear) struct buf wrapped = { 0 };
	CLEANUP(buf_clear) struct buf tag = { 0 };
	CLEANUP(buf_clear) struct buf ctag = { 0 };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(secret_clear) struct secret base32 = { 0 };
	int64_t step = 0;

	EXPECT_OK(keys_person_new(p.keys, STR("sub_1"), &wrapped));
	EXPECT_OK(keys_tags(p.keys, &(struct keys_person){ STR("sub_1"), buf_str(&wrapped) }, STR("2026-11"), STR("c"),
			    &tag, &ctag));
	EXPECT_OK(keys_totp_new(p.keys, STR("sub_1"), &sealed, &base32));
	EXPECT_STATUS(E_UNAUTHENTICATED,
		      keys_totp_check(p.keys, STR("sub_1"), buf_str(&sealed), STR("12345"), -1, &step));
	EXPECT_STATUS(E_CORRUPT, keys_totp_check(p.keys, STR("sub_2"), buf_str(&sealed), STR("123456"), -1, &step));
}

static size_t
jwks_count(struct process *p)
{
	CLEANUP(buf_clear) struct buf jwks = { 0 };
	CLEANUP(jwk_set_freep) struct jwk_set *keys = NULL;

	EXPECT_OK(keys_jwks(p->keys, &jwks));
	EXPECT_OK(jwk_set_import(buf_str(&jwks), &keys));
	return jwk_set_count(keys);
}

static void
await_count(struct process *p, size_t count)
{
	for (int i = 0; i < 500 && jwks_count(p) != count; i++)
		(void)usleep(10000);
	cr_assert_eq(jwks_count(p), count);
}

Test(keyd, a_reload_takes_new_keys_and_survives_bad_ones)
{
	CLEANUP(process_clear) struct process p = process_new();
	char command[400];

	(void)snprintf(command, sizeof(command),
		       "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out '%s/new.pem' "
		       "2>/dev/null && chmod 600 '%s/new.pem'",
		       p.f.ring, p.f.ring);
	cr_assert_eq(system(command), 0);
	vault_maker_write(p.f.ring, "keyring.yaml",
			  STR("version: 1\npepper: pepper.key\nkeks:\n  - {file: kek-1.key, state: active}\nsigning:\n"
			      "  - {file: es256-1.pem, alg: ES256, state: active}\n"
			      "  - {file: rs256-1.pem, alg: RS256, state: active}\n"
			      "  - {file: ps256-1.pem, alg: PS256, state: active}\n"
			      "  - {file: new.pem, alg: ES256, state: published}\n"),
			  0600);
	cr_assert_eq(jwks_count(&p), 3);
	cr_assert_eq(kill(p.pid, SIGHUP), 0);
	await_count(&p, 4);
	vault_maker_write(p.f.ring, "keyring.yaml", STR("not a keyring\n"), 0600);
	cr_assert_eq(kill(p.pid, SIGHUP), 0);
	(void)usleep(200000);
	cr_assert_eq(jwks_count(&p), 4);
}

/* A connection of its own that sends these bytes; true when the daemon has closed it. */
static bool
closes_on(const struct process *p, struct str bytes)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 5 };
	char c;

	memcpy(to.sun_path, p->socket, strlen(p->socket) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	cr_assert_eq(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL), (ssize_t)bytes.n);
	ssize_t n = recv(fd, &c, 1, 0);
	bool closed = n == 0 || (n < 0 && errno == ECONNRESET);
	(void)close(fd);
	return closed;
}

Test(keyd, a_malformed_message_closes_that_connection_and_nothing_else)
{
	CLEANUP(process_clear) struct process p = process_new();
	CLEANUP(buf_clear) struct buf out = { 0 };
	static const struct str frames[] = {
		STR_INIT("\0\0\0\12\x7f\xff\0\0\0\0\0\0\0\1"),                 /* a type that is not there */
		STR_INIT("\0\0\0\13\3\1\0\0\0\0\0\0\0\1x"),                    /* JWKS with a payload */
		STR_INIT("\xff\xff\xff\xff\3\1\0\0\0\0\0\0\0\1"),              /* 4 GiB */
		STR_INIT("\0\0\0\3\3\1\0\0\0\0\0\0\0\1"),                      /* shorter than its header */
		STR_INIT("\0\0\0\20\3\3\0\0\0\0\0\0\0\1\xff\xff\xff\xff\0\0"), /* a block longer than the message */
	};

	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		cr_assert(closes_on(&p, frames[i]), "frame %zu", i);
	EXPECT_OK(keys_jwks(p.keys, &out));
	cr_assert_eq(kill(p.pid, 0), 0);
}

Test(keyd, it_ends_on_sigterm_with_success)
{
	CLEANUP(process_clear) struct process p = process_new();

	cr_assert_eq(kill(p.pid, SIGTERM), 0);
	int status = exit_status(p.pid);
	p.pid = -1;
	cr_assert_eq(status, 0, "status %d", status);
	wait_until(&p, false);
}

Test(keyd, after_a_kill_it_starts_on_the_same_socket_and_the_client_comes_back)
{
	CLEANUP(process_clear) struct process p = process_new();
	CLEANUP(buf_clear) struct buf out = { 0 };

	cr_assert_eq(kill(p.pid, SIGKILL), 0);
	(void)exit_status(p.pid);
	wait_until(&p, false);
	p.pid = start((const char *const[]){ "--config", p.config, NULL });
	wait_until(&p, true);
	EXPECT_OK(keys_jwks(p.keys, &out));
}

Test(keyd, init_and_check_say_by_their_status_how_it_went)
{
	CLEANUP(process_clear) struct process p = process_files();
	char other[128], receipt[128];

	(void)snprintf(other, sizeof(other), "%s/made", p.f.dir);
	cr_assert_eq(run((const char *const[]){ "--init", other, NULL }), 0);
	cr_assert_eq(run((const char *const[]){ "--init", other, NULL }), 0);
	cr_assert_eq(run((const char *const[]){ "--config", p.config, "-n", NULL }), 0);
	cr_assert_eq(run((const char *const[]){ NULL }), 2);
	cr_assert_eq(run((const char *const[]){ "--config", p.config, "--init", other, NULL }), 2);
	cr_assert_eq(run((const char *const[]){ "--config", p.config, "--sandbox=maybe", NULL }), 2);
	cr_assert_eq(run((const char *const[]){ "--config", "/nonexistent", NULL }), 2);
	write_config(&p, "unknown: 1\n");
	cr_assert_eq(run((const char *const[]){ "--config", p.config, "-n", NULL }), 2);
	write_config(&p, "allow: [no-such-user-here]\n");
	cr_assert_eq(run((const char *const[]){ "--config", p.config, "-n", NULL }), 2);
	write_config(&p, "");
	(void)snprintf(receipt, sizeof(receipt), "%s", p.f.receipt_path);
	cr_assert_eq(unlink(receipt), 0);
	cr_assert_eq(run((const char *const[]){ "--config", p.config, "-n", NULL }), 1);
}
