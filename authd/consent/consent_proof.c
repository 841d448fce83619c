#include "authd/consent/consent_proof.h"

#include "auditlog/base/clock.h"
#include "auditlog/core/checkpoint.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/hash.h"
#include "auditlog/core/proof.h"
#include "authd/consent/consent_shape.h"
#include "authd/consent/consent_state.h"
#include "authd/http/json.h"

/* Which entry makes which state. */
static const struct {
	enum consent_state state;
	enum entry_event event;
} kinds[] = {
	{ CONSENT_GIVEN, ENTRY_CONSENT_GRANTED },           { CONSENT_GIVEN, ENTRY_CONSENT_RENEWED },
	{ CONSENT_RENEWED, ENTRY_CONSENT_RENEWED },         { CONSENT_WITHDRAWN, ENTRY_CONSENT_WITHDRAWN },
	{ CONSENT_EXPIRED, ENTRY_CONSENT_EXPIRED },         { CONSENT_REVOKED, ENTRY_CONSENT_REVOKED },
	{ CONSENT_INVALIDATED, ENTRY_CONSENT_INVALIDATED },
};

static struct str
text_at(const json_t *from, const char *a, const char *b)
{
	return consent_shape_text(json_object_get(a != NULL ? json_object_get(from, a) : from, b));
}

static bool
is_kind(enum consent_state state, enum entry_event event)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].state == state && kinds[i].event == event)
			return true;
	return false;
}

/* ---- one entry with its proof ---- */

static enum status
open_entry(const json_t *proof, const struct note_key *key, struct hash *leaf, struct entry_view *out)
{
	struct str line = text_at(proof, NULL, "entry");
	struct proof_file file;
	struct checkpoint head;

	*leaf = hash_leaf(line);
	if (line.n > ENTRY_MAX || proof_parse_file(text_at(proof, NULL, "proof"), &file) != OK)
		return E_INVALID;
	if (checkpoint_open(file.checkpoint, key, &head, NULL) != OK ||
	    proof_check_inclusion(&file.path, file.index, head.size, leaf, &head.root) != OK ||
	    entry_parse(line, out) != OK || out->index != file.index)
		return E_CORRUPT;
	return OK;
}

/* The event of the record's history that names this entry by index and leaf. */
static const json_t *
event_of(const json_t *record, uint64_t index, const struct hash *leaf)
{
	const json_t *events = json_object_get(record, "events");
	struct hash named;

	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i), *log = json_object_get(event, "log");

		if (json_is_integer(json_object_get(log, "index")) &&
		    json_integer_value(json_object_get(log, "index")) == (json_int_t)index &&
		    hash_from_base64(text_at(log, NULL, "leaf"), &named) == OK && hash_eq(&named, leaf))
			return event;
	}
	return NULL;
}

/* ---- what the grant says ---- */

static bool
same_data(const struct entry *e, const json_t *data)
{
	if (json_array_size(data) != e->category_count)
		return false;
	for (size_t i = 0; i < e->category_count; i++) {
		bool found = false;

		for (size_t k = 0; k < json_array_size(data); k++)
			found |= str_eq(e->categories[i], text_at(json_array_get(data, k), NULL, "category"));
		if (!found)
			return false;
	}
	return true;
}

static bool
same_purpose(const struct entry *e, const json_t *record)
{
	const json_t *purpose = json_object_get(record, "purpose");
	struct str rest = e->purpose, id;
	uint64_t version = 0;

	return str_next(&rest, '/', &id) && str_to_u64(rest.p != NULL ? rest : STR(""), INT64_MAX, &version) == OK &&
	       str_eq(id, text_at(purpose, NULL, "code")) &&
	       json_integer_value(json_object_get(purpose, "version")) == (json_int_t)version;
}

/* The record says whole seconds, the entry microseconds. */
static bool
same_time(struct str said, int64_t us)
{
	int64_t at_us = 0;

	return clock_parse_rfc3339(said, &at_us) == OK && at_us / SECOND_US == us / SECOND_US;
}

/* All that the record names, each of which the entry names, too. */
static bool
same_recipients(const struct entry_basis *b, const json_t *recipients)
{
	const size_t n = b->recipient_count > 0 ? b->recipient_count : 1;

	if (json_array_size(recipients) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_eq(b->recipient_count > 0 ? b->recipients[i] : b->recipient,
			    text_at(json_array_get(recipients, i), NULL, "service")))
			return false;
	return true;
}

static bool
is_grant_of(const struct entry *e, const json_t *record)
{
	return same_purpose(e, record) && same_data(e, json_object_get(record, "data")) &&
	       same_recipients(&e->basis, json_object_get(record, "recipients")) &&
	       same_time(text_at(record, "validity", "from"), e->basis.from_us) &&
	       same_time(text_at(record, "validity", "until"), e->basis.until_us);
}

static enum status
check_proof(const json_t *proof, const json_t *record, const struct note_key *key, bool *granted)
{
	enum consent_state state = CONSENT_NONE;
	struct entry_view view;
	const json_t *event;
	struct hash leaf;

	TRY(open_entry(proof, key, &leaf, &view));
	event = event_of(record, view.index, &leaf);
	if (event == NULL || consent_state_parse(text_at(event, NULL, "state"), &state) != OK ||
	    !is_kind(state, view.entry.event) || !str_eq(text_at(proof, NULL, "state"), text_at(event, NULL, "state")))
		return E_CORRUPT;
	if (state != CONSENT_GIVEN)
		return OK;
	*granted = is_grant_of(&view.entry, record);
	return *granted ? OK : E_CORRUPT;
}

/* Every state that changed something has its proof, the newest one too: none may be left out. */
static bool
is_complete(const json_t *record, const json_t *proofs)
{
	const json_t *last = json_array_get(proofs, json_array_size(proofs) - 1);

	return str_eq(text_at(record, NULL, "state"), text_at(last, NULL, "state"));
}

enum status
consent_proof_check(struct str text, const struct note_key *key, json_t **out)
{
	CLEANUP(json_decrefp) json_t *receipt = NULL;
	const json_t *record, *proofs;
	bool granted = false;

	TRY(json_read(text, CONSENT_PROOF_MOST, &receipt, NULL));
	record = json_object_get(receipt, "record");
	proofs = json_object_get(receipt, "proofs");
	if (!json_is_object(record) || json_array_size(proofs) == 0 || json_array_size(proofs) > CONSENT_PROOF_PROOFS ||
	    text_at(receipt, NULL, "code").n == 0 ||
	    !str_eq(text_at(receipt, NULL, "code"), text_at(record, NULL, "code")))
		return E_INVALID;
	for (size_t i = 0; i < json_array_size(proofs); i++)
		TRY(check_proof(json_array_get(proofs, i), record, key, &granted));
	if (!granted || !is_complete(record, proofs))
		return E_CORRUPT;
	*out = STEAL(&receipt);
	return OK;
}
