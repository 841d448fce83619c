#include "authd/http/i18n.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "authd/http/cookie.h"
#include "authd/http/embedded.h"
#include "authd/http/http_request.h"

#define MO_MAGIC    UINT32_C(0x950412de)
#define ZONE_FOLDER "/usr/share/zoneinfo/"

/* The GNU .mo format: two tables of (length, offset), originals sorted, every string followed by NUL. */
struct catalogue {
	struct str bytes;
	uint32_t count, originals, translations;
};

struct language {
	const char *code;
	const char *months[12];          /* "21 ... 2026" */
	const char *months_standing[12]; /* on their own */
	const char *year_suffix;
};

static const struct language languages[I18N_LANG_COUNT] = {
	[I18N_RU] = {
	    .code = "ru",
	    .months = { "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября",
	                "ноября", "декабря" },
	    .months_standing = { "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь",
	                         "октябрь", "ноябрь", "декабрь" },
	    .year_suffix = " года",
	},
	[I18N_EN] = {
	    .code = "en",
	    .months = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
	                "November", "December" },
	    .months_standing = { "January", "February", "March", "April", "May", "June", "July", "August", "September",
	                         "October", "November", "December" },
	    .year_suffix = "",
	},
};

static struct catalogue catalogues[I18N_LANG_COUNT];

/* ---- catalogues ---- */

static uint32_t
word_at(struct str bytes, size_t at)
{
	const unsigned char *p = (const unsigned char *)bytes.p + at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static struct str
string_at(const struct catalogue *c, uint32_t table, uint32_t i)
{
	uint32_t n = word_at(c->bytes, table + (size_t)i * 8);
	uint32_t at = word_at(c->bytes, table + (size_t)i * 8 + 4);

	return str_from(c->bytes.p + at, n);
}

static bool
table_fits(struct str bytes, uint32_t table, uint32_t count)
{
	if (table > bytes.n || count > (bytes.n - table) / 8)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t n = word_at(bytes, table + (size_t)i * 8);
		uint32_t at = word_at(bytes, table + (size_t)i * 8 + 4);

		if (at > bytes.n || n > bytes.n - at)
			return false;
	}
	return true;
}

static enum status
open_catalogue(struct str bytes, struct catalogue *out)
{
	struct catalogue c = { .bytes = bytes };

	if (bytes.n < 28 || word_at(bytes, 0) != MO_MAGIC || word_at(bytes, 4) >> 16 != 0)
		return E_CORRUPT;
	c.count = word_at(bytes, 8);
	c.originals = word_at(bytes, 12);
	c.translations = word_at(bytes, 16);
	if (!table_fits(bytes, c.originals, c.count) || !table_fits(bytes, c.translations, c.count))
		return E_CORRUPT;
	*out = c;
	return OK;
}

static enum status
set_zone(const char *zone)
{
	char path[128] = ZONE_FOLDER;

	if (zone == NULL)
		zone = "Europe/Moscow";
	if (strlen(zone) > 64 || strstr(zone, "..") != NULL || zone[0] == '/')
		return E_INVALID;
	strcat(path, zone);
	if (access(path, R_OK) != 0) {
		/* A machine without tzdata: our default has had one fixed offset since 2014. */
		if (strcmp(zone, "Europe/Moscow") != 0)
			return E_NOT_FOUND;
		zone = "MSK-3";
	}
	if (setenv("TZ", zone, 1) != 0)
		return E_NOMEM;
	tzset();
	return OK;
}

enum status
i18n_open_with(const struct str mo[I18N_LANG_COUNT], const char *time_zone)
{
	struct catalogue opened[I18N_LANG_COUNT];

	for (int i = 0; i < I18N_LANG_COUNT; i++)
		TRY(open_catalogue(mo[i], &opened[i]));
	TRY(set_zone(time_zone));
	memcpy(catalogues, opened, sizeof(opened));
	return OK;
}

enum status
i18n_open(const char *time_zone)
{
	struct str mo[I18N_LANG_COUNT];

	for (int i = 0; i < I18N_LANG_COUNT; i++) {
		const struct embedded_file *file = embedded_find(&embedded_catalogues, str_of(languages[i].code));

		if (file == NULL)
			return E_NOT_FOUND;
		mo[i] = file->bytes;
	}
	return i18n_open_with(mo, time_zone);
}

/* ---- texts ---- */

/* The whole translation, plural forms separated by NUL; p == NULL when there is none. */
static struct str
find(enum i18n_lang lang, struct str key)
{
	const struct catalogue *c = &catalogues[lang];
	uint32_t low = 0, high = c->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		struct str original = string_at(c, c->originals, mid);
		/* "key NUL key_plural": the first part is what we look for. */
		int order = str_cmp(key, str_slice(original, 0, str_find_char(original, '\0')));

		if (order == 0)
			return string_at(c, c->translations, mid);
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return (struct str){ 0 };
}

bool
i18n_has(enum i18n_lang lang, struct str key)
{
	return key.n > 0 && find(lang, key).n > 0;
}

static struct str
nth_form(enum i18n_lang lang, struct str key, unsigned form)
{
	struct str rest = key.n > 0 ? find(lang, key) : (struct str){ 0 };
	struct str text = { 0 };

	if (rest.n == 0)
		return key;
	while (str_next(&rest, '\0', &text) && form > 0)
		form--;
	return text;
}

struct str
i18n_text(enum i18n_lang lang, struct str key)
{
	return nth_form(lang, key, 0);
}

