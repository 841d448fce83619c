/* expect.h: what tests of functions with a status say. */
#ifndef TESTS_UNIT_EXPECT_H
#define TESTS_UNIT_EXPECT_H

#include <criterion/criterion.h>

#include "auditlog/base/buf.h"

#define EXPECT_STATUS(wanted, expr)                                                                                    \
	do {                                                                                                           \
		enum status want_ = (wanted), got_ = (expr);                                                           \
		cr_assert(got_ == want_, "%s gives %s, not %s", #expr, status_name(got_), status_name(want_));         \
	} while (0)
#define EXPECT_OK(expr) EXPECT_STATUS(OK, expr)
#define EXPECT_STR(wanted, got)                                                                                        \
	do {                                                                                                           \
		struct str want_ = (wanted), got_ = (got);                                                             \
		cr_assert(str_eq(want_, got_), "%s is \"%.*s\", not \"%.*s\"", #got, STR_ARG(got_), STR_ARG(want_));   \
	} while (0)
/* What a buffer holds, with nothing having failed. */
#define EXPECT_BUF(wanted, b)                                                                                          \
	do {                                                                                                           \
		EXPECT_OK(buf_status(b));                                                                              \
		EXPECT_STR(str_of(wanted), buf_str(b));                                                                \
	} while (0)

#endif
