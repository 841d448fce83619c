#include "authd/access/desk_codes.h"

#include <string.h>

#include "auditlog/base/random.h"
#include "authd/audit/audit.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_desk_codes.h"
#include "authd/store/store_outbox.h"

static enum status
draft(struct request *rq, const struct officer *o, const struct store_person *person, struct audit_draft *out)
{
	struct audit_event ev;

	if (o != NULL) {
		ev = desk_event(rq, o, ENTRY_DESK_CODES, person, NULL);
	} else {
		ev = audit_of(rq, ENTRY_DESK_CODES);
		ev.person = (struct keys_person){ .sub = person->sub, .wrapped = person->wrapped_key };
	}
	return audit_draft(rq->authd, &ev, out);
}

static enum status
save(struct request *rq, const struct officer *o, const struct store_desk_codes *row, const struct audit_draft *d)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_desk_codes_set(&tx, row));
	if (o != NULL)
		TRY(inbox_tell(&tx, row->sub, INBOX_DESK_CODES,
			       &(struct inbox_refs){ .organisation = str_of(o->organisation) }));
	TRY(audit_emit(&tx, d, STORE_TARGET_DESK_CODES, row->sub));
	return store_commit(&tx);
}

enum status
desk_codes_issue(struct request *rq, const struct officer *o, const struct store_person *person, struct secret *codes)
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(buf_clear) struct buf sealed = BUF(KEYS_BLOB_MAX), id = BUF(DESK_ID_MOST);
	struct store_desk_codes row;
	struct receipt receipt;

	random_put_id(&id, "lst_");
	TRY(buf_status(&id));
	TRY(keys_hotp_new(rq->authd->keys, person->sub, DESK_CODES_SIZE, &sealed, codes));
	TRY(draft(rq, o, person, &d));
	row = (struct store_desk_codes){ .sub = person->sub,
					 .list_id = buf_str(&id),
					 .sealed = buf_str(&sealed),
					 .size = DESK_CODES_SIZE,
					 .seen_by = o != NULL ? str_of(o->sub) : STR(""),
					 .made_us = clock_now_us(),
					 .event_id = str_of(d.id_text) };
	TRY(save(rq, o, &row, &d));
	return audit_forward(rq->authd, &d, &receipt); /* R1: shown only then */
}

json_t *
desk_codes_list(const struct secret *codes)
{
	const int half = KEYS_HOTP_DIGITS / 2;
	json_t *list = json_array();
	struct str all = secret_str(codes);

	for (size_t i = 0; i + 1 <= all.n / KEYS_HOTP_DIGITS; i++) {
		const char *code = all.p + i * KEYS_HOTP_DIGITS;

		json_array_append_new(list, json_pack("{s:i, s:s%, s:s%}", "number", (int)i + 1, "first", code, half,
						      "second", code + half, half));
	}
	return list;
}
