#include "authd/policy/policy_json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/core/hash.h"
#include "authd/policy/canonical.h"

static json_t *tree_of(const struct conf_node *n);

static json_t *
list_of(const struct conf_node *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < conf_count(n); i++) {
		if (json_array_append_new(list, tree_of(conf_at(n, i))) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
map_of(const struct conf_node *n)
{
	json_t *map = json_object();

	for (size_t i = 0; i < conf_count(n); i++) {
		if (json_object_set_new(map, conf_text(conf_key_at(n, i)).p, tree_of(conf_at(n, i))) != 0) {
			json_decref(map);
			return NULL;
		}
	}
	return map;
}

/* The tree is at most CONF_DEPTH_MAX deep. NULL: no memory. */
static json_t *
tree_of(const struct conf_node *n)
{
	struct str text = conf_text(n);

	switch (conf_kind(n)) {
	case CONF_LIST:
		return list_of(n);
	case CONF_MAP:
		return map_of(n);
	case CONF_SCALAR:
		break;
	}
	return json_stringn(text.p != NULL ? text.p : "", text.n);
}

static enum status
add_file(json_t *bundle, const struct conf_node *root, size_t dir_len)
{
	const char *name = conf_file(root) + dir_len;

	return json_object_set_new(bundle, name, tree_of(root)) == 0 ? OK : E_NOMEM;
}

static enum status
add_notices(json_t *bundle, const struct policy *p)
{
	json_t *all = json_object();

	if (json_object_set_new(bundle, "notices", all) != 0)
		return E_NOMEM;
	for (size_t i = 0; i < p->notice_count; i++) {
		const struct notice *n = &p->notices[i];
		char key[128];
		json_t *one = json_pack("{s:s,s:s}", "ru", n->in[WORDS_RU].sha256, "en", n->in[WORDS_EN].sha256);

		snprintf(key, sizeof(key), "%s/%u", n->id, n->version);
		if (json_object_set_new(all, key, one) != 0)
			return E_NOMEM;
	}
	return OK;
}

/* All files begin with the folder that the first one, bundle.yaml, stands in. */
static size_t
folder_len(const struct policy *p)
{
	return strlen(conf_file(conf_root(p->files[0]))) - strlen("bundle.yaml");
}

enum status
policy_json_seal(struct policy *p)
{
	CLEANUP(json_decrefp) json_t *bundle = json_object();
	CLEANUP(buf_clear) struct buf hex = BUF(128);
	struct hash digest;

	if (bundle == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < p->file_count; i++)
		TRY(add_file(bundle, conf_root(p->files[i]), folder_len(p)));
	TRY(add_notices(bundle, p));
	TRY(canonical_put(&p->json, bundle, CANONICAL_SORTED));
	digest = hash_sha256(buf_str(&p->json));
	buf_put_cstr(&hex, "sha256:");
	hash_put_hex(&hex, &digest);
	TRY(buf_status(&hex));
	memcpy(p->hash, hex.p, POLICY_HASH_LEN);
	p->hash[POLICY_HASH_LEN] = '\0';
	return OK;
}
