#include <stdio.h>
#include <string.h>

#include "authd/policy/policy_data.h"
#include "authd/policy/policy_diff.h"
#include "authd/policy/policy_report.h"

struct asking {
	const struct policy *p;
	enum action action; /* ACTION_COUNT: any */
	const struct category *category;
	const struct purpose *purpose;
	const struct role *role;
	const struct service *service;
	json_t *rows;
	bool failed;
};

static enum status
unknown(struct conf_error *err, const char *kind, const char *name)
{
	(void)snprintf(err->text, sizeof(err->text), "unknown %s %.64s", kind, name);
	return E_NOT_FOUND;
}

#define FIND(member, lookup)                                                                                           \
	do {                                                                                                           \
		a->member = q->member != NULL ? lookup(a->p, str_of(q->member)) : NULL;                                \
		if (q->member != NULL && a->member == NULL)                                                            \
			return unknown(err, #member, q->member);                                                       \
	} while (0)

static enum status
look_up(struct asking *a, const struct policy_question *q, struct conf_error *err)
{
	a->action = ACTION_COUNT;
	if (q->action != NULL && action_parse(str_of(q->action), &a->action) != OK)
		return unknown(err, "action", q->action);
	FIND(category, policy_category);
	FIND(purpose, policy_purpose);
	FIND(role, policy_role);
	FIND(service, policy_service);
	return OK;
}

/* ---- one row ---- */

static const struct words basis_words[BASIS_COUNT] = {
	[BASIS_NONE] = { { "без основания", "without a ground" } },
	[BASIS_CONSENT] = { { "с согласия человека", "with the person's consent" } },
	[BASIS_STATUTE] = { { "по закону", "by law" } },
	[BASIS_CONTRACT] = { { "по договору с человеком", "by a contract with the person" } },
	[BASIS_VITAL] = { { "при угрозе жизни или здоровью", "when life or health is in danger" } },
	[BASIS_BREAK_GLASS] = { { "без согласия, с проверкой после", "without consent, reviewed afterwards" } },
};

/* "«A», «B»" */
static void
put_roles(struct buf *out, const struct policy *p, uint64_t roles, enum words_lang lang)
{
	const char *before = lang == WORDS_RU ? "«" : "“", *after = lang == WORDS_RU ? "»" : "”";

	for (uint64_t set = roles; set != 0; set &= set - 1)
		buf_printf(out, "%s%s%s%s", set == roles ? "" : ", ", before,
			   policy_role_at(p, (size_t)__builtin_ctzll(set))->title.in[lang], after);
}

/* The strength of sign-in that the least demanding of these roles needs, and at least `least`. */
static unsigned
acr_of(const struct policy *p, uint64_t roles, unsigned least)
{
	unsigned acr = least;

	while (acr < ROLE_ACR_MOST && (policy_roles_at(p, acr) & roles) == 0)
		acr++;
	return acr;
}

struct row {
	enum action action;
	const struct purpose_rule *rule; /* NULL: a desk action */
	const struct purpose *purpose;
	const struct service *service;
	uint64_t roles;
	enum basis basis;
	unsigned acr;
};

static json_t *
text_of(const struct asking *a, const struct row *r, enum words_lang lang)
{
	CLEANUP(buf_clear) struct buf text = BUF(4096);
	struct words act = policy_diff_action(r->action);

	put_roles(&text, a->p, r->roles, lang);
	buf_printf(&text, lang == WORDS_RU ? ": %s" : ": may %s", act.in[lang]);
	if (r->rule != NULL)
		buf_printf(&text,
			   lang == WORDS_RU ? " «%s» для «%s», через службу «%s» (%s), %s"
					    : " “%s” for “%s”, through the service “%s” (%s), %s",
			   r->rule->category->title.in[lang], r->purpose->title.in[lang], r->service->title.in[lang],
			   r->service->organisation->name.in[lang], basis_words[r->basis].in[lang]);
	buf_printf(&text, lang == WORDS_RU ? "; вход уровня %u" : "; sign-in of level %u", r->acr);
	return buf_status(&text) == OK ? json_stringn(text.p, text.n) : NULL;
}

static json_t *
role_ids(const struct policy *p, uint64_t roles)
{
	json_t *list = json_array();

	for (uint64_t set = roles; set != 0; set &= set - 1)
		json_array_append_new(list, json_string(policy_role_at(p, (size_t)__builtin_ctzll(set))->id));
	return list;
}

static void
add(struct asking *a, const struct row *r)
{
	json_t *row = json_pack("{s:s, s:o, s:i, s:{s:o, s:o}}", "action", action_name(r->action), "roles",
				role_ids(a->p, r->roles), "acr", (int)r->acr, "text", "ru", text_of(a, r, WORDS_RU),
				"en", text_of(a, r, WORDS_EN));
	bool bad = json_array_append_new(a->rows, row) != 0;

	if (!bad && r->rule != NULL)
		bad = json_object_set_new(row, "category", json_string(r->rule->category->id)) != 0 ||
		      json_object_set_new(row, "purpose", json_string(r->purpose->id)) != 0 ||
		      json_object_set_new(row, "service", json_string(r->service->id)) != 0 ||
		      json_object_set_new(row, "organisation", json_string(r->service->organisation->id)) != 0 ||
		      json_object_set_new(row, "basis", json_string(basis_name(r->basis))) != 0;
	a->failed |= bad;
}

/* ---- the tables ---- */

/* Every role that has one of these, itself or by inheritance; through: what may work there (all of them: no limit). */
static uint64_t
holders(const struct asking *a, uint64_t permitting, uint64_t through)
{
	const struct role *r = NULL;
	uint64_t all = 0;

	for (size_t i = 0; (r = policy_role_at(a->p, i)) != NULL; i++) {
		if ((r->closure & permitting & through) != 0 && (a->role == NULL || a->role == r))
			all |= r->bit;
	}
	return all;
}

static void
ask_rule(struct asking *a, const struct service *s, const struct purpose *u, const struct purpose_rule *rule,
	 enum action action)
{
	bool glass = action == ACTION_BREAK_GLASS;
	uint64_t permitting = purpose_rule_roles(rule, action, s->organisation->zone);
	uint64_t roles = glass && !s->break_glass ? 0 : holders(a, permitting, glass ? ~UINT64_C(0) : s->roles);
	struct row row = {
		.action = action,
		.rule = rule,
		.purpose = u,
		.service = s,
		.roles = roles,
		.basis = glass ? BASIS_BREAK_GLASS : rule->basis,
	};

	if (roles == 0)
		return;
	row.acr = acr_of(a->p, roles, u->acr);
	add(a, &row);
}

static void
ask_service(struct asking *a, const struct service *s)
{
	for (size_t i = 0; i < s->purpose_count; i++) {
		const struct purpose *u = s->purposes[i];

		for (size_t k = 0; (a->purpose == NULL || a->purpose == u) && k < u->rule_count; k++) {
			if (a->category != NULL && a->category != u->rules[k].category)
				continue;
			for (unsigned action = 0; action <= ACTION_BREAK_GLASS; action++) {
				if (a->action == ACTION_COUNT || a->action == action)
					ask_rule(a, s, u, &u->rules[k], (enum action)action);
			}
		}
	}
}

static void
ask_desk(struct asking *a)
{
	for (unsigned action = ACTION_BREAK_GLASS + 1; action < ACTION_COUNT; action++) {
		const struct role *r = NULL;
		struct row row = { .action = (enum action)action };

		for (size_t i = 0; (r = policy_role_at(a->p, i)) != NULL; i++) {
			if ((r->desk >> action & 1) != 0)
				row.roles |= r->bit;
		}
		row.roles = holders(a, row.roles, ~UINT64_C(0));
		if (row.roles == 0 || (a->action != ACTION_COUNT && a->action != action))
			continue;
		row.acr = acr_of(a->p, row.roles, 0);
		add(a, &row);
	}
}

enum status
policy_who(const struct policy *p, const struct policy_question *q, json_t **out, struct conf_error *err)
{
	CLEANUP(json_decrefp) json_t *report = json_object();
	struct asking a = { .p = p, .rows = json_array() };
	const struct service *s = NULL;

	if (json_object_set_new(report, "rows", a.rows) != 0)
		return E_NOMEM;
	TRY(look_up(&a, q, err));
	for (size_t i = 0; (s = policy_service_at(p, i)) != NULL; i++) {
		if ((a.service == NULL || a.service == s) && !s->suspended)
			ask_service(&a, s);
	}
	if (a.category == NULL && a.purpose == NULL && a.service == NULL)
		ask_desk(&a);
	if (a.failed)
		return E_NOMEM;
	*out = STEAL(&report);
	return OK;
}

void
policy_report_put(struct buf *out, const json_t *report, enum words_lang lang)
{
	const json_t *rows = json_object_get(report, "rows"), *row = NULL;
	size_t i = 0;

	json_array_foreach(rows, i, row)
	{
		const json_t *text = json_object_get(json_object_get(row, "text"), words_lang_name(lang));

		buf_printf(out, "%s\n", json_string_value(text));
	}
	if (json_array_size(rows) == 0)
		buf_put_cstr(out, lang == WORDS_RU ? "Никто.\n" : "Nobody.\n");
}
