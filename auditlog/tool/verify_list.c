#include <jansson.h>
#include <stdlib.h>

#include "auditlog/tool/loglist.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/verify.h"

/* What does not hold weighs more than what could not be read, and that more than what was asked wrongly. */
static int
worse(int a, int b)
{
	static const int weight[] = { [CLI_HOLDS] = 0, [CLI_USAGE] = 1, [CLI_CANNOT] = 2, [CLI_DOES_NOT] = 3 };

	return weight[a] >= weight[b] ? a : b;
}

/* A log of the list, with the options that were given for all of them. */
static int
verify_item(const struct verify *options, const struct loglist_item *item, struct buf *out)
{
	CLEANUP(verify_freep) struct verify *v = calloc(1, sizeof(*v));

	if (!v)
		return say(VERIFY_PROGRAM, CLI_CANNOT, "not enough memory");
	*v = *options; /* nothing but options is set in it yet */
	v->common.keys = (struct cli_list){ .item = { item->vkey }, .n = 1 };
	v->origin = str_slice(str_of(item->vkey), 0, str_find_char(str_of(item->vkey), '+'));
	return verify_one(v, item->place, out);
}

/* One log's object without its newline; one that nothing could be said of does not hold either. */
static void
put_json_item(struct buf *out, const struct loglist_item *item, struct str one)
{
	json_t *j = one.n > 0 ? NULL : json_pack("{s:b, s:s}", "holds", 0, "log", item->place);
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;

	if (out->n > 0)
		buf_put_char(out, ',');
	buf_put(out, text ? str_of(text) : str_trim(one));
	free(text);
	json_decref(j);
}

static int
say_list(const struct verify *options, const struct loglist *list, const struct buf *all, size_t bad, const char *first)
{
	CLEANUP(buf_clear) struct buf out = { 0 };

	if (options->json)
		buf_printf(&out, "{\"holds\":%s,\"logs\":[%.*s]}\n", bad ? "false" : "true", STR_ARG(buf_str(all)));
	else if (bad == 0)
		buf_printf(&out, "%.*sHOLDS: all %zu logs\n", STR_ARG(buf_str(all)), list->n);
	else
		buf_printf(&out, "%.*sDOES NOT HOLD: %zu of %zu logs, the first is %s\n", STR_ARG(buf_str(all)), bad,
			   list->n, first);
	return verify_print(buf_status(all) == OK ? &out : all, CLI_GO);
}

static int
verify_items(const struct verify *options, const struct loglist *list)
{
	CLEANUP(buf_clear) struct buf all = { 0 };
	const char *first = NULL;
	int exit = CLI_HOLDS;
	size_t bad = 0;

	for (size_t i = 0; i < list->n; i++) {
		CLEANUP(buf_clear) struct buf one = { 0 };
		int held = verify_item(options, &list->item[i], &one);

		if (held != CLI_HOLDS && bad++ == 0)
			first = list->item[i].place;
		exit = worse(exit, held);
		if (options->json)
			put_json_item(&all, &list->item[i], buf_str(&one));
		else
			buf_printf(&all, "%.*s\n", STR_ARG(buf_str(&one)));
	}
	GO(say_list(options, list, &all, bad, first));
	return exit;
}

int
verify_list(const struct verify *options)
{
	CLEANUP(loglist_clear) struct loglist list = { 0 };
	CLEANUP(buf_clear) struct buf text = BUF(LOGLIST_FILE_MAX);
	char why[320];

	if (options->common.keys.n || options->old.n)
		return say(VERIFY_PROGRAM, CLI_USAGE,
			   "--list brings the key of each log; --key and --old are for a single one");
	GO(say_read(VERIFY_PROGRAM, options->list, &text));
	if (loglist_parse(buf_str(&text), &list, why, sizeof(why)) != OK)
		return say(VERIFY_PROGRAM, CLI_USAGE, "%s: %s", options->list, why);
	return verify_items(options, &list);
}
