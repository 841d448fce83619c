/* test_person_key.c: what is sealed for a person opens for that person, at its place, and nowhere else. */
#include "tests/unit/vault_maker.h"

#include "authd/keys/person_key.h"

#define ID_1 "0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a"
#define ID_2 "0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3b"
#define HEAD "\"id\":\"" ID_1 "\",\"event\":\"access.decided\",\"by\":{\"service\":\"svc_a\"}"

struct people {
	struct vault_maker f;
	struct buf alice, bob; /* wrapped */
};

static struct people
people_fixture(void)
{
	struct people p = { .f = vault_maker_new() };

	EXPECT_OK(
	    vault_maker_ask(&p.f, KEYS_MSG_PERSON_NEW, &(struct keys_wire){ .block = { STR("alice") } }, &p.alice));
	EXPECT_OK(vault_maker_ask(&p.f, KEYS_MSG_PERSON_NEW, &(struct keys_wire){ .block = { STR("bob") } }, &p.bob));
	return p;
}

static void
people_clear(struct people *p)
{
	buf_clear(&p->alice);
	buf_clear(&p->bob);
	vault_maker_clear(&p->f);
}

/* "tag, sealed" for alice. */
static void
seal(struct people *p, const char *text, struct buf *tag, struct buf *sealed)
{
	CLEANUP(buf_clear) struct buf reply = { 0 };
	struct str a, b;

	EXPECT_OK(vault_maker_ask(&p->f, KEYS_MSG_SEAL,
				  &(struct keys_wire){ .block = { STR("alice"), buf_str(&p->alice), STR(ID_1),
								  STR("2026-11"), STR(HEAD), str_of(text) } },
				  &reply));
	struct str in = buf_str(&reply);
	EXPECT_OK(buf_get_block(&in, 4096, &a));
	EXPECT_OK(buf_get_block(&in, 65536, &b));
	cr_assert_eq(in.n, 0);
	buf_put(tag, a);
	buf_put(sealed, b);
}

static enum status
open_as(struct people *p, const char *sub, const struct buf *wrapped, const char *id, const char *head,
	const struct buf *sealed, struct buf *plain)
{
	return vault_maker_ask(&p->f, KEYS_MSG_OPEN,
			       &(struct keys_wire){ .block = { str_of(sub), buf_str(wrapped), str_of(id), str_of(head),
							       buf_str(sealed) } },
			       plain);
}

static enum status
tags(struct people *p, const char *month, const char *consent, struct buf *reply)
{
	return vault_maker_ask(
	    &p->f, KEYS_MSG_TAGS,
	    &(struct keys_wire){ .block = { STR("alice"), buf_str(&p->alice), str_of(month), str_of(consent) } },
	    reply);
}

Test(person_key, sealed_details_open_for_their_person_and_entry)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf tag = { 0 };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };

	seal(&p, "who asked, from where", &tag, &sealed);
	cr_assert_eq(tag.n, PERSON_KEY_TAG_LEN);
	cr_assert_eq(str_find(buf_str(&sealed), STR("asked")), sealed.n);
	EXPECT_OK(open_as(&p, "alice", &p.alice, ID_1, HEAD, &sealed, &plain));
	cr_assert(str_is(buf_str(&plain), "who asked, from where"));
}

Test(person_key, empty_details_can_be_sealed)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf tag = { 0 };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };

	seal(&p, "", &tag, &sealed);
	EXPECT_OK(open_as(&p, "alice", &p.alice, ID_1, HEAD, &sealed, &plain));
	cr_assert_eq(plain.n, 0);
}

Test(person_key, details_moved_to_another_entry_head_or_person_do_not_open)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf tag = { 0 };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };

	seal(&p, "details", &tag, &sealed);
	EXPECT_STATUS(E_CORRUPT, open_as(&p, "alice", &p.alice, ID_2, HEAD, &sealed, &plain));
	EXPECT_STATUS(E_CORRUPT, open_as(&p, "alice", &p.alice, ID_1, HEAD " ", &sealed, &plain));
	EXPECT_STATUS(E_CORRUPT, open_as(&p, "alice", &p.alice, ID_1, "", &sealed, &plain));
	EXPECT_STATUS(E_CORRUPT, open_as(&p, "bob", &p.bob, ID_1, HEAD, &sealed, &plain));
	EXPECT_STATUS(E_CORRUPT, open_as(&p, "bob", &p.alice, ID_1, HEAD, &sealed, &plain));
	EXPECT_STATUS(E_CORRUPT, open_as(&p, "alice", &p.bob, ID_1, HEAD, &sealed, &plain));
	cr_assert_eq(plain.n, 0);
}

