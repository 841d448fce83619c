#include "auditlog/core/entry.h"

#include <jansson.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "tests/unit/expect.h"

#define TAG    "k3mZk3mZk3mZk3mZk3mZkA"
#define POLICY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define TRACE  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define ID     "\"id\":\"0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a\""
#define HEAD   ID ",\"event\":\"auth.login\",\"by\":{\"service\":\"authd\"}"

static const char decided[] = ID
    ",\"event\":\"access.decided\",\"by\":{\"service\":\"svc_benefits_north\",\"operator\":\"opr_51ac\","
    "\"roles\":[\"intake-officer\"],\"acr\":\"2\"},\"about\":[{\"tag\":\"" TAG "\",\"sealed\":\"c2VhbGVk\"}],"
    "\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"family\"],\"action\":\"read\",\"decision\":\"permit\","
    "\"reason\":\"consent_valid\",\"basis\":{\"type\":\"consent\",\"index\":4689,\"ctag\":\"" TAG "\"},"
    "\"policy\":\"" POLICY "\",\"trace\":\"" TRACE "\",\"case\":\"2026-00123\"}";
static const char granted[] =
    ID ",\"event\":\"consent.granted\",\"by\":{\"service\":\"authd\"},\"about\":[{\"tag\":\"" TAG "\"}],"
       "\"purpose\":\"eligibility/3\",\"categories\":[\"income\"],\"basis\":{\"type\":\"consent\",\"ctag\":\"" TAG "\","
       "\"recipient\":\"svc_benefits_north\",\"from\":\"2026-12-01T00:00:00.000000Z\","
       "\"until\":\"2027-12-01T00:00:00.000000Z\"},\"facts\":{\"notice\":\"ntc_income/4\",\"version\":7}}";

#define SHARED(list)                                                                                                   \
	ID ",\"event\":\"consent.granted\",\"by\":{\"service\":\"authd\"},\"basis\":{\"type\":\"consent\",\"ctag\":"   \
	   "\"" TAG "\"," list ",\"from\":\"2026-12-01T00:00:00.000000Z\"}}"
static const char shared[] = SHARED("\"recipients\":[\"svc_benefits_north\",\"svc_legacy\"]");

static struct entry
decided_entry(void)
{
	struct entry e = { .event = ENTRY_ACCESS_DECIDED };

	EXPECT_OK(uuid_parse(STR("0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a"), &e.id));
	e.by = (struct entry_by){ .service = STR_INIT("svc_benefits_north"),
				  .operator_id = STR_INIT("opr_51ac"),
				  .roles = { STR_INIT("intake-officer") },
				  .role_count = 1,
				  .acr = STR_INIT("2") };
	e.about[0] = (struct entry_about){ STR_INIT(TAG), STR_INIT("c2VhbGVk") };
	e.about_count = 1;
	e.purpose = STR("eligibility/3");
	e.categories[0] = STR("income");
	e.categories[1] = STR("family");
	e.category_count = 2;
	e.action = STR("read");
	e.decision = ENTRY_PERMIT;
	e.reason = STR("consent_valid");
	e.basis = (struct entry_basis){
		.type = ENTRY_BASIS_CONSENT, .has_index = true, .index = 4689, .ctag = STR_INIT(TAG)
	};
	e.policy = STR(POLICY);
	e.trace = STR(TRACE);
	e.case_ref = STR("2026-00123");
	return e;
}

static struct entry
login_entry(void)
{
	struct entry e = { .event = ENTRY_AUTH_LOGIN, .by = { .service = STR_INIT("authd") } };

	EXPECT_OK(uuid_parse(STR("0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a"), &e.id));
	return e;
}

static enum status
encode(const struct entry *e, struct buf *out)
{
	buf_reset(out);
	return entry_encode_fragment(e, out);
}

Test(entry, members_stand_in_the_order_of_the_specification)
{
	CLEANUP(buf_clear) struct buf out = BUF(ENTRY_MAX);
	struct entry e = decided_entry();

	EXPECT_OK(encode(&e, &out));
	EXPECT_BUF(decided, &out);
}

Test(entry, what_is_parsed_encodes_to_the_same_bytes)
{
	static const char *const all[] = { decided, granted, shared, HEAD "}" };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CLEANUP(buf_clear) struct buf out = BUF(ENTRY_MAX);
		struct entry e;

		EXPECT_OK(entry_check_fragment(str_of(all[i]), &e));
		EXPECT_OK(encode(&e, &out));
		EXPECT_BUF(all[i], &out);
	}
}

