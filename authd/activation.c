#include "authd/activation.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/base/log.h"
#include "authd/authd.h"
#include "authd/store/store_policy.h"

/* What was complained about last, so that the operator log says it once. */
static struct {
	pthread_mutex_t lock;
	char text[sizeof(((struct conf_error *)0)->text)];
} complaint = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
complain(enum status st, const char *text)
{
	bool said;

	pthread_mutex_lock(&complaint.lock);
	said = strcmp(complaint.text, text) == 0;
	snprintf(complaint.text, sizeof(complaint.text), "%s", text);
	pthread_mutex_unlock(&complaint.lock);
	if (!said && st != OK)
		log_warn(st, "policy.not_switched", "why=%s", text);
}

static bool
in_force(struct authd *a, struct str hash)
{
	CLEANUP(policy_unrefp) struct policy *now = policy_slot_get(a->policy);

	return now != NULL && str_eq(policy_hash(now), hash);
}

/* Loads the directory, and only if it is the bundle of that hash puts it in force. */
static enum status
switch_to(struct authd *a, const struct store_policy *wanted)
{
	CLEANUP(policy_unrefp) struct policy *loaded = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(65536);
	struct conf_error err = { 0 };
	enum status st = policy_load(a->config.policies, &loaded, &err);

	if (st != OK) {
		complain(st, err.text);
		return st;
	}
	if (!str_eq(policy_hash(loaded), wanted->sha256)) {
		complain(E_CONFLICT,
			 "the directory does not hold the activated bundle; put it back, or activate the new one");
		return E_CONFLICT;
	}
	st = policy_slot_activate(a->policy, loaded, &report);
	if (st != OK) {
		complain(st, "the bundle's own tests fail");
		return st;
	}
	log_info("policy.in_force", "version=%u hash=%.*s activation=%lld", policy_version(loaded),
		 STR_ARG(policy_hash(loaded)), (long long)wanted->version);
	complain(OK, "");
	return OK;
}

enum status
activation_sync(struct authd *a, struct store *db)
{
	CLEANUP(store_policy_clear) struct store_policy newest = { 0 };
	enum status st = store_policy_active(db, &newest);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return in_force(a, newest.sha256) ? OK : switch_to(a, &newest);
}
