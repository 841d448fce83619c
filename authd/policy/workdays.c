#include "authd/policy/workdays.h"

#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "authd/access/birthday.h"
#include "authd/policy/bundle.h"
#include "authd/policy/policy_data.h"

#define DAY_HINT "write dates like 2026-11-04"
/* More than any row of days without work: a year of it is a mistake of the bundle. */
#define LOOKED_AT_MOST (WORKDAYS_TERM_MOST * 7 + 366)

/* ---- loading ---- */

static int
by_day(const void *a, const void *b)
{
	const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static enum status
read_days(struct bundle *b, const struct conf_node *list, struct policy_days *out)
{
	const size_t n = list != NULL ? conf_count(list) : 0;
	void *days = NULL;
	int64_t us;

	TRY(bundle_scalars(b, list, "day"));
	if (n > WORKDAYS_NAMED_MOST)
		return conf_refuse(list, b->err, "remove past years", "more than %d days", WORKDAYS_NAMED_MOST);
	TRY(arena_array(&b->policy->arena, n, sizeof(*out->days), &days));
	out->days = days;
	for (size_t i = 0; i < n; i++) {
		if (birthday_day_begins(conf_text(conf_at(list, i)), STR("UTC"), &us) != OK)
			return conf_refuse(conf_at(list, i), b->err, DAY_HINT, "this is no day");
		out->days[out->n++] = us / DAY_US;
	}
	if (n > 0)
		qsort(out->days, n, sizeof(*out->days), by_day);
	return OK;
}

enum status
workdays_check_zone(struct bundle *b, const struct conf_node *zone)
{
	if (conf_kind(zone) != CONF_SCALAR || !birthday_zone_known(conf_text(zone)))
		return conf_refuse(zone, b->err, "write it like Europe/Moscow", "this is no time zone");
	return OK;
}

enum status
workdays_load(struct bundle *b, const struct conf_node *zone, const struct conf_node *holidays,
	      const struct conf_node *workdays)
{
	if (zone != NULL)
		TRY(workdays_check_zone(b, zone));
	b->policy->zone = zone != NULL ? conf_text(zone).p : "UTC";
	TRY(read_days(b, holidays, &b->policy->holidays));
	return read_days(b, workdays, &b->policy->workdays);
}

/* ---- reckoning ---- */

static bool
is_named(const struct policy_days *d, int64_t day)
{
	return d->n > 0 && bsearch(&day, d->days, d->n, sizeof(*d->days), by_day) != NULL;
}

/* 1970-01-01 was a Thursday. */
static bool
is_weekday(int64_t day)
{
	return (day + 3) % 7 < 5;
}

bool
workdays_is(const struct policy *p, int64_t day)
{
	return is_named(&p->workdays, day) || (is_weekday(day) && !is_named(&p->holidays, day));
}

static struct str
zone_of(const struct policy *p, struct str organisation)
{
	const struct organisation *o = policy_organisation(p, organisation);

	return str_of(o != NULL && o->zone_name != NULL ? o->zone_name : p->zone);
}

enum status
workdays_end(const struct policy *p, struct str organisation, int64_t now_us, unsigned days, int64_t *due_us)
{
	const struct str zone = zone_of(p, organisation);
	CLEANUP(buf_clear) struct buf next = BUF(32);
	int64_t day = 0;

	if (days > WORKDAYS_TERM_MOST)
		return E_INVALID;
	TRY(birthday_day_at(now_us, zone, &day));
	for (unsigned done = 0, looked_at = 0; done < days && looked_at < LOOKED_AT_MOST; looked_at++)
		done += workdays_is(p, ++day);
	clock_put_rfc3339(&next, (day + 1) * DAY_US);
	TRY(buf_status(&next));
	return birthday_day_begins(str_slice(buf_str(&next), 0, sizeof("2026-11-04") - 1), zone, due_us);
}
