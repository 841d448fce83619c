/*
 * test_mangled.c: a good sample of every file and message that the log reads, cut off at every length and with every
 * single bit changed. What is signed, hashed or checksummed is never taken then; everything else is refused, or is
 * written again to exactly the bytes that were read, so that nothing is taken for something that it is not.
 */
#include "auditlog/client/append.h"
#include "auditlog/client/logread.h"
#include "auditlog/core/quorum.h"
#include "auditlog/daemon/cosign.h"
#include "auditlog/daemon/segment.h"
#include "auditlog/signer/witness.h"
#include "auditlog/tool/loglist.h"
#include "tests/unit/log_maker.h"

#define NOW_S UINT64_C(1795300000)

/* What all samples are about. */
static struct {
	struct log_maker *log;
	struct note_signer *witness;
	struct receipt_key *receipts;
	struct hash leaf;
} world;

static void
setup(void)
{
	CLEANUP(secret_clear) struct secret key = { 0 };

	world.log = log_maker_new(9);
	EXPECT_OK(note_signer_generate(STR("witness.example.org"), NOTE_COSIGNATURE, &key));
	EXPECT_OK(note_signer_new(secret_str(&key), &world.witness));
	EXPECT_OK(receipt_key_of(STR("0123456789abcdef0123456789abcdef"), &world.receipts));
	world.leaf = world.log->leaf[4];
}

static void
teardown(void)
{
	note_signer_free(world.witness);
	receipt_key_free(world.receipts);
	log_maker_free(world.log);
}

TestSuite(mangled, .init = setup, .fini = teardown);

/*
 * A kind of file or message. read: OK when it is taken for good; then again holds what it is written as. sealed: a
 * mangled one is never taken.
 */
struct kind {
	const char *name;
	void (*make)(struct buf *out);
	enum status (*read)(struct str in, struct buf *again);
	bool sealed;
};

/* ---- what is signed, hashed or checksummed ---- */

static void
make_checkpoint(struct buf *out)
{
	log_maker_checkpoint(world.log, out);
}

static enum status
read_checkpoint(struct str in, struct buf *again)
{
	struct checkpoint c = { 0 };

	buf_put(again, in);
	return checkpoint_open(in, note_signer_key(world.log->signer), &c, NULL);
}

/* As `auditlog check` does it: the path leads from the leaf to the signed root. */
static void
make_proof(struct buf *out)
{
	CLEANUP(buf_clear) struct buf checkpoint = { 0 };
	struct logread *r = NULL;

	log_maker_checkpoint(world.log, &checkpoint);
	EXPECT_OK(logread_open(world.log->dir, &r));
	EXPECT_OK(logread_prove(r, 4, buf_str(&checkpoint), out));
	logread_free(r);
}

static enum status
read_proof(struct str in, struct buf *again)
{
	struct proof_file f = { 0 };
	struct checkpoint c = { 0 };

	TRY(proof_parse_file(in, &f));
	proof_put_file(again, &f);
	EXPECT_STR(in, buf_str(again)); /* one spelling, whether it holds or not */
	TRY(checkpoint_open(f.checkpoint, note_signer_key(world.log->signer), &c, NULL));
	return proof_check_inclusion(&f.path, f.index, c.size, &world.leaf, &c.root);
}

static void
make_vkey(struct buf *out)
{
	note_put_vkey(out, note_signer_key(world.log->signer));
}

static enum status
read_vkey(struct str in, struct buf *again)
{
	struct note_key key;

	TRY(note_parse_vkey(in, &key));
	note_put_vkey(again, &key);
	return OK;
}

static void
make_cosignature(struct buf *out)
{
	EXPECT_OK(note_sign(world.witness, STR("a\n0\nb\n"), NOW_S, out));
}

static enum status
read_cosignature(struct str in, struct buf *again)
{
	struct cosign_answer a = { 0 };

	buf_put(again, in);
	return cosign_read(200, in, STR("a\n0\nb\n"), note_signer_key(world.witness), NOW_S, &a) == COSIGN_GIVEN
		   ? OK
		   : E_CORRUPT;
}

static void
make_segment_head(struct buf *out)
{
	segment_put_head(out, &(struct segment_head){ .number = 3, .first = 41, .origin = world.leaf });
}

static enum status
read_segment_head(struct str in, struct buf *again)
{
	struct segment_head h = { 0 };

	TRY(segment_get_head(in, &h));
	segment_put_head(again, &h);
	return OK;
}

static void
make_record(struct buf *out)
{
	segment_open_record(out);
	EXPECT_OK(tile_put_entry(out, buf_str(&world.log->line[4])));
	segment_close_record(out, 4, 1, &world.leaf);
}

static enum status
read_record(struct str in, struct buf *again)
{
	struct segment_record r = { 0 };

	buf_put(again, in);
	return segment_get_record(in, &r);
}

/* A stored line under its leaf hash: what tiles and proofs hold it to. */
static void
make_line(struct buf *out)
{
	buf_put(out, buf_str(&world.log->line[4]));
}

