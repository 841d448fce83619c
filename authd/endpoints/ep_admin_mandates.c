/*
 * ep_admin_mandates.c: /admin/v1/mandates: what /desk/mandates is for browsers, for programs. An official with their
 * own token proposes, another one reads the paper and confirms, any of them ends one; the rules and the entries are
 * those of access/mandating.h. Over the admin socket there is no person who could say yes to anything: it lists and
 * shows, and opens no paper.
 */
#include "auditlog/base/clock.h"
#include "authd/access/desk.h"
#include "authd/access/mandating.h"
#include "authd/access/officer.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/endpoints/ep_mandates.h"
#include "authd/http/json_write.h"
#include "authd/store/store_person.h"

#define WORDS_MOST 32

static json_t *
time_or_null(int64_t us)
{
	CLEANUP(buf_clear) struct buf b = BUF(32);

	if (us == 0)
		return json_null();
	clock_put_rfc3339_seconds(&b, us);
	return json_stringn(b.p, b.n);
}

static json_t *
text_or_null(struct str s)
{
	return s.p != NULL && s.n > 0 ? json_of_str(s) : json_null();
}

/* state is what somebody wrote down, holds whether one may act under it now, or why not. */
static json_t *
item(const struct store_mandate *m)
{
	const char *holds = mandate_fault_name(mandate_judge(m, STR(""), 0, clock_now_us()));

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "id",
			 json_of_str(m->mandate_id), "represented", json_of_str(m->sub), "representative",
			 text_or_null(m->representative), "kind", json_of_str(m->kind), "state", json_of_str(m->state),
			 "holds", holds, "purposes", ep_mandates_words(m->purposes), "actions", ep_mandates_actions(m),
			 "from", time_or_null(m->from_us), "until", time_or_null(mandate_end_us(m)), "organisation",
			 text_or_null(m->organisation), "registrar", text_or_null(m->operator_id), "confirmer",
			 text_or_null(m->confirmer), "reason", text_or_null(m->reason), "ended",
			 time_or_null(m->ended_us), "frozen", time_or_null(m->frozen_us), "log_index",
			 (json_int_t)m->log_index);
}

/* ---- who asks ---- */

/* Whoever must choose a duty first does that at /desk. */
static enum status
find_officer(struct request *rq, struct officer *o)
{
	if (rq->who.kind == PRINCIPAL_ADMIN)
		return request_fail(
		    rq, E_DENIED, "person_needed",
		    "one official registers a mandate and another confirms it, each with a token of their own");
	TRY(officer_find(rq, o));
	return o->duty_count == 0
		   ? OK
		   : request_fail(rq, E_DENIED, "sod_conflict", "choose at /desk which of your duties this is for");
}

/* Over the socket it is on record what kind of data was read, and whose. */
static enum status
record_read(struct request *rq, const char *what, struct str sub)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;
	enum status st = sub.n > 0 ? store_person_find(request_store(rq), sub, &p) : OK;

	if (st != OK && st != E_NOT_FOUND)
		return st;
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	return ep_admin_record_read(rq, what, &who);
}

/* ---- looking ---- */

static struct str
filter_of(const struct request *rq, const char *name)
{
	struct str s = form_get(&rq->query, name);

	return s.p != NULL ? s : STR("");
}

static enum status
read_filter(struct request *rq, struct store_mandate_filter *f)
{
	static const char *const states[] = { "", "proposed", "active", "revoked", "ended" };
	enum mandate_kind kind;

	*f = (struct store_mandate_filter){ .sub = filter_of(rq, "represented"),
					    .representative = filter_of(rq, "representative"),
					    .state = filter_of(rq, "state"),
					    .kind = filter_of(rq, "kind") };
	if (f->kind.n > 0 && mandate_kind_parse(f->kind, &kind) != OK)
		return request_fail(rq, E_INVALID, "invalid_request",
				    "kind must be parent, guardian, power_of_attorney or heir");
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (str_is(f->state, states[i]))
			return OK;
	return request_fail(rq, E_INVALID, "invalid_request", "state must be proposed, active, revoked or ended");
}

static enum status
read_page(struct request *rq, struct store_mandate_filter *f, struct store_mandate_list *out)
{
	const struct str named = f->sub.n > 0 ? f->sub : f->representative;
	struct officer o = { 0 };
	struct str cursor;
	int limit;

	TRY(ep_admin_page(rq, &limit, &cursor));
	if (rq->who.kind == PRINCIPAL_ADMIN) {
		TRY(record_read(rq, "mandates.listed", named));
		return store_mandate_page(request_store(rq), f, cursor, limit, out);
	}
	TRY(find_officer(rq, &o));
	TRY(mandating_list(rq, &o, f, cursor, limit, out));
	/* That there are none of somebody is about them, too. */
	return out->count > 0 || named.n > 0 ? desk_record_list(rq, &o, "mandates", named) : OK;
}

enum status
ep_admin_mandates(struct request *rq)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list list = { 0 };
	struct store_mandate_filter filter;
	json_t *records;

	TRY(read_filter(rq, &filter));
	TRY(read_page(rq, &filter, &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, item(&list.items[i]));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

static enum status
say(struct request *rq, int http, struct str id)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };

	TRY(store_mandate_find(request_store(rq), id, &m));
	return ep_admin_say(rq, http, item(&m));
}

