#include "auditlog/client/append.h"

#include <stdatomic.h>

#include "auditlog/base/clock.h"
#include "auditlog/daemon/assembly.h"
#include "auditlog/daemon/setup.h"
#include "tests/unit/daemon_maker.h"
#include "tests/unit/signer_maker.h"

#define PATIENCE (20 * SECOND_US)

/* auditlogd and its signer within the test's process, on real sockets. */
struct fixture {
	struct signer_maker *signer;
	char dir[64], log_dir[96], socket[96], key[96], vkey[160];
	struct settings conf;
	struct assembly *assembly;
	struct event_base *base;
	struct event *stop;
	int bell[2];
	pthread_t thread;
	struct append *append;
	struct receipt_key *receipts;
};

static void
on_bell(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	assembly_drain(arg);
}

static void *
run_loop(void *arg)
{
	struct fixture *f = arg;

	event_base_dispatch(f->base);
	return NULL;
}

static void
fixture_start(struct fixture *f)
{
	cr_assert_eq(assembly_open(&f->conf, false, &f->assembly), ASSEMBLY_FINE);
	cr_assert_eq(pipe(f->bell), 0);
	f->base = event_base_new();
	f->stop = event_new(f->base, f->bell[0], EV_READ, on_bell, f->assembly);
	event_add(f->stop, NULL);
	cr_assert_eq(assembly_start(f->assembly, f->base), ASSEMBLY_FINE);
	cr_assert_eq(pthread_create(&f->thread, NULL, run_loop, f), 0);
}

static void
fixture_stop(struct fixture *f)
{
	cr_assert_eq(write(f->bell[1], "", 1), 1);
	cr_assert_eq(pthread_join(f->thread, NULL), 0);
	cr_assert_eq(assembly_stop(f->assembly), ASSEMBLY_FINE);
	assembly_free(f->assembly);
	event_free(f->stop);
	event_base_free(f->base);
	close(f->bell[0]);
	close(f->bell[1]);
}

static struct fixture *
fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->signer = signer_maker_new();
	signer_maker_start(f->signer);
	snprintf(f->dir, sizeof(f->dir), "/tmp/test_append.XXXXXX");
	cr_assert_not_null(mkdtemp(f->dir));
	snprintf(f->log_dir, sizeof(f->log_dir), "%s/log", f->dir);
	snprintf(f->socket, sizeof(f->socket), "%s/sock", f->dir);
	snprintf(f->key, sizeof(f->key), "%s/receipt.key", f->dir);
	snprintf(f->vkey, sizeof(f->vkey), "%s/" KEYMAKE_VKEY, f->signer->dir);
	EXPECT_OK(setup_init(f->log_dir, STR(SIGNER_MAKER_ORIGIN)));
	EXPECT_OK(receipt_key_create(f->key));
	f->conf = (struct settings){ .log_dir = f->log_dir,
				     .socket = f->socket,
				     .signer = f->signer->socket,
				     .vkey = f->vkey,
				     .receipt_key = f->key,
				     .segment_bytes = 8 << 20,
				     .queue_bytes = 64 << 20,
				     .peers = 16,
				     .signer_wait_us = PATIENCE };
	fixture_start(f);
	EXPECT_OK(receipt_key_open(f->key, &f->receipts));
	EXPECT_OK(append_open(f->socket, &f->append));
	for (int i = 0; i < 1000 && !append_up(f->append); i++)
		usleep(5000);
	cr_assert(append_up(f->append));
	return f;
}

static void
fixture_free(struct fixture *f)
{
	char command[128];

	append_free(f->append);
	receipt_key_free(f->receipts);
	fixture_stop(f);
	signer_maker_free(f->signer);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	cr_assert_eq(system(command), 0);
	free(f);
}