static enum status
read_line(struct str in, struct buf *again)
{
	struct entry_view v = { 0 };
	struct str fragment = { 0 };
	struct hash leaf = hash_leaf(in);

	TRY(entry_parse(in, &v));
	TRY(entry_fragment(in, &fragment));
	TRY(entry_compose(&v.prev, v.index, v.time_us, fragment, again));
	EXPECT_STR(in, buf_str(again));
	return hash_eq(&leaf, &world.leaf) ? OK : E_CORRUPT;
}

#define RECEIPTED "\"id\":\"0190f3b2-7c1e-7d43-9a55-000000000001\""

static void
make_receipts(struct buf *out)
{
	struct receipt r = { .index = 41, .leaf = world.leaf };
	struct hash h = hash_sha256(STR(RECEIPTED));

	receipt_mac(world.receipts, r.index, &r.leaf, &h, r.mac);
	buf_put_u16(out, 1);
	receipt_put(out, &r);
}

static enum status
read_receipts(struct str in, struct buf *again)
{
	struct receipt r = { 0 };

	buf_put(again, in);
	TRY(append_get_receipts(APPEND_RECEIPTS, in, &r, 1));
	return receipt_check(world.receipts, &r, STR(RECEIPTED));
}

/* A request to a witness that knows nothing yet. */
static void
make_request(struct buf *out)
{
	CLEANUP(buf_clear) struct buf checkpoint = { 0 };

	log_maker_checkpoint(world.log, &checkpoint);
	signing_put_request(out, 0, &(struct proof){ 0 }, buf_str(&checkpoint));
}

static enum status
read_request(struct str in, struct buf *again)
{
	static struct witness *w;
	CLEANUP(buf_clear) struct buf reply = { 0 };

	if (w == NULL) {
		struct note_signer *signer = NULL;
		CLEANUP(secret_clear) struct secret key = { 0 };

		EXPECT_OK(note_signer_generate(STR("w.example.org"), NOTE_COSIGNATURE, &key));
		EXPECT_OK(note_signer_new(secret_str(&key), &signer));
		EXPECT_OK(witness_new(world.log->dirfd, signer, &w));
		EXPECT_OK(witness_add_log(w, note_signer_key(world.log->signer)));
	}
	buf_put(again, in);
	return witness_add_checkpoint(w, in, NOW_S, &reply) == SIGNING_OK ? OK : E_CORRUPT;
}

/* ---- what has one spelling ---- */

static void
make_bundle(struct buf *out)
{
	EXPECT_OK(tile_put_entry(out, STR("the first")));
	EXPECT_OK(tile_put_entry(out, STR("another")));
}

static enum status
read_bundle(struct str in, struct buf *again)
{
	struct str entry = { 0 };
	enum status st;

	while ((st = tile_next_entry(&in, &entry)) == OK)
		TRY(tile_put_entry(again, entry));
	return st == E_END ? OK : st;
}

static void
make_path(struct buf *out)
{
	buf_put_cstr(out, "tile/entries/x001/x234/067.p/17");
}

static enum status
read_path(struct str in, struct buf *again)
{
	struct tile t = { 0 };

	TRY(tile_parse_path(in, &t));
	tile_put_path(again, &t);
	return OK;
}

static void
make_fragment(struct buf *out)
{
	struct str fragment = { 0 };

	EXPECT_OK(entry_fragment(buf_str(&world.log->line[4]), &fragment));
	buf_put(out, fragment);
}

static enum status
read_fragment(struct str in, struct buf *again)
{
	struct entry e = { 0 };

	TRY(entry_check_fragment(in, &e));
	return entry_encode_fragment(&e, again); /* this one has nothing escaped */
}

static void
make_tree(struct buf *out)
{
	merkle_put(out, &world.log->tree);
}

static enum status
read_tree(struct str in, struct buf *again)
{
	struct merkle m = { 0 };

	TRY(merkle_get(&in, &m));
	merkle_put(again, &m);
	buf_put(again, in);
	return OK;
}

static void
make_indices(struct buf *out)
{
	buf_put_u16(out, 2);
	buf_put_u64(out, 9);
	buf_put_u64(out, 4);
}

