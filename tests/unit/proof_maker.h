/* proof_maker.h: DPoP proofs for tests, right ones and wrong ones alike, over jose_maker.h. */
#ifndef TESTS_UNIT_PROOF_MAKER_H
#define TESTS_UNIT_PROOF_MAKER_H

#include "tests/unit/jose_maker.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "auditlog/core/hash.h"

/* What may be wrong with one; all zero is a good proof for `POST https://id.example/oauth2/token` of now. */
struct proof_plan {
	const char *head;  /* the whole header instead of the right one */
	const char *typ;   /* instead of dpop+jwt */
	const char *extra; /* more members of the header: `,"crit":["x"]` */
	const char *more;  /* more claims: `,"nonce":"x"` */
	const char *htm, *htu, *jti;
	const char *token;       /* gives ath */
	const char *claims;      /* the whole claims instead */
	int64_t iat_off_s;       /* against now */
	const struct maker *jwk; /* the key that the header shows, when it is not the signer's */
};

static UNUSED void
proof_put_key(const struct maker *m, struct buf *out)
{
	jwk_export(m->jwk, out);
}

static UNUSED void
proof_header(const struct maker *m, const struct proof_plan *plan, struct buf *out)
{
	buf_printf(out, "{\"typ\":\"%s\",\"alg\":\"%s\",\"jwk\":", plan->typ != NULL ? plan->typ : "dpop+jwt",
		   jwk_alg_name(m->alg));
	proof_put_key(plan->jwk != NULL ? plan->jwk : m, out);
	buf_printf(out, "%s}", plan->extra != NULL ? plan->extra : "");
	buf_put_char(out, '\0');
	EXPECT_OK(buf_status(out));
}

static UNUSED void
proof_claims(const struct proof_plan *plan, struct buf *out)
{
	char fresh[64];
	struct uuid id = uuid_new();
	CLEANUP(buf_clear) struct buf hex = BUF(64);

	uuid_put(&hex, &id);
	snprintf(fresh, sizeof(fresh), "%.*s", (int)hex.n, hex.p);
	buf_printf(out, "{\"jti\":\"%s\",\"htm\":\"%s\",\"htu\":\"%s\",\"iat\":%lld", plan->jti ? plan->jti : fresh,
		   plan->htm ? plan->htm : "POST", plan->htu ? plan->htu : "https://id.example/oauth2/token",
		   (long long)(clock_now_us() / SECOND_US + plan->iat_off_s));
	if (plan->token != NULL) {
		struct hash h = hash_sha256(str_of(plan->token));

		buf_put_cstr(out, ",\"ath\":\"");
		encode_base64url(out, str_from(h.b, sizeof(h.b)));
		buf_put_char(out, '"');
	}
	buf_printf(out, "%s}", plan->more != NULL ? plan->more : "");
	buf_put_char(out, '\0');
	EXPECT_OK(buf_status(out));
}

static UNUSED void
proof_make(const struct maker *m, const struct proof_plan *plan, struct buf *out)
{
	CLEANUP(buf_clear) struct buf head = BUF(8192), claims = BUF(8192);

	proof_header(m, plan, &head);
	proof_claims(plan, &claims);
	out->n = 0;
	maker_token(m, plan->head != NULL ? plan->head : head.p, plan->claims != NULL ? plan->claims : claims.p, out);
}

#endif
