/*
 * fuzz_msg.c: frames between our own processes, cut into pieces as the first byte says.
 *
 * However a stream is cut, the same frames come out of it, and written again they are the bytes that were read; what is
 * no frame ends it at the same place.
 */
#include "auditlog/base/msg_io.h"
#include "tests/fuzz/oracle.h"

#define FRAMES_MOST 64

/* Takes what is there; false when the stream is broken. */
static bool
take(struct evbuffer *in, struct evbuffer *again, size_t *frames)
{
	struct msg_io_head head;
	struct str payload;
	enum status st = E_END;

	while (*frames < FRAMES_MOST && (st = msg_io_peek(in, &head)) == OK) {
		must(head.payload <= MSG_PAYLOAD_MAX);
		st = msg_io_payload(in, &head, &payload);
		if (st == E_END)
			return true;
		must(st == OK && payload.n == head.payload);
		must(msg_io_put(again, head.type, head.id, payload) == OK);
		msg_io_drop(in, &head);
		++*frames;
	}
	return *frames < FRAMES_MOST && st == E_END;
}

static size_t
read_all(struct str all, size_t step, struct evbuffer *again)
{
	struct evbuffer *in = evbuffer_new();
	size_t frames = 0;
	bool whole = true;

	must(in != NULL);
	for (size_t at = 0; whole && at < all.n; at += step) {
		struct str piece = str_slice(all, at, at + step);

		must(evbuffer_add(in, piece.p, piece.n) == 0);
		whole = take(in, again, &frames);
	}
	evbuffer_free(in);
	return frames;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct evbuffer *whole = evbuffer_new(), *cut = evbuffer_new();
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);
	size_t length;

	must(whole != NULL && cut != NULL);
	if (rest.n > 0)
		must(read_all(rest, rest.n, whole) == read_all(rest, 1 + first % 32u, cut));
	length = evbuffer_get_length(whole);
	must(length <= rest.n && length == evbuffer_get_length(cut));
	if (length > 0) {
		must(memcmp(evbuffer_pullup(whole, -1), rest.p, length) == 0);
		must(memcmp(evbuffer_pullup(cut, -1), rest.p, length) == 0);
	}
	evbuffer_free(whole);
	evbuffer_free(cut);
	return 0;
}
