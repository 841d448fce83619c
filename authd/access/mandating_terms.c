/* mandating_terms.c: what is asked for, checked and written into a row. */
#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "authd/access/birthday.h"
#include "authd/access/mandating_parts.h"
#include "authd/request.h"

#define DEFAULT_ZONE STR("Europe/Moscow")

void
mandating_making_clear(struct mandating_making *m)
{
	store_person_clear(&m->represented);
	store_person_clear(&m->representative);
	store_death_clear(&m->death);
	buf_clear(&m->mandate_id);
	buf_clear(&m->rep_id);
	buf_clear(&m->document);
}

enum status
mandating_refuse(struct request *rq, const char *why)
{
	return request_fail(rq, E_INVALID, "invalid_request", why);
}

static enum status
check_purposes(struct request *rq, struct str purposes)
{
	struct str word;

	if (purposes.n == 0 || purposes.n > MANDATING_PURPOSES_MOST)
		return mandating_refuse(rq, "name the purposes, or * for all");
	if (str_is(purposes, "*"))
		return OK;
	while (purposes.n > 0 && str_next(&purposes, ' ', &word))
		if (rq->policy == NULL || policy_purpose(rq->policy, word) == NULL)
			return mandating_refuse(rq, "the policy has no such purpose");
	return OK;
}

static enum status
check_actions(struct mandating_making *m)
{
	enum mandate_kind kind;
	unsigned allowed;

	if (mandate_kind_parse(m->terms->kind, &kind) != OK)
		return mandating_refuse(m->rq, "kind must be parent, guardian, power_of_attorney or heir");
	allowed = m->terms->actions & mandate_kind_actions(kind);
	if (allowed == 0)
		return mandating_refuse(m->rq, "this mandate would allow nothing");
	m->row.actions = (int)allowed;
	return OK;
}

/* A child's mandate ends when it comes of age, whatever else was agreed; a parent's has no other end. */
static enum status
check_term(struct mandating_making *m)
{
	const struct mandating_terms *t = m->terms;
	const int64_t now = clock_now_us();
	bool parent = str_is(t->kind, "parent");

	m->row.zone = t->zone.n > 0 ? t->zone : DEFAULT_ZONE;
	m->row.from_us = now;
	if (!birthday_zone_known(m->row.zone))
		return mandating_refuse(m->rq, "zone must be the name of a time zone, like Europe/Moscow");
	if (t->born.n > 0 && birthday_of_age(t->born, m->row.zone, &m->row.majority_us) != OK)
		return mandating_refuse(m->rq, "born must be a date");
	if (t->born.n > 0 && m->row.majority_us <= now)
		return mandating_refuse(m->rq, "that person is of age");
	if (parent && t->born.n == 0)
		return mandating_refuse(m->rq, "a parent's mandate needs the child's date of birth");
	if (t->until.n > 0 && birthday_day_begins(t->until, m->row.zone, &m->row.until_us) != OK)
		return mandating_refuse(m->rq, "until must be a date");
	if (t->until.n == 0)
		m->row.until_us = m->row.majority_us;
	if (m->row.until_us <= now)
		return mandating_refuse(m->rq, "until must lie in the future");
	if (!parent && m->row.until_us - now > MANDATING_TERM_US)
		return mandating_refuse(m->rq, "ten years are the longest term");
	return OK;
}

enum status
mandating_terms_check(struct mandating_making *m)
{
	TRY(check_purposes(m->rq, m->terms->purposes));
	TRY(check_actions(m));
	return check_term(m);
}

/* ---- the row ---- */

enum status
mandating_find_active(struct request *rq, struct str sub, struct store_person *out)
{
	TRY(store_person_find(request_store(rq), sub, out));
	return out->status == STORE_PERSON_ACTIVE && out->wrapped_key.n > 0 ? OK : E_NOT_FOUND;
}

bool
mandating_is_heir(struct str kind)
{
	return str_is(kind, "heir");
}

enum status
mandating_find_dead(struct request *rq, struct str sub, struct store_person *out, struct store_death *death)
{
	TRY(store_death_stands(request_store(rq), sub, death));
	TRY(store_person_find(request_store(rq), sub, out));
	return death->decided_index != STORE_NO_INDEX && out->wrapped_key.n > 0 ? OK : E_NOT_FOUND;
}

static enum status
seal_paper(struct mandating_making *m)
{
	const struct keys_person who = { .sub = m->represented.sub, .wrapped = m->represented.wrapped_key };

	if (m->terms->paper.kind.n == 0)
		return OK;
	TRY(mandate_paper_seal(m->rq->authd->keys, &who, buf_str(&m->mandate_id), &m->terms->paper, &m->document));
	m->row.document = buf_str(&m->document);
	return OK;
}

enum status
mandating_terms_fill(struct mandating_making *m)
{
	const struct mandating_terms *t = m->terms;

	random_put_id(&m->mandate_id, "mnd_");
	random_put_id(&m->rep_id, "rep_");
	TRY(buf_status(&m->mandate_id));
	TRY(buf_status(&m->rep_id));
	m->row.mandate_id = buf_str(&m->mandate_id);
	m->row.rep_id = buf_str(&m->rep_id);
	m->row.sub = t->sub;
	m->row.kind = t->kind;
	m->row.purposes = t->purposes;
	m->row.created_us = m->row.issued_us = m->row.from_us;
	if (t->paper.issued.n > 0 && birthday_day_begins(t->paper.issued, m->row.zone, &m->row.issued_us) != OK)
		return mandating_refuse(m->rq, "issued must be a date");
	return seal_paper(m);
}
