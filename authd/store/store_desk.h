/*
 * store_desk.h: the desk's rows: cases that operators opened, and what was prepared for a person's confirmation.
 *
 * That an operator never finishes alone is in the statements and in constraints of the table, whoever calls them: an
 * offer that waits for a code is confirmed with a number of the person's own list, which the operator has not printed;
 * one on paper by another person of the same organisation; neither is ever the person whom it is about.
 */
#ifndef AUTHD_STORE_STORE_DESK_H
#define AUTHD_STORE_STORE_DESK_H

#include "authd/store/store.h"

#define STORE_DESK_TRIES 3 /* codes that one offer takes */

struct store_desk_case {
	struct str case_id;
	struct str sub; /* whom it is about */
	struct str operator_sub;
	struct str organisation;
	struct str sid;
	struct str channel; /* "office", "phone" */
	int64_t opened_us;
	int64_t expires_us;
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

struct store_desk_offer {
	struct str offer_id;
	struct str case_id;
	struct str sub; /* "" of an account that is not there yet */
	struct str operator_sub;
	struct str operator_id; /* pseudonym */
	struct str organisation;
	struct str role;
	struct str action; /* "give", "refuse", "defer", "withdraw", "see", "question", "complaint", "codes", "account",
			    * "contract", "contract_no" */
	struct str channel;  /* "office", "phone" */
	struct str way;      /* "code", "paper" */
	struct str content;  /* sealed: what was read out */
	struct str digest;   /* SHA-256 of it: what is confirmed */
	struct str list_id;  /* "" with paper */
	int64_t code_number; /* 0 with paper */
	int64_t created_us;
	int64_t expires_us;
	struct str event_id;
	int64_t log_index;
	int tries;
	struct str state;      /* "prepared", "confirmed", "done", "refused" */
	struct str second_sub; /* p NULL: nobody */
	struct str second;     /* pseudonym; p NULL: nobody */
	int64_t confirmed_us;
	struct str result; /* of a done one: the id of what came of it */
	struct store_result *mem;
};

struct store_desk_offer_list {
	struct store_desk_offer *items;
	size_t count;
	struct store_result *mem;
};

void store_desk_case_clear(struct store_desk_case *c);
void store_desk_offer_clear(struct store_desk_offer *o);
void store_desk_offer_list_clear(struct store_desk_offer_list *l);

/* E_INVALID when operator and person are one. Counts with its log index only. */
MUST_USE enum status store_desk_case_add(struct store_tx *tx, const struct store_desk_case *c);
/* A live case of this operator in this session. E_NOT_FOUND for every other. */
MUST_USE enum status store_desk_case_find(struct store *db, struct str case_id, struct str operator_sub, struct str sid,
					  int64_t now_us, struct store_desk_case *out);

/* In state "prepared"; counts with its log index only. E_INVALID when a constraint refuses it. */
MUST_USE enum status store_desk_offer_add(struct store_tx *tx, const struct store_desk_offer *o);
/* Of this organisation, whatever became of it. E_NOT_FOUND. */
MUST_USE enum status
store_desk_offer_find(struct store *db, struct str offer_id, struct str organisation, struct store_desk_offer *out);
/* What waits for a second operator of this organisation, oldest first. */
MUST_USE enum status store_desk_offer_queue(struct store *db, struct str organisation, int64_t now_us, int limit,
					    struct store_desk_offer_list *out);
/* Counts a try before the code is looked at. E_USED: no try is left, or it waits for no code of this operator. */
MUST_USE enum status
store_desk_offer_try(struct store *db, struct str offer_id, struct str operator_sub, int64_t now_us);
/* The person's code was right. Once: E_USED when it was confirmed, refused, is over, or is not this text. */
MUST_USE enum status store_desk_offer_by_code(struct store_tx *tx, struct str offer_id, struct str operator_sub,
					      struct str digest, int64_t now_us);
/* A second operator says that the signed paper is there. E_USED as above, and when they may not be the second. */
MUST_USE enum status
store_desk_offer_by_second(struct store_tx *tx, const struct store_desk_offer *o, struct str second_sub,
			   struct str second, struct str organisation, int64_t now_us);
/* E_USED when it waits no longer. */
MUST_USE enum status store_desk_offer_refuse(struct store_tx *tx, struct str offer_id, struct str organisation);
/* Nothing that was prepared for a person is confirmed any more, and no case of theirs is open. */
MUST_USE enum status store_desk_end_all(struct store_tx *tx, struct str sub, int64_t now_us);
/* What was confirmed was carried out. sub: the offer's, or that of the account that was made. E_USED. */
MUST_USE enum status store_desk_offer_done(struct store *db, struct str offer_id, struct str sub, struct str result);

/* The duty that a session took up: the first one stays. *role: at most 64 bytes with NUL; "" when there is none. */
MUST_USE enum status store_desk_duty_take(struct store *db, struct str sid, struct str role);
MUST_USE enum status store_desk_duty_of(struct store *db, struct str sid, char role[64]);

/* Counts one more of `what` by or about `who` in this window. E_LIMITED when there were `most`. */
MUST_USE enum status
store_desk_use_take(struct store *db, struct str who, struct str what, int64_t window_us, int most);
/* One that was taken in this window did not happen after all. */
MUST_USE enum status store_desk_use_give_back(struct store *db, struct str who, struct str what, int64_t window_us);

#endif
