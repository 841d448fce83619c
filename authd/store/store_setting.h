/* store_setting.h: small values that the nodes of one database share. */
#ifndef AUTHD_STORE_STORE_SETTING_H
#define AUTHD_STORE_STORE_SETTING_H

#include "authd/store/store.h"

struct store_setting {
	struct str name;
	struct str value;
	struct store_result *mem;
};

void store_setting_clear(struct store_setting *s);

/* E_NOT_FOUND. */
MUST_USE enum status store_setting_find(struct store *db, struct str name, struct store_setting *out);
/* Sets or replaces. */
MUST_USE enum status store_setting_set(struct store *db, struct str name, struct str value);
/* Sets unless it is there; *out is what is there afterwards, so that racing nodes agree. */
MUST_USE enum status
store_setting_first(struct store *db, struct str name, struct str value, struct store_setting *out);

#endif
