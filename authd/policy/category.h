/* category.h: kinds of personal data (`categories.yaml`) and the statutes that may allow looking (`statutes.yaml`). */
#ifndef AUTHD_POLICY_CATEGORY_H
#define AUTHD_POLICY_CATEGORY_H

#include "authd/policy/action.h"
#include "authd/policy/words.h"

#define CATEGORY_MOST 64

struct category {
	const char *id;
	const char *dpv; /* full IRI */
	struct words title;
	bool special;                      /* 152-FZ art. 10: only by explicit consent or a statute */
	unsigned index;                    /* 0 .. CATEGORY_MOST - 1 */
	uint64_t roles[ACTION_DATA_COUNT]; /* per action: the roles that may do it for at least one purpose */
	uint64_t break_glass;              /* the same for looking in an emergency */
};

struct statute {
	const char *id; /* as cited in entries: 178-FZ-8 */
	struct words title;
	const char *url; /* empty when none */
};

#endif
