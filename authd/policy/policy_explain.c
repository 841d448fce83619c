#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/policy/bundle.h"
#include "authd/policy/policy_report.h"

/* ---- an AuthZEN request as a test of the bundle ---- */

/* Copies a member when it is there. */
static void
carry(json_t *to, const char *name, const json_t *from, const char *member)
{
	json_t *value = json_object_get(from, member);

	if (value != NULL && !json_is_null(value))
		json_object_set(to, name, value);
}

static json_t *
given_of(const json_t *request)
{
	const json_t *subject = json_object_get(json_object_get(request, "subject"), "properties");
	const json_t *said = json_object_get(request, "given");
	json_t *given = said != NULL ? json_deep_copy(said) : json_object();
	const char *acr = json_string_value(json_object_get(subject, "acr"));

	if (acr != NULL && json_object_get(given, "acr") == NULL)
		json_object_set_new(given, "acr", json_string(acr));
	if (json_object_get(subject, "operator") != NULL && json_object_get(given, "operator") == NULL) {
		json_t *roles = json_object_get(subject, "roles");

		json_object_set_new(given, "operator", json_pack("{s:O?}", "roles", roles));
	}
	return given;
}

static json_t *
case_of(const json_t *request)
{
	const json_t *action = json_object_get(request, "action"), *resource = json_object_get(request, "resource");
	const json_t *context = json_object_get(request, "context");
	const json_t *wanted = json_object_get(json_object_get(request, "subject"), "properties");
	CLEANUP(buf_clear) struct buf now = BUF(CLOCK_RFC3339_LEN);
	json_t *when = json_object(), *all = json_object();

	clock_put_rfc3339(&now, clock_now_us());
	carry(when, "service", json_object_get(request, "subject"), "id");
	carry(when, "action", action, "name");
	carry(when, "purpose", json_object_get(action, "properties"), "purpose");
	carry(when, "category", resource, "type");
	carry(when, "range", json_object_get(resource, "properties"), "range");
	carry(when, "emergency", context, "emergency");
	carry(when, "break_glass", context, "break_glass");
	carry(when, "roles", wanted, "roles");
	json_object_set_new(all, "at", json_stringn(now.p, now.n));
	carry(all, "at", context, "time");
	json_object_set_new(all, "given", given_of(request));
	json_object_set_new(all, "when", when);
	return all;
}

/* ---- where the rule of a check stands ---- */

struct told {
	const struct policy *policy;
	json_t *checks;
	bool failed;
};

static const struct conf_node *
grant_place(const struct policy *p, const struct decision *d, enum action action)
{
	const struct policy_grant *g = NULL;

	for (size_t i = 0; (g = policy_grant_at(p, i)) != NULL; i++) {
		if (g->purpose == d->purpose && g->category == d->category && g->action == action &&
		    (d->roles & g->role->bit) != 0)
			return g->node;
	}
	return NULL;
}

static const struct conf_node *
service_place(const struct policy *p, const struct decision *d)
{
	return d->service == NULL ? NULL
				  : policy_place(p, "services.yaml", (size_t)(d->service - policy_service_at(p, 0)));
}

/* A member of the purpose, or the purpose itself. */
static const struct conf_node *
purpose_place(const struct policy *p, const struct decision *d, const char *member)
{
	const struct conf_node *item = d->purpose != NULL ? policy_place(p, "purposes.yaml", d->purpose->index) : NULL;
	const struct conf_node *found = conf_get(item, member);

	return found != NULL ? found : item;
}

static const struct conf_node *
place_of(const struct policy *p, const struct decision *d, const struct decision_request *req, const char *check)
{
	if (strcmp(check, "service") == 0)
		return service_place(p, d);
	if (strcmp(check, "role") == 0)
		return grant_place(p, d, req->break_glass ? ACTION_BREAK_GLASS : d->action);
	if (strcmp(check, "separation") == 0)
		return policy_place(p, "separation.yaml", 0);
	if (strcmp(check, "purpose") == 0)
		return d->reason == REASON_PURPOSE_NOT_DECLARED ? conf_get(service_place(p, d), "purposes")
								: purpose_place(p, d, "categories");
	if (strcmp(check, "person") == 0)
		return purpose_place(p, d, "may_object");
	if (strcmp(check, "basis") == 0) {
		const struct conf_node *basis = purpose_place(p, d, "basis");
		const struct conf_node *own = d->category != NULL ? conf_get(basis, d->category->id) : NULL;

		return own != NULL ? own : basis;
	}
	if (strcmp(check, "limits") == 0)
		return purpose_place(p, d,
				     d->purpose != NULL && d->purpose->range_back_us != 0 ? "data_range" : "frequency");
	return purpose_place(p, d, "acr");
}

static void
on_check(void *ctx, const char *check, enum reason outcome)
{
	struct told *t = ctx;
	json_t *row = json_pack("{s:s, s:s}", "check", check, "outcome",
				outcome == REASON_NONE ? "passes" : reason_name(outcome));

	t->failed |= json_array_append_new(t->checks, row) != 0;
}

static enum status
add_places(const struct policy *p, const struct decision *d, const struct decision_request *req, json_t *checks)
{
	json_t *row = NULL;
	size_t i = 0;

	json_array_foreach(checks, i, row)
	{
		const struct conf_node *node = place_of(p, d, req, json_string_value(json_object_get(row, "check")));
		char place[512];

		if (node == NULL)
			continue;
		(void)snprintf(place, sizeof(place), "%.400s:%u:%u", conf_file(node), conf_line(node),
			       conf_column(node));
		if (json_object_set_new(row, "place", json_string(place)) != 0)
			return E_NOMEM;
	}
	return OK;
}

static enum status
decide(struct policy *p, const struct policy_case *c, json_t **out)
{
	struct told t = { .policy = p, .checks = json_array() };
	struct decision d = { 0 };
	struct str hash = policy_hash(p);
	CLEANUP(json_decrefp) json_t *report = NULL;

	TRY(decision_trace(p, &c->req, &c->facts, on_check, &t, &d));
	report =
	    json_pack("{s:b, s:s, s:s, s:s%, s:o, s:{s:s, s:s}}", "decision", d.permit, "reason", reason_name(d.reason),
		      "basis", basis_name(d.basis), "policy", hash.p, hash.n, "checks", t.checks, "text", "ru",
		      reason_for_operator(d.reason, WORDS_RU), "en", reason_for_operator(d.reason, WORDS_EN));
	if (report == NULL || t.failed)
		return E_NOMEM;
	TRY(add_places(p, &d, &c->req, t.checks));
	*out = STEAL(&report);
	return OK;
}

enum status
policy_explain(struct policy *p, struct str text, json_t **out, struct conf_error *err)
{
	CLEANUP(json_decrefp) json_t *root = NULL, *asked = NULL;
	CLEANUP(conf_freep) struct conf *conf = NULL;
	CLEANUP(buf_clear) struct buf yaml = BUF(1 << 20);
	struct json_why why = { 0 };
	struct policy_case c = { 0 };
	struct bundle b = { .policy = p, .err = err };

	if (json_read(text, (size_t)1 << 20, &root, &why) != OK) {
		(void)snprintf(err->text, sizeof(err->text), "request: %s", why.text);
		return E_INVALID;
	}
	asked = json_object_get(root, "subject") != NULL ? case_of(root) : json_incref(root);
	if (asked == NULL)
		return E_NOMEM;
	TRY(json_write(asked, &yaml));
	TRY(conf_parse("request", buf_str(&yaml), &conf, err));
	TRY(policy_test_read_case(&b, conf_root(conf), &c));
	return decide(p, &c, out);
}
