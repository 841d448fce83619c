/*
 * verb.h: subcommands as rows of a table. Most of them are one request to authd: what they are called, which options
 * become parts of the request, how the answer is shown. What needs more than a row is a function of its own (run).
 */
#ifndef AUTHD_CTL_VERB_H
#define AUTHD_CTL_VERB_H

#include "authd/ctl/tell.h"

#define VERB_TEXTS_MAX 8  /* a verb */
#define VERB_ROWS_MAX  16 /* a noun */

enum verb_kind {
	VERB_SHOW,   /* GET: a page */
	VERB_PAGES,  /* GET, page after page of records: a table; also takes --limit, --cursor and --all */
	VERB_LIST,   /* GET, all records at once: a table */
	VERB_CHANGE, /* POST: a page of what is there now */
};

/* An option that authd gets under a name: a filter of a list, a member of what is posted. */
struct verb_text {
	const char *name;  /* of the option, and of the member */
	const char *value; /* what its value is called in the help text */
	const char *help;
	bool required;
	const char *member;    /* when it is called otherwise than the option */
	const char *otherwise; /* sent when the option is not given; NULL: nothing is */
	bool from_file;        /* the value names a file with a secret, which is what is sent; VERB_CHANGE */
};

struct verb {
	const char *name;    /* "withdraw" */
	const char *line;    /* what it does, in the list of its noun's commands */
	const char *summary; /* the sentence of its own help text */
	const char *more;    /* behind the options there, or NULL */
	enum verb_kind kind;
	const char *path;    /* below /admin/v1/: "consents/" */
	const char *operand; /* stands behind the path, escaped: "RECORD_ID"; NULL: the command takes none */
	const char *step;    /* stands behind that: "/withdraw", or NULL */
	bool token;          /* takes --token-file: authd takes that person for whoever asks */
	size_t any_of;       /* of the first so many options at least one must be given */
	struct verb_text texts[VERB_TEXTS_MAX]; /* ends at the first without a name */
	struct {
		const char *name, *value;
	} says;                          /* a member that is always posted so, or nothing */
	const struct tell_field *fields; /* lines of the page, columns of the table */
	size_t field_count;
	struct {
		const char *member; /* of a page: an array that is a table under it; NULL: there is none */
		const struct tell_field *fields;
		size_t field_count;
	} below;
	int (*run)(int argc, char **argv); /* instead of all but name and line; argv[0] is the verb */
};

/* How a row says its fields: .fields and .field_count. */
#define VERB_FIELDS(f) .fields = (f), .field_count = ARRAY_LEN(f)

/*
 * `authctl noun verb …`: finds the row that argv[1] names and does what it says; argv[0] is the noun, about is a
 * sentence for its help text. The exit status.
 */
int verb_dispatch(const char *about, const struct verb *verbs, size_t count, int argc, char **argv);

#endif
