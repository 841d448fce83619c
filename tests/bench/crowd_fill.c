/* crowd_fill.c: the crowd's rows: what is in the database of somebody who was asked once, said yes and was looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/consent/consent.h"
#include "tests/bench/crowd.h"
#include "tests/bench/sink.h"

#define BATCH         5000
#define TERM_US       (300 * DAY_US)
#define KEY_BYTES     107 /* of a wrapped key, as authd-keyd makes it */
#define PROFILE_BYTES 640 /* sealed: a name, an address, a document */

static const struct sink_table tables[] = {
	{ "person", "sub,login,kind,status,profile,created_us,event_id,log_index" },
	{ "person_key", "sub,wrapped_key" },
	{ "person_tag", "tag,sub,month" },
	{ "consent_request",
	  "request_id,client_id,service,organisation,sub,purpose,purpose_version,categories,optional,"
	  "until_us,notice_id,notice_version,state,created_us,expires_us,record_id,fingerprint,event_id,"
	  "log_index,leaf,answered_us" },
	{ "consent",
	  "record_id,request_id,sub,service,organisation,purpose,purpose_version,state,from_us,until_us,record,"
	  "code,ctag,given_us,event_id,log_index,reminded" },
	{ "consent_recipient", "record_id,sub,service,purpose,given_us,seq" },
	{ "consent_category", "record_id,category" },
	{ "consent_event", "record_id,seq,state,at_us,by_id,event_id,log_index,leaf,method,acr" },
	{ "person", "sub,login,kind,status,pseudonym,created_us,event_id,log_index" },
	{ "person_role", "sub,organisation,role,assigned_us,event_id,log_index" },
};
enum { PERSON, PERSON_KEY, PERSON_TAG, REQUEST, CONSENT, RECIPIENT, CATEGORY, EVENT, OFFICIAL, ROLE };

struct fill {
	const struct crowd *crowd;
	const struct crowd_keyed *keyed;
	struct sink *sink;
	struct buf *records; /* the text of a consent record to each target, with the names of nobody in it */
	int64_t now_us;
	struct buf month, key, tag, ctag;
	char noise[PROFILE_BYTES];
};

/* What is in a record in place of the names that differ. */
#define NO_RECORD  "00000000-0000-7000-8000-000000000000"
#define NO_SUBJECT "sub_0000000000000000000000"
#define NO_CODE    "0000-0000-00"

static enum status
put_record(const struct fill *f, const struct crowd_target *t, struct buf *out)
{
	static const char sha[] = "5b1e8f0d7c6a49322110ffeeddccbbaa99887766554433221100aabbccddeeff";
	const struct hash leaf = hash_leaf(STR("x"));
	const struct consent_event asked = { CONSENT_REQUESTED, f->now_us, str_of(t->service->id), STR(""), STR("2") };
	const struct consent_event given = { CONSENT_GIVEN, f->now_us, STR(NO_SUBJECT), STR("button"), STR("2") };
	const struct consent_terms terms = {
		.base_url = STR("https://localhost:8443"),
		.record_id = STR(NO_RECORD),
		.code = STR(NO_CODE),
		.subject = STR(NO_SUBJECT),
		.subject_kind = STR("adult"),
		.party = STR(NO_SUBJECT),
		.sealed = { STR("A256GCM"), STR("sk_person"), str_of(sha) },
		.lang = WORDS_RU,
		.purpose = str_of(t->purpose->id),
		.service = str_of(t->service->id),
		.required = t->category,
		.required_count = t->category_count,
		.from_us = f->now_us,
	};
	json_t *record = NULL;
	enum status st;

	TRY(consent_record_build(f->crowd->policy, &terms, &record));
	st = consent_record_add_event(record, &asked);
	st = st == OK ? consent_record_add_event(record, &given) : st;
	st = st == OK ? consent_record_set_log(record, 1, 100000, &leaf) : st;
	st = st == OK ? consent_record_set_log(record, 2, 100001, &leaf) : st;
	st = st == OK ? consent_record_put(record, out) : st;
	json_decref(record);
	return st;
}

static void
put_name(struct buf *record, const char *nobody, struct str name)
{
	size_t at = 0;

	for (;;) {
		struct str rest = str_slice(buf_str(record), at, record->n);
		size_t found = str_find(rest, str_of(nobody));

		if (found == rest.n)
			return;
		memcpy(record->p + at + found, name.p, name.n);
		at += found + name.n;
	}
}

/* Unique, and shaped like a check code; whether its last character is right nobody asks here. */
static struct str
code_of(char out[16], uint64_t i)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	const uint64_t spread = i * UINT64_C(0x9e3779b97f4a7c15) >> 4 & ((UINT64_C(1) << 40) - 1);
	uint64_t v = spread << 10 | (i & 1023);
	static const char shape[] = "____-____-__";

	for (size_t k = 0; k < sizeof(shape); k++) {
		out[k] = shape[k] == '_' ? digits[v & 31] : shape[k];
		v = shape[k] == '_' ? v >> 5 : v;
	}
	return str_from(out, sizeof(shape) - 1);
}

