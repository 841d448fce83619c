#include "auditlog/daemon/cosign.h"

#include <stdlib.h>

#include "auditlog/core/merkle.h"

static bool
timely(uint64_t time_s, uint64_t now_s)
{
	return time_s <= now_s ? now_s - time_s <= COSIGN_SKEW_S : time_s - now_s <= COSIGN_SKEW_S;
}

/* One line under the text as a note of its own. */
static bool
verifies(struct str text, struct str line, const struct note_key *key, uint64_t *time_s)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(NOTE_MAX);
	CLEANUP(freep) struct note *note = calloc(1, sizeof(*note));
	struct note_seen seen = { 0 };

	if (note == NULL || note_join(&bytes, text, line) != OK || note_parse(buf_str(&bytes), note) != OK ||
	    note->count != 1 || note->text.n != text.n)
		return false;
	if (note_verify(note, key, 1, &seen) != OK)
		return false;
	*time_s = seen.time_s;
	return true;
}

static enum cosign_outcome
read_lines(struct str body, struct str text, const struct note_key *key, uint64_t now_s, struct cosign_answer *out)
{
	struct str line;

	for (size_t end; body.n > 0; body = str_slice(body, end, body.n)) {
		uint64_t time_s = 0;

		end = str_find_char(body, '\n') + 1;
		line = str_slice(body, 0, end);
		if (!str_ends(line, STR("\n")) || !verifies(text, line, key, &time_s) || !timely(time_s, now_s))
			continue;
		*out = (struct cosign_answer){ .line = line, .time_s = time_s };
		return COSIGN_GIVEN;
	}
	return COSIGN_NONSENSE;
}

static enum cosign_outcome
read_size(struct str body, struct cosign_answer *out)
{
	struct cosign_answer a = { 0 };

	if (!str_ends(body, STR("\n")) || str_to_u64(str_slice(body, 0, body.n - 1), MERKLE_SIZE_MAX, &a.size) != OK)
		return COSIGN_NONSENSE;
	*out = a;
	return COSIGN_OTHER_SIZE;
}

enum cosign_outcome
cosign_read(unsigned http, struct str body, struct str text, const struct note_key *key, uint64_t now_s,
	    struct cosign_answer *out)
{
	if (body.n > COSIGN_ANSWER_MAX)
		return COSIGN_NONSENSE;
	switch (http) {
	case 200:
		return read_lines(body, text, key, now_s, out);
	case 409:
		return read_size(body, out);
	case 400:
	case 403:
	case 404:
	case 422:
		return COSIGN_REFUSED;
	default:
		return COSIGN_NONSENSE;
	}
}
