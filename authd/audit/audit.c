/*
 * audit.c: from what happened to the final bytes of its entry.
 *
 * The order inside audit_draft() is forced: the entry's head (id, event, by) is what the sealed part is bound to, so it
 * is encoded first, then the details are sealed by authd-keyd, then the whole fragment is written. From then on its
 * bytes do not change: sending it again is harmless, because auditlogd knows its id.
 */
#include "authd/audit/audit.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/audit/acts.h"
#include "authd/audit/audit_decoy.h"
#include "authd/audit/tag_row.h"
#include "authd/request.h"

/* ---- what happened ---- */

static struct str
acr_text(unsigned acr)
{
	static const char *const text[] = { "", "1", "2", "3" };

	return str_of(acr < ARRAY_LEN(text) ? text[acr] : "");
}

/* One too many is counted and not kept: entry_encode_fragment() refuses by the count. */
static void
add_fact(struct entry *e, struct entry_fact fact)
{
	if (e->fact_count < ENTRY_FACTS_MAX)
		e->facts[e->fact_count] = fact;
	e->fact_count++;
}

void
audit_fact(struct audit_event *ev, const char *name, struct str text)
{
	if (text.n > 0)
		add_fact(&ev->entry, (struct entry_fact){ .name = str_of(name), .text = text });
}

void
audit_fact_if_short(struct audit_event *ev, const char *name, struct str text)
{
	if (text.n <= ENTRY_FACT_TEXT_MAX)
		audit_fact(ev, name, text);
}

void
audit_fact_number(struct audit_event *ev, const char *name, uint64_t number)
{
	add_fact(&ev->entry, (struct entry_fact){ .name = str_of(name), .number = number });
}

struct audit_event
audit_of(const struct request *rq, enum entry_event event)
{
	struct audit_event ev = { .entry.event = event };
	struct entry *e = &ev.entry;

	e->by.service = principal_service(&rq->who);
	for (size_t i = 0; i < rq->who.role_count && i < ENTRY_ROLES_MAX; i++)
		e->by.roles[e->by.role_count++] = str_of(rq->who.roles[i]);
	e->by.acr = acr_text(rq->who.acr);
	if (rq->who.acting) {
		e->by.operator_id = rq->who.mandate.rep_id;
		acts_under(&ev, &rq->who.mandate, rq->who.seen);
	}
	e->trace = str_of(rq->http->traceparent);
	if (rq->policy != NULL)
		e->policy = policy_hash(rq->policy);
	return ev;
}

/* ---- drafts ---- */

/* Made from K_s and the entry's id: nobody can tell whose it is, nor that two are of one person, without the key. */
static enum status
later_tag(struct authd *a, const struct audit_event *ev, struct str id, struct str month, struct buf *tag)
{
	CLEANUP(buf_clear) struct buf label = BUF(64), of_month = BUF(64);

	buf_put_cstr(&label, "look/");
	buf_put(&label, id);
	TRY(buf_status(&label));
	buf_reset(tag);
	TRY(keys_tags(a->keys, &ev->person, month, buf_str(&label), &of_month, tag));
	return tag_row_later(a, ev, buf_str(tag), month);
}

/*
 * Which tag the entry carries: one that somebody keeps already, one of this look alone, or the month's, whose row leads
 * to the person. A decoy has no row, and that of a new person follows theirs (audit_remember).
 */
static enum status
settle_tag(struct authd *a, const struct audit_event *ev, const struct audit_draft *d, struct str month,
	   struct buf *tag)
{
	if (ev->own_tag.n > 0) {
		buf_reset(tag);
		buf_put(tag, ev->own_tag);
		return buf_status(tag);
	}
	if (ev->later.shown.n > 0)
		return later_tag(a, ev, str_of(d->id_text), month, tag);
	if (audit_decoy_is(&ev->person) || ev->new_person)
		return OK;
	return tag_row_remember(a, buf_str(tag), ev->person.sub, month);
}

