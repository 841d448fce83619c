/*
 * desk_prepare.c: an operator writes down what the person wants. The whole text is fixed, hashed and sealed here; what
 * is carried out later comes from it alone (desk_act.c).
 */
#include <string.h>

#include "authd/access/contracting.h"
#include "authd/access/desk_parts.h"
#include "authd/access/question.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_desk_codes.h"
#include "authd/store/store_outbox.h"

struct preparing {
	struct request *rq;
	const struct officer *o;
	const struct desk_case *c;
	const struct desk_preparing *what;
	const char *id;
	json_t *content;
	struct buf text, sealed;
	struct hash digest;
	char list_id[DESK_ID_MOST];
	int64_t number;
	struct audit_draft draft;
};

static void
preparing_clear(struct preparing *p)
{
	json_decref(p->content);
	buf_clear(&p->text);
	buf_clear(&p->sealed);
	audit_draft_clear(&p->draft);
}

static enum status
refuse(struct preparing *p, const char *why)
{
	return request_fail(p->rq, E_INVALID, "invalid_request", why);
}

static enum status
put(struct preparing *p, const char *name, json_t *value)
{
	return value != NULL && json_object_set_new(p->content, name, value) == 0 ? OK : E_NOMEM;
}

/* Of what was asked as optional, only what the person wants; anything else is not theirs to have ticked. */
static enum status
put_choice(struct preparing *p, const struct store_request *asked)
{
	CLEANUP(json_decrefp) json_t *required = NULL, *optional = NULL;
	json_t *chosen = json_array();
	size_t kept = 0;

	TRY(put(p, "optional", chosen));
	TRY(json_read(asked->categories, 8192, &required, NULL));
	TRY(json_read(asked->optional, 8192, &optional, NULL));
	for (size_t i = 0; i < json_array_size(optional); i++) {
		const char *name = json_string_value(json_array_get(optional, i));

		for (size_t k = 0; k < p->what->ticked_count; k++)
			if (name != NULL && str_is(p->what->ticked[k], name) && ++kept > 0 &&
			    json_array_append_new(chosen, json_string(name)) != 0)
				return E_NOMEM;
	}
	if (kept != p->what->ticked_count)
		return refuse(p, "this category was not asked for");
	return put(p, "required", json_incref(required));
}

static bool
waits(const struct store_request *asked)
{
	return (str_is(asked->state, "requested") || str_is(asked->state, "deferred")) &&
	       asked->log_index != STORE_NO_INDEX && asked->expires_us > clock_now_us();
}

/* Read out and signed with the rest: whoever else gets the data. */
static enum status
put_recipients(struct preparing *p, struct str list)
{
	json_t *recipients = NULL;

	TRY(json_read(list, 8192, &recipients, NULL));
	return put(p, "recipients", recipients);
}

/* give, refuse, defer: a request of the operator's own organisation, under the rules that are in force. */
static enum status
put_request(struct preparing *p)
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };
	const struct purpose *u;
	const struct notice *n;

	TRY(store_request_find(request_store(p->rq), p->what->target, p->c->person.sub, &asked));
	if (!str_is(asked.organisation, p->o->organisation))
		return E_NOT_FOUND;
	if (!waits(&asked))
		return request_fail(p->rq, E_EXPIRED, "request_expired", "this request waits no longer");
	u = policy_purpose(p->rq->policy, asked.purpose);
	n = notice_find(p->rq->policy, asked.notice_id, (unsigned)asked.notice_version);
	if (u == NULL || n == NULL || u->version != (unsigned)asked.purpose_version)
		return request_fail(p->rq, E_CONFLICT, "policy_changed",
				    "the rules have changed since this was asked; the service must ask anew");
	TRY(put(p, "service", json_of_str(asked.service)));
	if (asked.recipients.n > 0)
		TRY(put_recipients(p, asked.recipients));
	TRY(put(p, "purpose", json_of_str(asked.purpose)));
	TRY(put(p, "version", json_integer(asked.purpose_version)));
	TRY(put(p, "until", json_integer(asked.until_us)));
	TRY(put(p, "notice",
		json_pack("{s:s, s:i, s:s}", "id", n->id, "version", asked.notice_version, "sha256",
			  n->in[request_lang(p->rq)].sha256)));
	return put_choice(p, &asked);
}

