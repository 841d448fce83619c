#include "authd/http/accept.h"

#include <string.h>
#include <strings.h>

#define Q_ONE 1000U

struct range {
	struct str type, subtype;
	unsigned q; /* thousandths */
};

/* Cuts the part before the next `by` that does not stand in a quoted string. False: nothing is left. */
static bool
next_part(struct str *rest, char by, struct str *part)
{
	bool quoted = false;
	size_t i = 0;

	if (rest->p == NULL)
		return false;
	for (; i < rest->n && (quoted || rest->p[i] != by); i++) {
		if (quoted && rest->p[i] == '\\')
			i++;
		else if (rest->p[i] == '"')
			quoted = !quoted;
	}
	i = i < rest->n ? i : rest->n;
	*part = str_trim(str_slice(*rest, 0, i));
	*rest = i < rest->n ? str_slice(*rest, i + 1, rest->n) : (struct str){ 0 };
	return true;
}

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL)))
			return false;
	}
	return s.n > 0;
}

/* "0", "0.25", "1.000"; anything else is no weight. */
static enum status
read_q(struct str text, unsigned *out)
{
	unsigned value, place = Q_ONE / 10;

	if (text.n == 0 || text.n > 5 || (text.p[0] != '0' && text.p[0] != '1') || (text.n > 1 && text.p[1] != '.'))
		return E_INVALID;
	value = text.p[0] == '1' ? Q_ONE : 0;
	for (size_t i = 2; i < text.n; i++, place /= 10) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return E_INVALID;
		value += (unsigned)(text.p[i] - '0') * place;
	}
	*out = value;
	return value <= Q_ONE ? OK : E_INVALID;
}

static enum status
read_range(struct str element, struct range *out)
{
	struct str part, name, value;

	if (!next_part(&element, ';', &part))
		return E_INVALID;
	value = part;
	if (!str_next(&value, '/', &out->type) || value.p == NULL)
		return E_INVALID;
	out->subtype = value;
	out->q = Q_ONE;
	if (!is_token(out->type) || !is_token(out->subtype) || (str_is(out->type, "*") && !str_is(out->subtype, "*")))
		return E_INVALID;
	while (next_part(&element, ';', &part)) {
		value = part;
		if (str_next(&value, '=', &name) && (str_is(name, "q") || str_is(name, "Q")))
			return value.p == NULL ? E_INVALID : read_q(value, &out->q);
	}
	return OK;
}

static size_t
read_all(const struct http_request *req, struct range *ranges)
{
	size_t n = 0;

	for (size_t i = 0; i < req->header_count; i++) {
		struct str rest = req->headers[i].value, element;

		if (!str_is(req->headers[i].name, "accept"))
			continue;
		while (n < ACCEPT_RANGES_MOST && next_part(&rest, ',', &element))
			if (read_range(element, &ranges[n]) == OK)
				n++;
	}
	return n;
}

static bool
same(struct str a, struct str b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* 0: does not match; 1: everything; 2: the type; 3: exactly. */
static unsigned
closeness(const struct range *r, struct str type, struct str subtype)
{
	if (str_is(r->type, "*"))
		return 1;
	if (!same(r->type, type))
		return 0;
	if (str_is(r->subtype, "*"))
		return 2;
	return same(r->subtype, subtype) ? 3 : 0;
}

static unsigned
quality_of(const struct range *ranges, size_t n, const char *form)
{
	struct str subtype = str_of(form), type;
	unsigned closest = 0, q = 0;

	if (!str_next(&subtype, '/', &type))
		return 0;
	for (size_t i = 0; i < n; i++) {
		unsigned close = closeness(&ranges[i], type, subtype);

		if (close > closest) {
			closest = close;
			q = ranges[i].q;
		}
	}
	return q;
}

enum status
accept_choose(const struct http_request *req, const char *const *offered, size_t n, size_t *out)
{
	struct range ranges[ACCEPT_RANGES_MOST];
	size_t known = read_all(req, ranges);
	unsigned best = 0;

	if (http_header_count(req, "accept") == 0) {
		*out = 0;
		return OK;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned q = quality_of(ranges, known, offered[i]);

		if (q > best) {
			best = q;
			*out = i;
		}
	}
	return best > 0 ? OK : E_UNSUPPORTED;
}
