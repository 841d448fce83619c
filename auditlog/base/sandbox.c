#include "auditlog/base/sandbox.h"

#include <string.h>

#include "auditlog/base/sandbox_parts.h"

/* In best effort a part that fails is a part not reached. */
static enum status
judge(enum status st, enum sandbox_mode mode, bool *reached)
{
	*reached = st == OK;
	return mode == SANDBOX_REQUIRE ? st : OK;
}

enum status
sandbox_enter(enum sandbox_profile profile, enum sandbox_mode mode, const struct sandbox_path *paths, size_t count,
	      struct sandbox_level *out)
{
	struct sandbox_level level = { .landlock_abi = sandbox_landlock_abi() };

	if (count > SANDBOX_PATHS_MAX)
		return E_TOO_LARGE;
	if (SANITIZED) {
		*out = level;
		return mode == SANDBOX_REQUIRE ? E_UNSUPPORTED : OK;
	}
	/* Landlock first: the filter does not know its system calls. */
	TRY(judge(sandbox_landlock(profile, mode, paths, count), mode, &level.landlock));
	TRY(judge(sandbox_seccomp(profile), mode, &level.seccomp));
	*out = level;
	return OK;
}
