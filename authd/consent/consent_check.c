#include "auditlog/core/hash.h"
#include "authd/consent/consent.h"
#include "authd/consent/consent_shape.h"

/* ---- what must be there ---- */

enum when { ALWAYS, IF_REPRESENTED, IF_ASSISTED, IF_LOGGED };

struct must {
	const char *path; /* a.b, and a[].b for each item */
	enum consent_shape shape;
	enum when when;
	const char *why;
};

#define ISO(what) "ISO 27560 " what
#define LAW(item) "152-FZ 9(4) item " item

/* No row, no demand: this is the whole list for the record, with the clauses of ISO/IEC TS 27560:2023 ... */
static const struct must record_musts[] = {
	{ "schema", SHAPE_LINK, ALWAYS, ISO("schema version") },
	{ "conforms_to", SHAPE_TEXTS, ALWAYS, ISO("schema version") },
	{ "record_id", SHAPE_UUID, ALWAYS, ISO("record identifier") },
	{ "code", SHAPE_CODE, ALWAYS, "short code of the receipt" },
	{ "state", SHAPE_TEXT, ALWAYS, ISO("6.3.7.6 event state") },
	{ "jurisdiction", SHAPE_TEXT, ALWAYS, ISO("6.3.4.16 jurisdiction") },
	{ "subject.id", SHAPE_TEXT, ALWAYS, ISO("PII principal identifier") },
	{ "subject.kind", SHAPE_TEXT, ALWAYS, "kind of person" },
	{ "subject.sealed_identity.alg", SHAPE_TEXT, ALWAYS, LAW("1") },
	{ "subject.sealed_identity.kid", SHAPE_TEXT, ALWAYS, LAW("1") },
	{ "subject.sealed_identity.sha256", SHAPE_DIGEST, ALWAYS, LAW("1") },
	{ "given_by.who", SHAPE_TEXT, ALWAYS, ISO("6.3.7.3 entity") },
	{ "given_by.party", SHAPE_TEXT, ALWAYS, ISO("6.3.7.3 entity") },
	{ "given_by.authority.type", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
	{ "given_by.authority.issued", SHAPE_DATE, IF_REPRESENTED, LAW("2") },
	{ "given_by.authority.valid_until", SHAPE_DATE, IF_REPRESENTED, LAW("2") },
	{ "given_by.authority.verified_by", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
	{ "assisted.channel", SHAPE_TEXT, IF_ASSISTED, "assisted consent" },
	{ "assisted.operator", SHAPE_TEXT, IF_ASSISTED, "assisted consent" },
	{ "assisted.organisation", SHAPE_TEXT, IF_ASSISTED, "assisted consent" },
	{ "assisted.confirmation", SHAPE_TEXT, IF_ASSISTED, "assisted consent" },
	{ "assisted.confirmed_at", SHAPE_TIME, IF_ASSISTED, "assisted consent" },
	{ "notice.id", SHAPE_TEXT, ALWAYS, ISO("6.3.4.1 privacy notice") },
	{ "notice.version", SHAPE_NUMBER, ALWAYS, ISO("6.3.4.1 privacy notice") },
	{ "notice.lang", SHAPE_TEXT, ALWAYS, ISO("6.3.4.2 language") },
	{ "notice.sha256", SHAPE_DIGEST, ALWAYS, ISO("6.3.4.1 privacy notice") },
	{ "notice.url", SHAPE_LINK, ALWAYS, ISO("6.3.4.1 privacy notice") },
	{ "purpose.code", SHAPE_TEXT, ALWAYS, ISO("6.3.4.3 purpose") },
	{ "purpose.version", SHAPE_NUMBER, ALWAYS, ISO("6.3.4.3 purpose") },
	{ "purpose.activity", SHAPE_LINK, ALWAYS, ISO("6.3.4.3 purpose") },
	{ "purpose.dpv", SHAPE_LINK, ALWAYS, ISO("6.3.4.4 purpose type") },
	{ "purpose.title", SHAPE_WORDS, ALWAYS, LAW("4") },
	{ "legal_basis.type", SHAPE_TEXT, ALWAYS, ISO("6.3.4.6 lawful basis") },
	{ "legal_basis.ref", SHAPE_TEXT, ALWAYS, ISO("6.3.4.6 lawful basis") },
	{ "data", SHAPE_SOME, ALWAYS, LAW("5") },
	{ "data[].category", SHAPE_TEXT, ALWAYS, LAW("5") },
	{ "data[].dpv", SHAPE_LINK, ALWAYS, ISO("6.3.5.1 PII type") },
	{ "data[].title", SHAPE_WORDS, ALWAYS, LAW("5") },
	{ "data[].required", SHAPE_FLAG, ALWAYS, ISO("6.3.5.3 PII optional") },
	{ "data[].special", SHAPE_FLAG, ALWAYS, ISO("6.3.5.5 special PII category") },
	{ "actions", SHAPE_TEXTS, ALWAYS, LAW("7") },
	{ "methods.automated", SHAPE_FLAG, ALWAYS, LAW("7") },
	{ "methods.sole_automated_decision", SHAPE_FLAG, ALWAYS, LAW("7") },
	{ "recipients", SHAPE_SOME, ALWAYS, ISO("6.3.4.17 recipients") },
	{ "recipients[].service", SHAPE_TEXT, ALWAYS, ISO("6.3.4.17 recipients") },
	{ "recipients[].organisation", SHAPE_TEXT, ALWAYS, ISO("6.3.4.17 recipients") },
	{ "recipients[].name", SHAPE_TEXT, ALWAYS, ISO("6.3.4.17 recipients") },
	{ "providers", SHAPE_ANY, ALWAYS, ISO("6.3.4.9 collection method") },
	{ "controller.id", SHAPE_TEXT, ALWAYS, ISO("6.3.4.8 PII controllers") },
	{ "controller.name", SHAPE_TEXT, ALWAYS, LAW("3") },
	{ "controller.address", SHAPE_TEXT, ALWAYS, LAW("3") },
	{ "controller.contact", SHAPE_TEXT, ALWAYS, ISO("6.3.6.8 party contact") },
	{ "other_controllers[].id", SHAPE_TEXT, ALWAYS, ISO("6.3.4.8 PII controllers") },
	{ "other_controllers[].name", SHAPE_TEXT, ALWAYS, LAW("3") },
	{ "other_controllers[].address", SHAPE_TEXT, ALWAYS, LAW("3") },
	{ "other_controllers[].contact", SHAPE_TEXT, ALWAYS, ISO("6.3.6.8 party contact") },
	{ "processors", SHAPE_ANY, ALWAYS, LAW("6") },
	{ "processors[].id", SHAPE_TEXT, ALWAYS, LAW("6") },
	{ "processors[].name", SHAPE_TEXT, ALWAYS, LAW("6") },
	{ "processors[].address", SHAPE_TEXT, ALWAYS, LAW("6") },
	{ "limits.mode", SHAPE_TEXT, ALWAYS, ISO("6.3.4.10 processing method") },
	{ "limits.fetch", SHAPE_TEXT, ALWAYS, ISO("6.3.4.10 processing method") },
	{ "limits.data_life", SHAPE_TERM, ALWAYS, ISO("6.3.4.12 retention period") },
	{ "storage.location", SHAPE_TEXTS, ALWAYS, ISO("6.3.4.11 storage locations") },
	{ "storage.retention", SHAPE_TERM, ALWAYS, ISO("6.3.4.12 retention period") },
	{ "validity.from", SHAPE_TIME, ALWAYS, LAW("8") },
	{ "validity.until", SHAPE_TIME, ALWAYS, LAW("8") },
	{ "withdrawal.methods", SHAPE_TEXTS, ALWAYS, LAW("8") },
	{ "withdrawal.effect", SHAPE_TEXT, ALWAYS, LAW("8") },
	{ "withdrawal.destroy_within", SHAPE_TERM, ALWAYS, LAW("8") },
	{ "rights.access", SHAPE_LINK, ALWAYS, ISO("6.3.4.19 privacy rights") },
	{ "rights.question", SHAPE_LINK, ALWAYS, ISO("6.3.4.19 privacy rights") },
	{ "rights.authority", SHAPE_TEXT, ALWAYS, ISO("6.3.4.22 authority party") },
	{ "events", SHAPE_ANY, ALWAYS, ISO("6.3.7 events") },
	{ "events[].seq", SHAPE_NUMBER, ALWAYS, ISO("6.3.7 events") },
	{ "events[].state", SHAPE_TEXT, ALWAYS, ISO("6.3.7.6 event state") },
	{ "events[].at", SHAPE_TIME, ALWAYS, ISO("6.3.7.1 event time") },
	{ "events[].by", SHAPE_TEXT, ALWAYS, ISO("6.3.7.3 entity") },
	{ "events[].log.index", SHAPE_INDEX, IF_LOGGED, "position in the log" },
	{ "events[].log.leaf", SHAPE_TEXT, IF_LOGGED, "position in the log" },
};

/* ... and this for the identity object. */
static const struct must identity_musts[] = {
	{ "name", SHAPE_TEXT, ALWAYS, LAW("1") },
	{ "address", SHAPE_TEXT, ALWAYS, LAW("1") },
	{ "document.type", SHAPE_TEXT, ALWAYS, LAW("1") },
	{ "document.number", SHAPE_TEXT, ALWAYS, LAW("1") },
	{ "document.issued", SHAPE_DATE, ALWAYS, LAW("1") },
	{ "document.issuer", SHAPE_TEXT, ALWAYS, LAW("1") },
	{ "representative.name", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
	{ "representative.address", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
	{ "representative.document.type", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
	{ "representative.document.number", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
	{ "representative.document.issued", SHAPE_DATE, IF_REPRESENTED, LAW("2") },
	{ "representative.document.issuer", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
	{ "representative.authority.type", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
	{ "representative.authority.document", SHAPE_TEXT, IF_REPRESENTED, LAW("2") },
};

/* ---- walking ---- */

struct check {
	const json_t *record;
	const json_t *identity;
	enum consent_stage stage;
	struct buf *why;
	bool ok;
};

static void
fault(struct check *c, const char *path, const char *why)
{
	buf_printf(c->why, "%s: missing or of the wrong shape (%s)\n", path, why);
	c->ok = false;
}

/* Follows path from v. Items of an array are checked one by one; an array that is missing has a row of its own. */
static void
follow(struct check *c, const json_t *v, struct str path, const struct must *m)
{
	struct str step = { 0 };

	while (str_next(&path, '.', &step)) {
		bool each = str_ends(step, STR("[]"));
		struct str key = each ? str_slice(step, 0, step.n - 2) : step;

		v = json_object_getn(v, key.p, key.n);
		for (size_t i = 0; each && i < json_array_size(v); i++)
			follow(c, json_array_get(v, i), path, m);
		if (each)
			return;
	}
	if (!consent_shape_fits(m->shape, v))
		fault(c, m->path, m->why);
}

static bool
applies(const struct check *c, enum when when)
{
	const json_t *who = json_object_get(json_object_get(c->record, "given_by"), "who");

	switch (when) {
	case ALWAYS:
		return true;
	case IF_REPRESENTED:
		/* Whatever is not plainly the person themselves has to show its authority. */
		return !str_is(consent_shape_text(who), "self");
	case IF_ASSISTED:
		return json_object_get(c->record, "assisted") != NULL;
	case IF_LOGGED:
		return c->stage == CONSENT_STAGE_EFFECTIVE;
	}
	return true;
}

static void
check_musts(struct check *c, const json_t *root, const struct must *musts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (applies(c, musts[i].when))
			follow(c, root, str_of(musts[i].path), &musts[i]);
	}
}

/* ---- what must fit together ---- */

static const json_t *
at(const json_t *root, const char *a, const char *b)
{
	return json_object_get(json_object_get(root, a), b);
}

static void
demand(struct check *c, bool holds, const char *text)
{
	if (holds)
		return;
	buf_printf(c->why, "%s\n", text);
	c->ok = false;
}

static void
check_identity(struct check *c)
{
	const json_t *sha256 = json_object_get(at(c->record, "subject", "sealed_identity"), "sha256");
	struct hash said, is;

	/* A hash that is no hash has been said already. */
	if (hash_from_hex(consent_shape_text(sha256), &said) != OK)
		return;
	demand(c, consent_identity_digest(c->identity, &is) == OK && hash_eq(&said, &is),
	       "subject.sealed_identity.sha256: is not the hash of the identity that was opened (152-FZ 9(4) item 1)");
}

static void
check_giver(struct check *c)
{
	struct str who = consent_shape_text(at(c->record, "given_by", "who"));
	struct str giver = consent_shape_text(at(c->record, "given_by", "party"));
	bool self = str_is(who, "self");

	demand(c, self || str_is(who, "representative"),
	       "given_by.who: is neither self nor representative (ISO 27560)");
	demand(c, self == str_eq(giver, consent_shape_text(at(c->record, "subject", "id"))),
	       "given_by.party: does not fit given_by.who (152-FZ 9(4) item 2)");
}

/*
 * Whoever helps does not finish alone: the person's own code, or a paper that a second operator saw; and neither of the
 * two is the one who gives the consent.
 */
static void
check_assistance(struct check *c)
{
	const json_t *assisted = json_object_get(c->record, "assisted");
	struct str how = consent_shape_text(json_object_get(assisted, "confirmation"));
	struct str first = consent_shape_text(json_object_get(assisted, "operator"));
	struct str second = consent_shape_text(json_object_get(assisted, "second_operator"));
	struct str giver = consent_shape_text(at(c->record, "given_by", "party"));

	if (assisted == NULL)
		return;
	demand(c, !str_eq(first, giver), "assisted.operator: gives the consent (two steps by two people)");
	if (!str_is(how, "paper")) {
		demand(c, second.n == 0, "assisted.second_operator: is there only with a signed paper");
		return;
	}
	demand(c, second.n > 0 && !str_eq(second, first) && !str_eq(second, giver),
	       "assisted.second_operator: nobody else confirmed the signed paper (two steps by two people)");
	demand(c, consent_shape_fits(SHAPE_TEXT, json_object_get(json_object_get(assisted, "paper"), "number")),
	       "assisted.paper.number: missing (152-FZ 9(4) item 9)");
}

static void
check_terms(struct check *c)
{
	int64_t from_us = 0, until_us = 0, within_us = 0;

	if (clock_parse_rfc3339(consent_shape_text(at(c->record, "validity", "from")), &from_us) == OK &&
	    clock_parse_rfc3339(consent_shape_text(at(c->record, "validity", "until")), &until_us) == OK)
		demand(c, from_us < until_us, "validity.until: is not after validity.from (152-FZ 9(4) item 8)");
	if (clock_parse_duration(consent_shape_text(at(c->record, "withdrawal", "destroy_within")), &within_us) == OK)
		demand(c, within_us <= 30 * DAY_US,
		       "withdrawal.destroy_within: is longer than thirty days (152-FZ 21(5))");
	demand(c, str_is(consent_shape_text(at(c->record, "legal_basis", "type")), "consent"),
	       "legal_basis.type: a consent record rests on consent (ISO 27560 lawful basis)");
}

static void
check_data(struct check *c)
{
	const json_t *data = json_object_get(c->record, "data");

	for (size_t i = 0; i < json_array_size(data); i++) {
		for (size_t k = 0; k < i; k++)
			demand(c,
			       !str_eq(consent_shape_text(json_object_get(json_array_get(data, i), "category")),
				       consent_shape_text(json_object_get(json_array_get(data, k), "category"))),
			       "data: a category stands here twice (152-FZ 9(4) item 5)");
	}
}

static bool
is_controller(const json_t *record, struct str id)
{
	const json_t *others = json_object_get(record, "other_controllers");
	bool found = str_eq(consent_shape_text(at(record, "controller", "id")), id);

	for (size_t i = 0; i < json_array_size(others); i++)
		found |= str_eq(consent_shape_text(json_object_get(json_array_get(others, i), "id")), id);
	return found;
}

/* Whoever gets the data is named once, and whoever answers for that by name and address. */
static void
check_recipients(struct check *c)
{
	const json_t *all = json_object_get(c->record, "recipients");

	demand(c, json_array_size(all) <= NOTICE_RECIPIENTS_MOST, "recipients: more than 8 (ISO 27560 recipients)");
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);

		demand(c, is_controller(c->record, consent_shape_text(json_object_get(one, "organisation"))),
		       "recipients: an organisation is not among the controllers (152-FZ 9(4) item 3)");
		demand(c, json_array_size(all) == 1 || consent_shape_fits(SHAPE_WORDS, json_object_get(one, "title")),
		       "recipients[].title: missing where there are several (ISO 27560 recipients)");
		for (size_t k = 0; k < i; k++)
			demand(c,
			       !str_eq(consent_shape_text(json_object_get(one, "service")),
				       consent_shape_text(json_object_get(json_array_get(all, k), "service"))),
			       "recipients: a service stands here twice (ISO 27560 recipients)");
	}
}

/* ---- events and the signature ---- */

static enum consent_state
state_of(const json_t *event)
{
	enum consent_state state = CONSENT_NONE;

	return consent_state_parse(consent_shape_text(json_object_get(event, "state")), &state) == OK ? state
												      : CONSENT_NONE;
}

static int64_t
time_of(const json_t *event)
{
	int64_t us = 0;

	return clock_parse_rfc3339(consent_shape_text(json_object_get(event, "at")), &us) == OK ? us : -1;
}

/* A signature is an event `given` by the giver that says how. */
static bool
is_signature(const struct check *c, const json_t *event)
{
	return consent_state_permits(state_of(event)) &&
	       consent_shape_fits(SHAPE_TEXT, json_object_get(event, "method")) &&
	       consent_shape_fits(SHAPE_TIME, json_object_get(event, "at")) &&
	       str_eq(consent_shape_text(json_object_get(event, "by")),
		      consent_shape_text(at(c->record, "given_by", "party")));
}

static void
check_events(struct check *c)
{
	const json_t *events = json_object_get(c->record, "events");
	enum consent_state state = CONSENT_NONE;
	int64_t at_us = 0;
	bool is_signed = false;

	demand(c, json_array_size(events) <= CONSENT_EVENT_MOST, "events: more than 64");
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i);

		demand(c, json_integer_value(json_object_get(event, "seq")) == (json_int_t)i + 1,
		       "events[].seq: does not count from 1 (ISO 27560 events)");
		demand(c, consent_state_may_follow(state, state_of(event)),
		       "events[].state: may not follow (ISO 27560 events)");
		demand(c, time_of(event) >= at_us, "events[].at: goes back in time (ISO 27560 event time)");
		is_signed |= is_signature(c, event);
		state = state_of(event);
		at_us = time_of(event);
	}
	if (c->stage == CONSENT_STAGE_ASKED)
		return;
	demand(c, is_signed, "events: no signature of whoever gives the consent (152-FZ 9(4) item 9)");
	demand(c, str_is(consent_shape_text(json_object_get(c->record, "state")), consent_state_name(state)),
	       "state: is not that of the newest event (ISO 27560 event state)");
}

enum status
consent_record_validate(const json_t *record, const json_t *identity, enum consent_stage stage, struct buf *why)
{
	struct check c = { record, identity, stage, why, true };
	CLEANUP(buf_clear) struct buf bytes = BUF(2 * CONSENT_RECORD_MOST);

	check_musts(&c, record, record_musts, ARRAY_LEN(record_musts));
	check_musts(&c, identity, identity_musts, ARRAY_LEN(identity_musts));
	check_identity(&c);
	check_giver(&c);
	check_assistance(&c);
	check_terms(&c);
	check_data(&c);
	check_recipients(&c);
	check_events(&c);
	demand(&c, consent_record_put(record, &bytes) == OK, "the record is larger than 32 KiB or cannot be written");
	return c.ok ? OK : E_INVALID;
}
