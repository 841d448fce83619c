/* store_request.h: a service's requests for consent. At most one equal request is open at a time. */
#ifndef AUTHD_STORE_STORE_REQUEST_H
#define AUTHD_STORE_STORE_REQUEST_H

#include "authd/store/store.h"

struct store_request {
	struct str request_id;
	struct str client_id;
	struct str service;
	struct str organisation;
	struct str sub;
	struct str purpose;
	int purpose_version;
	struct str categories; /* JSON array */
	struct str optional;   /* JSON array */
	int64_t until_us;      /* 0: as long as the policy allows */
	struct str return_to;  /* p NULL: none */
	struct str case_ref;   /* p NULL: none */
	struct str notice_id;
	int notice_version;
	struct str state; /* "requested", "given", "refused", "deferred", "expired" */
	int64_t created_us;
	int64_t expires_us;
	struct str record_id;   /* p NULL: not answered */
	struct str fingerprint; /* of what was asked, by whom, of whom */
	struct str event_id;
	struct str renews;     /* p NULL: nothing; else the record that a yes takes the place of */
	struct str recipients; /* JSON array, the service first; p NULL: the service alone */
	int64_t log_index;
	struct str leaf;     /* 32 bytes; p NULL until it is in the log */
	int64_t answered_us; /* 0: not answered */
	struct store_result *mem;
};

struct store_request_list {
	struct store_request *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_request_clear(struct store_request *r);
void store_request_list_clear(struct store_request_list *l);

/* Adds one in state "requested". E_CONFLICT when an equal one is open (the transaction stays usable): take that. */
MUST_USE enum status store_request_add(struct store_tx *tx, const struct store_request *r);
/* The open one of this fingerprint. E_NOT_FOUND. */
MUST_USE enum status
store_request_open(struct store *db, struct str fingerprint, int64_t now_us, struct store_request *out);
/* sub empty: anybody's. E_NOT_FOUND, also for somebody else's. Expired and answered ones are found: look at state and
 * expires_us. */
MUST_USE enum status
store_request_find(struct store *db, struct str request_id, struct str sub, struct store_request *out);
/* The person's answer ("given", "refused", "deferred"; record_id may be empty), once: a deferred one may be answered
 * later. E_NOT_FOUND: not theirs or not in the log yet; E_USED: answered; E_EXPIRED. */
MUST_USE enum status store_request_answer(struct store_tx *tx, struct str request_id, struct str sub, struct str state,
					  struct str record_id, int64_t now_us);
/* Open ones whose term was over at now_us, oldest first; then that one is ended. E_NOT_FOUND: answered meanwhile. */
MUST_USE enum status store_request_due(struct store *db, int64_t now_us, int limit, struct store_request_list *out);
MUST_USE enum status store_request_expire(struct store_tx *tx, struct str request_id, int64_t now_us);
/* Of one person, newest first: those that can be answered at now_us, put off ones too. */
MUST_USE enum status store_request_waiting(struct store *db, struct str sub, int64_t now_us, struct str cursor,
					   int limit, struct store_request_list *out);
/* Of one person, newest first; state empty: all. */
MUST_USE enum status store_request_page(struct store *db, struct str sub, struct str state, struct str cursor,
					int limit, struct store_request_list *out);

#endif
