/* The codes that people type for a device, and what of a grant may be asked for again. */
#include "authd/oauth/device.h"
#include "authd/oauth/grant.h"
#include "tests/unit/expect.h"

static enum status
letters_of(const char *typed, char out[16])
{
	CLEANUP(buf_clear) struct buf letters = BUF(DEVICE_CODE_LETTERS);
	enum status st = device_read_code(str_of(typed), &letters);

	snprintf(out, 16, "%.*s", STR_ARG(buf_str(&letters)));
	return st;
}

Test(device, a_code_is_read_as_people_type_it)
{
	static const char *const ways[] = { "WDJB-MJHT", "wdjb-mjht", "WDJBMJHT", "wdjb mjht", " W D J B - M J H T " };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		char letters[16];

		EXPECT_OK(letters_of(ways[i], letters));
		cr_expect_str_eq(letters, "WDJBMJHT", "%s", ways[i]);
	}
}

Test(device, what_cannot_be_a_code_is_none)
{
	static const char *const wrong[] = { "",           "-",         "WDJB-MJH",  "WDJB-MJHTW",
					     "WDJB-MJHA",  "WDJB-MJH1", "WDJB_MJHT", "ВDJB-MJHT",
					     "WDJB\tMJHT", "%s%s%s%s",  "' or 1=1" };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char letters[16];

		EXPECT_STATUS(E_INVALID, letters_of(wrong[i], letters));
	}
}

Test(device, a_code_is_shown_in_two_halves)
{
	CLEANUP(buf_clear) struct buf shown = BUF(DEVICE_CODE_SHOWN);

	device_put_code(STR("WDJBMJHT"), &shown);
	EXPECT_STR(STR("WDJB-MJHT"), buf_str(&shown));
}

/* ---- narrowing ---- */

static enum status
narrow(const char *granted, const char *asked, struct buf *out)
{
	buf_clear(out);
	*out = BUF(256);
	return grant_narrow(str_of(granted), str_of(asked), out);
}

Test(device, a_grant_can_be_narrowed_and_never_widened)
{
	CLEANUP(buf_clear) struct buf out = { 0 };

	EXPECT_OK(narrow("openid profile", "", &out));
	EXPECT_STR(STR("openid profile"), buf_str(&out));
	EXPECT_OK(narrow("openid profile", "profile", &out));
	EXPECT_STR(STR("profile"), buf_str(&out));
	EXPECT_OK(narrow("openid profile", " profile  openid ", &out));
	EXPECT_STR(STR("profile openid"), buf_str(&out));
	EXPECT_STATUS(E_INVALID, narrow("openid profile", "openid admin", &out));
	EXPECT_STATUS(E_INVALID, narrow("openid profile", "open", &out));
	EXPECT_STATUS(E_INVALID, narrow("openid profile", "openid openid", &out));
	EXPECT_STATUS(E_INVALID, narrow("openid", "OPENID", &out));
	EXPECT_STATUS(E_INVALID, narrow("", "openid", &out));
}
