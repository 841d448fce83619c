/*
 * demo_pki.h: the certificates of the demonstration must not serve real people. Whoever has the source can make keys of
 * that authority.
 */
#ifndef AUTHD_DEMO_PKI_H
#define AUTHD_DEMO_PKI_H

#include "authd/config.h"

/*
 * Our own chain, and the authority that services are believed by. Unless `environment: demo`: E_DENIED, said on
 * standard error, when one of them comes from the throw-away PKI; E_NOT_FOUND when a file cannot be opened.
 */
MUST_USE enum status demo_pki_refuse(const struct config *c);

#endif
