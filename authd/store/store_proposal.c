#include "authd/store/store_proposal.h"

#include "authd/store/store_bound.h"
#include "authd/store/store_record.h"

#define PROPOSAL_ADDED 11

static const struct store_field bundle_fields[] = {
	FIELD(TEXT, struct store_bundle, sha256),
	FIELD(TEXT, struct store_bundle, files),
	FIELD(LONG, struct store_bundle, added_us),
};
static const struct store_record bundle_record = STORE_RECORD(struct store_bundle, bundle_fields);

static const struct store_field proposal_fields[] = {
	FIELD(TEXT, struct store_proposal, id),
	FIELD(TEXT, struct store_proposal, sha256),
	FIELD(LONG, struct store_proposal, bundle_version),
	FIELD(TEXT, struct store_proposal, author),
	FIELD(TEXT, struct store_proposal, base_sha256),
	FIELD(TEXT, struct store_proposal, diff),
	FIELD(TEXT, struct store_proposal, diff_sha256),
	FIELD(LONG, struct store_proposal, proposed_us),
	FIELD(LONG, struct store_proposal, expires_us),
	FIELD(TEXT, struct store_proposal, state),
	FIELD(TEXT, struct store_proposal, event_id),
	FIELD(INDEX, struct store_proposal, log_index),
};
static const struct store_record proposal_record = STORE_RECORD(struct store_proposal, proposal_fields);

static const struct store_field consents_fields[] = {
	FIELD(TEXT, struct store_policy_consents, purpose),
	FIELD(LONG, struct store_policy_consents, purpose_version),
	FIELD(LONG, struct store_policy_consents, count),
};
static const struct store_record consents_record = STORE_RECORD(struct store_policy_consents, consents_fields);

void
store_bundle_clear(struct store_bundle *b)
{
	store_result_drop(&b->mem);
	*b = (struct store_bundle){ 0 };
}

void
store_proposal_clear(struct store_proposal *p)
{
	store_result_drop(&p->mem);
	*p = (struct store_proposal){ 0 };
}

void
store_proposal_list_clear(struct store_proposal_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_proposal_list){ 0 };
}

void
store_policy_consents_list_clear(struct store_policy_consents_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_policy_consents_list){ 0 };
}

enum status
store_bundle_add(struct store_tx *tx, const struct store_bundle *b)
{
	struct store_value args[ARRAY_LEN(bundle_fields)];

	store_record_bind(&bundle_record, ARRAY_LEN(args), b, args);
	return store_change(tx->db, SQL_BUNDLE_ADD, args, ARRAY_LEN(args));
}

enum status
store_bundle_find(struct store *db, struct str sha256, struct store_bundle *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_BUNDLE_FIND, STORE_ARGS(store_text(sha256)), &bundle_record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_proposal_add(struct store_tx *tx, const struct store_proposal *p)
{
	TRY(store_change(tx->db, SQL_PROPOSAL_LOCK, NULL, 0));
	TRY(store_bound_room(tx, SQL_PROPOSAL_KEPT, STORE_ARGS(store_text(p->author)), STORE_PROPOSALS_OF_AUTHOR));
	TRY(store_bound_room(tx, SQL_PROPOSAL_KEPT, STORE_ARGS(store_text(STR(""))), STORE_PROPOSALS_ALL));
	return store_record_put(tx->db, SQL_PROPOSAL_ADD, &proposal_record, PROPOSAL_ADDED, p);
}

enum status
store_proposal_find(struct store *db, struct str id, struct store_proposal *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_PROPOSAL_FIND, STORE_ARGS(store_text(id)), &proposal_record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_proposal_open(struct store *db, int64_t now_us, int limit, struct store_proposal_list *out)
{
	void *items = NULL;

	TRY(store_record_list(db, SQL_PROPOSAL_OPEN, STORE_ARGS(store_int(now_us), store_int(limit)), &proposal_record,
			      &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_proposal_end(struct store_tx *tx, struct str id, const char *state, int64_t now_us)
{
	enum status st = store_change(tx->db, SQL_PROPOSAL_END,
				      STORE_ARGS(store_text(id), store_text(str_of(state)), store_int(now_us)));

	return st == E_NOT_FOUND ? E_CONFLICT : st;
}

enum status
store_policy_consents(struct store *db, int64_t now_us, struct store_policy_consents_list *out)
{
	void *items = NULL;

	TRY(store_record_list(db, SQL_POLICY_CONSENTS, STORE_ARGS(store_int(now_us)), &consents_record, &items,
			      &out->count, &out->mem));
	out->items = items;
	return OK;
}
