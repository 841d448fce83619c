/*
 * ep_consent_forms.h: a consent in the forms in which others want it: its record as JSON and JSON-LD, its receipt as
 * JSON, page, plain text and JSON-LD. All forms of a receipt are made from the one that consenting_receipt() gives, so
 * that they cannot say different things.
 */
#ifndef AUTHD_ENDPOINTS_EP_CONSENT_FORMS_H
#define AUTHD_ENDPOINTS_EP_CONSENT_FORMS_H

#include <jansson.h>

#include "authd/consent/consent.h"
#include "authd/store/store_consent.h"

struct request;

/*
 * Answers with the record, as the client's Accept header wants it. Gives an ETag of the bytes; 304 when the client has
 * them. E_UNSUPPORTED, said (406): none of the forms is taken.
 */
MUST_USE enum status ep_consent_forms_record(struct request *rq, const json_t *record);

enum ep_receipt_form {
	EP_RECEIPT_JSON,
	EP_RECEIPT_PAGE,
	EP_RECEIPT_TEXT,
	EP_RECEIPT_LD,
	EP_RECEIPT_PROOF, /* of what happened last: the file for `auditlog check` … */
	EP_RECEIPT_ENTRY, /* … and the entry that it is about */
	EP_RECEIPT_FORMS
};

/*
 * Which form this is answered in: ?as= (json, text, ld, proof, entry) where `named` allows it, else by the Accept
 * header; a browser gets the page. E_UNSUPPORTED, said (406). E_INVALID, said: an `as` that there is not.
 */
MUST_USE enum status ep_consent_forms_choose(struct request *rq, bool named, enum ep_receipt_form *out);

/* Whose receipt it is, and who may see the particulars in it. */
struct ep_receipt {
	const struct store_consent *consent;
	json_t *identity; /* NULL: left out; borrowed */
	bool own;         /* shown to the person: with the way back to the consent */
};

MUST_USE enum status
ep_consent_forms_receipt(struct request *rq, const struct ep_receipt *r, enum ep_receipt_form form);

/* The lines as pages draw them: [{"title","item","rows":[{"label","value",…}]}]; NULL: out of memory. */
json_t *ep_consent_forms_sections(const struct consent_receipt *lines);

#endif
