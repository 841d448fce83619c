/* listener.h: opening the sockets that a server accepts from. Internal to authd/http. */
#ifndef AUTHD_HTTP_LISTENER_H
#define AUTHD_HTTP_LISTENER_H

#include "authd/http/conn.h"

/*
 * A bound, listening, non-blocking socket. TCP sockets share their port with others of the same owner (SO_REUSEPORT);
 * *port is asked for, and told when it was 0. A unix socket replaces a stale file; E_CONFLICT when somebody listens
 * there. E_DENIED: SERVER_PLAIN on an address that is not loopback.
 */
MUST_USE enum status listener_open(const struct server_listener *l, uint16_t *port, int *fd);
/* Accepts one connection with what is known about it. E_END: none waits. E_BUSY: out of descriptors. E_DENIED: refused.
 */
MUST_USE enum status listener_accept(const struct server_options *opt, const struct server_listener *l, int listen_fd,
				     int *fd, struct conn_origin *origin);

#endif
