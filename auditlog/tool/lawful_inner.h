/* lawful_inner.h: what lawful.c and the lawful_*.c share: the state of a replay. For these files only. */
#ifndef AUDITLOG_TOOL_LAWFUL_INNER_H
#define AUDITLOG_TOOL_LAWFUL_INNER_H

#include "auditlog/tool/bans.h"
#include "auditlog/tool/deed.h"
#include "auditlog/tool/grants.h"
#include "auditlog/tool/lawful.h"
#include "auditlog/tool/tagbook.h"

/* A policy that was active from an entry on. */
struct activation {
	char hash[ENTRY_POLICY_LEN + 1];
	int64_t replaced_us; /* INT64_MAX while it is active */
};

/* What somebody laid before the approvers; hash, base and diff as the entry says them. */
struct proposal {
	uint64_t index, closed_by; /* closed_by: the entry that took it back or activated it; 0 while it is open */
	int64_t time_us;
	char hash[ENTRY_POLICY_LEN + 1], base[ENTRY_POLICY_LEN + 1];
	char author[ENTRY_TEXT_MAX + 1], diff[ENTRY_FACT_TEXT_MAX + 1];
};

/* Announced and not done yet. */
struct erasure {
	uint64_t index;
	int64_t asked_us;
};

/* The right of an operator to open emergencies, gone since an entry said so about one of them. */
struct suspension {
	uint64_t glass, by;
	int64_t since_us;
	bool early; /* given back by entry `by`, before the entry that took it (LAWFUL_ORDER_GRACE_US) */
	char operator_id[ENTRY_TEXT_MAX + 1];
};

/* An emergency that no entry has judged and whose operator none has suspended. */
struct unjudged_glass {
	uint64_t glass;
	int64_t due_us;
	char operator_id[ENTRY_TEXT_MAX + 1];
};

/* What a desk confirmed, until the consent or withdrawal that it was for comes. */
struct confirmation {
	int64_t time_us;
	char tag[ENTRY_TAG_LEN];
	char operator_id[ENTRY_TEXT_MAX + 1], prepared_by[ENTRY_TEXT_MAX + 1], act[16], way[16];
};

/* What somebody put forward about a death: that it happened, or (undo) that the one of entry `undoes` did not. */
struct death_claim {
	uint64_t index, undoes, closed_by; /* closed_by: 0 while it is open */
	uint64_t wait_s;                   /* that the person has to say that they live; DEED_ABSENT: nobody said */
	int64_t time_us;
	bool undo;
	char tag[ENTRY_TAG_LEN + 1], operator_id[ENTRY_TEXT_MAX + 1], document[ENTRY_FACT_TEXT_MAX + 1];
};

/* One that two officials registered. */
struct death {
	uint64_t index, undone_by; /* 0: it stands */
	int64_t time_us;
	size_t next; /* one more of the same bucket: its place + 1; 0: none */
	char tag[ENTRY_TAG_LEN + 1];
};

/* The emergencies of one operator that still count for a quota: when each was opened, oldest first. */
struct opener {
	int64_t *opened_us;
	size_t n, room;
};

/*
 * What somebody asked, and what became of it. Whoever writes may send two entries in the other order than they were
 * committed in, so that more answers than questions may be mended by a later entry (LAWFUL_ORDER_GRACE_US).
 */
struct question {
	uint64_t index;
	uint64_t odd; /* the entry since which it does not add up; 0: it does */
	int64_t asked_us, odd_us;
	uint32_t answers, again; /* again: followed up, or passed on to the privacy officer */
	uint32_t follows;
	char tag[ENTRY_TAG_LEN + 1];
};

