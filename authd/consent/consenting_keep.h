/*
 * consenting_keep.h: the second half of a yes: its entry, and what the database keeps of it, in one transaction. The
 * first half (consenting_give.c) made the record.
 */
#ifndef AUTHD_CONSENT_CONSENTING_KEEP_H
#define AUTHD_CONSENT_CONSENTING_KEEP_H

#include <jansson.h>

#include "authd/audit/audit.h"
#include "authd/consent/consenting.h"
#include "authd/store/store_person.h"

/* Everything that giving needs; borrowed parts live as long as it does. */
struct giving {
	struct request *rq;
	const struct store_request *asked;
	const struct consenting_giver *giver;
	const struct store_consent *old; /* what the new record takes the place of; NULL: nothing */
	const struct purpose *purpose;
	struct str required[CONSENTING_CATEGORIES_MOST], optional[CONSENTING_CATEGORIES_MOST];
	struct str
	    recipients[CONSENTING_CATEGORIES_MOST]; /* all of them, the one that asked first; none: that one alone */
	size_t required_count, optional_count, recipient_count;
	json_t *required_json, *optional_json, *recipients_json; /* what the strings point into */
	struct store_person person;
	json_t *identity;
	struct buf identity_sha; /* hexadecimal */
	struct buf record_id, code, purpose_ref, tag, ctag, record_text;
	struct buf helper_tag, second_tag, giver_tag; /* what the record's ctag would be, were it of these people */
	struct buf identity_sealed;
	json_t *record;
	int64_t now_us, until_us;
	struct audit_draft draft;
};

/* Nobody asked: then whoever renews it did. */
bool consenting_keep_is_unasked(const struct giving *g);
/* Whom the record names as who asked. */
struct str consenting_keep_asked_by(const struct giving *g);
/* Drafts the entry, from the names and the term. */
MUST_USE enum status consenting_keep_draft(struct giving *g);
/* All of it, or nothing; E_USED, E_EXPIRED as consenting_give(). From the log's receipt on the grant counts. */
MUST_USE enum status consenting_keep_save(struct giving *g);

#endif
