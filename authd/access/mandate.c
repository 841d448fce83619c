#include "authd/access/mandate.h"

/* What each kind is called, and what it can let do at most. An heir gets documents and nothing else. */
static const struct {
	const char *name;
	unsigned actions;
} kinds[MANDATE_KINDS] = {
	[MANDATE_PARENT] = { "parent", MANDATE_ALL },
	[MANDATE_GUARDIAN] = { "guardian", MANDATE_ALL },
	[MANDATE_POWER] = { "power_of_attorney", MANDATE_ALL },
	[MANDATE_HEIR] = { "heir", MANDATE_SEE | MANDATE_EXPORT },
};

static const struct {
	const char *name;
	unsigned bit;
} actions[] = {
	{ "see", MANDATE_SEE }, { "give", MANDATE_GIVE },     { "withdraw", MANDATE_WITHDRAW },
	{ "ask", MANDATE_ASK }, { "object", MANDATE_OBJECT }, { "export", MANDATE_EXPORT },
};

static const char *const faults[] = {
	[MANDATE_HOLDS] = "holds",     [MANDATE_NONE] = "none",     [MANDATE_UNLOGGED] = "unlogged",
	[MANDATE_REVOKED] = "revoked", [MANDATE_ENDED] = "ended",   [MANDATE_EARLY] = "early",
	[MANDATE_EXPIRED] = "expired", [MANDATE_OF_AGE] = "of_age", [MANDATE_FROZEN] = "frozen",
	[MANDATE_NOBODY] = "nobody",   [MANDATE_THEME] = "theme",   [MANDATE_ACTION] = "action",
};

/* ---- names ---- */

enum status
mandate_kind_parse(struct str name, enum mandate_kind *out)
{
	for (size_t i = 0; i < MANDATE_KINDS; i++) {
		if (!str_is(name, kinds[i].name))
			continue;
		*out = (enum mandate_kind)i;
		return OK;
	}
	return E_NOT_FOUND;
}

unsigned
mandate_kind_actions(enum mandate_kind kind)
{
	return (unsigned)kind < MANDATE_KINDS ? kinds[kind].actions : 0;
}

static unsigned
action_of(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (str_is(word, actions[i].name))
			return actions[i].bit;
	return 0;
}

enum status
mandate_actions_parse(struct str words, unsigned *out)
{
	unsigned all = 0;
	struct str word;

	while (words.n > 0 && str_next(&words, ' ', &word)) {
		unsigned bit = action_of(word);

		if (bit == 0 || (all & bit) != 0)
			return E_INVALID;
		all |= bit;
	}
	if (all == 0)
		return E_INVALID;
	*out = all;
	return OK;
}

void
mandate_put_actions(unsigned set, struct buf *out)
{
	size_t before = out->n;

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if ((set & actions[i].bit) == 0)
			continue;
		if (out->n > before)
			buf_put_char(out, ' ');
		buf_put_cstr(out, actions[i].name);
	}
}

const char *
mandate_fault_name(enum mandate_fault fault)
{
	return (size_t)fault < ARRAY_LEN(faults) ? faults[fault] : "";
}

/* ---- judging ---- */

bool
mandate_covers(const struct store_mandate *m, struct str purpose)
{
	struct str rest = m->purposes, word;

	if (purpose.n == 0 || str_is(m->purposes, "*"))
		return true;
	while (rest.n > 0 && str_next(&rest, ' ', &word))
		if (str_eq(word, purpose))
			return true;
	return false;
}

int64_t
mandate_end_us(const struct store_mandate *m)
{
	return m->majority_us != 0 && m->majority_us < m->until_us ? m->majority_us : m->until_us;
}

static bool
is_of_age(const struct store_mandate *m, int64_t now_us)
{
	return m->majority_us != 0 && now_us >= m->majority_us;
}

static enum mandate_fault
judge_state(const struct store_mandate *m)
{
	if (str_is(m->state, "revoked"))
		return MANDATE_REVOKED;
	if (str_is(m->state, "ended"))
		return MANDATE_ENDED;
	if (!str_is(m->state, "active"))
		return MANDATE_NONE;
	return m->log_index == STORE_NO_INDEX ? MANDATE_UNLOGGED : MANDATE_HOLDS;
}

/* An heir acts after a death: it rests on that the person is not there any more. Nobody is heir of the living. */
static bool
both_there(const struct store_mandate *m)
{
	return m->representative_there && m->represented_there != str_is(m->kind, "heir");
}

/* Every kind at most what the kind allows, whatever stands in the row. */
static unsigned
allowed(const struct store_mandate *m)
{
	enum mandate_kind kind;

	return mandate_kind_parse(m->kind, &kind) == OK ? (unsigned)m->actions & mandate_kind_actions(kind) : 0;
}

enum mandate_fault
mandate_judge(const struct store_mandate *m, struct str purpose, unsigned action, int64_t now_us)
{
	enum mandate_fault state = judge_state(m);

	if (state != MANDATE_HOLDS)
		return state;
	if (now_us < m->from_us)
		return MANDATE_EARLY;
	if (is_of_age(m, now_us))
		return MANDATE_OF_AGE;
	if (now_us >= m->until_us)
		return MANDATE_EXPIRED;
	if (m->frozen_us != 0)
		return MANDATE_FROZEN;
	if (!both_there(m))
		return MANDATE_NOBODY;
	if (!mandate_covers(m, purpose))
		return MANDATE_THEME;
	return (allowed(m) & action) == action ? MANDATE_HOLDS : MANDATE_ACTION;
}

bool
mandate_for_clients(const struct store_mandate *m)
{
	return !str_is(m->kind, "heir");
}

bool
mandate_supports_consents(const struct store_mandate *m, int64_t now_us)
{
	if (m->log_index == STORE_NO_INDEX || str_is(m->state, "proposed"))
		return false;
	if (is_of_age(m, now_us) || m->frozen_us != 0)
		return false;
	return !str_is(m->reason, "disputed") && !str_is(m->reason, "unfounded") && !str_is(m->reason, "majority") &&
	       !str_is(m->reason, "death");
}

/* ---- finding ---- */

enum status
mandate_find(struct store *db, struct str representative, struct str represented, struct str purpose, unsigned action,
	     int64_t now_us, struct store_mandate *out, enum mandate_fault *why)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list all = { 0 };
	enum mandate_fault nearest = MANDATE_NONE;

	TRY(store_mandate_between(db, representative, represented, &all));
	for (size_t i = 0; i < all.count; i++) {
		enum mandate_fault fault = mandate_judge(&all.items[i], purpose, action, now_us);

		if (fault == MANDATE_HOLDS)
			return store_mandate_find(db, all.items[i].mandate_id, out);
		if (fault > nearest)
			nearest = fault;
	}
	*why = nearest;
	return E_DENIED;
}
