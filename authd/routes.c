/*
 * routes.c: the table of everything that can be asked, and the search in it.
 *
 * The columns say who may ask (authn, needs), what a body may be, where the handler runs (SERVER_FAST on the loop
 * thread, SERVER_SLOW on a worker with a database connection, SERVER_LONG the same with more time), which shape errors
 * take, whether a refusal is an entry of the log, and whose data the answer shows.
 */
#include "authd/routes.h"

#include <string.h>

#include "authd/endpoints/endpoints.h"

#define GET_   HTTP_GET
#define POST_  HTTP_POST
#define OPT_   HTTP_OPTIONS
#define FAST   SERVER_FAST
#define SLOW   SERVER_SLOW
#define LONG   SERVER_LONG
#define OAUTH  PROBLEM_OAUTH
#define JSON   PROBLEM_JSON
#define PAGE   PROBLEM_PAGE
#define AUTO   PROBLEM_AUTO
#define NOBODY ROUTE_NO_BODY
#define FORM   ROUTE_FORM
#define BODY   ROUTE_JSON
#define K      ((size_t)1 << 10)
#define NONE   SHOWS_NOBODY
#define SELF   SHOWS_SELF
#define OTHERS SHOWS_OTHERS
#define CASE   SHOWS_CASE

/* A table is read by its columns. */
/* clang-format off */
static const struct route routes[] = {
	/* method path                                   who may ask             needs              body    most      runs  errors entry  shows   handler */

	/* operation */
	{ GET_,  "/livez",                                AUTHN_LOCAL,            NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_livez },
	{ GET_,  "/readyz",                               AUTHN_LOCAL,            NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_readyz },
	{ GET_,  "/metrics",                              AUTHN_LOCAL,            NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_metrics },

	/* discovery */
	{ GET_,  "/.well-known/openid-configuration",       AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_discovery },
	{ GET_,  "/.well-known/oauth-authorization-server", AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_discovery },
	{ GET_,  "/.well-known/authzen-configuration",      AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_discovery_authzen },
	{ GET_,  "/jwks",                                 AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_jwks },
	{ GET_,  "/openapi.json",                         AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_openapi },

	/* OAuth 2, OpenID Connect */
	{ GET_,  "/oauth2/authorize",                     AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_authorize },
	{ POST_, "/oauth2/authorize",                     AUTHN_SESSION_OPTIONAL, NULL,              FORM,   16 * K,   SLOW, PAGE,  true,  SELF,   ep_authorize },
	{ POST_, "/oauth2/par",                           AUTHN_CLIENT,           NULL,              FORM,   16 * K,   SLOW, OAUTH, true,  NONE,   ep_par },
	{ POST_, "/oauth2/approve",                       AUTHN_SESSION,          NULL,              FORM,   32 * K,   SLOW, PAGE,  true,  SELF,   ep_approve },
	{ GET_,  "/oauth2/cancel",                        AUTHN_NONE,             NULL,              NOBODY, 0,        SLOW, PAGE,  true,  NONE,   ep_authorize_cancel },
	{ POST_, "/oauth2/token",                         AUTHN_CLIENT,           NULL,              FORM,   16 * K,   SLOW, OAUTH, true,  SELF,   ep_token },
	{ POST_, "/oauth2/device",                        AUTHN_CLIENT,           NULL,              FORM,   16 * K,   SLOW, OAUTH, true,  NONE,   ep_device_start },
	{ POST_, "/oauth2/introspect",                    AUTHN_CLIENT,           NULL,              FORM,   16 * K,   SLOW, OAUTH, true,  SELF,   ep_introspect },
	{ POST_, "/oauth2/revoke",                        AUTHN_CLIENT,           NULL,              FORM,   16 * K,   SLOW, OAUTH, true,  NONE,   ep_revoke },
	{ GET_,  "/oauth2/userinfo",                      AUTHN_BEARER,           "openid",          NOBODY, 0,        SLOW, OAUTH, true,  SELF,   ep_userinfo },
	{ POST_, "/oauth2/userinfo",                      AUTHN_BEARER,           "openid",          ROUTE_ANY, 0,     SLOW, OAUTH, true,  SELF,   ep_userinfo },
	{ GET_,  "/oauth2/logout",                        AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_logout },
	{ POST_, "/oauth2/logout",                        AUTHN_SESSION_OPTIONAL, NULL,              FORM,   16 * K,   SLOW, PAGE,  false, SELF,   ep_logout },

	/* which of these an application in a browser may use: oauth/cors.h. Never the authorization endpoint */
	{ OPT_,  "/oauth2/par",                           AUTHN_NONE,             NULL,              NOBODY, 0,        SLOW, OAUTH, false, NONE,   ep_preflight },
	{ OPT_,  "/oauth2/token",                         AUTHN_NONE,             NULL,              NOBODY, 0,        SLOW, OAUTH, false, NONE,   ep_preflight },
	{ OPT_,  "/oauth2/revoke",                        AUTHN_NONE,             NULL,              NOBODY, 0,        SLOW, OAUTH, false, NONE,   ep_preflight },
	{ OPT_,  "/oauth2/userinfo",                      AUTHN_NONE,             NULL,              NOBODY, 0,        SLOW, OAUTH, false, NONE,   ep_preflight },

	/* for reverse proxies, about the requests of others: nginx, Traefik; Envoy with the original method and path */
	{ GET_,  "/verify",                               AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, JSON,  true,  SELF,   ep_verify },
	{ GET_,  "/verify/{*}",                           AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, JSON,  true,  SELF,   ep_verify },
	{ POST_, "/verify/{*}",                           AUTHN_NONE,             NULL,              ROUTE_ANY, 0,     FAST, JSON,  true,  SELF,   ep_verify },
	{ HTTP_PUT,    "/verify/{*}",                     AUTHN_NONE,             NULL,              ROUTE_ANY, 0,     FAST, JSON,  true,  SELF,   ep_verify },
	{ HTTP_PATCH,  "/verify/{*}",                     AUTHN_NONE,             NULL,              ROUTE_ANY, 0,     FAST, JSON,  true,  SELF,   ep_verify },
	{ HTTP_DELETE, "/verify/{*}",                     AUTHN_NONE,             NULL,              ROUTE_ANY, 0,     FAST, JSON,  true,  SELF,   ep_verify },

	/* decisions (AuthZEN) */
	{ POST_, "/access/v1/evaluation",                 AUTHN_BEARER,           "access:evaluate", BODY,   64 * K,   FAST, JSON,  true,  OTHERS, ep_evaluation },
	{ POST_, "/access/v1/evaluations",                AUTHN_BEARER,           "access:evaluate", BODY,   256 * K,  FAST, JSON,  true,  OTHERS, ep_evaluations },
	{ POST_, "/access/v1/search/subject",             AUTHN_BEARER,           NULL,              BODY,   64 * K,   SLOW, JSON,  true,  OTHERS, ep_search_subject },
	{ POST_, "/access/v1/search/resource",            AUTHN_BEARER,           NULL,              BODY,   64 * K,   SLOW, JSON,  true,  OTHERS, ep_search_resource },
	{ POST_, "/access/v1/search/action",              AUTHN_BEARER,           NULL,              BODY,   64 * K,   SLOW, JSON,  true,  OTHERS, ep_search_action },
	{ POST_, "/access/v1/requests",                   AUTHN_BEARER,           "consent:request", BODY,   64 * K,   SLOW, JSON,  true,  OTHERS, ep_access_request },
	{ GET_,  "/access/v1/entries",                    AUTHN_BEARER,           NULL,              NOBODY, 0,        LONG, JSON,  true,  OTHERS, ep_own_accesses },
	{ POST_, "/access/v1/outcomes/{id}",              AUTHN_BEARER,           "access:evaluate", BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_outcome },

	/* emergencies: opened by an operator with their own token */
	{ POST_, "/access/v1/cases/{id}/close",           AUTHN_BEARER,           "access:evaluate", ROUTE_ANY, 8 * K, SLOW, JSON,  true,  OTHERS, ep_case_close },
	{ POST_, "/access/v1/breakglass",                 AUTHN_BEARER,           "access:emergency", BODY,  16 * K,   SLOW, JSON,  true,  OTHERS, ep_breakglass_open },
	{ POST_, "/access/v1/breakglass/{id}/close",      AUTHN_BEARER,           "access:emergency", ROUTE_ANY, 8 * K, SLOW, JSON, true,  OTHERS, ep_breakglass_close },

	/* consent, for services and for a person's own client */
	{ POST_, "/consent/v1/requests",                  AUTHN_BEARER,           "consent:request", BODY,   64 * K,   SLOW, JSON,  true,  OTHERS, ep_consent_request },
	{ GET_,  "/consent/v1/records",                   AUTHN_BEARER,           NULL,              NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_consent_records },
	{ GET_,  "/consent/v1/records/{id}",              AUTHN_BEARER,           NULL,              NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_consent_record },
	{ GET_,  "/consent/v1/records/{id}/receipt",      AUTHN_BEARER,           NULL,              NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_consent_receipt },
	{ POST_, "/consent/v1/records/{id}/withdraw",     AUTHN_BEARER,           "consent:manage",  ROUTE_ANY, 8 * K, SLOW, JSON,  true,  OTHERS, ep_consent_withdraw_api },
	{ POST_, "/consent/v1/records/{id}/revoke",       AUTHN_BEARER,           "consent:request", BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_consent_revoke },

	{ GET_,  "/consent/v1/mandates",                  AUTHN_BEARER,           "represent",       NOBODY, 0,        SLOW, JSON,  true,  SELF,   ep_mandates },
	{ GET_,  "/grants",                               AUTHN_BEARER,           NULL,              NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_consent_records },
	{ GET_,  "/grants/{id}",                          AUTHN_BEARER,           NULL,              NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_grant },
	{ HTTP_DELETE, "/grants/{id}",                    AUTHN_BEARER,           NULL,              NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_grant_revoke },

	{ POST_, "/consent/v1/contracts",                 AUTHN_BEARER,           "consent:request", BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_contract_propose },
	{ GET_,  "/consent/v1/contracts",                 AUTHN_BEARER,           NULL,              NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_contracts },
	{ POST_, "/consent/v1/contracts/{id}/answer",     AUTHN_BEARER,           "consent:manage",  BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_contract_answer },
	{ POST_, "/consent/v1/contracts/{id}/end",        AUTHN_BEARER,           "consent:request", ROUTE_ANY, 8 * K, SLOW, JSON,  true,  OTHERS, ep_contract_end },
	{ GET_,  "/consent/v1/questions",                 AUTHN_BEARER,           "question:answer", NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_api_questions },
	{ GET_,  "/consent/v1/questions/{id}",            AUTHN_BEARER,           "question:answer", NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_api_question },
	{ POST_, "/consent/v1/questions/{id}/take",       AUTHN_BEARER,           "question:answer", BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_api_question_take },
	{ POST_, "/consent/v1/questions/{id}/answer",     AUTHN_BEARER,           "question:answer", BODY,   32 * K,   SLOW, JSON,  true,  OTHERS, ep_api_question_answer },
	{ GET_,  "/consent/v1/objections",                AUTHN_BEARER,           "consent:manage",  NOBODY, 0,        SLOW, JSON,  true,  SELF,   ep_objections_api },
	{ POST_, "/consent/v1/objections",                AUTHN_BEARER,           "consent:manage",  BODY,   8 * K,    SLOW, JSON,  true,  SELF,   ep_objection_set_api },
	{ POST_, "/consent/v1/objections/lift",           AUTHN_BEARER,           "consent:manage",  BODY,   8 * K,    SLOW, JSON,  true,  SELF,   ep_objection_lift_api },
	{ POST_, "/consent/v1/restriction",               AUTHN_BEARER,           "consent:manage",  BODY,   8 * K,    SLOW, JSON,  true,  SELF,   ep_restrict_api },
	{ POST_, "/consent/v1/restriction/lift",          AUTHN_BEARER,           "consent:manage",  ROUTE_ANY, 8 * K, SLOW, JSON,  true,  SELF,   ep_unrestrict_api },

	/* the log: writing for services, reading for everybody */
	{ POST_, "/audit/v1/entries",                     AUTHN_BEARER,           "audit:write",     ROUTE_ANY, 4096 * K, SLOW, JSON, true, OTHERS, ep_entries },
	{ GET_,  "/audit/v1/entries/{id}/proof",          AUTHN_BEARER,           NULL,              NOBODY, 0,        SLOW, JSON,  true,  SELF,   ep_entry_proof },
	{ GET_,  "/audit/v1/proof",                       AUTHN_BEARER,           "audit:read",      NOBODY, 0,        SLOW, JSON,  true,  SELF,   ep_accesses_proof },
	{ GET_,  "/log/{*}",                              AUTHN_NONE,             NULL,              NOBODY, 0,        SLOW, JSON,  false, NONE,   ep_log },

	/* the Estonian data tracker's protocol */
	{ GET_,  "/v2/findUsage",                         AUTHN_BEARER,           "audit:read",      NOBODY, 0,        LONG, JSON,  true,  SELF,   ep_find_usage },
	{ GET_,  "/v2/usagePeriod",                       AUTHN_BEARER,           "audit:read",      NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_usage_period },
	{ GET_,  "/v2/heartbeat",                         AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, JSON,  false, NONE,   ep_heartbeat },

	/* pages: signing in and out */
	{ GET_,  "/login",                                AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_login_page },
	{ POST_, "/login",                                AUTHN_NONE,             NULL,              FORM,   8 * K,    SLOW, PAGE,  false, NONE,   ep_login },
	{ GET_,  "/login/otp",                            AUTHN_NONE,             NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_otp_page },
	{ POST_, "/login/otp",                            AUTHN_NONE,             NULL,              FORM,   8 * K,    SLOW, PAGE,  false, NONE,   ep_otp },
	{ POST_, "/sign-out",                             AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_sign_out },

	/* pages: a device that waits for a person's answer (RFC 8628) */
	{ GET_,  "/device",                               AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_device_page },
	{ POST_, "/device",                               AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_device_code },
	{ POST_, "/device/answer",                        AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_device_answer },

	/* pages: a person's own */
	{ GET_,  "/",                                     AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_root },
	{ GET_,  "/me",                                   AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_me },
	{ GET_,  "/notices/{id}/{version}/{lang}",        AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_notice },
	{ GET_,  "/inbox",                                AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_inbox },
	{ POST_, "/inbox/read",                           AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_inbox_read },
	{ GET_,  "/ask/new",                              AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_ask_new },
	{ GET_,  "/ask/{id}",                             AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_ask_page },
	{ POST_, "/ask/{id}",                             AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_ask },
	{ GET_,  "/consents",                             AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_consents },
	{ GET_,  "/consents/{id}",                        AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_consent },
	{ GET_,  "/consents/{id}/withdraw",               AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_consent_withdraw_page },
	{ POST_, "/consents/{id}/withdraw",               AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_consent_withdraw },
	{ POST_, "/consents/{id}/renew",                  AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_consent_renew },
	{ GET_,  "/consents/{id}/receipt",                AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_consent_receipt_page },
	{ GET_,  "/consents/{id}/document",               AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_consent_document },
	{ GET_,  "/ask/{id}/document",                    AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_ask_document },
	{ GET_,  "/objections",                           AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_objections },
	{ POST_, "/objections/set",                       AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_objection_set },
	{ POST_, "/objections/lift",                      AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_objection_lift },
	{ POST_, "/objections/restrict",                  AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_restrict },
	{ POST_, "/objections/unrestrict",                AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_unrestrict },
	{ POST_, "/objections/contract",                  AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_contract_form },
	{ GET_,  "/accesses",                             AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_accesses },
	{ GET_,  "/accesses/proof",                       AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_accesses_proof },
	{ GET_,  "/accesses/{id}",                        AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_access },
	{ GET_,  "/accesses/{id}/proof",                  AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_access_proof },
	{ GET_,  "/security",                             AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_security },
	{ POST_, "/security/session_end",                 AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_session_end },
	{ POST_, "/security/client_end",                  AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_client_end },
	{ POST_, "/security/freeze",                      AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_freeze },
	{ POST_, "/security/thaw",                        AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_thaw },
	{ POST_, "/security/password_change",             AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_password_change },

	{ GET_,  "/security/desk_codes",                      AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_desk_codes_page },
	{ POST_, "/security/desk_codes",                      AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_desk_codes_new },
	{ GET_,  "/questions",                                AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_questions },
	{ POST_, "/accesses/{id}/question",                   AUTHN_SESSION,          NULL,              FORM,   32 * K,   SLOW, PAGE,  true,  SELF,   ep_question },
	{ POST_, "/questions/{id}/follow",                    AUTHN_SESSION,          NULL,              FORM,   32 * K,   SLOW, PAGE,  true,  SELF,   ep_question_follow },
	{ POST_, "/questions/{id}/escalate",                  AUTHN_SESSION,          NULL,              FORM,   32 * K,   SLOW, PAGE,  true,  SELF,   ep_question_escalate },
	/* pages: acting for others (identity/acting.c has what can be reached then) */
	{ GET_,  "/representatives",                       AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_representatives },
	{ POST_, "/representatives/offer",                 AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_representative_offer },
	{ POST_, "/representatives/accept",                AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_representative_accept },
	{ POST_, "/representatives/act",                   AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_representative_act },
	{ POST_, "/representatives/stop",                  AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_representative_stop },
	{ POST_, "/representatives/{id}/end",              AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_representative_end },
	{ GET_,  "/desk/mandates",                         AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  OTHERS, ep_desk_mandates },
	{ POST_, "/desk/mandates/register",                AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_mandate_register },
	{ GET_,  "/desk/mandates/{id}",                    AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  OTHERS, ep_desk_mandate },
	{ POST_, "/desk/mandates/{id}/confirm",            AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_mandate_confirm },
	{ POST_, "/desk/mandates/{id}/revoke",             AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_mandate_revoke },
	{ GET_,  "/alive",                                AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  SELF,   ep_alive_page },
	{ POST_, "/alive",                                AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  SELF,   ep_alive },
	{ GET_,  "/desk/deaths",                          AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  OTHERS, ep_desk_deaths },
	{ POST_, "/desk/deaths/propose",                  AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_death_propose },
	{ POST_, "/desk/deaths/{id}/confirm",             AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_death_confirm },
	{ POST_, "/desk/deaths/{id}/decline",             AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_death_decline },
	{ POST_, "/desk/deaths/heirs",                    AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_heir_register },
	{ GET_,  "/desk/deaths/heirs/{id}",                AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  OTHERS, ep_desk_heir },
	{ POST_, "/desk/deaths/heirs/{id}/confirm",       AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_heir_confirm },
	{ POST_, "/desk/deaths/heirs/{id}/end",           AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_heir_end },

	{ GET_,  "/export",                               AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  false, SELF,   ep_export_page },
	{ POST_, "/export",                               AUTHN_SESSION,          NULL,              FORM,   8 * K,    LONG, PAGE,  true,  SELF,   ep_export },

	/* pages: the desk, for officials who help others */
	{ GET_,  "/desk",                                     AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  NONE,   ep_desk },
	{ POST_, "/desk",                                     AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_open },
	{ POST_, "/desk/duty",                                AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  NONE,   ep_desk_duty },
	{ GET_,  "/desk/queue",                               AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  OTHERS, ep_desk_queue },
	{ GET_,  "/desk/account",                             AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  NONE,   ep_desk_account_page },
	{ POST_, "/desk/account",                             AUTHN_SESSION,          NULL,              FORM,   16 * K,   SLOW, PAGE,  true,  OTHERS, ep_desk_account },
	{ GET_,  "/desk/cases/{id}",                          AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  CASE,   ep_desk_case },
	{ GET_,  "/desk/cases/{id}/ask",                      AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  CASE,   ep_desk_ask_page },
	{ POST_, "/desk/cases/{id}/ask",                      AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  CASE,   ep_desk_ask },
	{ GET_,  "/desk/cases/{id}/document",                 AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  CASE,   ep_desk_document },
	{ GET_,  "/desk/cases/{id}/prepare",                  AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  CASE,   ep_desk_prepare_page },
	{ POST_, "/desk/cases/{id}/prepare",                  AUTHN_SESSION,          NULL,              FORM,   32 * K,   SLOW, PAGE,  true,  CASE,   ep_desk_prepare },
	{ GET_,  "/desk/offers/{id}",                         AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  OTHERS, ep_desk_offer },
	{ POST_, "/desk/offers/{id}/confirm",                 AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_confirm },
	{ POST_, "/desk/offers/{id}/paper",                   AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_paper },
	{ GET_,  "/desk/questions",                           AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  OTHERS, ep_desk_questions },
	{ GET_,  "/desk/questions/{id}",                      AUTHN_SESSION,          NULL,              NOBODY, 0,        SLOW, PAGE,  true,  OTHERS, ep_desk_question },
	{ POST_, "/desk/questions/{id}/take",                 AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_question_take },
	{ POST_, "/desk/questions/{id}/answer",               AUTHN_SESSION,          NULL,              FORM,   32 * K,   SLOW, PAGE,  true,  OTHERS, ep_desk_question_answer },
	{ POST_, "/desk/offers/{id}/refuse",                  AUTHN_SESSION,          NULL,              FORM,   8 * K,    SLOW, PAGE,  true,  OTHERS, ep_desk_refuse },

	/* pages for everybody */
	{ GET_,  "/help",                                 AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_help },
	{ GET_,  "/check",                                AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_check },
	{ POST_, "/check",                                AUTHN_SESSION_OPTIONAL, NULL,              FORM,   256 * K,  SLOW, PAGE,  false, NONE,   ep_check_receipt },
	{ GET_,  "/reports",                              AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_reports },
	{ GET_,  "/reports/{month}",                      AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_report },
	{ GET_,  "/licences",                             AUTHN_SESSION_OPTIONAL, NULL,              NOBODY, 0,        SLOW, PAGE,  false, NONE,   ep_licences },
	{ GET_,  "/assets/{*}",                           AUTHN_NONE,             NULL,              NOBODY, 0,        FAST, AUTO,  false, NONE,   ep_asset },

	/* administration */
	{ GET_,  "/admin/v1/people",                      AUTHN_ADMIN,            "people",          NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_people },
	{ POST_, "/admin/v1/people",                      AUTHN_ADMIN,            "people",          BODY,   16 * K,   SLOW, JSON,  true,  OTHERS, ep_admin_person_add },
	{ GET_,  "/admin/v1/people/{id}",                 AUTHN_ADMIN,            "people",          NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_person },
	{ POST_, "/admin/v1/people/{id}/status",          AUTHN_ADMIN,            "people",          BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_person_status },
	{ POST_, "/admin/v1/people/{id}/restriction",     AUTHN_ADMIN,            "people",          BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_restriction },
	{ POST_, "/admin/v1/people/{id}/reset",           AUTHN_ADMIN,            "people",          BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_person_reset },
	{ GET_,  "/admin/v1/people/{id}/looks",           AUTHN_ADMIN,            "audit",           NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_looks },
	{ GET_,  "/admin/v1/roles",                       AUTHN_ADMIN,            "roles",           NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_roles },
	{ POST_, "/admin/v1/roles/assign",                AUTHN_ADMIN,            "roles",           BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_role_assign },
	{ POST_, "/admin/v1/roles/revoke",                AUTHN_ADMIN,            "roles",           BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_role_revoke },
	{ GET_,  "/admin/v1/clients",                     AUTHN_ADMIN,            "clients",         NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_admin_clients },
	{ POST_, "/admin/v1/clients",                     AUTHN_ADMIN,            "clients",         BODY,   64 * K,   SLOW, JSON,  true,  NONE,   ep_admin_client_add },
	{ GET_,  "/admin/v1/clients/{id}",                AUTHN_ADMIN,            "clients",         NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_admin_client },
	{ POST_, "/admin/v1/clients/{id}/status",         AUTHN_ADMIN,            "clients",         BODY,   8 * K,    SLOW, JSON,  true,  NONE,   ep_admin_client_status },
	{ POST_, "/admin/v1/clients/{id}/rotate",         AUTHN_ADMIN,            "clients",         BODY,   64 * K,   SLOW, JSON,  true,  NONE,   ep_admin_client_rotate },
	{ GET_,  "/admin/v1/keys",                        AUTHN_ADMIN,            "clients",         NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_admin_keys },
	{ POST_, "/admin/v1/keys/rotate",                 AUTHN_ADMIN,            "clients",         BODY,   8 * K,    SLOW, JSON,  true,  NONE,   ep_admin_key_rotate },
	{ GET_,  "/admin/v1/policy",                      AUTHN_ADMIN,            "policy",          NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_admin_policy },
	{ GET_,  "/admin/v1/policy/bundle",               AUTHN_ADMIN,            "policy",          NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_admin_policy_bundle },
	{ GET_,  "/admin/v1/policy/proposals",            AUTHN_ADMIN,            "proposals",       NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_admin_proposals },
	{ POST_, "/admin/v1/policy/proposals",            AUTHN_ADMIN,            "proposals",       BODY,   4096 * K, SLOW, JSON,  true,  NONE,   ep_admin_proposal_add },
	{ GET_,  "/admin/v1/policy/proposals/{id}",       AUTHN_ADMIN,            "proposals",       NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_admin_proposal },
	{ POST_, "/admin/v1/policy/proposals/{id}/withdraw", AUTHN_ADMIN,         "proposals",       BODY,   8 * K,    SLOW, JSON,  true,  NONE,   ep_admin_proposal_withdraw },
	{ POST_, "/admin/v1/policy/activate",             AUTHN_ADMIN,            "policy",          BODY,   8 * K,    SLOW, JSON,  true,  NONE,   ep_admin_policy_activate },
	{ GET_,  "/admin/v1/consents",                    AUTHN_ADMIN,            "consents",        NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_consents },
	{ GET_,  "/admin/v1/consents/{id}",               AUTHN_ADMIN,            "consents",        NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_consent },
	{ POST_, "/admin/v1/consents/{id}/withdraw",      AUTHN_ADMIN,            "consents",        BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_consent_withdraw },
	{ POST_, "/admin/v1/consents/{id}/revoke",        AUTHN_ADMIN,            "consents",        BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_consent_revoke },
	{ POST_, "/admin/v1/consents/{id}/invalidate",    AUTHN_ADMIN,            "consents",        BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_consent_invalidate },
	{ GET_,  "/admin/v1/sessions",                    AUTHN_ADMIN,            "sessions",        NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_sessions },
	{ POST_, "/admin/v1/sessions/{id}/end",           AUTHN_ADMIN,            "sessions",        BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_session_end },
	{ POST_, "/admin/v1/subjects/{id}/erase",         AUTHN_ADMIN,            "subjects",        BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_subject_erase },
	{ POST_, "/admin/v1/subjects/{id}/export",        AUTHN_ADMIN,            "subjects",        BODY,   8 * K,    LONG, JSON,  true,  OTHERS, ep_admin_subject_export },
	{ GET_,  "/admin/v1/breakglass",                  AUTHN_ADMIN,            "breakglass",      NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_breakglass_list },
	{ GET_,  "/admin/v1/breakglass/{id}",             AUTHN_ADMIN,            "breakglass",      NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_breakglass },
	{ POST_, "/admin/v1/breakglass/{id}/review",      AUTHN_ADMIN,            "breakglass",      BODY,   16 * K,   SLOW, JSON,  true,  OTHERS, ep_admin_breakglass_review },
	{ POST_, "/admin/v1/breakglass/{id}/restore",     AUTHN_ADMIN,            "breakglass",      BODY,   16 * K,   SLOW, JSON,  true,  OTHERS, ep_admin_breakglass_restore },
	{ GET_,  "/admin/v1/mandates",                    AUTHN_ADMIN,            "mandates",        NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_mandates },
	{ POST_, "/admin/v1/mandates",                    AUTHN_ADMIN,            "mandates",        BODY,   16 * K,   SLOW, JSON,  true,  OTHERS, ep_admin_mandate_register },
	{ GET_,  "/admin/v1/mandates/{id}",               AUTHN_ADMIN,            "mandates",        NOBODY, 0,        SLOW, JSON,  true,  OTHERS, ep_admin_mandate },
	{ POST_, "/admin/v1/mandates/{id}/confirm",       AUTHN_ADMIN,            "mandates",        BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_mandate_confirm },
	{ POST_, "/admin/v1/mandates/{id}/revoke",        AUTHN_ADMIN,            "mandates",        BODY,   8 * K,    SLOW, JSON,  true,  OTHERS, ep_admin_mandate_revoke },
	{ GET_,  "/admin/v1/affected",                    AUTHN_ADMIN,            "affected",        NOBODY, 0,        LONG, JSON,  true,  OTHERS, ep_admin_affected },
	{ GET_,  "/admin/v1/status",                      AUTHN_ADMIN,            NULL,              NOBODY, 0,        SLOW, JSON,  true,  NONE,   ep_admin_status },
};
/* clang-format on */