/* A key that authd-keyd knows, with its tags, or as many bytes. */
static enum status
make_key(struct fill *f, uint64_t i, struct str sub, struct str record_id)
{
	struct keys_person who = { .sub = sub };

	buf_reset(&f->key);
	buf_reset(&f->tag);
	buf_reset(&f->ctag);
	if (f->keyed->keys == NULL || i % f->keyed->every != 0) {
		char name[CROWD_ID_MOST];

		buf_put(&f->key, str_from(f->noise, KEY_BYTES));
		buf_put(&f->tag, crowd_name(name, CROWD_TAG, 2 * i));
		buf_put(&f->ctag, crowd_name(name, CROWD_TAG, 2 * i + 1));
		return buf_status(&f->ctag);
	}
	TRY(keys_person_new(f->keyed->keys, sub, &f->key));
	who.wrapped = buf_str(&f->key);
	return keys_tags(f->keyed->keys, &who, buf_str(&f->month), record_id, &f->tag, &f->ctag);
}

static void
add_consent(struct fill *f, uint64_t i, struct str sub, struct str record_id)
{
	const struct crowd_target *t = crowd_target_of(f->crowd, i);
	struct buf *record = &f->records[i % f->crowd->target_count];
	struct sink *s = f->sink;
	char request[CROWD_ID_MOST], event[CROWD_ID_MOST], code[16];
	struct str leaf = str_from(f->noise, 32), request_id = crowd_name(request, CROWD_REQUEST, i);
	struct str event_id = crowd_name(event, CROWD_EVENT, i), service = str_of(t->service->id);
	struct str organisation = str_of(t->service->organisation->id), purpose = str_of(t->purpose->id);
	const char *last_record = NO_RECORD, *last_subject = NO_SUBJECT, *last_code = NO_CODE;
	CLEANUP(buf_clear) struct buf text = BUF(CONSENT_RECORD_MOST);

	buf_put(&text, buf_str(record));
	put_name(&text, last_record, record_id);
	put_name(&text, last_subject, sub);
	put_name(&text, last_code, code_of(code, i));
	SINK_ROW(s, REQUEST, SINK_TEXT(request_id), SINK_TEXT(service), SINK_TEXT(service), SINK_TEXT(organisation),
		 SINK_TEXT(sub), SINK_TEXT(purpose), SINK_INT(t->purpose->version),
		 SINK_TEXT(STR("[\"income\",\"family\"]")), SINK_TEXT(STR("[]")), SINK_INT(f->now_us + TERM_US),
		 SINK_TEXT(str_of(t->purpose->notice_id)), SINK_INT(t->purpose->notice_version),
		 SINK_TEXT(STR("given")), SINK_INT(f->now_us - (int64_t)i), SINK_INT(f->now_us + 30 * DAY_US),
		 SINK_TEXT(record_id), SINK_BLOB(leaf), SINK_TEXT(event_id), SINK_INT(2 * i), SINK_BLOB(leaf),
		 SINK_INT(f->now_us));
	SINK_ROW(s, CONSENT, SINK_TEXT(record_id), SINK_TEXT(request_id), SINK_TEXT(sub), SINK_TEXT(service),
		 SINK_TEXT(organisation), SINK_TEXT(purpose), SINK_INT(t->purpose->version), SINK_TEXT(STR("given")),
		 SINK_INT(f->now_us - DAY_US), SINK_INT(f->now_us + TERM_US), SINK_TEXT(buf_str(&text)),
		 SINK_TEXT(str_of(code)), SINK_TEXT(buf_str(&f->ctag)), SINK_INT(f->now_us - (int64_t)i),
		 SINK_TEXT(event_id), SINK_INT(2 * i + 1), SINK_INT(0));
	SINK_ROW(s, RECIPIENT, SINK_TEXT(record_id), SINK_TEXT(sub), SINK_TEXT(service), SINK_TEXT(purpose),
		 SINK_INT(f->now_us - (int64_t)i), SINK_INT(1));
	for (size_t k = 0; k < t->category_count; k++)
		SINK_ROW(s, CATEGORY, SINK_TEXT(record_id), SINK_TEXT(t->category[k]));
	for (int seq = 1; seq <= 2; seq++)
		SINK_ROW(s, EVENT, SINK_TEXT(record_id), SINK_INT(seq),
			 SINK_TEXT(seq == 1 ? STR("requested") : STR("given")), SINK_INT(f->now_us),
			 SINK_TEXT(seq == 1 ? service : sub), SINK_TEXT(event_id), SINK_INT(2 * i), SINK_BLOB(leaf),
			 SINK_TEXT(STR("button")), SINK_TEXT(STR("2")));
}

