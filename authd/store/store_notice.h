/* store_notice.h: the exact texts of notices that people agreed to, for as long as a record names them. */
#ifndef AUTHD_STORE_STORE_NOTICE_H
#define AUTHD_STORE_STORE_NOTICE_H

#include "authd/store/store.h"

struct store_notice {
	struct str notice_id;
	int version;
	struct str lang;   /* "ru", "en" */
	struct str sha256; /* 64 lower-case hexadecimal digits, over body */
	struct str body;   /* UTF-8 */
	struct store_result *mem;
};

void store_notice_clear(struct store_notice *n);

/* Keeps it; the first text of a version stays, whatever comes later. */
MUST_USE enum status store_notice_keep(struct store_tx *tx, const struct store_notice *n);
/* E_NOT_FOUND: no record names it. */
MUST_USE enum status
store_notice_find(struct store *db, struct str notice_id, int version, struct str lang, struct store_notice *out);

#endif