static enum status
put_record(struct preparing *p)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };

	TRY(store_consent_find(request_store(p->rq), p->what->target, p->c->person.sub, &c));
	if (!str_is(c.organisation, p->o->organisation))
		return E_NOT_FOUND;
	if (!str_is(c.state, "given") || c.log_index == STORE_NO_INDEX)
		return request_fail(p->rq, E_CONFLICT, "conflict", "this consent is not in force");
	TRY(put(p, "service", json_of_str(c.service)));
	TRY(put(p, "purpose", json_of_str(c.purpose)));
	return put(p, "until", json_integer(c.until_us));
}

static enum status
put_question(struct preparing *p)
{
	uint64_t index;

	if (p->what->text.n == 0)
		return refuse(p, "write down what the person asks");
	if (p->what->text.n > DESK_TEXT_MOST)
		return refuse(p, "the text is too long");
	if (str_to_u64(p->what->target, INT64_MAX, &index) != OK)
		return refuse(p, "which entry it is about is a number");
	return put(p, "text", json_of_str(p->what->text));
}

/* contract, contract_no: one that a service of the operator's own organisation has proposed, with the number it has. */
static enum status
put_contract(struct preparing *p)
{
	const struct keys_person who = { .sub = p->c->person.sub, .wrapped = p->c->person.wrapped_key };
	CLEANUP(store_contract_clear) struct store_contract c = { 0 };
	CLEANUP(buf_clear) struct buf number = BUF(KEYS_FIELD_MAX);

	TRY(store_contract_find(request_store(p->rq), p->what->target, p->c->person.sub, STR(""), &c));
	if (!str_is(c.organisation, p->o->organisation))
		return E_NOT_FOUND;
	if (!str_is(c.state, "proposed") || c.until_us <= clock_now_us())
		return request_fail(p->rq, E_CONFLICT, "conflict", "this contract waits for no answer");
	TRY(contracting_number(p->rq, &who, &c, &number));
	TRY(put(p, "service", json_of_str(c.service)));
	TRY(put(p, "contract", json_of_str(buf_str(&number))));
	return put(p, "until", json_integer(c.until_us));
}

static enum status
put_nothing(struct preparing *p UNUSED)
{
	return OK;
}

/* Codes are for paper's sake: who has a list confirms with it, who has none signs. */
static enum status
put_codes(struct preparing *p)
{
	return str_is(p->what->way, "paper") ? OK : refuse(p, "a new list is given out on a signed paper");
}

static enum status
put_account(struct preparing *p)
{
	if (p->c != NULL || p->what->particulars == NULL)
		return refuse(p, "an account is made for somebody who has none");
	if (!str_is(p->what->way, "paper"))
		return refuse(p, "an account is made on a signed paper");
	return put(p, "particulars", json_incref(p->what->particulars));
}

static const struct {
	const char *action;
	enum status (*put)(struct preparing *p);
} actions[] = {
	{ "give", put_request },       { "refuse", put_request },       { "defer", put_request },
	{ "withdraw", put_record },    { "see", put_nothing },          { "question", put_question },
	{ "complaint", put_question }, { "codes", put_codes },          { "account", put_account },
	{ "contract", put_contract },  { "contract_no", put_contract },
};

static bool
is_date(struct str s)
{
	int64_t us;

	return s.n == sizeof("2026-12-31") - 1 && clock_parse_rfc3339(s, &us) == OK && us <= clock_now_us();
}

/* What was signed, and where anybody finds it again. */
static enum status
put_paper(struct preparing *p)
{
	const struct desk_paper *paper = &p->what->paper;
	struct hash scan;

	if (str_is(p->what->way, "code"))
		return OK;
	if (!question_is_case_number(paper->number))
		return refuse(p, "write down the paper's number as your office files it, like 2026-00123");
	if (paper->kept.n == 0 || paper->kept.n > 200)
		return refuse(p, "write down where the paper is kept");
	if (!is_date(paper->date))
		return refuse(p, "the paper's date looks like 22.11.2026 and is not in the future");
	if (paper->scan.n > 0 && hash_from_hex(paper->scan, &scan) != OK)
		return refuse(p, "the scan's hash is 64 hexadecimal digits");
	return put(p, "paper",
		   json_pack("{s:o, s:o, s:o, s:o}", "number", json_of_str(paper->number), "date",
			     json_of_str(paper->date), "kept", json_of_str(paper->kept), "scan",
			     json_of_str(paper->scan)));
}

