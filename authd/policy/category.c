#include "authd/policy/bundle.h"

#define TITLE_HINT "say in a few words what it is, in both languages"

static const struct conf_field category_fields[] = {
	{ "id", CONF_STRING, offsetof(struct category, id), true, NULL, 0, 0, NULL, NULL, NULL },
	{ "dpv", CONF_STRING, offsetof(struct category, dpv), true, NULL, 0, 256, NULL, NULL, NULL },
	{ "title", CONF_MAPPING, offsetof(struct category, title), true, NULL, 0, 0, NULL, &words_schema, TITLE_HINT },
	{ "special", CONF_BOOL, offsetof(struct category, special), false, "false", 0, 0, NULL, NULL, NULL },
};
static const struct conf_schema category_schema = { category_fields, ARRAY_LEN(category_fields),
						    sizeof(struct category) };

enum status
category_load(struct bundle *b)
{
	struct policy_list *list = &b->policy->categories;
	const struct conf_node *root = NULL;

	TRY(bundle_list(b, "categories.yaml", sizeof(struct category), CATEGORY_MOST, list, &root));
	for (size_t i = 0; i < list->n; i++) {
		const struct conf_node *item = conf_at(root, i);
		struct category *c = (struct category *)list->rows + i;

		TRY(conf_read(item, &category_schema, c, b->err));
		TRY(bundle_name_row(b, item, list, c));
		TRY(bundle_iri(b, conf_get(item, "dpv"), BUNDLE_DPV_DATA, &c->dpv));
		c->index = (unsigned)i;
	}
	return OK;
}

static const struct conf_field statute_fields[] = {
	{ "id", CONF_STRING, offsetof(struct statute, id), true, NULL, 0, 0, NULL, NULL, NULL },
	{ "title", CONF_MAPPING, offsetof(struct statute, title), true, NULL, 0, 0, NULL, &words_schema, TITLE_HINT },
	{ "url", CONF_STRING, offsetof(struct statute, url), false, NULL, 0, 0, NULL, NULL, NULL },
};
static const struct conf_schema statute_schema = { statute_fields, ARRAY_LEN(statute_fields), sizeof(struct statute) };

enum status
category_load_statutes(struct bundle *b)
{
	struct policy_list *list = &b->policy->statutes;
	const struct conf_node *root = NULL;

	TRY(bundle_list(b, "statutes.yaml", sizeof(struct statute), 1024, list, &root));
	for (size_t i = 0; i < list->n; i++) {
		const struct conf_node *item = conf_at(root, i);
		struct statute *s = (struct statute *)list->rows + i;

		TRY(conf_read(item, &statute_schema, s, b->err));
		TRY(bundle_name_row(b, item, list, s));
		if (s->url == NULL)
			s->url = "";
		else if (!str_starts(str_of(s->url), STR("https://")))
			return conf_refuse(conf_get(item, "url"), b->err, "begin it with https://",
					   "this is no address");
	}
	return OK;
}
