#include "auditlog/daemon/succession.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/file.h"
#include "auditlog/base/log.h"
#include "auditlog/client/logread.h"
#include "auditlog/client/signing.h"
#include "auditlog/daemon/own.h"
#include "auditlog/daemon/setup.h"

/* Between two looks. */
#define LOOK_US (2 * SECOND_US)
#define ASK_US  (SECOND_US / 2)

struct succession {
	struct succession_parts parts;
	struct logread *log;
	int64_t next_us;
	struct uuid other; /* of the entry, when somebody else's has the id that it should have */
	bool has_other;
	bool refused; /* a key that cannot be ours was said; once in the operator's log is enough */
};

enum status
succession_new(const struct succession_parts *parts, struct succession **out)
{
	struct succession *s = calloc(1, sizeof(*s));
	enum status st;

	if (s == NULL)
		return E_NOMEM;
	s->parts = *parts;
	st = logread_open_at(parts->dirfd, &s->log);
	if (st != OK) {
		free(s);
		return st;
	}
	*out = s;
	return OK;
}

void
succession_free(struct succession *s)
{
	if (s == NULL)
		return;
	logread_free(s->log);
	free(s);
}

/* The same key, the same id: after a crash the entry is found, or said again and taken for the same one. */
static struct uuid
id_of(struct str vkey)
{
	const struct str parts[] = { STR("log.key\n"), vkey };
	struct hash h = hash_sha256_parts(parts, ARRAY_LEN(parts));
	struct uuid id;

	memcpy(id.b, h.b, sizeof(id.b));
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x70);
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return id;
}

static enum status
write_entry(struct succession *s, const struct uuid *id, struct str vkey)
{
	const struct entry_fact fact = { .name = STR("key"), .text = vkey };
	struct batch_job *job = NULL;
	enum status st;

	TRY(own_job_id(ENTRY_LOG_KEY, id, &fact, 1, &job));
	st = batch_put(s->parts.queue, job);
	if (st != OK)
		free(job);
	return st;
}

/* Signed by a key that readers know already, and with the entry itself: nothing else is needed to check it. */
static enum status
write_handover(struct succession *s, const struct note_key *key, uint64_t index)
{
	CLEANUP(buf_clear) struct buf head = BUF(LOGREAD_CHECKPOINT_MAX), text = BUF(PROOF_FILE_MAX);
	CLEANUP(buf_clear) struct buf extra = BUF(PROOF_FILE_MAX), whole = BUF(PROOF_FILE_MAX), name = BUF(64);
	struct checkpoint c = { 0 };
	struct proof_file f;
	struct str line;

	TRY(logread_checkpoint(s->log, &head));
	TRY(checkpoint_open_any(buf_str(&head), s->parts.keys, &c, NULL));
	TRY(logread_prove(s->log, index, buf_str(&head), &text));
	TRY(proof_parse_file(buf_str(&text), &f));
	TRY(logread_entry(s->log, index, c.size, &line));
	encode_base64(&extra, line);
	f.extra = buf_str(&extra);
	proof_put_file(&whole, &f);
	buf_printf(&name, LOGREAD_HANDOVER, key->id);
	buf_put_char(&name, '\0');
	TRY(buf_status(&whole));
	TRY(buf_status(&name));
	return file_replace_at(s->parts.dirfd, name.p, buf_str(&whole), 0644);
}

/* What a candidate is compared with. */
struct sought {
	struct succession *s;
	struct uuid id;
	struct str vkey;
	uint64_t published;
	bool taken; /* by an entry that says something else */
};

static bool
says_key(const struct entry *e, struct str vkey)
{
	return e->event == ENTRY_LOG_KEY && e->fact_count == 1 && str_eq(e->facts[0].text, vkey);
}

static enum status
confirm(void *ctx, uint64_t index)
{
	struct sought *w = ctx;
	struct entry_view view = { 0 };
	struct str line;

	if (index >= w->published)
		return E_BUSY; /* durable perhaps, but nothing can be proved of it yet */
	TRY(logread_entry(w->s->log, index, w->published, &line));
	TRY(entry_parse(line, &view));
	if (memcmp(view.entry.id.b, w->id.b, sizeof(w->id.b)) != 0)
		return E_NOT_FOUND;
	w->taken = !says_key(&view.entry, w->vkey);
	return w->taken ? E_NOT_FOUND : OK;
}

/* Anybody can compute the id, and an emitter may have used it: then a random one, until the end of this process. */
static enum status
find_entry(struct succession *s, struct str vkey, uint64_t published, uint64_t *index)
{
	struct sought sought = { .s = s, .vkey = vkey, .published = published };
	enum status st;

	sought.id = s->has_other ? s->other : id_of(vkey);
	st = ids_find(s->parts.ids, &sought.id, confirm, &sought, index);
	if (st != E_NOT_FOUND)
		return st;
	if (sought.taken) {
		s->other = sought.id = uuid_new();
		s->has_other = true;
	}
	TRY(write_entry(s, &sought.id, vkey));
	return E_BUSY;
}

/*
 * 1. the entry  2. its proof under the old key  3. the signer, whose clock for the old key then runs  4. log.vkey, by
 * which this is known to be done: after a crash before it, all is done again.
 */
static enum status
introduce(struct succession *s, const struct note_key *key, uint64_t published)
{
	CLEANUP(buf_clear) struct buf vkey = BUF(NOTE_VKEY_MAX);
	uint64_t index = 0;
	enum status st;

	note_put_vkey(&vkey, key);
	TRY(buf_status(&vkey));
	st = find_entry(s, buf_str(&vkey), published, &index);
	if (st == E_BUSY)
		return OK;
	TRY(st);
	TRY(write_handover(s, key, index));
	TRY(signing_introduced(s->parts.signer, key, ASK_US));
	TRY(setup_add_key(s->parts.dirfd, key));
	TRY(trust_add_key(s->parts.keys, key));
	log_info("log.key", "entry=%" PRIu64 " key=%.*s", index, STR_ARG(buf_str(&vkey)));
	return OK;
}

static bool
knows(const struct trust *keys, const struct note_key *key)
{
	for (size_t i = 0; i < keys->n; i++)
		if (note_key_eq(&keys->key[i], key))
			return true;
	return false;
}

static bool
may_be_ours(struct succession *s, const struct note_key *key)
{
	if (strcmp(key->name, s->parts.keys->key[0].name) == 0)
		return true;
	if (!s->refused)
		log_error(E_CONFLICT, "log.key", "name=%s what=\"the signer has a key of another log\"", key->name);
	s->refused = true;
	return false;
}

void
succession_step(struct succession *s, uint64_t published)
{
	struct trust said = { 0 };
	enum status st = OK;

	if (clock_mono_us() < s->next_us)
		return;
	s->next_us = clock_mono_us() + LOOK_US;
	if (signing_ask_keys(s->parts.signer, ASK_US, &said) != OK)
		return; /* that it is silent is said elsewhere */
	for (size_t i = 0; st == OK && i < said.n; i++)
		if (!knows(s->parts.keys, &said.key[i]) && may_be_ours(s, &said.key[i]))
			st = introduce(s, &said.key[i], published);
	if (st != OK)
		log_warn(st, "log.key", "what=\"the new key is not introduced yet\"");
}