unsigned
i18n_plural_form(enum i18n_lang lang, uint64_t n)
{
	if (lang == I18N_EN)
		return n == 1 ? 0 : 1;
	if (n % 10 == 1 && n % 100 != 11)
		return 0;
	if (n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14))
		return 1;
	return 2;
}

struct str
i18n_plural(enum i18n_lang lang, struct str key, uint64_t n)
{
	return nth_form(lang, key, i18n_plural_form(lang, n));
}

/* ---- choosing ---- */

const char *
i18n_code(enum i18n_lang lang)
{
	return languages[lang].code;
}

enum status
i18n_by_code(struct str code, enum i18n_lang *out)
{
	struct str primary = str_slice(code, 0, str_find_char(code, '-'));

	for (int i = 0; i < I18N_LANG_COUNT; i++) {
		if (str_eq_nocase(primary, str_of(languages[i].code))) {
			*out = (enum i18n_lang)i;
			return OK;
		}
	}
	return E_NOT_FOUND;
}

static enum status
by_query(struct str query, enum i18n_lang *out)
{
	struct str pair;

	while (query.n > 0 && str_next(&query, '&', &pair))
		if (str_starts(pair, STR("lang=")))
			return i18n_by_code(str_slice(pair, 5, pair.n), out);
	return E_NOT_FOUND;
}

/* ";q=0.8" in thousandths; 1000 without one. */
static unsigned
quality(struct str params)
{
	struct str q = str_trim(params);
	unsigned scale = 100, value;

	if (!str_starts(q, STR("q=")) || q.n < 3)
		return 1000;
	if (q.p[2] != '0')
		return 1000;
	value = 0;
	for (size_t i = 4; i < q.n && i < 7 && q.p[i] >= '0' && q.p[i] <= '9'; i++) {
		value += (unsigned)(q.p[i] - '0') * scale;
		scale /= 10;
	}
	return value;
}

static enum status
by_accept(struct str list, enum i18n_lang *out)
{
	unsigned best = 0;
	struct str element;

	while (list.n > 0 && str_next(&list, ',', &element)) {
		size_t semicolon = str_find_char(element, ';');
		unsigned q = quality(str_slice(element, semicolon + 1, element.n));
		enum i18n_lang lang;

		if (q > best && i18n_by_code(str_trim(str_slice(element, 0, semicolon)), &lang) == OK) {
			best = q;
			*out = lang;
		}
	}
	return best > 0 ? OK : E_NOT_FOUND;
}

enum i18n_lang
i18n_choose(const struct http_request *req)
{
	enum i18n_lang lang = I18N_DEFAULT;
	struct str cookie;

	if (by_query(req->query, &lang) == OK)
		return lang;
	if (cookie_find(req, COOKIE_LANG, &cookie) == OK && i18n_by_code(cookie, &lang) == OK)
		return lang;
	if (by_accept(http_header(req, "accept-language"), &lang) == OK)
		return lang;
	return I18N_DEFAULT;
}

/* ---- dates ---- */

static struct tm
local(int64_t us)
{
	time_t seconds = (time_t)(us / SECOND_US);
	struct tm tm = { 0 };

	localtime_r(&seconds, &tm);
	return tm;
}

static void
put_day(struct buf *out, const struct language *l, const struct tm *tm)
{
	buf_printf(out, "%d %s %d%s", tm->tm_mday, l->months[tm->tm_mon], tm->tm_year + 1900, l->year_suffix);
}

void
i18n_put_date(struct buf *out, enum i18n_lang lang, int64_t us)
{
	struct tm tm = local(us);

	put_day(out, &languages[lang], &tm);
}

void
i18n_put_datetime(struct buf *out, enum i18n_lang lang, int64_t us)
{
	struct tm tm = local(us);

	put_day(out, &languages[lang], &tm);
	buf_printf(out, ", %02d:%02d", tm.tm_hour, tm.tm_min);
}

enum status
i18n_put_day(struct buf *out, enum i18n_lang lang, struct str day)
{
	static const char digits[] = "0123456789";
	const struct str parts[] = { str_slice(day, 0, 4), str_slice(day, 5, 7), str_slice(day, 8, 10) };
	int number[ARRAY_LEN(parts)] = { 0 };

	if (day.n != sizeof("2016-09-12") - 1 || day.p[4] != '-' || day.p[7] != '-')
		return E_INVALID;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (!str_only(parts[i], digits))
			return E_INVALID;
		for (size_t k = 0; k < parts[i].n; k++)
			number[i] = number[i] * 10 + (parts[i].p[k] - '0');
	}
	if (number[1] < 1 || number[1] > 12 || number[2] < 1 || number[2] > 31)
		return E_INVALID;
	const struct tm tm = { .tm_year = number[0] - 1900, .tm_mon = number[1] - 1, .tm_mday = number[2] };

	put_day(out, &languages[lang], &tm);
	return OK;
}

enum status
i18n_put_month(struct buf *out, enum i18n_lang lang, struct str month)
{
	uint64_t number;
	size_t dash = str_find_char(month, '-');
	struct str digits = str_slice(month, dash + 1, month.n);

	if (dash != 4 || digits.n != 2 || !str_only(str_slice(month, 0, 4), "0123456789"))
		return E_INVALID;
	if (digits.p[0] == '0')
		digits = str_slice(digits, 1, 2);
	if (str_to_u64(digits, 12, &number) != OK || number == 0)
		return E_INVALID;
	buf_printf(out, "%s %.*s", languages[lang].months_standing[number - 1], 4, month.p);
	return OK;
}
