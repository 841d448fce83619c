#include "authd/access/birthday.h"

#include <string.h>
#include <unicode/ucal.h>

#include "auditlog/base/clock.h"

#define ZONE_MOST  64
#define YEAR_LEAST 1900
#define YEAR_MOST  9000

struct date {
	int year, month, day; /* month and day from 1 */
};

/* ---- dates ---- */

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int
digits(struct str s, size_t at, size_t n)
{
	int value = 0;

	for (size_t i = at; i < at + n; i++)
		value = value * 10 + (s.p[i] - '0');
	return value;
}

static enum status
parse(struct str s, struct date *out)
{
	static const char shape[] = "dddd-dd-dd";

	if (s.n != sizeof(shape) - 1)
		return E_INVALID;
	for (size_t i = 0; i < s.n; i++)
		if (shape[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != shape[i])
			return E_INVALID;
	*out = (struct date){ digits(s, 0, 4), digits(s, 5, 2), digits(s, 8, 2) };
	if (out->year < YEAR_LEAST || out->year > YEAR_MOST || out->month < 1 || out->month > 12 || out->day < 1 ||
	    out->day > days_in(out->year, out->month))
		return E_INVALID;
	return OK;
}

/* ---- zones ---- */

/* UTF-16 of a name in ASCII. E_INVALID for any other. */
static enum status
widen(struct str zone, UChar out[ZONE_MOST + 1])
{
	if (zone.n == 0 || zone.n > ZONE_MOST)
		return E_INVALID;
	for (size_t i = 0; i < zone.n; i++) {
		if (zone.p[i] <= ' ' || zone.p[i] > '~')
			return E_INVALID;
		out[i] = (UChar)zone.p[i];
	}
	out[zone.n] = 0;
	return OK;
}

/* Canonical IANA names have a region: "MSK", "GMT+3" and the like say an offset of today, and not a place's law. */
static bool
is_region(struct str zone)
{
	return str_is(zone, "UTC") || (str_find_char(zone, '/') < zone.n && !str_starts(zone, STR("Etc/")));
}

static enum status
find_zone(struct str zone, UChar name[ZONE_MOST + 1])
{
	UChar canonical[ZONE_MOST + 1];
	UBool is_system = 0;
	UErrorCode err = U_ZERO_ERROR;

	if (!is_region(zone))
		return E_INVALID;
	TRY(widen(zone, name));
	ucal_getCanonicalTimeZoneID(name, -1, canonical, ZONE_MOST + 1, &is_system, &err);
	return U_SUCCESS(err) && is_system ? OK : E_INVALID;
}

bool
birthday_zone_known(struct str zone)
{
	UChar name[ZONE_MOST + 1];

	return find_zone(zone, name) == OK;
}

/* ---- the instant ---- */

static void
set_midnight(UCalendar *cal, const struct date *d, UErrorCode *err)
{
	/* Gregorian from the beginning: no date here is older than 1900. */
	ucal_setAttribute(cal, UCAL_SKIPPED_WALL_TIME, UCAL_WALLTIME_NEXT_VALID);
	ucal_setAttribute(cal, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
	ucal_clear(cal);
	ucal_setDateTime(cal, d->year, d->month - 1, d->day, 0, 0, 0, err);
	ucal_set(cal, UCAL_MILLISECOND, 0);
}

static enum status
first_instant(const struct date *d, struct str zone, int64_t *us)
{
	UChar name[ZONE_MOST + 1];
	UErrorCode err = U_ZERO_ERROR;
	UCalendar *cal;
	double ms = 0;

	TRY(find_zone(zone, name));
	cal = ucal_open(name, -1, "en_US_POSIX", UCAL_GREGORIAN, &err);
	if (U_FAILURE(err) || cal == NULL)
		return E_SYSTEM;
	set_midnight(cal, d, &err);
	ms = ucal_getMillis(cal, &err);
	ucal_close(cal);
	if (U_FAILURE(err))
		return E_SYSTEM;
	*us = (int64_t)ms * (SECOND_US / 1000);
	return OK;
}

enum status
birthday_of_age(struct str born, struct str zone, int64_t *us)
{
	struct date d;

	TRY(parse(born, &d));
	d.year += BIRTHDAY_OF_AGE;
	if (d.day > days_in(d.year, d.month)) /* 29 February in a year without one */
		d = (struct date){ d.year, 3, 1 };
	return first_instant(&d, zone, us);
}

enum status
birthday_day_begins(struct str day, struct str zone, int64_t *us)
{
	struct date d;

	TRY(parse(day, &d));
	return first_instant(&d, zone, us);
}

enum status
birthday_day_at(int64_t us, struct str zone, int64_t *day)
{
	UChar name[ZONE_MOST + 1];
	UErrorCode err = U_ZERO_ERROR;
	UCalendar *cal;
	int64_t offset_ms = 0;

	TRY(find_zone(zone, name));
	cal = ucal_open(name, -1, "en_US_POSIX", UCAL_GREGORIAN, &err);
	if (U_FAILURE(err) || cal == NULL)
		return E_SYSTEM;
	ucal_setMillis(cal, (double)(us / (SECOND_US / 1000)), &err);
	offset_ms = (int64_t)ucal_get(cal, UCAL_ZONE_OFFSET, &err) + ucal_get(cal, UCAL_DST_OFFSET, &err);
	ucal_close(cal);
	if (U_FAILURE(err))
		return E_SYSTEM;
	us += offset_ms * (SECOND_US / 1000);
	*day = us / DAY_US - (us % DAY_US < 0);
	return OK;
}
