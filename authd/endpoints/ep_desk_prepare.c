/*
 * ep_desk_prepare.c: the forms in which an official writes down what a person wants, or who gets an account. A form
 * that cannot be taken comes back as it was filled in.
 */
#include "auditlog/base/encode.h"
#include "authd/access/birthday.h"
#include "authd/access/question.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_desk.h"
#include "authd/endpoints/ep_recipients.h"
#include "authd/endpoints/refill.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/identity/snils.h"
#include "authd/request.h"

#define KEPT_MOST 200

/* The signed paper, in both forms; only who presses "on paper" must fill it in. */
#define PAPER_FIELDS                                                                                                   \
	{ "paper", NULL, NULL, 0 }, { "paper_date", NULL, NULL, 0 }, { "paper_kept", NULL, NULL, KEPT_MOST },          \
	{                                                                                                              \
		"paper_scan", NULL, NULL, 0                                                                            \
	}

static const struct refill_field prepare_fields[] = {
	{ "target", NULL, NULL, 0 },
	{ "text", NULL, NULL, 0 },
	PAPER_FIELDS,
};

static const struct refill_field account_fields[] = {
	{ "name", NULL, "account_name", DESK_PARTICULARS_MOST },
	{ "address", NULL, "account_address", DESK_PARTICULARS_MOST },
	{ "document", NULL, "account_document", DESK_PARTICULARS_MOST },
	{ "number", NULL, "account_number", DESK_PARTICULARS_MOST },
	{ "issued", NULL, "account_issued", 0 },
	{ "issuer", NULL, "account_issuer", DESK_PARTICULARS_MOST },
	{ "snils", NULL, NULL, 0 },
	PAPER_FIELDS,
};

/* ---- the paper ---- */

/* Or no day at all. */
static bool
is_to_come(const struct request *rq, const struct datefield *day)
{
	int64_t us;

	return birthday_day_begins(str_of(day->iso), str_of(rq->authd->config.time_zone), &us) != OK ||
	       us > clock_now_us();
}

/* What desk_prepare() asks of a paper, said at the fields. */
static void
check_paper(const struct request *rq, struct refill *r, struct datefield *date)
{
	const struct str scan = refill_value(r, "paper_scan");
	struct hash hash;

	if (!question_is_case_number(refill_value(r, "paper")))
		refill_wrong(r, "paper", "paper_number");
	refill_day(r, "paper_date", "paper_date", date);
	if (is_to_come(rq, date))
		refill_wrong(r, "paper_date", "paper_date");
	if (refill_value(r, "paper_kept").n == 0)
		refill_wrong(r, "paper_kept", "paper_kept");
	if (scan.n > 0 && hash_from_hex(scan, &hash) != OK)
		refill_wrong(r, "paper_scan", "paper_scan");
}

static struct desk_paper
paper_of(const struct refill *r, const struct datefield *date)
{
	return (struct desk_paper){ .number = refill_value(r, "paper"),
				    .date = str_of(date->iso),
				    .kept = refill_value(r, "paper_kept"),
				    .scan = refill_value(r, "paper_scan") };
}

/* ---- what somebody wants ---- */

/* What a person may still choose of a request. */
static enum status
add_request(struct request *rq, const struct desk_case *c, struct str target, json_t *data)
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };
	CLEANUP(json_decrefp) json_t *optional = NULL, *required = NULL;
	const struct purpose *u;

	TRY(store_request_find(request_store(rq), target, c->person.sub, &asked));
	if (!str_eq(asked.organisation, c->row.organisation))
		return E_NOT_FOUND;
	u = policy_purpose(rq->policy, asked.purpose);
	TRY(json_read(asked.optional, 8192, &optional, NULL));
	TRY(json_read(asked.categories, 8192, &required, NULL));
	json_object_set_new(data, "purpose",
			    u != NULL ? json_string(u->title.in[ep_desk_lang(rq)]) : json_of_str(asked.purpose));
	json_object_set_new(data, "recipients", ep_recipients_asked(rq, &asked));
	json_object_set_new(data, "required", ep_desk_category_titles(rq, required));
	json_object_set_new(data, "optional", ep_desk_category_titles(rq, optional));
	return OK;
}

static bool
asks(struct str action)
{
	return str_is(action, "question") || str_is(action, "complaint");
}

static enum status
prepare_page(struct request *rq, const struct officer *o, const struct desk_case *c, struct str action,
	     struct str target, struct refill *r)
{
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:o, s:o, s:o, s:b, s:b, s:b}", "case_id", json_of_str(c->row.case_id), "act",
				 json_of_str(action), "target", json_of_str(target), "asks", asks(action), "office",
				 str_is(c->row.channel, "office"), "codes",
				 !str_is(action, "codes") && ep_desk_has_codes(rq, o, c->person.sub));

	if (data == NULL)
		return E_NOMEM;
	if (str_is(action, "give"))
		TRY(add_request(rq, c, target, data));
	TRY(refill_tick(r->typed, "category", json_object_get(data, "optional")));
	TRY(refill_put(r, "form", data));
	return request_page(rq, refill_is_good(r) ? 200 : 400, "desk_prepare", data);
}

