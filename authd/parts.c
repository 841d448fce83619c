#include "authd/parts.h"

#include "auditlog/base/log.h"
#include "authd/access/rate.h"
#include "authd/access/reporting.h"
#include "authd/access/service_level.h"
#include "authd/access/tending.h"
#include "authd/activation.h"
#include "authd/audit/forward.h"
#include "authd/audit/refusals.h"
#include "authd/audit/tag_memory.h"
#include "authd/identity/password.h"
#include "authd/identity/throttle.h"
#include "authd/keyset.h"
#include "authd/notify/outbound.h"
#include "authd/oauth/backchannel.h"
#include "authd/oauth/dpop.h"
#include "authd/upkeep.h"

static enum status
open_worker_store(void *factory, void **worker_ctx)
{
	struct store *db = NULL;
	enum status st = store_open(str_of(factory), &db);

	*worker_ctx = db;
	return st;
}

static void
close_worker_store(void *worker_ctx)
{
	store_close(worker_ctx);
}

static enum status
open_store(struct authd *a)
{
	CLEANUP(store_closep) struct store *db = NULL;
	union {
		const char *text;
		void *factory;
	} url = { .text = a->config.store };
	const struct worker_options workers = {
		.threads = (unsigned)a->config.workers,
		.queue_most = a->config.worker_queue,
		.name = "worker",
		.open = open_worker_store,
		.close = close_worker_store,
		.factory = url.factory,
	};

	TRY(store_open(str_of(a->config.store), &db));
	TRY(store_migrate(db));
	/* A bad bundle is no reason not to start: the daemon says why, and permits nothing until a good one is there.
	 */
	if (activation_sync(a, db) != OK)
		log_warn(E_CONFLICT, "policy.none", "dir=%s", a->config.policies);
	return worker_pool_new(&workers, &a->pool);
}

static enum status
open_outbound(struct authd *a)
{
	const char *why = "";
	enum status st = outbound_open(&a->config.outbound, &a->outbound, &why);

	if (st == E_INVALID)
		log_error(st, "config.outbound", "network=%s what=\"write it as 10.0.0.0/8\"", why);
	return st;
}

enum status
parts_open(struct authd *a)
{
	throttle_open((unsigned)a->config.wrong_tries);
	rate_open(a->config.rate_factor);
	TRY(policy_slot_new(&a->policy));
	TRY(keyset_slot_new(&a->keyset));
	TRY(open_outbound(a));
	TRY(refusals_new(&a->refusals));
	TRY(tag_memory_new(&a->tags));
	TRY(token_cache_new(0, &a->tokens));
	TRY(dpop_new(&a->dpop));
	TRY(service_level_new(&a->served));
	TRY(password_open((unsigned)a->config.password_hashes, (unsigned)a->config.workers / 2));
	TRY(open_store(a));
	TRY(keys_open(a->config.keyd_socket, &a->keys));
	return append_open(a->config.auditlogd_socket, &a->log);
}

enum status
parts_start(struct authd *a)
{
	TRY(forward_start(a, &a->forward));
	TRY(backchannel_start(a, &a->backchannel));
	TRY(upkeep_start(a, &a->upkeep));
	TRY(tending_start(a, &a->tending));
	return reporting_start(a, &a->reporting);
}

void
parts_close(struct authd *a)
{
	reporting_stop(a->reporting);
	tending_stop(a->tending);
	upkeep_stop(a->upkeep);
	backchannel_stop(a->backchannel);
	forward_stop(a->forward);
	worker_pool_free(a->pool);
	append_free(a->log);
	keys_close(a->keys);
	password_close();
	service_level_free(a->served);
	dpop_free(a->dpop);
	token_cache_free(a->tokens);
	tag_memory_free(a->tags);
	refusals_free(a->refusals);
	keyset_slot_free(a->keyset);
	outbound_close(a->outbound);
	policy_slot_free(a->policy);
}
