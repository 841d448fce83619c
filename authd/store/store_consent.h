/* store_consent.h: consent records and their events, and the facts of a decision. */
#ifndef AUTHD_STORE_STORE_CONSENT_H
#define AUTHD_STORE_STORE_CONSENT_H

#include "authd/store/store.h"

struct store_consent {
	struct str record_id;
	struct str request_id;
	struct str sub;
	struct str service; /* that asked; who else may rest on it says store_consent_recipients() */
	struct str organisation;
	struct str purpose;
	int purpose_version;
	struct str state; /* "given", "withdrawn", "expired", "revoked", "invalidated", "renewed", "refused" */
	int64_t from_us;
	int64_t until_us;
	struct str record; /* canonical JSON */
	struct str code;   /* short check code */
	struct str ctag;
	int64_t given_us;
	int64_t withdrawn_us; /* when it ended by withdrawal, expiry or another end; 0: it has not */
	struct str event_id;
	struct str mandate_id; /* p NULL: the person gave it; else see mandate_supports_consents() */
	struct str renews;     /* p NULL: nothing; else the record in whose place this one is */
	int64_t log_index;
	struct str withdraw_event_id; /* p NULL: none */
	int64_t withdraw_index;       /* STORE_NO_INDEX: none yet */
	int64_t destroy_by_us; /* by when what was received must be destroyed; 0: it has not ended by withdrawal */
	struct store_result *mem;
};

