/*
 * audit.c: from what happened to a durable entry.
 *
 * The order inside audit_draft() is forced: the entry's head (id, event, by) is what the sealed part is bound to, so it
 * is encoded first, then the details are sealed by authd-keyd, then the whole fragment is written. From then on its
 * bytes do not change: sending it again is harmless, because auditlogd knows its id.
 */
#include "authd/audit/audit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/log.h"
#include "auditlog/client/append.h"
#include "authd/audit/tag_memory.h"
#include "authd/http/fiber.h"
#include "authd/request.h"
#include "authd/store/store_later.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_tag.h"

#define REPLY_MAX MSG_PAYLOAD_MAX
/* Of nobody; ids of people start with sub_. */
#define DECOY_SUB "decoy"
#define TAG_BYTES 16

static struct str
acr_text(unsigned acr)
{
	static const char *const text[] = { "", "1", "2", "3" };

	return str_of(acr < ARRAY_LEN(text) ? text[acr] : "");
}

/* One too many is counted and not kept: entry_encode_fragment() refuses by the count. */
static void
add_fact(struct entry *e, struct entry_fact fact)
{
	if (e->fact_count < ENTRY_FACTS_MAX)
		e->facts[e->fact_count] = fact;
	e->fact_count++;
}

void
audit_fact(struct audit_event *ev, const char *name, struct str text)
{
	if (text.n > 0)
		add_fact(&ev->entry, (struct entry_fact){ .name = str_of(name), .text = text });
}

void
audit_fact_if_short(struct audit_event *ev, const char *name, struct str text)
{
	if (text.n <= ENTRY_FACT_TEXT_MAX)
		audit_fact(ev, name, text);
}

void
audit_fact_number(struct audit_event *ev, const char *name, uint64_t number)
{
	add_fact(&ev->entry, (struct entry_fact){ .name = str_of(name), .number = number });
}

struct audit_event
audit_of(const struct request *rq, enum entry_event event)
{
	struct audit_event ev = { .entry.event = event };
	struct entry *e = &ev.entry;

	e->by.service = principal_service(&rq->who);
	for (size_t i = 0; i < rq->who.role_count && i < ENTRY_ROLES_MAX; i++)
		e->by.roles[e->by.role_count++] = str_of(rq->who.roles[i]);
	e->by.acr = acr_text(rq->who.acr);
	if (rq->who.acting) {
		e->by.operator_id = rq->who.mandate.rep_id;
		audit_fact_number(&ev, "mandate", (uint64_t)rq->who.mandate.log_index);
	}
	e->trace = str_of(rq->http->traceparent);
	if (rq->policy != NULL)
		e->policy = policy_hash(rq->policy);
	return ev;
}

/* ---- the tag's row ---- */

struct remember {
	char tag[ENTRY_TAG_LEN + 1], month[8];
	char sub[KEYS_SUB_MAX + 1];
};

static enum status
remember_run(void *arg, void *worker_ctx)
{
	struct remember *r = arg;

	return store_tag_add(worker_ctx, str_of(r->tag), str_of(r->sub), str_of(r->month));
}

/* Without the row nobody could tell later whose entry it is: not the person's page, not the erasure. So it comes first.
 */
static enum status
remember_tag(struct authd *a, struct str tag, struct str sub, struct str month)
{
	CLEANUP(worker_arg_dropp) struct remember *r = NULL;

	if (tag_memory_has(a->tags, tag))
		return OK;
	r = worker_arg_new(sizeof(*r), NULL);
	if (r == NULL)
		return E_NOMEM;
	if (sub.n > KEYS_SUB_MAX || tag.n != ENTRY_TAG_LEN || month.n >= sizeof(r->month))
		return E_INVALID;
	memcpy(r->tag, tag.p, tag.n);
	memcpy(r->sub, sub.p, sub.n);
	memcpy(r->month, month.p, month.n);
	TRY(worker_run(a->pool, remember_run, r, AUDIT_DEADLINE_US));
	tag_memory_add(a->tags, tag);
	return OK;
}

/* ---- a tag of one look alone ---- */

struct keep_later {
	struct store_later row;
	char tag[ENTRY_TAG_LEN + 1], month[8], sub[KEYS_SUB_MAX + 1];
	char shown[16], service[ENTRY_TEXT_MAX + 1], case_ref[ENTRY_TEXT_MAX + 1];
};

