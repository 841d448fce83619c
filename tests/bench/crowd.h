/*
 * crowd.h: people who are nobody, for `./run bench decisions`: so many as are wanted, each with one consent, spread
 * over the services of a bundle; and officials, one for every hundred people. Whoever knows a person's number knows
 * their names and what they agreed to, so that the measuring process reads nothing before it asks.
 */
#ifndef TESTS_BENCH_CROWD_H
#define TESTS_BENCH_CROWD_H

#include "auditlog/base/random.h"
#include "authd/keys/keys.h"
#include "authd/policy/policy.h"

#define CROWD_CATEGORIES 2
#define CROWD_ID_MOST    48

/* A service, its first purpose with the categories that consent is asked for, and a role that may read them. */
struct crowd_target {
	const struct service *service;
	const struct purpose *purpose;
	struct str category[CROWD_CATEGORIES];
	size_t category_count;
	const struct role *role;
};

struct crowd {
	const struct policy *policy;
	struct crowd_target *targets;
	size_t target_count;
	uint64_t people, staff;
};

/* only: the one service whose people they are, empty for all. E_NOT_FOUND when no service has anything to agree to. */
MUST_USE enum status crowd_new(const struct policy *p, struct str only, uint64_t people, struct crowd *out);
void crowd_clear(struct crowd *c);

/* What person i agreed to, and an official number n (any) of that service. */
const struct crowd_target *crowd_target_of(const struct crowd *c, uint64_t i);
uint64_t crowd_official(const struct crowd *c, uint64_t i, uint64_t n);

enum crowd_kind { CROWD_PERSON, CROWD_OFFICIAL, CROWD_PSEUDONYM, CROWD_RECORD, CROWD_REQUEST, CROWD_EVENT, CROWD_TAG };
/* A name as random as a real one, and the same every time. */
struct str crowd_name(char out[CROWD_ID_MOST], enum crowd_kind kind, uint64_t i);
/* 64 bits that look random. */
uint64_t crowd_mix(uint64_t n);

/* People with a key that authd-keyd made, so that they can be decided about by real daemons. */
struct crowd_keyed {
	struct keys *keys; /* NULL: nobody has one */
	uint64_t every;    /* person 0, every, 2 * every … */
};

/*
 * Fills a database that store_migrate() has made, bypassing the store: whole batches, without waiting for the disk. url
 * as store_open() has it. Progress on standard error. *record_bytes is how long one consent record is.
 */
MUST_USE enum status
crowd_fill(const struct crowd *c, const struct crowd_keyed *keyed, struct str url, size_t *record_bytes);

#endif
