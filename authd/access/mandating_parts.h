/* mandating_parts.h: what the files of mandating.h share. */
#ifndef AUTHD_ACCESS_MANDATING_PARTS_H
#define AUTHD_ACCESS_MANDATING_PARTS_H

#include "authd/access/mandating.h"
#include "authd/notify/inbox.h"

/* Both are told; representative may be empty: nobody took it. */
MUST_USE enum status
mandating_tell(struct store_tx *tx, const struct store_mandate *m, struct str representative, enum inbox_kind kind);

#endif
