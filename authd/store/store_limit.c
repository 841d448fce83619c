#include "authd/store/store_limit.h"

#include "authd/store/store_driver.h"

static enum status
take(struct store *db, const struct store_limit *l, int64_t most, int64_t *count)
{
	if (l->record_id.n > 0)
		return store_fetch_int(db, SQL_LIMIT_TAKE,
				       STORE_ARGS(store_text(l->record_id), store_int(l->window_start_us),
						  store_int(l->window_end_us), store_int(most)),
				       count);
	return store_fetch_int(db, SQL_PURPOSE_USE_TAKE,
			       STORE_ARGS(store_text(l->sub), store_text(l->service), store_text(l->purpose),
					  store_int(l->window_start_us), store_int(l->window_end_us), store_int(most)),
			       count);
}

enum status
store_limit_take(struct store *db, const struct store_limit *l, int64_t most, int64_t *used)
{
	int64_t count = 0;
	enum status st;

	/* The statement inserts a first use unasked. */
	if (most < 1)
		return E_LIMITED;
	st = take(db, l, most, &count);
	if (st != OK)
		return st == E_NOT_FOUND ? E_LIMITED : st;
	if (used)
		*used = count;
	return OK;
}

enum status
store_limit_give_back(struct store *db, const struct store_limit *l)
{
	if (l->record_id.n > 0)
		return store_run(db, SQL_LIMIT_GIVE_BACK,
				 STORE_ARGS(store_text(l->record_id), store_int(l->window_start_us)), NULL);
	return store_run(db, SQL_PURPOSE_USE_GIVE_BACK,
			 STORE_ARGS(store_text(l->sub), store_text(l->service), store_text(l->purpose),
				    store_int(l->window_start_us)),
			 NULL);
}

static enum status
count_of(struct store *db, const struct store_limit *l, int64_t *count)
{
	if (l->record_id.n > 0)
		return store_fetch_int(db, SQL_LIMIT_USED,
				       STORE_ARGS(store_text(l->record_id), store_int(l->window_start_us)), count);
	return store_fetch_int(db, SQL_PURPOSE_USE_USED,
			       STORE_ARGS(store_text(l->sub), store_text(l->service), store_text(l->purpose),
					  store_int(l->window_start_us)),
			       count);
}

enum status
store_limit_used(struct store *db, const struct store_limit *l, int64_t *used)
{
	int64_t count = 0;
	enum status st = count_of(db, l, &count);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	*used = count;
	return OK;
}
