/*
 * question.h: one question as AuthZEN writes it ("may this service do this to this category of this person's data, for
 * this purpose?"), read from the body and not yet judged. The only reader of it: evaluation, evaluations and requests
 * mean the same by the same members.
 */
#ifndef AUTHD_ACCESS_QUESTION_H
#define AUTHD_ACCESS_QUESTION_H

#include "authd/http/json.h"
#include "authd/policy/limits.h"
#include "authd/policy/policy.h"

#define QUESTION_ID_MOST   128
#define QUESTION_CASE_MOST 128

/* Borrows from the document. Empty strings were not given. */
struct question {
	struct str subject_type, subject, action, purpose, category, person, operator_id, acr, case_ref, trace;
	struct str roles[ROLE_MOST];
	size_t role_count;
	bool emergency, break_glass, dry_run;
	struct limits_range range;
	int64_t now_us; /* when it was read: the time that it is judged by */
};

/*
 * What an item of a request for several asks: each of its subject, action, resource and context, else the default of
 * that name (AuthZEN 1.0, "Default values"). A member replaces the default whole: two half resources never become one
 * that nobody named. *out is the caller's and keeps what it refers to alive. E_INVALID: item is no object.
 */
MUST_USE enum status question_of_item(const json_t *item, const json_t *defaults, json_t **out);

/* What a search leaves out: that is what it looks for, and when it is there all the same it is passed over. */
enum question_lacks {
	QUESTION_LACKS_SUBJECT = 1u << 0,
	QUESTION_LACKS_RESOURCE = 1u << 1,
	QUESTION_LACKS_ACTION = 1u << 2
};
MUST_USE enum status question_read_search(struct json_in *in, unsigned lacks, struct question *out);

/* E_INVALID: in->why names the member. Members that nobody knows are passed over (AuthZEN 1.0, section 11). */
MUST_USE enum status question_read(struct json_in *in, struct question *out);

/*
 * R3: what a caller writes may be a person's name, birthday or number. In clear it goes only when it looks like the
 * number of a file: short, of plain characters, with more digits than letters, too few letters for a name and fewer
 * digits than any personal number has. Sealed for the person it always goes.
 */
bool question_is_case_number(struct str s);

#endif
