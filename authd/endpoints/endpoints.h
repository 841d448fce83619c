/*
 * endpoints.h: every handler of the route table (routes.c), by the file that has it. A handler runs after the caller
 * was found out and allowed in; it reads the input, calls a module, chooses the answer, and returns OK or a status that
 * request_finish() turns into HTTP.
 */
#ifndef AUTHD_ENDPOINTS_ENDPOINTS_H
#define AUTHD_ENDPOINTS_ENDPOINTS_H

#include "auditlog/base/status.h"

struct request;

#define EP(name) MUST_USE enum status name(struct request *rq)

/* ep_health.c */
EP(ep_livez);
EP(ep_readyz);
EP(ep_metrics);

/* ep_discovery.c */
EP(ep_discovery); /* OpenID Connect and RFC 8414: the same document */
EP(ep_discovery_authzen);
EP(ep_jwks);
EP(ep_openapi);

/* ep_par.c */
EP(ep_par);
/* ep_authorize.c */
EP(ep_authorize);        /* GET and POST */
EP(ep_approve);          /* the answer to the page that asks the person */
EP(ep_authorize_cancel); /* the way back from a sign-in page */
/* ep_token.c */
EP(ep_token);
/* ep_device.c: for devices, and the pages for the person */
EP(ep_device_start);
EP(ep_device_page);
EP(ep_device_code);
EP(ep_device_answer);
/* ep_introspect.c */
EP(ep_introspect);
/* ep_revoke.c */
EP(ep_revoke);
/* ep_userinfo.c */
EP(ep_userinfo);
/* ep_preflight.c: OPTIONS, for applications in browsers */
EP(ep_preflight);
/* ep_logout.c: RP-initiated logout, and the sign-out button of our own pages */
EP(ep_logout);
EP(ep_sign_out);

/* ep_representatives.c */
EP(ep_representatives);
EP(ep_representative_offer);
EP(ep_representative_accept);
EP(ep_representative_end);
EP(ep_representative_act);
EP(ep_representative_stop);
/* ep_admin_mandates.c: the same for programs */
EP(ep_admin_mandates);
EP(ep_admin_mandate);
EP(ep_admin_mandate_register);
EP(ep_admin_mandate_confirm);
EP(ep_admin_mandate_revoke);

/* ep_desk_mandates.c: two officials */
EP(ep_desk_mandates);
EP(ep_desk_mandate);
EP(ep_desk_mandate_register);
EP(ep_desk_mandate_confirm);
EP(ep_desk_mandate_revoke);

/* ep_desk_deaths.c: two officials; and what the person says */
EP(ep_desk_deaths);
EP(ep_desk_death_propose);
EP(ep_desk_death_confirm);
EP(ep_desk_death_decline);
EP(ep_desk_heir_register);
EP(ep_desk_heir);
EP(ep_desk_heir_confirm);
EP(ep_desk_heir_end);
EP(ep_alive_page);
EP(ep_alive);

/* ep_verify.c: for reverse proxies */
EP(ep_verify);

/* ep_evaluation.c */
EP(ep_evaluation);
EP(ep_evaluations);
/* ep_access_request.c */
EP(ep_access_request);
/* ep_search.c */
EP(ep_search_subject);
EP(ep_search_resource);
EP(ep_search_action);
/* ep_outcome.c */
EP(ep_outcome);
/* ep_breakglass.c */
EP(ep_case_close);
EP(ep_breakglass_open);
EP(ep_breakglass_close);

/* ep_consent_api.c */
EP(ep_consent_request);
EP(ep_consent_records);
EP(ep_consent_record);
EP(ep_consent_receipt);
EP(ep_consent_withdraw_api);
EP(ep_consent_revoke);

/* ep_grants.c: OAuth Grant Management over consents */
EP(ep_grant);
EP(ep_grant_revoke);
/* ep_own_accesses.c: an organisation's own */
EP(ep_own_accesses);
/* ep_admin_affected.c */
EP(ep_admin_affected);
/* ep_usage.c: the Estonian data tracker's protocol */
EP(ep_find_usage);
EP(ep_usage_period);
EP(ep_heartbeat);
/* ep_entries.c */
EP(ep_entries);
/* ep_log.c */
EP(ep_log);

/* ep_login.c */
EP(ep_login_page);
EP(ep_login);
EP(ep_otp_page);
EP(ep_otp);

/* ep_home.c */
EP(ep_root);
EP(ep_me);
EP(ep_help);
EP(ep_reports);
EP(ep_report);
EP(ep_licences);
EP(ep_asset);

/* ep_receipt.c */
EP(ep_entry_proof);

/* ep_ask.c */
EP(ep_ask_new); /* a link that came with a refusal: makes the request, then shows it */
EP(ep_ask_page);
EP(ep_ask);

