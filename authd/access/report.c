#include "authd/access/report.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/core/hash.h"
#include "authd/access/reason.h"

/* ---- rows ---- */

struct rows {
	const char **names; /* borrowed from the rules, or constants */
	struct report_cell *cells;
	size_t count;
	struct report_cell total;
};

struct report {
	struct policy *rules;
	char month[REPORT_MONTH_LEN + 1];
	uint8_t key[REPORT_KEY_LEN];
	struct rows rows[REPORT_TABLE_COUNT];
};

static const char *const grounds[] = { "consent", "statute", "contract", "vital", "break_glass", NULL };
static const char *const later_kinds[] = { "delayed", "on_close", "withheld", NULL };
static const char *const emergency_rows[] = { "used", "justified", "unjustified", "not_reviewed_in_time", NULL };
static const char *const contract_rows[] = { "proposed", "confirmed", "declined", "ended", NULL };
static const char *const objection_rows[] = { "objections", "objections_lifted", "blocks", "blocks_lifted", NULL };
static const char *const question_rows[] = {
	"question", "complaint", "answered_in_term", "answered_late", "not_answered_in_term", "not_satisfied", NULL
};
static const char *const death_rows[] = { "proposed", "contested", "declined", "registered", "undone", NULL };
static const char *const help_rows[] = { "prepared", "confirmed", "refused", NULL };

/* Where the rows come from, and whether their sum means something. */
enum row_source { ROWS_LIST, ROWS_PURPOSES, ROWS_REASONS, ROWS_STATUTES };
static const struct {
	const char *name;
	enum row_source source;
	const char *const *list;
	bool sums;
} tables[REPORT_TABLE_COUNT] = {
	[REPORT_consents_given] = { "consents_given", ROWS_PURPOSES, NULL, true },
	[REPORT_consents_refused] = { "consents_refused", ROWS_PURPOSES, NULL, true },
	[REPORT_consents_withdrawn] = { "consents_withdrawn", ROWS_PURPOSES, NULL, true },
	[REPORT_consents_expired] = { "consents_expired", ROWS_PURPOSES, NULL, true },
	[REPORT_accesses_by_ground] = { "accesses_by_ground", ROWS_LIST, grounds, true },
	[REPORT_refusals_by_reason] = { "refusals_by_reason", ROWS_REASONS, NULL, true },
	[REPORT_shown_later] = { "shown_later", ROWS_LIST, later_kinds, true },
	[REPORT_withheld_by_law] = { "withheld_by_law", ROWS_STATUTES, NULL, true },
	[REPORT_emergencies] = { "emergencies", ROWS_LIST, emergency_rows, false },
	[REPORT_contracts] = { "contracts", ROWS_LIST, contract_rows, false },
	[REPORT_objections] = { "objections", ROWS_LIST, objection_rows, false },
	[REPORT_questions] = { "questions", ROWS_LIST, question_rows, false },
	[REPORT_help] = { "help", ROWS_LIST, help_rows, false },
	[REPORT_deaths] = { "deaths", ROWS_LIST, death_rows, false },
};

/* Name i of a source; NULL behind the last. */
static const char *
source_name(const struct policy *rules, enum report_table t, size_t i)
{
	const struct purpose *purpose;
	const struct statute *statute;

	switch (tables[t].source) {
	case ROWS_LIST:
		return tables[t].list[i];
	case ROWS_PURPOSES:
		purpose = policy_purpose_at(rules, i);
		return purpose == NULL ? NULL : purpose->id;
	case ROWS_STATUTES:
		statute = policy_statute_at(rules, i);
		return statute == NULL ? NULL : statute->id;
	case ROWS_REASONS:
		break;
	}
	return REASON_CONSENT_MISSING + i < REASON_LOG_UNAVAILABLE
		   ? reason_name((enum reason)(REASON_CONSENT_MISSING + i))
		   : NULL;
}

