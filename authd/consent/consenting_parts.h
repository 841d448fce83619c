/* consenting_parts.h: what the files of consenting.h share. */
#ifndef AUTHD_CONSENT_CONSENTING_PARTS_H
#define AUTHD_CONSENT_CONSENTING_PARTS_H

#include <jansson.h>

#include "auditlog/base/buf.h"
#include "auditlog/base/random.h"
#include "authd/audit/audit.h"
#include "authd/consent/consent_state.h"

struct consenting_ask;
struct consenting_giver;
struct purpose;
struct request;
struct store_consent;
struct store_person;
struct store_request;

struct entry_basis;

/* Names as a JSON list. */
MUST_USE enum status consenting_list(const struct str *list, size_t n, struct buf *out);
/* What an entry says of them: one (n below 2: the service), or all. */
void consenting_put_recipients(const struct str *recipients, size_t n, struct str service, struct entry_basis *basis);
/* Those of a record as a request has them; nothing for one alone. */
MUST_USE enum status consenting_recipients_kept(struct request *rq, struct str record_id, struct buf *out);
bool consenting_contains(const struct str *list, size_t n, struct str s);
/* Appends "eligibility/3", as entries name a purpose. */
MUST_USE enum status consenting_purpose_ref(struct str id, unsigned version, struct buf *out);
/* The names of a JSON list of categories; they point into *json. At most CONSENTING_CATEGORIES_MOST. */
MUST_USE enum status consenting_names(struct str text, json_t **json, struct str *list, size_t *count);
/*
 * The identity object of consent.h as the profiles say now: the person's, and the representative's with the paper.
 * E_INVALID, said: no particulars are on file.
 */
MUST_USE enum status consenting_particulars(struct request *rq, const struct store_person *person,
					    const struct consenting_giver *giver, json_t **out);
/* Where the identity of a record is sealed. */
#define CONSENTING_IDENTITY_PLACE(record)                                                                              \
	{                                                                                                              \
		STR("consent_identity"), STR("sealed"), record                                                         \
	}
/* An empty text as SQL's NULL. */
struct str consenting_or_null(struct str s);
/* Whom the event concerns, who acted (by.operator) and how: facts mandate, channel, confirmation, assisted_by,
 * second_operator, paper. */
void consenting_giver_sign(const struct consenting_giver *giver, struct audit_event *ev);

/* What the requests of this service to this person in a day are counted under; of nobody, too. */
MUST_USE enum status consenting_count_key(struct request *rq, const struct consenting_ask *ask, struct buf *out);
/* One more, in the transaction that makes it. E_LIMITED, said: that was all for today. */
MUST_USE enum status consenting_count(struct request *rq, struct store_tx *tx, struct str key);

/*
 * A yes, also to what nobody asked for: then request_id is empty and the giver is whoever asked. `old` (NULL: none) is
 * the record whose place the new one takes. Statuses as consenting_give(); E_USED also when `old` ended meanwhile.
 */
MUST_USE enum status consenting_grant(struct request *rq, const struct store_request *asked,
				      const struct consenting_giver *giver, const struct store_consent *old,
				      const struct str *ticked, size_t ticked_count, char record_id[UUID_TEXT_LEN + 1]);

/* In the transaction that ended it: by when what was received under the record must be destroyed. */
MUST_USE enum status consenting_note_destruction(struct store_tx *tx, const struct store_consent *c, int64_t ended_us);

/*
 * What consenting_lapse() does, in two steps, for whoever ends much at once: the draft, and then the change within a
 * transaction of theirs. Any word may be the reason. E_USED: it has ended before; nothing was written.
 */
MUST_USE enum status
consenting_lapse_draft(struct authd *a, struct store *db, const struct audit_event *ev, const struct store_consent *c,
		       enum consent_state state, struct str why, struct audit_draft *out);
MUST_USE enum status consenting_lapse_save(struct store_tx *tx, const struct store_consent *c, enum consent_state state,
					   struct str by, struct str why, const struct audit_draft *draft);
/* The same of a request; one that is not over before expires_us ends all the same. */
MUST_USE enum status
consenting_over_draft(struct authd *a, struct store *db, const struct store_request *r, struct audit_draft *out);
MUST_USE enum status
consenting_over_save(struct store_tx *tx, const struct store_request *r, const struct audit_draft *draft);

/* The draft of consent.requested. wrapped empty: of somebody unknown; as much work, and the entry is about nobody. */
MUST_USE enum status
consenting_draft_request(struct request *rq, const struct consenting_ask *ask, const struct purpose *purpose,
			 struct str wrapped, struct audit_draft *out);

#endif
