#include "authd/http/qr.h"

#include <qrencode.h>
#include <string.h>

#include "auditlog/base/buf.h"

#define BORDER    4
#define PATH_MOST ((size_t)128 << 10)

static void
code_freep(QRcode **code)
{
	QRcode_free(*code);
}

static bool
is_dark(const QRcode *code, int x, int y)
{
	return x < code->width && (code->data[y * code->width + x] & 1) != 0;
}

/* One closed box for each run of dark modules of a line. */
static void
put_line(struct buf *out, const QRcode *code, int y)
{
	for (int x = 0, end = 0; x < code->width; x = end + 1) {
		for (end = x; is_dark(code, end, y);)
			end++;
		if (end > x)
			buf_printf(out, "M%d %dh%dv1h-%dz", x + BORDER, y + BORDER, end - x, end - x);
	}
}

enum status
qr_json(struct str text, json_t **out)
{
	CLEANUP(code_freep) QRcode *code = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(PATH_MOST);
	char copy[QR_TEXT_MOST + 1];

	if (text.n > QR_TEXT_MOST)
		return E_TOO_LARGE;
	if (text.n == 0 || memchr(text.p, '\0', text.n) != NULL)
		return E_INVALID;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	code = QRcode_encodeString8bit(copy, 0, QR_ECLEVEL_M);
	if (code == NULL)
		return E_NOMEM;
	for (int y = 0; y < code->width; y++)
		put_line(&path, code, y);
	TRY(buf_status(&path));
	*out = json_pack("{s:i, s:s%}", "size", code->width + 2 * BORDER, "path", path.p, path.n);
	return *out == NULL ? E_NOMEM : OK;
}
