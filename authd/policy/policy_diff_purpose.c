/* policy_diff_purpose.c: what changes for purposes, categories, statutes and the texts that people read. */
#include <stdio.h>
#include <string.h>

#include "authd/policy/policy_diff.h"

static bool
same_words(const struct words *a, const struct words *b)
{
	return strcmp(a->in[WORDS_RU], b->in[WORDS_RU]) == 0 && strcmp(a->in[WORDS_EN], b->in[WORDS_EN]) == 0;
}

/* Numbers of a purpose for which more means that more is allowed. */
static const struct {
	size_t offset, text; /* int64_t in microseconds, and how it is written; text 0: not written */
	const char *ru, *en;
} terms[] = {
#define TERM(member, ru, en)                                                                                           \
	{                                                                                                              \
		offsetof(struct purpose, member##_us), offsetof(struct purpose, member), ru, en                        \
	}
	TERM(max_consent, "Цель «{0}»: согласие действует не дольше {1} (было {2}).",
	     "Purpose “{0}”: a consent holds at most {1} (it was {2})."),
	TERM(retention, "Цель «{0}»: данные хранят {1} (было {2}).",
	     "Purpose “{0}”: data is kept for {1} (it was {2})."),
	TERM(data_life, "Цель «{0}»: данными пользуются {1} (было {2}).",
	     "Purpose “{0}”: data is used for {1} (it was {2})."),
	TERM(destroy_within, "Цель «{0}»: после отзыва данные уничтожают за {1} (было {2}).",
	     "Purpose “{0}”: after a withdrawal data is destroyed within {1} (it was {2})."),
#undef TERM
};

static void
compare_terms(struct policy_diff *d, const struct purpose *was, const struct purpose *now)
{
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		int64_t a, b;
		const char *x, *y;

		memcpy(&a, (const char *)was + terms[i].offset, sizeof(a));
		memcpy(&b, (const char *)now + terms[i].offset, sizeof(b));
		memcpy(&x, (const char *)was + terms[i].text, sizeof(x));
		memcpy(&y, (const char *)now + terms[i].text, sizeof(y));
		if (a != b)
			DIFF_SAY(d, b > a ? DIFF_WIDENED : DIFF_NARROWED, terms[i].ru, terms[i].en, now->title,
				 policy_diff_word(y), policy_diff_word(x));
	}
}

/* Answers to a yes or no about a purpose; `wide` is the answer that allows more. */
struct flag {
	bool was, now, wide;
	const char *ru[2], *en[2]; /* said when it becomes false, true */
};

static void
compare_flags(struct policy_diff *d, const struct purpose *was, const struct purpose *now)
{
	const struct flag flags[] = {
		{ was->may_object,
		  now->may_object,
		  false,
		  { "Цель «{0}»: возразить больше нельзя.", "Цель «{0}»: теперь можно возразить." },
		  { "Purpose “{0}”: people may no longer object.", "Purpose “{0}”: people may now object." } },
		{ was->after_death,
		  now->after_death,
		  now->after_death, /* either way somebody is looked at who was not before */
		  { "Цель «{0}»: смотреть по закону можно при жизни человека, а после смерти нельзя.",
		    "Цель «{0}»: смотреть по закону можно только после смерти человека." },
		  { "Purpose “{0}”: by law it is looked at while the person lives, and not after.",
		    "Purpose “{0}”: by law it is looked at after the person died, and not before." } },
		{ was->automated,
		  now->automated,
		  true,
		  { "Цель «{0}»: данные больше не обрабатывает программа.",
		    "Цель «{0}»: данные обрабатывает программа." },
		  { "Purpose “{0}”: no program handles the data any more.",
		    "Purpose “{0}”: a program handles the data." } },
		{ was->sole_automated_decision,
		  now->sole_automated_decision,
		  true,
		  { "Цель «{0}»: решение снова принимает человек.", "Цель «{0}»: решение принимает только программа." },
		  { "Purpose “{0}”: a person decides again.", "Purpose “{0}”: a program alone decides." } },
		{ was->profiling,
		  now->profiling,
		  true,
		  { "Цель «{0}»: профиль больше не составляют.", "Цель «{0}»: по данным составляют профиль." },
		  { "Purpose “{0}”: no profile is made any more.", "Purpose “{0}”: a profile is made of the data." } },
		{ was->mode == MODE_VIEW,
		  now->mode == MODE_VIEW,
		  false,
		  { "Цель «{0}»: данные теперь можно хранить.", "Цель «{0}»: данные можно только смотреть." },
		  { "Purpose “{0}”: data may now be kept.", "Purpose “{0}”: data may only be looked at." } },
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (flags[i].was != flags[i].now)
			DIFF_SAY(d, flags[i].now == flags[i].wide ? DIFF_WIDENED : DIFF_NARROWED,
				 flags[i].ru[flags[i].now], flags[i].en[flags[i].now], now->title);
	}
}

