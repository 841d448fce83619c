#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authd/consent/consent.h"
#include "authd/consent/consent_words.h"

#define VALUE_MOST ((size_t)4 << 10)

/* ---- formats: how one value of the record becomes text ---- */

typedef void format(struct buf *out, const json_t *v, enum words_lang lang);

static const char *
string_of(const json_t *v)
{
	return json_is_string(v) ? json_string_value(v) : "";
}

static void
as_text(struct buf *out, const json_t *v, enum words_lang lang UNUSED)
{
	if (json_is_integer(v))
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		buf_put_cstr(out, string_of(v));
}

static void
as_code(struct buf *out, const json_t *v, enum words_lang lang)
{
	buf_put_cstr(out,
		     consent_words_say(json_is_boolean(v) ? (json_is_true(v) ? "true" : "false") : string_of(v), lang));
}

static void
as_words(struct buf *out, const json_t *v, enum words_lang lang)
{
	buf_put_cstr(out, string_of(json_object_get(v, words_lang_name(lang))));
}

static void
as_term(struct buf *out, const json_t *v, enum words_lang lang)
{
	consent_words_term(out, string_of(v), lang);
}

/* A body by its name in the language, and where it is. */
static void
as_body(struct buf *out, const json_t *v, enum words_lang lang)
{
	const char *other = string_of(json_object_get(v, "name_en"));
	const char *address = string_of(json_object_get(v, "address"));

	buf_put_cstr(out, lang == WORDS_EN && other[0] != '\0' ? other : string_of(json_object_get(v, "name")));
	if (address[0] != '\0')
		buf_printf(out, ", %s", address);
}

static void
as_controller(struct buf *out, const json_t *v, enum words_lang lang)
{
	as_body(out, v, lang);
	buf_printf(out, ", %s", string_of(json_object_get(v, "contact")));
}

/* The organisation; where there are several recipients, which of its services, too. */
static void
as_recipient(struct buf *out, const json_t *v, enum words_lang lang)
{
	const json_t *title = json_object_get(v, "title");

	as_body(out, v, lang);
	if (title == NULL)
		return;
	buf_put_cstr(out, ": ");
	as_words(out, title, lang);
}

static void
as_data(struct buf *out, const json_t *v, enum words_lang lang)
{
	static const char *const optional[WORDS_LANGS] = { " (по желанию)", " (optional)" };

	as_words(out, json_object_get(v, "title"), lang);
	if (!json_is_true(json_object_get(v, "required")))
		buf_put_cstr(out, optional[lang]);
}

static void
as_document(struct buf *out, const json_t *v, enum words_lang lang UNUSED)
{
	buf_printf(out, "%s %s, %s, %s", string_of(json_object_get(v, "type")), string_of(json_object_get(v, "number")),
		   string_of(json_object_get(v, "issued")), string_of(json_object_get(v, "issuer")));
}

static void
as_frequency(struct buf *out, const json_t *v, enum words_lang lang)
{
	CLEANUP(buf_clear) struct buf per = BUF(256);
	CLEANUP(freep) char *text = NULL;

	consent_words_term(&per, string_of(json_object_get(v, "per")), lang);
	if (buf_to_cstr(&per, &text) == OK)
		buf_printf(out, lang == WORDS_RU ? "не чаще %lld за %s" : "at most %lld in %s",
			   (long long)json_integer_value(json_object_get(v, "count")), text);
}

static void
as_range(struct buf *out, const json_t *v, enum words_lang lang UNUSED)
{
	buf_printf(out, "%s – %s", string_of(json_object_get(v, "from")), string_of(json_object_get(v, "to")));
}

/* What happened, without when: that is said in the way of whoever reads it. */
static void
as_event(struct buf *out, const json_t *v, enum words_lang lang)
{
	const json_t *index = json_object_get(json_object_get(v, "log"), "index");
	const char *method = string_of(json_object_get(v, "method"));

	buf_put_cstr(out, consent_words_say(string_of(json_object_get(v, "state")), lang));
	if (method[0] != '\0')
		buf_printf(out, ", %s", consent_words_say(method, lang));
	if (json_is_integer(index))
		buf_printf(out, lang == WORDS_RU ? ", запись журнала %lld" : ", log entry %lld",
			   (long long)json_integer_value(index));
}

/* ---- what is shown, in order ---- */

enum root { RECORD, IDENTITY };

enum section { S_WHAT, S_WHO, S_CONTROLLER, S_PURPOSE, S_DATA, S_PARTIES, S_ACTIONS, S_TERM, S_RIGHTS, S_HISTORY };

static const struct words section_titles[] = {
	[S_WHAT] = { { "Согласие", "Consent" } },
	[S_WHO] = { { "Кто даёт согласие", "Who consents" } },
	[S_CONTROLLER] = { { "Кто получает согласие", "Who receives the consent" } },
	[S_PURPOSE] = { { "Цель", "Purpose" } },
	[S_DATA] = { { "Данные", "Data" } },
	[S_PARTIES] = { { "Кто работает с данными", "Who works with the data" } },
	[S_ACTIONS] = { { "Что делают с данными", "What is done with the data" } },
	[S_TERM] = { { "Срок и отзыв", "Term and withdrawal" } },
	[S_RIGHTS] = { { "Ваши права", "Your rights" } },
	[S_HISTORY] = { { "Подпись и история", "Signature and history" } },
};

