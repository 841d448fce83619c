#include "authd/policy/policy_diff.h"

#include <string.h>

static const char *const class_names[DIFF_CLASSES] = { "widened", "narrowed", "texts" };

struct words
policy_diff_word(const char *text)
{
	return (struct words){ { text, text } };
}

static const struct words action_words[ACTION_COUNT] = {
	[ACTION_READ] = { { "читать", "read" } },
	[ACTION_VERIFY] = { { "узнавать только «да» или «нет» о данных", "ask only yes or no about" } },
	[ACTION_COLLECT] = { { "собирать", "collect" } },
	[ACTION_STORE] = { { "хранить", "store" } },
	[ACTION_UPDATE] = { { "изменять", "update" } },
	[ACTION_TRANSFER] = { { "передавать другим", "pass on" } },
	[ACTION_DESTROY] = { { "уничтожать", "destroy" } },
	[ACTION_BREAK_GLASS] = { { "смотреть в экстренном случае без согласия",
				   "look in an emergency without consent at" } },
	[ACTION_ASSIST_CONSENT] = { { "помогать оформить согласие", "help with giving consent" } },
	[ACTION_CONSENT_READ] = { { "видеть список согласий", "see the list of consents" } },
	[ACTION_CONSENT_WITHDRAW] = { { "отзывать согласие по просьбе человека",
					"withdraw a consent when the person asks" } },
	[ACTION_PERSON_READ] = { { "видеть учётные записи людей", "see people's accounts" } },
	[ACTION_PERSON_WRITE] = { { "заводить и менять учётные записи", "add and change people's accounts" } },
	[ACTION_PERSON_ERASE] = { { "стирать и выгружать всё о человеке", "erase and export all about a person" } },
	[ACTION_ROLE_READ] = { { "видеть, у кого какие роли", "see who holds which role" } },
	[ACTION_ROLE_ASSIGN] = { { "назначать и снимать роли", "assign and revoke roles" } },
	[ACTION_CLIENT_READ] = { { "видеть подключённые программы и ключи", "see clients and keys" } },
	[ACTION_CLIENT_WRITE] = { { "подключать и отключать программы", "register and disable clients" } },
	[ACTION_SESSION_END] = { { "видеть и завершать входы", "see and end sessions" } },
	[ACTION_POLICY_READ] = { { "читать правила", "read the rules" } },
	[ACTION_POLICY_WRITE] = { { "предлагать правила", "propose rules" } },
	[ACTION_POLICY_ACTIVATE] = { { "утверждать чужие правила", "approve rules that somebody else proposed" } },
	[ACTION_KEY_ROTATE] = { { "менять ключи", "rotate keys" } },
	[ACTION_AUDIT_READ] = { { "читать журнал", "read the log" } },
	[ACTION_REPORT_READ] = { { "читать отчёты", "read reports" } },
	[ACTION_QUESTION_ANSWER] = { { "отвечать на вопросы людей", "answer people's questions" } },
	[ACTION_QUESTION_REVIEW] = { { "отвечать на переданные вопросы", "answer escalated questions" } },
	[ACTION_BREAK_GLASS_REVIEW] = { { "проверять экстренные просмотры", "review emergencies" } },
};

struct words
policy_diff_action(enum action a)
{
	const struct words *w = (unsigned)a < ACTION_COUNT ? &action_words[a] : &action_words[0];

	return w->in[WORDS_RU] != NULL ? *w : policy_diff_word(action_name(a));
}

/* Quotation marks within quotation marks are of the other kind. */
static void
put_quoted(struct buf *out, const char *text, bool quoted)
{
	static const struct {
		const char *outer, *inner;
	} marks[] = { { "«", "„" }, { "»", "“" } };
	struct str rest = str_of(text);

	while (quoted && rest.n > 0) {
		size_t i = 0;

		while (i < ARRAY_LEN(marks) && !str_starts(rest, str_of(marks[i].outer)))
			i++;
		if (i < ARRAY_LEN(marks))
			buf_put_cstr(out, marks[i].inner);
		else
			buf_put_char(out, rest.p[0]);
		rest = str_slice(rest, i < ARRAY_LEN(marks) ? strlen(marks[i].outer) : 1, rest.n);
	}
	buf_put(out, rest);
}

