/* ep_admin_status.c: /admin/v1/status: which part is ready, how long the log is, which policy is in force. */
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/upkeep.h"

enum status
ep_admin_status(struct request *rq)
{
	const struct upkeep_state s = upkeep_state(rq->authd->upkeep);
	const char *missing = upkeep_not_ready(&s);
	json_t *body =
	    json_pack("{s:b, s:s, s:{s:b, s:b, s:b, s:b}, s:{s:I, s:I}, s:I, s:s}", "ready", missing == NULL, "missing",
		      missing == NULL ? "" : missing, "parts", "store", s.store, "keys", s.keys, "log", s.log, "policy",
		      s.policy, "log", "size", (json_int_t)s.log_size, "published", (json_int_t)s.log_published,
		      "outbox_waiting", (json_int_t)s.outbox_waiting, "version", OMBUD_VERSION);

	if (body != NULL)
		json_object_set_new(
		    body, "witness",
		    json_pack("{s:I, s:I, s:I, s:I, s:b, s:b}", "witnesses", (json_int_t)s.log_witness.witnesses,
			      "cosigned", (json_int_t)s.log_witness.cosigned, "entries", (json_int_t)s.log_witness.size,
			      "newest", (json_int_t)s.log_witness.newest_s, "missing", s.log_witness.missing, "overdue",
			      s.log_witness.overdue));
	if (body != NULL && rq->policy != NULL) {
		struct str hash = policy_hash(rq->policy);

		json_object_set_new(
		    body, "policy",
		    json_pack("{s:i, s:s%}", "version", (int)policy_version(rq->policy), "sha256", hash.p, hash.n));
	}
	return ep_admin_say(rq, 200, body);
}
