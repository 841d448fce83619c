/*
 * snils.h: the insurance number of an individual personal account (SNILS), as people and services write it. Pure.
 * Whoever has one has it for life, so it is never stored or logged in clear: access/bynumber.h.
 */
#ifndef AUTHD_IDENTITY_SNILS_H
#define AUTHD_IDENTITY_SNILS_H

#include "auditlog/base/str.h"

#define SNILS_DIGITS 11
/* "123-456-789 00" */
#define SNILS_TEXT 14

/*
 * Takes "123-456-789 00" and "12345678900" and gives the digits. E_INVALID: another form, or wrong check digits.
 * Numbers up to 001-001-998, which have no check digits, were never given to anybody.
 */
MUST_USE enum status snils_parse(struct str said, char digits[SNILS_DIGITS + 1]);
/* The digits as they are printed on the card. */
void snils_print(const char digits[SNILS_DIGITS + 1], char text[SNILS_TEXT + 1]);

#endif
