/*
 * lawful.h: the replay behind `verify --lawful`. From the log alone (no database, nothing personal) it judges every
 * entry by what the log said before it:
 *
 *   a permit by consent   names an earlier grant of the same person (ctag), for this purpose, these categories, this
 *                         recipient or this one among others, within its term, not ended before; and no more of them
 *                         are decided in one window of time, by all recipients together, than the grant says
 *                         (limit_count, limit_per_s), where it says anything
 *   a consent by help     was confirmed at a desk before, in an entry of its own: with a code by the operator who had
 *                         prepared it, on paper by a second one who is neither the first nor, by their tags of this
 *                         consent, the person, whoever gave it, or the first under another name
 *   an answer             to a request for a consent, or to a contract, is to one that was made, once, and gives no
 * more a question            is answered as often as it was asked, followed up or passed on, by entries about who asked
 *   a permit by contract  names an earlier registration of the same person (ctag), of this kind, with this service,
 *                         within its term, not ended before
 *   a permit by emergency names an earlier breakglass.used of the same person (ctag), operator, service, purpose and
 *                         category, within its term and not closed, by an operator whose right was not suspended and
 *                         of whom no emergency was left unjudged beyond its term of review
 *   how often             a permit on another ground than a consent may be given about one person is what it says
 * itself; counted within the month of the person's tag an emergency          is about one person, category and purpose,
 * lasts LAWFUL_GLASS_MOST_US at most, and is one of as many as it says that its operator may open an emergency says by
 * when somebody judges it; it is judged, or its operator suspended, by an entry not later than LAWFUL_REVIEW_GRACE_US
 * after that a decided permit      does not stand behind an objection of the person to its purpose and category, or a
 *                         restriction (which lets vital interest and break-glass through), within the month of the
 *                         objection: later the person has another tag
 *   any other permit      names a statute or vital interest of the policy it was decided under
 *   every permit          was decided under the policy then active
 *   a policy              was activated by another person than the one who had proposed that very policy on top of
 *                         the one then active, once, and within LAWFUL_PROPOSAL_US; or it is the first of the log; or
 *                         it says that somebody did it alone, which is counted
 *   an outcome            belongs to a permit, once
 *   an end of a consent   ends one that was granted
 *   a renewal             takes the place of a grant that held, for the same purpose, to no other recipient, of no
 *                         more categories
 *   a grant               is about one person, who can look it up; a permit on it within the same month is about
 *                         the same (tag)
 *   a mandate             that is no power of attorney was registered by one official and confirmed by another
 *   an act for another    names a mandate that held then (the fact `mandate`), and is by whom it was given to
 *   what a mandate gave   holds unless that mandate was voided (ended by coming of age, dispute or death)
 *   a freeze              stops acts under mandates of before, and consents given under them, until it is lifted after
 * a sign-in; and every client for good. Judged in the month of the freeze a death               was put forward by one
 * official and confirmed by another from the same document, once, and neither contested nor declined in between, nor
 * before the person had the time to say that they live; it is taken back likewise after a death         the person
 * neither signs in nor gets a token, gives nothing, and is looked at by law alone: within the month of the death (later
 * the person has another tag), and for what was under way (not for looks) after LAWFUL_DEATH_GRACE_US; what was given
 * or used in that month is known to be of the dead in every later one an account            that is made at a desk
 * takes two officials an heir               has a mandate that names a death that stands, and only looks an erasure
 * begun      is finished within LAWFUL_ERASURE_GRACE_US
 *
 * What is judged by an entry that was pruned (pruned.h) is neither lawful nor unlawful: it is counted as not judged.
 *
 * lawful_extract() runs on any thread and writes down what the judgement needs; lawful_absorb() judges, in order.
 */
#ifndef AUDITLOG_TOOL_LAWFUL_H
#define AUDITLOG_TOOL_LAWFUL_H

#include <jansson.h>

#include "auditlog/core/entry.h"
#include "auditlog/tool/findings.h"

