#include "authd/consent/consent_words.h"

#include <stdlib.h>
#include <string.h>

/* A code of the record and how it is said; codes without a row are shown as they are. */
struct said {
	const char *code;
	const char *in[WORDS_LANGS];
};

static const struct said codes[] = {
	{ "self", { "сам человек", "the person" } },
	{ "representative", { "представитель", "a representative" } },
	{ "collect", { "получать", "collect" } },
	{ "read", { "смотреть", "read" } },
	{ "verify", { "проверять, не глядя на сами данные", "check without seeing the data itself" } },
	{ "store", { "хранить", "store" } },
	{ "update", { "уточнять", "update" } },
	{ "transfer", { "передавать", "hand over" } },
	{ "destroy", { "уничтожать", "destroy" } },
	{ "portal", { "в личном кабинете", "in your account" } },
	{ "office", { "в офисе", "at an office" } },
	{ "phone", { "по телефону", "by phone" } },
	{ "immediate", { "сразу", "at once" } },
	{ "view", { "только смотреть, не хранить", "look, do not keep" } },
	{ "periodic", { "повторно, пока действует согласие", "repeatedly while the consent holds" } },
	{ "once", { "один раз", "once" } },
	{ "requested", { "запрошено", "requested" } },
	{ "given", { "дано", "given" } },
	{ "refused", { "отказано", "refused" } },
	{ "deferred", { "отложено", "put off" } },
	{ "withdrawn", { "отозвано", "withdrawn" } },
	{ "expired", { "истекло", "ended" } },
	{ "revoked", { "прекращено", "revoked" } },
	{ "invalidated", { "признано недействительным", "declared invalid" } },
	{ "renewed", { "продлено", "renewed" } },
	{ "paper", { "подписанная бумага", "a signed paper" } },
	{ "hotp-list", { "код из бумажного списка", "a code of the paper list" } },
	{ "button", { "кнопка на портале", "a button of the portal" } },
	{ "button+otp", { "кнопка на портале и одноразовый код", "a button of the portal and a one-time code" } },
	{ "paper+second-operator", { "подписанная бумага, два сотрудника", "a signed paper, two officials" } },
	{ "phone+hotp-list", { "по телефону, код из бумажного списка", "by phone, a code of the paper list" } },
	{ "office+hotp-list", { "в офисе, код из бумажного списка", "at an office, a code of the paper list" } },
	{ "button+passkey", { "кнопка на портале и ключ входа", "a button of the portal and a passkey" } },
	{ "token", { "через приложение", "through an app" } },
	{ "term_over", { "срок закончился", "its term was over" } },
	{ "purpose_reached", { "данные больше не нужны", "the data is not needed any more" } },
	{ "service_ended", { "служба закрыта", "the service was closed" } },
	{ "officer", { "решение ответственного за защиту данных", "the privacy officer decided so" } },
	{ "error", { "записано по ошибке", "recorded in error" } },
	{ "no_authority", { "у давшего не было права", "whoever gave it had no right to" } },
	{ "purpose_changed", { "условия изменились", "the terms have changed" } },
	{ "purpose_gone", { "цели больше нет", "the purpose exists no more" } },
	{ "death", { "внесены сведения о смерти", "a death was registered" } },
	{ "true", { "да", "yes" } },
	{ "false", { "нет", "no" } },
};

const char *
consent_words_say(const char *code, enum words_lang lang)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].in[lang];
	}
	return code;
}

/* Russian counts 1 год, 2 года, 5 лет; English one and many. */
static const struct {
	char unit;
	bool time; /* behind the T */
	const char *ru[3];
	const char *en[2];
} units[] = {
	{ 'Y', false, { "год", "года", "лет" }, { "year", "years" } },
	{ 'M', false, { "месяц", "месяца", "месяцев" }, { "month", "months" } },
	{ 'W', false, { "неделя", "недели", "недель" }, { "week", "weeks" } },
	{ 'D', false, { "день", "дня", "дней" }, { "day", "days" } },
	{ 'H', true, { "час", "часа", "часов" }, { "hour", "hours" } },
	{ 'M', true, { "минута", "минуты", "минут" }, { "minute", "minutes" } },
	{ 'S', true, { "секунда", "секунды", "секунд" }, { "second", "seconds" } },
};

static unsigned
russian_form(unsigned long n)
{
	if (n % 10 == 1 && n % 100 != 11)
		return 0;
	return n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14) ? 1 : 2;
}

static void
put_count(struct buf *out, unsigned long n, char unit, bool time, enum words_lang lang)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (units[i].unit == unit && units[i].time == time)
			buf_printf(out, "%s%lu %s", out->n > 0 ? " " : "", n,
				   lang == WORDS_RU ? units[i].ru[russian_form(n)] : units[i].en[n != 1]);
	}
}

void
consent_words_term(struct buf *out, const char *term, enum words_lang lang)
{
	bool time = false;

	for (const char *p = term[0] == 'P' ? term + 1 : ""; *p != '\0'; p++) {
		char *end = NULL;
		unsigned long n = 0;

		if (*p == 'T') {
			time = true;
			continue;
		}
		n = strtoul(p, &end, 10);
		if (end == p || *end == '\0')
			return;
		put_count(out, n, *end, time, lang);
		p = end;
	}
}