/* ep_inbox.c */
EP(ep_inbox);
EP(ep_inbox_read);
/* ep_notice.c */
EP(ep_notice);
/* ep_consents.c */
EP(ep_consents);
/* ep_consent.c */
EP(ep_consent);
EP(ep_consent_withdraw_page);
EP(ep_consent_withdraw);
EP(ep_consent_renew);
EP(ep_consent_receipt_page);

/* ep_objections.c: what a person forbids, with their contracts; the page, its forms, and for their own client */
EP(ep_objections);
EP(ep_objection_set);
EP(ep_objection_lift);
EP(ep_restrict);
EP(ep_unrestrict);
EP(ep_contract_form);
EP(ep_objections_api);
EP(ep_objection_set_api);
EP(ep_objection_lift_api);
EP(ep_restrict_api);
EP(ep_unrestrict_api);
EP(ep_admin_restriction); /* an officer blocks, or opens again what an officer blocked */
/* ep_contracts.c */
EP(ep_contract_propose);
EP(ep_contracts);
/* ep_mandates.c */
EP(ep_mandates);
EP(ep_contract_answer);
EP(ep_contract_end);

/* ep_accesses.c */
EP(ep_accesses);
EP(ep_access);
EP(ep_accesses_proof); /* these are all, as a file; also for a person's token (audit:read) */
EP(ep_access_proof);

/* ep_questions.c */
EP(ep_questions);
EP(ep_question);
EP(ep_question_follow);
EP(ep_question_escalate);

/* ep_desk_questions.c */
EP(ep_desk_questions);
EP(ep_desk_question);
EP(ep_desk_question_take);
EP(ep_desk_question_answer);

/* ep_api_questions.c */
EP(ep_api_questions);
EP(ep_api_question);
EP(ep_api_question_take);
EP(ep_api_question_answer);

/* ep_desk.c: for officials who help others; paper codes that people make for themselves */
EP(ep_desk);
EP(ep_desk_duty);
EP(ep_desk_open);
EP(ep_desk_case);
EP(ep_desk_ask_page);
EP(ep_desk_ask);
EP(ep_desk_codes_page);
EP(ep_desk_codes_new);
/* ep_desk_offer.c */
EP(ep_desk_prepare_page);
EP(ep_desk_prepare);
EP(ep_desk_account_page);
EP(ep_desk_account);
EP(ep_desk_queue);
EP(ep_desk_offer);
EP(ep_desk_confirm); /* the person's code */
EP(ep_desk_paper);   /* a second operator */
EP(ep_desk_refuse);

/* ep_security.c */
EP(ep_security);
EP(ep_session_end);
EP(ep_password_change);
EP(ep_client_end);
EP(ep_freeze);
EP(ep_thaw);

/* ep_export.c */
EP(ep_export_page);
EP(ep_export);

/* ep_check.c */
EP(ep_check);
EP(ep_check_receipt);
/* ep_consent_document.c */
EP(ep_consent_document);
EP(ep_ask_document);
EP(ep_desk_document);

/* ep_admin_people.c */
EP(ep_admin_people);
EP(ep_admin_person_add);
EP(ep_admin_person);
EP(ep_admin_person_status);
EP(ep_admin_person_reset);
/* ep_admin_roles.c */
EP(ep_admin_roles);
EP(ep_admin_role_assign);
EP(ep_admin_role_revoke);
/* ep_admin_clients.c */
EP(ep_admin_clients);
EP(ep_admin_client_add);
EP(ep_admin_client);
EP(ep_admin_client_status);
EP(ep_admin_client_rotate);
/* ep_admin_keys.c */
EP(ep_admin_keys);
EP(ep_admin_key_rotate);

/* ep_admin_policy.c */
EP(ep_admin_policy);
EP(ep_admin_policy_bundle);
EP(ep_admin_policy_activate);

/* ep_admin_proposal.c */
EP(ep_admin_proposals);
EP(ep_admin_proposal);
EP(ep_admin_proposal_add);
EP(ep_admin_proposal_withdraw);
/* ep_admin_consents.c */
EP(ep_admin_consents);
EP(ep_admin_consent);
EP(ep_admin_consent_withdraw);
EP(ep_admin_consent_revoke);
EP(ep_admin_consent_invalidate);
/* ep_admin_sessions.c */
EP(ep_admin_sessions);
EP(ep_admin_session_end);
/* ep_admin_subjects.c */
EP(ep_admin_subject_erase);
EP(ep_admin_subject_export);
/* ep_admin_breakglass.c */
EP(ep_admin_looks);
EP(ep_admin_breakglass_list);
EP(ep_admin_breakglass);
EP(ep_admin_breakglass_review);
EP(ep_admin_breakglass_restore);
/* ep_admin_status.c */
EP(ep_admin_status);

#undef EP

#endif
