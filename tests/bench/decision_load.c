/*
 * decision_load.c: the measuring part of `./run bench decisions`. Prints one line of JSON.
 *
 *   decision_load fill URL BUNDLE PEOPLE [SERVICE KEYD EVERY]   an empty database gets so many people (crowd.h); only
 * of SERVICE, and each EVERYth with a key that authd-keyd at KEYD made decision_load facts URL BUNDLE PEOPLE SECONDS
 * decisions on it, each beside one look-up by primary key decision_load core BUNDLE SECONDS                decisions
 * without a database, beside a walk through all permissions decision_load bundle BUNDLE                      what it
 * takes to load it and to run its tests
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/access/facts.h"
#include "authd/authd.h"
#include "authd/store/store_person.h"
#include "tests/bench/crowd.h"

#define SAMPLES_MOST 4000000
#define BLOCK        64   /* decisions without a database between two looks at the clock */
#define QUESTIONS    4096 /* different ones, so that what they need does not stay in the processor's nearest cache */
#define ENTRY_BYTES  400
#define WARM_PART    4 /* a quarter of the time before it counts */
#define WAIT_US      (10 * SECOND_US)

static NORETURN void
fail(const char *what)
{
	(void)fprintf(stderr, "decision_load: %s\n", what);
	exit(3);
}

static void
must(enum status st, const char *what)
{
	if (st != OK) {
		(void)fprintf(stderr, "decision_load: %s\n", status_name(st));
		fail(what);
	}
}

static uint64_t
number(const char *text)
{
	uint64_t n = 0;

	if (str_to_u64(str_of(text), INT64_MAX / SECOND_US, &n) != OK)
		fail("a number is expected");
	return n;
}

static struct policy *
load(const char *dir)
{
	struct conf_error err = { 0 };
	struct policy *p = NULL;

	if (policy_load(dir, &p, &err) != OK)
		fail(err.text);
	return p;
}

/* ---- how long things took ---- */

struct samples {
	uint32_t *ns;
	size_t n;
};

