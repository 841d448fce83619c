#include <sys/stat.h>

#include "auditlog/base/clock.h"
#include "auditlog/signer/memory.h"
#include "tests/unit/signer_maker.h"

#define PATIENCE (10 * SECOND_US)
#define LEAVES   300

/* A growing tree with all its leaves, and whoever asks for hashes of it. */
struct forest {
	struct hash leaf[LEAVES];
	struct merkle at[LEAVES + 1];
};

static enum status
forest_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
	const struct forest *f = ctx;
	struct merkle m = { 0 };

	for (uint64_t i = index << level; i < (index + 1) << level; i++)
		TRY(merkle_add(&m, &f->leaf[i], NULL, NULL));
	*out = merkle_root(&m);
	return OK;
}

/* Another `salt`, another history. */
static struct forest *
forest_new(char salt)
{
	struct forest *f = calloc(1, sizeof(*f));

	for (uint64_t i = 0; i < LEAVES; i++) {
		char text[2] = { (char)i, salt };

		f->leaf[i] = hash_leaf(str_from(text, sizeof(text)));
		f->at[i + 1] = f->at[i];
		EXPECT_OK(merkle_add(&f->at[i + 1], &f->leaf[i], NULL, NULL));
	}
	return f;
}

static void
put_text(struct buf *out, const struct forest *f, uint64_t size)
{
	struct checkpoint c = { .origin = STR(SIGNER_MAKER_ORIGIN), .size = size, .root = merkle_root(&f->at[size]) };

	checkpoint_put(out, &c);
}

static void
put_request(struct buf *out, struct forest *f, uint64_t old, uint64_t size)
{
	struct hash_reader hashes = { forest_read, f };
	CLEANUP(buf_clear) struct buf text = BUF(4096);
	struct proof p = { 0 };

	if (old <= size)
		EXPECT_OK(proof_consistency(&hashes, old, size, &p));
	put_text(&text, f, size);
	buf_reset(out);
	signing_put_request(out, old, &p, buf_str(&text));
	EXPECT_OK(buf_status(out));
}

static unsigned
ask(struct signer_maker *m, struct forest *f, uint64_t old, uint64_t size, struct buf *reply)
{
	CLEANUP(buf_clear) struct buf request = BUF(SIGNING_REQUEST_MAX);

	put_request(&request, f, old, size);
	buf_reset(reply);
	return witness_add_checkpoint(m->witness, buf_str(&request), 0, reply);
}

static void
expect_signed(struct signer_maker *m, struct forest *f, uint64_t size, struct str lines)
{
	CLEANUP(buf_clear) struct buf text = BUF(4096);
	CLEANUP(buf_clear) struct buf note = BUF(4096);
	struct checkpoint c = { 0 };

	put_text(&text, f, size);
	EXPECT_OK(note_join(&note, buf_str(&text), lines));
	EXPECT_OK(checkpoint_open(buf_str(&note), &m->key, &c, NULL));
	cr_assert_eq(c.size, size);
}

Test(signer, a_growing_tree_is_signed_step_by_step_and_remembered)
{
	struct signer_maker *m = signer_maker_new();
	struct forest *f = forest_new('a');
	CLEANUP(buf_clear) struct buf reply = BUF(4096);
	struct signing_memory known = { 0 };
	static const uint64_t sizes[] = { 0, 1, 2, 5, 128, 129, 256, 300 };

	EXPECT_OK(signer_maker_load(m));
	for (size_t i = 1; i < ARRAY_LEN(sizes); i++) {
		cr_assert_eq(ask(m, f, sizes[i - 1], sizes[i], &reply), (unsigned)SIGNING_OK);
		expect_signed(m, f, sizes[i], buf_str(&reply));
		/* What it remembers is on disk by the time the signature is out. */
		EXPECT_OK(memory_load(m->statedir, STR(SIGNER_MAKER_ORIGIN), &known));
		cr_assert_eq(known.size, sizes[i]);
	}
	/* The same tree again is the same signature: an answer that was lost can be asked for again. */
	cr_assert_eq(ask(m, f, 300, 300, &reply), (unsigned)SIGNING_OK);
	expect_signed(m, f, 300, buf_str(&reply));
	free(f);
	signer_maker_free(m);
}

