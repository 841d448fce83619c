#include "authd/store/store_gate.h"

#include <pthread.h>

#include "auditlog/base/clock.h"
#include "tests/unit/expect.h"

#define THREADS 8
#define ROUNDS  2000

static int inside, most_inside, entered;

static void *
go_in_and_out(void *arg)
{
	enum status *st = arg;

	for (int i = 0; i < ROUNDS && *st == OK; i++) {
		*st = store_gate_enter(clock_mono_us() + 60 * SECOND_US);
		if (*st != OK)
			break;
		if (++inside > most_inside)
			most_inside = inside;
		entered++;
		inside--;
		store_gate_leave();
	}
	return NULL;
}

Test(store_gate, one_at_a_time)
{
	pthread_t threads[THREADS];
	enum status results[THREADS] = { OK };

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, go_in_and_out, &results[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_OK(results[i]);
	}
	cr_assert_eq(most_inside, 1);
	cr_assert_eq(entered, THREADS * ROUNDS);
}

Test(store_gate, who_waits_past_the_deadline_is_turned_away_and_leaves_no_trace)
{
	EXPECT_OK(store_gate_enter(INT64_MAX));
	EXPECT_STATUS(E_UNAVAILABLE, store_gate_enter(clock_mono_us() - 1));
	EXPECT_STATUS(E_UNAVAILABLE, store_gate_enter(clock_mono_us() + 2000));
	store_gate_leave();
	EXPECT_OK(store_gate_enter(clock_mono_us()));
	store_gate_leave();
}

static void *
give_up_soon(void *arg)
{
	*(enum status *)arg = store_gate_enter(clock_mono_us() + 1000);
	return NULL;
}

Test(store_gate, those_who_give_up_do_not_take_others_out_of_the_queue)
{
	pthread_t quitters[THREADS], stayer;
	enum status quit[THREADS], stay = OK;

	EXPECT_OK(store_gate_enter(INT64_MAX));
	for (int i = 0; i < THREADS / 2; i++)
		pthread_create(&quitters[i], NULL, give_up_soon, &quit[i]);
	pthread_create(&stayer, NULL, go_in_and_out, &stay);
	for (int i = THREADS / 2; i < THREADS; i++)
		pthread_create(&quitters[i], NULL, give_up_soon, &quit[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(quitters[i], NULL);
		EXPECT_STATUS(E_UNAVAILABLE, quit[i]);
	}
	store_gate_leave();
	pthread_join(stayer, NULL);
	EXPECT_OK(stay);
	cr_assert_eq(entered, ROUNDS);
}