/* A decision that was under way while another policy became active may still name the one before, for so long. */
#define LAWFUL_POLICY_GRACE_US (INT64_C(10) * 1000000)
/* Nobody approves a proposal after that; the moment between deciding and writing included. */
#define LAWFUL_PROPOSAL_US (INT64_C(30) * 86400 * 1000000 + LAWFUL_POLICY_GRACE_US)

/* How long a permit may still cite a consent that was renewed: decisions go on while the new one takes its place. */
#define LAWFUL_RENEWAL_GRACE_US (INT64_C(10) * 1000000)

/* Decisions near the edge of a window may stand in the log on its other side. */
#define LAWFUL_WINDOW_GRACE_US (INT64_C(10) * 1000000)

/* What was confirmed at a desk is carried out at once; its entry may have to wait for the log. */
#define LAWFUL_HELP_US (INT64_C(7) * 86400 * 1000000)

/* The same for an operator whose right was suspended while they opened an emergency. */
#define LAWFUL_GLASS_GRACE_US (INT64_C(10) * 1000000)

/* Entries that wait for the log longer than that may name a person by the tag of a month that is over. */
#define LAWFUL_TAG_GRACE_US (INT64_C(86400) * 1000000)

/* A sign-in, a token or a yes that was under way when the death was registered. */
#define LAWFUL_DEATH_GRACE_US (INT64_C(10) * 1000000)

/* The same for a token after "this was not me". */
#define LAWFUL_FREEZE_GRACE_US (INT64_C(10) * 1000000)

/* Two entries that waited for the log may stand in it in the other order than what they say happened in. */
#define LAWFUL_ORDER_GRACE_US (INT64_C(86400) * 1000000)

/* The longest emergency that there is; and how long before its entry it may have begun. */
#define LAWFUL_GLASS_MOST_US   (INT64_C(86400) * 1000000)
#define LAWFUL_GLASS_WAITED_US (INT64_C(7) * 86400 * 1000000)

/*
 * Emitters that are older than a fact write entries without it: such an entry is not judged for what the fact would
 * say, until the first one of its kind has it, and while nodes that share a log are brought up to date one after the
 * other.
 */
#define LAWFUL_UPGRADE_US (INT64_C(7) * 86400 * 1000000)

/* A tag is of one month: what is known by it is of no use for longer. */
#define LAWFUL_TAG_LIFE_US (INT64_C(33) * 86400 * 1000000)

/* Keys are destroyed after what refers to them has ended; an operator may have to mend something in between. */
#define LAWFUL_ERASURE_GRACE_US (INT64_C(86400) * 1000000)

/*
 * The right of an operator ends at the instant at which a review is overdue; the entry that says so follows within
 * seconds while the emitter runs, and after that when it runs again.
 */
#define LAWFUL_REVIEW_GRACE_US (INT64_C(86400) * 1000000)
#define LAWFUL_REVIEW_MOST_S   (UINT64_C(10) * 366 * 86400)

struct lawful;

MUST_USE enum status lawful_new(struct lawful **out);
void lawful_free(struct lawful *l);
/* Before the replay: entries below `minimum` are not there. */
void lawful_pruned(struct lawful *l, uint64_t minimum);
/* Entries that could not be judged. */
uint64_t lawful_unjudged(const struct lawful *l);

/* For sweep.h; ctx is the struct lawful. */
void lawful_extract(void *ctx, const struct entry_view *v, struct str line, struct buf *out);
MUST_USE enum status lawful_absorb(void *ctx, struct str extracted);

/*
 * At the end: adds what was unlawful, each with its entry, in the order of the log; then what was left unfinished for
 * too long at the time of the last entry.
 */
void lawful_finish(struct lawful *l, int64_t last_us, struct findings *f);
/* Counts. */
void lawful_put_text(struct buf *out, const struct lawful *l);
void lawful_put_json(json_t *object, const struct lawful *l);

#endif
