/* breakglass_reason.c: why a glass may be broken, in the words of the person whose data it is. */
#include "authd/access/breakglass.h"

static const struct {
	const char *code;
	struct words words;
} reasons[] = {
	{ "life_in_danger", { { "Есть угроза жизни.", "A life is in danger." } } },
	{ "urgent_care", { { "Срочно нужна медицинская помощь.", "Medical help is needed at once." } } },
	{ "child_at_risk", { { "Ребёнку угрожает опасность.", "A child is at risk." } } },
	{ "violence", { { "Человеку угрожает насилие.", "Somebody is threatened with violence." } } },
	{ "cannot_answer",
	  { { "Человек не может ответить сам, а ждать нельзя.", "The person cannot answer, and it cannot wait." } } },
	{ "missing_person", { { "Человек пропал, его ищут.", "The person is missing and is being searched for." } } },
	{ "disaster",
	  { { "Произошло бедствие: пожар, потоп, авария.", "There was a disaster: a fire, a flood, an accident." } } },
};

enum status
breakglass_reason(struct str code, const struct words **out)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (str_is(code, reasons[i].code)) {
			*out = &reasons[i].words;
			return OK;
		}
	}
	return E_NOT_FOUND;
}

const char *
breakglass_reason_at(size_t i)
{
	return i < ARRAY_LEN(reasons) ? reasons[i].code : NULL;
}

/* Twenty spaces are no reason. Continuation bytes of UTF-8 do not count. */
enum status
breakglass_check_text(struct str text)
{
	size_t characters = 0;

	if (text.n > BREAKGLASS_TEXT_MOST || !str_is_utf8(text))
		return E_INVALID;
	for (size_t i = 0; i < text.n; i++) {
		const unsigned char c = (unsigned char)text.p[i];

		characters += c > ' ' && c != 0x7f && (c & 0xc0) != 0x80;
	}
	return characters >= BREAKGLASS_TEXT_LEAST ? OK : E_INVALID;
}

const char *
breakglass_state(const struct store_breakglass *b, int64_t now_us)
{
	if (b->verdict.p != NULL)
		return str_is(b->verdict, "justified") ? "justified" : "unjustified";
	return b->review_by_us <= now_us ? "overdue" : "waiting";
}
