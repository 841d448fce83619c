/* What a User-Agent header is called in plain words. */
#include "authd/http/agent_name.h"

#include "tests/unit/expect.h"

static void
is(const char *header, const char *program, const char *system)
{
	const struct agent_name got = agent_name(str_of(header));

	cr_expect_str_eq(got.program, program, "%s is %s", header, got.program);
	cr_expect_str_eq(got.system, system, "%s runs on %s", header, got.system);
}

Test(agent_name, knows_browsers_that_people_use)
{
	is("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
	   "Chrome", "Linux");
	is("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox", "Windows");
	is("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
	   "Safari/605.1.15",
	   "Safari", "macOS");
}

/* Each of these says Chrome or Safari, too, and two of the systems say that they are like another. */
Test(agent_name, is_not_deceived_by_names_of_others)
{
	is("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
	   "YaBrowser/25.10.0.0 Safari/537.36",
	   "Яндекс Браузер", "Windows");
	is("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
	   "Safari/537.36 Edg/140.0.0.0",
	   "Edge", "Windows");
	is("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	   "CriOS/140.0.0.0 Mobile/15E148 Safari/604.1",
	   "Chrome", "iPhone");
	is("Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 "
	   "Chrome/130.0.0.0 Mobile Safari/537.36",
	   "Samsung Internet", "Android");
}

Test(agent_name, knows_no_more_than_it_is_told)
{
	const struct agent_name none = agent_name(STR("")), tool = agent_name(STR("curl/8.5.0")),
				half = agent_name(STR("own-program/1 (Linux)"));

	cr_expect_null(none.program);
	cr_expect_null(none.system);
	cr_expect_null(tool.program);
	cr_expect_null(half.program);
	cr_expect_str_eq(half.system, "Linux");
}