struct lawful {
	struct grants grants, mandates, contracts, glasses;
	struct grants requests; /* for a consent, until they are answered */
	struct bans bans;
	struct tagbook frozen;    /* people, by tag: lawful_freeze.c */
	struct tagbook proposed;  /* contracts, by ctag: lawful_ask.c */
	struct tagbook uses;      /* of a limit on another ground than a consent: lawful_limit.c */
	struct tagbook operators; /* who opened emergencies; their index is a place in opener + 1 */
	struct opener *opener;
	size_t openers, opener_room;
	struct question *question; /* in the order of the log */
	size_t questions, question_room;
	uint64_t
	    shortest_wait_s; /* that somebody had to say that they live, of all deaths registered; else UINT64_MAX */
	struct suspension *suspension;
	size_t suspended;
	struct unjudged_glass *waiting; /* in the order of the log */
	size_t waits, waiting_room;
	struct confirmation *confirmation; /* in the order of the log */
	size_t confirmations, confirmation_room;
	struct activation now, before;
	struct proposal *proposal;
	size_t proposals, proposal_room;
	uint64_t policies, alone; /* activated; of these by one person without a second */
	uint64_t minimum;         /* entries below it were pruned */
	int64_t kept_us;          /* time of the first entry of a pruned log; else far in the past */
	int64_t policy_from_us;   /* before that nobody knows which policy was active */
	int64_t wait_said_us;     /* when a death first said wait_s, an emergency its quota; INT64_MAX: none has */
	int64_t quota_said_us;
	bool blind; /* the entry at hand rests on one that was pruned */
	uint64_t unjudged;
	/* One bit for each entry: it is a permit; its outcome is known. 25 MB for 100 million entries. */
	uint8_t *permitted, *concluded;
	size_t bytes;
	struct erasure *erasure;
	size_t erasing, erasure_room; /* of those that are not done */
	uint64_t erasures;
	uint64_t permits[ENTRY_BASIS_ENTRY + 1], refusals, ended, outcomes;
	struct death_claim *claim;
	size_t claims, claim_room;
	struct death *death;
	size_t deaths, death_room;
	size_t *death_bucket; /* death_room of them, by the tag: the place of the newest + 1 */
	struct findings found;
};

