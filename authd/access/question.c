#include "authd/access/question.h"

#include <stdio.h>

#include "auditlog/base/clock.h"
#include "authd/access/bynumber.h"

static enum status
read_range(struct json_in *in, struct limits_range *out)
{
	struct json_in range;
	struct str from, to;

	TRY(json_opt_object(in, "resource.properties.range", &range));
	if (range.at == NULL)
		return OK;
	TRY(json_need_str(&range, "from", 40, &from));
	TRY(json_need_str(&range, "to", 40, &to));
	if (clock_parse_rfc3339(from, &out->from_us) != OK || clock_parse_rfc3339(to, &out->to_us) != OK) {
		snprintf(in->why->text, sizeof(in->why->text),
			 "resource.properties.range must hold two RFC 3339 dates");
		return E_INVALID;
	}
	out->set = true;
	return OK;
}

enum status
question_of_item(const json_t *item, const json_t *defaults, json_t **out)
{
	static const char *const names[] = { "subject", "action", "resource", "context" };
	json_t *made = json_is_object(item) ? json_object() : NULL;

	if (!json_is_object(item))
		return E_INVALID;
	for (size_t i = 0; made != NULL && i < ARRAY_LEN(names); i++) {
		json_t *own = json_object_get(item, names[i]), *shared = json_object_get(defaults, names[i]);

		if (own == NULL || json_is_null(own))
			own = shared;
		if (own != NULL && json_object_set(made, names[i], own) != 0) {
			json_decref(made);
			made = NULL;
		}
	}
	*out = made;
	return made != NULL ? OK : E_NOMEM;
}

/* The number itself is read again where it is looked up; a wrong one is the question's fault and named here. */
static enum status
check_number(struct json_in *in, struct str person)
{
	char digits[SNILS_DIGITS + 1];
	struct str number;

	if (!bynumber_in(person, &number) || snils_parse(number, digits) == OK)
		return OK;
	snprintf(in->why->text, sizeof(in->why->text),
		 "resource.id must be an insurance number with right check digits behind snils:");
	return E_INVALID;
}

static enum status
read_names(struct json_in *in, unsigned lacks, struct question *q)
{
	TRY(json_need_str(in, "subject.type", QUESTION_ID_MOST, &q->subject_type));
	if ((lacks & QUESTION_LACKS_SUBJECT) == 0)
		TRY(json_need_str(in, "subject.id", QUESTION_ID_MOST, &q->subject));
	TRY(json_need_str(in, "resource.type", QUESTION_ID_MOST, &q->category));
	if ((lacks & QUESTION_LACKS_RESOURCE) == 0)
		TRY(json_need_str(in, "resource.id", QUESTION_ID_MOST, &q->person));
	TRY(check_number(in, q->person));
	if ((lacks & QUESTION_LACKS_ACTION) != 0)
		return OK;
	TRY(json_need_str(in, "action.name", QUESTION_ID_MOST, &q->action));
	return json_opt_str(in, "action.properties.purpose", QUESTION_ID_MOST, &q->purpose);
}

enum status
question_read_search(struct json_in *in, unsigned lacks, struct question *q)
{
	TRY(read_names(in, lacks, q));
	TRY(json_opt_str(in, "subject.properties.operator", QUESTION_ID_MOST, &q->operator_id));
	TRY(json_opt_str(in, "subject.properties.acr", 16, &q->acr));
	TRY(json_opt_strs(in, "subject.properties.roles", QUESTION_ID_MOST, q->roles, ROLE_MOST, &q->role_count));
	TRY(json_opt_str(in, "context.case", QUESTION_CASE_MOST, &q->case_ref));
	TRY(json_opt_str(in, "context.traceparent", QUESTION_CASE_MOST, &q->trace));
	TRY(json_opt_bool(in, "context.emergency", false, &q->emergency));
	TRY(json_opt_bool(in, "context.break_glass", false, &q->break_glass));
	TRY(json_opt_bool(in, "context.dry_run", false, &q->dry_run));
	TRY(read_range(in, &q->range));
	q->now_us = clock_now_us();
	return OK;
}

enum status
question_read(struct json_in *in, struct question *q)
{
	return question_read_search(in, 0, q);
}

bool
question_is_case_number(struct str s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/-";
	size_t digits = 0, letters = 0;

	if (s.n > 32 || !str_only(s, plain))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		digits += s.p[i] >= '0' && s.p[i] <= '9';
		letters += (s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z';
	}
	return digits < 10 && letters <= 4 && digits > letters;
}
