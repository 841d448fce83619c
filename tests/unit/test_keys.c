/* test_keys.c: the client of authd-keyd against a vault behind a real socket, and against peers that misbehave. */
#include "tests/unit/entry_maker.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <semaphore.h>

#include "auditlog/base/msg.h"
#include "authd/http/fiber.h"
#include "authd/keys/keys.h"

enum behaviour { HONEST, HELD, SILENT, WRONG_TYPE, SHORT_REPLY };

struct office {
	struct vault_maker f;
	char socket[96];
	enum behaviour behaviour;
	sem_t go; /* HELD: one answer for each post */
	struct event_base *base;
	struct msg_server *server;
	pthread_t thread;
	struct keys *keys;
};

static enum status
on_request(void *ctx, const struct msg_request *req, struct str payload)
{
	struct office *o = ctx;
	CLEANUP(buf_clear) struct buf reply = { 0 };
	struct vault_refusal refusal;

	switch (o->behaviour) {
	case SILENT:
		return OK;
	case WRONG_TYPE:
		msg_reply(req, 7, STR("x"));
		return OK;
	case SHORT_REPLY:
		msg_reply(req, KEYS_MSG_OK, STR("\0\0\0\11abc"));
		return OK;
	case HELD:
		while (sem_wait(&o->go) != 0)
			;
		break;
	case HONEST:
		break;
	}
	enum status st = vault_answer(o->f.vault, req->type, payload, &reply, &refusal);
	if (st == OK)
		msg_reply(req, KEYS_MSG_OK, buf_str(&reply));
	else
		msg_reply_error(req, st, refusal.why);
	return OK;
}

static void *
run_loop(void *arg)
{
	struct office *o = arg;

	(void)event_base_loop(o->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static void
wait_up(struct keys *k)
{
	for (int i = 0; i < 500 && !keys_up(k); i++)
		(void)usleep(10000);
	cr_assert(keys_up(k));
}

static struct office *
office_new(enum behaviour behaviour)
{
	struct office *o = calloc(1, sizeof(*o));
	struct msg_row rows[VAULT_ROWS_MAX];

	o->f = vault_maker_new();
	o->behaviour = behaviour;
	cr_assert_eq(sem_init(&o->go, 0, 0), 0);
	(void)snprintf(o->socket, sizeof(o->socket), "%s/s", o->f.dir);
	cr_assert_eq(evthread_use_pthreads(), 0);
	o->base = event_base_new();
	struct msg_server_options opt = {
		.path = o->socket, .mode = 0600, .rows = rows, .row_count = vault_rows(on_request, rows), .ctx = o
	};
	EXPECT_OK(msg_server_new(o->base, &opt, &o->server));
	cr_assert_eq(pthread_create(&o->thread, NULL, run_loop, o), 0);
	EXPECT_OK(keys_open(o->socket, &o->keys));
	wait_up(o->keys);
	return o;
}

static void
office_freep(struct office **op)
{
	struct office *o = *op;

	keys_close(o->keys);
	(void)event_base_loopexit(o->base, NULL);
	(void)pthread_join(o->thread, NULL);
	msg_server_free(o->server);
	event_base_free(o->base);
	vault_maker_clear(&o->f);
	free(o);
}

Test(keys, every_call_reaches_its_operation)
{
	CLEANUP(office_freep) struct office *o = office_new(HONEST);
	CLEANUP(buf_clear) struct buf jwks = { 0 };
	CLEANUP(buf_clear) struct buf wrapped = { 0 };
	CLEANUP(buf_clear) struct buf tag = { 0 };
	CLEANUP(buf_clear) struct buf tag_again = { 0 };
	CLEANUP(buf_clear) struct buf ctag = { 0 };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };
	struct str id = STR("0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a");
	struct str head = STR("\"id\":\"…\"");

	EXPECT_OK(keys_jwks(o->keys, &jwks));
	cr_assert(str_eq(buf_str(&jwks), vault_jwks(o->f.vault)));
	EXPECT_OK(keys_person_new(o->keys, STR("sub_1"), &wrapped));
	struct keys_person who = { STR("sub_1"), buf_str(&wrapped) };
	EXPECT_OK(keys_seal(o->keys, &who, id, STR("2026-11"), head, STR("details"), &tag, &sealed));
	EXPECT_OK(keys_tags(o->keys, &who, STR("2026-11"), id, &tag_again, &ctag));
	cr_assert_eq(ctag.n, KEYS_TAG_LEN);
	cr_assert(str_eq(buf_str(&tag), buf_str(&tag_again)));
	EXPECT_OK(keys_open_sealed(o->keys, &who, id, head, buf_str(&sealed), &plain));
	cr_assert(str_is(buf_str(&plain), "details"));
	EXPECT_STATUS(E_CORRUPT, keys_open_sealed(o->keys, &who, id, STR("moved"), buf_str(&sealed), &plain));
}

Test(keys, fields_are_sealed_with_and_without_a_person)
{
	CLEANUP(office_freep) struct office *o = office_new(HONEST);
	CLEANUP(buf_clear) struct buf wrapped = { 0 };
	const struct keys_place place = { STR("profile"), STR("address"), STR("sub_1") };

	EXPECT_OK(keys_person_new(o->keys, STR("sub_1"), &wrapped));
	const struct keys_person who = { STR("sub_1"), buf_str(&wrapped) };
	const struct keys_person nobody = { STR("sub_1"), STR("") };
	const struct keys_person *const rows[] = { &who, NULL };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_clear) struct buf sealed = { 0 };
		CLEANUP(buf_clear) struct buf plain = { 0 };

		EXPECT_OK(keys_field_seal(o->keys, rows[i], &place, STR("Lenina 1"), &sealed));
		EXPECT_OK(keys_field_open(o->keys, rows[i], &place, buf_str(&sealed), &plain));
		cr_assert(str_is(buf_str(&plain), "Lenina 1"));
		/* A person whose key was erased is not silently taken for nobody. */
		EXPECT_STATUS(E_INVALID, keys_field_open(o->keys, &nobody, &place, buf_str(&sealed), &plain));
		EXPECT_STATUS(E_INVALID, keys_field_seal(o->keys, &nobody, &place, STR("x"), &sealed));
	}
}