struct store_consent_list {
	struct store_consent *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

struct store_consent_event {
	struct str record_id;
	int seq; /* 1, 2, … */
	struct str state;
	int64_t at_us;
	struct str by_id;
	struct str event_id;
	int64_t log_index;
	struct str leaf;   /* 32 bytes; p NULL: not yet in the log */
	struct str method; /* how it was signed; p NULL: nobody signed */
	struct str acr;    /* p NULL: none */
};

struct store_consent_event_list {
	struct store_consent_event *items;
	size_t count;
	struct store_result *mem;
};

struct store_category_list {
	struct str *items;
	size_t count;
	struct store_result *mem;
};

void store_consent_clear(struct store_consent *c);
void store_consent_list_clear(struct store_consent_list *l);
void store_consent_event_list_clear(struct store_consent_event_list *l);
void store_category_list_clear(struct store_category_list *l);

/* Adds a record with its categories (at most 256) and its service as the first of its recipients. E_CONFLICT when id or
 * check code is taken (ends the transaction). */
MUST_USE enum status
store_consent_add(struct store_tx *tx, const struct store_consent *c, const struct str *categories, size_t count);
/* Another service that may rest on the record. E_CONFLICT: it does already (ends the transaction). E_NOT_FOUND. */
MUST_USE enum status store_consent_add_recipient(struct store_tx *tx, struct str record_id, struct str service);
/* E_NOT_FOUND. sub empty: anybody's. */
MUST_USE enum status
store_consent_find(struct store *db, struct str record_id, struct str sub, struct store_consent *out);
MUST_USE enum status store_consent_by_code(struct store *db, struct str code, struct store_consent *out);
/*
 * The person takes it back: effective at commit. E_NOT_FOUND: no such record of this person, or one that ended
 * otherwise. E_USED: withdrawn before. *out (may be NULL) is the record as it is now.
 */
MUST_USE enum status store_consent_withdraw(struct store_tx *tx, struct str record_id, struct str sub, int64_t now_us,
					    struct str event_id, struct store_consent *out);
/* Ends a given record otherwise: "expired", "revoked", "invalidated", "renewed". E_NOT_FOUND when it is not "given". */
MUST_USE enum status
store_consent_end(struct store_tx *tx, struct str record_id, struct str state, int64_t now_us, struct str event_id);
/* By when what was received under an ended record must be destroyed. E_NOT_FOUND while it has not ended. */
MUST_USE enum status store_consent_destroy_by(struct store_tx *tx, struct str record_id, int64_t by_us);

/* Given records in the log whose term ended at now_us or before, oldest first, limit at most. */
MUST_USE enum status store_consent_due(struct store *db, int64_t now_us, int limit, struct store_consent_list *out);
/*
 * Given records whose term ends after now_us and at or before until_us and of which reminder `stage` (1, 2 …) was not
 * told, nor a later one. Such that are shorter than `longer_us` need no reminder that early and are left out.
 */
MUST_USE enum status store_consent_to_remind(struct store *db, int stage, int64_t now_us, int64_t until_us,
					     int64_t longer_us, int limit, struct store_consent_list *out);
/* Reminder `stage` is told. E_NOT_FOUND: it was told before, or the record does not hold any more. */
MUST_USE enum status store_consent_reminded(struct store_tx *tx, struct str record_id, int stage);
/*
 * Given records after `after` (in order of id) of a purpose in another version than `version`; version 0: of a purpose
 * that is gone. They do not permit any more.
 */
MUST_USE enum status store_consent_outdated(struct store *db, struct str purpose, int version, struct str after,
					    int limit, struct store_consent_list *out);
/* The person's newest record for that service and purpose that was ever given, in the log. E_NOT_FOUND. */
MUST_USE enum status store_consent_latest(struct store *db, struct str sub, struct str service, struct str purpose,
					  struct store_consent *out);

/* Purposes of given records, in order of name. */
MUST_USE enum status store_consent_purposes(struct store *db, struct store_category_list *out);

/* What a list is about; an empty member is no condition, but one of sub and service must be there (E_INVALID). */
struct store_consent_filter {
	struct str sub;
	struct str service; /* among the recipients */
	struct str purpose;
	struct str state;
	struct str themes; /* with sub: purposes with a space between; empty: any */
	struct str organisation;
};
/* Newest first. */
MUST_USE enum status store_consent_page(struct store *db, const struct store_consent_filter *filter, struct str cursor,
					int limit, struct store_consent_list *out);
/* The services that may rest on it: first the one that asked, which is the record's own. */
MUST_USE enum status store_consent_recipients(struct store *db, struct str record_id, struct store_category_list *out);
/* E_NOT_FOUND: the service is not among them, or there is no such record. */
MUST_USE enum status store_consent_is_recipient(struct store *db, struct str record_id, struct str service);
/* In order of name. */
MUST_USE enum status store_consent_categories(struct store *db, struct str record_id, struct store_category_list *out);

/* Appends an event; seq 0 means the next one. E_CONFLICT when that seq is taken (ends the transaction). log_index and
 * leaf are stored when the caller knows them (an event that is in the log already). */
MUST_USE enum status store_consent_event_add(struct store_tx *tx, const struct store_consent_event *e);
/* In order of seq. */
MUST_USE enum status store_consent_events(struct store *db, struct str record_id, struct store_consent_event_list *out);

/*
 * All that a decision needs to know, in one query that costs the same for a person nobody knows.
 *
 * The consent is the newest record of (sub, recipient, purpose) that has the category, or the newest at all when none
 * has it (has_category is then false). Refusals do not count, and a given record that is not in the log yet counts only
 * when there is no other: an older one holds until the new one is effective. So the last word about a category decides.
 */
struct store_facts {
	bool person_known;
	int person_status;
	struct str person_kind;
	struct str wrapped_key; /* p NULL: unknown or erased */
	bool objection;         /* the person restricted this purpose and category */
	struct str record_id;   /* p NULL: no consent */
	struct str state;
	int purpose_version;
	int64_t from_us;
	int64_t until_us;
	int64_t log_index;
	struct str ctag;
	struct str organisation;
	bool has_category;
	bool in_period;  /* from <= now < until */
	bool restricted; /* processing is restricted, by the person or an officer (store_objection.h) */
	bool related;    /* a consent ever, a request answered or a contract confirmed: the service knows them */
	int64_t
	    contract_index; /* of a contract in force of the kind asked for; STORE_NO_INDEX: none (store_contract.h) */
	struct str contract_ctag;
	int64_t contract_until_us;
	bool by_representative;
	bool representative_valid; /* it may still be relied on: mandate_supports_consents() */
	bool dead;                 /* a death stands (store_death.h) */
	struct store_result *mem;
};

/* What is asked about. Empty texts match nothing. */
struct store_facts_query {
	struct str sub;
	struct str service;
	struct str purpose;
	struct str category;
	struct str contract; /* the kind that the purpose names for the category */
	int64_t now_us;
};

void store_facts_clear(struct store_facts *f);
/* OK also when person and consent are unknown. */
MUST_USE enum status store_consent_facts(struct store *db, const struct store_facts_query *q, struct store_facts *out);

#endif