Test(person_key, a_changed_byte_does_not_open)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf tag = { 0 };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };

	seal(&p, "details", &tag, &sealed);
	for (size_t i = 0; i < sealed.n; i++) {
		char was = sealed.p[i];

		sealed.p[i] = was == 'A' ? 'Q' : 'A';
		cr_assert_eq(open_as(&p, "alice", &p.alice, ID_1, HEAD, &sealed, &plain), E_CORRUPT, "byte %zu", i);
		sealed.p[i] = was;
	}
	sealed.n = 20;
	EXPECT_STATUS(E_CORRUPT, open_as(&p, "alice", &p.alice, ID_1, HEAD, &sealed, &plain));
	sealed.n = 0;
	EXPECT_STATUS(E_CORRUPT, open_as(&p, "alice", &p.alice, ID_1, HEAD, &sealed, &plain));
}

Test(person_key, a_damaged_wrapped_key_is_refused)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf reply = { 0 };

	for (size_t i = 0; i < p.alice.n; i += 5) {
		char was = p.alice.p[i];

		p.alice.p[i] = was == 'A' ? 'Q' : 'A';
		cr_assert_eq(tags(&p, "2026-11", "", &reply), E_CORRUPT, "byte %zu", i);
		p.alice.p[i] = was;
	}
	EXPECT_OK(tags(&p, "2026-11", "", &reply));
}

Test(person_key, tags_are_the_same_within_a_month_and_differ_between)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf tag = { 0 };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf november = { 0 };
	CLEANUP(buf_clear) struct buf december = { 0 };
	struct str a, b, none;

	seal(&p, "x", &tag, &sealed);
	EXPECT_OK(tags(&p, "2026-11", "", &november));
	EXPECT_OK(tags(&p, "2026-12", "", &december));
	struct str in = buf_str(&november);
	EXPECT_OK(buf_get_block(&in, 64, &a));
	EXPECT_OK(buf_get_block(&in, 64, &none));
	in = buf_str(&december);
	EXPECT_OK(buf_get_block(&in, 64, &b));
	cr_assert(str_eq(a, buf_str(&tag)));
	cr_assert(!str_eq(a, b));
	cr_assert_eq(none.n, 0);
}

Test(person_key, a_consent_has_a_tag_of_its_own)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf one = { 0 };
	CLEANUP(buf_clear) struct buf two = { 0 };
	struct str tag, ctag, other;

	EXPECT_OK(tags(&p, "2026-11", ID_1, &one));
	EXPECT_OK(tags(&p, "2026-11", ID_2, &two));
	struct str in = buf_str(&one);
	EXPECT_OK(buf_get_block(&in, 64, &tag));
	EXPECT_OK(buf_get_block(&in, 64, &ctag));
	in = buf_str(&two);
	EXPECT_OK(buf_get_block(&in, 64, &tag));
	EXPECT_OK(buf_get_block(&in, 64, &other));
	cr_assert_eq(ctag.n, PERSON_KEY_TAG_LEN);
	cr_assert(!str_eq(ctag, other));
	cr_assert(!str_eq(ctag, tag));
}

Test(person_key, only_real_months_and_ids_are_taken)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf reply = { 0 };
	static const char *const months[] = { "",       "2026-00", "2026-13", "2026-1",
					      "202611", "2026/11", "26-11",   "abcd-ef" };

	for (size_t i = 0; i < ARRAY_LEN(months); i++)
		cr_assert_eq(tags(&p, months[i], "", &reply), E_INVALID, "%s", months[i]);
	EXPECT_STATUS(E_INVALID,
		      vault_maker_ask(&p.f, KEYS_MSG_SEAL,
				      &(struct keys_wire){ .block = { STR("alice"), buf_str(&p.alice), STR("no uuid"),
								      STR("2026-11"), STR(HEAD), STR("x") } },
				      &reply));
	EXPECT_STATUS(E_INVALID, vault_maker_ask(&p.f, KEYS_MSG_PERSON_NEW, &(struct keys_wire){ 0 }, &reply));
}

Test(person_key, the_derivations_are_those_that_the_specification_names)
{
	CLEANUP(buf_clear) struct buf tag = { 0 };
	CLEANUP(buf_clear) struct buf expected = { 0 };
	struct envelope_key ks;

	for (size_t i = 0; i < sizeof(ks.b); i++)
		ks.b[i] = (uint8_t)i;
	EXPECT_OK(person_key_tag(&ks, STR("2026-11"), &tag));
	struct hash h = hash_hmac(envelope_key_str(&ks), STR("tag2026-11"));
	encode_base64url(&expected, str_from(h.b, 16));
	cr_assert(str_eq(buf_str(&tag), buf_str(&expected)));
}

