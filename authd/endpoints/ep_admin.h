/* ep_admin.h: what the administration's handlers share. Every change is an entry: who, what, and about whom. */
#ifndef AUTHD_ENDPOINTS_EP_ADMIN_H
#define AUTHD_ENDPOINTS_EP_ADMIN_H

#include "authd/audit/audit.h"
#include "authd/http/json.h"
#include "authd/request.h"

/* Answers with body (taken; NULL is E_NOMEM). */
MUST_USE enum status ep_admin_say(struct request *rq, int http, json_t *body);
/* Reads the JSON body; on anything but OK the problem is said already. */
MUST_USE enum status ep_admin_read(struct request *rq, json_t **root, struct json_why *why, struct json_in *in);
/* request_fail() with what a getter complained about. */
enum status ep_admin_bad(struct request *rq, enum status st, const struct json_why *why);
/* The query's limit (1..100, default 20) and cursor. */
MUST_USE enum status ep_admin_page(struct request *rq, int *limit, struct str *cursor);

/* The event of a change: the administrator in `by`, what was done as a fact. person may be NULL. */
struct audit_event
ep_admin_event(const struct request *rq, enum entry_event event, const char *what, const struct keys_person *person);
/* Reading other people's data is on record, too. */
MUST_USE enum status ep_admin_record_read(struct request *rq, const char *what, const struct keys_person *person);

#endif
