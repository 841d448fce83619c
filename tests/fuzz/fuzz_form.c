/*
 * fuzz_form.c: forms and query strings over arbitrary bytes. Built by libFuzzer (clang -fsanitize=fuzzer,address) or by
 * any driver that calls LLVMFuzzerTestOneInput. The first byte says whether a name may repeat.
 *
 * Besides memory safety: what is let through is text without control characters under plain names, none twice unless
 * that was allowed; written again and read again it is the same; what is refused leaves nothing but an error that may
 * be shown.
 */
#include <string.h>

#include "authd/http/form.h"
#include "tests/fuzz/oracle.h"

static bool
is_plain_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\r' && c != '\n'))
			return false;
	}
	return s.n == 0 || str_is_utf8(s);
}

static void
check_pair(const struct form *f, size_t i, bool may_repeat)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	const struct form_pair *p = &f->pairs[i];

	must(str_only(p->name, plain));
	must(is_plain_text(p->value));
	for (size_t k = 0; k < i; k++)
		must(!str_eq(f->pairs[k].name, p->name) || (may_repeat && str_is(p->name, "category")));
}

/* Written as we write it, and read back. */
static void
check_again(const struct form *f, const char *const *may_repeat)
{
	CLEANUP(buf_clear) struct buf url = BUF(1 << 20);
	CLEANUP(form_clear) struct form again = { 0 };
	struct str text;

	buf_put_cstr(&url, "/");
	for (size_t i = 0; i < f->count; i++) {
		CLEANUP(freep) char *name = NULL;

		must(str_dup(f->pairs[i].name, &name) == OK);
		form_put_param(&url, name, f->pairs[i].value);
	}
	must(buf_status(&url) == OK);
	text = buf_str(&url);
	must(form_parse(str_slice(text, str_find_char(text, '?') + 1, text.n), may_repeat, &again) == OK);
	must(again.count == f->count);
	for (size_t i = 0; i < f->count; i++)
		must(str_eq(again.pairs[i].name, f->pairs[i].name) && str_eq(again.pairs[i].value, f->pairs[i].value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const repeatable[] = { "category", NULL };
	CLEANUP(form_clear) struct form f = { 0 };
	const char *const *may_repeat;
	enum status st;

	if (n == 0)
		return 0;
	may_repeat = data[0] % 2 == 0 ? NULL : repeatable;
	st = form_parse(str_from(data + 1, n - 1), may_repeat, &f);
	if (st != OK) {
		must(st == E_INVALID || st == E_TOO_LARGE);
		must(f.count == 0 && f.pairs == NULL);
		must(memchr(f.error, '\0', sizeof(f.error)) != NULL && f.error[0] != '\0' &&
		     is_plain_text(str_of(f.error)));
		return 0;
	}
	must(f.count <= FORM_PAIRS_MOST);
	for (size_t i = 0; i < f.count; i++)
		check_pair(&f, i, may_repeat != NULL);
	check_again(&f, may_repeat);
	return 0;
}
