/* policy_diff_recipient.c: who comes to, or leaves, those that get data by one consent. */
#include "authd/policy/policy_data.h"
#include "authd/policy/policy_diff.h"

/* Services of `p` that the notices of `u` name, and those of its counterpart `other` in the bundle `in` do not. */
static void
compare(struct policy_diff *d, enum policy_diff_class class, const struct policy *p, const struct purpose *u,
	const struct policy *in, const struct purpose *other)
{
	static const struct {
		const char *ru, *en;
	} said[] = {
		[DIFF_WIDENED] = { "Цель «{0}»: по одному согласию с другими данные получает и служба «{1}» ({2}).",
				   "Purpose “{0}”: by one consent with others the service “{1}” ({2}) gets the data, "
				   "too." },
		[DIFF_NARROWED] = { "Цель «{0}»: служба «{1}» ({2}) больше не получает данные по одному согласию с "
				    "другими.",
				    "Purpose “{0}”: the service “{1}” ({2}) no longer gets the data by one consent "
				    "with "
				    "others." },
	};
	const struct service *s = NULL;

	for (size_t i = 0; (s = policy_service_at(p, i)) != NULL; i++)
		if (notice_recipients_of(p, u, str_of(s->id)) &&
		    (other == NULL || !notice_recipients_of(in, other, str_of(s->id))))
			DIFF_SAY(d, class, said[class].ru, said[class].en, u->title, s->title, s->organisation->name);
}

void
policy_diff_recipients(struct policy_diff *d, const struct purpose *was, const struct purpose *now)
{
	compare(d, DIFF_WIDENED, d->next, now, d->old, was);
	if (was != NULL)
		compare(d, DIFF_NARROWED, d->old, was, d->next, now);
}
