/*
 * store_contract.h: contracts between people and services. One is proposed by the service, counts when the person has
 * confirmed it and its entry is in the log, and ends when either says so or its term is over.
 *
 * A service proposes only so many in a day, whatever becomes of them, and one of a kind at a time. What was declined,
 * and what nobody answered within its term, goes a month later (store_sweep.c); what was in force stays.
 */
#ifndef AUTHD_STORE_STORE_CONTRACT_H
#define AUTHD_STORE_STORE_CONTRACT_H

#include "authd/store/store.h"

#define STORE_CONTRACTS_OF_PERSON  10   /* proposals of one service to one person in a day */
#define STORE_CONTRACTS_OF_SERVICE 1000 /* and to everybody */
#define STORE_CONTRACT_KEEP_US     (30 * DAY_US)

struct store_contract {
	struct str contract_id;
	struct str sub;
	struct str service;
	struct str organisation;
	struct str kind;    /* as a purpose of the policy names it */
	struct str details; /* sealed under the person's key; empty once they were erased */
	struct str state;   /* "proposed", "in_force", "declined", "ended" */
	int64_t from_us;
	int64_t until_us;
	struct str ctag;
	int64_t proposed_us;
	int64_t answered_us; /* 0: not yet */
	int64_t ended_us;    /* 0: not ended */
	struct str event_id; /* of the entry that registered it; empty before */
	int64_t log_index;
	struct str end_event_id; /* p NULL: none */
	int64_t end_index;
	struct store_result *mem;
};

struct store_contract_list {
	struct store_contract *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_contract_clear(struct store_contract *c);
void store_contract_list_clear(struct store_contract_list *l);

/*
 * A proposal, also to somebody who is not there: the members down to proposed_us. E_CONFLICT: one of the kind is
 * proposed or in force at proposed_us. E_LIMITED: too many in the day before, exactly, however many come at the same
 * moment.
 */
MUST_USE enum status store_contract_add(struct store_tx *tx, const struct store_contract *c);
/* sub or service empty: anybody's. E_NOT_FOUND. */
MUST_USE enum status
store_contract_find(struct store *db, struct str id, struct str sub, struct str service, struct store_contract *out);
/* state: "in_force" or "declined". E_USED: answered before, or its term is over. */
MUST_USE enum status store_contract_answer(struct store_tx *tx, struct str id, struct str sub, struct str state,
					   int64_t now_us, struct str event_id);
/* Effective at commit. E_USED: not in force, or not in the log yet. */
MUST_USE enum status store_contract_end(struct store_tx *tx, struct str id, int64_t now_us, struct str event_id);
/* Those that bind a person now, of whatever age; oldest first, what is in the log before what is not yet. */
MUST_USE enum status
store_contract_in_force(struct store *db, struct str sub, int limit, struct store_contract_list *out);
/* Newest first: a person's (sub), or else a service's. */
MUST_USE enum status store_contract_page(struct store *db, struct str sub, struct str service, struct str cursor,
					 int limit, struct store_contract_list *out);

#endif
