/*
 * mandate.h: who may act for whom (spec/consent.md 4). A mandate is a row and an entry: it counts from the log index of
 * its mandate.granted, within its term, while nobody has ended or frozen it and both people are there. Nothing has to
 * have run for it to end: every question carries its own `now`, and the end is in the row.
 *
 *   parent              registered at an office by two people; ends by itself when the child turns 18, at 00:00 of the
 *                       zone in the row (birthday.h)
 *   guardian            registered at an office by two people; term and themes; of a child it also ends at 18
 *   power_of_attorney   offered by the person with a code handed over, accepted by whoever has the code
 *   heir                after a death; documents only: sees and downloads, never gives, withdraws, asks or signs in
 *
 * Themes are purposes: `*` or a list. A representative acts in their own session and for one person at a time
 * (acting.h); what they do carries the fact `mandate` (the index of mandate.granted) and the name `rep_…` that this one
 * mandate gave them, so that two mandates of one representative cannot be told to be the same person's. The entry of a
 * mandate says no end where that would be a birthday: it is in the row and, sealed, in the entry.
 *
 * Never possible for a representative, whatever the mandate says: passwords, factors, sign-ins, sessions, letting
 * clients in, erasing, further mandates (ACTING routes, acting.c: no row, no access).
 *
 * What becomes of a consent that a representative gave, when the mandate ends:
 *
 *   a power of attorney or a guardian's mandate ran out, was revoked, resigned, replaced
 *	it stays: what was done within a mandate is done for the person (Civil Code of Russia, art. 182, 189). The
 *	person, and whoever represents them next, may withdraw it at any time.
 *   the child turned 18
 *	it no longer permits (representative_invalid): who has full capacity decides for themselves (152-FZ 9(1), (6)).
 *	The adult child is told, and gives it anew or does not.
 *   the mandate was disputed, or never should have been (reasons `disputed`, `unfounded`), or is frozen
 *	it does not permit: nobody who might represent them said yes (representative_invalid). Thawing restores it.
 *   the person died
 *	it ends with all others (death.h).
 *   the representative died (reason `representative_death`)
 *	it stays, like what was given before a term ran out.
 *
 * Conflict of interest: an operator decides, assists and reviews nothing about themselves, about whom they represent or
 * about who represents them (store_mandate_related: sod_conflict); nobody registers or confirms a mandate in which they
 * are a party, nor confirms what they registered. That the representative works at the recipient does not end the
 * person's right to be represented by them: it is the operator's part that they must leave to a colleague.
 */
#ifndef AUTHD_ACCESS_MANDATE_H
#define AUTHD_ACCESS_MANDATE_H

#include "authd/store/store_mandate.h"

enum mandate_kind { MANDATE_PARENT, MANDATE_GUARDIAN, MANDATE_POWER, MANDATE_HEIR, MANDATE_KINDS };

/* What a mandate lets do; bits of store_mandate.actions. */
enum mandate_action {
	MANDATE_SEE = 1u << 0,  /* consents, who looked */
	MANDATE_GIVE = 1u << 1, /* answer requests for consent: yes, no, later */
	MANDATE_WITHDRAW = 1u << 2,
	MANDATE_ASK = 1u << 3,    /* questions and complaints */
	MANDATE_OBJECT = 1u << 4, /* objections and restrictions */
	MANDATE_EXPORT = 1u << 5, /* documents, everything there is */
};
#define MANDATE_ALL 63u

/* Why one does not hold; in this order, the first that is true. */
enum mandate_fault {
	MANDATE_HOLDS,
	MANDATE_NONE,     /* there is none between these two, or it is not accepted or confirmed yet */
	MANDATE_UNLOGGED, /* its entry is on its way */
	MANDATE_REVOKED,
	MANDATE_ENDED,
	MANDATE_EARLY,   /* its term has not begun */
	MANDATE_EXPIRED, /* its term is over, whether anybody has written that down or not */
	MANDATE_OF_AGE,  /* the child turned 18 */
	MANDATE_FROZEN,
	MANDATE_NOBODY, /* one of the two is disabled, erased or, but for heirs, dead */
	MANDATE_THEME,  /* not for this purpose */
	MANDATE_ACTION, /* not for this */
};

/* "parent" … E_NOT_FOUND for anything else. */
MUST_USE enum status mandate_kind_parse(struct str name, enum mandate_kind *out);
/* What a kind can give at all; others are taken out of what was asked. */
unsigned mandate_kind_actions(enum mandate_kind kind);
/* "see give withdraw"; each once. E_INVALID. */
MUST_USE enum status mandate_actions_parse(struct str words, unsigned *out);
void mandate_put_actions(unsigned actions, struct buf *out);
/* "holds", "of_age" …; of MANDATE_HOLDS "holds". */
const char *mandate_fault_name(enum mandate_fault fault);

/* `*`, or one of the words is the purpose. An empty purpose is what concerns no purpose: every mandate covers it. */
bool mandate_covers(const struct store_mandate *m, struct str purpose);
/* Whether it holds at now for purpose (empty: whichever) and action (0: whichever). Pure. */
enum mandate_fault mandate_judge(const struct store_mandate *m, struct str purpose, unsigned action, int64_t now_us);
/* Heirs see documents in the portal: no token is made under such a mandate, and no search asks about whom they inherit
 * from. */
bool mandate_for_clients(const struct store_mandate *m);
/* When it ends by itself: the earlier of its term and the 18th birthday. */
int64_t mandate_end_us(const struct store_mandate *m);
/*
 * Whether consents that were given under it may still be relied on at now (see above). For decision_consent's
 * representative_valid.
 */
bool mandate_supports_consents(const struct store_mandate *m, int64_t now_us);

/*
 * Does representative hold a mandate for represented, for purpose (empty: any), now? OK with *out filled when one
 * holds; E_DENIED with *why when none does: of the one that comes nearest. Other statuses: the database.
 */
MUST_USE enum status
mandate_find(struct store *db, struct str representative, struct str represented, struct str purpose, unsigned action,
	     int64_t now_us, struct store_mandate *out, enum mandate_fault *why);

#endif
