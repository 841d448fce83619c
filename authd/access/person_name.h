/*
 * person_name.h: what people are called on the pages of others. Who holds a mandate with somebody sees their name; an
 * official who only has to recognise whom a row is about sees "Иванова А. П.", and of a child the year of birth.
 * Whoever calls this has the entry of that look durable before anything is shown (R1).
 */
#ifndef AUTHD_ACCESS_PERSON_NAME_H
#define AUTHD_ACCESS_PERSON_NAME_H

#include <jansson.h>

#include "auditlog/base/buf.h"

struct request;

/* As their profile has it, as a JSON string; "" of nobody, of who was erased, and of who gave none. NULL: no memory. */
json_t *person_name(struct request *rq, struct str sub);
/* The same masked. */
json_t *person_name_masked(struct request *rq, struct str sub);
/* The first word whole, of each other its first letter with a dot. */
void person_name_mask(struct str name, struct buf *out);
/* The year in which somebody was born who comes of age at that moment; 0 of nobody (0). */
int person_birth_year(int64_t majority_us);

#endif
