#include "authd/policy/bundle_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/file.h"

void
bundle_source_name(const struct bundle *b, const char *name, char *out, size_t room)
{
	(void)snprintf(out, room, "%s%s%s", b->dir != NULL ? b->dir : "", b->dir != NULL ? "/" : "", name);
}

/* Bytes that are not UTF-8 are kept as they are: whoever reads them says so, with the place. */
static enum status
keep(struct bundle *b, const char *name, struct str text)
{
	json_t *copy = json_stringn_nocheck(text.p != NULL ? text.p : "", text.n);

	return json_object_set_new(b->policy->sources, name, copy) == 0 ? OK : E_NOMEM;
}

static enum status
read_folder(struct bundle *b, const char *name, size_t most)
{
	CLEANUP(buf_clear) struct buf text = BUF(most);
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", b->dir, name) >= (int)sizeof(path))
		return E_TOO_LARGE;
	TRY(file_read_at(AT_FDCWD, path, &text));
	return keep(b, name, buf_str(&text));
}

enum status
bundle_source_read(struct bundle *b, const char *name, size_t most, struct str *out)
{
	const json_t *text = NULL;

	if (b->dir != NULL)
		TRY(read_folder(b, name, most));
	text = json_object_get(b->policy->sources, name);
	if (!json_is_string(text))
		return E_NOT_FOUND;
	*out = str_from(json_string_value(text), json_string_length(text));
	b->files_read++;
	return out->n <= most ? OK : E_TOO_LARGE;
}

/* ---- what is in a folder ---- */

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static enum status
list_folder(struct bundle *b, const char *sub, char ***names)
{
	char path[PATH_MAX];
	struct dirent **entries = NULL;
	int n = 0;
	enum status st = OK;

	if (snprintf(path, sizeof(path), "%s/%s", b->dir, sub) >= (int)sizeof(path))
		return E_INVALID;
	n = scandir(path, &entries, not_hidden, alphasort);
	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR ? E_NOT_FOUND : errno == ENOMEM ? E_NOMEM : E_IO;
	*names = calloc((size_t)n + 1, sizeof(**names));
	if (*names == NULL)
		st = E_NOMEM;
	for (int i = 0; i < n; i++) {
		if (st == OK && ((*names)[i] = strdup(entries[i]->d_name)) == NULL)
			st = E_NOMEM;
		free(entries[i]);
	}
	free(entries);
	return st;
}

/* The part of key behind "sub/" up to the next slash; empty when the file is elsewhere. */
static struct str
part_in(const char *key, struct str sub)
{
	struct str rest = str_of(key);

	if (!str_starts(rest, sub) || rest.n <= sub.n + 1 || rest.p[sub.n] != '/')
		return STR("");
	rest = str_slice(rest, sub.n + 1, rest.n);
	return str_slice(rest, 0, str_find_char(rest, '/'));
}

static bool
has_name(char **names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(name, names[i]))
			return true;
	}
	return false;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum status
list_object(struct bundle *b, const char *sub, char ***names)
{
	const char *key = NULL;
	json_t *text = NULL;
	size_t n = 0;

	*names = calloc(json_object_size(b->policy->sources) + 1, sizeof(**names));
	if (*names == NULL)
		return E_NOMEM;
	json_object_foreach(b->policy->sources, key, text)
	{
		struct str part = part_in(key, str_of(sub));

		if (part.n == 0 || part.p[0] == '.' || has_name(*names, n, part))
			continue;
		TRY(str_dup(part, &(*names)[n]));
		n++;
	}
	qsort(*names, n, sizeof(**names), compare_names);
	return n > 0 ? OK : E_NOT_FOUND;
}

enum status
bundle_source_list(struct bundle *b, const char *sub, char ***names)
{
	enum status st = b->dir != NULL ? list_folder(b, sub, names) : list_object(b, sub, names);

	if (st != OK)
		bundle_names_free(names);
	return st;
}

enum status
bundle_source_check(struct bundle *b)
{
	if (b->dir != NULL || b->files_read == json_object_size(b->policy->sources))
		return OK;
	snprintf(b->err->text, sizeof(b->err->text),
		 "the bundle holds files that are no part of one; send the .yaml files, notices/ and tests/ alone");
	return E_INVALID;
}
