/* test_tag_memory.c: it may forget, but it never claims to know a tag that it was not told. */
#include <pthread.h>
#include <stdio.h>

#include "auditlog/core/entry.h"
#include "authd/audit/tag_memory.h"
#include "tests/unit/expect.h"

static void
memory_freep(struct tag_memory **m)
{
	tag_memory_free(*m);
}

/* A tag of 22 characters for each number. */
static struct str
tag(char text[ENTRY_TAG_LEN + 1], unsigned n)
{
	(void)snprintf(text, ENTRY_TAG_LEN + 1, "tag%019u", n);
	return str_from(text, ENTRY_TAG_LEN);
}

Test(tag_memory, what_was_added_is_there_and_nothing_else)
{
	CLEANUP(memory_freep) struct tag_memory *m = NULL;
	char a[ENTRY_TAG_LEN + 1], b[ENTRY_TAG_LEN + 1];

	EXPECT_OK(tag_memory_new(&m));
	cr_assert_not(tag_memory_has(m, tag(a, 1)));
	tag_memory_add(m, tag(a, 1));
	tag_memory_add(m, tag(a, 1));
	cr_assert(tag_memory_has(m, tag(a, 1)));
	cr_assert_not(tag_memory_has(m, tag(b, 2)));
}

Test(tag_memory, what_is_no_tag_is_never_there)
{
	CLEANUP(memory_freep) struct tag_memory *m = NULL;
	static const char zeros[ENTRY_TAG_LEN + 2];

	EXPECT_OK(tag_memory_new(&m));
	tag_memory_add(m, STR("short"));
	tag_memory_add(m, STR(""));
	tag_memory_add(m, str_from(zeros, ENTRY_TAG_LEN + 1));
	cr_assert_not(tag_memory_has(m, STR("short")));
	cr_assert_not(tag_memory_has(m, STR("")));
	cr_assert_not(tag_memory_has(m, (struct str){ 0 }));
	cr_assert_not(tag_memory_has(m, str_from(zeros, ENTRY_TAG_LEN + 1)));
	tag_memory_free(NULL);
}

Test(tag_memory, past_its_size_it_forgets_and_stays_right)
{
	CLEANUP(memory_freep) struct tag_memory *m = NULL;
	char text[ENTRY_TAG_LEN + 1];
	unsigned kept = 0;

	EXPECT_OK(tag_memory_new(&m));
	for (unsigned i = 0; i < 200000; i++) {
		tag_memory_add(m, tag(text, i));
		cr_assert(tag_memory_has(m, tag(text, i)));
	}
	for (unsigned i = 0; i < 200000; i++)
		kept += tag_memory_has(m, tag(text, i));
	cr_assert_gt(kept, 40000, "most of its places are in use");
	cr_assert_lt(kept, 100000, "it does not grow");
	for (unsigned i = 200000; i < 300000; i++)
		cr_assert_not(tag_memory_has(m, tag(text, i)));
}

static void *
add_many(void *arg)
{
	char text[ENTRY_TAG_LEN + 1];

	for (unsigned i = 0; i < 20000; i++)
		tag_memory_add(arg, tag(text, i));
	return NULL;
}

Test(tag_memory, threads_never_see_half_a_tag)
{
	CLEANUP(memory_freep) struct tag_memory *m = NULL;
	pthread_t threads[2];
	char text[ENTRY_TAG_LEN + 1];

	EXPECT_OK(tag_memory_new(&m));
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_create(&threads[i], NULL, add_many, m);
	for (unsigned i = 500000; i < 520000; i++)
		cr_assert_not(tag_memory_has(m, tag(text, i)));
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	cr_assert(tag_memory_has(m, tag(text, 19999)));
}

Test(tag_memory, nothing_is_left_after_an_erasure)
{
	CLEANUP(memory_freep) struct tag_memory *m = NULL;
	char text[ENTRY_TAG_LEN + 1];

	EXPECT_OK(tag_memory_new(&m));
	for (unsigned i = 0; i < 1000; i++)
		tag_memory_add(m, tag(text, i));
	tag_memory_forget(m);
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_not(tag_memory_has(m, tag(text, i)));
	tag_memory_add(m, tag(text, 7));
	cr_assert(tag_memory_has(m, tag(text, 7)), "and it goes on");
}