static enum status
keep_later_run(void *arg, void *worker_ctx)
{
	const struct keep_later *k = arg;

	return store_later_add(worker_ctx, &k->row);
}

/* Copies, because a worker may outlive whoever asked it. */
static enum status
hold(struct str text, char *room, size_t size, struct str *out)
{
	if (text.n >= size)
		return E_INVALID;
	if (text.n > 0)
		memcpy(room, text.p, text.n);
	*out = (struct str){ room, text.n };
	return OK;
}

/* Of nobody, too: a question about somebody unknown costs the same write. */
static enum status
keep_later(struct authd *a, const struct audit_event *ev, struct str tag, struct str month)
{
	CLEANUP(worker_arg_dropp) struct keep_later *k = worker_arg_new(sizeof(*k), NULL);
	const struct audit_later *l = &ev->later;

	if (k == NULL)
		return E_NOMEM;
	k->row = (struct store_later){ .visible_us = l->visible_us, .made_us = clock_now_us() };
	TRY(hold(tag, k->tag, sizeof(k->tag), &k->row.tag));
	TRY(hold(month, k->month, sizeof(k->month), &k->row.month));
	TRY(hold(l->shown, k->shown, sizeof(k->shown), &k->row.shown));
	TRY(hold(l->service, k->service, sizeof(k->service), &k->row.service));
	TRY(hold(l->case_ref, k->case_ref, sizeof(k->case_ref), &k->row.case_ref));
	if (!str_is(ev->person.sub, DECOY_SUB))
		TRY(hold(ev->person.sub, k->sub, sizeof(k->sub), &k->row.sub));
	return worker_run(a->pool, keep_later_run, k, AUDIT_DEADLINE_US);
}

/* Made from K_s and the entry's id: nobody can tell whose it is, nor that two are of one person, without the key. */
static enum status
later_tag(struct authd *a, const struct audit_event *ev, struct str id, struct str month, struct buf *tag)
{
	CLEANUP(buf_clear) struct buf label = BUF(64), of_month = BUF(64);

	buf_put_cstr(&label, "look/");
	buf_put(&label, id);
	TRY(buf_status(&label));
	buf_reset(tag);
	TRY(keys_tags(a->keys, &ev->person, month, buf_str(&label), &of_month, tag));
	return keep_later(a, ev, buf_str(tag), month);
}

/* ---- drafts ---- */

/* Tag and, when there are details, the sealed part. */
static enum status
seal(struct authd *a, const struct audit_event *ev, const struct audit_draft *d, struct str head, struct buf *tag,
     struct buf *sealed)
{
	CLEANUP(buf_clear) struct buf month = BUF(8);
	CLEANUP(buf_clear) struct buf ctag = BUF(64);

	clock_put_month(&month, clock_now_us());
	TRY(buf_status(&month));
	if (ev->detail.n > 0)
		TRY(keys_seal(a->keys, &ev->person, str_of(d->id_text), buf_str(&month), head, ev->detail, tag,
			      sealed));
	else
		TRY(keys_tags(a->keys, &ev->person, buf_str(&month), str_of(""), tag, &ctag));
	if (ev->own_tag.n > 0) {
		buf_reset(tag);
		buf_put(tag, ev->own_tag);
		return buf_status(tag);
	}
	if (ev->later.shown.n > 0)
		return later_tag(a, ev, str_of(d->id_text), buf_str(&month), tag);
	if (str_is(ev->person.sub, DECOY_SUB) || ev->new_person)
		return OK;
	return remember_tag(a, buf_str(tag), ev->person.sub, buf_str(&month));
}

static enum status
choose_id(const struct audit_event *ev, struct audit_draft *d)
{
	CLEANUP(buf_clear) struct buf text = BUF(UUID_TEXT_LEN);

	if (ev->own_id.n > 0)
		TRY(uuid_parse(ev->own_id, &d->id));
	else
		d->id = uuid_new();
	uuid_put(&text, &d->id);
	TRY(buf_status(&text));
	memcpy(d->id_text, text.p, UUID_TEXT_LEN);
	d->id_text[UUID_TEXT_LEN] = '\0';
	return OK;
}

