/*
 * lapse.h: sessions that end by silence or by age. To everybody who asks they are over at that moment, without anything
 * being done; here their end is written down, with its entry, where a client waits to hear of it (store_logout.h).
 */
#ifndef AUTHD_IDENTITY_LAPSE_H
#define AUTHD_IDENTITY_LAPSE_H

struct authd;
struct store;

/* Ends what has lapsed, at most 100 sessions at once; any node may do it, and one of them does. Says itself what fails.
 */
void lapse_sweep(struct authd *a, struct store *db);

#endif