/* {0} .. {4} in the template, the words between them. */
static json_t *
fill(const char *template, const struct words *args, size_t n, enum words_lang lang)
{
	CLEANUP(buf_clear) struct buf text = BUF(8192);

	for (const char *p = template; *p != '\0'; p++) {
		size_t at = (size_t)(unsigned char)p[1] - '0';

		if (p[0] == '{' && p[1] != '\0' && p[2] == '}' && at < n) {
			put_quoted(&text, args[at].in[lang], str_ends(buf_str(&text), STR("«")));
			p += 2;
		} else {
			buf_put_char(&text, *p);
		}
	}
	return buf_status(&text) == OK ? json_stringn(text.p, text.n) : NULL;
}

void
policy_diff_say(struct policy_diff *d, enum policy_diff_class class, const char *ru, const char *en,
		const struct words *args, size_t n)
{
	json_t *sentence = json_object();
	bool bad = json_object_set_new(sentence, "ru", fill(ru, args, n, WORDS_RU)) != 0;

	bad |= json_object_set_new(sentence, "en", fill(en, args, n, WORDS_EN)) != 0;
	bad |= json_array_append_new(d->lists[class], sentence) != 0;
	d->failed |= bad;
}

enum status
policy_diff(const struct policy *old, const struct policy *next, json_t **out)
{
	CLEANUP(json_decrefp) json_t *all = json_object();
	struct policy_diff d = { .old = old, .next = next };

	for (unsigned i = 0; i < DIFF_CLASSES; i++) {
		d.lists[i] = json_array();
		d.failed |= json_object_set_new(all, class_names[i], d.lists[i]) != 0;
	}
	d.new_consent = json_array();
	d.failed |= json_object_set_new(all, "new_consent", d.new_consent) != 0;
	if (!d.failed) {
		policy_diff_roles(&d);
		policy_diff_purposes(&d);
		policy_diff_services(&d);
	}
	if (d.failed)
		return E_NOMEM;
	*out = STEAL(&all);
	return OK;
}

/* ---- as text ---- */

static const struct words headings[DIFF_CLASSES] = {
	{ { "Прав становится больше:", "More is allowed:" } },
	{ { "Прав становится меньше:", "Less is allowed:" } },
	{ { "Меняются тексты:", "Texts change:" } },
};

static void
put_class(struct buf *out, const json_t *list, unsigned class, enum words_lang lang)
{
	const json_t *sentence = NULL;
	size_t i = 0;

	if (json_array_size(list) == 0)
		return;
	buf_printf(out, "%s\n", headings[class].in[lang]);
	json_array_foreach(list, i, sentence)
	{
		const char *text = json_string_value(json_object_get(sentence, words_lang_name(lang)));

		buf_printf(out, "  - %s\n", text != NULL ? text : "");
	}
}

void
policy_diff_put(struct buf *out, const json_t *diff, enum words_lang lang)
{
	const json_t *purposes = json_object_get(diff, "new_consent"), *purpose = NULL;
	size_t before = out->n, i = 0;

	for (unsigned class = 0; class < DIFF_CLASSES; class ++)
		put_class(out, json_object_get(diff, class_names[class]), class, lang);
	if (json_array_size(purposes) > 0)
		buf_printf(out, "%s\n",
			   lang == WORDS_RU ? "Нужно новое согласие (прежние перестают действовать):"
					    : "A new consent is needed (the ones before no longer hold):");
	json_array_foreach(purposes, i, purpose) buf_printf(out, "  - %s\n", json_string_value(purpose));
	if (out->n == before)
		buf_put_cstr(out, lang == WORDS_RU ? "Ничего не меняется.\n" : "Nothing changes.\n");
}
