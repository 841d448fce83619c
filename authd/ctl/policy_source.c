#include "authd/ctl/policy_source.h"

const char *const policy_source_langs[] = { "ru", "en", NULL };

static int
loaded(const struct ctl *c, enum status st, const struct conf_error *err)
{
	if (st == OK)
		return CLI_GO;
	return tell(c->program, st == E_NOMEM || st == E_IO || st == E_NOT_FOUND ? CLI_CANNOT : CLI_DOES_NOT, "%s",
		    err->text);
}

int
policy_source_folder(const struct ctl *c, const char *dir, struct policy **out)
{
	struct conf_error err = { 0 };
	enum status st = policy_load(dir, out, &err);

	return loaded(c, st == E_NOT_FOUND ? E_INVALID : st, &err);
}

int
policy_source_active(const struct ctl *c, struct policy **out, json_t **consents)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	struct conf_error err = { 0 };
	json_t *files = NULL;

	GO(call_get(c, "/admin/v1/policy/bundle", &answer));
	files = json_object_get(answer, "files");
	if (!json_is_object(files))
		return tell(c->program, CLI_CANNOT, "what authd answered is no bundle");
	GO(loaded(c, policy_load_files(files, out, &err), &err));
	if (consents != NULL)
		*consents = json_incref(json_object_get(answer, "consents"));
	return CLI_GO;
}

int
policy_source(const struct ctl *c, const char *dir, struct policy **out)
{
	return dir != NULL ? policy_source_folder(c, dir, out) : policy_source_active(c, out, NULL);
}

int
policy_source_print(const struct ctl *c, const json_t *report, const struct buf *text, int exit)
{
	CLEANUP(buf_clear) struct buf json = { 0 };
	int printed;

	if (c->json)
		tell_put_json(&json, report);
	printed = tell_out(c->program, c->json ? &json : text);
	return printed == CLI_HOLDS ? exit : printed;
}
