#include "authd/identity/principal.h"

#include <string.h>

void
principal_clear(struct principal *who)
{
	buf_clear(&who->wrapped);
	store_mandate_clear(&who->mandate);
	*who = (struct principal){ 0 };
}

enum status
principal_put(char *to, size_t size, struct str from)
{
	if (from.n >= size)
		return E_CORRUPT;
	if (from.n > 0)
		memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return OK;
}

bool
principal_has_scope(const struct principal *who, const char *scope)
{
	struct str rest = str_of(who->scope), piece;

	while (str_next(&rest, ' ', &piece))
		if (str_is(piece, scope))
			return true;
	return false;
}

bool
principal_has_role(const struct principal *who, const char *role)
{
	for (size_t i = 0; i < who->role_count; i++)
		if (strcmp(who->roles[i], role) == 0)
			return true;
	return false;
}

struct str
principal_service(const struct principal *who)
{
	switch (who->kind) {
	case PRINCIPAL_SERVICE:
	case PRINCIPAL_TOKEN:
		return str_of(who->service[0] != '\0' ? who->service : who->client_id);
	case PRINCIPAL_ADMIN:
		return STR("admin");
	case PRINCIPAL_PERSON:
		return STR("portal");
	case PRINCIPAL_NOBODY:
		break;
	}
	return STR("authd");
}
