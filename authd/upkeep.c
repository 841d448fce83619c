#include "authd/upkeep.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/access/breakglass.h"
#include "authd/access/death.h"
#include "authd/access/later.h"
#include "authd/access/mandating.h"
#include "authd/access/service_level.h"
#include "authd/activation.h"
#include "authd/audit/audit.h"
#include "authd/authd.h"
#include "authd/keyset.h"
#include "authd/store/store_outbox.h"
#include "authd/ticker.h"

#define SWEEP_BATCH 500
#define SWEEP_EVERY 30 /* looks */
/* In a row: looking, on which readiness and the way back into service hang, must not wait long. */
#define SWEEPS_MOST 20
/* Looks. A published key waits longer than that before it signs (SPREAD_S in keys/vault_answer.c). */
#define KEYS_EVERY 1

struct upkeep {
	struct authd *authd;
	struct store *db;
	struct ticker *ticker;
	pthread_mutex_t lock; /* of state */
	unsigned looks;
	struct upkeep_state state;
};

const char *
upkeep_not_ready(const struct upkeep_state *s)
{
	if (!s->store)
		return "store";
	if (!s->keys)
		return "keys";
	if (!s->log)
		return "log";
	return s->policy ? NULL : "policy";
}

struct upkeep_state
upkeep_state(struct upkeep *u)
{
	struct upkeep_state s;

	pthread_mutex_lock(&u->lock);
	s = u->state;
	pthread_mutex_unlock(&u->lock);
	return s;
}

static bool
keys_are_there(struct upkeep *u)
{
	CLEANUP(keyset_unrefp) struct keyset *k = keyset_get(u->authd->keyset);

	if (k == NULL || u->looks % KEYS_EVERY == 0)
		return keyset_refresh(u->authd->keyset, u->authd->keys, u->authd->tokens) == OK;
	return keys_up(u->authd->keys);
}

/* Another node may have activated a bundle; this one follows within a second. */
static bool
policy_is_there(struct upkeep *u)
{
	enum status st UNUSED = activation_sync(u->authd, u->db); /* says itself what is wrong; the old bundle stays */
	CLEANUP(policy_unrefp) struct policy *p = policy_slot_get(u->authd->policy);

	return p != NULL;
}

static void
look_at_log(struct upkeep *u, struct upkeep_state *s)
{
	struct append_state log;
	enum status st = append_status(u->authd->log, SECOND_US, &log);

	audit_log_answers(st == OK);
	s->log_witness = u->state.log_witness; /* ours alone to write */
	if (st != OK)
		return;
	append_saw(u->authd->log, log.size);
	s->log_witness = log.witness;
	s->log = log.healthy;
	s->log_size = log.size;
	s->log_published = log.published;
}

static void
look(struct upkeep *u)
{
	struct upkeep_state s = { 0 };
	const char *before, *after;

	s.store = store_ping(u->db) == OK;
	s.keys = keys_are_there(u);
	look_at_log(u, &s);
	s.policy = policy_is_there(u);
	if (s.store && (store_outbox_backlog(u->db, &s.outbox_waiting, &s.outbox_oldest_us) != OK ||
			store_outbox_refused(u->db, &s.outbox_refused) != OK))
		s.store = false;
	pthread_mutex_lock(&u->lock);
	before = u->looks > 0 ? upkeep_not_ready(&u->state) : "start";
	u->state = s;
	after = upkeep_not_ready(&s);
	pthread_mutex_unlock(&u->lock);
	if (before != after)
		log_info("ready.changed", "ready=%s missing=%s", after == NULL ? "yes" : "no",
			 after == NULL ? "-" : after);
}

static void
sweep(struct upkeep *u)
{
	int64_t removed = SWEEP_BATCH;
	enum status st = OK;

	for (size_t i = 0; st == OK && i < SWEEPS_MOST && removed >= SWEEP_BATCH; i++)
		st = store_sweep(u->db, clock_now_us(), SWEEP_BATCH, &removed);
	if (st != OK)
		log_warn(st, "store.sweep", "what=\"rows that are over stay in some table; it is tried again\"");
}

/* They ended at their instant; this only writes it down and tells people. */
static void
end_mandates(struct upkeep *u)
{
	enum status st = u->state.log && u->state.keys ? mandating_upkeep(u->authd, u->db) : OK;

	if (st != OK)
		log_warn(st, "mandates.upkeep", "looks=%u", u->looks);
}

/* Nothing rests on what a death has left over, either. */
static void
end_deaths(struct upkeep *u)
{
	enum status st = u->state.log && u->state.keys ? death_upkeep(u->authd, u->db) : OK;

	if (st != OK)
		log_warn(st, "deaths.upkeep", "looks=%u", u->looks);
}

/* What is not written is kept; a demonstration that shows the running month waits for no minute. */
static void
note_service(struct upkeep *u)
{
	const bool eager = u->authd->config.reports.running_month;
	enum status st = u->state.store ? service_level_upkeep(u->authd->served, u->db, clock_now_us(), eager) : OK;

	if (st != OK)
		log_warn(st, "service.upkeep", "looks=%u", u->looks);
}

static void
tick(void *arg)
{
	struct upkeep *u = arg;

	look(u);
	breakglass_sweep(u->authd, u->db);
	later_upkeep(u->authd, u->db);
	end_mandates(u);
	end_deaths(u);
	note_service(u);
	if (++u->looks % SWEEP_EVERY == 0)
		sweep(u);
}

enum status
upkeep_start(struct authd *a, struct upkeep **out)
{
	CLEANUP(freep) struct upkeep *u = calloc(1, sizeof(*u));
	enum status st;

	if (u == NULL)
		return E_NOMEM;
	u->authd = a;
	TRY(store_open(str_of(a->config.store), &u->db));
	pthread_mutex_init(&u->lock, NULL);
	look(u);
	u->looks = 1;
	st = ticker_start(tick, u, &u->ticker);
	if (st != OK) {
		store_close(u->db);
		return st;
	}
	*out = STEAL(&u);
	return OK;
}

void
upkeep_stop(struct upkeep *u)
{
	if (u == NULL)
		return;
	ticker_stop(u->ticker);
	if (service_level_flush(u->authd->served, u->db, clock_now_us()) != OK)
		log_warn(E_UNAVAILABLE, "service.upkeep", "what=\"the last minute is not counted\"");
	store_close(u->db);
	pthread_mutex_destroy(&u->lock);
	free(u);
}