/* "by law «…»" and so on. */
static struct words
ground_of(const struct purpose_rule *r)
{
	static const struct words grounds[BASIS_COUNT] = {
		[BASIS_NONE] = { { "без основания", "no ground" } },
		[BASIS_CONSENT] = { { "с согласия человека", "with the person's consent" } },
		[BASIS_STATUTE] = { { "по закону без согласия", "by law without consent" } },
		[BASIS_CONTRACT] = { { "по договору с человеком", "by a contract with the person" } },
		[BASIS_VITAL] = { { "при угрозе жизни", "when life is in danger" } },
		[BASIS_BREAK_GLASS] = { { "в экстренном случае", "in an emergency" } },
	};

	return r->statute != NULL ? r->statute->title : grounds[r->basis];
}

static void
compare_rules(struct policy_diff *d, const struct purpose *was, const struct purpose *now)
{
	for (size_t i = 0; i < now->rule_count; i++) {
		const struct purpose_rule *r = &now->rules[i];
		const struct category *c = d->old != NULL ? policy_category(d->old, str_of(r->category->id)) : NULL;
		const struct purpose_rule *before = was != NULL ? purpose_rule_for(was, c) : NULL;

		if (before == NULL)
			DIFF_SAY(d, DIFF_WIDENED, "Цель «{0}» использует «{1}»: {2}.", "Purpose “{0}” uses “{1}”: {2}.",
				 now->title, r->category->title, ground_of(r));
		else if (before->basis != r->basis || strcmp(before->ref, r->ref) != 0)
			DIFF_SAY(d, r->basis == BASIS_CONSENT ? DIFF_NARROWED : DIFF_WIDENED,
				 "Цель «{0}», «{1}»: основание теперь — {2} (было — {3}).",
				 "Purpose “{0}”, “{1}”: the ground is now {2} (it was {3}).", now->title,
				 r->category->title, ground_of(r), ground_of(before));
	}
	for (size_t i = 0; was != NULL && i < was->rule_count; i++) {
		const struct category *c = policy_category(d->next, str_of(was->rules[i].category->id));

		if (purpose_rule_for(now, c) == NULL)
			DIFF_SAY(d, DIFF_NARROWED, "Цель «{0}» больше не использует «{1}».",
				 "Purpose “{0}” no longer uses “{1}”.", now->title, was->rules[i].category->title);
	}
}

static void
compare_actions(struct policy_diff *d, const struct purpose *was, const struct purpose *now)
{
	for (unsigned a = 0; a < ACTION_DATA_COUNT; a++) {
		uint32_t bit = action_bit((enum action)a);

		if ((was->actions & bit) == (now->actions & bit))
			continue;
		if ((now->actions & bit) != 0)
			DIFF_SAY(d, DIFF_WIDENED, "Цель «{0}»: данные разрешено {1}.",
				 "Purpose “{0}”: data may be: {1}.", now->title, policy_diff_action((enum action)a));
		else
			DIFF_SAY(d, DIFF_NARROWED, "Цель «{0}»: данные больше нельзя {1}.",
				 "Purpose “{0}”: data may no longer be: {1}.", now->title,
				 policy_diff_action((enum action)a));
	}
}

/* How often at most, in looks per year of time; no limit is the most. */
static double
often(const struct limits_frequency *f)
{
	if (f->count == 0)
		return 1e18;
	return f->per_us > 0 ? (double)f->count / (double)f->per_us : 0;
}

/* The kinds of visibility are in the order in which the person sees less. */
static bool
seen_later(const struct purpose *was, const struct purpose *now)
{
	if (was->visibility != now->visibility)
		return now->visibility > was->visibility;
	return now->visibility_delay_us > was->visibility_delay_us;
}

