/*
 * msg_peer.h: one connection of a message server: frames in, replies out, and its end. Used by msg_*.c only, on the
 * server's thread.
 */
#ifndef AUDITLOG_BASE_MSG_PEER_H
#define AUDITLOG_BASE_MSG_PEER_H

#include <sys/socket.h>

#include "auditlog/base/msg.h"

/* A peer's serial ends in the number of its slot. */
#define MSG_PEERS_LIMIT 65535

struct msg_server {
	struct event_base *base;
	struct msg_server_options opt;
	char *path;
	uid_t *uids;
	struct msg_row *rows;
	int fd;
	struct event *acceptable, *rested;
	struct msg_peer **peers;
	uint64_t generation;
};

/* Takes fd over and begins to read; the caller puts the peer into its slot. E_NOMEM (fd is closed). */
MUST_USE enum status
msg_peer_new(struct msg_server *s, int fd, const struct ucred *who, uint64_t serial, struct msg_peer **out);
/* The peer with this serial, unless it has gone or is about to. */
struct msg_peer *msg_peer_find(const struct msg_server *s, uint64_t serial);
/* Closes the connection; the slot is the caller's. */
void msg_peer_free(struct msg_peer *p);

#endif
