#include "auditlog/base/status.h"

static const char *const names[STATUS_COUNT] = {
	[OK] = "ok",
	[E_INVALID] = "invalid",
	[E_TOO_LARGE] = "too_large",
	[E_UNSUPPORTED] = "unsupported",
	[E_UNAUTHENTICATED] = "unauthenticated",
	[E_DENIED] = "denied",
	[E_NOT_FOUND] = "not_found",
	[E_EXPIRED] = "expired",
	[E_USED] = "used",
	[E_CONFLICT] = "conflict",
	[E_LIMITED] = "limited",
	[E_BUSY] = "busy",
	[E_TIMEOUT] = "timeout",
	[E_UNAVAILABLE] = "unavailable",
	[E_CORRUPT] = "corrupt",
	[E_NOMEM] = "nomem",
	[E_IO] = "io",
	[E_SYSTEM] = "system",
	[E_END] = "end",
};

const char *
status_name(enum status st)
{
	if ((unsigned)st >= STATUS_COUNT || names[st] == NULL)
		return "unknown";
	return names[st];
}
