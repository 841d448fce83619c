#include <string.h>

#include "authd/policy/policy_data.h"

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool
same_words(const struct words *a, const struct words *b)
{
	return same_text(a->in[WORDS_RU], b->in[WORDS_RU]) && same_text(a->in[WORDS_EN], b->in[WORDS_EN]);
}

static bool
same_rules(const struct purpose *a, const struct purpose *b)
{
	if (a->rule_count != b->rule_count)
		return false;
	for (size_t i = 0; i < a->rule_count; i++) {
		const struct purpose_rule *x = &a->rules[i], *y = &b->rules[i];

		if (!same_text(x->category->id, y->category->id) || x->basis != y->basis || !same_text(x->ref, y->ref))
			return false;
	}
	return true;
}

static bool
same_terms(const struct purpose *a, const struct purpose *b)
{
	return a->actions == b->actions && a->mode == b->mode && a->automated == b->automated &&
	       a->profiling == b->profiling && a->sole_automated_decision == b->sole_automated_decision &&
	       a->frequency.count == b->frequency.count && a->frequency.per_us == b->frequency.per_us &&
	       a->range_back_us == b->range_back_us && a->max_consent_us == b->max_consent_us &&
	       a->retention_us == b->retention_us && a->data_life_us == b->data_life_us &&
	       a->destroy_within_us == b->destroy_within_us;
}

static bool
same_regional(const struct purpose *a, const struct purpose *b)
{
	if (a->regional_count != b->regional_count)
		return false;
	for (size_t i = 0; i < a->regional_count; i++) {
		const struct purpose_regional *x = &a->regional[i], *y = &b->regional[i];

		if (!same_text(x->region, y->region) || !same_text(x->notice_id, y->notice_id) ||
		    x->notice_version != y->notice_version)
			return false;
	}
	return true;
}

/* What a person agreed to when they agreed to this version. */
static bool
same_agreement(const struct purpose *a, const struct purpose *b)
{
	return same_words(&a->title, &b->title) && same_words(&a->why, &b->why) &&
	       same_words(&a->if_refused, &b->if_refused) && same_rules(a, b) && same_terms(a, b) &&
	       same_text(a->notice_id, b->notice_id) && a->notice_version == b->notice_version && same_regional(a, b);
}

static enum status
compare_purposes(const struct policy *old, const struct policy *next, struct buf *report)
{
	enum status st = OK;

	for (size_t i = 0; i < next->purposes.n; i++) {
		const struct purpose *now = policy_purpose_at(next, i);
		const struct purpose *was = policy_purpose(old, str_of(now->id));

		if (was != NULL &&
		    (now->version < was->version || (now->version == was->version && !same_agreement(was, now)))) {
			buf_printf(report, "purpose %s: what people agreed to changes; count its version up from %u\n",
				   now->id, was->version);
			st = E_CONFLICT;
		}
	}
	return st;
}

static enum status
compare_notices(const struct policy *old, const struct policy *next, struct buf *report)
{
	enum status st = OK;

	for (size_t i = 0; i < next->notice_count; i++) {
		const struct notice *now = &next->notices[i];
		const struct notice *was = notice_find(old, str_of(now->id), now->version);

		for (unsigned lang = 0; was != NULL && lang < WORDS_LANGS; lang++) {
			if (!same_text(was->in[lang].sha256, now->in[lang].sha256)) {
				buf_printf(
				    report,
				    "notice %s version %u (%s) was shown with other words; make it a new version\n",
				    now->id, now->version, words_lang_name((enum words_lang)lang));
				st = E_CONFLICT;
			}
		}
	}
	return st;
}

/* Whom a text named when it was shown it names for ever: whoever comes to them is another agreement. */
static enum status
compare_recipients(const struct policy *old, const struct policy *next, struct buf *report)
{
	enum status st = OK;

	for (size_t i = 0; i < next->notice_count; i++) {
		const struct notice *now = &next->notices[i];
		const struct notice *was = notice_find(old, str_of(now->id), now->version);

		if (was != NULL && !notice_recipients_same(was, now)) {
			buf_printf(report,
				   "notice %s version %u was shown with other recipients; make it a new version\n",
				   now->id, now->version);
			st = E_CONFLICT;
		}
	}
	return st;
}

enum status
policy_succeeds(const struct policy *old, const struct policy *next, struct buf *report)
{
	enum status purposes = OK, notices = OK, recipients = OK;

	if (str_eq(policy_hash(old), policy_hash(next)))
		return OK;
	if (next->version <= old->version) {
		buf_printf(report, "bundle version %u is active; count up to %u or more\n", old->version,
			   old->version + 1);
		return E_CONFLICT;
	}
	purposes = compare_purposes(old, next, report);
	notices = compare_notices(old, next, report);
	recipients = compare_recipients(old, next, report);
	return purposes != OK ? purposes : notices != OK ? notices : recipients;
}
