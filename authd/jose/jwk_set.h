/* jwk_set.h: a bounded set of public keys, and the one lookup: by key id and algorithm. */
#ifndef AUTHD_JOSE_JWK_SET_H
#define AUTHD_JOSE_JWK_SET_H

#include "authd/jose/jwk.h"

#define JWK_SET_KEYS_MAX 16
#define JWK_SET_TEXT_MAX ((size_t)64 << 10)

struct jwk_set;

/*
 * {"keys":[…]} of at most JWK_SET_KEYS_MAX keys and JWK_SET_TEXT_MAX bytes, each as jwk_import() takes it: one bad key
 * refuses the set with its status, and so does the same kid twice for one algorithm (E_CONFLICT).
 */
MUST_USE enum status jwk_set_import(struct str text, struct jwk_set **out);
/* The same from parsed JSON. */
MUST_USE enum status jwk_set_import_json(const json_t *object, struct jwk_set **out);
/* Starts empty; takes ownership of the key on OK. */
MUST_USE enum status jwk_set_new(struct jwk_set **out);
MUST_USE enum status jwk_set_add(struct jwk_set *s, struct jwk *k);
void jwk_set_free(struct jwk_set *s);
void jwk_set_freep(struct jwk_set **s);
size_t jwk_set_count(const struct jwk_set *s);
const struct jwk *jwk_set_at(const struct jwk_set *s, size_t i);
/*
 * The one key with this kid that takes this algorithm; with an empty kid the only key that takes it. NULL when there is
 * none or no single one. Borrowed.
 */
const struct jwk *jwk_set_find(const struct jwk_set *s, struct str kid, enum jwk_alg alg);

#endif
