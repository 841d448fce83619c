/*
 * role.h: roles (`roles.yaml`) and separation of duty (`separation.yaml`, INCITS 359 static and dynamic).
 *
 * A role is a bit. A set of roles is a uint64_t; with inheritance already followed it is a closure. Whether somebody
 * may is then one AND.
 */
#ifndef AUTHD_POLICY_ROLE_H
#define AUTHD_POLICY_ROLE_H

#include "authd/policy/action.h"
#include "authd/policy/words.h"

#define ROLE_MOST            64
#define ROLE_ACR_MOST        3 /* assurance levels 0 (none known) .. 3 */
#define ROLE_SEPARATION_MOST 32
/* The longest emergency; a replay of the log calls a longer one unlawful (auditlog/tool/lawful.h). */
#define ROLE_BREAK_GLASS_MOST_US (INT64_C(86400) * 1000000)
#define ROLE_ZONE_MOST           64 /* groups of organisations in which roles may different things (scope.h) */

struct role {
	const char *id;
	struct words title;
	unsigned index;
	uint64_t bit;
	uint64_t closure; /* itself and everything it inherits */
	unsigned acr;     /* least assurance for what it may do; at least that of each inherited role */
	uint64_t desk;    /* 1 << action for each desk action of its own */
	/* Of break-glass; 0 when it has none. */
	int64_t break_glass_ttl_us, break_glass_per_us, break_glass_review_us;
	uint32_t break_glass_quota;
};

/* At most at_most of these roles may be held by one person (static) or be active in one request (dynamic). */
struct role_separation {
	uint64_t roles;
	unsigned at_most;
	bool dynamic;
};

/* An acr value of a token or request: "0" .. "3"; anything else, also an absent one, is level 0. */
unsigned role_acr_level(struct str acr);

#endif
