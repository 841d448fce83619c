#include "authd/jose/jwk_set.h"

#include <stdlib.h>

#include "authd/jose/jws_json.h"

struct jwk_set {
	struct jwk *keys[JWK_SET_KEYS_MAX];
	size_t count;
};

enum status
jwk_set_new(struct jwk_set **out)
{
	struct jwk_set *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return E_NOMEM;
	*out = s;
	return OK;
}

void
jwk_set_free(struct jwk_set *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		jwk_free(s->keys[i]);
	free(s);
}

void
jwk_set_freep(struct jwk_set **s)
{
	jwk_set_free(*s);
	*s = NULL;
}

/* Two keys that the same token header could mean make the choice arbitrary. */
static bool
is_ambiguous(const struct jwk_set *s, const struct jwk *k)
{
	for (size_t i = 0; i < s->count; i++) {
		if (jwk_kid(k).n > 0 && str_eq(jwk_kid(s->keys[i]), jwk_kid(k)) && (jwk_algs(s->keys[i]) & jwk_algs(k)))
			return true;
	}
	return false;
}

enum status
jwk_set_add(struct jwk_set *s, struct jwk *k)
{
	if (s->count == JWK_SET_KEYS_MAX)
		return E_TOO_LARGE;
	if (is_ambiguous(s, k))
		return E_CONFLICT;
	s->keys[s->count++] = k;
	return OK;
}

static enum status
add_imported(struct jwk_set *s, const json_t *object)
{
	CLEANUP(jwk_freep) struct jwk *k = NULL;

	TRY(jwk_import(object, &k));
	TRY(jwk_set_add(s, k));
	(void)STEAL(&k);
	return OK;
}

enum status
jwk_set_import_json(const json_t *object, struct jwk_set **out)
{
	const json_t *keys = json_object_get(object, "keys");
	CLEANUP(jwk_set_freep) struct jwk_set *s = NULL;

	if (!json_is_array(keys))
		return E_INVALID;
	if (json_array_size(keys) > JWK_SET_KEYS_MAX)
		return E_TOO_LARGE;
	TRY(jwk_set_new(&s));
	for (size_t i = 0; i < json_array_size(keys); i++)
		TRY(add_imported(s, json_array_get(keys, i)));
	*out = STEAL(&s);
	return OK;
}

enum status
jwk_set_import(struct str text, struct jwk_set **out)
{
	CLEANUP(jws_json_freep) json_t *object = NULL;

	TRY(jws_json_object(text, JWK_SET_TEXT_MAX, &object));
	return jwk_set_import_json(object, out);
}

size_t
jwk_set_count(const struct jwk_set *s)
{
	return s->count;
}

const struct jwk *
jwk_set_at(const struct jwk_set *s, size_t i)
{
	return i < s->count ? s->keys[i] : NULL;
}

const struct jwk *
jwk_set_find(const struct jwk_set *s, struct str kid, enum jwk_alg alg)
{
	const struct jwk *found = NULL;

	for (size_t i = 0; i < s->count; i++) {
		const struct jwk *k = s->keys[i];

		if ((jwk_algs(k) & alg) == 0 || (kid.n > 0 && !str_eq(jwk_kid(k), kid)))
			continue;
		if (found != NULL)
			return NULL;
		found = k;
	}
	return found;
}