static enum status
show_unopened(struct request *rq)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };

	TRY(store_mandate_find(request_store(rq), rq->param[0], &m));
	TRY(record_read(rq, "mandate.read", m.sub));
	return ep_admin_say(rq, 200, item(&m));
}

enum status
ep_admin_mandate(struct request *rq)
{
	CLEANUP(mandating_look_clear) struct mandating_look l = { 0 };
	CLEANUP(json_decrefp) json_t *body = NULL;
	struct officer o = { 0 };

	if (rq->who.kind == PRINCIPAL_ADMIN)
		return show_unopened(rq);
	TRY(find_officer(rq, &o));
	TRY(mandating_look(rq, &o, rq->param[0], &l));
	body = item(&l.mandate);
	if (body == NULL || json_object_set_new(body, "digest", json_string(l.digest)) != 0)
		return E_NOMEM;
	if (l.paper != NULL && json_object_set(body, "document", l.paper) != 0)
		return E_NOMEM;
	return ep_admin_say(rq, 200, json_incref(body));
}

/* ---- registering ---- */

struct asked {
	struct mandating_terms terms;
	struct str purposes[WORDS_MOST], actions[WORDS_MOST];
	size_t purpose_count, action_count;
};

static enum status
read_paper(struct json_in *in, struct mandate_paper *out)
{
	static const char *const members[] = { "kind", "number", "issued", "issuer", "sha256", NULL };
	struct json_in paper;

	TRY(json_need_object(in, "document", &paper));
	TRY(json_only(&paper, members));
	TRY(json_need_str(&paper, "kind", MANDATE_PAPER_KIND_MOST, &out->kind));
	TRY(json_need_str(&paper, "number", MANDATE_PAPER_NUMBER_MOST, &out->number));
	TRY(json_need_str(&paper, "issued", 10, &out->issued));
	TRY(json_need_str(&paper, "issuer", MANDATE_PAPER_ISSUER_MOST, &out->issuer));
	return json_opt_str(&paper, "sha256", 64, &out->sha256);
}

static enum status
read_asked(struct json_in *in, struct asked *out)
{
	static const char *const members[] = { "represented", "representative", "kind",     "document", "born",
					       "zone",        "until",          "purposes", "actions",  NULL };
	struct mandating_terms *t = &out->terms;

	TRY(json_only(in, members));
	TRY(json_need_str(in, "represented", 128, &t->sub));
	TRY(json_need_str(in, "representative", 128, &t->representative));
	TRY(json_need_str(in, "kind", 32, &t->kind));
	TRY(read_paper(in, &t->paper));
	TRY(json_opt_str(in, "born", 10, &t->born));
	TRY(json_opt_str(in, "zone", 64, &t->zone));
	TRY(json_opt_str(in, "until", 10, &t->until));
	TRY(json_opt_strs(in, "purposes", 64, out->purposes, WORDS_MOST, &out->purpose_count));
	return json_opt_strs(in, "actions", 16, out->actions, WORDS_MOST, &out->action_count);
}

static void
join(const struct str *words, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_put_char(out, ' ');
		buf_put(out, words[i]);
	}
}

/* Everything, unless something is named. */
static enum status
fill_scope(struct request *rq, struct asked *a, struct buf *purposes)
{
	CLEANUP(buf_clear) struct buf actions = BUF(1024);

	a->terms.actions = MANDATE_ALL;
	join(a->actions, a->action_count, &actions);
	join(a->purposes, a->purpose_count, purposes);
	TRY(buf_status(&actions));
	TRY(buf_status(purposes));
	a->terms.purposes = a->purpose_count > 0 ? buf_str(purposes) : STR("*");
	if (a->action_count > 0 && mandate_actions_parse(buf_str(&actions), &a->terms.actions) != OK)
		return request_fail(rq, E_INVALID, "invalid_request",
				    "actions are see, give, withdraw, ask, object and export");
	return OK;
}

enum status
ep_admin_mandate_register(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	CLEANUP(buf_clear) struct buf purposes = BUF(4096);
	char id[MANDATING_ID_MOST + 1];
	struct json_why why = { 0 };
	struct asked asked = { 0 };
	struct officer o = { 0 };
	struct json_in in;
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &in));
	st = read_asked(&in, &asked);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(find_officer(rq, &o));
	TRY(fill_scope(rq, &asked, &purposes));
	TRY(mandating_register(rq, &o, &asked.terms, id));
	return say(rq, 201, str_of(id));
}

/* ---- confirming, ending ---- */

static enum status
read_word(struct request *rq, const char *name, size_t most, json_t **root, struct str *out)
{
	const char *const members[] = { name, NULL };
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;

	TRY(ep_admin_read(rq, root, &why, &in));
	st = json_only(&in, members);
	if (st == OK)
		st = json_need_str(&in, name, most, out);
	return st == OK ? OK : ep_admin_bad(rq, st, &why);
}

enum status
ep_admin_mandate_confirm(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct officer o = { 0 };
	struct str digest;

	TRY(read_word(rq, "digest", 64, &root, &digest));
	TRY(find_officer(rq, &o));
	TRY(mandating_confirm(rq, &o, rq->param[0], digest));
	return say(rq, 200, rq->param[0]);
}

enum status
ep_admin_mandate_revoke(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct officer o = { 0 };
	struct str reason;

	TRY(read_word(rq, "reason", 16, &root, &reason));
	TRY(find_officer(rq, &o));
	TRY(mandating_revoke(rq, &o, rq->param[0], reason));
	return say(rq, 200, rq->param[0]);
}