/* Compares one path with one pattern, segment by segment, and cuts the parameters out. */
static bool
matches(struct str pattern, struct str path, struct str param[ROUTE_PARAMS_MOST])
{
	struct str want = str_slice(pattern, 1, pattern.n), have = str_slice(path, 1, path.n);
	struct str wanted, got;
	size_t n = 0;

	if (path.n == 0 || path.p[0] != '/')
		return false;
	while (str_next(&want, '/', &wanted)) {
		if (str_is(wanted, "{*}")) {
			param[n] = have.p == NULL ? str_of("") : have;
			return have.p != NULL && have.n > 0;
		}
		if (!str_next(&have, '/', &got))
			return false;
		if (wanted.n > 0 && wanted.p[0] == '{') {
			if (got.n == 0 || n >= ROUTE_PARAMS_MOST)
				return false;
			param[n++] = got;
		} else if (!str_eq(wanted, got)) {
			return false;
		}
	}
	return have.p == NULL;
}

/* What RFC 9110 wants in Allow, by what there is: bits of HAS_. HEAD goes with GET. */
enum { HAS_GET = 1, HAS_POST = 2, HAS_DELETE = 4 };
static const char *const allowed[] = {
	"",       "GET, HEAD",         "POST",         "GET, HEAD, POST",
	"DELETE", "GET, HEAD, DELETE", "POST, DELETE", "GET, HEAD, POST, DELETE",
};

static unsigned
bit_of(enum http_method method)
{
	return method == HTTP_GET ? HAS_GET : method == HTTP_POST ? HAS_POST : method == HTTP_DELETE ? HAS_DELETE : 0;
}

enum status
route_find(enum http_method method, struct str path, const struct route **out, struct str param[ROUTE_PARAMS_MOST],
	   const char **allow)
{
	unsigned has = 0;

	if (method == HTTP_HEAD)
		method = HTTP_GET;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		struct str cut[ROUTE_PARAMS_MOST] = { 0 };

		if (!matches(str_of(routes[i].path), path, cut))
			continue;
		if (routes[i].method == method) {
			memcpy(param, cut, sizeof(cut));
			*out = &routes[i];
			return OK;
		}
		has |= bit_of(routes[i].method);
	}
	if (has == 0)
		return E_NOT_FOUND;
	*allow = allowed[has];
	return E_UNSUPPORTED;
}

const struct route *
route_table(size_t *count)
{
	*count = ARRAY_LEN(routes);
	return routes;
}
