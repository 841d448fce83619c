#include "authd/oauth/may_act.h"

#include <string.h>

#define SERVICE "svc:"

/* ---- the registration ---- */

static bool
is_before(struct str list, struct str word)
{
	struct str one;

	while (list.n > 0 && str_next(&list, ' ', &one))
		if (str_eq(one, word))
			return one.p < word.p;
	return false;
}

bool
may_act_is_list(struct str clients)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	struct str rest = clients, word;
	size_t n = 0;

	if (str_ends(clients, STR(" ")))
		return false;
	while (rest.n > 0 && str_next(&rest, ' ', &word))
		if (word.n == 0 || !str_only(word, plain) || is_before(clients, word) || ++n > MAY_ACT_MOST)
			return false;
	return true;
}

/* ---- the claim ---- */

static json_t *
party(struct str client_id)
{
	return json_pack("{s:o}", "sub", json_sprintf(SERVICE "%.*s", STR_ARG(client_id)));
}

json_t *
may_act_claim(struct str clients)
{
	json_t *list = json_array(), *only;
	struct str word;

	while (list != NULL && clients.n > 0 && str_next(&clients, ' ', &word)) {
		if (json_array_append_new(list, party(word)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	if (json_array_size(list) != 1)
		return list;
	only = json_incref(json_array_get(list, 0));
	json_decref(list);
	return only;
}

static bool
is_party(const json_t *one, struct str client_id)
{
	const char *sub = json_string_value(json_object_get(one, "sub"));

	return sub != NULL && strncmp(sub, SERVICE, strlen(SERVICE)) == 0 && str_is(client_id, sub + strlen(SERVICE));
}

bool
may_act_allows(const json_t *claims, struct str client_id)
{
	const json_t *claim = json_object_get(claims, "may_act");

	if (claim == NULL || is_party(claim, client_id))
		return true;
	for (size_t i = 0; i < json_array_size(claim); i++)
		if (is_party(json_array_get(claim, i), client_id))
			return true;
	return false;
}