Test(entry, a_grant_says_what_it_promises)
{
	int64_t from, until;
	struct entry e;

	EXPECT_OK(clock_parse_rfc3339(STR("2026-12-01"), &from));
	EXPECT_OK(clock_parse_rfc3339(STR("2027-12-01"), &until));
	EXPECT_OK(entry_check_fragment(str_of(granted), &e));
	cr_assert_not(e.basis.has_index);
	EXPECT_STR(STR("svc_benefits_north"), e.basis.recipient);
	cr_assert_eq(e.basis.from_us, from);
	cr_assert_eq(e.basis.until_us, until);
	cr_assert_eq(e.fact_count, 2U);
	EXPECT_STR(STR("ntc_income/4"), e.facts[0].text);
	cr_assert_null(e.facts[1].text.p);
	cr_assert_eq(e.facts[1].number, 7U);
}

Test(entry, a_grant_to_several_names_each_of_them_once)
{
	static const char *const bad[] = {
		SHARED("\"recipients\":[\"svc_a\"]"),
		SHARED("\"recipients\":[]"),
		SHARED("\"recipients\":[\"svc_a\",\"svc_b\",\"svc_a\"]"),
		SHARED("\"recipients\":[\"svc_a\",\"\"]"),
		SHARED("\"recipient\":\"svc_a\",\"recipients\":[\"svc_a\",\"svc_b\"]"),
		SHARED("\"recipients\":[\"svc_a\",\"svc_b\"],\"recipient\":\"svc_a\""),
		ID ",\"event\":\"access.recorded\",\"by\":{\"service\":\"authd\"},\"basis\":{\"type\":\"vital\","
		   "\"recipients\":[\"svc_a\",\"svc_b\"]}}",
	};
	struct entry e;

	EXPECT_OK(entry_check_fragment(str_of(shared), &e));
	cr_assert_eq(e.basis.recipient.n, 0U);
	cr_assert_eq(e.basis.recipient_count, 2U);
	EXPECT_STR(STR("svc_legacy"), e.basis.recipients[1]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(entry_check_fragment(str_of(bad[i]), &e), E_INVALID, "%s", bad[i]);
	EXPECT_STATUS(E_TOO_LARGE,
		      entry_check_fragment(
			  STR(SHARED("\"recipients\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]")), &e));
}

Test(entry, the_line_has_the_published_shape_with_prev_at_byte_15)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	const struct hash prev = hash_leaf(STR("before"));
	struct entry_view v;
	struct hash found;
	struct str fragment;

	EXPECT_OK(entry_compose(&prev, 4711, INT64_C(1795301659123456), str_of(decided), &line));
	EXPECT_STR(STR("{\"v\":1,\"prev\":\""), str_slice(buf_str(&line), 0, 15));
	EXPECT_STR(STR("\",\"index\":4711,\"time\":\"2026-11-21T22:54:19.123456Z\",\"id\":"),
		   str_slice(buf_str(&line), 59, 116));
	EXPECT_OK(entry_prev(buf_str(&line), &found));
	cr_assert(hash_eq(&prev, &found));
	EXPECT_OK(entry_parse(buf_str(&line), &v));
	cr_assert(hash_eq(&prev, &v.prev));
	cr_assert_eq(v.index, 4711U);
	cr_assert_eq(v.time_us, INT64_C(1795301659123456));
	cr_assert_eq(v.entry.event, ENTRY_ACCESS_DECIDED);
	EXPECT_OK(entry_fragment(buf_str(&line), &fragment));
	EXPECT_STR(str_of(decided), fragment);
}

Test(entry, the_head_is_what_stands_before_about)
{
	CLEANUP(buf_clear) struct buf head = BUF(ENTRY_MAX), line = BUF(ENTRY_MAX);
	const struct hash prev = { 0 };
	struct entry e = decided_entry();
	struct str from_fragment, from_line;

	EXPECT_OK(entry_encode_head(&e, &head));
	EXPECT_OK(entry_fragment_head(str_of(decided), &from_fragment));
	EXPECT_OK(entry_compose(&prev, 0, 1, str_of(decided), &line));
	EXPECT_OK(entry_fragment_head(buf_str(&line), &from_line));
	EXPECT_STR(buf_str(&head), from_fragment);
	EXPECT_STR(buf_str(&head), from_line);
	EXPECT_STR(STR(",\"about\":"), str_slice(str_of(decided), head.n, head.n + 9));
}

