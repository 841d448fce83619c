#include "authd/store/store_token.h"

#include "authd/store/store_driver.h"

enum status
store_token_issued(struct store_tx *tx, struct str jti, struct str grant_id, int64_t expires_us)
{
	CLEANUP(store_result_drop) struct store_result *known = NULL;
	enum status st = store_change(tx->db, SQL_TOKEN_ADD,
				      STORE_ARGS(store_text(jti), store_text(grant_id), store_int(expires_us)));

	if (st != E_NOT_FOUND)
		return st;
	TRY(store_fetch(tx->db, SQL_GRANT_FIND, STORE_ARGS(store_text(grant_id)), &known));
	return E_USED;
}

enum status
store_token_derived(struct store_tx *tx, struct str jti, struct str parent_jti, int64_t expires_us)
{
	TRY(store_change(tx->db, SQL_TOKEN_LOCK, STORE_ARGS(store_text(parent_jti))));
	return store_change(tx->db, SQL_TOKEN_ADD_DERIVED,
			    STORE_ARGS(store_text(jti), store_text(parent_jti), store_int(expires_us)));
}

enum status
store_token_grant(struct store *db, struct str jti, struct str *grant_id, struct store_result **mem)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;

	TRY(store_fetch(db, SQL_TOKEN_GRANT, STORE_ARGS(store_text(jti)), &rows));
	*grant_id = store_result_cell(rows, 0, 0)->s;
	*mem = STEAL(&rows);
	return OK;
}

/* Itself first: from then on nothing can be derived from it, so what is found next is all there will be. */
enum status
store_token_revoke(struct store_tx *tx, struct str jti, int64_t expires_us)
{
	TRY(store_run(tx->db, SQL_TOKEN_LOCK, STORE_ARGS(store_text(jti)), NULL));
	TRY(store_run(tx->db, SQL_TOKEN_REVOKE, STORE_ARGS(store_text(jti), store_int(expires_us)), NULL));
	return store_run(tx->db, SQL_TOKEN_REVOKE_DERIVED, STORE_ARGS(store_text(jti)), NULL);
}

enum status
store_token_facts(struct store *db, struct str jti, struct str sid, struct str client_id, struct str sub,
		  int64_t now_us, struct store_token_facts *out)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	int64_t found[4];

	TRY(store_fetch(
	    db, SQL_TOKEN_FACTS,
	    STORE_ARGS(store_text(jti), store_text(sid), store_text(client_id), store_text(sub), store_int(now_us)),
	    &rows));
	for (size_t i = 0; i < ARRAY_LEN(found); i++)
		TRY(store_result_int(rows, 0, i, &found[i]));
	*out = (struct store_token_facts){
		.revoked = found[0] > 0,
		.session_alive = sid.n == 0 || found[1] > 0,
		.client_active = found[2] > 0,
		.person_active = sub.n == 0 || found[3] > 0,
	};
	return OK;
}
