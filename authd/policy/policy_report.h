/*
 * policy_report.h: questions to a bundle: who may do what, which permissions its tests reach, why a decision comes out
 * as it does. Answers are JSON for programs; policy_report_put() makes text of the first for people. Nothing here names
 * a person: bundles know none.
 */
#ifndef AUTHD_POLICY_POLICY_REPORT_H
#define AUTHD_POLICY_POLICY_REPORT_H

#include "authd/policy/policy.h"

/* What is asked about; NULL: any. */
struct policy_question {
	const char *action; /* "read", "assist-consent" */
	const char *category;
	const char *purpose;
	const char *role;
	const char *service;
};

/*
 * {"rows":[{"action","category","purpose","service","organisation","basis","roles":[…],"acr","text":{"ru","en"}},…]},
 * from the compiled tables: what a decision would look up. Desk actions have rows without category, purpose and
 * service. E_NOT_FOUND: a name that the bundle does not have, said in *err; E_NOMEM.
 */
MUST_USE enum status
policy_who(const struct policy *p, const struct policy_question *q, json_t **out, struct conf_error *err);
/* One sentence a line. */
void policy_report_put(struct buf *out, const json_t *report, enum words_lang lang);

/*
 * {"permissions":N,"covered":N,"missing":[{"role","action","category","purpose","place","permit":bool,"refuse":bool}]}:
 * a permission is covered when one test is permitted by it and another one reaches it and is refused.
 */
MUST_USE enum status policy_coverage(const struct policy *p, json_t **out);

/*
 * Decides one request as a test of the bundle would, and tells every check of decision.c in its order with the place of
 * the rule: {"decision":bool,"reason","basis","policy","checks":[{"check","outcome","place"}],"text":{…}}. text is
 * JSON:
 * {"at","given","when"} as in a test, or an AuthZEN request with an optional "given". E_INVALID: err says what is
 * wrong.
 */
MUST_USE enum status policy_explain(struct policy *p, struct str text, json_t **out, struct conf_error *err);

#endif
