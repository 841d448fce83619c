/* policy_diff_service.c: what changes for services and organisations. */
#include <string.h>

#include "authd/policy/policy_data.h"
#include "authd/policy/policy_diff.h"

/* Purposes and roles that `s` has and its counterpart in the other bundle has not. */
static void
compare_lists(struct policy_diff *d, enum policy_diff_class class, const struct policy *p, const struct service *s,
	      const struct policy *other, const struct service *counterpart)
{
	static const struct {
		const char *purpose_ru, *purpose_en, *role_ru, *role_en, *data_ru, *data_en;
	} said[] = {
		{ "Служба «{0}» теперь может запрашивать данные для «{1}».",
		  "The service “{0}” may now ask for data for “{1}”.", "Через службу «{0}» теперь работает роль «{1}».",
		  "The role “{1}” now works through the service “{0}”.", "Служба «{0}» теперь отдаёт «{1}».",
		  "The service “{0}” now provides “{1}”." },
		{ "Служба «{0}» больше не может запрашивать данные для «{1}».",
		  "The service “{0}” may no longer ask for data for “{1}”.",
		  "Через службу «{0}» больше не работает роль «{1}».",
		  "The role “{1}” no longer works through the service “{0}”.", "Служба «{0}» больше не отдаёт «{1}».",
		  "The service “{0}” no longer provides “{1}”." },
	};

	for (size_t i = 0; i < s->purpose_count; i++) {
		const struct purpose *same = other != NULL ? policy_purpose(other, str_of(s->purposes[i]->id)) : NULL;

		if (counterpart == NULL || same == NULL || !policy_declares(other, counterpart, same))
			DIFF_SAY(d, class, said[class].purpose_ru, said[class].purpose_en, s->title,
				 s->purposes[i]->title);
	}
	for (uint64_t set = s->own_roles; set != 0; set &= set - 1) {
		const struct role *r = policy_role_at(p, (size_t)__builtin_ctzll(set));
		const struct role *same = other != NULL ? policy_role(other, str_of(r->id)) : NULL;

		if (counterpart == NULL || same == NULL || (counterpart->own_roles & same->bit) == 0)
			DIFF_SAY(d, class, said[class].role_ru, said[class].role_en, s->title, r->title);
	}
	for (uint64_t set = s->provides; set != 0; set &= set - 1) {
		const struct category *c = policy_category_at(p, (size_t)__builtin_ctzll(set));
		const struct category *same = other != NULL ? policy_category(other, str_of(c->id)) : NULL;

		if (counterpart == NULL || same == NULL || (counterpart->provides >> same->index & 1) == 0)
			DIFF_SAY(d, class, said[class].data_ru, said[class].data_en, s->title, c->title);
	}
}

static void
compare_service(struct policy_diff *d, const struct service *was, const struct service *now)
{
	if (was->suspended != now->suspended)
		DIFF_SAY(d, now->suspended ? DIFF_NARROWED : DIFF_WIDENED,
			 now->suspended ? "Служба «{0}» приостановлена." : "Служба «{0}» снова работает.",
			 now->suspended ? "The service “{0}” is suspended." : "The service “{0}” works again.",
			 now->title);
	if (was->break_glass != now->break_glass)
		DIFF_SAY(d, now->break_glass ? DIFF_WIDENED : DIFF_NARROWED,
			 now->break_glass ? "Через службу «{0}» можно смотреть в экстренном случае."
					  : "Через службу «{0}» больше нельзя смотреть в экстренном случае.",
			 now->break_glass ? "Emergencies may be handled through the service “{0}”."
					  : "Emergencies may no longer be handled through the service “{0}”.",
			 now->title);
	if (strcmp(was->organisation->id, now->organisation->id) != 0)
		DIFF_SAY(d, DIFF_WIDENED, "Служба «{0}» теперь у организации «{1}».",
			 "The service “{0}” now belongs to “{1}”.", now->title, now->organisation->name);
	if (was->rate_count != now->rate_count || was->rate_per_us != now->rate_per_us)
		DIFF_SAY(d, DIFF_TEXTS, "У службы «{0}» другой предел числа запросов.",
			 "The service “{0}” has another limit of requests.", now->title);
}

static void
compare_organisations(struct policy_diff *d)
{
	const struct organisation *o = NULL;

	for (size_t i = 0; (o = policy_organisation_at(d->next, i)) != NULL; i++) {
		const struct organisation *was = d->old != NULL ? policy_organisation(d->old, str_of(o->id)) : NULL;
		const char *region = o->region != NULL ? o->region : "—";

		if (was == NULL) {
			DIFF_SAY(d, DIFF_WIDENED, "Появилась организация «{0}».", "The organisation “{0}” is new.",
				 o->name);
			continue;
		}
		if (strcmp(was->region != NULL ? was->region : "—", region) != 0)
			DIFF_SAY(d, DIFF_TEXTS, "Регион организации «{0}»: {1}.", "The region of “{0}”: {1}.", o->name,
				 policy_diff_word(region));
		if (was->kind != o->kind)
			DIFF_SAY(d, o->kind < was->kind ? DIFF_WIDENED : DIFF_NARROWED,
				 "Организация «{0}» теперь другого вида: {1}.",
				 "The organisation “{0}” is now of the kind {1}.", o->name,
				 policy_diff_word(organisation_kind_name(o->kind)));
		if (strcmp(was->address, o->address) != 0 || strcmp(was->contact, o->contact) != 0 ||
		    strcmp(was->name.in[WORDS_RU], o->name.in[WORDS_RU]) != 0 ||
		    strcmp(was->name.in[WORDS_EN], o->name.in[WORDS_EN]) != 0)
			DIFF_SAY(d, DIFF_TEXTS, "Название, адрес или связь организации «{0}» другие.",
				 "The name, address or contact of “{0}” changes.", o->name);
	}
	for (size_t i = 0; d->old != NULL && (o = policy_organisation_at(d->old, i)) != NULL; i++) {
		if (policy_organisation(d->next, str_of(o->id)) == NULL)
			DIFF_SAY(d, DIFF_NARROWED, "Организации «{0}» больше нет.", "The organisation “{0}” is gone.",
				 o->name);
	}
}

void
policy_diff_services(struct policy_diff *d)
{
	const struct service *s = NULL;

	for (size_t i = 0; (s = policy_service_at(d->next, i)) != NULL; i++) {
		const struct service *was = d->old != NULL ? policy_service(d->old, str_of(s->id)) : NULL;

		compare_lists(d, DIFF_WIDENED, d->next, s, d->old, was);
		if (was != NULL)
			compare_service(d, was, s);
	}
	for (size_t i = 0; d->old != NULL && (s = policy_service_at(d->old, i)) != NULL; i++)
		compare_lists(d, DIFF_NARROWED, d->old, s, d->next, policy_service(d->next, str_of(s->id)));
	compare_organisations(d);
}
