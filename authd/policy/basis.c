#include "authd/policy/basis.h"

static const char *const basis_names[BASIS_COUNT] = {
	[BASIS_NONE] = "none",         [BASIS_CONSENT] = "consent", [BASIS_STATUTE] = "statute",
	[BASIS_CONTRACT] = "contract", [BASIS_VITAL] = "vital",     [BASIS_BREAK_GLASS] = "break_glass",
};

const char *
basis_name(enum basis b)
{
	return basis_names[(unsigned)b < BASIS_COUNT ? b : BASIS_NONE];
}

enum status
basis_parse(struct str name, enum basis *out)
{
	for (unsigned i = BASIS_NONE + 1; i < BASIS_COUNT; i++) {
		if (str_is(name, basis_names[i])) {
			*out = (enum basis)i;
			return OK;
		}
	}
	return E_NOT_FOUND;
}
