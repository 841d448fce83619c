#include "authd/store/store_approval.h"

#include "authd/store/store_driver.h"

enum status
store_approval_give(struct store_tx *tx, const struct store_approval *a)
{
	return store_run(tx->db, SQL_APPROVAL_GIVE,
			 STORE_ARGS(store_text(a->sub), store_text(a->client_id), store_blob(a->fingerprint),
				    store_text(a->scope), store_text_or_null(a->details), store_int(a->given_us),
				    store_text(a->event_id)),
			 NULL);
}

enum status
store_approval_holds(struct store *db, struct str sub, struct str client_id, struct str fingerprint, bool *holds)
{
	int64_t count;

	TRY(store_fetch_int(db, SQL_APPROVAL_HOLDS,
			    STORE_ARGS(store_text(sub), store_text(client_id), store_blob(fingerprint)), &count));
	*holds = count > 0;
	return OK;
}

enum status
store_approval_revoke(struct store_tx *tx, struct str sub, struct str client_id, int64_t now_us)
{
	return store_run(tx->db, SQL_APPROVAL_REVOKE,
			 STORE_ARGS(store_text(sub), store_text(client_id), store_int(now_us)), NULL);
}
