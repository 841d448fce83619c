#include "authd/audit/witnessed.h"

#include "authd/request.h"
#include "authd/upkeep.h"

enum status
witnessed_check(struct request *rq)
{
	const struct upkeep_state s = upkeep_state(rq->authd->upkeep);

	if (!s.log_witness.overdue)
		return OK;
	return request_fail(
	    rq, E_UNAVAILABLE, "log_not_witnessed",
	    "no outside witness has confirmed the audit log for too long; there are no new accesses until one does");
}
