/*
 * msg.h: framed messages over unix sockets, between our own processes.
 *
 * Frame: u32 length of what follows | u16 type | u64 request id | payload; big-endian. A reply carries its request's
 * id. What a peer may send is a table of rows (type, size range, handler); anything else (unknown type, size out of
 * range) closes that peer's connection and nothing more. The kernel's peer credentials say who it is.
 */
#ifndef AUDITLOG_BASE_MSG_H
#define AUDITLOG_BASE_MSG_H

#include <event2/event.h>
#include <stdint.h>
#include <sys/types.h>

#include "auditlog/base/buf.h"

#define MSG_HEADER_LEN  14
#define MSG_PAYLOAD_MAX ((size_t)4 << 20)
/* The answer to a request that failed: u16 status, then text for the operator (at most 512 bytes). Every protocol. */
#define MSG_TYPE_ERROR 0xffff

/* ---- the server side: libevent, one thread ---- */

struct msg_server;
struct msg_peer; /* one connection; lives until the server closes it */

/* A request to answer, now or later. Copyable; `peer` may be gone by then, which msg_reply notices. */
struct msg_request {
	struct msg_server *server;
	uint64_t peer_serial;
	uint64_t id;
	uint16_t type;
	uid_t uid;
	pid_t pid;
};

/* ctx is the table's. The payload is borrowed for the call. A status other than OK closes the peer's connection. */
typedef enum status msg_handler(void *ctx, const struct msg_request *req, struct str payload);

struct msg_row {
	uint16_t type;
	uint32_t least, most; /* payload size */
	msg_handler *handle;
};

struct msg_server_options {
	const char
	    *path;   /* socket path; a stale socket file is replaced, a live one is E_CONFLICT; NULL: adopts only */
	mode_t mode; /* of the socket file, e.g. 0660 */
	const uid_t *uids; /* who may connect besides root and our own uid; others are closed at once */
	size_t uid_count;
	const struct msg_row *rows;
	size_t row_count;
	void *ctx;
	size_t peers_most; /* connections at once, 0 = 256 */
	size_t queue_most; /* unsent reply bytes per peer before it is closed, 0 = 64 MiB */
};

MUST_USE enum status
msg_server_new(struct event_base *base, const struct msg_server_options *opt, struct msg_server **out);
/* One end of a socketpair becomes a peer: the other end is a process of our own making. Takes fd in any case. */
void msg_server_adopt(struct msg_server *s, int fd);
/* Answers. A peer that has gone is no error. */
void msg_reply(const struct msg_request *req, uint16_t type, struct str payload);
void msg_reply_error(const struct msg_request *req, enum status st, const char *text);
void msg_server_free(struct msg_server *s);

/* ---- the client side: any thread ---- */

struct msg_client; /* one connection with a thread of its own, pipelined, reconnects by itself */

/*
 * How a request ended; called exactly once, on the client's thread, and must not block. OK: type and payload are the
 * reply's (never MSG_TYPE_ERROR: that arrives as its status, payload = text). E_UNAVAILABLE: not connected, or the
 * connection broke (whether the peer acted is unknown). E_TIMEOUT: the deadline passed.
 */
typedef void msg_done(void *arg, enum status st, uint16_t type, struct str payload);

MUST_USE enum status msg_client_new(const char *path, struct msg_client **out);
/* The same on one end of a socketpair, which it takes on OK. When it breaks it is not up again. */
MUST_USE enum status msg_client_adopt(int fd, struct msg_client **out);
/* Sends. E_BUSY when more than 64 MiB or 65,536 requests wait; then done is not called. The payload is copied. */
MUST_USE enum status
msg_client_send(struct msg_client *c, uint16_t type, struct str payload, int64_t timeout_us, msg_done *done, void *arg);
/* The blocking form. The reply's payload is appended to *reply, its type to *reply_type (may be NULL). */
MUST_USE enum status msg_client_call(struct msg_client *c, uint16_t type, struct str payload, int64_t timeout_us,
				     uint16_t *reply_type, struct buf *reply);
/* Connected at this moment. */
bool msg_client_up(struct msg_client *c);
/* Ends the thread; outstanding requests end with E_UNAVAILABLE first. */
void msg_client_free(struct msg_client *c);

#endif
