/*
 * policy.h: the bundle that decides, loaded from `policies/` into read-only tables.
 *
 * policy_load() reads and checks every file; what it accepts is complete and consistent, so that a decision is a few
 * hash lookups and never meets a dangling name. The hash is SHA-256 over the bundle's canonical JSON (every value of
 * every file, keys sorted, plus the hash of every notice): comments and layout do not change it, any value does.
 *
 * A struct policy never changes. Threads share it by reference; a slot is where a daemon keeps the active one.
 *
 * Limits: 64 roles, 64 categories, 4,096 purposes, 65,536 services and organisations (and what fits into a file of
 * 1 MiB and 100,000 nodes), 32 separations, 4,096 notices of 64 KiB, 1,024 tests.
 */
#ifndef AUTHD_POLICY_POLICY_H
#define AUTHD_POLICY_POLICY_H

#include <jansson.h>

#include "authd/policy/notice.h"
#include "authd/policy/role.h"
#include "authd/policy/service.h"

struct policy;

#define POLICY_HASH_LEN 71 /* "sha256:" and 64 hexadecimal digits */

/*
 * Loads the bundle in dir. On OK *out holds one reference. E_INVALID (err: "file:line:column: what; what to do"),
 * E_NOT_FOUND, E_TOO_LARGE, E_IO, E_NOMEM. The bundle's tests are read and checked, not run.
 */
MUST_USE enum status policy_load(const char *dir, struct policy **out, struct conf_error *err);
struct policy *policy_ref(struct policy *p);
/* NULL is fine. The last reference frees it. */
void policy_unref(struct policy *p);
/* For CLEANUP on a struct policy *. */
void policy_unrefp(struct policy **p);

/*
 * The same from the files' texts, {"bundle.yaml":"…", "notices/ntc_x/1/ru.md":"…", …}: what policy_files() gave, here
 * or elsewhere. Takes a reference of files. Nothing is read from the disk.
 */
MUST_USE enum status policy_load_files(json_t *files, struct policy **out, struct conf_error *err);
/* The texts of all its files, borrowed. Loading them gives the same hash. */
const json_t *policy_files(const struct policy *p);
#define POLICY_PACK_MOST 4194304 /* bytes of JSON in which a bundle is sent and stored */

/* "sha256:<64 hexadecimal digits>". */
struct str policy_hash(const struct policy *p);
/* As bundle.yaml says. */
unsigned policy_version(const struct policy *p);
/* The organisation that runs the installation, for what no other one did; empty: not said. */
struct str policy_operator(const struct policy *p);
/* The canonical JSON that the hash is over. */
struct str policy_json(const struct policy *p);

/* ---- lookups: NULL for unknown names; what they give is borrowed from the policy ---- */

const struct category *policy_category(const struct policy *p, struct str id);
const struct statute *policy_statute(const struct policy *p, struct str id);
const struct purpose *policy_purpose(const struct policy *p, struct str id);
const struct role *policy_role(const struct policy *p, struct str id);
const struct organisation *policy_organisation(const struct policy *p, struct str id);
const struct service *policy_service(const struct policy *p, struct str id);
/* In the order of the files; NULL past the end. */
const struct category *policy_category_at(const struct policy *p, size_t i);
const struct purpose *policy_purpose_at(const struct policy *p, size_t i);
const struct role *policy_role_at(const struct policy *p, size_t i);
const struct statute *policy_statute_at(const struct policy *p, size_t i);
const struct organisation *policy_organisation_at(const struct policy *p, size_t i);
const struct service *policy_service_at(const struct policy *p, size_t i);
/* The services that hold the category, in the order of the file; NULL past the end. No walk over all services. */
const struct service *policy_provider_at(const struct policy *p, const struct category *c, size_t i);
/* The service may ask for this purpose. */
bool policy_declares(const struct policy *p, const struct service *s, const struct purpose *u);

/* ---- roles ---- */

/* The set of these roles without inheritance; E_NOT_FOUND when one is unknown. */
MUST_USE enum status policy_roles(const struct policy *p, const struct str *names, size_t n, uint64_t *set);
/* The set with everything that its roles inherit. */
uint64_t policy_closure(const struct policy *p, uint64_t set);
/* True when one of these roles has the desk action at this assurance. *acr_short (may be NULL): only the assurance
 * lacks. */
bool policy_may(const struct policy *p, uint64_t set, enum action a, unsigned acr, bool *acr_short);
/* False when one person holding these roles would break a static separation. For assigning roles. */
bool policy_static_ok(const struct policy *p, uint64_t held);
/* False when these roles may not be active together. */
bool policy_dynamic_ok(const struct policy *p, uint64_t active);
/* The roles whose assurance is met at this level (0 .. ROLE_ACR_MOST; more counts as the most). */
uint64_t policy_roles_at(const struct policy *p, unsigned acr);

/* ---- permissions one by one, for reports: a decision never walks them ---- */

/* What one line of roles.yaml gives: a data action or break-glass for one category of one purpose, or a desk action. */
struct policy_grant {
	const struct role *role;
	enum action action;
	const struct purpose *purpose;   /* NULL for desk actions */
	const struct category *category; /* NULL for desk actions */
	const struct conf_node *node;    /* where it stands */
	int scope;                       /* -1: everywhere; else see policy_grant_holds() */
};

/* NULL past the end; in the order of the files. */
const struct policy_grant *policy_grant_at(const struct policy *p, size_t i);
/* Whether the permission holds in that organisation. */
bool policy_grant_holds(const struct policy_grant *g, const struct organisation *o);

/* Where row i of a list stands: "services.yaml" and so on. NULL past the end. */
const struct conf_node *policy_place(const struct policy *p, const char *file, size_t i);

/* ---- tests and the active policy ---- */

/*
 * Runs the bundle's tests with their fixed clocks. OK when all pass; E_CONFLICT otherwise, with one line per failed
 * test in *report: "file:line:column: name: expected …, got …". *count (may be NULL) is how many ran.
 */
MUST_USE enum status policy_test(const struct policy *p, size_t *count, struct buf *report);

/*
 * Whether next may take over from old. What people agreed to must not change under the same name: a purpose that keeps
 * its version but differs in categories, bases, actions, texts, terms or notice, a notice that keeps its version but
 * differs by a byte, and a version of the bundle that is not greater (unless it is the same bundle) are E_CONFLICT,
 * with one line each in *report.
 */
MUST_USE enum status policy_succeeds(const struct policy *old, const struct policy *next, struct buf *report);

struct policy_slot;

MUST_USE enum status policy_slot_new(struct policy_slot **out);
/* A reference to the active policy, NULL when none was activated yet. Any thread. */
struct policy *policy_slot_get(struct policy_slot *slot);
/*
 * Makes p the active policy for every later policy_slot_get; takes a reference of its own. E_CONFLICT, with the reasons
 * in *report, and the old one stays: a test fails, there is no test, or policy_succeeds() refuses.
 */
MUST_USE enum status policy_slot_activate(struct policy_slot *slot, struct policy *p, struct buf *report);
/* Rises with each activation; caches of decisions carry it. */
uint64_t policy_slot_epoch(struct policy_slot *slot);
void policy_slot_free(struct policy_slot *slot);

#endif
