/* policy_diff_role.c: what changes for roles, separations of duty, and the permissions of each line. */
#include <stdio.h>
#include <string.h>

#include "authd/policy/policy_data.h"
#include "authd/policy/policy_diff.h"

/* ---- permissions ---- */

/* "role|action|purpose|category": the same permission in both bundles. */
static void
key_of(const struct policy_grant *g, char out[256])
{
	(void)snprintf(out, 256, "%s|%s|%s|%s", g->role->id, action_name(g->action),
		       g->purpose != NULL ? g->purpose->id : "", g->category != NULL ? g->category->id : "");
}

/* key -> list of numbers of permissions. */
static json_t *
index_of(struct policy_diff *d, const struct policy *p)
{
	json_t *index = json_object();
	const struct policy_grant *g = NULL;

	for (size_t i = 0; p != NULL && (g = policy_grant_at(p, i)) != NULL; i++) {
		char key[256];

		key_of(g, key);
		if (json_object_get(index, key) == NULL)
			d->failed |= json_object_set_new(index, key, json_array()) != 0;
		d->failed |= json_array_append_new(json_object_get(index, key), json_integer((json_int_t)i)) != 0;
	}
	return index;
}

static const struct policy_grant *
grant_in(const struct policy *p, const json_t *numbers, size_t i)
{
	return policy_grant_at(p, (size_t)json_integer_value(json_array_get(numbers, i)));
}

static bool
everywhere(const struct policy *p, const json_t *numbers)
{
	for (size_t i = 0; i < json_array_size(numbers); i++) {
		if (grant_in(p, numbers, i)->scope < 0)
			return true;
	}
	return false;
}

static bool
holds(const struct policy *p, const json_t *numbers, const char *organisation)
{
	const struct organisation *o = p != NULL ? policy_organisation(p, str_of(organisation)) : NULL;

	for (size_t i = 0; o != NULL && i < json_array_size(numbers); i++) {
		if (policy_grant_holds(grant_in(p, numbers, i), o))
			return true;
	}
	return false;
}

/* Some service there asks for the purpose: otherwise the permission means nothing in that organisation. */
static bool
asks(const struct policy *p, const struct organisation *o, const struct purpose *u)
{
	const struct service *s = NULL;

	for (size_t i = 0; (s = policy_service_at(p, i)) != NULL; i++) {
		if (s->organisation == o && policy_declares(p, s, u))
			return true;
	}
	return false;
}

static void
say_grant(struct policy_diff *d, enum policy_diff_class class, const struct policy_grant *g, const struct words *where)
{
	static const struct {
		const char *ru, *en;
	} said[2][3] = {
		{ { "Роль «{0}» теперь может {1}.", "The role “{0}” may now {1}." },
		  { "Роль «{0}» теперь может {1} «{2}» для «{3}».", "The role “{0}” may now {1} “{2}” for “{3}”." },
		  { "Роль «{0}» теперь может {1} «{2}» для «{3}» в организации «{4}».",
		    "The role “{0}” may now {1} “{2}” for “{3}” at “{4}”." } },
		{ { "Роль «{0}» больше не может {1}.", "The role “{0}” may no longer {1}." },
		  { "Роль «{0}» больше не может {1} «{2}» для «{3}».",
		    "The role “{0}” may no longer {1} “{2}” for “{3}”." },
		  { "Роль «{0}» больше не может {1} «{2}» для «{3}» в организации «{4}».",
		    "The role “{0}” may no longer {1} “{2}” for “{3}” at “{4}”." } },
	};
	unsigned form = g->purpose == NULL ? 0 : where == NULL ? 1 : 2;
	const struct words none = policy_diff_word("");

	DIFF_SAY(d, class, said[class][form].ru, said[class][form].en, g->role->title, policy_diff_action(g->action),
		 g->category != NULL ? g->category->title : none, g->purpose != NULL ? g->purpose->title : none,
		 where != NULL ? *where : none);
}

/* What `to` allows and `from` did not, organisation by organisation where one of the two is limited. */
static void
compare_places(struct policy_diff *d, enum policy_diff_class class, const struct policy *to, const json_t *is,
	       const struct policy *from, const json_t *was)
{
	const struct policy_grant *g = grant_in(to, is, 0);
	const struct organisation *o = NULL;

	if (was == NULL && everywhere(to, is)) {
		say_grant(d, class, g, NULL);
		return;
	}
	if (was != NULL && everywhere(from, was))
		return;
	for (size_t i = 0; (o = policy_organisation_at(to, i)) != NULL; i++) {
		if (asks(to, o, g->purpose) && holds(to, is, o->id) && !holds(from, was, o->id))
			say_grant(d, class, g, &o->name);
	}
}

static void
compare_grants(struct policy_diff *d, enum policy_diff_class class, const struct policy *to, json_t *is,
	       const struct policy *from, const json_t *was)
{
	const char *key = NULL;
	json_t *numbers = NULL;

	json_object_foreach(is, key, numbers) compare_places(d, class, to, numbers, from, json_object_get(was, key));
}

/* ---- roles ---- */

static const char *const digits[] = { "0", "1", "2", "3" };