Test(append, many_fragments_get_as_many_receipts_that_hold)
{
	struct fixture *f = fixture_new();
	struct buf b[100];
	struct str s[100];
	struct receipt r[100];

	for (size_t i = 0; i < 100; i++) {
		b[i] = BUF(ENTRY_FRAGMENT_MAX);
		daemon_maker_fragment(&b[i]);
		s[i] = buf_str(&b[i]);
	}
	EXPECT_OK(append_call(f->append, s, 100, PATIENCE, r));
	for (size_t i = 0; i < 100; i++) {
		CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
		struct hash leaf;

		cr_assert_eq(r[i].index, r[0].index + i);
		EXPECT_OK(receipt_check(f->receipts, &r[i], s[i]));
		EXPECT_STATUS(E_CORRUPT, receipt_check(f->receipts, &r[i], s[(i + 1) % 100]));
		EXPECT_OK(append_read(f->append, r[i].index, PATIENCE, &line));
		leaf = hash_leaf(buf_str(&line));
		cr_assert(hash_eq(&leaf, &r[i].leaf));
	}
	for (size_t i = 0; i < 100; i++)
		buf_clear(&b[i]);
	fixture_free(f);
}

Test(append, what_was_appended_is_found_by_id_tag_and_index)
{
	struct fixture *f = fixture_new();
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct uuid id = uuid_new(), other = uuid_new();
	struct append_state state = { 0 };
	struct receipt r;
	struct str s;
	uint64_t index = 0, found[4];
	size_t count = 0;

	daemon_maker_fragment_of(&fragment, &id, DAEMON_MAKER_TAG);
	s = buf_str(&fragment);
	EXPECT_OK(append_call(f->append, &s, 1, PATIENCE, &r));
	EXPECT_OK(append_find(f->append, &id, PATIENCE, &index, &line));
	cr_assert_eq(index, r.index);
	cr_assert(str_ends(buf_str(&line), s));
	EXPECT_OK(append_by_tag(f->append, STR(DAEMON_MAKER_TAG), APPEND_NEWEST, 4, PATIENCE, found, &count));
	cr_assert_eq(count, 1u);
	cr_assert_eq(found[0], r.index);
	EXPECT_OK(append_status(f->append, PATIENCE, &state));
	cr_assert_eq(state.size, r.index + 1);
	cr_assert(state.healthy);
	EXPECT_STATUS(E_NOT_FOUND, append_find(f->append, &other, PATIENCE, &index, &line));
	EXPECT_STATUS(E_NOT_FOUND, append_read(f->append, 1000, PATIENCE, &line));
	EXPECT_STATUS(E_INVALID, append_by_tag(f->append, STR("short"), APPEND_NEWEST, 4, PATIENCE, found, &count));
	fixture_free(f);
}

Test(append, refusals_arrive_as_their_status_and_the_connection_stays)
{
	struct fixture *f = fixture_new();
	CLEANUP(buf_clear) struct buf first = BUF(ENTRY_FRAGMENT_MAX);
	CLEANUP(buf_clear) struct buf second = BUF(ENTRY_FRAGMENT_MAX);
	struct uuid id = uuid_new();
	struct str s = STR("{\"id\":1}");
	struct receipt r;

	EXPECT_STATUS(E_INVALID, append_call(f->append, &s, 1, PATIENCE, &r));
	EXPECT_STATUS(E_INVALID, append_call(f->append, &s, 0, PATIENCE, &r));
	EXPECT_STATUS(E_INVALID, append_call(f->append, &s, APPEND_COUNT_MAX + 1, PATIENCE, &r));
	daemon_maker_fragment_of(&first, &id, NULL);
	daemon_maker_fragment_of(&second, &id, DAEMON_MAKER_TAG);
	s = buf_str(&first);
	EXPECT_OK(append_call(f->append, &s, 1, PATIENCE, &r));
	s = buf_str(&second);
	EXPECT_STATUS(E_CONFLICT, append_call(f->append, &s, 1, PATIENCE, &r));
	cr_assert(append_up(f->append));
	fixture_free(f);
}

/* Counts answers of the form that does not block. */
struct counted {
	atomic_uint good, bad;
};

static void
count(void *arg, enum status st, uint16_t type, struct str payload)
{
	struct counted *c = arg;
	struct receipt r;

	if (st == OK && append_get_receipts(type, payload, &r, 1) == OK)
		(void)atomic_fetch_add(&c->good, 1);
	else
		(void)atomic_fetch_add(&c->bad, 1);
}

