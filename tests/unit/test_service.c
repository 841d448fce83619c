/* test_service.c: what daemons share when they start. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/service.h"
#include "tests/unit/expect.h"

Test(service, directory_of_a_path)
{
	static const char *const rows[][2] = {
		{ "/run/ombud/log.sock", "/run/ombud" },
		{ "/log.sock", "/" },
		{ "log.sock", "." },
		{ "a/b", "a" },
		{ "a//b", "a/" },
	};
	char dir[SERVICE_PATH_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_str_eq(service_directory(rows[i][0], dir), rows[i][1]);
}

Test(service, a_directory_of_somebody_else_is_refused)
{
	char path[] = "/tmp/test-service-XXXXXX";

	cr_assert_not_null(mkdtemp(path));
	EXPECT_OK(service_may_write(path));
	if (geteuid() == 0) {
		cr_assert_eq(seteuid(65534), 0);
		EXPECT_STATUS(E_DENIED, service_may_write(path));
		cr_assert_eq(seteuid(0), 0);
	}
	cr_assert_eq(rmdir(path), 0);
}

static void
count(evutil_socket_t number, short what, void *arg)
{
	(void)what;
	*(int *)arg += number == SIGUSR1;
}

Test(service, signals_arrive_on_the_loop_and_no_more_after_the_end)
{
	const struct service_signal rows[] = { { SIGUSR1, count }, { SIGUSR2, count } };
	struct event_base *base = event_base_new();
	struct service_signals signals = { 0 };
	int got = 0;

	EXPECT_OK(service_listen(&signals, base, rows, 2, &got));
	cr_assert_eq(raise(SIGUSR1), 0);
	cr_assert_eq(raise(SIGUSR2), 0);
	cr_assert_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	cr_assert_eq(got, 1);
	service_deafen(&signals);
	service_deafen(&signals);
	event_base_free(base);
}