/* Names the entry as unlawful. */
void lawful_bad(struct lawful *l, const struct deed *d, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* True when the cited entry was pruned: then nothing can be said about the one at hand. */
bool lawful_blind(struct lawful *l, uint64_t cited);

/* At the end: an entry of since_us lacks one that may still wait for the log; then it is not judged yet. */
bool lawful_is_pending(struct lawful *l, int64_t since_us, int64_t last_us);

/*
 * Whether the entry has to say what older emitters did not (says: it does), since when entries of its kind do. One that
 * does not have to is not judged.
 */
bool lawful_must_say(struct lawful *l, const struct deed *d, bool says, int64_t *said_us);

/* lawful_grant.c: a permit by consent; an act under a mandate. */
void lawful_grant_permit(struct lawful *l, const struct deed *d);
void lawful_grant_act(struct lawful *l, const struct deed *d);
/* lawful_limit.c: how often a consent may be used, as its entry says; one more permit on it. */
struct grant_uses lawful_limit_of(const struct deed *d);
void lawful_limit_permit(struct lawful *l, const struct deed *d, uint64_t index, struct grant_terms *t);
/* One more permit on another ground, of as many as its entry says. */
enum status lawful_limit_ground(struct lawful *l, const struct deed *d);
/* lawful_help.c: a consent that was given or withdrawn with somebody's help; false after saying that nobody may. */
bool lawful_help_holds(struct lawful *l, const struct deed *d);
enum status lawful_help_confirmed(struct lawful *l, const struct deed *d);
/* Row of the table of rules: an account made at a desk. */
enum status lawful_help_account(struct lawful *l, const struct deed *d);
/* The same month, also for an entry that waited for the log for up to LAWFUL_TAG_GRACE_US. */
bool lawful_same_month(int64_t earlier_us, int64_t later_us);
/* lawful_policy.c: was it decided under the policy then active; bundles are proposed, taken back and activated. */
void lawful_policy_permit(struct lawful *l, const struct deed *d);
enum status lawful_policy_proposed(struct lawful *l, const struct deed *d);
enum status lawful_policy_withdrawn(struct lawful *l, const struct deed *d);
enum status lawful_policy_activated(struct lawful *l, const struct deed *d);
void lawful_policy_clear(struct lawful *l);
/* lawful_ban.c: a permit against what the person forbade, or while all is blocked. */
void lawful_ban_permit(struct lawful *l, const struct deed *d);
enum status lawful_ban_set(struct lawful *l, const struct deed *d);
enum status lawful_ban_lifted(struct lawful *l, const struct deed *d);

/* lawful_grant.c: a permit by contract. */
void lawful_grant_contract_permit(struct lawful *l, const struct deed *d);
enum status lawful_grant_contract(struct lawful *l, const struct deed *d);
enum status lawful_grant_contract_ended(struct lawful *l, const struct deed *d);
/* Rows of the table of rules: consents and mandates come, are renewed, and go. */
enum status lawful_grant_given(struct lawful *l, const struct deed *d);
enum status lawful_grant_renewed(struct lawful *l, const struct deed *d);
enum status lawful_grant_withdrawn(struct lawful *l, const struct deed *d);
enum status lawful_grant_expired(struct lawful *l, const struct deed *d);
enum status lawful_grant_revoked(struct lawful *l, const struct deed *d);
enum status lawful_grant_invalidated(struct lawful *l, const struct deed *d);
enum status lawful_grant_mandate(struct lawful *l, const struct deed *d);
enum status lawful_grant_mandate_revoked(struct lawful *l, const struct deed *d);
enum status lawful_grant_mandate_ended(struct lawful *l, const struct deed *d);
/* lawful_death.c: what only the living do; deaths come, are spoken against and taken back; an heir's mandate. */
void lawful_death_permit(struct lawful *l, const struct deed *d);
enum status lawful_death_act(struct lawful *l, const struct deed *d);
enum status lawful_death_proposed(struct lawful *l, const struct deed *d);
enum status lawful_death_closed(struct lawful *l, const struct deed *d);
enum status lawful_death_registered(struct lawful *l, const struct deed *d);
enum status lawful_death_undone(struct lawful *l, const struct deed *d);
/* A mandate is granted: by the living, or to an heir. False after saying what is wrong. */
bool lawful_death_mandate(struct lawful *l, const struct deed *d);
/* The death of the person whom a consent or mandate is known to be about by any tag that it was seen with; the first
 * entry of it, or NULL. */
const struct death *lawful_death_of_terms(const struct lawful *l, const struct grant_terms *t);
/* Something is done under the mandate of an heir that rests on that death. */
void lawful_death_heir(struct lawful *l, const struct deed *d, uint64_t death);
/* lawful_glass.c: a look in an emergency; emergencies come, go and are judged. */
void lawful_glass_permit(struct lawful *l, const struct deed *d);
enum status lawful_glass_used(struct lawful *l, const struct deed *d);
enum status lawful_glass_closed(struct lawful *l, const struct deed *d);
enum status lawful_glass_reviewed(struct lawful *l, const struct deed *d);
enum status lawful_glass_suspended(struct lawful *l, const struct deed *d);
enum status lawful_glass_restored(struct lawful *l, const struct deed *d);
/* At the end: emergencies that were left unjudged at last_us. */
void lawful_glass_finish(struct lawful *l, int64_t last_us);
/* lawful_quota.c: an emergency more of an operator; false after saying that it was one too many. */
enum status lawful_quota_take(struct lawful *l, const struct deed *d, bool *fits);
/* The same of one that says no quota, by an emitter that knew of none (lawful_must_say). */
enum status lawful_quota_note(struct lawful *l, const struct deed *d);
void lawful_quota_clear(struct lawful *l);

/* lawful_freeze.c: "this was not me". */
enum status lawful_freeze_begins(struct lawful *l, const struct deed *d);
enum status lawful_freeze_ends(struct lawful *l, const struct deed *d);
enum status lawful_freeze_login(struct lawful *l, const struct deed *d);
enum status lawful_freeze_let_in(struct lawful *l, const struct deed *d);
enum status lawful_freeze_token(struct lawful *l, const struct deed *d);
/* False after saying that the mandate, which was granted by an entry, stood still: for acts under it. */
bool lawful_freeze_act(struct lawful *l, const struct deed *d, const struct grant *mandate);
/* The entry that froze the mandate under which a consent was given, or 0. */
uint64_t lawful_freeze_of(struct lawful *l, const struct deed *d, const struct grant_terms *t);

/* lawful_ask.c: what was asked for before it was given: consents and contracts. */
enum status lawful_ask_requested(struct lawful *l, const struct deed *d);
enum status lawful_ask_answered(struct lawful *l, const struct deed *d);
/* A consent that names its request; false after saying what is wrong. */
bool lawful_ask_holds(struct lawful *l, const struct deed *d);
enum status lawful_ask_proposed(struct lawful *l, const struct deed *d);
enum status lawful_ask_agreed(struct lawful *l, const struct deed *d);
/* At the end: what came before what it answers, unless that may still be on its way at last_us. */
void lawful_ask_finish(struct lawful *l, int64_t last_us);

/* lawful_question.c: what people ask and complain about, and the answers. */
enum status lawful_question_opened(struct lawful *l, const struct deed *d);
enum status lawful_question_turn(struct lawful *l, const struct deed *d);
/* As lawful_ask_finish(). */
void lawful_question_finish(struct lawful *l, int64_t last_us);

#endif
