/*
 * desk_account.c: an account for somebody who has neither telephone nor e-mail. Two operators saw the person, their
 * document and the signed paper; the particulars are sealed under a key of the new person's own. The card's number is
 * their login. They have no password: nobody signs in as them anywhere, themselves included (acr would promise more
 * than a paper list can); everything is done at a desk, with codes of the list that is printed here.
 */
#include <stdio.h>
#include <string.h>

#include "auditlog/base/log.h"
#include "auditlog/base/random.h"
#include "authd/access/bynumber.h"
#include "authd/access/desk_codes.h"
#include "authd/access/desk_parts.h"
#include "authd/audit/audit.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

#define CARD_DIGITS 12

struct account {
	struct request *rq;
	const struct officer *second;
	const struct desk_offer *offer;
	struct bynumber_newcomer newcomer;
	struct buf profile, card;
	struct audit_draft draft;
};

static void
account_clear(struct account *a)
{
	bynumber_newcomer_clear(&a->newcomer);
	buf_clear(&a->profile);
	buf_clear(&a->card);
	audit_draft_clear(&a->draft);
}

/* "4821-7730-1512": 40 bits, so that numbers of others are not guessed; not a secret. */
static void
put_card(struct buf *out)
{
	unsigned char bytes[CARD_DIGITS];
	size_t n = 0;

	while (n < CARD_DIGITS) {
		random_bytes(bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes) && n < CARD_DIGITS; i++) {
			if (bytes[i] >= 250)
				continue; /* else some digits would be likelier */
			if (n > 0 && n % 4 == 0)
				buf_put_char(out, '-');
			buf_put_char(out, (char)('0' + bytes[i] % 10));
			n++;
		}
	}
}

/* What two people saw and who they were stands with the particulars; a salt keeps their hash from being guessed. */
static enum status
profile_of(const struct account *a, struct buf *text)
{
	const json_t *given = json_object_get(a->offer->content, "particulars");
	CLEANUP(json_decrefp) json_t *profile = json_deep_copy(given);
	CLEANUP(buf_clear) struct buf salt = BUF(64);
	json_t *proofing;

	random_put_id(&salt, "");
	TRY(buf_status(&salt));
	proofing = json_pack("{s:s, s:s, s:o, s:s, s:O*}", "method", "office", "organisation", a->second->organisation,
			     "operator", json_of_str(a->offer->row.operator_id), "second_operator",
			     a->second->pseudonym, "paper", json_object_get(a->offer->content, "paper"));
	if (profile == NULL || json_object_set_new(profile, "proofing", proofing) != 0 ||
	    json_object_set_new(profile, "salt", json_of_str(buf_str(&salt))) != 0)
		return E_NOMEM;
	return json_write(profile, text);
}

/* Whether a number is known is not for the desk: an administrator finds the reason by the offer's name. */
static enum status
refuse_taken(const struct account *a)
{
	log_warn(E_CONFLICT, "desk.account", "offer=%.*s number=taken", STR_ARG(a->offer->row.offer_id));
	return request_fail(a->rq, E_CONFLICT, "conflict",
			    "no account can be made with these particulars; an administrator has to look");
}

static enum status
newcomer(struct account *a)
{
	const char *number =
	    json_string_value(json_object_get(json_object_get(a->offer->content, "particulars"), "snils"));
	enum status st = bynumber_newcomer(a->rq, str_of(number != NULL ? number : ""), &a->newcomer);

	return st == E_CONFLICT ? refuse_taken(a) : st;
}

static enum status
make(struct account *a)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	struct keys_person who;
	struct keys_place place;

	put_card(&a->card);
	TRY(buf_status(&a->card));
	TRY(newcomer(a));
	TRY(profile_of(a, &text));
	who = (struct keys_person){ .sub = str_of(a->newcomer.sub), .wrapped = buf_str(&a->newcomer.wrapped) };
	place = (struct keys_place){ STR("person"), STR("profile"), str_of(a->newcomer.sub) };
	return keys_field_seal(a->rq->authd->keys, &who, &place, buf_str(&text), &a->profile);
}

static struct store_person
row_of(const struct account *a)
{
	return (struct store_person){
		.sub = str_of(a->newcomer.sub),
		.login = buf_str(&a->card),
		.kind = STR("adult"),
		.status = STORE_PERSON_ACTIVE,
		.wrapped_key = buf_str(&a->newcomer.wrapped),
		.profile = buf_str(&a->profile),
		.created_us = clock_now_us(),
		.event_id = str_of(a->draft.id_text),
		.log_index = STORE_NO_INDEX,
	};
}

static enum status
draft(struct account *a)
{
	const struct store_person row = row_of(a);
	struct audit_event ev = desk_event(a->rq, a->second, ENTRY_DESK_ACCOUNT, &row, &a->offer->row);

	audit_fact(&ev, "prepared_by", a->offer->row.operator_id);
	ev.new_person = true;
	return audit_draft(a->rq->authd, &ev, &a->draft);
}

static enum status
save(struct account *a)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct store_person row = row_of(a);

	enum status st;

	TRY(store_begin(request_store(a->rq), &tx));
	st = bynumber_save(&tx, &a->newcomer, &row);
	if (st == E_CONFLICT)
		return refuse_taken(a);
	TRY(st);
	TRY(audit_emit(&tx, &a->draft, STORE_TARGET_PERSON, row.sub));
	return store_commit(&tx);
}

enum status
desk_account(struct request *rq, const struct officer *second, struct desk_offer *offer, struct desk_result *out,
	     char sub[DESK_ID_MOST + 1])
{
	CLEANUP(account_clear)
	struct account a = {
		.rq = rq, .second = second, .offer = offer, .profile = BUF(KEYS_BLOB_MAX), .card = BUF(DESK_ID_MOST)
	};
	struct store_person made;
	struct receipt receipt;

	TRY(make(&a));
	TRY(draft(&a));
	TRY(save(&a));
	TRY(audit_remember(rq->authd, &a.draft, str_of(a.newcomer.sub)));
	TRY(audit_forward(rq->authd, &a.draft, &receipt));
	made = row_of(&a);
	TRY(desk_codes_issue(rq, second, &made, &out->codes));
	snprintf(sub, DESK_ID_MOST + 1, "%.*s", STR_ARG(str_of(a.newcomer.sub)));
	snprintf(out->card, sizeof(out->card), "%.*s", STR_ARG(buf_str(&a.card)));
	return OK;
}
