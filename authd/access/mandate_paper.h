/*
 * mandate_paper.h: what a mandate rests on: a paper that somebody can look up again. Its particulars are sealed under
 * the represented person's key (R3) and opened for whoever confirms them and for the consents that name them (152-FZ
 * 9(4) item 2). No paper itself is kept: of a scan there is the digest, which the office has the scan to.
 */
#ifndef AUTHD_ACCESS_MANDATE_PAPER_H
#define AUTHD_ACCESS_MANDATE_PAPER_H

#include <jansson.h>

#include "authd/keys/keys.h"
#include "authd/store/store_mandate.h"

/* Longest of each, in bytes. */
#define MANDATE_PAPER_KIND_MOST   160
#define MANDATE_PAPER_NUMBER_MOST 80
#define MANDATE_PAPER_ISSUER_MOST 240

/* Borrowed; empty: not there. */
struct mandate_paper {
	struct str kind;   /* in words: "birth certificate" */
	struct str number; /* as it stands on the paper */
	struct str issued; /* its date: "2016-09-12" */
	struct str issuer; /* who issued it */
	struct str sha256; /* of the scan, 64 hexadecimal digits; may be empty */
};

/* What is wrong with it, for whoever wrote it; NULL: nothing. That issued is a day is not looked at. */
const char *mandate_paper_fault(const struct mandate_paper *p);

/* Seals it for the row with this id. Statuses as keys_field_seal(). */
MUST_USE enum status mandate_paper_seal(struct keys *k, const struct keys_person *represented, struct str mandate_id,
					const struct mandate_paper *p, struct buf *sealed);
/*
 * Opens m->document: {kind, number, issued, issuer, sha256}, each a text; the caller's. Of one that was registered
 * before papers had particulars it is {kind} alone. E_NOT_FOUND: the mandate rests on no paper; E_CORRUPT.
 */
MUST_USE enum status
mandate_paper_open(struct keys *k, const struct keys_person *represented, const struct store_mandate *m, json_t **out);
/* "birth certificate IV-AB 123456, 2016-09-12, Registry Office 2". */
void mandate_paper_words(const json_t *paper, struct buf *out);

#endif
