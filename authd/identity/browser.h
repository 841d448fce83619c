/*
 * browser.h: browsers that a person has signed in with before. After wrong passwords an account waits before the next
 * try counts; whoever keeps typing wrong ones would keep its owner out. A browser that the owner has once signed in
 * with, both factors, need not wait. It still needs the right password and the code.
 */
#ifndef AUTHD_IDENTITY_BROWSER_H
#define AUTHD_IDENTITY_BROWSER_H

#include <stdbool.h>

#include "auditlog/base/str.h"

struct request;

#define BROWSER_COOKIE  "__Host-browser"
#define BROWSER_LIFE_US (INT64_C(180) * DAY_US)

/* After a complete sign-in: the response carries the proof, a MAC by authd-keyd over the person and an end. */
void browser_remember(struct request *rq, struct str sub);
/*
 * The request carries the proof for this person. sub may be empty (nobody): never known, for the same work. False also
 * when it cannot be found out.
 */
bool browser_is_known(struct request *rq, struct str sub);

#endif
