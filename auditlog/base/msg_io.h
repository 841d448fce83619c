/* msg_io.h: what both ends of a msg connection share: sockets in and out of evbuffers, and frames. Used by msg_*.c
 * only. */
#ifndef AUDITLOG_BASE_MSG_IO_H
#define AUDITLOG_BASE_MSG_IO_H

#include <event2/buffer.h>
#include <sys/un.h>

#include "auditlog/base/msg.h"

/* Of the operator text in an error answer. */
#define MSG_IO_ERROR_TEXT_MAX 512

struct msg_io_head {
	uint16_t type;
	uint64_t id;
	size_t payload;
};

/* A unix address. E_TOO_LARGE for paths that do not fit. */
MUST_USE enum status msg_io_address(const char *path, struct sockaddr_un *out);
/* One recv. OK: something came; E_BUSY: nothing there now; E_END: the peer closed; E_IO; E_NOMEM. */
MUST_USE enum status msg_io_read(int fd, struct evbuffer *in);
/* Sends until it is empty (OK) or the socket is full (E_BUSY). E_IO. Raises no SIGPIPE. */
MUST_USE enum status msg_io_write(int fd, struct evbuffer *out);
/*
 * The head of the first frame, which stays. E_END: not all of it is there yet; E_INVALID: a length that no frame has.
 */
MUST_USE enum status msg_io_peek(struct evbuffer *in, struct msg_io_head *head);
/* The payload behind that head, borrowed until the next call. E_END: not all of it is there yet; E_NOMEM. */
MUST_USE enum status msg_io_payload(struct evbuffer *in, const struct msg_io_head *head, struct str *payload);
/* Done with the first frame. */
void msg_io_drop(struct evbuffer *in, const struct msg_io_head *head);
/* Appends a frame. E_TOO_LARGE, E_NOMEM (nothing is appended then). */
MUST_USE enum status msg_io_put(struct evbuffer *out, uint16_t type, uint64_t id, struct str payload);

#endif
