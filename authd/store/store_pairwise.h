/* store_pairwise.h: which person a pairwise subject stands for, within one organisation (oauth/subject.h). */
#ifndef AUTHD_STORE_STORE_PAIRWISE_H
#define AUTHD_STORE_STORE_PAIRWISE_H

#include "authd/store/store.h"

struct store_pairwise {
	struct str alias;
	struct str organisation;
	struct str sub;
	struct store_result *mem;
};

void store_pairwise_clear(struct store_pairwise *p);
/* Fine when it is there already. */
MUST_USE enum status store_pairwise_add(struct store *db, const struct store_pairwise *p);
/* E_NOT_FOUND, also for another organisation's. */
MUST_USE enum status
store_pairwise_find(struct store *db, struct str alias, struct str organisation, struct store_pairwise *out);

#endif
