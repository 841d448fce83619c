#include "authd/identity/snils.h"

#include <stdio.h>
#include <string.h>

#define UNCHECKED "001001998"

static const char card[] = "ddd-ddd-ddd dd";

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What stands where the card has a digit must be one, the rest must be as on the card. */
static bool
read_card(struct str said, char digits[SNILS_DIGITS + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < said.n; i++) {
		if (card[i] == 'd' ? !is_digit(said.p[i]) : said.p[i] != card[i])
			return false;
		if (card[i] == 'd')
			digits[n++] = said.p[i];
	}
	return true;
}

static bool
read_digits(struct str said, char digits[SNILS_DIGITS + 1])
{
	for (size_t i = 0; i < said.n; i++)
		if (!is_digit(said.p[i]))
			return false;
	memcpy(digits, said.p, SNILS_DIGITS);
	return true;
}

/* The sum of the first nine digits, each times its place from behind, modulo 101; 100 is written 00. */
static unsigned
check_of(const char digits[SNILS_DIGITS + 1])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 9; i++)
		sum += (unsigned)(digits[i] - '0') * (9 - i);
	return sum % 101 % 100;
}

enum status
snils_parse(struct str said, char digits[SNILS_DIGITS + 1])
{
	char read[SNILS_DIGITS + 1] = "";

	if (said.n == SNILS_TEXT ? !read_card(said, read) : said.n != SNILS_DIGITS || !read_digits(said, read))
		return E_INVALID;
	if (strncmp(read, UNCHECKED, strlen(UNCHECKED)) <= 0)
		return E_INVALID;
	if ((unsigned)(read[9] - '0') * 10 + (unsigned)(read[10] - '0') != check_of(read))
		return E_INVALID;
	memcpy(digits, read, sizeof(read));
	return OK;
}

void
snils_print(const char digits[SNILS_DIGITS + 1], char text[SNILS_TEXT + 1])
{
	snprintf(text, SNILS_TEXT + 1, "%.3s-%.3s-%.3s %.2s", digits, digits + 3, digits + 6, digits + 9);
}