static void
compare_limits(struct policy_diff *d, const struct purpose *was, const struct purpose *now)
{
	static const char *const digits[] = { "0", "1", "2", "3" };
	int64_t back_was = was->range_back_us != 0 ? was->range_back_us : INT64_MAX;
	int64_t back_now = now->range_back_us != 0 ? now->range_back_us : INT64_MAX;

	if (was->acr != now->acr)
		DIFF_SAY(d, now->acr < was->acr ? DIFF_WIDENED : DIFF_NARROWED,
			 "Для цели «{0}» нужен вход уровня {1} (было {2}).",
			 "Purpose “{0}” needs a sign-in of level {1} (it was {2}).", now->title,
			 policy_diff_word(digits[now->acr]), policy_diff_word(digits[was->acr]));
	if (was->frequency.count != now->frequency.count || was->frequency.per_us != now->frequency.per_us)
		DIFF_SAY(d, often(&now->frequency) > often(&was->frequency) ? DIFF_WIDENED : DIFF_NARROWED,
			 "Цель «{0}»: меняется, как часто можно смотреть.",
			 "Purpose “{0}”: how often data may be looked at changes.", now->title);
	if (back_was != back_now)
		DIFF_SAY(d, back_now > back_was ? DIFF_WIDENED : DIFF_NARROWED,
			 "Цель «{0}»: меняется, за какой срок берут данные.",
			 "Purpose “{0}”: how far back data may reach changes.", now->title);
	if (was->visibility != now->visibility || was->visibility_delay_us != now->visibility_delay_us)
		DIFF_SAY(d, seen_later(was, now) ? DIFF_WIDENED : DIFF_NARROWED,
			 "Цель «{0}»: меняется, когда человек видит просмотры.",
			 "Purpose “{0}”: when the person sees the looks changes.", now->title);
}

static void
compare_texts(struct policy_diff *d, const struct purpose *was, const struct purpose *now)
{
	if (!same_words(&was->title, &now->title))
		DIFF_SAY(d, DIFF_TEXTS, "Цель «{0}» теперь называется «{1}».", "Purpose “{0}” is now called “{1}”.",
			 was->title, now->title);
	if (!same_words(&was->why, &now->why))
		DIFF_SAY(d, DIFF_TEXTS, "Цель «{0}», зачем нужны данные: {1}", "Purpose “{0}”, why data is needed: {1}",
			 now->title, now->why);
	if (!same_words(&was->if_refused, &now->if_refused))
		DIFF_SAY(d, DIFF_TEXTS, "Цель «{0}», что будет при отказе: {1}",
			 "Purpose “{0}”, what happens on refusal: {1}", now->title, now->if_refused);
	if (strcmp(was->notice_id, now->notice_id) != 0 || was->notice_version != now->notice_version) {
		char name[96];

		(void)snprintf(name, sizeof(name), "%.64s %u", now->notice_id, now->notice_version);
		DIFF_SAY(d, DIFF_TEXTS, "Цель «{0}»: людям показывают текст {1}.",
			 "Purpose “{0}”: people are shown the notice {1}.", now->title, policy_diff_word(name));
	}
}

static void
compare_purpose(struct policy_diff *d, const struct purpose *was, const struct purpose *now)
{
	compare_rules(d, was, now);
	policy_diff_recipients(d, was, now);
	if (was == NULL)
		return;
	compare_terms(d, was, now);
	compare_flags(d, was, now);
	compare_actions(d, was, now);
	compare_limits(d, was, now);
	compare_texts(d, was, now);
	if (was->version != now->version)
		d->failed |= json_array_append_new(d->new_consent, json_string(now->id)) != 0;
}

static void
compare_categories(struct policy_diff *d)
{
	const struct category *c = NULL;

	for (size_t i = 0; (c = policy_category_at(d->next, i)) != NULL; i++) {
		const struct category *was = d->old != NULL ? policy_category(d->old, str_of(c->id)) : NULL;

		if (was != NULL && was->special != c->special)
			DIFF_SAY(d, c->special ? DIFF_NARROWED : DIFF_WIDENED,
				 c->special ? "«{0}» — теперь особая категория данных."
					    : "«{0}» — больше не особая категория данных.",
				 c->special ? "“{0}” is now a special category."
					    : "“{0}” is no longer a special category.",
				 c->title);
		if (was != NULL && !same_words(&was->title, &c->title))
			DIFF_SAY(d, DIFF_TEXTS, "Данные «{0}» теперь называются «{1}».", "“{0}” is now called “{1}”.",
				 was->title, c->title);
	}
}

void
policy_diff_purposes(struct policy_diff *d)
{
	const struct purpose *u = NULL;

	for (size_t i = 0; (u = policy_purpose_at(d->next, i)) != NULL; i++)
		compare_purpose(d, d->old != NULL ? policy_purpose(d->old, str_of(u->id)) : NULL, u);
	for (size_t i = 0; d->old != NULL && (u = policy_purpose_at(d->old, i)) != NULL; i++) {
		if (policy_purpose(d->next, str_of(u->id)) == NULL)
			DIFF_SAY(d, DIFF_NARROWED, "Цели «{0}» больше нет.", "The purpose “{0}” is gone.", u->title);
	}
	compare_categories(d);
}
