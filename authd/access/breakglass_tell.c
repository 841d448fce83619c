/* breakglass_tell.c: who hears of an emergency: whose data it is, who opened it, and who has to judge it. */
#include "authd/access/breakglass_parts.h"
#include "authd/access/policy.h"
#include "authd/notify/inbox.h"

#define OFFICERS_MOST 100 /* told of one emergency */

static bool
reviews(const struct policy *p, const struct role *role)
{
	return policy_may(p, role->closure, ACTION_BREAK_GLASS_REVIEW, ROLE_ACR_MOST, NULL);
}

/* Whoever holds the role there, once, even when they hold several. */
static enum status
add_holders(struct store *db, struct str organisation, const struct role *role, json_t *subs)
{
	CLEANUP(store_role_list_clear) struct store_role_list list = { 0 };

	TRY(store_role_who(db, organisation, str_of(role->id), STR(""), OFFICERS_MOST, &list));
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].log_index != STORE_NO_INDEX &&
		    json_object_set_new(subs, list.items[i].sub.p, json_true()) != 0)
			return E_NOMEM;
	return OK;
}

enum status
breakglass_officers(struct store *db, const struct policy *p, struct str organisation, json_t **out)
{
	CLEANUP(json_decrefp) json_t *subs = json_object();
	const struct role *role;

	if (subs == NULL)
		return E_NOMEM;
	for (size_t i = 0; p != NULL && (role = policy_role_at(p, i)) != NULL; i++)
		if (reviews(p, role))
			TRY(add_holders(db, organisation, role, subs));
	*out = STEAL(&subs);
	return OK;
}

enum status
breakglass_tell_officers(struct store_tx *tx, const json_t *officers, const struct store_breakglass *b,
			 enum inbox_kind kind)
{
	const struct inbox_refs refs = { .organisation = b->organisation,
					 .purpose = b->purpose,
					 .until_us = b->review_by_us };
	const char *sub;
	json_t *unused;

	/* jansson's loop takes no const object, and changes none. */
	json_object_foreach((json_t *)(uintptr_t)officers, sub, unused)
	{
		TRY(inbox_tell(tx, str_of(sub), kind, &refs));
	}
	return OK;
}

enum status
breakglass_tell_person(struct store_tx *tx, const struct store_person *person, const struct store_breakglass *b,
		       enum inbox_kind kind)
{
	const struct inbox_refs refs = { .target = b->event_id,
					 .organisation = b->organisation,
					 .purpose = b->purpose,
					 .until_us = b->review_by_us };

	return person->wrapped_key.n > 0 ? inbox_tell(tx, person->sub, kind, &refs) : OK;
}

enum status
breakglass_tell_operator(struct store_tx *tx, struct str sub, const struct store_breakglass *b, enum inbox_kind kind)
{
	const struct inbox_refs refs = { .organisation = b->organisation, .purpose = b->purpose };

	return sub.n > 0 ? inbox_tell(tx, sub, kind, &refs) : OK;
}
