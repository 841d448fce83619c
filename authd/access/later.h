/*
 * later.h: looks that the person sees later, or never: `visibility` of a purpose (purpose.h).
 *
 *	immediate  at once
 *	delayed    when the purpose's delay has passed since the look
 *	on_close   when the service that looked says that the case is closed, at the latest LATER_ON_CLOSE_MOST_US after
 *	           the look (a case that nobody closes hides nothing for ever); a look without a case then, too
 *	withheld   never, while the law that the purpose names forbids it: how many there are, by law, is published
 *
 * How it is kept: the entry of such a look stands in the published log as any other does, with the facts `shown` (and
 * `law`), but not with the person's tag of the month, which would lead them to it. It carries a tag of its own, made
 * of the person's key and the entry's id: nobody sees whose it is, nor that two looks are of one person. The row that
 * leads from that tag to the person (store_later.h) says when it becomes visible; everything that the person is shown
 * (/accesses, the export, the inbox, findUsage, questions) asks here. What becomes of a permit (its outcome) carries
 * the permit's tag. A representative and a desk see no more than the person. Erasure destroys the key and these rows.
 *
 * Never later: emergencies and vital interest; refusals of a service that has not declared the purpose, so that nobody
 * hides what they try by naming a purpose of others; what the person did themselves.
 *
 * The number of a case would lead whoever knows it to the entry, so it is not in clear there; sealed and in the row it
 * is. A permit by consent or contract cites what the person gave, and they may find it by that in the published log:
 * purposes that are withheld rest on statutes alone (purpose_load.c).
 *
 * Objections and restrictions stop these looks as they stop all others. The log's fence (auditlog/daemon/fence.h) holds
 * for them; the replay (`auditlog verify --lawful`) cannot tell whose they are and judges their grounds, not the
 * person's objections.
 */
#ifndef AUTHD_ACCESS_LATER_H
#define AUTHD_ACCESS_LATER_H

#include <jansson.h>

#include "authd/audit/audit.h"
#include "authd/policy/policy.h"
#include "authd/store/store_tag.h"

struct request;
struct store;

#define LATER_ON_CLOSE_MOST_US (INT64_C(180) * DAY_US)

struct later_look {
	const struct policy *policy;
	const struct purpose *purpose; /* NULL: none that the policy knows */
	struct str service;
	struct str case_ref;
	bool emergency; /* on whatever ground, granted or not */
};

/* Before the draft: gives the event what makes it a look that is seen later, if it is one. Borrows from look. */
void later_mark(const struct later_look *look, struct audit_event *ev);
/*
 * Of an event that anybody can cause who only knows what a person is called: its entry carries a tag of its own, seen
 * at once. The log is public: with the tag of the month whoever caused it would find all other entries about the
 * person.
 */
void later_apart(struct audit_event *ev);

/* ---- what the person may see: workers only ---- */

/*
 * The newest `limit` entries below `before` of one month that the person may see now: as audit_by_tag() of their tag of
 * that month, with what has become visible in its place among them.
 */
MUST_USE enum status later_entries(struct request *rq, const struct keys_person *who, struct str month, uint64_t before,
				   size_t limit, uint64_t *indices, size_t *count);
/* Whether an entry of the log with this tag is a look at the person that they may see by now. */
MUST_USE enum status later_may_see(struct request *rq, struct str sub, struct str tag, bool *yes);
/* The months from..to in which there is anything that they may see; the tags of the list mean nothing. */
MUST_USE enum status
later_months(struct request *rq, struct str sub, struct str from, struct str to, struct store_tag_list *out);

/* ---- what changes it ---- */

/*
 * The service says that its case is closed: an entry of its own (access.case_closed), and what waited for that becomes
 * visible. Fine when nothing waits. audit.h statuses.
 */
MUST_USE enum status later_close_case(struct request *rq, struct str service, struct str case_ref);
/* What became visible is told to the people in their inbox. Upkeep of every node; a look is told of once. */
void later_upkeep(struct authd *a, struct store *db);

/*
 * For officers: all looks of one month that the person does not see at once, as JSON: [{index, id, at, service,
 * purpose, shown, visible_at (RFC 3339, null: never), visible}]. The caller owns *out.
 */
MUST_USE enum status later_list(struct request *rq, struct str sub, struct str month, json_t **out);

#endif