Test(entry, quotes_and_backslashes_are_escaped_and_come_back)
{
	CLEANUP(buf_clear) struct buf out = BUF(ENTRY_MAX), back = BUF(256);
	struct entry e = login_entry(), parsed;

	e.case_ref = STR("\"a\\b\"\",\"about\":[");
	EXPECT_OK(encode(&e, &out));
	EXPECT_BUF(HEAD ",\"case\":\"\\\"a\\\\b\\\"\\\",\\\"about\\\":[\"}", &out);
	EXPECT_OK(entry_check_fragment(buf_str(&out), &parsed));
	entry_put_unescaped(&back, parsed.case_ref);
	EXPECT_STR(e.case_ref, buf_str(&back));
}

Test(entry, russian_text_stays_as_it_is)
{
	CLEANUP(buf_clear) struct buf out = BUF(ENTRY_MAX);
	struct entry e = login_entry();

	e.basis = (struct entry_basis){ .type = ENTRY_BASIS_STATUTE,
					.ref = STR_INIT("178-\xd0\xa4\xd0\x97 \xd1\x81\xd1\x82. 8") };
	EXPECT_OK(encode(&e, &out));
	cr_assert_neq(str_find(buf_str(&out), e.basis.ref), out.n);
}

Test(entry, texts_that_could_mislead_are_refused)
{
	static const struct str bad[] = {
		STR_INIT("a\nb"), STR_INIT("a\tb"),     STR_INIT("\x7f"),         STR_INIT("a\0b"),
		STR_INIT("\xff"), STR_INIT("\xc0\xaf"), STR_INIT("\xed\xa0\x80"), STR_INIT("\xf4\x90\x80\x80"),
		STR_INIT("\xd1"),
	};
	CLEANUP(buf_clear) struct buf out = BUF(ENTRY_MAX);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct entry e = login_entry();

		e.case_ref = bad[i];
		EXPECT_STATUS(E_INVALID, encode(&e, &out));
		cr_assert_eq(out.n, 0U);
	}
}

Test(entry, every_limit_holds_at_its_edge)
{
	CLEANUP(buf_clear) struct buf out = BUF(ENTRY_MAX);
	char text[ENTRY_SEALED_MAX + 8];
	struct entry e = login_entry();

	memset(text, 'a', sizeof(text));
	e.purpose = str_from(text, ENTRY_TEXT_MAX);
	EXPECT_OK(encode(&e, &out));
	e.purpose.n++;
	EXPECT_STATUS(E_TOO_LARGE, encode(&e, &out));

	e = login_entry();
	e.about_count = 1;
	e.about[0] = (struct entry_about){ STR_INIT(TAG), str_from(text, ENTRY_SEALED_MAX) };
	EXPECT_OK(encode(&e, &out));
	e.about[0].sealed.n += 2;
	EXPECT_STATUS(E_TOO_LARGE, encode(&e, &out));

	/* Each within its limit, together past 15 KiB. */
	e.about_count = 2;
	e.about[0].sealed.n = e.about[1].sealed.n = 8000;
	e.about[1].sealed.p = text;
	e.about[1].tag = STR(TAG);
	EXPECT_STATUS(E_TOO_LARGE, encode(&e, &out));

	e = login_entry();
	e.about_count = 1;
	e.about[0].tag = STR(TAG "A");
	EXPECT_STATUS(E_TOO_LARGE, encode(&e, &out));

	e = login_entry();
	e.category_count = ENTRY_CATEGORIES_MAX + 1;
	EXPECT_STATUS(E_TOO_LARGE, encode(&e, &out));
}

