/*
 * deed.h: what a replay needs of one entry, as a record that one thread writes down and another reads back.
 */
#ifndef AUDITLOG_TOOL_DEED_H
#define AUDITLOG_TOOL_DEED_H

#include "auditlog/core/entry.h"

/* A fact that is a number and is not there, where 0 means something. */
#define DEED_ABSENT UINT64_MAX

/* Texts borrow from the record. Of facts those are read that deed.c's table names for the event; others are empty. */
struct deed {
	enum entry_event event;
	enum entry_decision decision;
	enum entry_basis_type basis;
	bool has_index;
	bool has_mandate; /* it was done under the mandate that entry `mandate` granted */
	uint8_t people;   /* that it is about */
	uint64_t index, cited, mandate;
	int64_t time_us, from_us, until_us;
	struct str ctag, purpose, recipient, service, operator_id, policy, ref, categories;
	struct str recipients; /* of a consent to several, as deed_lists() reads them; else empty */
	struct str tag;        /* of the first person */
	struct str reason;
	struct str shown; /* of access.*: the person sees it later than at once, so the tag is of this look alone */
	struct str verdict, whose; /* of what is said about an emergency: the facts `verdict` and `operator` */
	struct {
		struct str how, author, diff, base;
	} rules; /* of policy.* */
	struct {
		struct str kind, registered_by;
		uint64_t death; /* of an heir's; 0: none */
	} mandating;            /* of mandate.granted */
	struct {
		struct str channel, confirmation, by, second; /* by: the fact assisted_by */
		struct str by_tag, second_tag, giver_tag;
	} help; /* of a consent that was given, renewed or withdrawn at a desk */
	struct {
		struct str act, way, prepared_by;
	} helped; /* of desk.confirmed and desk.account_made */
	struct {
		uint64_t count, per_s;
	} limit;          /* of a consent, or of a decision on another ground: limit_count and limit_per_s */
	uint64_t request; /* of a consent that was asked for: the entry that asked; else DEED_ABSENT */
	struct {
		struct str document, proposed_by;
		uint64_t wait_s; /* of death.proposed; DEED_ABSENT */
	} dying;                 /* of death.* */
	uint64_t review_s;       /* of breakglass.used: the fact review_within_s; 0: none */
	struct {
		uint64_t count, per_s;
	} quota; /* of breakglass.used: the facts quota_count and quota_per_s; DEED_ABSENT */
};

/* Whether an entry of this event gets a record without being done under a mandate. */
bool deed_is_judged(enum entry_event event);
/* Appends a record; nothing for entries that need no ground, give none, and that a dead person might have made. */
void deed_put(struct buf *out, const struct entry_view *v);
/* Reads one record off the front. E_INVALID. */
MUST_USE enum status deed_get(struct str *in, struct deed *out);

/* The first of the deed's categories (or recipients) that is not among those of a grant; empty when all are. Both as
 * deed_get() gives them. */
struct str deed_foreign(struct str wanted, struct str granted);
/* Whether the name stands in such a list. */
bool deed_lists(struct str list, struct str name);

#endif
