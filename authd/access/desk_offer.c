/* desk_offer.c: an offer as an official reads it: opened, and on record when a colleague prepared it. */
#include "authd/access/desk_parts.h"
#include "authd/http/json.h"
#include "authd/request.h"

void
desk_offer_clear(struct desk_offer *o)
{
	store_desk_offer_clear(&o->row);
	store_person_clear(&o->person);
	buf_clear(&o->text);
	json_decref(o->content);
	o->content = NULL;
}

static enum status
open_content(struct request *rq, struct desk_offer *o)
{
	const struct keys_place place = { STR("desk_offer"), STR("content"), o->row.offer_id };
	const struct keys_person who = { .sub = o->person.sub, .wrapped = o->person.wrapped_key };

	o->text = BUF(DESK_CONTENT_MOST);
	if (o->row.content.n == 0)
		return OK;
	TRY(keys_field_open(rq->authd->keys, o->person.sub.n > 0 ? &who : NULL, &place, o->row.content, &o->text));
	return json_read(buf_str(&o->text), DESK_CONTENT_MOST, &o->content, NULL);
}

enum status
desk_offer(struct request *rq, const struct officer *o, struct str offer_id, struct desk_offer *out)
{
	TRY(store_desk_offer_find(request_store(rq), offer_id, str_of(o->organisation), &out->row));
	if (!str_is(out->row.operator_sub, o->sub) && !str_is(out->row.way, "paper"))
		return E_NOT_FOUND;
	if (out->row.sub.n > 0) {
		TRY(officer_may_help(rq, o, out->row.sub)); /* nor read what a colleague prepared for a relative */
		TRY(store_person_find(request_store(rq), out->row.sub, &out->person));
		if (!desk_can_be_helped(&out->person))
			return E_NOT_FOUND;
	}
	return open_content(rq, out);
}

/* What a colleague prepared is somebody's: who reads it is an entry that the person sees, before the page (R1). */
enum status
desk_record_look(struct request *rq, const struct officer *o, const struct desk_offer *offer)
{
	struct audit_event ev =
	    desk_event(rq, o, ENTRY_DESK_OPENED, offer->row.sub.n > 0 ? &offer->person : NULL, &offer->row);
	struct receipt receipt;

	return str_is(offer->row.operator_sub, o->sub) ? OK : audit_record(rq->authd, &ev, &receipt);
}