static enum status
write_draft(struct authd *a, const struct audit_event *ev, struct audit_draft *d)
{
	CLEANUP(buf_clear) struct buf head = BUF(ENTRY_FRAGMENT_MAX), tag = BUF(64), sealed = BUF(ENTRY_SEALED_MAX);
	struct entry e = ev->entry;

	TRY(choose_id(ev, d));
	e.id = d->id;
	if (ev->person.sub.n > 0) {
		TRY(entry_encode_head(&e, &head));
		TRY(seal(a, ev, d, buf_str(&head), &tag, &sealed));
		e.about[0] = (struct entry_about){ .tag = buf_str(&tag), .sealed = buf_str(&sealed) };
		e.about_count = 1;
		memcpy(d->tag, tag.p, ENTRY_TAG_LEN);
		d->tag[ENTRY_TAG_LEN] = '\0';
	}
	TRY(entry_encode_fragment(&e, &d->fragment));
	return buf_status(&d->fragment);
}

enum status
audit_draft(struct authd *a, const struct audit_event *ev, struct audit_draft *out)
{
	struct audit_draft d = { .fragment = BUF(ENTRY_FRAGMENT_MAX) };
	enum status st = write_draft(a, ev, &d);

	if (st != OK) {
		log_warn(st, "audit.draft", "event=%s", entry_event_name(ev->entry.event));
		audit_draft_clear(&d);
		return st;
	}
	*out = d;
	return OK;
}

/* The decoy's key lives as long as the process. */
static enum status
decoy_key(struct authd *a, struct buf *out)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char wrapped[1024];
	static size_t length;
	CLEANUP(buf_clear) struct buf fresh = BUF(sizeof(wrapped));

	pthread_mutex_lock(&lock);
	buf_put_bytes(out, wrapped, length);
	pthread_mutex_unlock(&lock);
	if (out->n > 0)
		return buf_status(out);
	TRY(keys_person_new(a->keys, STR(DECOY_SUB), &fresh));
	pthread_mutex_lock(&lock);
	if (fresh.n <= sizeof(wrapped)) {
		memcpy(wrapped, fresh.p, fresh.n);
		length = fresh.n;
	}
	buf_put_bytes(out, wrapped, length);
	pthread_mutex_unlock(&lock);
	return buf_status(out);
}

/* The key that tags of nobody are made with: the same on every node and after every start, as those of people are. */
static enum status
decoy_tag_key(struct authd *a, uint8_t out[KEYS_PEPPER_LEN])
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static uint8_t key[KEYS_PEPPER_LEN];
	static bool known;
	bool there;

	pthread_mutex_lock(&lock);
	there = known;
	memcpy(out, key, sizeof(key));
	pthread_mutex_unlock(&lock);
	if (there)
		return OK;
	TRY(keys_pepper(a->keys, STR("ombud decoy tags v1"), out));
	pthread_mutex_lock(&lock);
	memcpy(key, out, sizeof(key));
	known = true;
	pthread_mutex_unlock(&lock);
	return OK;
}

enum status
audit_decoy_text(struct authd *a, struct str bytes, struct buf *out)
{
	uint8_t key[KEYS_PEPPER_LEN];
	struct hash h;

	TRY(decoy_tag_key(a, key));
	h = hash_hmac(str_from(key, sizeof(key)), bytes);
	encode_base64url(out, str_from(h.b, TAG_BYTES));
	return buf_status(out);
}

enum status
audit_decoy(struct authd *a, const struct audit_event *ev, struct audit_draft *out)
{
	CLEANUP(buf_clear) struct buf wrapped = BUF(1024);
	struct audit_event decoy = *ev;

	TRY(decoy_key(a, &wrapped));
	decoy.person = (struct keys_person){ .sub = STR(DECOY_SUB), .wrapped = buf_str(&wrapped) };
	return audit_draft(a, &decoy, out);
}

void
audit_draft_clear(struct audit_draft *d)
{
	buf_clear(&d->fragment);
}

/* The month is that of the draft's id, which begins with its milliseconds (RFC 9562 5.7). */
enum status
audit_remember(struct authd *a, const struct audit_draft *d, struct str sub)
{
	CLEANUP(buf_clear) struct buf month = BUF(8);
	int64_t ms = 0;

	for (size_t i = 0; i < 6; i++)
		ms = ms << 8 | d->id.b[i];
	clock_put_month(&month, ms * 1000);
	TRY(buf_status(&month));
	return remember_tag(a, str_of(d->tag), sub, buf_str(&month));
}

