/* listing.h: paged lists of authd: one page, or all of them with --all. */
#ifndef AUTHD_CTL_LISTING_H
#define AUTHD_CTL_LISTING_H

#include "authd/ctl/call.h"

struct listing {
	uint64_t limit; /* 0: as many as authd gives by itself */
	const char *cursor;
	bool all;
};

#define LISTING_OPTIONS(l)                                                                                             \
	{ .name = "limit",                                                                                             \
	  .type = CLI_UINT,                                                                                            \
	  .out = &(l)->limit,                                                                                          \
	  .value = "N",                                                                                                \
	  .help = "rows a page, 20 by itself",                                                                         \
	  .least = 1,                                                                                                  \
	  .most = 100 },                                                                                               \
	    { .name = "cursor",                                                                                        \
	      .type = CLI_TEXT,                                                                                        \
	      .out = &(l)->cursor,                                                                                     \
	      .value = "CURSOR",                                                                                       \
	      .help = "go on where the page before ended" },                                                           \
	{                                                                                                              \
		.name = "all", .type = CLI_FLAG, .out = &(l)->all, .help = "every page"                                \
	}

/* One filter of the list; not sent when value is NULL. */
struct listing_filter {
	const char *name;
	const char *value;
};

/*
 * Prints the list at "/admin/v1/" name: a table, or {"records":[…],"next":"…"} with --json. When a page is not the
 * last, the cursor of the next is said on stderr. The exit status.
 */
int listing_print(const struct ctl *c, const struct listing *l, const char *name, const struct listing_filter *filters,
		  size_t filter_count, const struct tell_field *fields, size_t n);

#endif
