/* service.h: who takes part: organisations (`organisations.yaml`) and their services (`services.yaml`). */
#ifndef AUTHD_POLICY_SERVICE_H
#define AUTHD_POLICY_SERVICE_H

#include "authd/policy/purpose.h"

#define SERVICE_MOST      65536
#define ORGANISATION_MOST 65536
/* Permits are short: a longer one would outlive a withdrawal. Those of volunteers are shorter still. */
#define DECISION_TTL_US (INT64_C(300) * SECOND_US)

enum organisation_kind { ORGANISATION_STATE, ORGANISATION_NGO, ORGANISATION_VOLUNTEER };

struct notice;
struct policy;

struct organisation {
	const char *id;
	struct words name;
	enum organisation_kind kind;
	const char *region; /* ISO 3166-2, "RU-SPE"; NULL: none is named */
	uint64_t scopes;    /* 1 << number of each scope that covers it (scope.h) */
	unsigned zone;
	const char *zone_name; /* IANA, of its calendar (workdays.h); NULL: that of the bundle */
	const char *address;
	const char *contact;
	const struct organisation **processors; /* who works on data on its behalf */
	size_t processor_count;
};

struct service {
	const char *id;
	struct words title;
	const struct organisation *organisation;
	bool suspended;
	uint64_t roles;     /* closure of the roles that work through it: the ceiling for its operators */
	uint64_t own_roles; /* the same without inheritance, as the file lists them */
	uint64_t *declared; /* purpose index -> bit */
	const struct purpose **purposes;
	size_t purpose_count;
	uint64_t provides;     /* categories, 1 << index */
	int64_t permit_ttl_us; /* how long a permit lasts at most: shorter for volunteers */
	bool break_glass;      /* emergencies may be handled through it; never for volunteers */
	uint32_t rate_count;   /* 0: no bound; rate.h */
	int64_t rate_per_us;
};

/* The notice that this service's people are shown for the purpose: that of its region, the nearest one first. NULL:
 * none. */
const struct notice *service_notice(const struct policy *p, const struct service *s, const struct purpose *u);
/* "state", "ngo", "volunteer". */
const char *organisation_kind_name(enum organisation_kind kind);

#endif