static enum status
add_person(struct fill *f, uint64_t i)
{
	char name[CROWD_ID_MOST], record[CROWD_ID_MOST], event[CROWD_ID_MOST], login[32];
	struct str sub = crowd_name(name, CROWD_PERSON, i), record_id = crowd_name(record, CROWD_RECORD, i);
	struct str event_id = crowd_name(event, CROWD_EVENT, i);

	(void)snprintf(login, sizeof(login), "person.%llx", (unsigned long long)crowd_mix(i));
	TRY(make_key(f, i, sub, record_id));
	SINK_ROW(f->sink, PERSON, SINK_TEXT(sub), SINK_TEXT(str_of(login)), SINK_TEXT(STR("adult")), SINK_INT(1),
		 SINK_BLOB(str_from(f->noise, PROFILE_BYTES)), SINK_INT(f->now_us), SINK_TEXT(event_id), SINK_INT(i));
	SINK_ROW(f->sink, PERSON_KEY, SINK_TEXT(sub), SINK_BLOB(buf_str(&f->key)));
	SINK_ROW(f->sink, PERSON_TAG, SINK_TEXT(buf_str(&f->tag)), SINK_TEXT(sub), SINK_TEXT(buf_str(&f->month)));
	add_consent(f, i, sub, record_id);
	return OK;
}

static void
add_official(struct fill *f, uint64_t k)
{
	const struct crowd_target *t = crowd_target_of(f->crowd, k);
	char name[CROWD_ID_MOST], pseudonym[CROWD_ID_MOST], event[CROWD_ID_MOST], login[32];
	struct str sub = crowd_name(name, CROWD_OFFICIAL, k), event_id = crowd_name(event, CROWD_EVENT, k);

	(void)snprintf(login, sizeof(login), "official.%llx", (unsigned long long)crowd_mix(k));
	SINK_ROW(f->sink, OFFICIAL, SINK_TEXT(sub), SINK_TEXT(str_of(login)), SINK_TEXT(STR("staff")), SINK_INT(1),
		 SINK_TEXT(crowd_name(pseudonym, CROWD_PSEUDONYM, k)), SINK_INT(f->now_us), SINK_TEXT(event_id),
		 SINK_INT(k));
	SINK_ROW(f->sink, PERSON_KEY, SINK_TEXT(sub), SINK_BLOB(str_from(f->noise, KEY_BYTES)));
	SINK_ROW(f->sink, ROLE, SINK_TEXT(sub), SINK_TEXT(str_of(t->service->organisation->id)),
		 SINK_TEXT(str_of(t->role->id)), SINK_INT(f->now_us), SINK_TEXT(event_id), SINK_INT(k));
}

static enum status
fill(struct fill *f)
{
	const struct crowd *c = f->crowd;

	for (size_t t = 0; t < c->target_count; t++) {
		f->records[t] = BUF(CONSENT_RECORD_MOST);
		TRY(put_record(f, &c->targets[t], &f->records[t]));
	}
	for (uint64_t k = 0; k < c->staff; k++)
		add_official(f, k);
	for (uint64_t i = 0; i < c->people; i++) {
		TRY(add_person(f, i));
		if ((i + 1) % BATCH != 0)
			continue;
		sink_flush(f->sink);
		(void)fprintf(stderr, "\r%llu of %llu people ", (unsigned long long)i + 1,
			      (unsigned long long)c->people);
	}
	(void)fprintf(stderr, "%s", c->people >= BATCH ? "\n" : "");
	return OK;
}

enum status
crowd_fill(const struct crowd *c, const struct crowd_keyed *keyed, struct str url, size_t *record_bytes)
{
	struct fill f = { .crowd = c,
			  .keyed = keyed,
			  .now_us = clock_now_us(),
			  .month = BUF(16),
			  .key = BUF(4096),
			  .tag = BUF(64),
			  .ctag = BUF(64) };
	enum status st;

	f.records = calloc(c->target_count, sizeof(*f.records));
	if (f.records == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < sizeof(f.noise); i++)
		f.noise[i] = (char)('a' + crowd_mix(i) % 26);
	clock_put_month(&f.month, f.now_us);
	f.sink = sink_open(url, tables, ARRAY_LEN(tables));
	st = fill(&f);
	sink_close(f.sink);
	*record_bytes = f.records[0].n;
	for (size_t t = 0; t < c->target_count; t++)
		buf_clear(&f.records[t]);
	free(f.records);
	buf_clear(&f.month);
	buf_clear(&f.key);
	buf_clear(&f.tag);
	buf_clear(&f.ctag);
	return st;
}
