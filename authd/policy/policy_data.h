/*
 * policy_data.h: what a struct policy is made of, for the files of this folder that load it. Everybody else uses
 * policy.h.
 */
#ifndef AUTHD_POLICY_POLICY_DATA_H
#define AUTHD_POLICY_POLICY_DATA_H

#include <jansson.h>
#include <stdatomic.h>

#include "authd/access/decision.h"
#include "authd/policy/arena.h"
#include "authd/policy/nametable.h"

#define POLICY_NOTICE_MOST 4096
#define POLICY_CASE_MOST   1024

#define POLICY_GRANT_MOST 262144

/* One test of the bundle, ready to run. */
struct policy_case {
	const struct conf_node *node; /* for its place */
	const char *name;
	struct decision_request req;
	struct decision_facts facts;
	bool permit;
	enum reason reason;
	enum basis basis; /* BASIS_NONE: not said */
};

/* Days counted from 1970-01-01, in their order. */
struct policy_days {
	int64_t *days;
	size_t n;
};

/* Names to rows; the rows themselves stay in the order of the file. */
struct policy_list {
	struct nametable by_id;
	void *rows;
	size_t n;
};

struct policy {
	atomic_uint refs;
	unsigned version;
	char hash[72];
	const char *zone;     /* where the bundle's days are, IANA */
	const char *operator; /* the organisation that runs the installation; NULL: not said */
	struct policy_days holidays, workdays;
	struct buf json;
	struct arena arena;
	struct conf **files; /* strings of the policy live in these */
	size_t file_count;
	const struct service **providers[CATEGORY_MOST]; /* by category index */
	size_t provider_count[CATEGORY_MOST];
	struct policy_list categories, statutes, purposes, roles, organisations, services;
	json_t *sources;             /* file name -> text, every file that was read */
	struct policy_grant *grants; /* own ones of every role; for reports, never for a decision */
	size_t grant_count, grant_room;
	unsigned scope_count;           /* how many different scopes permissions are limited to */
	uint64_t zones[ROLE_ZONE_MOST]; /* the sets of scopes that organisations stand in */
	unsigned zone_count;
	struct nametable notices_by_key; /* "id/version" */
	struct notice *notices;
	size_t notice_count;
	struct role_separation separations[ROLE_SEPARATION_MOST];
	size_t separation_count;
	uint64_t roles_at[ROLE_ACR_MOST + 1];
	struct policy_case *cases;
	size_t case_count;
};

#endif
