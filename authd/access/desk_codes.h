/*
 * desk_codes.h: giving out a list of paper codes (hotp_key.h): 30 numbered codes, shown once, to be printed. The list
 * before is good for nothing from then on. The person can do it for themselves; at an office the second operator does,
 * who then has seen the codes and can prepare nothing that is confirmed with them (store_desk_codes.h).
 */
#ifndef AUTHD_ACCESS_DESK_CODES_H
#define AUTHD_ACCESS_DESK_CODES_H

#include "authd/access/desk.h"

#define DESK_CODES_SIZE 30

/* o: who gives it out; NULL: the person themselves. *codes: as keys_hotp_new() gives them. */
MUST_USE enum status
desk_codes_issue(struct request *rq, const struct officer *o, const struct store_person *person, struct secret *codes);
/* For pages: [{number, code}], the code in two halves. The caller owns it, and it holds secrets. */
json_t *desk_codes_list(const struct secret *codes);

#endif
