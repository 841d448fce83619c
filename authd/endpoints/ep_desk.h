/* ep_desk.h: what the files of the desk's pages share. */
#ifndef AUTHD_ENDPOINTS_EP_DESK_H
#define AUTHD_ENDPOINTS_EP_DESK_H

#include "authd/access/desk.h"

struct request;

enum words_lang ep_desk_lang(const struct request *rq);
/* The official, with a duty taken up. Statuses of officer_find(). */
MUST_USE enum status ep_desk_officer(struct request *rq, struct officer *o);
/* Whether the person has a list of codes that this official may use. */
bool ep_desk_has_codes(struct request *rq, const struct officer *o, struct str sub);
/* [{id, title, special}] of the categories named; those that the policy has no longer are left out. */
json_t *ep_desk_category_titles(struct request *rq, const json_t *names);
/* 303 to path, id and rest, one behind the other. */
MUST_USE enum status ep_desk_to(struct request *rq, const char *path, struct str id, const char *rest);

#endif
