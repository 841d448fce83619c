/*
 * notice_recipients.c: who may be named together in one consent: the services that the text of a notice names. They
 * stand beside the text, in `notices/<id>/<version>/recipients.yaml`, and change with its version only.
 */
#include "authd/policy/bundle.h"

#include <stdio.h>
#include <string.h>

#define FILE_NAME "recipients.yaml"

static bool
has_file(char **names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], FILE_NAME) == 0)
			return true;
	return false;
}

enum status
notice_recipients_read(struct bundle *b, struct notice *n)
{
	CLEANUP(bundle_names_free) char **names = NULL;
	char path[256];

	snprintf(path, sizeof(path), "notices/%s/%u", n->id, n->version);
	TRY(bundle_names(b, path, &names));
	if (!has_file(names))
		return OK;
	snprintf(path, sizeof(path), "notices/%s/%u/" FILE_NAME, n->id, n->version);
	TRY(bundle_file(b, path, &n->names));
	if (conf_kind(n->names) != CONF_LIST || conf_count(n->names) < 2 ||
	    conf_count(n->names) > NOTICE_RECIPIENTS_MOST)
		return conf_refuse(n->names, b->err, "a consent to one service needs no such file",
				   "a list of 2 to %d services is expected", NOTICE_RECIPIENTS_MOST);
	return bundle_scalars(b, n->names, "service");
}

/* ---- once services and purposes are known ---- */

/* Whoever gets data by a consent asks for this purpose: else its rules would not be checked for them. */
static enum status
take(struct bundle *b, const struct purpose *u, struct notice *n, size_t i)
{
	const struct conf_node *name = conf_at(n->names, i);
	const void *row = NULL;

	TRY(bundle_find(b, &b->policy->services, name, "service", &row));
	if (!policy_declares(b->policy, row, u))
		return conf_refuse(name, b->err, "add the purpose to the service, or make a new version of the notice",
				   "the service %s does not declare the purpose %s", conf_text(name).p, u->id);
	n->recipients[i] = row;
	return OK;
}

static enum status
bind(struct bundle *b, const struct purpose *u, const char *id, unsigned version)
{
	const struct notice *found = notice_find(b->policy, str_of(id), version);
	struct notice *n = found != NULL ? &b->policy->notices[found - b->policy->notices] : NULL;

	if (n == NULL || n->names == NULL)
		return OK;
	for (size_t i = 0; i < conf_count(n->names); i++)
		TRY(take(b, u, n, i));
	n->recipient_count = conf_count(n->names);
	return OK;
}

/* A notice that no purpose names any more is history: what it said then need not be there today. */
enum status
notice_recipients_load(struct bundle *b)
{
	const struct purpose *u = NULL;

	for (size_t i = 0; (u = policy_purpose_at(b->policy, i)) != NULL; i++) {
		TRY(bind(b, u, u->notice_id, u->notice_version));
		for (size_t k = 0; k < u->regional_count; k++)
			TRY(bind(b, u, u->regional[k].notice_id, u->regional[k].notice_version));
	}
	return OK;
}

bool
notice_recipients_same(const struct notice *a, const struct notice *b)
{
	const size_t n = a->names != NULL ? conf_count(a->names) : 0;

	if (n != (b->names != NULL ? conf_count(b->names) : 0))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_eq(conf_text(conf_at(a->names, i)), conf_text(conf_at(b->names, i))))
			return false;
	return true;
}

bool
notice_recipients_name(const struct notice *n, struct str service)
{
	for (size_t i = 0; n != NULL && i < n->recipient_count; i++)
		if (str_is(service, n->recipients[i]->id))
			return true;
	return false;
}

bool
notice_recipients_of(const struct policy *p, const struct purpose *u, struct str service)
{
	bool named = notice_recipients_name(notice_find(p, str_of(u->notice_id), u->notice_version), service);

	for (size_t i = 0; i < u->regional_count; i++)
		named |= notice_recipients_name(
		    notice_find(p, str_of(u->regional[i].notice_id), u->regional[i].notice_version), service);
	return named;
}
