/*
 * workdays.h: terms in working days, by the calendar of the bundle: Monday to Friday without `holidays`, and the
 * Saturdays and Sundays of `workdays` (days that the government moved). Days are those of the organisation's own place:
 * its `zone`, else that of the bundle, else UTC.
 *
 * A term begins with the day behind the event and ends with the end of its last day (Civil Code of Russia, art. 191
 * and 194). Holidays that the bundle does not name make no term longer: whoever runs it writes them down each year.
 */
#ifndef AUTHD_POLICY_WORKDAYS_H
#define AUTHD_POLICY_WORKDAYS_H

#include "authd/policy/policy.h"

struct bundle;
struct conf_node;

#define WORKDAYS_NAMED_MOST 512 /* days that a bundle names, of each kind */
#define WORKDAYS_TERM_MOST  60

/* Inside, when the bundle's head is read: zone, holidays and workdays, each of which may be missing. E_INVALID, said.
 */
MUST_USE enum status workdays_load(struct bundle *b, const struct conf_node *zone, const struct conf_node *holidays,
				   const struct conf_node *workdays);
/* Inside: a zone that a bundle names. E_INVALID, said. */
MUST_USE enum status workdays_check_zone(struct bundle *b, const struct conf_node *zone);

/* Whether work is done on the day, counted from 1970-01-01. */
bool workdays_is(const struct policy *p, int64_t day);
/*
 * The end of the days-th working day after now_us, at the organisation's place (an unknown one: at the bundle's).
 * E_INVALID: more than WORKDAYS_TERM_MOST. E_SYSTEM: no calendar.
 */
MUST_USE enum status
workdays_end(const struct policy *p, struct str organisation, int64_t now_us, unsigned days, int64_t *due_us);

#endif