static void
compare_role(struct policy_diff *d, const struct role *was, const struct role *now)
{
	struct words title = now->title;

	if (was->acr != now->acr)
		DIFF_SAY(d, now->acr < was->acr ? DIFF_WIDENED : DIFF_NARROWED,
			 "Роли «{0}» нужен вход уровня {1} (было {2}).",
			 "The role “{0}” needs a sign-in of level {1} (it was {2}).", title,
			 policy_diff_word(digits[now->acr]), policy_diff_word(digits[was->acr]));
	if (was->break_glass_quota != 0 && now->break_glass_quota != 0 &&
	    (was->break_glass_quota != now->break_glass_quota || was->break_glass_per_us != now->break_glass_per_us ||
	     was->break_glass_ttl_us != now->break_glass_ttl_us ||
	     was->break_glass_review_us != now->break_glass_review_us))
		DIFF_SAY(d,
			 now->break_glass_quota <= was->break_glass_quota &&
				 now->break_glass_per_us >= was->break_glass_per_us &&
				 now->break_glass_ttl_us <= was->break_glass_ttl_us &&
				 now->break_glass_review_us <= was->break_glass_review_us
			     ? DIFF_NARROWED
			     : DIFF_WIDENED,
			 "У роли «{0}» другие пределы экстренного просмотра.",
			 "The limits of emergencies change for the role “{0}”.", title);
	if (strcmp(was->title.in[WORDS_RU], now->title.in[WORDS_RU]) != 0 ||
	    strcmp(was->title.in[WORDS_EN], now->title.in[WORDS_EN]) != 0)
		DIFF_SAY(d, DIFF_TEXTS, "Роль «{0}» теперь называется «{1}».", "The role “{0}” is now called “{1}”.",
			 was->title, title);
}

/* Roles that one inherits, by name: what is inherited in `to` and not in `from`. */
static void
compare_inherited(struct policy_diff *d, enum policy_diff_class class, const struct policy *to, const struct role *r,
		  const struct policy *from, const struct role *other)
{
	uint64_t set = r->closure & ~r->bit;

	for (; set != 0; set &= set - 1) {
		const struct role *part = policy_role_at(to, (size_t)__builtin_ctzll(set));
		const struct role *same = from != NULL ? policy_role(from, str_of(part->id)) : NULL;

		if (other != NULL && same != NULL && (other->closure & same->bit) != 0)
			continue;
		DIFF_SAY(d, class,
			 class == DIFF_WIDENED ? "Роль «{0}» получает всё, что может роль «{1}»."
					       : "Роль «{0}» больше не получает того, что может роль «{1}».",
			 class == DIFF_WIDENED ? "The role “{0}” gets all that the role “{1}” may."
					       : "The role “{0}” no longer gets what the role “{1}” may.",
			 r->title, part->title);
	}
}

static void
compare_roles(struct policy_diff *d)
{
	const struct role *r = NULL;

	for (size_t i = 0; (r = policy_role_at(d->next, i)) != NULL; i++) {
		const struct role *was = d->old != NULL ? policy_role(d->old, str_of(r->id)) : NULL;

		compare_inherited(d, DIFF_WIDENED, d->next, r, d->old, was);
		if (was != NULL)
			compare_role(d, was, r);
	}
	for (size_t i = 0; d->old != NULL && (r = policy_role_at(d->old, i)) != NULL; i++)
		compare_inherited(d, DIFF_NARROWED, d->old, r, d->next, policy_role(d->next, str_of(r->id)));
}

/* ---- separation of duty ---- */

/* Whether p has a separation that is at least as strict as s of `from`. */
static bool
kept(const struct policy *p, const struct policy *from, const struct role_separation *s)
{
	uint64_t names = 0;

	for (uint64_t set = s->roles; set != 0; set &= set - 1) {
		const struct role *r = policy_role(p, str_of(policy_role_at(from, (size_t)__builtin_ctzll(set))->id));

		names |= r != NULL ? r->bit : 0;
	}
	for (size_t i = 0; i < p->separation_count; i++) {
		const struct role_separation *other = &p->separations[i];

		if (other->dynamic == s->dynamic && (names & ~other->roles) == 0 && other->at_most <= s->at_most)
			return true;
	}
	return (unsigned)__builtin_popcountll(names) <= s->at_most;
}

static void
compare_separations(struct policy_diff *d, enum policy_diff_class class, const struct policy *from,
		    const struct policy *to)
{
	for (size_t i = 0; from != NULL && i < from->separation_count; i++) {
		const struct role_separation *s = &from->separations[i];
		CLEANUP(buf_clear) struct buf ru = BUF(4096);
		CLEANUP(buf_clear) struct buf en = BUF(4096);

		if (to != NULL && kept(to, from, s))
			continue;
		for (uint64_t set = s->roles; set != 0; set &= set - 1) {
			const struct role *r = policy_role_at(from, (size_t)__builtin_ctzll(set));

			buf_printf(&ru, "%s«%s»", ru.n > 0 ? ", " : "", r->title.in[WORDS_RU]);
			buf_printf(&en, "%s“%s”", en.n > 0 ? ", " : "", r->title.in[WORDS_EN]);
		}
		buf_put_char(&ru, '\0');
		buf_put_char(&en, '\0');
		if (buf_status(&ru) != OK || buf_status(&en) != OK) {
			d->failed = true;
			return;
		}
		DIFF_SAY(d, class,
			 class == DIFF_WIDENED ? "Больше не разделены обязанности: {0}."
					       : "Разделяются обязанности: {0}.",
			 class == DIFF_WIDENED ? "These duties are no longer kept apart: {0}."
					       : "These duties are kept apart: {0}.",
			 ((struct words){ { ru.p, en.p } }));
	}
}

void
policy_diff_roles(struct policy_diff *d)
{
	CLEANUP(json_decrefp) json_t *was = index_of(d, d->old), *is = index_of(d, d->next);

	compare_grants(d, DIFF_WIDENED, d->next, is, d->old, was);
	if (d->old != NULL)
		compare_grants(d, DIFF_NARROWED, d->old, was, d->next, is);
	compare_roles(d);
	compare_separations(d, DIFF_WIDENED, d->old, d->next);
	compare_separations(d, DIFF_NARROWED, d->next, d->old);
}