/* ---- asking auditlogd ---- */

static atomic_bool silent;

void
audit_log_answers(bool answers)
{
	atomic_store(&silent, !answers);
}

/* What a reply is kept in until the waiter reads it; it outlives a waiter that gave up. */
struct reply {
	uint16_t type;
	struct buf bytes;
};

static void
reply_clear(void *data)
{
	buf_clear(&((struct reply *)data)->bytes);
}

static void
reply_arrived(void *arg, enum status st, uint16_t type, struct str payload)
{
	struct fiber_wait *w = arg;
	struct reply *r = fiber_wait_data(w);

	r->type = type;
	r->bytes = BUF(REPLY_MAX);
	buf_put(&r->bytes, payload);
	if (st == OK)
		st = buf_status(&r->bytes);
	fiber_wake(w, st);
}

/* Every way of not getting an answer is one to the caller: nothing may be released. */
static enum status
as_unavailable(struct authd *a UNUSED, enum status st, const char *what)
{
	switch (st) {
	case OK:
	case E_NOT_FOUND:
	case E_CONFLICT:
	case E_BUSY:
	case E_TIMEOUT:
	case E_UNAVAILABLE:
		return st;
	default:
		log_error(st, "audit.refused", "request=%s", what);
		return E_SYSTEM;
	}
}

/* The wait of what was sent; its answer comes by receive(). */
static enum status
send_request(struct authd *a, uint16_t type, struct buf *request, const char *what, struct fiber_wait **out)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	enum status st;

	TRY(buf_status(request));
	if (atomic_load(&silent))
		return E_UNAVAILABLE;
	TRY(fiber_wait_new(sizeof(struct reply), reply_clear, &w));
	st = msg_client_send(append_client(a->log), type, buf_str(request), AUDIT_DEADLINE_US, reply_arrived,
			     fiber_wait_hold(w));
	if (st != OK) {
		fiber_wait_drop(w);
		return as_unavailable(a, st, what);
	}
	*out = STEAL(&w);
	return OK;
}

static enum status
exchange(struct authd *a, uint16_t type, struct buf *request, const char *what, int64_t deadline,
	 struct fiber_wait **out)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	enum status st;

	TRY(send_request(a, type, request, what, &w));
	st = fiber_await(w, deadline);
	if (st != OK)
		return as_unavailable(a, st, what);
	*out = STEAL(&w);
	return OK;
}

static int64_t
reply_deadline(void)
{
	return clock_mono_us() + AUDIT_DEADLINE_US + SECOND_US / 10;
}

static enum status
ask(struct authd *a, uint16_t type, struct buf *request, const char *what, struct fiber_wait **out)
{
	const int64_t deadline = reply_deadline();
	enum status st = exchange(a, type, request, what, deadline, out);

	/* A request that had used up its own time says nothing about the log. */
	if (st == E_TIMEOUT && clock_mono_us() >= deadline)
		audit_log_answers(false);
	return st;
}

/* Of both kinds; learns how long the log is. */
static enum status
send_append(struct authd *a, uint16_t type, struct buf *request, size_t count, struct receipt *out)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	uint64_t size = 0;
	struct reply *r;
	enum status st;

	TRY(ask(a, type, request, "append", &w));
	r = fiber_wait_data(w);
	st = append_get_fenced(r->type, buf_str(&r->bytes), out, count, &size);
	for (size_t i = 0; st == OK && i < count; i++)
		size = out[i].index >= size ? out[i].index + 1 : size;
	append_saw(a->log, size);
	return st;
}

static enum status
append(struct authd *a, const struct str *fragments, size_t count, struct receipt *out)
{
	CLEANUP(buf_clear) struct buf request = BUF(MSG_PAYLOAD_MAX);

	append_put_append(&request, fragments, count);
	return send_append(a, APPEND_APPEND, &request, count, out);
}

enum status
audit_append(struct authd *a, const struct audit_draft *d, struct receipt *out)
{
	struct str fragment = buf_str(&d->fragment);

	return append(a, &fragment, 1, out);
}

static struct str *
fragments_of(const struct audit_draft *d, size_t count)
{
	struct str *fragments = calloc(count, sizeof(*fragments));

	for (size_t i = 0; fragments != NULL && i < count; i++)
		fragments[i] = buf_str(&d[i].fragment);
	return fragments;
}