static struct samples
samples_new(void)
{
	struct samples s = { .ns = malloc(SAMPLES_MOST * sizeof(*s.ns)) };

	if (s.ns == NULL)
		fail("no memory");
	return s;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* From start to now, shared among so many; now. */
static int64_t
samples_add(struct samples *s, int64_t start, int64_t shared)
{
	int64_t now = now_ns(), each = (now - start) / shared;

	if (s->n < SAMPLES_MOST)
		s->ns[s->n++] = each < UINT32_MAX ? (uint32_t)each : UINT32_MAX;
	return now;
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double
quantile_us(struct samples *s, size_t thousandths)
{
	if (s->n == 0)
		fail("nothing was measured");
	qsort(s->ns, s->n, sizeof(*s->ns), by_size);
	return (double)s->ns[(s->n - 1) * thousandths / 1000] / 1000;
}

/* ---- fill ---- */

static void
print_keyed(const struct crowd *c, const struct crowd_keyed *keyed)
{
	char name[CROWD_ID_MOST];

	for (uint64_t i = 0; keyed->keys != NULL && i < c->people; i += keyed->every)
		printf("%s\"%s\"", i == 0 ? "" : ",", crowd_name(name, CROWD_PERSON, i).p);
}

static void
cmd_fill(char **args, int count)
{
	struct policy *p = load(args[1]);
	struct crowd_keyed keyed = { 0 };
	const int64_t start = clock_mono_us();
	struct store *db = NULL;
	size_t record = 0;
	struct crowd c;

	if (count > 3) {
		must(keys_open(args[4], &keyed.keys), "nobody answers at the socket of authd-keyd");
		keyed.every = number(args[5]);
	}
	must(crowd_new(p, count > 3 ? str_of(args[3]) : STR(""), number(args[2]), &c), "the bundle has no consents");
	must(store_open(str_of(args[0]), &db), args[0]);
	must(store_migrate(db), "the schema");
	store_close(db);
	must(crowd_fill(&c, &keyed, str_of(args[0]), &record), "the crowd");
	printf("{\"people\":%llu,\"officials\":%llu,\"seconds\":%.3f,\"record_bytes\":%zu,\"keyed\":[",
	       (unsigned long long)c.people, (unsigned long long)c.staff, (double)(clock_mono_us() - start) / 1e6,
	       record);
	print_keyed(&c, &keyed);
	printf("]}\n");
	keys_close(keyed.keys);
	crowd_clear(&c);
	policy_unref(p);
}

/* ---- facts: as authd asks for them, on a worker ---- */

struct lookup {
	char sub[CROWD_ID_MOST];
	struct store_person found;
};

static void
lookup_clear(void *arg)
{
	store_person_clear(&((struct lookup *)arg)->found);
}

static enum status
lookup_run(void *arg, void *worker_ctx)
{
	struct lookup *l = arg;

	return store_person_find(worker_ctx, str_of(l->sub), &l->found);
}

static void
look_up(struct authd *a, uint64_t i)
{
	CLEANUP(worker_arg_dropp) struct lookup *l = worker_arg_new(sizeof(*l), lookup_clear);

	if (l == NULL)
		fail("no memory");
	(void)crowd_name(l->sub, CROWD_PERSON, i);
	must(worker_run(a->pool, lookup_run, l, WAIT_US), "a look-up by primary key");
}

static struct decision_request
request_of(const struct crowd_target *t, struct str category)
{
	return (struct decision_request){
		.caller = str_of(t->service->id),
		.subject = str_of(t->service->id),
		.service = str_of(t->service->id),
		.action = STR("read"),
		.category = category,
		.purpose = str_of(t->purpose->id),
		.has_operator = true,
		.now_us = clock_now_us(),
	};
}

/* An official of the service asks about the person who agreed to it: always permitted. */
static void
decide(struct authd *a, const struct crowd *c, uint64_t i, uint64_t random)
{
	CLEANUP(facts_dropp) struct facts *f = NULL;
	const struct crowd_target *t = crowd_target_of(c, i);
	const struct decision_request req = request_of(t, t->category[random % t->category_count]);
	char person[CROWD_ID_MOST], pseudonym[CROWD_ID_MOST];
	const struct facts_query q = {
		.sub = crowd_name(person, CROWD_PERSON, i),
		.service = req.service,
		.purpose = req.purpose,
		.category = req.category,
		.operator_id = crowd_name(pseudonym, CROWD_PSEUDONYM, crowd_official(c, i, random >> 8)),
		.organisation = str_of(t->service->organisation->id),
		.now_us = req.now_us,
	};
	struct decision_facts facts;
	struct decision verdict;

	must(facts_gather(a, &q, &f), "the facts of a decision");
	facts = facts_for(f, c->policy, t->purpose, 3);
	must(decision_evaluate(c->policy, &req, &facts, &verdict), "a decision");
	if (!verdict.permit)
		fail(reason_name(verdict.reason));
}

static enum status
open_db(void *factory, void **worker_ctx)
{
	return store_open(str_of(factory), (struct store **)worker_ctx);
}

static void
close_db(void *worker_ctx)
{
	store_close(worker_ctx);
}

static void
cmd_facts(char **args, int count UNUSED)
{
	const struct worker_options options = {
		.threads = 1, .name = "bench", .open = open_db, .close = close_db, .factory = args[0]
	};
	struct samples decisions = samples_new(), lookups = samples_new();
	struct authd a = { 0 };
	struct policy *p = load(args[1]);
	int64_t end, warm;
	struct crowd c;

	must(crowd_new(p, STR(""), number(args[2]), &c), "the bundle has no consents");
	must(worker_pool_new(&options, &a.pool), args[0]);
	warm = clock_mono_us() + (int64_t)number(args[3]) * SECOND_US / WARM_PART;
	end = warm + (int64_t)number(args[3]) * SECOND_US;
	for (uint64_t round = crowd_mix((uint64_t)warm); clock_mono_us() < end; round++) {
		uint64_t random = crowd_mix(round);
		int64_t at = now_ns();

		if (clock_mono_us() < warm)
			decisions.n = lookups.n = 0;
		decide(&a, &c, random % c.people, random >> 32);
		at = samples_add(&decisions, at, 1);
		look_up(&a, crowd_mix(random) % c.people);
		(void)samples_add(&lookups, at, 1);
	}
	printf("{\"decisions\":%zu,\"p50_us\":%.3f,\"p99_us\":%.3f,\"lookup_p50_us\":%.3f,\"lookup_p99_us\":%.3f}\n",
	       decisions.n, quantile_us(&decisions, 500), quantile_us(&decisions, 990), quantile_us(&lookups, 500),
	       quantile_us(&lookups, 990));
	worker_pool_free(a.pool);
	crowd_clear(&c);
	policy_unref(p);
	free(decisions.ns);
	free(lookups.ns);
}

/* ---- the core alone ---- */

struct asked {
	struct decision_request req;
	struct decision_facts facts;
	const struct role *role;
	const struct purpose *purpose;
	const struct category *category;
};

static struct asked
ask(const struct crowd *c, uint64_t random)
{
	const struct crowd_target *t = crowd_target_of(c, random);
	const struct service *s = t->service;
	const struct purpose *u = s->purposes[(random >> 16) % s->purpose_count];
	const struct purpose_rule *rule = &u->rules[(random >> 32) % u->rule_count];
	uint64_t readers = purpose_rule_roles(rule, ACTION_READ, s->organisation->zone) & s->roles;
	struct asked a = { .req = request_of(t, str_of(rule->category->id)), .purpose = u, .category = rule->category };

	if (readers == 0)
		fail("a rule that nobody may use");
	a.role = policy_role_at(c->policy, (size_t)__builtin_ctzll(readers));
	a.req.purpose = str_of(u->id);
	a.facts = (struct decision_facts){
		.known = true,
		.active = true,
		.service_active = true,
		.operator_roles = a.role->bit,
		.acr = 3,
		.consent = { .state = CONSENT_GIVEN,
			     .until_us = a.req.now_us + DAY_US,
			     .logged = true,
			     .record_id = STR("0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a"),
			     .purpose_version = u->version,
			     .covers_category = true,
			     .actions = u->actions },
	};
	return a;
}

/* What a decision would cost that goes through the list of permissions until it finds one. */
static const struct policy_grant *
walk(const struct policy *p, const struct asked *a)
{
	const struct policy_grant *g;

	for (size_t i = 0; (g = policy_grant_at(p, i)) != NULL; i++)
		if (g->role == a->role && g->action == ACTION_READ && g->purpose == a->purpose &&
		    g->category == a->category)
			return g;
	fail("a permission is not in the list");
}

static void
decide_block(const struct policy *p, const struct asked *all, uint64_t round)
{
	for (uint64_t k = 0; k < BLOCK; k++) {
		const struct asked *a = &all[(round * BLOCK + k) % QUESTIONS];
		struct decision verdict;

		must(decision_evaluate(p, &a->req, &a->facts, &verdict), "a decision");
		if (!verdict.permit)
			fail(reason_name(verdict.reason));
	}
}

static size_t
rule_count(const struct policy *p)
{
	size_t n = 0;

	while (policy_grant_at(p, n) != NULL)
		n++;
	return n;
}

static void
cmd_core(char **args, int count UNUSED)
{
	struct samples decisions = samples_new(), walks = samples_new(), hashes = samples_new();
	struct asked *all = calloc(QUESTIONS, sizeof(*all));
	char entry[ENTRY_BYTES] = "x";
	struct policy *p = load(args[0]);
	int64_t end, warm;
	struct crowd c;

	must(crowd_new(p, STR(""), 1, &c), "the bundle has no consents");
	for (uint64_t i = 0; all != NULL && i < QUESTIONS; i++)
		all[i] = ask(&c, crowd_mix(i));
	warm = clock_mono_us() + (int64_t)number(args[1]) * SECOND_US / WARM_PART;
	end = warm + (int64_t)number(args[1]) * SECOND_US;
	for (uint64_t round = 0; all != NULL && clock_mono_us() < end; round++) {
		int64_t at = now_ns();

		if (clock_mono_us() < warm)
			decisions.n = walks.n = hashes.n = 0;
		decide_block(p, all, round);
		at = samples_add(&decisions, at, BLOCK);
		entry[0] += (char)(walk(p, &all[crowd_mix(round) % QUESTIONS])->action + 1);
		at = samples_add(&walks, at, 1);
		entry[1] = (char)hash_leaf(str_from(entry, sizeof(entry))).b[0];
		(void)samples_add(&hashes, at, 1);
	}
	printf("{\"decisions\":%zu,\"rules\":%zu,\"p50_us\":%.4f,\"walk_p50_us\":%.4f,\"hash_p50_us\":%.4f}\n",
	       decisions.n * BLOCK, rule_count(p), quantile_us(&decisions, 500), quantile_us(&walks, 500),
	       quantile_us(&hashes, 500));
	crowd_clear(&c);
	policy_unref(p);
	free(all);
	free(decisions.ns);
	free(walks.ns);
	free(hashes.ns);
}

/* ---- loading ---- */

static size_t
allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
cmd_bundle(char **args, int count UNUSED)
{
	CLEANUP(buf_clear) struct buf report = BUF(65536);
	const size_t before = allocated();
	int64_t start = clock_mono_us(), loaded, tested;
	struct policy *p = load(args[0]);
	size_t tests = 0, bytes = allocated() - before;

	loaded = clock_mono_us();
	if (policy_test(p, &tests, &report) != OK)
		fail("a test of the bundle fails");
	tested = clock_mono_us();
	printf("{\"rules\":%zu,\"bytes\":%zu,\"load_ms\":%.3f,\"tests\":%zu,\"tests_ms\":%.3f}\n", rule_count(p), bytes,
	       (double)(loaded - start) / 1000, tests, (double)(tested - loaded) / 1000);
	policy_unref(p);
}

static const struct {
	const char *name;
	int least, most; /* arguments */
	void (*run)(char **args, int count);
} commands[] = {
	{ "fill", 3, 6, cmd_fill },
	{ "facts", 4, 4, cmd_facts },
	{ "core", 2, 2, cmd_core },
	{ "bundle", 1, 1, cmd_bundle },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 < commands[i].least ||
		    argc - 2 > commands[i].most)
			continue;
		commands[i].run(argv + 2, argc - 2);
		return 0;
	}
	fail("fill URL BUNDLE PEOPLE [SERVICE KEYD EVERY] | facts URL BUNDLE PEOPLE SECONDS | core BUNDLE SECONDS | "
	     "bundle BUNDLE");
}