Test(append, a_thousand_requests_without_waiting_are_a_thousand_entries)
{
	struct fixture *f = fixture_new();
	struct counted c = { 0 };
	struct append_state state = { 0 };
	uint64_t before;

	/* The log's own first entry may still be on its way. */
	while (state.size == 0)
		EXPECT_OK(append_status(f->append, PATIENCE, &state));
	before = state.size;
	for (size_t i = 0; i < 1000; i++) {
		CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
		struct str s;

		daemon_maker_fragment(&fragment);
		s = buf_str(&fragment);
		EXPECT_OK(append_send(f->append, &s, 1, PATIENCE, count, &c));
	}
	for (int i = 0; i < 4000 && atomic_load(&c.good) + atomic_load(&c.bad) < 1000; i++)
		usleep(5000);
	cr_assert_eq(atomic_load(&c.good), 1000u);
	EXPECT_OK(append_status(f->append, PATIENCE, &state));
	cr_assert_eq(state.size, before + 1000);
	fixture_free(f);
}

Test(append, a_client_finds_its_way_back_after_a_restart_and_the_first_receipt_stands)
{
	struct fixture *f = fixture_new();
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
	struct receipt first, again;
	enum status st = E_UNAVAILABLE;
	struct str s;

	daemon_maker_fragment(&fragment);
	s = buf_str(&fragment);
	EXPECT_OK(append_call(f->append, &s, 1, PATIENCE, &first));
	fixture_stop(f);
	cr_assert_neq(append_call(f->append, &s, 1, SECOND_US / 10, &again), OK);
	fixture_start(f);
	for (int i = 0; i < 200 && st != OK; i++) {
		st = append_call(f->append, &s, 1, PATIENCE, &again);
		usleep(20000);
	}
	EXPECT_OK(st);
	cr_assert_eq(memcmp(&first, &again, sizeof(first)), 0);
	fixture_free(f);
}

/* ---- replies of somebody who is no auditlogd ---- */

Test(append, replies_of_another_shape_are_corrupt)
{
	struct append_state state;
	struct receipt r[2];
	uint64_t found[2], index = 0;
	struct str line = { 0 };
	size_t count_found = 0;
	char receipts[2 + RECEIPT_WIRE_LEN] = { 0, 1 };

	EXPECT_OK(append_get_receipts(APPEND_RECEIPTS, str_from(receipts, sizeof(receipts)), r, 1));
	EXPECT_STATUS(E_CORRUPT, append_get_receipts(APPEND_ENTRY, str_from(receipts, sizeof(receipts)), r, 1));
	EXPECT_STATUS(E_CORRUPT, append_get_receipts(APPEND_RECEIPTS, str_from(receipts, sizeof(receipts) - 1), r, 1));
	EXPECT_STATUS(E_CORRUPT, append_get_receipts(APPEND_RECEIPTS, str_from(receipts, sizeof(receipts)), r, 2));
	EXPECT_STATUS(E_CORRUPT, append_get_receipts(APPEND_RECEIPTS, STR(""), r, 0));
	EXPECT_STATUS(E_CORRUPT, append_get_entry(APPEND_ENTRY, STR("1234567"), &index, &line));
	EXPECT_STATUS(E_CORRUPT, append_get_entry(APPEND_ENTRY, STR("12345678"), &index, &line));
	EXPECT_STATUS(E_CORRUPT, append_get_indices(APPEND_INDICES,
						    STR("\0\1"
							"1234567"),
						    found, 2, &count_found));
	EXPECT_STATUS(E_CORRUPT, append_get_indices(APPEND_INDICES,
						    STR("\0\3"
							"123456781234567812345678"),
						    found, 2, &count_found));
	EXPECT_STATUS(E_CORRUPT, append_get_state(APPEND_STATE, STR("1234567812345678\1\0\0\0\2x"), &state));
	EXPECT_STATUS(E_CORRUPT, append_get_state(APPEND_STATE, STR("1234567812345678\1\0\0\0\1xy"), &state));
	EXPECT_OK(append_get_state(APPEND_STATE, STR("1234567812345678\1\0\0\0\1x"), &state));
	cr_assert(state.healthy);
}