static enum status
read_indices(struct str in, struct buf *again)
{
	uint64_t index[4];
	size_t count = 0;

	TRY(append_get_indices(APPEND_INDICES, in, index, ARRAY_LEN(index), &count));
	buf_put_u16(again, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		buf_put_u64(again, index[i]);
	return OK;
}

static void
make_entry_reply(struct buf *out)
{
	buf_put_u64(out, 4);
	buf_put(out, buf_str(&world.log->line[4]));
}

static enum status
read_entry_reply(struct str in, struct buf *again)
{
	uint64_t index = 0;
	struct str line = { 0 };

	TRY(append_get_entry(APPEND_ENTRY, in, &index, &line));
	buf_put_u64(again, index);
	buf_put(again, line);
	return OK;
}

/* ---- what people write: more than one spelling ---- */

static void
make_policy(struct buf *out)
{
	buf_put_cstr(out, "log ");
	make_vkey(out);
	buf_put_cstr(out, "\nwitness w ");
	note_put_vkey(out, note_signer_key(world.witness));
	buf_put_cstr(out, " https://w.example\ngroup g 1 w\nquorum g\n");
}

static enum status
read_policy(struct str in, struct buf *again)
{
	CLEANUP(freep) struct quorum *q = calloc(1, sizeof(*q));
	char why[200] = "";
	enum status st = quorum_parse(in, q, why, sizeof(why));

	buf_put(again, in);
	cr_assert(st == OK || str_starts(str_of(why), STR("line ")) || str_starts(str_of(why), STR("it has no quorum")),
		  "no place: %s", why);
	return st;
}

static void
make_list(struct buf *out)
{
	buf_put_cstr(out, "log ");
	make_vkey(out);
	buf_put_cstr(out, " /var/lib/ombud-log\n");
}

static enum status
read_list(struct str in, struct buf *again)
{
	CLEANUP(freep) struct loglist *l = calloc(1, sizeof(*l));
	char why[200] = "";
	enum status st = loglist_parse(in, l, why, sizeof(why));

	buf_put(again, in);
	loglist_clear(l);
	cr_assert(st == OK || str_starts(str_of(why), STR("line ")), "no place: %s", why);
	return st;
}

static const struct kind kinds[] = {
	{ "checkpoint", make_checkpoint, read_checkpoint, true },
	{ "proof", make_proof, read_proof, true },
	{ "vkey", make_vkey, read_vkey, true },
	{ "cosignature", make_cosignature, read_cosignature, true },
	{ "segment head", make_segment_head, read_segment_head, true },
	{ "record", make_record, read_record, true },
	{ "line", make_line, read_line, true },
	{ "receipts", make_receipts, read_receipts, true },
	{ "witness request", make_request, read_request, true },
	{ "bundle", make_bundle, read_bundle, false },
	{ "path", make_path, read_path, false },
	{ "fragment", make_fragment, read_fragment, false },
	{ "tree", make_tree, read_tree, false },
	{ "indices", make_indices, read_indices, false },
	{ "entry reply", make_entry_reply, read_entry_reply, false },
	{ "witness policy", make_policy, read_policy, false },
	{ "list of logs", make_list, read_list, false },
};

/* The block has exactly its size, so that the sanitizer sees a read past its end. */
static void
offer(const struct kind *k, const char *p, size_t n, const char *how, size_t where)
{
	CLEANUP(freep) char *exact = malloc(n > 0 ? n : 1);
	CLEANUP(buf_clear) struct buf again = BUF((size_t)1 << 20);
	enum status st;

	cr_assert_not_null(exact);
	memcpy(exact, p, n);
	st = k->read(str_from(exact, n), &again);
	if (st != OK)
		return;
	cr_assert_not(k->sealed, "%s: taken %s %zu", k->name, how, where);
	cr_assert(str_eq(buf_str(&again), str_from(p, n)), "%s: taken for something else %s %zu", k->name, how, where);
}

Test(mangled, the_samples_themselves_are_taken)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(buf_clear) struct buf good = BUF((size_t)1 << 20), again = BUF((size_t)1 << 20);
		enum status st;

		kinds[i].make(&good);
		st = kinds[i].read(buf_str(&good), &again);
		cr_expect_eq(st, OK, "%s: %s", kinds[i].name, status_name(st));
		cr_expect(str_eq(buf_str(&good), buf_str(&again)), "%s", kinds[i].name);
	}
}

Test(mangled, nothing_cut_off_is_taken_for_something_else)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(buf_clear) struct buf good = BUF((size_t)1 << 20);

		kinds[i].make(&good);
		for (size_t n = 0; n < good.n; n++)
			offer(&kinds[i], good.p, n, "cut at", n);
	}
}

Test(mangled, nothing_with_a_bit_changed_is_taken_for_something_else)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(buf_clear) struct buf good = BUF((size_t)1 << 20);

		kinds[i].make(&good);
		for (size_t bit = 0; bit < good.n * 8; bit++) {
			good.p[bit / 8] ^= (char)(1 << bit % 8);
			offer(&kinds[i], good.p, good.n, "with another bit", bit);
			good.p[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}

Test(mangled, what_is_behind_the_end_of_a_sealed_thing_does_not_count_as_part_of_it)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(buf_clear) struct buf good = BUF((size_t)1 << 20);
		CLEANUP(buf_clear) struct buf again = BUF((size_t)1 << 20);

		/* A record and a head stand in a larger file; a line of a witness among others. */
		if (!kinds[i].sealed || strstr("segment head record cosignature", kinds[i].name) != NULL)
			continue;
		kinds[i].make(&good);
		buf_put_char(&good, 'x');
		cr_expect_neq(kinds[i].read(buf_str(&good), &again), OK, "%s", kinds[i].name);
	}
}