enum status
ep_desk_prepare_page(struct request *rq)
{
	CLEANUP(desk_case_clear) struct desk_case c = { 0 };
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_case(rq, &o, rq->param[0], &c));
	TRY(refill_begin(prepare_fields, ARRAY_LEN(prepare_fields), NULL, &r));
	return prepare_page(rq, &o, &c, form_get(&rq->query, "act"), form_get(&rq->query, "target"), &r);
}

static enum status
read_ticked(struct request *rq, struct desk_preparing *what)
{
	struct str one;

	while ((one = form_get_nth(&rq->form, "category", what->ticked_count)).p != NULL) {
		if (what->ticked_count == CONSENTING_CATEGORIES_MOST)
			return request_fail(rq, E_INVALID, "invalid_request", "too many categories");
		what->ticked[what->ticked_count++] = one;
	}
	return OK;
}

static struct str
given(const struct request *rq, const char *name)
{
	struct str value = form_get(&rq->form, name);

	return value.p == NULL ? STR("") : value;
}

/* Which look it is about, and the person's words. */
static void
check_question(struct refill *r)
{
	const struct str text = refill_value(r, "text");
	uint64_t index;

	if (str_to_u64(refill_value(r, "target"), INT64_MAX, &index) != OK)
		refill_wrong(r, "target", "desk_about");
	if (text.n == 0)
		refill_wrong(r, "text", "question_text");
	else if (text.n > DESK_TEXT_MOST)
		refill_wrong(r, "text", "question_long");
}

enum status
ep_desk_prepare(struct request *rq)
{
	CLEANUP(desk_case_clear) struct desk_case c = { 0 };
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct desk_preparing what = { .action = given(rq, "prepare"),
				       .way = given(rq, "way"),
				       .target = str_trim(given(rq, "target")),
				       .text = given(rq, "text") };
	struct datefield date = { "" };
	char offer_id[DESK_ID_MOST + 1];
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_case(rq, &o, rq->param[0], &c));
	TRY(read_ticked(rq, &what));
	TRY(refill_begin(prepare_fields, ARRAY_LEN(prepare_fields), &rq->form, &r));
	refill_check(&r);
	if (asks(what.action))
		check_question(&r);
	if (str_is(what.way, "paper"))
		check_paper(rq, &r, &date);
	if (!refill_is_good(&r))
		return prepare_page(rq, &o, &c, what.action, what.target, &r);
	what.paper = paper_of(&r, &date);
	TRY(desk_prepare(rq, &o, &c, &what, offer_id));
	return ep_desk_to(rq, "/desk/offers/", str_of(offer_id), "");
}

/* ---- an account for somebody who has none ---- */

static enum status
account_page(struct request *rq, struct refill *r)
{
	CLEANUP(json_decrefp) json_t *data = json_object();

	if (data == NULL)
		return E_NOMEM;
	TRY(refill_put(r, "form", data));
	return request_page(rq, refill_is_good(r) ? 200 : 400, "desk_account", data);
}

enum status
ep_desk_account_page(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(refill_begin(account_fields, ARRAY_LEN(account_fields), NULL, &r));
	return account_page(rq, &r);
}

/* Not everybody has their card with them: the account is made without, too. */
static void
check_number(struct refill *r, char text[SNILS_TEXT + 1])
{
	const struct str said = refill_value(r, "snils");
	char digits[SNILS_DIGITS + 1];

	text[0] = '\0';
	if (said.n == 0)
		return;
	if (snils_parse(said, digits) != OK)
		refill_wrong(r, "snils", "account_snils");
	else
		snils_print(digits, text);
}

/* What a consent names later (152-FZ 9(4) item 1), read from the document that the person brought. */
static json_t *
particulars_of(const struct refill *r, const struct datefield *issued, const char *number)
{
	json_t *made =
	    json_pack("{s:o, s:o, s:{s:o, s:o, s:s, s:o}}", "name", json_of_str(refill_value(r, "name")), "address",
		      json_of_str(refill_value(r, "address")), "document", "type",
		      json_of_str(refill_value(r, "document")), "number", json_of_str(refill_value(r, "number")),
		      "issued", issued->iso, "issuer", json_of_str(refill_value(r, "issuer")));

	if (made != NULL && number[0] != '\0')
		json_object_set_new(made, "snils", json_string(number));
	return made;
}

enum status
ep_desk_account(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *particulars = NULL;
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct datefield issued = { "" }, date = { "" };
	char offer_id[DESK_ID_MOST + 1], number[SNILS_TEXT + 1];
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(refill_begin(account_fields, ARRAY_LEN(account_fields), &rq->form, &r));
	refill_check(&r);
	refill_day(&r, "issued", "account_issued", &issued);
	if (is_to_come(rq, &issued))
		refill_wrong(&r, "issued", "account_issued");
	check_number(&r, number);
	check_paper(rq, &r, &date);
	if (!refill_is_good(&r))
		return account_page(rq, &r);
	particulars = particulars_of(&r, &issued, number);
	if (particulars == NULL)
		return E_NOMEM;
	const struct desk_preparing what = { .action = STR("account"),
					     .way = STR("paper"),
					     .target = STR(""),
					     .text = STR(""),
					     .paper = paper_of(&r, &date),
					     .particulars = particulars };
	TRY(desk_prepare(rq, &o, NULL, &what, offer_id));
	return ep_desk_to(rq, "/desk/offers/", str_of(offer_id), "");
}
