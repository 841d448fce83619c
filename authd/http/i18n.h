/*
 * i18n.h: texts and dates in the languages of the portal. Catalogues are embedded .mo files; the keys are short names
 * ("consent_withdraw"), never sentences. A key that a catalogue lacks is shown as itself, and html_check_all() finds
 * it.
 */
#ifndef AUTHD_HTTP_I18N_H
#define AUTHD_HTTP_I18N_H

#include <stdint.h>

#include "auditlog/base/buf.h"

enum i18n_lang { I18N_RU, I18N_EN, I18N_LANG_COUNT };
#define I18N_DEFAULT I18N_RU

struct http_request;

/* Reads the embedded catalogues and sets the local time zone ("Europe/Moscow" when NULL). Once, before threads start.
 */
MUST_USE enum status i18n_open(const char *time_zone);
/* The same with catalogues given by hand, one .mo per language, borrowed for good; for tests. */
MUST_USE enum status i18n_open_with(const struct str mo[I18N_LANG_COUNT], const char *time_zone);

/* "ru", "en": for the lang attribute and Content-Language. */
const char *i18n_code(enum i18n_lang lang);
/* By code or language range ("en-GB"); E_NOT_FOUND. */
MUST_USE enum status i18n_by_code(struct str code, enum i18n_lang *out);
/* What this request should be answered in: ?lang=, then the cookie, then Accept-Language, then Russian. */
enum i18n_lang i18n_choose(const struct http_request *req);

/* The text for a key; the key itself when there is none. */
struct str i18n_text(enum i18n_lang lang, struct str key);
/* The plural form of a key for n. */
struct str i18n_plural(enum i18n_lang lang, struct str key, uint64_t n);
bool i18n_has(enum i18n_lang lang, struct str key);
/* Which plural form n takes: ru 0..2, en 0..1. */
unsigned i18n_plural_form(enum i18n_lang lang, uint64_t n);

/* Local dates in words: "21 ноября 2026 года", "21 November 2026". */
void i18n_put_date(struct buf *out, enum i18n_lang lang, int64_t us);
/* "21 ноября 2026 года, 22:54", "21 November 2026, 22:54". */
void i18n_put_datetime(struct buf *out, enum i18n_lang lang, int64_t us);
/* The same of a calendar day that is written down, "2016-09-12", in no time zone. E_INVALID. */
MUST_USE enum status i18n_put_day(struct buf *out, enum i18n_lang lang, struct str day);
/* "ноябрь 2026", "November 2026" of a "2026-11". E_INVALID. */
MUST_USE enum status i18n_put_month(struct buf *out, enum i18n_lang lang, struct str month);

#endif