enum status
audit_append_all(struct authd *a, const struct audit_draft *d, size_t count, struct receipt *out)
{
	CLEANUP(freep) struct str *fragments = fragments_of(d, count);

	return fragments == NULL ? E_NOMEM : append(a, fragments, count, out);
}

uint64_t
audit_seen(struct authd *a)
{
	return append_seen(a->log);
}

enum status
audit_append_fenced(struct authd *a, const struct audit_draft *d, size_t count, uint64_t seen, int64_t until_us,
		    struct receipt *out)
{
	CLEANUP(freep) struct str *fragments = fragments_of(d, count);
	CLEANUP(buf_clear) struct buf request = BUF(MSG_PAYLOAD_MAX);
	uint64_t until = until_us == INT64_MAX ? UINT64_MAX : (uint64_t)until_us;

	if (fragments == NULL)
		return E_NOMEM;
	append_put_fenced(&request, fragments, count, seen, until);
	return send_append(a, APPEND_FENCED, &request, count, out);
}

enum status
audit_record(struct authd *a, const struct audit_event *ev, struct receipt *out)
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };

	TRY(audit_draft(a, ev, &d));
	return audit_append(a, &d, out);
}

/* ---- with a change of state ---- */

enum status
audit_emit(struct store_tx *tx, const struct audit_draft *d, const char *target, struct str key)
{
	struct store_outbox row = {
		.event_id = str_of(d->id_text),
		.target = str_of(target),
		.target_key = key,
		.fragment = buf_str(&d->fragment),
		.created_us = clock_now_us(),
	};

	return store_outbox_add(tx, &row);
}

struct done {
	char id[UUID_TEXT_LEN + 1];
	struct receipt receipt;
};

static enum status
done_run(void *arg, void *worker_ctx)
{
	struct done *d = arg;
	struct store_receipt r = { .event_id = str_of(d->id), .index = d->receipt.index };

	memcpy(r.leaf, d->receipt.leaf.b, sizeof(r.leaf));
	return store_outbox_done(worker_ctx, &r, 1, clock_now_us());
}

enum status
audit_forward(struct authd *a, const struct audit_draft *d, struct receipt *out)
{
	CLEANUP(worker_arg_dropp) struct done *done = worker_arg_new(sizeof(*done), NULL);
	struct receipt r;

	if (done == NULL)
		return E_NOMEM;
	TRY(audit_append(a, d, &r));
	memcpy(done->id, d->id_text, sizeof(done->id));
	done->receipt = r;
	TRY(worker_run(a->pool, done_run, done, AUDIT_DEADLINE_US));
	*out = r;
	return OK;
}

/* ---- reading back ---- */

static enum status
ask_entry(struct authd *a, uint16_t type, struct buf *request, const char *what, uint64_t *index, struct buf *line)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	struct str text;
	struct reply *r;

	TRY(ask(a, type, request, what, &w));
	r = fiber_wait_data(w);
	TRY(append_get_entry(r->type, buf_str(&r->bytes), index, &text));
	buf_put(line, text);
	return buf_status(line);
}

enum status
audit_find(struct authd *a, struct str id, uint64_t *index, struct buf *line)
{
	CLEANUP(buf_clear) struct buf request = BUF(64);
	struct uuid u;

	if (uuid_parse(id, &u) != OK)
		return E_NOT_FOUND;
	append_put_find(&request, &u);
	return ask_entry(a, APPEND_FIND, &request, "find", index, line);
}

enum status
audit_read(struct authd *a, uint64_t index, struct buf *line)
{
	CLEANUP(buf_clear) struct buf request = BUF(64);
	uint64_t got;

	append_put_read(&request, index);
	return ask_entry(a, APPEND_READ, &request, "read", &got, line);
}

/* Questions under way, oldest first. */
struct reading {
	struct fiber_wait *waits[AUDIT_AT_ONCE];
	size_t count;
};

static void
reading_clear(struct reading *r)
{
	for (size_t i = 0; i < r->count; i++)
		fiber_wait_drop(r->waits[i]);
}

