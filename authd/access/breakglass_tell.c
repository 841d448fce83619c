/* breakglass_tell.c: who hears of an emergency: whose data it is, who opened it, and who has to judge it. */
#include "authd/access/breakglass_parts.h"

enum status
breakglass_tell_officers(struct store_tx *tx, const json_t *officers, const struct store_breakglass *b,
			 enum inbox_kind kind)
{
	const struct inbox_refs refs = { .organisation = b->organisation,
					 .purpose = b->purpose,
					 .until_us = b->review_by_us };

	return officers_tell(tx, officers, kind, &refs);
}

enum status
breakglass_tell_person(struct store_tx *tx, const struct store_person *person, const struct store_breakglass *b,
		       enum inbox_kind kind)
{
	const struct inbox_refs refs = { .target = b->event_id,
					 .organisation = b->organisation,
					 .purpose = b->purpose,
					 .until_us = b->review_by_us };

	return person->wrapped_key.n > 0 ? inbox_tell(tx, person->sub, kind, &refs) : OK;
}

enum status
breakglass_tell_operator(struct store_tx *tx, struct str sub, const struct store_breakglass *b, enum inbox_kind kind)
{
	const struct inbox_refs refs = { .organisation = b->organisation, .purpose = b->purpose };

	return sub.n > 0 ? inbox_tell(tx, sub, kind, &refs) : OK;
}
