#include "authd/access/datefield.h"

#include <stdio.h>

#include "authd/access/birthday.h"

/* "12.09.2016"; that there are digits between the dots is for who knows the calendar to say. */
static enum status
turn(struct str s, struct datefield *out)
{
	struct str day, month, year = { 0 };

	if (!str_next(&s, '.', &day) || !str_next(&s, '.', &month) || !str_next(&s, '.', &year) || s.p != NULL)
		return E_INVALID;
	if (day.n < 1 || day.n > 2 || month.n < 1 || month.n > 2 || year.n != 4)
		return E_INVALID;
	snprintf(out->iso, sizeof(out->iso), "%.*s-%s%.*s-%s%.*s", STR_ARG(year), month.n == 1 ? "0" : "",
		 STR_ARG(month), day.n == 1 ? "0" : "", STR_ARG(day));
	return OK;
}

enum status
datefield_read(struct str typed, struct datefield *out)
{
	const struct str s = str_trim(typed);
	struct datefield read = { "" };
	int64_t us;

	out->iso[0] = '\0';
	if (s.n == 0)
		return OK;
	if (str_find_char(s, '.') < s.n)
		TRY(turn(s, &read));
	else if (s.n == DATEFIELD_LEN)
		snprintf(read.iso, sizeof(read.iso), "%.*s", STR_ARG(s));
	TRY(birthday_day_begins(str_of(read.iso), STR("UTC"), &us)); /* says whether the calendar has that day */
	*out = read;
	return OK;
}
