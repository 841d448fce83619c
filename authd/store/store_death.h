/*
 * store_death.h: what offices say about deaths (access/death.h). Each row is the word of one official that waits for
 * another's: that somebody died, or that a registered death is taken back. A person is dead while a row of kind "death"
 * is "confirmed"; every query that asks whether somebody is there, asks for that.
 *
 * That two different officials say so, that one proposal about a person is open and one death stands at a time, is in
 * constraints of the table, whoever calls these.
 */
#ifndef AUTHD_STORE_STORE_DEATH_H
#define AUTHD_STORE_STORE_DEATH_H

#include "authd/store/store.h"

struct store_death {
	struct str death_id; /* "dth_…" */
	struct str sub;
	struct str kind;         /* "death", "undo" */
	struct str state;        /* "proposed", "contested", "declined", "confirmed"; of a death also "undone" */
	struct str undoes;       /* of an undo: the death's id; p NULL */
	struct str organisation; /* whose officials say so */
	struct str operator_id;  /* who proposed: a pseudonym */
	struct str confirmer;    /* who confirmed or declined; p NULL: nobody yet */
	struct str document;     /* sealed under the person's key; p NULL: erased */
	struct str digest;       /* SHA-256 of the sealed document, 64 hexadecimal digits: as in the entries */
	int person_status;       /* STORE_PERSON_… before */
	int64_t proposed_us;
	int64_t decided_us;          /* 0: it waits */
	struct str event_id;         /* of the proposal */
	int64_t log_index;           /* likewise */
	struct str decided_event_id; /* of what became of it; p NULL: it waits */
	int64_t decided_index;
	struct store_result *mem;
};

struct store_death_list {
	struct store_death *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_death_clear(struct store_death *d);
void store_death_list_clear(struct store_death_list *l);

/* In state "proposed". E_CONFLICT: one about this person is open (ends the transaction). */
MUST_USE enum status store_death_add(struct store_tx *tx, const struct store_death *d);
/* E_NOT_FOUND. */
MUST_USE enum status store_death_find(struct store *db, struct str death_id, struct store_death *out);
/* The open proposal about a person. E_NOT_FOUND. */
MUST_USE enum status store_death_open(struct store *db, struct str sub, struct store_death *out);
/* The death that stands: the person is dead. E_NOT_FOUND: alive, as far as anybody said. */
MUST_USE enum status store_death_stands(struct store *db, struct str sub, struct store_death *out);
/* The newest row about a person that has this state. E_NOT_FOUND. */
MUST_USE enum status store_death_latest(struct store *db, struct str sub, struct str state, struct store_death *out);
/* What waits for a second official of this organisation, by id. */
MUST_USE enum status
store_death_page(struct store *db, struct str organisation, struct str cursor, int limit, struct store_death_list *out);
/*
 * The open one becomes "confirmed", "declined" or "contested"; who: the official's pseudonym, empty: the person. Only
 * what is in the log and older than before_us is confirmed. E_NOT_FOUND: it does not wait for that, or who proposed it
 * would confirm it.
 */
MUST_USE enum status store_death_decide(struct store_tx *tx, struct str death_id, struct str state, struct str who,
					int64_t before_us, int64_t now_us, struct str event_id);
/* What stood is taken back: "undone". E_NOT_FOUND: it does not stand. */
MUST_USE enum status store_death_undo(struct store_tx *tx, struct str death_id);
/* That it stands until this transaction ends. E_NOT_FOUND: it was taken back. */
MUST_USE enum status store_death_hold(struct store_tx *tx, struct str death_id);
/* Deaths of which not everything was ended, or that were taken back and not all heirs with them; oldest first. */
MUST_USE enum status store_death_unsettled(struct store *db, int limit, struct store_death_list *out);
/* Everything has ended. */
MUST_USE enum status store_death_settle(struct store *db, struct str death_id, int64_t now_us);
/*
 * Whether the two ever were representative and represented, or one may still become it: also what was only proposed,
 * and what has ended. For whoever speaks about somebody's death.
 */
MUST_USE enum status store_death_related(struct store *db, struct str a, struct str b, bool *related);

#endif
