/*
 * history.h: who looked at a person's data, read back from the log itself: the person's tag of a month finds the
 * entries, the log gives them, authd-keyd opens what was sealed for the person. There is no other list that could
 * differ from it.
 *
 * Runs on a worker (SLOW routes).
 */
#ifndef AUTHD_ACCESS_HISTORY_H
#define AUTHD_ACCESS_HISTORY_H

#include <jansson.h>

#include "auditlog/core/entry.h"

struct request;

#define HISTORY_PAGE 50

/*
 * The looks of one month ("2026-11") at the signed-in person's data, newest first, as JSON objects for pages:
 * {id, index, at, organisation, service, role, categories, purpose, permit, refused, recorded, searched, listed,
 * desk, administration, by_number, emergency, reason, basis, basis_ref, consent, outcome, records, confirmed}. before
 * is UINT64_MAX or the index that *next gave; *next is 0 when there are no more. refused: only refused attempts, else
 * only looks. *list is the caller's.
 */
MUST_USE enum status
history_month(struct request *rq, struct str month, uint64_t before, bool refused, json_t **list, uint64_t *next);
/*
 * One of them with its opened details (member "detail") and, in *line, the entry. E_NOT_FOUND: no such entry, or not
 * about this person.
 */
MUST_USE enum status history_one(struct request *rq, uint64_t index, json_t **item, struct buf *line);
/*
 * What one entry says, with the titles of the policy in the language of the request: {id, index, at, organisation,
 * organisation_id, service, role, categories, purpose, permit, refused, recorded, emergency, desk, reason, basis,
 * basis_ref}. Asks nobody.
 */
MUST_USE enum status history_describe(struct request *rq, const struct entry_view *v, json_t **out);
/*
 * Whether an entry that carries the person's tag stands in their list now: among the refused attempts, or among the
 * looks. The one rule for pages, files and programs: what is not shown is not counted either. *lists is set on OK.
 */
MUST_USE enum status history_lists(struct request *rq, const struct entry_view *v, bool refused, bool *lists);
/* The months in which there is anything, newest first, as a JSON list of texts. */
MUST_USE enum status history_months(struct request *rq, json_t **list);
/* How many looks there were in the last 30 days (at most HISTORY_PAGE counted per month), for the first page. */
MUST_USE enum status history_count(struct request *rq, int64_t since_us, size_t *count);

#endif