/* What the rules in force do not name is counted as other. */
static enum status
make_rows(struct report *r, enum report_table t)
{
	struct rows *rows = &r->rows[t];
	size_t n = 0;

	while (source_name(r->rules, t, n) != NULL)
		n++;
	rows->names = calloc(n + 1, sizeof(*rows->names));
	rows->cells = calloc(n + 1, sizeof(*rows->cells));
	if (rows->names == NULL || rows->cells == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n; i++)
		rows->names[i] = source_name(r->rules, t, i);
	rows->names[n] = "other";
	rows->count = n + 1;
	return OK;
}

enum status
report_new(struct policy *rules, struct str month, const uint8_t key[REPORT_KEY_LEN], struct report **out)
{
	CLEANUP(report_freep) struct report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return E_NOMEM;
	if (month.n != REPORT_MONTH_LEN)
		return E_INVALID;
	memcpy(r->month, month.p, month.n);
	memcpy(r->key, key, REPORT_KEY_LEN);
	r->rules = policy_ref(rules);
	for (unsigned t = 0; t < REPORT_TABLE_COUNT; t++)
		TRY(make_rows(r, (enum report_table)t));
	*out = STEAL(&r);
	return OK;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	for (size_t t = 0; t < REPORT_TABLE_COUNT; t++) {
		free(r->rows[t].names);
		free(r->rows[t].cells);
	}
	policy_unref(r->rules);
	free(r);
}

void
report_freep(struct report **r)
{
	report_free(*r);
}

/* ---- counting ---- */

static void
add(struct report_cell *cell, uint64_t key)
{
	cell->count++;
	cell->key += key;
}

static void
count_in(struct report *r, enum report_table t, struct str row, uint64_t key)
{
	struct rows *rows = &r->rows[t];
	size_t i = 0;

	while (i + 1 < rows->count && !str_is(row, rows->names[i]))
		i++;
	add(&rows->cells[i], key);
	add(&rows->total, key);
}

static uint64_t
key_of(const struct report *r, const struct entry *e)
{
	struct hash h = hash_hmac(str_from(r->key, REPORT_KEY_LEN), str_from(e->id.b, sizeof(e->id.b)));
	uint64_t key = 0;

	for (size_t i = 0; i < 8; i++)
		key = key << 8 | h.b[i];
	return key;
}

static struct str
fact_of(const struct entry *e, const char *name)
{
	for (size_t i = 0; i < e->fact_count; i++)
		if (str_is(e->facts[i].name, name) && e->facts[i].text.p != NULL)
			return e->facts[i].text;
	return STR("");
}

static bool
is_dry_run(const struct entry *e)
{
	for (size_t i = 0; i < e->fact_count; i++)
		if (str_is(e->facts[i].name, "dry_run"))
			return true;
	return false;
}

static void
count_access(struct report *r, const struct entry *e, uint64_t key)
{
	struct str shown = fact_of(e, "shown");

	if (is_dry_run(e))
		return;
	if (e->decision == ENTRY_REFUSE)
		count_in(r, REPORT_refusals_by_reason, e->reason, key);
	else
		count_in(r, REPORT_accesses_by_ground, str_of(entry_basis_name(e->basis.type)), key);
	if (shown.n > 0)
		count_in(r, REPORT_shown_later, shown, key);
	if (str_is(shown, "withheld"))
		count_in(r, REPORT_withheld_by_law, fact_of(e, "law"), key);
}

