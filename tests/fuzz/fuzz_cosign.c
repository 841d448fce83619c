/*
 * fuzz_cosign.c: what a witness answers. The first byte: bit 0 a status of 409 instead of 200, bit 1 a good line of
 * ours somewhere in the middle of the rest.
 *
 * Nothing but our witness's own line over exactly our text, dated now, is ever a cosignature; that line is found among
 * any others.
 */
#include "auditlog/core/merkle.h"
#include "auditlog/daemon/cosign.h"
#include "tests/fuzz/oracle_key.h"

#define TEXT  ORACLE_ORIGIN "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
#define NOW_S UINT64_C(1795300000)

static struct note_signer *witness;

static void
check_unsigned(unsigned http, struct str body)
{
	CLEANUP(buf_clear) struct buf again = BUF(64);
	struct cosign_answer answer = { 0 };
	enum cosign_outcome got = cosign_read(http, body, STR(TEXT), note_signer_key(witness), NOW_S, &answer);

	must(got != COSIGN_GIVEN);
	must(got != COSIGN_OTHER_SIZE || http == 409);
	if (got != COSIGN_OTHER_SIZE)
		return;
	must(answer.size <= MERKLE_SIZE_MAX);
	buf_put_u64_dec(&again, answer.size);
	buf_put_char(&again, '\n');
	must(str_eq(buf_str(&again), body));
}

/* The line stands behind some whole lines of the input, the rest follows. */
static void
check_among(struct str body, uint64_t time_s)
{
	CLEANUP(buf_clear) struct buf line = BUF(1024), all = BUF(1 << 20);
	struct cosign_answer answer = { 0 };
	size_t cut = str_find_char(body, '\n') + 1;
	bool timely = time_s + COSIGN_SKEW_S >= NOW_S && time_s <= NOW_S + COSIGN_SKEW_S;
	enum cosign_outcome got;

	must(note_sign(witness, STR(TEXT), time_s, &line) == OK);
	if (cut <= body.n)
		buf_put(&all, str_slice(body, 0, cut));
	buf_put(&all, buf_str(&line));
	buf_put(&all, str_slice(body, cut, body.n));
	must(buf_status(&all) == OK);
	got = cosign_read(200, buf_str(&all), STR(TEXT), note_signer_key(witness), NOW_S, &answer);
	must((got == COSIGN_GIVEN) == (timely && all.n <= COSIGN_ANSWER_MAX));
	if (got == COSIGN_GIVEN)
		must(str_eq(answer.line, buf_str(&line)) && answer.time_s == time_s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	if (witness == NULL)
		witness = oracle_key_new(NOTE_COSIGNATURE);
	check_unsigned(first & 1 ? 409 : 200, rest);
	if (first & 2)
		check_among(rest, NOW_S - 3 * COSIGN_SKEW_S + (uint64_t)(first >> 2) * 30);
	return 0;
}
