#include "authd/access/person_name.h"

#include <time.h>

#include "auditlog/base/clock.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

json_t *
person_name(struct request *rq, struct str sub)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp) json_t *profile = NULL;
	const char *name;

	if (sub.p == NULL || store_person_find(request_store(rq), sub, &p) != OK || p.profile.n == 0)
		return json_string("");
	const struct keys_person who = { .sub = p.sub, .wrapped = p.wrapped_key };
	const struct keys_place place = { STR("person"), STR("profile"), p.sub };

	if (keys_field_open(rq->authd->keys, &who, &place, p.profile, &text) != OK ||
	    json_read(buf_str(&text), KEYS_FIELD_MAX, &profile, NULL) != OK)
		return json_string("");
	name = json_string_value(json_object_get(profile, "name"));
	return json_string(name != NULL ? name : "");
}

/* How many bytes the first character has: the name is well-formed UTF-8. */
static size_t
first_letter(struct str word)
{
	size_t n = 1;

	while (n < word.n && ((unsigned char)word.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

void
person_name_mask(struct str name, struct buf *out)
{
	const size_t before = out->n;
	struct str word;

	while (name.n > 0 && str_next(&name, ' ', &word)) {
		if (word.n == 0)
			continue;
		if (out->n == before) {
			buf_put(out, word);
			continue;
		}
		buf_put_char(out, ' ');
		buf_put(out, str_slice(word, 0, first_letter(word)));
		buf_put_char(out, '.');
	}
}

json_t *
person_name_masked(struct request *rq, struct str sub)
{
	CLEANUP(json_decrefp) json_t *name = person_name(rq, sub);
	CLEANUP(buf_clear) struct buf masked = BUF(KEYS_FIELD_MAX);

	if (name == NULL)
		return NULL;
	person_name_mask(str_of(json_string_value(name)), &masked);
	return buf_status(&masked) == OK ? json_of_str(buf_str(&masked)) : NULL;
}

int
person_birth_year(int64_t majority_us)
{
	/* It is a midnight somewhere: half a day later it is that date in UTC, too, for every zone from -11 to +12. */
	const time_t at = (time_t)(majority_us / SECOND_US + 12 * 3600);
	struct tm day;

	if (majority_us == 0 || gmtime_r(&at, &day) == NULL)
		return 0;
	return day.tm_year + 1900 - 18;
}
