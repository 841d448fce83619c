#include "authd/endpoints/ep_recipients.h"

#include "authd/consent/consent.h"
#include "authd/http/json.h"
#include "authd/request.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_request.h"

#define LIST_MOST ((size_t)8192)

static const struct service *
service_of(struct request *rq, const char *id)
{
	return rq->policy == NULL || id == NULL ? NULL : policy_service(rq->policy, str_of(id));
}

json_t *
ep_recipients_named(struct request *rq, const json_t *ids)
{
	const enum words_lang lang = request_lang(rq);
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		const struct service *s = service_of(rq, id);

		json_array_append_new(list, s == NULL ? json_pack("{s:s, s:s}", "service", id, "organisation", "")
						      : json_pack("{s:s, s:s}", "service", s->title.in[lang],
								  "organisation", s->organisation->name.in[lang]));
	}
	return list;
}

json_t *
ep_recipients_asked(struct request *rq, const struct store_request *asked)
{
	CLEANUP(json_decrefp) json_t *ids = NULL;

	if (asked->recipients.n > 0 && json_read(asked->recipients, LIST_MOST, &ids, NULL) != OK)
		return json_array();
	return ep_recipients_named(rq, ids);
}

static json_t *
named(const struct store_consent *c)
{
	CLEANUP(json_decrefp) json_t *record = NULL;
	json_t *recipients;

	if (json_read(c->record, CONSENT_RECORD_MOST, &record, NULL) != OK)
		return NULL;
	recipients = json_object_get(record, "recipients");
	return json_array_size(recipients) > 1 ? json_incref(recipients) : NULL;
}

json_t *
ep_recipients_given(struct request *rq, const struct store_consent *c)
{
	const enum words_lang lang = request_lang(rq);
	CLEANUP(json_decrefp) json_t *recipients = named(c);
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(recipients); i++) {
		const json_t *one = json_array_get(recipients, i);
		const char *id = json_string_value(json_object_get(one, "service"));
		const char *name = json_string_value(json_object_get(one, lang == WORDS_EN ? "name_en" : "name"));
		const struct service *s = service_of(rq, id);

		json_array_append_new(list, json_pack("{s:s?, s:s?}", "service", s != NULL ? s->title.in[lang] : id,
						      "organisation", name));
	}
	return list;
}

json_t *
ep_recipients_ids(const struct store_consent *c)
{
	CLEANUP(json_decrefp) json_t *recipients = named(c);
	json_t *ids = recipients != NULL ? json_array() : NULL;

	for (size_t i = 0; i < json_array_size(recipients); i++)
		json_array_append(ids, json_object_get(json_array_get(recipients, i), "service"));
	return ids;
}
