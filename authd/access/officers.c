#include "authd/access/officers.h"

#include "authd/policy/policy.h"
#include "authd/store/store_role.h"

static bool
may(const struct policy *p, const struct role *role, enum action act)
{
	return policy_may(p, role->closure, act, ROLE_ACR_MOST, NULL);
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
officers_of(struct store *db, const struct policy *p, struct str organisation, json_t **out)
{
	return officers_who(db, p, organisation, ACTION_BREAK_GLASS_REVIEW, out);
}

enum status
officers_who(struct store *db, const struct policy *p, struct str organisation, enum action act, json_t **out)
{
	CLEANUP(json_decrefp) json_t *subs = json_object();
	const struct role *role;

	if (subs == NULL)
		return E_NOMEM;
	for (size_t i = 0; p != NULL && (role = policy_role_at(p, i)) != NULL; i++)
		if (may(p, role, act))
			TRY(add_holders(db, organisation, role, subs));
	*out = STEAL(&subs);
	return OK;
}

enum status
officers_tell(struct store_tx *tx, const json_t *officers, enum inbox_kind kind, const struct inbox_refs *refs)
{
	const char *sub;
	json_t *unused;

	/* jansson's loop takes no const object, and changes none. */
	json_object_foreach((json_t *)(uintptr_t)officers, sub, unused)
	{
		TRY(inbox_tell(tx, str_of(sub), kind, refs));
	}
	return OK;
}
