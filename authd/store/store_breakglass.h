/*
 * store_breakglass.h: emergencies. A row is one person, one category and one purpose, opened by one operator through
 * one service, and what its review found. It opens nothing before its log index is known.
 *
 * Suspended at a moment is whoever has a row that was to be reviewed by then and was not, or one that was judged
 * unjustified and not restored since. That is asked of the rows at that moment, not remembered: no upkeep has to run.
 */
#ifndef AUTHD_STORE_STORE_BREAKGLASS_H
#define AUTHD_STORE_STORE_BREAKGLASS_H

#include "authd/store/store.h"

struct store_breakglass {
	struct str id;
	struct str operator_id; /* pseudonym of who opened it */
	struct str organisation, service, role;
	struct str sub; /* empty: the person was erased */
	struct str category, purpose;
	struct str reason; /* code */
	struct str words;  /* sealed; p NULL: gone with the person */
	struct str ctag;
	int64_t opened_us, until_us, review_by_us;
	int64_t closed_us; /* 0: not before its end */
	struct str event_id;
	int64_t log_index;
	struct str verdict;      /* "justified", "unjustified"; p NULL: not reviewed */
	int64_t reviewed_us;     /* 0: not */
	struct str reviewer;     /* p NULL: nobody */
	struct str review_words; /* sealed; p NULL: none */
	int64_t suspended_us;    /* when upkeep said so in the log; 0: not */
	int64_t restored_us;     /* 0: not */
	struct store_result *mem;
};

struct store_breakglass_list {
	struct store_breakglass *items; /* their mem is NULL: the list's holds everything */
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_breakglass_clear(struct store_breakglass *b);
void store_breakglass_list_clear(struct store_breakglass_list *l);

/*
 * Opens one. Nobody else opens one for this operator before the transaction ends, so of N at once exactly as many pass
 * as are left. E_USED: the operator is suspended at opened_us; E_LIMITED: `quota` were opened after since_us;
 * E_CONFLICT: an equal one (operator, service, sub, category, purpose) is open. The transaction stays usable.
 */
MUST_USE enum status
store_breakglass_add(struct store_tx *tx, const struct store_breakglass *b, int64_t since_us, uint32_t quota);
/* E_NOT_FOUND. */
MUST_USE enum status store_breakglass_find(struct store *db, struct str id, struct store_breakglass *out);
/* The one that the entry at this index opened. */
MUST_USE enum status store_breakglass_by_index(struct store *db, int64_t log_index, struct store_breakglass *out);

/* What must be the same for an emergency to be used. */
struct store_breakglass_use {
	struct str operator_id, organisation, service, sub, category, purpose;
};

/*
 * The open one at now, in the log or still on its way (log_index). E_NOT_FOUND, also when the operator is suspended:
 * what was opened before gives nothing from that moment on.
 */
MUST_USE enum status store_breakglass_open(struct store *db, const struct store_breakglass_use *use, int64_t now_us,
					   struct store_breakglass *out);
MUST_USE enum status
store_breakglass_suspended(struct store *db, struct str operator_id, int64_t now_us, bool *suspended);
/* Ends an open one of this operator before its time. E_NOT_FOUND: not theirs, or over. */
MUST_USE enum status store_breakglass_close(struct store_tx *tx, struct str id, struct str operator_id, int64_t now_us);

/* E_USED: reviewed before; E_NOT_FOUND. words may have p NULL. */
MUST_USE enum status store_breakglass_review(struct store_tx *tx, struct str id, struct str verdict,
					     struct str reviewer, struct str words, int64_t now_us);
/* The right comes back. E_CONFLICT: this one suspends nobody, or no more. */
MUST_USE enum status store_breakglass_restore(struct store_tx *tx, struct str id, int64_t now_us);

/* Overdue ones about which the log does not say yet that their operator is suspended; oldest first. */
MUST_USE enum status
store_breakglass_overdue(struct store *db, int64_t now_us, int limit, struct store_breakglass_list *out);
/* Notes that the log says so. E_NOT_FOUND: another node did, or it was reviewed meanwhile. */
MUST_USE enum status store_breakglass_suspend(struct store_tx *tx, struct str id, int64_t now_us);

/* What a list asks for: empty means any. */
struct store_breakglass_filter {
	struct str organisation, operator_id;
	struct str state; /* "open", "waiting" (not reviewed), "overdue", "reviewed", "unjustified", or empty */
};
/* Newest first. */
MUST_USE enum status store_breakglass_page(struct store *db, const struct store_breakglass_filter *f, int64_t now_us,
					   struct str cursor, int limit, struct store_breakglass_list *out);

/* Of those opened in [from, until). */
struct store_breakglass_counts {
	int64_t opened, in_time, unjustified, waiting, late;
};
/* operator_id empty: of everybody. */
MUST_USE enum status store_breakglass_count(struct store *db, struct str operator_id, int64_t from_us, int64_t until_us,
					    int64_t now_us, struct store_breakglass_counts *out);

#endif
