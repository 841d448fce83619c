#include "authd/audit/tag_row.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/audit/audit_decoy.h"
#include "authd/audit/tag_memory.h"
#include "authd/authd.h"
#include "authd/store/store_later.h"
#include "authd/store/store_tag.h"

struct remember {
	char tag[ENTRY_TAG_LEN + 1], month[8];
	char sub[KEYS_SUB_MAX + 1];
};

static enum status
remember_run(void *arg, void *worker_ctx)
{
	struct remember *r = arg;

	return store_tag_add(worker_ctx, str_of(r->tag), str_of(r->sub), str_of(r->month));
}

enum status
tag_row_remember(struct authd *a, struct str tag, struct str sub, struct str month)
{
	CLEANUP(worker_arg_dropp) struct remember *r = NULL;

	if (tag_memory_has(a->tags, tag))
		return OK;
	r = worker_arg_new(sizeof(*r), NULL);
	if (r == NULL)
		return E_NOMEM;
	if (sub.n > KEYS_SUB_MAX || tag.n != ENTRY_TAG_LEN || month.n >= sizeof(r->month))
		return E_INVALID;
	memcpy(r->tag, tag.p, tag.n);
	memcpy(r->sub, sub.p, sub.n);
	memcpy(r->month, month.p, month.n);
	TRY(worker_run(a->pool, remember_run, r, AUDIT_DEADLINE_US));
	tag_memory_add(a->tags, tag);
	return OK;
}

/* ---- a tag of one look alone ---- */

struct keep_later {
	struct store_later row;
	char tag[ENTRY_TAG_LEN + 1], month[8], sub[KEYS_SUB_MAX + 1];
	char shown[16], service[ENTRY_TEXT_MAX + 1], case_ref[ENTRY_TEXT_MAX + 1];
};

static enum status
keep_later_run(void *arg, void *worker_ctx)
{
	const struct keep_later *k = arg;

	return store_later_add(worker_ctx, &k->row);
}

/* Copies, because a worker may outlive whoever asked it. */
static enum status
hold(struct str text, char *room, size_t size, struct str *out)
{
	if (text.n >= size)
		return E_INVALID;
	if (text.n > 0)
		memcpy(room, text.p, text.n);
	*out = (struct str){ room, text.n };
	return OK;
}

enum status
tag_row_later(struct authd *a, const struct audit_event *ev, struct str tag, struct str month)
{
	CLEANUP(worker_arg_dropp) struct keep_later *k = worker_arg_new(sizeof(*k), NULL);
	const struct audit_later *l = &ev->later;

	if (k == NULL)
		return E_NOMEM;
	k->row = (struct store_later){ .visible_us = l->visible_us, .made_us = clock_now_us() };
	TRY(hold(tag, k->tag, sizeof(k->tag), &k->row.tag));
	TRY(hold(month, k->month, sizeof(k->month), &k->row.month));
	TRY(hold(l->shown, k->shown, sizeof(k->shown), &k->row.shown));
	TRY(hold(l->service, k->service, sizeof(k->service), &k->row.service));
	TRY(hold(l->case_ref, k->case_ref, sizeof(k->case_ref), &k->row.case_ref));
	if (!audit_decoy_is(&ev->person))
		TRY(hold(ev->person.sub, k->sub, sizeof(k->sub), &k->row.sub));
	return worker_run(a->pool, keep_later_run, k, AUDIT_DEADLINE_US);
}
