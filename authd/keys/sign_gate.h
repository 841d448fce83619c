/*
 * sign_gate.h: rule R1 as a lock: nothing is signed that is not in the log. The gate takes the claims, the log entry
 * that records them, and auditlogd's receipt for it, and says whether these belong together by the table in keys.h.
 */
#ifndef AUTHD_KEYS_SIGN_GATE_H
#define AUTHD_KEYS_SIGN_GATE_H

#include "auditlog/client/receipt.h"
#include "authd/jose/jwk.h"
#include "authd/keys/keys.h"

/* How long an entry may wait for its signature, and how far ahead its clock may be. */
#define SIGN_GATE_FRESH_US INT64_C(30000000)
#define SIGN_GATE_AHEAD_US INT64_C(2000000)
/* iat against our own clock. */
#define SIGN_GATE_IAT_US INT64_C(60000000)

struct sign_gate;

struct sign_request {
	enum keys_use use;
	struct str claims;
	struct str fragment;
	struct receipt receipt;
};

/*
 * issuer is copied. started_us: entries older than this are refused, because what was signed for them is not
 * remembered. most bounds the memory (sign_memory.h).
 */
MUST_USE enum status sign_gate_new(const char *issuer, int64_t started_us, size_t most, struct sign_gate **out);
void sign_gate_free(struct sign_gate *g);

/*
 * OK: it may be signed, and is remembered as such. Otherwise *why is a constant text for the operator. E_DENIED:
 * receipt, entry and claims do not belong together; E_INVALID: claims are no strict JSON object; E_UNAVAILABLE: too old
 * or too new; E_CONFLICT: the entry has another token of this kind; E_BUSY: too many signatures at once.
 */
MUST_USE enum status sign_gate_check(struct sign_gate *g, struct receipt_key *receipts, const struct sign_request *req,
				     int64_t now_us, int64_t mono_us, const char **why);

/* The same for a rotation: a fresh entry key.rotated whose fact `alg` is this one, once. */
MUST_USE enum status
sign_gate_rotation(struct sign_gate *g, struct receipt_key *receipts, const struct receipt *receipt,
		   struct str fragment, struct str alg, int64_t now_us, int64_t mono_us, const char **why);

/* The `typ` and the algorithm of a use; NULL for a use that is not in the table. */
const char *sign_gate_type(enum keys_use use, enum jwk_alg *alg);

#endif
