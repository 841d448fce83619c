/* test_refusals.c: an attempt leaves a trace without what is somebody's, and an attacker cannot fill the log with them.
 */
#include "tests/unit/authd_maker.h"

#include "authd/audit/refusals.h"

static const struct route door = { .method = HTTP_POST, .path = "/consents/{id}/withdraw", .record_refusals = true };

struct scene {
	struct authd_maker *m;
	struct request_maker r;
};

static void
scene_freep(struct scene **sp)
{
	struct scene *s = *sp;

	request_maker_clear(&s->r);
	refusals_free(s->m->authd.refusals);
	authd_maker_freep(&s->m);
	free(s);
}

static struct scene *
scene_new(void)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->m = authd_maker_new();
	EXPECT_OK(refusals_new(&s->m->authd.refusals));
	request_maker_init(&s->r, s->m, &door);
	return s;
}

static const char *
entry_of(const struct scene *s, size_t i)
{
	cr_assert_lt(i, atomic_load(&s->m->count), "there is no entry %zu", i);
	return s->m->entries[i];
}

/* How many unrecorded attempts an entry tells of. */
static unsigned long
skipped_in(const char *entry)
{
	const char *at = strstr(entry, "\"skipped\":");

	return at == NULL ? 0 : strtoul(at + strlen("\"skipped\":"), NULL, 10);
}

Test(refusals, an_entry_says_what_was_tried_and_why_it_was_refused)
{
	CLEANUP(scene_freep) struct scene *s = scene_new();
	const char *entry;

	(void)request_fail(&s->r.rq, E_DENIED, "csrf_failed", "too old");
	EXPECT_OK(refusals_record(&s->r.rq, E_DENIED));
	cr_assert_eq(atomic_load(&s->m->count), 1);
	entry = entry_of(s, 0);
	cr_assert(strstr(entry, "\"event\":\"access.denied_request\"") != NULL, "%s", entry);
	cr_assert(strstr(entry, "\"reason\":\"csrf_failed\"") != NULL, "%s", entry);
	cr_assert(strstr(entry, "\"decision\":\"refuse\"") != NULL, "%s", entry);
	cr_assert(strstr(entry, "POST") != NULL, "%s", entry);
	cr_assert_eq(skipped_in(entry), 0);
}

Test(refusals, an_entry_holds_nothing_that_the_client_wrote)
{
	CLEANUP(scene_freep) struct scene *s = scene_new();
	const char *entry;

	s->r.http.path = STR("/consents/ivanov-anna/withdraw");
	s->r.http.target = STR("/consents/ivanov-anna/withdraw?name=ivanov");
	s->r.rq.param[0] = STR("ivanov-anna");
	(void)request_fail(&s->r.rq, E_UNAUTHENTICATED, NULL, "for ivanov");
	EXPECT_OK(refusals_record(&s->r.rq, E_UNAUTHENTICATED));
	entry = entry_of(s, 0);
	cr_assert_null(strstr(entry, "ivanov"), "%s", entry);
	cr_assert_null(strstr(entry, "192.0.2.7"), "no address in clear: %s", entry);
	cr_assert(strstr(entry, "{id}") != NULL, "the pattern of the route: %s", entry);
}

Test(refusals, past_the_bound_they_are_counted_and_told_by_a_later_entry)
{
	CLEANUP(scene_freep) struct scene *s = scene_new();
	const unsigned tries = 6 * REFUSALS_PER_SECOND;
	int64_t began = clock_mono_us(), seconds;
	unsigned long told = 0;
	size_t entries;

	for (unsigned i = 0; i < tries; i++)
		EXPECT_OK(refusals_record(&s->r.rq, E_UNAUTHENTICATED));
	seconds = (clock_mono_us() - began) / SECOND_US + 2; /* so many seconds they fell into at most */
	entries = atomic_load(&s->m->count);
	cr_assert_leq(entries, (size_t)(seconds * REFUSALS_PER_SECOND));
	cr_assert_geq(entries, REFUSALS_PER_SECOND);
	/* The next second's first entry tells of the others. */
	(void)usleep(1100000);
	EXPECT_OK(refusals_record(&s->r.rq, E_UNAUTHENTICATED));
	cr_assert_eq(atomic_load(&s->m->count), entries + 1);
	for (size_t i = 0; i <= entries; i++)
		told += skipped_in(entry_of(s, i));
	cr_assert_eq(entries + 1 + told, tries + 1, "%zu entries, %lu told", entries + 1, told);
}

Test(refusals, without_the_log_there_is_no_refusal_either)
{
	CLEANUP(scene_freep) struct scene *s = scene_new();
	const unsigned tries = 3 * REFUSALS_PER_SECOND;

	atomic_store(&s->m->log_refuses, true);
	for (unsigned i = 0; i < tries; i++)
		EXPECT_STATUS(E_UNAVAILABLE, refusals_record(&s->r.rq, E_DENIED));
	cr_assert_eq(atomic_load(&s->m->count), 0);
	atomic_store(&s->m->log_refuses, false);
	EXPECT_OK(refusals_record(&s->r.rq, E_DENIED));
	cr_assert_eq(skipped_in(entry_of(s, 0)), tries, "none of them is forgotten");
}