Test(keys, totp_and_pepper)
{
	CLEANUP(office_freep) struct office *o = office_new(HONEST);
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(secret_clear) struct secret base32 = { 0 };
	uint8_t one[KEYS_PEPPER_LEN], two[KEYS_PEPPER_LEN];
	int64_t step = 0;

	EXPECT_OK(keys_totp_new(o->keys, STR("sub_1"), &sealed, &base32));
	cr_assert_eq(base32.n, 32);
	buf_reset(&sealed);
	EXPECT_OK(keys_totp_import(o->keys, STR("sub_1"), STR("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), &sealed));
	vault_maker_now = 1234567890 * SECOND_US;
	EXPECT_OK(keys_totp_check(o->keys, STR("sub_1"), buf_str(&sealed), STR("005924"), -1, &step));
	cr_assert_eq(step, 1234567890 / 30);
	EXPECT_STATUS(E_UNAUTHENTICATED,
		      keys_totp_check(o->keys, STR("sub_1"), buf_str(&sealed), STR("005924"), step, &step));
	EXPECT_STATUS(E_INVALID, keys_totp_check(o->keys, STR("sub_1"), buf_str(&sealed), STR("005924"), -2, &step));
	EXPECT_OK(keys_pepper(o->keys, STR("a"), one));
	EXPECT_OK(keys_pepper(o->keys, STR("b"), two));
	cr_assert_neq(memcmp(one, two, sizeof(one)), 0);
}

Test(keys, signing_hands_on_the_refusals_of_the_gate)
{
	CLEANUP(office_freep) struct office *o = office_new(HONEST);
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(o->f.receipts);
	CLEANUP(buf_clear) struct buf jws = { 0 };

	EXPECT_OK(keys_sign(o->keys, KEYS_ACCESS_TOKEN, buf_str(&m.claims), buf_str(&m.fragment), &m.receipt, &jws));
	cr_assert_gt(jws.n, 100);
	buf_reset(&jws);
	EXPECT_STATUS(E_DENIED,
		      keys_sign(o->keys, KEYS_TICKET, buf_str(&m.claims), buf_str(&m.fragment), &m.receipt, &jws));
	m.receipt.mac[0] ^= 1;
	EXPECT_STATUS(E_DENIED, keys_sign(o->keys, KEYS_ACCESS_TOKEN, buf_str(&m.claims), buf_str(&m.fragment),
					  &m.receipt, &jws));
	EXPECT_STATUS(E_INVALID, keys_sign(o->keys, (enum keys_use)99, buf_str(&m.claims), buf_str(&m.fragment),
					   &m.receipt, &jws));
	cr_assert_eq(jws.n, 0);
}

Test(keys, what_is_over_a_limit_is_not_sent_and_the_connection_stays)
{
	CLEANUP(office_freep) struct office *o = office_new(HONEST);
	CLEANUP(buf_clear) struct buf large = { 0 };
	CLEANUP(buf_clear) struct buf out = { 0 };
	uint8_t pepper[KEYS_PEPPER_LEN];

	for (size_t i = 0; i < KEYS_FIELD_MAX + 1; i++)
		buf_put_char(&large, 'a');
	const struct keys_person who = { STR("sub_1"), buf_str(&large) };
	EXPECT_STATUS(E_INVALID, keys_person_new(o->keys, str_from(large.p, KEYS_SUB_MAX + 1), &out));
	EXPECT_STATUS(E_INVALID, keys_pepper(o->keys, str_from(large.p, 1025), pepper));
	EXPECT_STATUS(E_INVALID, keys_tags(o->keys, &who, STR("2026-11"), STR(""), &out, &out));
	EXPECT_STATUS(E_INVALID, keys_field_seal(o->keys, NULL, &(struct keys_place){ STR("t"), STR("c"), STR("k") },
						 buf_str(&large), &out));
	EXPECT_OK(keys_field_seal(o->keys, NULL, &(struct keys_place){ STR("t"), STR("c"), STR("k") },
				  str_from(large.p, KEYS_FIELD_MAX), &out));
	EXPECT_OK(keys_pepper(o->keys, str_from(large.p, 1024), pepper));
}

Test(keys, the_largest_field_comes_back)
{
	CLEANUP(office_freep) struct office *o = office_new(HONEST);
	CLEANUP(buf_clear) struct buf large = { 0 };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };
	const struct keys_place place = { STR("t"), STR("c"), STR("k") };

	for (size_t i = 0; i < KEYS_FIELD_MAX; i++)
		buf_put_char(&large, 'a');
	EXPECT_OK(keys_field_seal(o->keys, NULL, &place, buf_str(&large), &sealed));
	cr_assert_leq(sealed.n, KEYS_BLOB_MAX);
	EXPECT_OK(keys_field_open(o->keys, NULL, &place, buf_str(&sealed), &plain));
	cr_assert(str_eq(buf_str(&plain), buf_str(&large)));
}

Test(keys, a_peer_that_answers_nonsense_is_not_believed)
{
	static const enum behaviour rows[] = { WRONG_TYPE, SHORT_REPLY };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(office_freep) struct office *o = office_new(rows[i]);
		CLEANUP(buf_clear) struct buf tag = { 0 };
		CLEANUP(buf_clear) struct buf ctag = { 0 };
		const struct keys_person who = { STR("sub_1"), STR("x") };
		uint8_t pepper[KEYS_PEPPER_LEN];
		int64_t step = 0;

		EXPECT_STATUS(E_CORRUPT, keys_tags(o->keys, &who, STR("2026-11"), STR(""), &tag, &ctag));
		EXPECT_STATUS(E_CORRUPT, keys_pepper(o->keys, STR("x"), pepper));
		EXPECT_STATUS(E_CORRUPT, keys_totp_check(o->keys, STR("s"), STR("x"), STR("000000"), -1, &step));
		cr_assert_eq(tag.n, 0);
	}
}

Test(keys, no_answer_is_a_timeout_and_no_keyd_is_unavailable)
{
	CLEANUP(office_freep) struct office *o = office_new(SILENT);
	CLEANUP(buf_clear) struct buf out = { 0 };
	struct keys *nobody = NULL;

	EXPECT_STATUS(E_TIMEOUT, keys_jwks(o->keys, &out));
	EXPECT_OK(keys_open("/tmp/ombud-no-such-socket", &nobody));
	EXPECT_STATUS(E_UNAVAILABLE, keys_jwks(nobody, &out));
	cr_assert(!keys_up(nobody));
	keys_close(nobody);
}

/* ---- in a fiber the loop goes on ---- */

struct in_fiber {
	struct keys *keys;
	struct event_base *base;
	enum status st;
	struct buf jwks;
	bool waited; /* the loop was running while the call was under way */
};

static void
call_in_fiber(void *arg)
{
	struct in_fiber *c = arg;

	c->st = keys_jwks(c->keys, &c->jwks);
	(void)event_base_loopexit(c->base, NULL);
}

Test(keys, a_call_in_a_fiber_yields_to_the_loop)
{
	CLEANUP(office_freep) struct office *o = office_new(HELD);
	struct in_fiber c = { .keys = o->keys, .st = E_SYSTEM };
	struct fiber_loop *loop = NULL;

	c.base = event_base_new();
	EXPECT_OK(fiber_loop_new(c.base, 0, &loop));
	EXPECT_OK(fiber_spawn(loop, call_in_fiber, &c));
	/* The fiber waits, and this thread is free: spawn has returned, and only now may there be an answer. */
	c.waited = c.st == E_SYSTEM;
	cr_assert_eq(sem_post(&o->go), 0);
	(void)event_base_loop(c.base, EVLOOP_NO_EXIT_ON_EMPTY);
	cr_assert(c.waited);
	EXPECT_OK(c.st);
	cr_assert(str_eq(buf_str(&c.jwks), vault_jwks(o->f.vault)));
	buf_clear(&c.jwks);
	EXPECT_OK(fiber_loop_free(loop));
	event_base_free(c.base);
}
