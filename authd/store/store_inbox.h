/*
 * store_inbox.h: what people are told in the portal (notify/inbox.h). Each has their STORE_INBOX_MOST newest messages
 * (some that come in the same moment may stand beyond that until the next, which takes out ten: who tells many people
 * in one transaction waits for none of them); one that they read more than a year ago goes as well (store_sweep.c).
 * What a message is about stands elsewhere, too: in its own row and in the log.
 */
#ifndef AUTHD_STORE_STORE_INBOX_H
#define AUTHD_STORE_STORE_INBOX_H

#include "authd/store/store.h"

#define STORE_INBOX_MOST    1000
#define STORE_INBOX_FEW     20
#define STORE_INBOX_KEEP_US (366 * DAY_US)

struct store_message {
	struct str message_id;
	struct str sub;
	struct str kind; /* inbox.h */
	struct str refs; /* JSON object */
	int64_t created_us;
	int64_t read_us; /* 0: not read */
};

struct store_message_list {
	struct store_message *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_message_list_clear(struct store_message_list *l);

/* The oldest of the person's go when there are too many. E_CONFLICT when the id is taken (ends the transaction). */
MUST_USE enum status store_inbox_add(struct store_tx *tx, const struct store_message *m);
/*
 * The same, unless STORE_INBOX_FEW of the kind wait unread whose refs have `names` in them: then nothing is added.
 */
MUST_USE enum status store_inbox_add_few(struct store_tx *tx, const struct store_message *m, struct str names);
/* Of one person, newest first. */
MUST_USE enum status
store_inbox_page(struct store *db, struct str sub, struct str cursor, int limit, struct store_message_list *out);
MUST_USE enum status store_inbox_unread(struct store *db, struct str sub, int64_t *count);
/* All of the person's that were there at now_us are read. */
MUST_USE enum status store_inbox_read(struct store *db, struct str sub, int64_t now_us);

#endif