/* Kinds of lines, short enough for a row. */
#define TEXT  CONSENT_LINE_TEXT
#define NAME  CONSENT_LINE_NAME
#define TIME  CONSENT_LINE_TIME
#define LINK  CONSENT_LINE_LINK
#define EVENT CONSENT_LINE_EVENT

static const struct row {
	enum section section;
	struct words label;
	enum root root;
	const char *path;
	format *format;
	enum consent_line_kind kind;
	unsigned item; /* of 152-FZ 9(4) */
} rows[] = {
	{ S_WHAT, { { "Код проверки", "Check code" } }, RECORD, "code", as_text, TEXT, 0 },
	{ S_WHAT, { { "Номер записи", "Record" } }, RECORD, "record_id", as_text, TEXT, 0 },
	{ S_WHAT, { { "Состояние", "State" } }, RECORD, "state", as_code, TEXT, 0 },
	{ S_WHO, { { "Имя", "Name" } }, IDENTITY, "name", as_text, NAME, 1 },
	{ S_WHO, { { "Адрес", "Address" } }, IDENTITY, "address", as_text, NAME, 1 },
	{ S_WHO, { { "Документ", "Document" } }, IDENTITY, "document", as_document, NAME, 1 },
	{ S_WHO, { { "Даёт", "Given by" } }, RECORD, "given_by.who", as_code, TEXT, 2 },
	{ S_WHO, { { "Представитель", "Representative" } }, IDENTITY, "representative.name", as_text, NAME, 2 },
	{ S_WHO,
	  { { "Адрес представителя", "Representative's address" } },
	  IDENTITY,
	  "representative.address",
	  as_text,
	  NAME,
	  2 },
	{ S_WHO,
	  { { "Документ представителя", "Representative's document" } },
	  IDENTITY,
	  "representative.document",
	  as_document,
	  NAME,
	  2 },
	{ S_WHO, { { "Полномочия", "Authority" } }, IDENTITY, "representative.authority.document", as_text, NAME, 2 },
	{ S_CONTROLLER, { { "Оператор", "Controller" } }, RECORD, "controller", as_body, NAME, 3 },
	{ S_CONTROLLER, { { "Связь", "Contact" } }, RECORD, "controller.contact", as_text, NAME, 3 },
	{ S_CONTROLLER,
	  { { "И оператор", "And the controller" } },
	  RECORD,
	  "other_controllers[]",
	  as_controller,
	  NAME,
	  3 },
	{ S_PURPOSE, { { "Зачем", "What for" } }, RECORD, "purpose.title", as_words, TEXT, 4 },
	{ S_PURPOSE, { { "Основание", "Legal basis" } }, RECORD, "legal_basis.ref", as_text, TEXT, 4 },
	{ S_PURPOSE,
	  { { "Текст, который вам показали", "The text that you were shown" } },
	  RECORD,
	  "notice.url",
	  as_text,
	  LINK,
	  4 },
	{ S_DATA, { { "Какие", "Which" } }, RECORD, "data[]", as_data, TEXT, 5 },
	{ S_DATA, { { "За период", "Of the period" } }, RECORD, "limits.data_range", as_range, TEXT, 5 },
	{ S_PARTIES, { { "Кто увидит", "Who sees it" } }, RECORD, "recipients[]", as_recipient, NAME, 7 },
	{ S_PARTIES, { { "Кто передаёт", "Who provides it" } }, RECORD, "providers[]", as_body, NAME, 7 },
	{ S_PARTIES, { { "По поручению", "On behalf" } }, RECORD, "processors[]", as_body, NAME, 6 },
	{ S_ACTIONS, { { "Действия", "Actions" } }, RECORD, "actions[]", as_code, TEXT, 7 },
	{ S_ACTIONS, { { "Как часто", "How often" } }, RECORD, "limits.fetch", as_code, TEXT, 7 },
	{ S_ACTIONS, { { "Предел", "Limit" } }, RECORD, "limits.frequency", as_frequency, TEXT, 7 },
	{ S_ACTIONS,
	  { { "Проверяет программа", "Checked by a program" } },
	  RECORD,
	  "methods.automated",
	  as_code,
	  TEXT,
	  7 },
	{ S_ACTIONS,
	  { { "Решает только программа", "Decided by a program alone" } },
	  RECORD,
	  "methods.sole_automated_decision",
	  as_code,
	  TEXT,
	  7 },
	{ S_ACTIONS, { { "Срок хранения", "Kept for" } }, RECORD, "storage.retention", as_term, TEXT, 8 },
	{ S_ACTIONS, { { "Где хранится", "Kept in" } }, RECORD, "storage.location[]", as_text, TEXT, 8 },
	{ S_TERM, { { "Действует с", "From" } }, RECORD, "validity.from", as_text, TIME, 8 },
	{ S_TERM, { { "Действует до", "Until" } }, RECORD, "validity.until", as_text, TIME, 8 },
	{ S_TERM, { { "Как отозвать", "How to withdraw" } }, RECORD, "withdrawal.methods[]", as_code, TEXT, 8 },
	{ S_TERM, { { "Отзыв действует", "A withdrawal holds" } }, RECORD, "withdrawal.effect", as_code, TEXT, 8 },
	{ S_TERM,
	  { { "Данные уничтожат за", "Data is destroyed within" } },
	  RECORD,
	  "withdrawal.destroy_within",
	  as_term,
	  TEXT,
	  8 },
	{ S_RIGHTS, { { "Получить свои данные", "Get your data" } }, RECORD, "rights.access", as_text, LINK, 0 },
	{ S_RIGHTS,
	  { { "Спросить или пожаловаться", "Ask or complain" } },
	  RECORD,
	  "rights.question",
	  as_text,
	  LINK,
	  0 },
	{ S_RIGHTS, { { "Надзор", "Authority" } }, RECORD, "rights.authority", as_text, NAME, 0 },
	{ S_HISTORY, { { "С помощью", "With the help of" } }, RECORD, "assisted.channel", as_code, TEXT, 9 },
	{ S_HISTORY, { { "Чем подтверждено", "Confirmed by" } }, RECORD, "assisted.confirmation", as_code, TEXT, 9 },
	{ S_HISTORY, { { "Номер бумаги", "Number of the paper" } }, RECORD, "assisted.paper.number", as_text, TEXT, 9 },
	{ S_HISTORY, { { "Событие", "Event" } }, RECORD, "events[]", as_event, EVENT, 9 },
};

