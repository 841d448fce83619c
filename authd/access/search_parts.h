/* search_parts.h: what the files of search.h share. */
#ifndef AUTHD_ACCESS_SEARCH_PARTS_H
#define AUTHD_ACCESS_SEARCH_PARTS_H

#include "authd/access/search.h"

/* Walks from `at` and fills results; `more` when there is something behind them. */
MUST_USE enum status search_find(struct search *s);

/*
 * The search and whom it names, in the log: before the answer, all or nothing. Sets drafts and receipt. E_UNAVAILABLE,
 * E_TIMEOUT, E_BUSY: nobody may be named.
 */
MUST_USE enum status search_record(struct search *s);

/*
 * Page tokens: sealed by authd-keyd, so that nobody reads or makes one, and bound to the caller, the search, what it
 * asks and the policy. Good for an hour. open: E_INVALID for anything else.
 */
MUST_USE enum status search_token_open(struct search *s);
MUST_USE enum status search_token_make(struct search *s);

#endif
