#include "auditlog/base/attr.h"

#include <stdlib.h>
#include <string.h>

void
freep(void *pp)
{
	void *p;

	/* pp is a pointer to some pointer type; reading it through void ** would be a lie to the compiler. */
	memcpy(&p, pp, sizeof(p));
	free(p);
}