Test(signer, a_smaller_or_other_tree_is_never_signed_not_even_after_a_restart)
{
	struct signer_maker *m = signer_maker_new();
	struct forest *f = forest_new('a'), *other = forest_new('b');
	CLEANUP(buf_clear) struct buf reply = BUF(4096);

	EXPECT_OK(signer_maker_load(m));
	cr_assert_eq(ask(m, f, 0, 100, &reply), (unsigned)SIGNING_OK);
	for (int restart = 0; restart < 2; restart++) {
		cr_assert_eq(ask(m, f, 0, 200, &reply), (unsigned)SIGNING_OTHER_SIZE);
		EXPECT_BUF("100\n", &reply);
		cr_assert_eq(ask(m, f, 50, 60, &reply), (unsigned)SIGNING_OTHER_SIZE);
		cr_assert_eq(ask(m, f, 100, 60, &reply), (unsigned)SIGNING_MALFORMED,
			     "smaller than what it claims to follow");
		cr_assert_eq(ask(m, other, 100, 200, &reply), (unsigned)SIGNING_INCONSISTENT);
		cr_assert_eq(ask(m, other, 100, 100, &reply), (unsigned)SIGNING_INCONSISTENT);
		EXPECT_OK(signer_maker_load(m));
	}
	cr_assert_eq(ask(m, f, 100, 200, &reply), (unsigned)SIGNING_OK);
	free(f);
	free(other);
	signer_maker_free(m);
}

Test(signer, requests_that_are_none_are_malformed)
{
	static const char *const bad[] = {
		"",
		"old 0",
		"old 0\n",
		"old 0\n\n",
		"old -1\n\nlog.example.org/ombud\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"old 01\n\nlog.example.org/ombud\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"new 0\n\nlog.example.org/ombud\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"old 0\nnot base64\n\nlog.example.org/ombud\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"old 0\n\nlog.example.org/ombud\n1\nAAAA\n",
		"old 0\n\nlog.example.org/ombud\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"old 0\n\nlog.example.org/ombud\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nan extension\n",
	};
	struct signer_maker *m = signer_maker_new();

	EXPECT_OK(signer_maker_load(m));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(buf_clear) struct buf reply = BUF(4096);
		unsigned code = witness_add_checkpoint(m->witness, str_of(bad[i]), 0, &reply);

		cr_assert_eq(code, (unsigned)SIGNING_MALFORMED, "%zu: %u", i, code);
	}
	signer_maker_free(m);
}

Test(signer, only_its_own_origin_is_signed_bare)
{
	struct signer_maker *m = signer_maker_new();
	CLEANUP(buf_clear) struct buf reply = BUF(4096);
	struct str foreign = STR("old 0\n\nother.example.org/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");

	EXPECT_OK(signer_maker_load(m));
	cr_assert_eq(witness_add_checkpoint(m->witness, foreign, 0, &reply), (unsigned)SIGNING_UNKNOWN_ORIGIN);
	signer_maker_free(m);
}

Test(signer, as_a_witness_it_wants_the_signature_of_the_log)
{
	struct signer_maker *m = signer_maker_new();
	struct forest *f = forest_new('a');
	CLEANUP(secret_clear) struct secret text = { 0 };
	CLEANUP(buf_clear) struct buf request = BUF(SIGNING_REQUEST_MAX);
	CLEANUP(buf_clear) struct buf reply = BUF(4096);
	CLEANUP(buf_clear) struct buf checkpoint = BUF(4096);
	CLEANUP(buf_clear) struct buf note = BUF(4096);
	CLEANUP(witness_freep) struct witness *w = NULL;
	struct note_signer *cosigner = NULL;
	struct proof none = { 0 };

	EXPECT_OK(note_signer_generate(STR("witness.example.org/w1"), NOTE_COSIGNATURE, &text));
	EXPECT_OK(note_signer_new(secret_str(&text), &cosigner));
	EXPECT_OK(signer_maker_load(m));
	EXPECT_OK(witness_new(m->statedir, cosigner, &w));
	EXPECT_OK(witness_add_log(w, &m->key));
	put_request(&request, f, 0, 10);
	cr_assert_eq(witness_add_checkpoint(w, buf_str(&request), 1700000000, &reply), (unsigned)SIGNING_UNSIGNED);
	cr_assert_eq(ask(m, f, 0, 10, &reply), (unsigned)SIGNING_OK);
	put_text(&checkpoint, f, 10);
	EXPECT_OK(note_join(&note, buf_str(&checkpoint), buf_str(&reply)));
	buf_reset(&request);
	buf_reset(&reply);
	/* The witness has seen nothing yet: it starts at size 0, whatever the signer of the log has signed meanwhile.
	 */
	signing_put_request(&request, 0, &none, buf_str(&note));
	cr_assert_eq(witness_add_checkpoint(w, buf_str(&request), 1700000000, &reply), (unsigned)SIGNING_OK);
	note.p[note.n - 10] = note.p[note.n - 10] == 'A' ? 'B' : 'A';
	buf_reset(&request);
	signing_put_request(&request, 10, &none, buf_str(&note));
	cr_assert_eq(witness_add_checkpoint(w, buf_str(&request), 1700000000, &reply), (unsigned)SIGNING_UNSIGNED);
	free(f);
	signer_maker_free(m);
}

