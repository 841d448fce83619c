#include "auditlog/daemon/heads.h"

#include <pthread.h>
#include <stdlib.h>

#include "auditlog/base/file.h"
#include "auditlog/client/logread.h"
#include "auditlog/core/checkpoint.h"

struct heads {
	int dirfd;
	pthread_mutex_t lock; /* also of the files: who replaces one knows that nobody else does */
	uint64_t size;
	struct buf note;
};

static enum status
load(struct heads *h)
{
	CLEANUP(freep) struct note *note = calloc(1, sizeof(*note));
	struct checkpoint c = { 0 };
	enum status st;

	if (note == NULL)
		return E_NOMEM;
	st = file_read_at(h->dirfd, HEADS_CHECKPOINT, &h->note);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(note_parse(buf_str(&h->note), note));
	TRY(checkpoint_parse(note->text, &c));
	h->size = c.size;
	return OK;
}

enum status
heads_new(int dirfd, struct heads **out)
{
	struct heads *h = calloc(1, sizeof(*h));
	enum status st;

	if (h == NULL)
		return E_NOMEM;
	h->dirfd = dirfd;
	h->note = BUF(LOGREAD_CHECKPOINT_MAX);
	(void)pthread_mutex_init(&h->lock, NULL);
	st = load(h);
	if (st != OK) {
		heads_free(h);
		return st;
	}
	*out = h;
	return OK;
}

void
heads_free(struct heads *h)
{
	if (h == NULL)
		return;
	(void)pthread_mutex_destroy(&h->lock);
	buf_clear(&h->note);
	free(h);
}

static enum status
put_locked(struct heads *h, uint64_t size, struct str note)
{
	TRY(file_replace_at(h->dirfd, HEADS_CHECKPOINT, note, 0644));
	buf_reset(&h->note);
	buf_put(&h->note, note);
	h->size = size;
	return buf_status(&h->note);
}

enum status
heads_put(struct heads *h, uint64_t size, struct str note)
{
	enum status st;

	(void)pthread_mutex_lock(&h->lock);
	st = put_locked(h, size, note);
	(void)pthread_mutex_unlock(&h->lock);
	return st;
}

static enum status
cosigned_locked(const struct heads *h, uint64_t size, struct str note, bool quorum)
{
	if (quorum)
		TRY(file_replace_at(h->dirfd, HEADS_WITNESSED, note, 0644));
	/* Not kept as the head: the next round starts from what the log alone has signed. */
	return size == h->size ? file_replace_at(h->dirfd, HEADS_CHECKPOINT, note, 0644) : OK;
}

enum status
heads_cosigned(struct heads *h, uint64_t size, struct str note, bool quorum)
{
	enum status st;

	(void)pthread_mutex_lock(&h->lock);
	st = cosigned_locked(h, size, note, quorum);
	(void)pthread_mutex_unlock(&h->lock);
	return st;
}

enum status
heads_get(struct heads *h, uint64_t *size, struct buf *note)
{
	(void)pthread_mutex_lock(&h->lock);
	*size = h->size;
	buf_put(note, buf_str(&h->note));
	(void)pthread_mutex_unlock(&h->lock);
	TRY(buf_status(note));
	return note->n > 0 ? OK : E_NOT_FOUND;
}

uint64_t
heads_size(struct heads *h)
{
	uint64_t size;

	(void)pthread_mutex_lock(&h->lock);
	size = h->size;
	(void)pthread_mutex_unlock(&h->lock);
	return size;
}
