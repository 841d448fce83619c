/* filter.h: which entries somebody asked for. */
#ifndef AUDITLOG_TOOL_FILTER_H
#define AUDITLOG_TOOL_FILTER_H

#include "auditlog/base/cli.h"
#include "auditlog/core/entry.h"

/* What the options say; everything absent matches everything. */
struct filter {
	const char *event, *service, *purpose, *from, *to, *tag;
	int64_t from_us, to_us; /* set by filter_ready() */
};

/* Rows for the table of a subcommand. */
#define FILTER_OPTIONS(f)                                                                                              \
	{ .name = "event",                                                                                             \
	  .type = CLI_TEXT,                                                                                            \
	  .out = &(f)->event,                                                                                          \
	  .value = "NAME",                                                                                             \
	  .help = "this event; access.* for a whole family" },                                                         \
	    { .name = "service", .type = CLI_TEXT, .out = &(f)->service, .value = "ID", .help = "by this service" },   \
	    { .name = "purpose",                                                                                       \
	      .type = CLI_TEXT,                                                                                        \
	      .out = &(f)->purpose,                                                                                    \
	      .value = "CODE",                                                                                         \
	      .help = "for this purpose; without a version (eligibility), for all its versions" },                     \
	    { .name = "tag",                                                                                           \
	      .type = CLI_TEXT,                                                                                        \
	      .out = &(f)->tag,                                                                                        \
	      .value = "TAG",                                                                                          \
	      .help = "about the person of this tag" },                                                                \
	    { .name = "from",                                                                                          \
	      .type = CLI_TEXT,                                                                                        \
	      .out = &(f)->from,                                                                                       \
	      .value = "TIME",                                                                                         \
	      .help = "not before this time (2026-11-21 or 2026-11-21T22:54:19Z)" },                                   \
	{                                                                                                              \
		.name = "to", .type = CLI_TEXT, .out = &(f)->to, .value = "TIME", .help = "before this time"           \
	}

/* Reads the times and refuses what can never match. CLI_GO, or CLI_USAGE after saying why. */
MUST_USE int filter_ready(struct filter *f, const char *program);
/* Reads nothing but its arguments: any thread. */
bool filter_match(const struct filter *f, const struct entry_view *v);

#endif