/* An entry of the event counts in this row; NULL: in that of its purpose. */
static const struct {
	enum entry_event event;
	enum report_table table;
	const char *row;
} counted[] = {
	{ ENTRY_CONSENT_GRANTED, REPORT_consents_given, NULL },
	{ ENTRY_CONSENT_REFUSED, REPORT_consents_refused, NULL },
	{ ENTRY_CONSENT_WITHDRAWN, REPORT_consents_withdrawn, NULL },
	{ ENTRY_CONSENT_EXPIRED, REPORT_consents_expired, NULL },
	{ ENTRY_BREAKGLASS_USED, REPORT_emergencies, "used" },
	{ ENTRY_CONTRACT_PROPOSED, REPORT_contracts, "proposed" },
	{ ENTRY_CONTRACT_REGISTERED, REPORT_contracts, "confirmed" },
	{ ENTRY_CONTRACT_DECLINED, REPORT_contracts, "declined" },
	{ ENTRY_CONTRACT_ENDED, REPORT_contracts, "ended" },
	{ ENTRY_OBJECTION_SET, REPORT_objections, "objections" },
	{ ENTRY_OBJECTION_LIFTED, REPORT_objections, "objections_lifted" },
	{ ENTRY_RESTRICTION_SET, REPORT_objections, "blocks" },
	{ ENTRY_RESTRICTION_LIFTED, REPORT_objections, "blocks_lifted" },
	{ ENTRY_DESK_PREPARED, REPORT_help, "prepared" },
	{ ENTRY_DESK_CONFIRMED, REPORT_help, "confirmed" },
	{ ENTRY_DESK_REFUSED, REPORT_help, "refused" },
	{ ENTRY_DEATH_PROPOSED, REPORT_deaths, "proposed" },
	{ ENTRY_DEATH_CONTESTED, REPORT_deaths, "contested" },
	{ ENTRY_DEATH_DECLINED, REPORT_deaths, "declined" },
	{ ENTRY_DEATH_REGISTERED, REPORT_deaths, "registered" },
	{ ENTRY_DEATH_UNDONE, REPORT_deaths, "undone" },
};

static struct str
purpose_id(const struct entry *e)
{
	return str_slice(e->purpose, 0, str_find_char(e->purpose, '/'));
}

void
report_count(struct report *r, const struct entry *e)
{
	const uint64_t key = key_of(r, e);

	for (size_t i = 0; i < ARRAY_LEN(counted); i++)
		if (counted[i].event == e->event)
			count_in(r, counted[i].table, counted[i].row ? str_of(counted[i].row) : purpose_id(e), key);
	if (e->event == ENTRY_ACCESS_DECIDED || e->event == ENTRY_ACCESS_RECORDED)
		count_access(r, e, key);
	if (e->event == ENTRY_QUESTION_OPENED)
		count_in(r, REPORT_questions, fact_of(e, "kind"), key);
	if (e->event == ENTRY_QUESTION_ANSWERED)
		count_in(r, REPORT_questions,
			 str_is(fact_of(e, "term"), "late") ? STR("answered_late") : STR("answered_in_term"), key);
	if (e->event == ENTRY_QUESTION_ESCALATED)
		count_in(r, REPORT_questions,
			 str_is(fact_of(e, "why"), "not_satisfied") ? STR("not_satisfied")
								    : STR("not_answered_in_term"),
			 key);
	if (e->event == ENTRY_BREAKGLASS_REVIEWED)
		count_in(r, REPORT_emergencies, fact_of(e, "verdict"), key);
	if (e->event == ENTRY_BREAKGLASS_SUSPENDED && str_is(fact_of(e, "why"), "not_reviewed"))
		count_in(r, REPORT_emergencies, STR("not_reviewed_in_time"), key);
}

/* ---- reading ---- */

const char *
report_table_name(enum report_table t)
{
	return (unsigned)t < REPORT_TABLE_COUNT ? tables[t].name : "";
}

const char *
report_row(const struct report *r, enum report_table t, size_t i, const struct report_cell **cell)
{
	const struct rows *rows = &r->rows[t];

	if (i >= rows->count)
		return NULL;
	*cell = &rows->cells[i];
	return rows->names[i];
}

const struct report_cell *
report_total(const struct report *r, enum report_table t)
{
	return tables[t].sums ? &r->rows[t].total : NULL;
}

struct str
report_month(const struct report *r)
{
	return str_of(r->month);
}