struct writer {
	struct consent_receipt receipt;
	size_t room;
	enum words_lang lang;
};

static enum status
add_line(struct writer *w, const struct row *row, const json_t *v)
{
	CLEANUP(buf_clear) struct buf text = BUF(VALUE_MOST);
	struct consent_line *line = NULL;

	row->format(&text, v, w->lang);
	TRY(buf_status(&text));
	if (text.n == 0)
		return OK;
	if (w->receipt.n == w->room) {
		struct consent_line *grown = reallocarray(w->receipt.line, w->room + 32, sizeof(*grown));

		if (grown == NULL)
			return E_NOMEM;
		w->receipt.line = grown;
		w->room += 32;
	}
	line = &w->receipt.line[w->receipt.n];
	*line = (struct consent_line){
		section_titles[row->section].in[w->lang], row->label.in[w->lang], NULL, row->kind, row->item, NULL
	};
	TRY(buf_to_cstr(&text, &line->value));
	w->receipt.n++;
	return row->kind == EVENT ? str_dup(str_of(string_of(json_object_get(v, "at"))), &line->at) : OK;
}

/* The value at the path, or every item when the path ends in []; what is absent is not shown. */
static enum status
add_row(struct writer *w, const struct row *row, const json_t *root)
{
	struct str path = str_of(row->path);
	struct str step = { 0 };
	bool each = str_ends(path, STR("[]"));
	const json_t *v = root;

	path.n -= each ? 2 : 0;
	while (str_next(&path, '.', &step))
		v = json_object_getn(v, step.p, step.n);
	if (v == NULL)
		return OK;
	if (!each)
		return add_line(w, row, v);
	for (size_t i = 0; i < json_array_size(v); i++)
		TRY(add_line(w, row, json_array_get(v, i)));
	return OK;
}

enum status
consent_receipt_lines(const json_t *record, const json_t *identity, enum words_lang lang, struct consent_receipt *out)
{
	struct writer w = { .lang = lang };
	enum status st = OK;

	for (size_t i = 0; st == OK && i < ARRAY_LEN(rows); i++)
		st = add_row(&w, &rows[i], rows[i].root == RECORD ? record : identity);
	if (st != OK) {
		consent_receipt_clear(&w.receipt);
		return st;
	}
	*out = w.receipt;
	return OK;
}

enum status
consent_receipt_text(const json_t *record, const json_t *identity, enum words_lang lang, struct buf *out)
{
	CLEANUP(consent_receipt_clear) struct consent_receipt r = { 0 };
	const char *section = "";

	TRY(consent_receipt_lines(record, identity, lang, &r));
	for (size_t i = 0; i < r.n; i++) {
		if (strcmp(section, r.line[i].section) != 0)
			buf_printf(out, "%s%s\n", i > 0 ? "\n" : "", r.line[i].section);
		section = r.line[i].section;
		buf_printf(out, "  %s: %s%s%s\n", r.line[i].label, r.line[i].at != NULL ? r.line[i].at : "",
			   r.line[i].at != NULL ? ", " : "", r.line[i].value);
	}
	return buf_status(out);
}

void
consent_receipt_clear(struct consent_receipt *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->line[i].value);
		free(r->line[i].at);
	}
	free(r->line);
	*r = (struct consent_receipt){ 0 };
}
