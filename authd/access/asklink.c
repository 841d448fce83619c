#include "authd/access/asklink.h"

#include "auditlog/base/encode.h"
#include "auditlog/base/secret.h"
#include "authd/authd.h"
#include "authd/http/form.h"

#define TEXT_MOST 128

bool
asklink_helps(enum reason r)
{
	return r == REASON_CONSENT_MISSING || r == REASON_CONSENT_EXPIRED || r == REASON_CONSENT_WITHDRAWN ||
	       r == REASON_CONSENT_SCOPE;
}

/* Lengths before texts: no two links have the same bytes under the MAC. The first line keeps it apart from passwords.
 */
static enum status
mac(struct authd *a, const struct asklink *l, uint64_t until_s, struct buf *out)
{
	CLEANUP(buf_clear) struct buf data = BUF(1024);
	uint8_t bytes[KEYS_PEPPER_LEN];

	buf_put_cstr(&data, "ombud ask link v1\n");
	buf_put_u64(&data, until_s);
	buf_put_block(&data, l->client_id);
	buf_put_block(&data, l->purpose);
	buf_put_block(&data, l->category);
	buf_put_block(&data, l->case_ref);
	TRY(buf_status(&data));
	TRY(keys_pepper(a->keys, buf_str(&data), bytes));
	encode_base64url(out, str_from(bytes, sizeof(bytes)));
	return buf_status(out);
}

enum status
asklink_make(struct authd *a, struct str client_id, struct str purpose, struct str category, struct str case_ref,
	     struct buf *out)
{
	const struct asklink l = { client_id, purpose, category, case_ref };
	CLEANUP(buf_clear) struct buf seal = BUF(64), until = BUF(24);
	uint64_t until_s = (uint64_t)((clock_now_us() + ASKLINK_LIFE_US) / SECOND_US);

	TRY(mac(a, &l, until_s, &seal));
	buf_put_u64_dec(&until, until_s);
	buf_put(out, a->issuer);
	buf_put_cstr(out, "/ask/new");
	form_put_param(out, "client", client_id);
	form_put_param(out, "purpose", purpose);
	form_put_param(out, "category", category);
	if (case_ref.n > 0)
		form_put_param(out, "case", case_ref);
	form_put_param(out, "until", buf_str(&until));
	form_put_param(out, "mac", buf_str(&seal));
	return buf_status(out);
}

enum status
asklink_open(struct authd *a, const struct form *query, struct asklink *out)
{
	CLEANUP(buf_clear) struct buf expected = BUF(64);
	const struct asklink l = { form_get(query, "client"), form_get(query, "purpose"), form_get(query, "category"),
				   form_get(query, "case") };
	uint64_t until_s;

	if (l.client_id.n == 0 || l.client_id.n > TEXT_MOST || l.purpose.n > TEXT_MOST || l.category.n > TEXT_MOST ||
	    l.case_ref.n > TEXT_MOST)
		return E_INVALID;
	TRY(str_to_u64(form_get(query, "until"), INT64_MAX / SECOND_US, &until_s));
	TRY(mac(a, &l, until_s, &expected));
	if (!secret_equal(buf_str(&expected), form_get(query, "mac")))
		return E_INVALID;
	if ((int64_t)until_s * SECOND_US < clock_now_us())
		return E_EXPIRED;
	*out = l;
	return OK;
}