Test(entry, the_largest_fragment_makes_a_line_within_16_kib)
{
	CLEANUP(buf_clear) struct buf out = BUF(1 << 16), line = BUF(1 << 16);
	const struct hash prev = { 0 };
	static const char zeroes[ENTRY_MAX];
	char text[ENTRY_SEALED_MAX];
	struct entry e = login_entry();

	memset(text, 'a', sizeof(text));
	e.about_count = 2;
	e.about[0] = (struct entry_about){ STR_INIT(TAG), str_from(text, ENTRY_SEALED_MAX) };
	e.about[1] = (struct entry_about){ STR_INIT(TAG), str_from(text, 4) };
	EXPECT_OK(encode(&e, &out));
	e.about[1].sealed.n += ENTRY_FRAGMENT_MAX - out.n;
	if (e.about[1].sealed.n % 4 == 1)
		e.about[1].sealed.n--;
	EXPECT_OK(encode(&e, &out));
	EXPECT_OK(entry_compose(&prev, INT64_MAX, INT64_C(253402300799999999), buf_str(&out), &line));
	cr_assert_leq(line.n, ENTRY_MAX);
	EXPECT_STATUS(E_TOO_LARGE, entry_compose(&prev, 0, 0, str_from(zeroes, sizeof(zeroes)), &line));
}

/* ---- what the log refuses ---- */

Test(entry, fragments_out_of_form_are_refused)
{
	static const char *const bad[] = {
		"",
		"{}",
		"}",
		HEAD,
		HEAD "} ",
		HEAD "}\n",
		HEAD "}}",
		" " HEAD "}",
		"{" HEAD "}",
		/* order, doubles, strangers */
		HEAD ",\"action\":\"a\",\"purpose\":\"p\"}",
		HEAD ",\"purpose\":\"p\",\"purpose\":\"p\"}",
		HEAD ",\"colour\":\"red\"}",
		HEAD ",\"v\":1}",
		HEAD ",\"prev\":\"x\"}",
		HEAD ",\"index\":1}",
		HEAD ",\"time\":\"x\"}",
		HEAD ",}",
		/* white space and types */
		HEAD ", \"purpose\":\"p\"}",
		HEAD ",\"purpose\": \"p\"}",
		HEAD ",\"purpose\":null}",
		HEAD ",\"purpose\":1}",
		HEAD ",\"purpose\":\"\"}",
		HEAD ",\"purpose\":[\"p\"]}",
		HEAD ",\"categories\":[]}",
		HEAD ",\"categories\":\"a\"}",
		HEAD ",\"categories\":[\"a\",]}",
		HEAD ",\"categories\":[[\"a\"]]}",
		HEAD ",\"about\":[]}",
		HEAD ",\"about\":{}}",
		HEAD ",\"facts\":{}}",
		/* escapes other than the two */
		HEAD ",\"purpose\":\"\\n\"}",
		HEAD ",\"purpose\":\"\\u0041\"}",
		HEAD ",\"purpose\":\"\\/\"}",
		HEAD ",\"purpose\":\"\\\"}",
		HEAD ",\"purpose\":\"p}",
		HEAD ",\"purpose\":\"\xff\"}",
		/* tags, sealed parts, hashes, traces */
		HEAD ",\"about\":[{\"tag\":\"k3mZk3mZk3mZk3mZk3mZk\"}]}",
		HEAD ",\"about\":[{\"tag\":\"k3mZk3mZk3mZk3mZk3mZ+A\"}]}",
		HEAD ",\"about\":[{\"tag\":\"" TAG "\",\"sealed\":\"\"}]}",
		HEAD ",\"about\":[{\"tag\":\"" TAG "\",\"sealed\":\"ab=\"}]}",
		HEAD ",\"about\":[{\"tag\":\"" TAG "\",\"sealed\":\"abcde\"}]}",
		HEAD ",\"about\":[{\"tag\":\"" TAG "\",\"name\":\"x\"}]}",
		HEAD ",\"policy\":\"sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}",
		HEAD ",\"policy\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}",
		HEAD ",\"trace\":\"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}",
		HEAD ",\"trace\":\"00-0af7651916cd43dd8448eb211c80319cxb7ad6b7169203331-01\"}",
		/* decisions and grounds */
		HEAD ",\"decision\":\"maybe\"}",
		HEAD ",\"basis\":{}}",
		HEAD ",\"basis\":{\"type\":\"whim\"}}",
		HEAD ",\"basis\":{\"type\":\"consent\",\"index\":01}}",
		HEAD ",\"basis\":{\"type\":\"consent\",\"index\":-1}}",
		HEAD ",\"basis\":{\"type\":\"consent\",\"index\":1e3}}",
		HEAD ",\"basis\":{\"type\":\"consent\",\"index\":9223372036854775808}}",
		HEAD ",\"basis\":{\"type\":\"consent\",\"from\":\"2026-12-01T00:00:00Z\"}}",
		HEAD ",\"basis\":{\"type\":\"consent\",\"from\":\"2026-12-01T00:00:00+00:00\"}}",
		HEAD ",\"basis\":{\"type\":\"consent\",\"from\":\"2026-13-01T00:00:00.000000Z\"}}",
		HEAD ",\"basis\":{\"type\":\"statute\"}}",
		HEAD ",\"basis\":{\"type\":\"entry\"}}",
		/* facts */
		HEAD ",\"facts\":{\"a\":1,\"a\":2}}",
		HEAD ",\"facts\":{\"A\":1}}",
		HEAD ",\"facts\":{\"1a\":1}}",
		HEAD ",\"facts\":{\"a\":1.5}}",
		HEAD ",\"facts\":{\"a\":true}}",
		HEAD ",\"facts\":{\"a\":{}}}",
		HEAD ",\"facts\":{\"a\":\"\"}}",
		/* the head */
		"\"id\":\"0190F3B2-7c1e-7d43-9a55-2f1f0c9d7f3a\",\"event\":\"auth.login\",\"by\":{\"service\":\"a\"}}",
		"\"id\":\"0190f3b27c1e7d439a552f1f0c9d7f3a\",\"event\":\"auth.login\",\"by\":{\"service\":\"a\"}}",
		ID ",\"by\":{\"service\":\"a\"},\"event\":\"auth.login\"}",
		ID ",\"event\":\"auth.login\"}",
		ID ",\"event\":\"auth.login\",\"by\":{}}",
		ID ",\"event\":\"auth.login\",\"by\":{\"operator\":\"a\"}}",
		ID ",\"event\":\"auth.login\",\"by\":{\"service\":\"a\",\"roles\":[]}}",
		ID ",\"event\":\"auth.login\",\"by\":{\"service\":\"a\",\"acr\":2}}",
	};
	struct entry e;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum status st = entry_check_fragment(str_of(bad[i]), &e);

		cr_assert_eq(st, E_INVALID, "%s\ngives %s", bad[i], status_name(st));
	}
}

