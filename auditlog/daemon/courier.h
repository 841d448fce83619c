/*
 * courier.h: auditlogd has no network. What it has to say to witnesses is carried by a process of its own, forked at
 * the start: it has the network, no key and no file of the log, and knows the witnesses' addresses and nothing else.
 *
 *   request  payload                          reply   payload
 *   POST     u16 witness, add-checkpoint text ANSWER  u16 status, the body (at most COURIER_ANSWER_MAX); 0: no answer
 *   QUIT     nothing                          none    the courier ends, for good
 *
 * A courier that dies (its libraries read what strangers say) is started again within a second. When auditlogd ends,
 * however that is, both processes end.
 */
#ifndef AUDITLOG_DAEMON_COURIER_H
#define AUDITLOG_DAEMON_COURIER_H

#include "auditlog/base/conf.h"
#include "auditlog/base/sandbox.h"

#define COURIER_WITNESSES_MAX 16
#define COURIER_ANSWER_MAX    ((size_t)16 << 10)
#define COURIER_PATH_MAX      108

enum courier_type { COURIER_POST = 1, COURIER_ANSWER = 2, COURIER_QUIT = 3 };

struct courier_options {
	char path[COURIER_PATH_MAX];            /* of its socket */
	const char *url[COURIER_WITNESSES_MAX]; /* submission prefixes, http or https; NUL-terminated */
	size_t count;
	const char *ca; /* PEM file for https; NULL: the machine's own authorities */
	const char *user;
	int64_t timeout_us; /* for one answer */
	enum sandbox_mode sandbox;
};

/* Forks. Before any thread, any key, any file of the log. E_SYSTEM. */
MUST_USE enum status courier_start(const struct courier_options *opt);

#endif
