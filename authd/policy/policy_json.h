/* policy_json.h: the canonical JSON of a bundle, and its hash. */
#ifndef AUTHD_POLICY_POLICY_JSON_H
#define AUTHD_POLICY_POLICY_JSON_H

#include "authd/policy/policy_data.h"

#define POLICY_JSON_MOST ((size_t)64 << 20)

/*
 * Fills p->json and p->hash from the files and notices: {"categories":[…],…,"notices":{"ntc_x/1":{"en":"<sha256>",…}},
 * "tests/<file>":[…]}. Scalars are strings as they stand in the files, member names are sorted, lists keep their order.
 */
MUST_USE enum status policy_json_seal(struct policy *p);

#endif
