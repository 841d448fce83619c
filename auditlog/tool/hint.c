#include "auditlog/tool/hint.h"

#include <fcntl.h>
#include <stdlib.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/encode.h"
#include "auditlog/client/runs.h"

/* auditlogd may exchange the list between our reading it and opening what it names. */
#define ATTEMPTS 5

struct hint {
	struct runs runs;
	struct runs_record from; /* the tag, and the first index that is wanted */
	size_t run;              /* being read, at */
	uint64_t at;
	bool found; /* at is where the tag begins in that run */
};

static enum status
read_runs(const char *dir, struct hint *h)
{
	CLEANUP(beneath_closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status st = E_NOT_FOUND;

	for (int i = 0; fd >= 0 && st != OK && i < ATTEMPTS; i++)
		st = runs_open(fd, &h->runs);
	return st;
}

enum status
hint_open(const char *dir, struct str origin, struct hint **out)
{
	CLEANUP(hint_closep) struct hint *h = calloc(1, sizeof(*h));
	struct hash id = hash_sha256(origin);

	if (!h)
		return E_NOMEM;
	if (read_runs(dir, h) != OK || !hash_eq(&h->runs.origin, &id))
		return E_NOT_FOUND;
	*out = STEAL(&h);
	return OK;
}

void
hint_close(struct hint *h)
{
	if (!h)
		return;
	runs_close(&h->runs);
	free(h);
}

void
hint_closep(struct hint **h)
{
	hint_close(*h);
}

uint64_t
hint_size(const struct hint *h)
{
	return h->runs.size;
}

enum status
hint_tag(struct hint *h, struct str tag, uint64_t first)
{
	uint8_t bytes[RUNS_KEY_LEN];

	TRY(decode_base64url_into(tag, bytes, sizeof(bytes)));
	h->from = runs_record_of(bytes, first);
	h->run = 0;
	h->found = false;
	return OK;
}

/* The next record of the run at hand. E_END: it has no more of the tag. */
static enum status
next_of(struct hint *h, const struct runs_file *f, struct runs_record *out)
{
	if (!h->found)
		TRY(runs_find(f, &h->from, &h->at));
	h->found = true;
	if (h->at == f->count)
		return E_END;
	TRY(runs_read(f, h->at++, out, 1));
	return memcmp(out->b, h->from.b, RUNS_KEY_LEN) == 0 ? OK : E_END;
}

/* Later runs have later entries: one after the other they rise. */
enum status
hint_next(struct hint *h, uint64_t *index)
{
	const struct runs_of *of = &h->runs.of[RUNS_BY_TAG];

	for (; h->run < of->count; h->run++, h->found = false) {
		struct runs_record r;
		enum status st = next_of(h, &of->file[h->run], &r);

		if (st == OK)
			*index = runs_record_index(&r);
		if (st != E_END)
			return st;
	}
	return E_END;
}
