/*
 * purpose.h: what data is asked for and why (`purposes.yaml`).
 *
 * A purpose is the unit of consent: its version, categories, recipients and texts are what the person agreed to. Every
 * category in it has exactly one basis. Loaded, it is read-only; the lookups here are array accesses.
 */
#ifndef AUTHD_POLICY_PURPOSE_H
#define AUTHD_POLICY_PURPOSE_H

#include "authd/policy/action.h"
#include "authd/policy/basis.h"
#include "authd/policy/category.h"
#include "authd/policy/limits.h"

#define PURPOSE_MOST 4096

/*
 * When the person sees that their data was looked at: at once; after visibility_delay_us; when the case is closed;
 * never while the law that visibility_ground names forbids it (then every basis of the purpose is a statute: whoever
 * agreed to a look may see it).
 */
enum purpose_visibility { VISIBILITY_IMMEDIATE, VISIBILITY_DELAYED, VISIBILITY_ON_CLOSE, VISIBILITY_WITHHELD };
enum purpose_fetch { FETCH_PERIODIC, FETCH_ONCE };
enum purpose_mode { MODE_STORE, MODE_VIEW };

/* Which roles may: one set for each data action, and one for looking in an emergency. */
struct purpose_permits {
	uint64_t roles[ACTION_DATA_COUNT];
	uint64_t break_glass;
};

/* One category within one purpose. */
struct purpose_rule {
	const struct category *category;
	enum basis basis;
	const char *ref;                   /* statute, contract kind or ground of vital interest; empty for consent */
	const struct statute *statute;     /* of BASIS_STATUTE, else NULL */
	struct purpose_permits everywhere; /* permissions that are limited to no region or organisation */
	struct purpose_permits *zoned;     /* by zone, everywhere included; NULL when none is limited (scope.h) */
};

/* The notice that people of one region are shown instead. */
struct purpose_regional {
	const char *region; /* RU, RU-SPE */
	const char *notice_id;
	unsigned notice_version;
};

struct purpose {
	const char *id;
	unsigned version;
	unsigned index;
	const char *dpv; /* full IRI */
	struct words title;
	struct words why;           /* one or two plain sentences */
	struct words if_refused;    /* what happens when the person says no */
	struct purpose_rule *rules; /* in the order of the file */
	size_t rule_count;
	uint8_t rule_of[CATEGORY_MOST]; /* category index -> position in rules + 1; 0 = not in this purpose */
	uint32_t actions;               /* action_bit()s that a consent covers */
	unsigned acr;                   /* least assurance of whoever asks */
	bool may_object;                /* an objection of the person stops it */
	bool after_death; /* its statutes permit after the person died, and not before (a survivor's pension) */
	bool automated, sole_automated_decision;
	bool profiling; /* a profile is made of it: by consent alone */
	enum purpose_mode mode;
	enum purpose_fetch fetch;
	struct limits_frequency frequency; /* FETCH_ONCE is 1 for ever */
	int64_t range_back_us; /* data may reach that far back from the start of the consent; 0 = no data range */
	const char *max_consent, *retention, *data_life, *destroy_within; /* ISO 8601, as written */
	int64_t max_consent_us, retention_us, data_life_us, destroy_within_us;
	struct conf_strings storage; /* countries */
	enum purpose_visibility visibility;
	int64_t visibility_delay_us;             /* of VISIBILITY_DELAYED */
	const struct statute *visibility_ground; /* of VISIBILITY_WITHHELD, else NULL */
	const char *notice_id;
	unsigned notice_version;
	struct purpose_regional *regional; /* most people are shown the notice above; service_notice() knows */
	size_t regional_count;
};

/* The set of ACTION_BREAK_GLASS or of a data action. */
uint64_t *purpose_permit_set(struct purpose_permits *permits, enum action a);
/* The roles that may do it in an organisation of that zone. */
uint64_t purpose_rule_roles(const struct purpose_rule *rule, enum action a, unsigned zone);
/* NULL when the purpose does not use the category. */
const struct purpose_rule *purpose_rule_for(const struct purpose *p, const struct category *c);
/* The period that data may come from under a consent that starts and ends so; not set when the purpose has no range. */
struct limits_range purpose_range(const struct purpose *p, int64_t from_us, int64_t until_us);

#endif