static enum status
write_content(struct preparing *p)
{
	const struct desk_preparing *w = p->what;
	struct str channel = p->c != NULL ? p->c->row.channel : STR("office");

	p->content = json_pack("{s:s, s:o, s:o, s:o, s:s, s:s}", "offer", p->id, "action", json_of_str(w->action),
			       "channel", json_of_str(channel), "target", json_of_str(w->target), "organisation",
			       p->o->organisation, "lang", p->rq->http->lang == I18N_EN ? "en" : "ru");
	if (p->content == NULL)
		return E_NOMEM;
	if (!str_is(w->way, "code") && !str_is(w->way, "paper"))
		return refuse(p, "say how the person confirms");
	if (str_is(w->way, "paper") && !str_is(channel, "office"))
		return refuse(p, "nothing is signed over the telephone");
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (!str_is(w->action, actions[i].action))
			continue;
		if (p->c == NULL && actions[i].put != put_account)
			return refuse(p, "say whom it is about");
		TRY(actions[i].put(p));
		TRY(put_paper(p));
		return json_write(p->content, &p->text);
	}
	return refuse(p, "this is not something that the desk does");
}

static enum status
seal_content(struct preparing *p)
{
	const struct keys_place place = { STR("desk_offer"), STR("content"), str_of(p->id) };
	struct keys_person who = { 0 };

	p->digest = hash_sha256(buf_str(&p->text));
	if (p->c != NULL)
		who = (struct keys_person){ .sub = p->c->person.sub, .wrapped = p->c->person.wrapped_key };
	return keys_field_seal(p->rq->authd->keys, p->c != NULL ? &who : NULL, &place, buf_str(&p->text), &p->sealed);
}

static struct store_desk_offer
row_of(const struct preparing *p)
{
	const int64_t now = clock_now_us();
	bool paper = str_is(p->what->way, "paper");

	return (struct store_desk_offer){
		.offer_id = str_of(p->id),
		.case_id = p->c != NULL ? p->c->row.case_id : STR(""),
		.sub = p->c != NULL ? p->c->person.sub : STR(""),
		.operator_sub = str_of(p->o->sub),
		.operator_id = str_of(p->o->pseudonym),
		.organisation = str_of(p->o->organisation),
		.role = str_of(p->o->role),
		.action = p->what->action,
		.channel = p->c != NULL ? p->c->row.channel : STR("office"),
		.way = p->what->way,
		.content = buf_str(&p->sealed),
		.digest = hash_str(&p->digest),
		.created_us = now,
		.expires_us = now + (paper ? DESK_PAPER_US : DESK_CODE_US),
		.event_id = str_of(p->draft.id_text),
		.log_index = STORE_NO_INDEX,
	};
}

static enum status
draft_offer(struct preparing *p)
{
	const struct store_desk_offer row = row_of(p);
	struct audit_event ev = desk_event(p->rq, p->o, ENTRY_DESK_PREPARED, p->c != NULL ? &p->c->person : NULL, &row);

	return audit_draft(p->rq->authd, &ev, &p->draft);
}

/* The number is the offer's from here on, whether anybody ever says its code or not. */
static enum status
save_offer(struct preparing *p)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct store_desk_offer row = row_of(p);
	enum status st;

	TRY(store_begin(request_store(p->rq), &tx));
	if (str_is(p->what->way, "code")) {
		st = store_desk_codes_reserve(&tx, row.sub, row.operator_sub, &p->number, p->list_id);
		if (st == E_USED)
			return request_fail(p->rq, E_CONFLICT, "no_codes",
					    "there is no list of codes that can be used with you; let the person sign");
		TRY(st);
	}
	row.code_number = p->number;
	row.list_id = str_of(p->list_id);
	TRY(store_desk_offer_add(&tx, &row));
	TRY(audit_emit(&tx, &p->draft, STORE_TARGET_DESK_OFFER, row.offer_id));
	return store_commit(&tx);
}

enum status
desk_prepare(struct request *rq, const struct officer *o, const struct desk_case *c, const struct desk_preparing *what,
	     char offer_id[DESK_ID_MOST + 1])
{
	CLEANUP(preparing_clear)
	struct preparing p = { .rq = rq,
			       .o = o,
			       .c = c,
			       .what = what,
			       .id = offer_id,
			       .text = BUF(DESK_CONTENT_MOST),
			       .sealed = BUF(KEYS_BLOB_MAX) };
	CLEANUP(freep) char *about = NULL;
	struct receipt receipt;

	TRY(desk_take(rq, o->sub, "offer", DESK_OFFERS_MOST));
	if (c != NULL) {
		TRY(str_dup(c->person.sub, &about));
		TRY(desk_take(rq, about, "about", DESK_OFFERS_ABOUT));
	}
	TRY(desk_new_id("off_", offer_id));
	TRY(write_content(&p));
	TRY(seal_content(&p));
	TRY(draft_offer(&p));
	TRY(save_offer(&p));
	return audit_forward(rq->authd, &p.draft, &receipt);
}
