/* audit_decoy.c: an entry about nobody: so that its time, its statements and what stands in the log tell nothing. */
#include "authd/audit/audit_decoy.h"

#include <pthread.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "authd/authd.h"

/* Of nobody; ids of people start with sub_. */
#define DECOY_SUB "decoy"
#define TAG_BYTES 16

bool
audit_decoy_is(const struct keys_person *person)
{
	return str_is(person->sub, DECOY_SUB);
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
audit_decoy_person(struct authd *a, struct buf *wrapped, struct keys_person *out)
{
	TRY(decoy_key(a, wrapped));
	*out = (struct keys_person){ .sub = STR(DECOY_SUB), .wrapped = buf_str(wrapped) };
	return OK;
}

/* As a person's: another one each month, the same within it, and nothing that two names have in common. */
static enum status
decoy_tag(struct authd *a, struct str name, struct buf *tag)
{
	CLEANUP(buf_clear) struct buf text = BUF(128), month = BUF(8);
	const struct hash of_name = hash_sha256(name); /* whatever its length */

	clock_put_month(&month, clock_now_us());
	buf_put_cstr(&text, "tag");
	buf_put_block(&text, buf_str(&month));
	buf_put_block(&text, hash_str(&of_name));
	TRY(buf_status(&text));
	return audit_decoy_text(a, buf_str(&text), tag);
}

enum status
audit_decoy(struct authd *a, const struct audit_event *ev, struct str name, struct audit_draft *out)
{
	CLEANUP(buf_clear) struct buf wrapped = BUF(1024), tag = BUF(ENTRY_TAG_LEN);
	struct audit_event decoy = *ev;

	TRY(audit_decoy_person(a, &wrapped, &decoy.person));
	TRY(decoy_tag(a, name, &tag));
	if (decoy.later.shown.n == 0)
		decoy.own_tag = buf_str(&tag);
	return audit_draft(a, &decoy, out);
}