Test(entry, an_event_outside_the_catalogue_is_unsupported)
{
	struct entry e;

	EXPECT_STATUS(E_UNSUPPORTED,
		      entry_check_fragment(STR(ID ",\"event\":\"auth.logout\",\"by\":{\"service\":\"a\"}}"), &e));
	EXPECT_STATUS(E_UNSUPPORTED,
		      entry_check_fragment(STR(ID ",\"event\":\"auth\",\"by\":{\"service\":\"a\"}}"), &e));
}

Test(entry, a_permit_without_a_ground_is_refused)
{
	CLEANUP(buf_clear) struct buf out = BUF(ENTRY_MAX);
	struct entry e = decided_entry();

	e.basis = (struct entry_basis){ 0 };
	EXPECT_STATUS(E_INVALID, encode(&e, &out));
	e.basis = (struct entry_basis){ .type = ENTRY_BASIS_CONSENT, .ctag = STR_INIT(TAG) };
	EXPECT_STATUS(E_INVALID, encode(&e, &out));
	e.basis = (struct entry_basis){ .type = ENTRY_BASIS_CONSENT, .has_index = true };
	EXPECT_STATUS(E_INVALID, encode(&e, &out));
	e.basis = (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true };
	EXPECT_STATUS(E_INVALID, encode(&e, &out));
	e.basis = (struct entry_basis){ .type = ENTRY_BASIS_STATUTE, .ref = STR_INIT("178-FZ-8") };
	EXPECT_OK(encode(&e, &out));
	e.basis = (struct entry_basis){ 0 };
	e.decision = ENTRY_REFUSE;
	EXPECT_OK(encode(&e, &out));
	e.decision = ENTRY_NO_DECISION;
	EXPECT_STATUS(E_INVALID, encode(&e, &out));
}

Test(entry, a_fragment_cut_anywhere_is_refused)
{
	struct entry e;

	for (size_t n = 0; n < sizeof(decided) - 1; n++)
		EXPECT_STATUS(E_INVALID, entry_check_fragment(str_from(decided, n), &e));
}

