/*
 * scope.h: where a permission or a purpose holds: in some regions, in some organisations, or everywhere.
 *
 * The region that counts is that of the organisation that asks, never the person's: it stands in the bundle, so that a
 * decision needs no further fact, can be replayed from the log, and does not differ by where somebody lives.
 *
 * Resolved when the bundle is loaded. Every organisation stands in a zone (the set of scopes that cover it), and a rule
 * with limited permissions has its sets of roles once for each zone: the decision picks one by its number.
 */
#ifndef AUTHD_POLICY_SCOPE_H
#define AUTHD_POLICY_SCOPE_H

#include "authd/policy/bundle.h"

/* Both NULL: everywhere. With both, an organisation counts that either one names. */
struct scope {
	const struct conf_node *regions;       /* ISO 3166-2: RU (and all that is in it), RU-SPE */
	const struct conf_node *organisations; /* ids */
};

/* "RU" or "RU-SPE". */
MUST_USE enum status scope_check_region(struct bundle *b, const struct conf_node *region);
/* The names are well-formed and known, and every region has an organisation: a scope that covers nothing is a mistake.
 */
MUST_USE enum status scope_check(struct bundle *b, const struct scope *s);
/* The region itself or, for a country, any of its parts; NULL is in none. */
bool scope_region_in(const char *region, struct str wanted);
bool scope_covers(const struct scope *s, const struct organisation *o);
/*
 * The number of this scope, -1 for everywhere; marks the organisations that it covers. At most SCOPE_MOST of them that
 * are limited.
 */
MUST_USE enum status scope_number(struct bundle *b, const struct scope *s, int *number);
/* When every permission is read: gives the organisations their zones and each rule its sets of roles. */
MUST_USE enum status scope_resolve(struct bundle *b);

#define SCOPE_MOST 64

#endif
