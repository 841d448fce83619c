#include "auditlog/base/clock.h"

#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts); /* cannot fail for these two */
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

int64_t
clock_now_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct date {
	int64_t year;
	unsigned month, day; /* from 1 */
};

/*
 * Days since 1970-01-01, both ways, in the proleptic Gregorian calendar. Years are counted from March, so that the leap
 * day is the last of its year, and in eras of 400 years, which all have 146,097 days.
 */
static int64_t
days_of(struct date d)
{
	int64_t y = d.month <= 2 ? d.year - 1 : d.year;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (int64_t)(d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + (int64_t)d.day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct date
date_of(int64_t days)
{
	int64_t z = days + 719468, era = z / 146097, of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
	struct date d = { .year = y + era * 400 };

	d.day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
	d.month = (unsigned)(m < 10 ? m + 3 : m - 9);
	d.year += d.month <= 2 ? 1 : 0;
	return d;
}

static unsigned
days_in_month(int64_t year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* Keeps what we print within four-digit years, whatever we are handed. */
static int64_t
clamp(int64_t us)
{
	const int64_t last = INT64_C(253402300800) * SECOND_US - 1; /* 9999-12-31T23:59:59.999999Z */

	return us < 0 ? 0 : us > last ? last : us;
}

/* `width` decimal digits of v. No printf here: every log entry and every log line passes by. */
static char *
put_digits(char *to, int64_t v, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		to[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return to + width;
}

static void
put_time(struct buf *out, int64_t us, bool fraction)
{
	struct date d;
	char text[CLOCK_RFC3339_LEN];
	char *p = text;
	int64_t second;

	us = clamp(us);
	d = date_of(us / DAY_US);
	second = us / SECOND_US % 86400;
	p = put_digits(p, d.year, 4);
	*p++ = '-';
	p = put_digits(p, d.month, 2);
	*p++ = '-';
	p = put_digits(p, d.day, 2);
	*p++ = 'T';
	p = put_digits(p, second / 3600, 2);
	*p++ = ':';
	p = put_digits(p, second / 60 % 60, 2);
	*p++ = ':';
	p = put_digits(p, second % 60, 2);
	if (fraction) {
		*p++ = '.';
		p = put_digits(p, us % SECOND_US, 6);
	}
	*p++ = 'Z';
	buf_put_bytes(out, text, (size_t)(p - text));
}

void
clock_put_rfc3339(struct buf *out, int64_t us)
{
	put_time(out, us, true);
}

void
clock_put_rfc3339_seconds(struct buf *out, int64_t us)
{
	put_time(out, us, false);
}

void
clock_put_month(struct buf *out, int64_t us)
{
	struct date d = date_of(clamp(us) / DAY_US);

	buf_printf(out, "%04d-%02u", (int)d.year, d.month);
}

/* Exactly `width` digits from the front. */
static enum status
get_digits(struct str *in, size_t width, int64_t *out)
{
	int64_t v = 0;

	if (in->n < width)
		return E_INVALID;
	for (size_t i = 0; i < width; i++) {
		if (in->p[i] < '0' || in->p[i] > '9')
			return E_INVALID;
		v = v * 10 + (in->p[i] - '0');
	}
	*in = str_slice(*in, width, in->n);
	*out = v;
	return OK;
}

static enum status
get_char(struct str *in, char c)
{
	if (in->n == 0 || in->p[0] != c)
		return E_INVALID;
	*in = str_slice(*in, 1, in->n);
	return OK;
}

static enum status
get_date(struct str *in, int64_t *days)
{
	int64_t year, month, day;

	TRY(get_digits(in, 4, &year));
	TRY(get_char(in, '-'));
	TRY(get_digits(in, 2, &month));
	TRY(get_char(in, '-'));
	TRY(get_digits(in, 2, &day));
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > (int64_t)days_in_month(year, (unsigned)month))
		return E_INVALID;
	*days = days_of((struct date){ year, (unsigned)month, (unsigned)day });
	return OK;
}

/* hh:mm:ss with up to nine digits of fraction, of which six count. */
static enum status
get_time_of_day(struct str *in, int64_t *us)
{
	int64_t hour, minute, second, digit, part = 0, unit = SECOND_US / 10;
	size_t digits = 0;

	TRY(get_digits(in, 2, &hour));
	TRY(get_char(in, ':'));
	TRY(get_digits(in, 2, &minute));
	TRY(get_char(in, ':'));
	TRY(get_digits(in, 2, &second));
	if (hour > 23 || minute > 59 || second > 59) /* no leap second: POSIX time has none either */
		return E_INVALID;
	if (get_char(in, '.') == OK) {
		while (get_digits(in, 1, &digit) == OK) {
			if (++digits > 9)
				return E_INVALID;
			part += digit * unit;
			unit /= 10;
		}
		if (digits == 0)
			return E_INVALID;
	}
	*us = (hour * 3600 + minute * 60 + second) * SECOND_US + part;
	return OK;
}

static enum status
get_offset(struct str *in, int64_t *us)
{
	int64_t sign, hour, minute;

	*us = 0;
	if (get_char(in, 'Z') == OK)
		return OK;
	if (get_char(in, '+') == OK)
		sign = 1;
	else if (get_char(in, '-') == OK)
		sign = -1;
	else
		return E_INVALID;
	TRY(get_digits(in, 2, &hour));
	TRY(get_char(in, ':'));
	TRY(get_digits(in, 2, &minute));
	if (hour > 23 || minute > 59)
		return E_INVALID;
	*us = sign * (hour * 60 + minute) * 60 * SECOND_US;
	return OK;
}

enum status
clock_parse_rfc3339(struct str text, int64_t *us)
{
	int64_t days, time_of_day = 0, offset = 0, t;

	TRY(get_date(&text, &days));
	if (text.n > 0) {
		TRY(get_char(&text, 'T'));
		TRY(get_time_of_day(&text, &time_of_day));
		TRY(get_offset(&text, &offset));
	}
	t = days * DAY_US + time_of_day - offset;
	if (text.n != 0 || t != clamp(t))
		return E_INVALID;
	*us = t;
	return OK;
}

/* The units in the order in which they may appear, each at most once; those behind T are the time's. */
static const struct unit {
	char letter;
	bool time;
	int64_t us;
} units[] = {
	{ 'Y', false, 365 * DAY_US }, { 'M', false, 30 * DAY_US },     { 'W', false, 7 * DAY_US },
	{ 'D', false, DAY_US },       { 'H', true, 3600 * SECOND_US }, { 'M', true, 60 * SECOND_US },
	{ 'S', true, SECOND_US },
};

/* One "nX": a number of at most nine digits and a unit not before *next in the table. */
static enum status
get_part(struct str *in, bool time, size_t *next, int64_t *total)
{
	int64_t n = 0, digit;
	size_t digits = 0;

	while (get_digits(in, 1, &digit) == OK) {
		n = n * 10 + digit;
		if (++digits > 9)
			return E_INVALID;
	}
	if (digits == 0 || in->n == 0)
		return E_INVALID;
	for (; *next < ARRAY_LEN(units); (*next)++) {
		const struct unit *u = &units[*next];

		if (u->time != time || u->letter != in->p[0])
			continue;
		if (n > 100 * 365 * DAY_US / u->us)
			return E_INVALID;
		*total += n * u->us;
		*in = str_slice(*in, 1, in->n);
		(*next)++;
		return OK;
	}
	return E_INVALID;
}

enum status
clock_parse_duration(struct str text, int64_t *us)
{
	int64_t total = 0;
	size_t next = 0;
	bool time = false;

	TRY(get_char(&text, 'P'));
	do {
		if (!time && get_char(&text, 'T') == OK)
			time = true;
		TRY(get_part(&text, time, &next, &total));
	} while (text.n > 0);
	if (total > 100 * 365 * DAY_US)
		return E_INVALID;
	*us = total;
	return OK;
}