Test(signer, nothing_is_signed_that_cannot_be_remembered)
{
	struct signer_maker *m = signer_maker_new();
	struct forest *f = forest_new('a');
	CLEANUP(buf_clear) struct buf reply = BUF(4096);
	char path[160];
	int kept, file;

	EXPECT_OK(signer_maker_load(m));
	/* A file where its directory was: that stops root as well. */
	snprintf(path, sizeof(path), "%s/" KEYMAKE_VKEY, m->dir);
	kept = dup(m->statedir);
	file = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_eq(dup2(file, m->statedir), m->statedir);
	cr_assert_eq(ask(m, f, 0, 10, &reply), (unsigned)SIGNING_FAULT);
	cr_assert_eq(str_find(buf_str(&reply), STR("log.example.org")), reply.n, "no signature in a refusal");
	cr_assert_eq(dup2(kept, m->statedir), m->statedir);
	cr_assert_eq(ask(m, f, 0, 10, &reply), (unsigned)SIGNING_OK);
	close(kept);
	close(file);
	free(f);
	signer_maker_free(m);
}

Test(signer, a_lost_memory_is_not_a_new_log_and_a_key_is_never_overwritten)
{
	struct signer_maker *m = signer_maker_new();
	struct note_key key;
	char path[160], name[80];
	CLEANUP(buf_clear) struct buf hex = BUF(80);
	struct hash h = hash_sha256(STR(SIGNER_MAKER_ORIGIN));
	struct stat st;

	EXPECT_STATUS(E_CONFLICT, keymake_init(m->dir, STR("another"), &key));
	snprintf(path, sizeof(path), "%s/" KEYMAKE_KEY, m->dir);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600u);
	EXPECT_OK(signer_maker_load(m));
	hash_put_hex(&hex, &h);
	snprintf(name, sizeof(name), "%.*s", STR_ARG(buf_str(&hex)));
	cr_assert_eq(unlinkat(m->statedir, name, 0), 0);
	EXPECT_STATUS(E_NOT_FOUND, signer_maker_load(m));
	cr_assert_eq(chmod(path, 0644), 0);
	cr_assert_neq(signer_maker_load(m), OK, "others may read the key");
	signer_maker_free(m);
}

Test(signer, over_its_socket_it_tells_what_it_remembers_and_signs)
{
	struct signer_maker *m = signer_maker_new();
	struct forest *f = forest_new('a');
	struct msg_client *c = NULL;
	CLEANUP(buf_clear) struct buf request = BUF(SIGNING_REQUEST_MAX);
	CLEANUP(buf_clear) struct buf lines = BUF(SIGNING_REQUEST_MAX);
	struct signing_memory known = { 0 };
	struct hash root = merkle_root(&f->at[7]);
	unsigned code = 0;

	signer_maker_start(m);
	EXPECT_OK(msg_client_new(m->socket, &c));
	EXPECT_OK(signing_ask_memory(c, STR(SIGNER_MAKER_ORIGIN), PATIENCE, &known));
	cr_assert_eq(known.size, 0u);
	EXPECT_STATUS(E_NOT_FOUND, signing_ask_memory(c, STR("other"), PATIENCE, &known));
	put_request(&request, f, 0, 7);
	EXPECT_OK(signing_ask_signature(c, buf_str(&request), PATIENCE, &code, &lines));
	cr_assert_eq(code, (unsigned)SIGNING_OK);
	expect_signed(m, f, 7, buf_str(&lines));
	EXPECT_OK(signing_ask_memory(c, STR(SIGNER_MAKER_ORIGIN), PATIENCE, &known));
	cr_assert_eq(known.size, 7u);
	cr_assert(hash_eq(&known.root, &root));
	buf_reset(&lines);
	EXPECT_OK(signing_ask_signature(c, buf_str(&request), PATIENCE, &code, &lines));
	cr_assert_eq(code, (unsigned)SIGNING_OTHER_SIZE);
	EXPECT_BUF("7\n", &lines);
	msg_client_free(c);
	free(f);
	signer_maker_free(m);
}
