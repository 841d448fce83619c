/* inquiry_sweep.c: what was not answered in time goes to the privacy officer, whether anybody looks or not. */
#include "authd/access/inquiry_parts.h"
#include "authd/authd.h"
#include "authd/store/store_person.h"
#include "authd/sweeping.h"

static enum status
pass_on(struct authd *a, struct store *db, const struct store_question *q)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	struct audit_event ev = { .entry = { .event = ENTRY_QUESTION_ESCALATED, .by.service = STR("portal") } };
	enum status st = store_person_find(db, q->sub, &person);

	if (st == E_NOT_FOUND) /* erased since the list was read, and the question with them */
		return OK;
	TRY(st);
	if (person.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = person.sub, .wrapped = person.wrapped_key };
	inquiry_event(q, &ev);
	st = inquiry_pass_on(a, db, q, "no_answer", &ev, NULL);
	return st == E_USED ? OK : st; /* another node, the person or an answer was faster */
}

enum status
inquiry_sweep(struct authd *a, struct store *db, size_t most, size_t *done)
{
	CLEANUP(store_question_list_clear) struct store_question_list due = { 0 };
	struct sweeping s = { .work = "questions.overdue" };

	TRY(store_question_overdue(db, clock_now_us(), sweeping_batch(&s, (int)most), &due));
	for (size_t i = 0; i < due.count; i++)
		if (!sweeping_passes(&s, due.items[i].id))
			TRY(sweeping_done(&s, due.items[i].id, pass_on(a, db, &due.items[i])));
	*done = due.count - s.passed;
	return OK;
}