Test(person_key, hkdf_is_that_of_rfc_5869)
{
	struct envelope_key key, out;
	struct str info[] = { STR("se"), STR("al") };

	/* Without salt: PRK = HMAC(0^32, key); T(1) = HMAC(PRK, info || 1). */
	for (size_t i = 0; i < sizeof(key.b); i++)
		key.b[i] = (uint8_t)(i * 7);
	static const char zeros[32];
	struct hash prk = hash_hmac(str_from(zeros, 32), envelope_key_str(&key));
	struct hash t1 = hash_hmac(hash_str(&prk), STR("seal\1"));
	EXPECT_OK(envelope_derive(envelope_key_str(&key), info, 2, &out));
	cr_assert(str_eq(envelope_key_str(&out), hash_str(&t1)));
}

/* ---- fields ---- */

static enum status
field(struct people *p, uint16_t type, const char *sub, const struct buf *wrapped, const char *const place[3],
      struct str content, struct buf *out)
{
	return vault_maker_ask(
	    &p->f, type,
	    &(struct keys_wire){ .block = { str_of(sub), wrapped != NULL ? buf_str(wrapped) : STR(""), str_of(place[0]),
					    str_of(place[1]), str_of(place[2]), content } },
	    out);
}

static void
moves_nowhere(struct people *p, const char *sub, const struct buf *wrapped)
{
	static const char *const home[3] = { "profile", "address", "alice" };
	static const char *const elsewhere[][3] = {
		{ "profile", "address", "bob" },   { "profile", "name", "alice" },    { "account", "address", "alice" },
		{ "profilea", "ddress", "alice" }, { "profile", "addressa", "lice" },
	};
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };

	EXPECT_OK(field(p, KEYS_MSG_FIELD_SEAL, sub, wrapped, home, STR("Lenina 1"), &sealed));
	EXPECT_OK(field(p, KEYS_MSG_FIELD_OPEN, sub, wrapped, home, buf_str(&sealed), &plain));
	cr_assert(str_is(buf_str(&plain), "Lenina 1"));
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
		cr_assert_eq(field(p, KEYS_MSG_FIELD_OPEN, sub, wrapped, elsewhere[i], buf_str(&sealed), &plain),
			     E_CORRUPT, "place %zu", i);
}

Test(person_key, a_field_moved_to_another_row_column_or_table_does_not_open)
{
	CLEANUP(people_clear) struct people p = people_fixture();

	moves_nowhere(&p, "alice", &p.alice);
	moves_nowhere(&p, "", NULL);
}

Test(person_key, a_field_of_one_person_opens_neither_for_another_nor_for_nobody)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	static const char *const place[3] = { "profile", "address", "alice" };
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };

	EXPECT_OK(field(&p, KEYS_MSG_FIELD_SEAL, "alice", &p.alice, place, STR("x"), &sealed));
	EXPECT_STATUS(E_CORRUPT, field(&p, KEYS_MSG_FIELD_OPEN, "bob", &p.bob, place, buf_str(&sealed), &plain));
	EXPECT_STATUS(E_CORRUPT, field(&p, KEYS_MSG_FIELD_OPEN, "", NULL, place, buf_str(&sealed), &plain));
	EXPECT_STATUS(E_INVALID, field(&p, KEYS_MSG_FIELD_OPEN, "alice", NULL, place, buf_str(&sealed), &plain));
	EXPECT_STATUS(E_INVALID, field(&p, KEYS_MSG_FIELD_SEAL, "", &p.alice, place, STR("x"), &sealed));
}

Test(person_key, peppering_is_repeatable_and_depends_on_the_data)
{
	CLEANUP(people_clear) struct people p = people_fixture();
	CLEANUP(buf_clear) struct buf a = { 0 };
	CLEANUP(buf_clear) struct buf b = { 0 };
	CLEANUP(buf_clear) struct buf c = { 0 };

	EXPECT_OK(vault_maker_ask(&p.f, KEYS_MSG_PEPPER, &(struct keys_wire){ .block = { STR("one") } }, &a));
	EXPECT_OK(vault_maker_ask(&p.f, KEYS_MSG_PEPPER, &(struct keys_wire){ .block = { STR("one") } }, &b));
	EXPECT_OK(vault_maker_ask(&p.f, KEYS_MSG_PEPPER, &(struct keys_wire){ .block = { STR("two") } }, &c));
	cr_assert_eq(a.n, KEYS_PEPPER_LEN);
	cr_assert(str_eq(buf_str(&a), buf_str(&b)));
	cr_assert(!str_eq(buf_str(&a), buf_str(&c)));
}