Test(append, the_mac_covers_index_leaf_and_fragment_under_its_key)
{
	struct receipt_key *key = NULL, *other = NULL;
	char bytes[RECEIPT_KEY_LEN] = "0123456789abcdef0123456789abcde";
	struct str fragment = STR("\"id\":\"x\"}");
	struct hash digest = hash_sha256(fragment);
	struct receipt r = { .index = 7, .leaf = hash_leaf(fragment) }, changed;
	CLEANUP(buf_clear) struct buf wire = BUF(RECEIPT_WIRE_LEN);
	struct str in;

	EXPECT_OK(receipt_key_of(str_from(bytes, sizeof(bytes)), &key));
	bytes[0]++;
	EXPECT_OK(receipt_key_of(str_from(bytes, sizeof(bytes)), &other));
	EXPECT_STATUS(E_INVALID, receipt_key_of(str_from(bytes, sizeof(bytes) - 1), &other));
	receipt_mac(key, r.index, &r.leaf, &digest, r.mac);
	EXPECT_OK(receipt_check(key, &r, fragment));
	EXPECT_STATUS(E_CORRUPT, receipt_check(other, &r, fragment));
	EXPECT_STATUS(E_CORRUPT, receipt_check(key, &r, STR("\"id\":\"y\"}")));
	changed = r;
	changed.index++;
	EXPECT_STATUS(E_CORRUPT, receipt_check(key, &changed, fragment));
	changed = r;
	changed.leaf.b[31] ^= 1;
	EXPECT_STATUS(E_CORRUPT, receipt_check(key, &changed, fragment));
	changed = r;
	changed.mac[0] ^= 1;
	EXPECT_STATUS(E_CORRUPT, receipt_check(key, &changed, fragment));
	receipt_put(&wire, &r);
	in = buf_str(&wire);
	EXPECT_OK(receipt_get(&in, &changed));
	cr_assert_eq(memcmp(&r, &changed, sizeof(r)), 0);
	cr_assert_eq(in.n, 0u);
	receipt_key_free(key);
	receipt_key_free(other);
}

/* The reply that says so is what an emitter learns the length of the log from. */
Test(append, a_stale_decision_is_told_how_long_the_log_is)
{
	struct fixture *f = fixture_new();
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX), request = BUF(MSG_PAYLOAD_MAX);
	CLEANUP(buf_clear) struct buf reply = BUF(MSG_PAYLOAD_MAX);
	struct receipt r;
	uint64_t size = 0;
	uint16_t type = 0;

	daemon_maker_fragment(&fragment);
	append_put_fenced(&request, &(struct str){ fragment.p, fragment.n }, 1, 1000, UINT64_MAX);
	EXPECT_OK(msg_client_call(append_client(f->append), APPEND_FENCED, buf_str(&request), PATIENCE, &type, &reply));
	EXPECT_OK(append_get_fenced(type, buf_str(&reply), &r, 1, &size));

	buf_reset(&request);
	buf_reset(&reply);
	daemon_maker_fragment(&fragment);
	append_put_fenced(&request, &(struct str){ fragment.p, fragment.n }, 1, 1000, 1);
	EXPECT_OK(msg_client_call(append_client(f->append), APPEND_FENCED, buf_str(&request), PATIENCE, &type, &reply));
	EXPECT_STATUS(E_EXPIRED, append_get_fenced(type, buf_str(&reply), &r, 1, &size));
	cr_assert_eq(size, r.index + 1);
	append_saw(f->append, size);
	append_saw(f->append, 1);
	cr_assert_eq(append_seen(f->append), size, "what is known does not shrink");
	EXPECT_STATUS(E_CORRUPT, append_get_fenced(APPEND_STALE, STR("short"), &r, 1, &size));
	fixture_free(f);
}
