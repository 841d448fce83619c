#include "authd/access/reporting.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/access/report_log.h"
#include "authd/access/report_publish.h"
#include "authd/access/service_level.h"
#include "authd/authd.h"
#include "authd/http/json_write.h"
#include "authd/store/store_service_level.h"
#include "authd/ticker.h"

#define BATCH     4096 /* entries in one round */
#define KEY_LABEL "ombud open reports v1"

struct reporting {
	struct authd *authd;
	struct store *db;
	struct ticker *ticker;
	/* What is being counted; NULL: nothing. */
	struct report *report;
	char rules[POLICY_HASH_LEN + 1];
	uint64_t from, next; /* entries from .. next-1 are counted */
	uint64_t shown;      /* next when the running month was published last */
	/* All months before this one have their report. */
	char settled[REPORT_MONTH_LEN + 1];
};

static void
drop(struct reporting *g)
{
	report_free(g->report);
	g->report = NULL;
	g->shown = 0;
}

/* The month to count, `now` when all before it have their report. */
static enum status
choose(struct reporting *g, struct report_log *s, struct report_month now, struct report_month *out)
{
	CLEANUP(store_report_list_clear) struct store_report_list made = { 0 };

	*out = now;
	if (strcmp(g->settled, now.text) == 0)
		return OK;
	TRY(store_report_all(g->db, &made));
	TRY(report_log_missing(s, &made, out));
	if (strcmp(out->text, now.text) == 0)
		memcpy(g->settled, now.text, sizeof(g->settled));
	return OK;
}

static enum status
begin(struct reporting *g, struct report_log *s, struct policy *rules)
{
	uint8_t key[REPORT_KEY_LEN];
	struct report_month now, m;

	_Static_assert(REPORT_KEY_LEN == KEYS_PEPPER_LEN, "the key of the reports is made by authd-keyd");
	if (g->report != NULL && !str_is(policy_hash(rules), g->rules))
		drop(g);
	if (g->report != NULL)
		return OK;
	TRY(report_log_newest(s, &now));
	TRY(choose(g, s, now, &m));
	if (strcmp(m.text, now.text) == 0 && !g->authd->config.reports.running_month)
		return E_END;
	TRY(report_log_first(s, m, &g->from));
	TRY(keys_pepper(g->authd->keys, STR(KEY_LABEL), key));
	TRY(report_new(rules, str_of(m.text), key, &g->report));
	snprintf(g->rules, sizeof(g->rules), "%.*s", STR_ARG(policy_hash(rules)));
	g->next = g->from;
	return OK;
}

/* ---- publishing ---- */

static enum status
publish(struct reporting *g, const struct report_log *s, bool complete)
{
	CLEANUP(json_decrefp) json_t *json = NULL, *served = NULL;
	struct report_place place = {
		.complete = complete, .from = g->from, .to = g->next, .at = &s->at, .fewest = REPORT_FEWEST
	};
	CLEANUP(buf_clear) struct buf body = BUF(REPORT_TEXT_MOST);
	struct store_report row = { .complete = complete, .month = report_month(g->report), .made_us = clock_now_us() };

	TRY(service_level_json(g->db, report_month(g->report), clock_now_us(), &served));
	place.served = served;
	TRY(report_publish_json(g->report, &place, &json));
	TRY(json_write_canonical(json, &body));
	row.body = buf_str(&body);
	TRY(store_report_put(g->db, &row));
	return complete ? store_service_level_drop(g->db, report_month(g->report)) : OK;
}

static enum status
go_on(struct reporting *g, struct report_log *s, struct policy *rules)
{
	bool over = false;

	TRY(begin(g, s, rules));
	TRY(report_log_count(s, g->report, &g->next, BATCH, &over));
	if (over) {
		TRY(publish(g, s, true));
		log_info("report.made", "month=%.*s entries=%llu", STR_ARG(report_month(g->report)),
			 (unsigned long long)(g->next - g->from));
		drop(g);
		return OK;
	}
	if (g->next < s->at.size || g->next == g->shown || !g->authd->config.reports.running_month)
		return OK;
	TRY(publish(g, s, false));
	g->shown = g->next;
	return OK;
}

static enum status
work(struct reporting *g)
{
	CLEANUP(policy_unrefp) struct policy *rules = policy_slot_get(g->authd->policy);
	CLEANUP(report_log_clear) struct report_log s = { 0 };

	if (rules == NULL)
		return OK;
	TRY(report_log_open(g->authd->config.log.dir, &s));
	return s.at.size == 0 ? OK : go_on(g, &s, rules);
}

/* What failed is tried again, from where it stopped; a count that may be half of a batch begins anew. */
static void
tick(void *arg)
{
	struct reporting *g = arg;
	const enum status st = work(g);

	if (st == OK || st == E_END)
		return;
	if (st != E_NOT_FOUND) /* nothing was published yet */
		log_warn(st, "report", "month=%s", g->report == NULL ? "" : report_month(g->report).p);
	drop(g);
}

enum status
reporting_start(struct authd *a, struct reporting **out)
{
	CLEANUP(freep) struct reporting *g = calloc(1, sizeof(*g));
	enum status st;

	if (g == NULL)
		return E_NOMEM;
	g->authd = a;
	TRY(store_open(str_of(a->config.store), &g->db));
	st = ticker_start(tick, g, &g->ticker);
	if (st != OK) {
		store_close(g->db);
		return st;
	}
	*out = STEAL(&g);
	return OK;
}

void
reporting_stop(struct reporting *g)
{
	if (g == NULL)
		return;
	ticker_stop(g->ticker);
	store_close(g->db);
	drop(g);
	free(g);
}