static enum status
send_reads(struct authd *a, const uint64_t *indices, size_t count, struct reading *r)
{
	for (r->count = 0; r->count < count; r->count++) {
		CLEANUP(buf_clear) struct buf request = BUF(64);

		append_put_read(&request, indices[r->count]);
		TRY(send_request(a, APPEND_READ, &request, "read", &r->waits[r->count]));
	}
	return OK;
}

static enum status
receive_read(struct authd *a, struct fiber_wait *w, uint64_t wanted, int64_t deadline, audit_each *each, void *ctx)
{
	const struct reply *r = fiber_wait_data(w);
	enum status st = fiber_await(w, deadline);
	uint64_t index;
	struct str line;

	if (st != OK)
		return as_unavailable(a, st, "read");
	TRY(append_get_entry(r->type, buf_str(&r->bytes), &index, &line));
	return index == wanted ? each(ctx, index, line) : E_CORRUPT;
}

static enum status
read_some(struct authd *a, const uint64_t *indices, size_t count, audit_each *each, void *ctx)
{
	CLEANUP(reading_clear) struct reading r = { 0 };
	const int64_t deadline = reply_deadline();

	TRY(send_reads(a, indices, count, &r));
	for (size_t i = 0; i < count; i++)
		TRY(receive_read(a, r.waits[i], indices[i], deadline, each, ctx));
	return OK;
}

enum status
audit_read_each(struct authd *a, const uint64_t *indices, size_t count, audit_each *each, void *ctx)
{
	for (size_t done = 0; done < count; done += AUDIT_AT_ONCE) {
		const size_t n = count - done < AUDIT_AT_ONCE ? count - done : AUDIT_AT_ONCE;
		enum status st = read_some(a, indices + done, n, each, ctx);

		if (st != OK)
			return st == E_END ? OK : st;
	}
	return OK;
}

enum status
audit_by_tag(struct authd *a, struct str tag, uint64_t before, size_t limit, uint64_t *indices, size_t *count)
{
	CLEANUP(buf_clear) struct buf request = BUF(128);
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	struct reply *r;

	append_put_by_tag(&request, tag, before, limit);
	TRY(ask(a, APPEND_BY_TAG, &request, "by_tag", &w));
	r = fiber_wait_data(w);
	return append_get_indices(r->type, buf_str(&r->bytes), indices, limit, count);
}

/* A map may take its time: a late answer says nothing about how entries fare. */
enum status
audit_map(struct authd *a, struct str tag, struct str month, int64_t max_age_us, struct buf *reply,
	  struct mapproof_said out[MAPPROOF_PARTS_MAX], size_t *count)
{
	CLEANUP(buf_clear) struct buf request = BUF(128);
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	const struct reply *r;

	append_put_map(&request, tag, month, (uint32_t)(max_age_us / SECOND_US));
	TRY(exchange(a, APPEND_MAP, &request, "map", reply_deadline(), &w));
	r = fiber_wait_data(w);
	buf_put(reply, buf_str(&r->bytes));
	TRY(buf_status(reply));
	return append_get_mapped(r->type, buf_str(reply), out, count);
}

enum status
audit_tag(struct authd *a, const struct keys_person *who, struct str month, char tag[ENTRY_TAG_LEN + 1])
{
	CLEANUP(buf_clear) struct buf text = BUF(64), ctag = BUF(64);

	TRY(keys_tags(a->keys, who, month, str_of(""), &text, &ctag));
	if (text.n != ENTRY_TAG_LEN)
		return E_CORRUPT;
	memcpy(tag, text.p, ENTRY_TAG_LEN);
	tag[ENTRY_TAG_LEN] = '\0';
	return OK;
}

/* Whose envelope it is shows only by its opening: entries of two people carry two. */
enum status
audit_open(struct authd *a, const struct keys_person *who, struct str line, struct buf *detail)
{
	CLEANUP(buf_clear) struct buf id = BUF(UUID_TEXT_LEN);
	struct entry_view view;
	struct str head;

	TRY(entry_parse(line, &view));
	TRY(entry_fragment_head(line, &head));
	uuid_put(&id, &view.entry.id);
	for (size_t i = 0; i < view.entry.about_count; i++) {
		enum status st;

		if (view.entry.about[i].sealed.n == 0)
			continue;
		st = keys_open_sealed(a->keys, who, buf_str(&id), head, view.entry.about[i].sealed, detail);
		if (st != E_CORRUPT)
			return st;
	}
	return E_NOT_FOUND;
}
