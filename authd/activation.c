#include "authd/activation.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/base/log.h"
#include "authd/authd.h"
#include "authd/http/json.h"
#include "authd/store/store_policy.h"
#include "authd/store/store_proposal.h"

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

enum status
activation_load(struct str files, struct str sha256, struct policy **out)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(json_decrefp) json_t *texts = NULL;
	struct conf_error err = { 0 };

	if (json_read(files, POLICY_PACK_MOST, &texts, NULL) != OK || policy_load_files(texts, &p, &err) != OK ||
	    !str_eq(policy_hash(p), sha256))
		return E_CORRUPT;
	*out = STEAL(&p);
	return OK;
}

/* Activations from before bundles were stored have theirs in the directory. */
static enum status
load(struct authd *a, struct store *db, struct str sha256, struct policy **out, struct conf_error *err)
{
	CLEANUP(store_bundle_clear) struct store_bundle stored = { 0 };
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	enum status st = store_bundle_find(db, sha256, &stored);

	snprintf(err->text, sizeof(err->text), "the bundle that was activated cannot be loaded from the database");
	if (st == OK)
		return activation_load(stored.files, sha256, out);
	if (st != E_NOT_FOUND)
		return st;
	TRY(policy_load(a->config.policies, &p, err));
	if (!str_eq(policy_hash(p), sha256)) {
		snprintf(err->text, sizeof(err->text),
			 "the directory does not hold the activated bundle; put it back, or activate the new one");
		return E_CONFLICT;
	}
	*out = STEAL(&p);
	return OK;
}

static enum status
switch_to(struct authd *a, struct store *db, const struct store_policy *wanted)
{
	CLEANUP(policy_unrefp) struct policy *loaded = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(65536);
	struct conf_error err = { 0 };
	enum status st = load(a, db, wanted->sha256, &loaded, &err);

	if (st != OK) {
		complain(st, err.text);
		return st;
	}
	st = policy_slot_activate(a->policy, loaded, &report);
	if (st != OK) {
		complain(st, "the bundle's own tests fail, or it does not follow the one in force");
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
	return in_force(a, newest.sha256) ? OK : switch_to(a, db, &newest);
}
