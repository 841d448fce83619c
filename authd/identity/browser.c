#include "authd/identity/browser.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/log.h"
#include "auditlog/base/secret.h"
#include "authd/http/cookie.h"
#include "authd/request.h"

#define MAC_LEN 43

/* The label first: no other use of the pepper makes these bytes. */
static enum status
mac(struct request *rq, struct str sub, uint64_t until_s, struct buf *out)
{
	CLEANUP(buf_clear) struct buf data = BUF(512);
	uint8_t bytes[KEYS_PEPPER_LEN];

	buf_put_cstr(&data, "ombud known browser v1\n");
	buf_put_u64(&data, until_s);
	buf_put_block(&data, sub);
	TRY(buf_status(&data));
	TRY(keys_pepper(rq->authd->keys, buf_str(&data), bytes));
	encode_base64url(out, str_from(bytes, sizeof(bytes)));
	return buf_status(out);
}

static enum status
make_value(struct request *rq, struct str sub, uint64_t until_s, struct buf *out)
{
	buf_put_u64_dec(out, until_s);
	buf_put_char(out, '.');
	return mac(rq, sub, until_s, out);
}

/* The sign-in stands whatever becomes of this. */
void
browser_remember(struct request *rq, struct str sub)
{
	CLEANUP(buf_clear) struct buf value = BUF(24 + MAC_LEN);
	const int64_t until_s = (clock_now_us() + BROWSER_LIFE_US) / SECOND_US;
	enum status st = make_value(rq, sub, (uint64_t)until_s, &value);

	if (st == OK)
		cookie_set(rq->rsp, BROWSER_COOKIE, buf_str(&value), BROWSER_LIFE_US / SECOND_US, COOKIE_STRICT);
	else
		log_warn(st, "browser.remember", "id=%s", rq->http->id);
}

bool
browser_is_known(struct request *rq, struct str sub)
{
	CLEANUP(buf_clear) struct buf expected = BUF(MAC_LEN);
	struct str cookie, rest, until;
	uint64_t until_s = 0;
	bool given;

	if (cookie_find(rq->http, BROWSER_COOKIE, &cookie) != OK)
		cookie = STR("0.");
	rest = cookie;
	given = str_next(&rest, '.', &until) && str_to_u64(until, INT64_MAX / SECOND_US, &until_s) == OK &&
		(int64_t)until_s * SECOND_US > clock_now_us();
	/* Made in every case, so that it takes the same whether there is such a person, and such a cookie, or not. */
	if (mac(rq, sub, until_s, &expected) != OK)
		return false;
	return given && sub.n > 0 && secret_equal(buf_str(&expected), rest);
}
