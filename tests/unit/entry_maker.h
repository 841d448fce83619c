/* entry_maker.h: for tests, log entries that were receipted, and the claims of tokens that go with them. */
#ifndef TESTS_UNIT_ENTRY_MAKER_H
#define TESTS_UNIT_ENTRY_MAKER_H

#include "tests/unit/vault_maker.h"

/* A fragment with its receipt, and the claims of a token that repeats it. */
struct entry_maker {
	struct entry entry;
	struct buf id;
	struct buf fragment;
	struct receipt receipt;
	struct buf claims;
};

static UNUSED void
entry_maker_clear(struct entry_maker *m)
{
	buf_clear(&m->id);
	buf_clear(&m->fragment);
	buf_clear(&m->claims);
}

/* The fragment of m->entry and a receipt for it, as auditlogd would give them. */
static UNUSED void
entry_maker_log(struct entry_maker *m, struct receipt_key *key, uint64_t index)
{
	buf_clear(&m->fragment);
	buf_clear(&m->id);
	uuid_put(&m->id, &m->entry.id);
	EXPECT_OK(entry_encode_fragment(&m->entry, &m->fragment));
	struct hash fragment_hash = hash_sha256(buf_str(&m->fragment));
	m->receipt.index = index;
	m->receipt.leaf = hash_leaf(buf_str(&m->fragment));
	receipt_mac(key, index, &m->receipt.leaf, &fragment_hash, m->receipt.mac);
}

/* Claims of an access token for that entry, with more members (each with its comma before it) at the end. */
static UNUSED void
entry_maker_claims(struct entry_maker *m, const char *client_claim, const char *more)
{
	int64_t now_s = vault_maker_now / SECOND_US;

	buf_clear(&m->claims);
	buf_printf(&m->claims,
		   "{\"iss\":\"" VAULT_ISSUER "\",\"sub\":\"sub_1\",\"jti\":\"%.*s\",\"%s\":\"svc_benefits_north\","
		   "\"iat\":%lld,\"exp\":%lld%s}",
		   STR_ARG(buf_str(&m->id)), client_claim, (long long)now_s, (long long)now_s + 300, more);
	EXPECT_OK(buf_status(&m->claims));
}

#define ENTRY_MAKER_TOKEN_MORE ",\"aud\":\"" VAULT_ISSUER "\",\"scope\":\"openid\""

/* token.issued and a fitting access token. */
static UNUSED struct entry_maker
entry_maker_token(struct receipt_key *key)
{
	struct entry_maker m = { .entry = { .id = uuid_new(),
					    .event = ENTRY_TOKEN_ISSUED,
					    .by = { .service = STR("svc_benefits_north") },
					    .about = { { .tag = STR("k3mZk3mZk3mZk3mZk3mZkw") } },
					    .about_count = 1,
					    .facts = { { .name = STR("scope"), .text = STR("openid") } },
					    .fact_count = 1 } };

	entry_maker_log(&m, key, 41);
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TOKEN_MORE);
	return m;
}

#define ENTRY_MAKER_TICKET_MORE                                                                                        \
	",\"aud\":\"svc_tax\",\"log\":{\"index\":4711},\"purpose\":\"eligibility/3\","                                 \
	"\"categories\":[\"income\",\"family\"],\"action\":\"read\",\"case\":\"2026-00123\""

/* access.decided with a permit, and a fitting ticket. */
static UNUSED struct entry_maker
entry_maker_ticket(struct receipt_key *key)
{
	struct entry_maker m = { .entry = { .id = uuid_new(),
					    .event = ENTRY_ACCESS_DECIDED,
					    .by = { .service = STR("svc_benefits_north"), .acr = STR("2") },
					    .about = { { .tag = STR("k3mZk3mZk3mZk3mZk3mZkw") } },
					    .about_count = 1,
					    .purpose = STR("eligibility/3"),
					    .categories = { STR("income"), STR("family") },
					    .category_count = 2,
					    .action = STR("read"),
					    .decision = ENTRY_PERMIT,
					    .reason = STR("statute"),
					    .basis = { .type = ENTRY_BASIS_STATUTE, .ref = STR("178-FZ-8") },
					    .case_ref = STR("2026-00123") } };

	entry_maker_log(&m, key, 4711);
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TICKET_MORE);
	return m;
}

#endif
