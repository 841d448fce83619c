/*
 * bundle.h: reading a policy bundle, for the files of this folder that each read their part of it. Every refusal ends
 * as "file:line:column: what; what to do" in the bundle's error.
 */
#ifndef AUTHD_POLICY_BUNDLE_H
#define AUTHD_POLICY_BUNDLE_H

#include "authd/policy/policy_data.h"

struct bundle {
	struct policy *policy;
	const char *dir; /* NULL: the files are in the policy's sources already */
	struct conf_error *err;
	size_t files_read;
};

/* Reads dir/name. The tree lives as long as the policy. */
MUST_USE enum status bundle_file(struct bundle *b, const char *name, const struct conf_node **root);
/* Reads dir/name, which is a list of at least one and at most `most` maps, and makes room for its rows in *list. */
MUST_USE enum status bundle_list(struct bundle *b, const char *name, size_t row_size, size_t most,
				 struct policy_list *list, const struct conf_node **root);
/* Row number i, by its member `id`: well-formed and used once. */
MUST_USE enum status
bundle_name_row(struct bundle *b, const struct conf_node *item, struct policy_list *list, const void *row);
/* The row that a scalar names; kind ("role") is for the message. */
MUST_USE enum status bundle_find(struct bundle *b, const struct policy_list *list, const struct conf_node *name,
				 const char *kind, const void **row);
/* A list of names (NULL = empty) that are all different: calls take(ctx, row, node) for each. */
typedef enum status bundle_take(void *ctx, const void *row, const struct conf_node *name);
MUST_USE enum status bundle_each(struct bundle *b, const struct conf_node *names, const struct policy_list *list,
				 const char *kind, bundle_take *take, void *ctx);
/* A list (NULL = none) of different names without a table behind it: only that it is such a list. */
MUST_USE enum status bundle_scalars(struct bundle *b, const struct conf_node *names, const char *kind);
/* A full IRI from "https://…", "dpv:Name", "pd:Name", "ps:Name" or a bare name, which gets base. */
MUST_USE enum status bundle_iri(struct bundle *b, const struct conf_node *name, const char *base, const char **iri);
/* A required or optional (node NULL leaves both as they are) duration, as written and in microseconds, above zero. */
MUST_USE enum status bundle_duration(struct bundle *b, const struct conf_node *node, const char **text, int64_t *us);
/* A duration {count: N, per: PT1H}: N 1 .. 1,000,000. */
MUST_USE enum status bundle_frequency(struct bundle *b, const struct conf_node *node, struct limits_frequency *out);
/* A permission of a role, for whoever reports on the bundle; at most POLICY_GRANT_MOST. */
MUST_USE enum status bundle_grant(struct bundle *b, const struct policy_grant *grant);
/* Every entry of dir/sub whose name does not begin with a dot, sorted; a malloc'd NULL-ended array for
 * bundle_names_free. */
MUST_USE enum status bundle_names(struct bundle *b, const char *sub, char ***names);
void bundle_names_free(char ***names);

#define BUNDLE_DPV                 "https://w3id.org/dpv#"
#define BUNDLE_DPV_DATA            "https://w3id.org/dpv/pd#"
#define BUNDLE_DPV_PUBLIC_SERVICES "https://w3id.org/dpv/sector/publicservices#"

/* ---- one loader for each part, in the order in which they need each other ---- */

MUST_USE enum status category_load(struct bundle *b);
MUST_USE enum status category_load_statutes(struct bundle *b);
MUST_USE enum status notice_load(struct bundle *b);
/* What stands beside a notice that is read; and, once services are known, whom that means. */
MUST_USE enum status notice_recipients_read(struct bundle *b, struct notice *n);
MUST_USE enum status notice_recipients_load(struct bundle *b);
MUST_USE enum status purpose_load(struct bundle *b);
MUST_USE enum status role_load(struct bundle *b);
MUST_USE enum status separation_load(struct bundle *b);
MUST_USE enum status organisation_load(struct bundle *b);
MUST_USE enum status service_load(struct bundle *b);
MUST_USE enum status policy_test_load(struct bundle *b);
/* One test as tests/ have them; name and then may be missing, for a question (policy_report.h). */
MUST_USE enum status policy_test_read_case(struct bundle *b, const struct conf_node *node, struct policy_case *c);

#endif
