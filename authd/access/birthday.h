/*
 * birthday.h: when somebody comes of age, to the microsecond: the first instant of their 18th birthday in a time zone.
 * The zones are those of libicu (IANA names); nothing here depends on the machine's own zone, and nothing is shared
 * between threads.
 *
 * Who was born on 29 February comes of age on 1 March where the year has no 29th (a term of years whose last month
 * lacks the day ends with that month: Civil Code of Russia, art. 192(3)). Where the clocks skip midnight, the day
 * begins with the first instant that exists; where midnight comes twice, with the first.
 */
#ifndef AUTHD_ACCESS_BIRTHDAY_H
#define AUTHD_ACCESS_BIRTHDAY_H

#include "auditlog/base/str.h"

#define BIRTHDAY_OF_AGE 18

/*
 * born: "2008-11-22". zone: "Europe/Moscow". E_INVALID: no date, before 1900, or no such zone (an abbreviation or an
 * offset is none). E_SYSTEM.
 */
MUST_USE enum status birthday_of_age(struct str born, struct str zone, int64_t *us);
/* The first instant of a day. Statuses as above. */
MUST_USE enum status birthday_day_begins(struct str day, struct str zone, int64_t *us);
/* The local day of an instant, counted from 1970-01-01. Statuses as above. */
MUST_USE enum status birthday_day_at(int64_t us, struct str zone, int64_t *day);
/* A zone that those above take. */
bool birthday_zone_known(struct str zone);

#endif
