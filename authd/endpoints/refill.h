/*
 * refill.h: a form that comes back when something in it is wrong: with what was typed, with a word at each field that
 *is wrong, and with a list of all of them on top (templates fault, input, input_day, textarea).
 *
 *	fields[] ─▶ refill_begin ─▶ refill_check, refill_day, refill_wrong ─▶ refill_is_good?
 *	                                                  no: refill_put ─▶ the page again, 400
 *
 * A template reads {{#form.field}}…{{/form.field}}, and in it {{id}}, {{name}}, {{value}}, {{wrong}} (a fault_… of the
 * catalogues, or "") and, for radios, {{#is_office}} when the value is "office". Codes and passwords are no fields
 *here: they never come back.
 */
#ifndef AUTHD_ENDPOINTS_REFILL_H
#define AUTHD_ENDPOINTS_REFILL_H

#include <jansson.h>

#include "auditlog/base/status.h"
#include "authd/access/datefield.h"
#include "authd/http/form.h"

struct refill_field {
	const char *name;    /* of the parameter */
	const char *id;      /* of its element; NULL: like the name */
	const char *missing; /* what is wrong when nothing was typed; NULL: it may be left out */
	size_t most;         /* bytes; 0: the caller looks at the length */
};

struct refill {
	const struct refill_field *fields; /* in the order of the page; borrowed */
	size_t count;
	const struct form *typed; /* borrowed; NULL: the form is empty */
	json_t *at;               /* by name */
};

void refill_clear(struct refill *r);
/* typed is NULL of a form that nobody has sent. */
MUST_USE enum status
refill_begin(const struct refill_field *fields, size_t count, const struct form *typed, struct refill *out);
/* What was typed, without the spaces around it; "" when nothing was. Points into the form. */
struct str refill_value(const struct refill *r, const char *name);
/* Marks what is empty and must not be, and what is too long. */
void refill_check(struct refill *r);
/* The day in that field; fault when it is none. A field that was left empty is no fault here, and *out is empty then.
 */
void refill_day(struct refill *r, const char *name, const char *fault, struct datefield *out);
/* Marks a field. What it was marked with first stays. */
void refill_wrong(struct refill *r, const char *name, const char *fault);
bool refill_is_good(const struct refill *r);
/* data[form] is the fields; when something is wrong, data.fault and data.faults, too. */
MUST_USE enum status refill_put(struct refill *r, const char *form, json_t *data);
/* Each of choices [{id}] whose id was ticked under that name gets ticked: true. typed may be NULL. */
MUST_USE enum status refill_tick(const struct form *typed, const char *name, json_t *choices);

#endif