/* One question to authd-keyd either way: the tag, and with details their sealed form bound to the head. */
static enum status
seal(struct authd *a, const struct audit_event *ev, const struct audit_draft *d, struct str head, struct buf *tag,
     struct buf *sealed)
{
	CLEANUP(buf_clear) struct buf month = BUF(8), ctag = BUF(64);

	clock_put_month(&month, clock_now_us());
	TRY(buf_status(&month));
	if (ev->detail.n > 0)
		TRY(keys_seal(a->keys, &ev->person, str_of(d->id_text), buf_str(&month), head, ev->detail, tag,
			      sealed));
	else
		TRY(keys_tags(a->keys, &ev->person, buf_str(&month), str_of(""), tag, &ctag));
	return settle_tag(a, ev, d, buf_str(&month), tag);
}

static enum status
choose_id(const struct audit_event *ev, struct audit_draft *d)
{
	CLEANUP(buf_clear) struct buf text = BUF(UUID_TEXT_LEN);

	if (ev->own_id.n > 0)
		TRY(uuid_parse(ev->own_id, &d->id));
	else
		d->id = uuid_new();
	uuid_put(&text, &d->id);
	TRY(buf_status(&text));
	memcpy(d->id_text, text.p, UUID_TEXT_LEN);
	d->id_text[UUID_TEXT_LEN] = '\0';
	return OK;
}

static enum status
put_mandate(const struct audit_event *ev, struct audit_draft *d)
{
	if (ev->mandate.n > AUDIT_MANDATE_MOST)
		return E_CORRUPT;
	if (ev->mandate.n > 0)
		memcpy(d->mandate, ev->mandate.p, ev->mandate.n);
	d->mandate[ev->mandate.n] = '\0';
	d->seen = ev->seen;
	d->until_us = ev->until_us;
	d->ends_acts = acts_ended_by(ev->entry.event);
	return OK;
}

static enum status
write_draft(struct authd *a, const struct audit_event *ev, struct audit_draft *d)
{
	CLEANUP(buf_clear) struct buf head = BUF(ENTRY_FRAGMENT_MAX), tag = BUF(64), sealed = BUF(ENTRY_SEALED_MAX);
	struct entry e = ev->entry;

	TRY(choose_id(ev, d));
	TRY(put_mandate(ev, d));
	e.id = d->id;
	if (ev->person.sub.n > 0) {
		TRY(entry_encode_head(&e, &head));
		TRY(seal(a, ev, d, buf_str(&head), &tag, &sealed));
		e.about[0] = (struct entry_about){ .tag = buf_str(&tag), .sealed = buf_str(&sealed) };
		e.about_count = 1;
		memcpy(d->tag, tag.p, ENTRY_TAG_LEN);
		d->tag[ENTRY_TAG_LEN] = '\0';
	}
	TRY(entry_encode_fragment(&e, &d->fragment));
	return buf_status(&d->fragment);
}

enum status
audit_draft(struct authd *a, const struct audit_event *ev, struct audit_draft *out)
{
	struct audit_draft d = { .fragment = BUF(ENTRY_FRAGMENT_MAX) };
	enum status st = write_draft(a, ev, &d);

	if (st != OK) {
		log_warn(st, "audit.draft", "event=%s", entry_event_name(ev->entry.event));
		audit_draft_clear(&d);
		return st;
	}
	*out = d;
	return OK;
}

void
audit_draft_clear(struct audit_draft *d)
{
	buf_clear(&d->fragment);
}

/* The month is that of the draft's id, which begins with its milliseconds (RFC 9562 5.7). */
enum status
audit_remember(struct authd *a, const struct audit_draft *d, struct str sub)
{
	CLEANUP(buf_clear) struct buf month = BUF(8);
	int64_t ms = 0;

	for (size_t i = 0; i < 6; i++)
		ms = ms << 8 | d->id.b[i];
	clock_put_month(&month, ms * 1000);
	TRY(buf_status(&month));
	return tag_row_remember(a, str_of(d->tag), sub, buf_str(&month));
}
