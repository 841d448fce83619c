#include "authd/ctl/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "authd/http/json_write.h"

static struct ctl before = { .socket = CTL_SOCKET };

struct ctl
ctl_start(const char *program)
{
	struct ctl c = before;

	c.program = program;
	return c;
}

static void
wipe_and_free(void *p)
{
	if (p != NULL)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

static int
take_option(int argc, char **argv, int at, int *used)
{
	if (strcmp(argv[at], "--json") == 0) {
		before.json = true;
		*used = 1;
		return CLI_GO;
	}
	if (strncmp(argv[at], "--socket=", 9) == 0) {
		before.socket = argv[at] + 9;
		*used = 1;
	} else {
		if (at + 1 >= argc)
			return cli_usage_error("authctl", "--socket needs a value");
		before.socket = argv[at + 1];
		*used = 2;
	}
	return *before.socket != '\0' ? CLI_GO : cli_usage_error("authctl", "--socket is empty; give a PATH");
}

static bool
is_ours(const char *word)
{
	return strcmp(word, "--json") == 0 || strcmp(word, "--socket") == 0 || strncmp(word, "--socket=", 9) == 0;
}

int
ctl_setup(int argc, char **argv, int *used)
{
	int taken = 0;

	/* Passwords pass through here: no core dump, no other process of this user looks in. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return tell("authctl", CLI_CANNOT, "cannot forbid core dumps: %s", strerror(errno));
	json_set_alloc_funcs(malloc, wipe_and_free);
	for (*used = 0; *used + 1 < argc && is_ours(argv[*used + 1]); *used += taken)
		GO(take_option(argc, argv, *used + 1, &taken));
	return CLI_GO;
}

int
ctl_print(const struct ctl *c, const struct tell_field *fields, size_t n, const json_t *answer)
{
	CLEANUP(buf_clear) struct buf text = { 0 };

	if (c->json)
		tell_put_json(&text, answer);
	else
		tell_put_page(&text, fields, n, answer);
	return tell_out(c->program, &text);
}

/* ---- files ---- */

#define SECRET_FILE_MOST ((size_t)8192)

static enum status
read_stdin(struct secret *out)
{
	CLEANUP(secret_clear) struct secret space = { 0 };
	size_t n = 0;
	ssize_t got = 1;

	TRY(secret_new(SECRET_FILE_MOST, &space));
	while (got != 0 && n < SECRET_FILE_MOST) {
		got = read(STDIN_FILENO, space.p + n, SECRET_FILE_MOST - n);
		if (got < 0 && errno != EINTR)
			return E_IO;
		n += got > 0 ? (size_t)got : 0;
	}
	if (n == SECRET_FILE_MOST)
		return E_TOO_LARGE;
	return n == 0 ? E_INVALID : secret_copy(str_from(space.p, n), out);
}

static const char *
what_is_wrong(enum status st)
{
	switch (st) {
	case E_NOT_FOUND:
		return "there is no such file";
	case E_DENIED:
		return "not ours to open";
	case E_TOO_LARGE:
		return "it is too long";
	case E_INVALID:
		return "it is empty";
	default:
		return status_name(st);
	}
}

static size_t
without_line_end(const struct secret *s)
{
	size_t n = s->n;

	if (n > 0 && s->p[n - 1] == '\n')
		n--;
	return n > 0 && s->p[n - 1] == '\r' ? n - 1 : n;
}

int
ctl_read_file(const struct ctl *c, const char *path, struct buf *out)
{
	enum status st = file_read_at(AT_FDCWD, path, out);

	return st == OK ? CLI_GO : tell(c->program, CLI_CANNOT, "%s: %s", path, what_is_wrong(st));
}

int
ctl_secret(const struct ctl *c, const char *path, struct secret *out)
{
	CLEANUP(secret_clear) struct secret whole = { 0 };
	bool standard = strcmp(path, "-") == 0;
	enum status st = standard ? read_stdin(&whole) : secret_read_file(path, SECRET_FILE_MOST, &whole);

	if (st == OK && without_line_end(&whole) == 0)
		st = E_INVALID;
	if (st == OK)
		st = secret_copy(str_from(whole.p, without_line_end(&whole)), out);
	if (st != OK)
		return tell(c->program, CLI_CANNOT, "%s: %s%s", standard ? "standard input" : path, what_is_wrong(st),
			    st == E_DENIED ? ", or others may read it too; make it mode 0600" : "");
	return CLI_GO;
}

int
ctl_put_secret(const struct ctl *c, json_t *body, const char *name, const char *path)
{
	CLEANUP(secret_clear) struct secret s = { 0 };

	if (path == NULL)
		return CLI_GO;
	GO(ctl_secret(c, path, &s));
	if (json_object_set_new(body, name, json_of_str(secret_str(&s))) != 0)
		return tell(c->program, CLI_USAGE, "%s: not UTF-8 text", path);
	return CLI_GO;
}

int
ctl_put_text(const struct ctl *c, json_t *body, const char *name, const char *text)
{
	if (text == NULL)
		return CLI_GO;
	if (json_object_set_new(body, name, json_of_str(str_of(text))) != 0)
		return tell(c->program, CLI_USAGE, "%s: not UTF-8 text", name);
	return CLI_GO;
}

int
ctl_put_list(const struct ctl *c, json_t *body, const char *name, const struct cli_list *list)
{
	json_t *array;

	if (list->n == 0)
		return CLI_GO;
	array = json_array();
	for (size_t i = 0; i < list->n; i++)
		if (json_array_append_new(array, json_of_str(str_of(list->item[i]))) != 0) {
			json_decref(array);
			return tell(c->program, CLI_USAGE, "%s: not UTF-8 text", name);
		}
	return tell_status(c->program, "preparing the request",
			   json_object_set_new(body, name, array) == 0 ? OK : E_NOMEM);
}
