#include "authd/ctl/verb.h"

#include <stdio.h>

#include "authd/ctl/listing.h"

/* One verb with what its command line says. */
struct asked {
	const struct verb *verb;
	struct ctl ctl;
	struct listing listing;
	const char *texts[VERB_TEXTS_MAX];
	const char *operand;
};

/* ---- the command line ---- */

static size_t
text_count(const struct verb *v)
{
	size_t n = 0;

	while (n < VERB_TEXTS_MAX && v->texts[n].name != NULL)
		n++;
	return n;
}

static size_t
put_options(struct asked *a, struct cli_option *out)
{
	const struct verb *v = a->verb;
	const struct cli_option token[] = { CTL_TOKEN_OPTION(&a->ctl) };
	const struct cli_option paging[] = { LISTING_OPTIONS(&a->listing) };
	const struct cli_option common[] = { CTL_OPTIONS(&a->ctl) };
	size_t n = 0;

	for (size_t i = 0; i < text_count(v); i++)
		out[n++] = (struct cli_option){ .name = v->texts[i].name,
						.type = CLI_TEXT,
						.out = &a->texts[i],
						.value = v->texts[i].value,
						.help = v->texts[i].help,
						.required = v->texts[i].required };
	for (size_t i = 0; v->token && i < ARRAY_LEN(token); i++)
		out[n++] = token[i];
	for (size_t i = 0; v->kind == VERB_PAGES && i < ARRAY_LEN(paging); i++)
		out[n++] = paging[i];
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		out[n++] = common[i];
	return n;
}

static int
check_any(const struct asked *a)
{
	CLEANUP(buf_clear) struct buf all = { 0 };
	const struct verb *v = a->verb;

	for (size_t i = 0; i < v->any_of; i++) {
		if (a->texts[i] != NULL)
			return CLI_GO;
		buf_printf(&all, "%s--%s %s", i > 0 ? " or " : "", v->texts[i].name, v->texts[i].value);
	}
	return v->any_of == 0 ? CLI_GO : cli_usage_error(a->ctl.program, "give %.*s", STR_ARG(buf_str(&all)));
}

static int
read_line(struct asked *a, int argc, char **argv)
{
	struct cli_option options[VERB_TEXTS_MAX + 8];
	const struct verb *v = a->verb;
	const struct cli cli = { .program = a->ctl.program,
				 .operands = v->operand,
				 .summary = v->summary,
				 .options = options,
				 .count = put_options(a, options),
				 .operands_least = v->operand != NULL,
				 .operands_most = v->operand != NULL,
				 .more = v->more };
	int operand;

	GO(cli_parse(&cli, argc, argv, &operand));
	a->operand = v->operand != NULL ? argv[operand] : NULL;
	for (size_t i = 0; i < text_count(v); i++)
		if (a->texts[i] == NULL)
			a->texts[i] = v->texts[i].otherwise;
	return check_any(a);
}

/* ---- the request ---- */

static const char *
member_of(const struct verb_text *t)
{
	return t->member != NULL ? t->member : t->name;
}

static int
put_body(const struct asked *a, json_t *body)
{
	const struct verb *v = a->verb;

	for (size_t i = 0; i < text_count(v); i++)
		GO((v->texts[i].from_file ? ctl_put_secret : ctl_put_text)(&a->ctl, body, member_of(&v->texts[i]),
									   a->texts[i]));
	return v->says.name == NULL ? CLI_GO : ctl_put_text(&a->ctl, body, v->says.name, v->says.value);
}

static int
send_request(const struct asked *a, json_t **answer)
{
	CLEANUP(json_decrefp) json_t *body = json_object();
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	const struct verb *v = a->verb;
	const char *parts[] = { v->path, a->operand, v->step, NULL };

	if (body == NULL)
		return tell_status(a->ctl.program, "preparing the request", E_NOMEM);
	GO(call_path(&a->ctl, &path, parts));
	if (v->kind != VERB_CHANGE)
		return call_get(&a->ctl, path.p, answer);
	GO(put_body(a, body));
	return call_post(&a->ctl, path.p, body, answer);
}

/* ---- the answer ---- */

static int
print_answer(const struct asked *a, const json_t *answer)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	const struct verb *v = a->verb;

	if (a->ctl.json || v->below.member == NULL)
		return ctl_print(&a->ctl, v->fields, v->field_count, answer);
	tell_put_page(&text, v->fields, v->field_count, answer);
	buf_put_char(&text, '\n');
	tell_put_table(&text, v->below.fields, v->below.field_count, json_object_get(answer, v->below.member));
	return tell_out(a->ctl.program, &text);
}

static int
print_list(const struct asked *a)
{
	struct listing_filter filters[VERB_TEXTS_MAX];
	const struct verb *v = a->verb;

	for (size_t i = 0; i < text_count(v); i++)
		filters[i] = (struct listing_filter){ member_of(&v->texts[i]), a->texts[i] };
	return listing_print(&a->ctl, &a->listing, v->path, filters, text_count(v), v->fields, v->field_count);
}

static int
perform(const struct verb *v, const char *program, int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	struct asked a = { .verb = v, .ctl = ctl_start(program) };

	GO(read_line(&a, argc, argv));
	if (v->kind == VERB_PAGES || v->kind == VERB_LIST)
		return print_list(&a);
	GO(send_request(&a, &answer));
	return print_answer(&a, answer);
}

int
verb_dispatch(const char *about, const struct verb *verbs, size_t count, int argc, char **argv)
{
	struct cli_command commands[VERB_ROWS_MAX];
	char noun[32], program[64];
	const struct cli_tool tool = { .program = noun, .summary = about, .commands = commands, .count = count };
	size_t row = 0;

	(void)snprintf(noun, sizeof(noun), "authctl %s", argv[0]);
	if (count > VERB_ROWS_MAX)
		return tell(noun, CLI_CANNOT, "has more commands than it can list");
	for (size_t i = 0; i < count; i++)
		commands[i] = (struct cli_command){ verbs[i].name, verbs[i].line, verbs[i].run };
	GO(cli_choose(&tool, argc, argv, &row));
	if (verbs[row].run != NULL)
		return verbs[row].run(argc - 1, argv + 1);
	(void)snprintf(program, sizeof(program), "%s %s", noun, verbs[row].name);
	return perform(&verbs[row], program, argc - 1, argv + 1);
}