/* jansson as the second opinion: what we take is JSON without duplicates, and says the same event. */
static void
expect_json_agrees(struct str fragment, const struct entry *e)
{
	CLEANUP(buf_clear) struct buf object = BUF(ENTRY_MAX);
	json_t *j;

	buf_put_char(&object, '{');
	buf_put(&object, fragment);
	j = json_loadb(object.p, object.n, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(j, "%.*s", STR_ARG(fragment));
	cr_assert_str_eq(json_string_value(json_object_get(j, "event")), entry_event_name(e->event));
	json_decref(j);
}

Test(entry, whatever_bit_is_flipped_it_is_refused_or_read_as_what_it_says)
{
	static const char *const all[] = { decided, granted };
	size_t taken = 0;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		size_t n = strlen(all[i]);
		char bytes[2048];

		for (size_t bit = 0; bit < n * 8; bit++) {
			CLEANUP(buf_clear) struct buf again = BUF(ENTRY_MAX);
			struct entry e;

			memcpy(bytes, all[i], n);
			bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
			if (entry_check_fragment(str_from(bytes, n), &e) != OK)
				continue;
			expect_json_agrees(str_from(bytes, n), &e);
			EXPECT_OK(encode(&e, &again));
			EXPECT_STR(str_from(bytes, n), buf_str(&again));
			taken++;
		}
	}
	cr_assert_gt(taken, 500U);
}

Test(entry, lines_out_of_form_are_refused)
{
#define ZEROES "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define TIME   "2026-11-21T22:54:19.123456Z"
	static const char *const bad[] = {
		"",
		"{\"v\":1,\"prev\":\"",
		"{\"v\":2,\"prev\":\"" ZEROES "\",\"index\":0,\"time\":\"" TIME "\"," HEAD "}",
		"{\"v\":1, \"prev\":\"" ZEROES "\",\"index\":0,\"time\":\"" TIME "\"," HEAD "}",
		"{\"v\":1,\"prev\":\"AAAA\",\"index\":0,\"time\":\"" TIME "\"," HEAD "}",
		"{\"v\":1,\"prev\":\"" ZEROES "\",\"index\":00,\"time\":\"" TIME "\"," HEAD "}",
		"{\"v\":1,\"prev\":\"" ZEROES "\",\"index\":,\"time\":\"" TIME "\"," HEAD "}",
		"{\"v\":1,\"prev\":\"" ZEROES "\",\"index\":0,\"time\":\"2026-11-21T22:54:19Z\"," HEAD "}",
		"{\"v\":1,\"prev\":\"" ZEROES "\",\"index\":0,\"time\":\"2026-11-21T22:54:19.1+00:00\"," HEAD "}",
		"{\"v\":1,\"prev\":\"" ZEROES "\",\"index\":0,\"time\":\"" TIME "\"," HEAD "}\n",
	};
	struct entry_view v;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum status st = entry_parse(str_of(bad[i]), &v);

		cr_assert_eq(st, E_INVALID, "%s\ngives %s", bad[i], status_name(st));
	}
	EXPECT_OK(entry_parse(STR("{\"v\":1,\"prev\":\"" ZEROES "\",\"index\":0,\"time\":\"" TIME "\"," HEAD "}"), &v));
}

/* ---- the catalogue ---- */

Test(entry, every_event_is_found_by_its_name)
{
	for (unsigned i = ENTRY_NO_EVENT + 1; i < ENTRY_EVENT_COUNT; i++) {
		const char *name = entry_event_name((enum entry_event)i);

		cr_assert_gt(strlen(name), 0U);
		cr_assert_eq(entry_event_find(str_of(name)), i, "%s", name);
	}
	cr_assert_eq(entry_event_find(STR("")), ENTRY_NO_EVENT);
	cr_assert_str_eq(entry_event_name(ENTRY_NO_EVENT), "");
	cr_assert_str_eq(entry_event_name(ENTRY_EVENT_COUNT), "");
}

Test(entry, only_log_events_come_from_the_log)
{
	for (unsigned i = ENTRY_NO_EVENT + 1; i < ENTRY_EVENT_COUNT; i++) {
		bool is_log = str_starts(str_of(entry_event_name((enum entry_event)i)), STR("log."));

		cr_assert_eq(entry_event_source((enum entry_event)i) == ENTRY_FROM_LOG, is_log);
	}
}
