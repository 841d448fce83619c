#include "authd/access/mandate_paper.h"

#include <string.h>

#include "auditlog/core/hash.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"

static struct keys_place
place_of(struct str mandate_id)
{
	return (struct keys_place){ STR("mandate"), STR("document"), mandate_id };
}

const char *
mandate_paper_fault(const struct mandate_paper *p)
{
	const struct {
		struct str text;
		size_t most;
		const char *why;
	} needed[] = {
		{ p->kind, MANDATE_PAPER_KIND_MOST, "a document is needed: say what it is" },
		{ p->number, MANDATE_PAPER_NUMBER_MOST, "a document is needed: give its number" },
		{ p->issued, 10, "a document is needed: say when it was issued" },
		{ p->issuer, MANDATE_PAPER_ISSUER_MOST, "a document is needed: say who issued it" },
	};
	struct hash scan;

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (str_trim(needed[i].text).n == 0 || needed[i].text.n > needed[i].most)
			return needed[i].why;
	if (p->sha256.n > 0 && hash_from_hex(p->sha256, &scan) != OK)
		return "the digest of a scan is 64 hexadecimal digits";
	return NULL;
}

enum status
mandate_paper_seal(struct keys *k, const struct keys_person *represented, struct str mandate_id,
		   const struct mandate_paper *p, struct buf *sealed)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp)
	json_t *paper =
	    json_pack("{s:o, s:o, s:o, s:o}", "kind", json_of_str(p->kind), "number", json_of_str(p->number), "issued",
		      json_of_str(p->issued), "issuer", json_of_str(p->issuer));
	const struct keys_place place = place_of(mandate_id);

	if (paper == NULL)
		return E_INVALID; /* not UTF-8 */
	if (p->sha256.n > 0 && json_object_set_new(paper, "sha256", json_of_str(p->sha256)) != 0)
		return E_NOMEM;
	TRY(json_write(paper, &text));
	TRY(buf_status(&text));
	return keys_field_seal(k, represented, &place, buf_str(&text), sealed);
}

enum status
mandate_paper_open(struct keys *k, const struct keys_person *represented, const struct store_mandate *m, json_t **out)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	const struct keys_place place = place_of(m->mandate_id);

	if (m->document.n == 0)
		return E_NOT_FOUND;
	TRY(keys_field_open(k, represented, &place, m->document, &text));
	if (str_starts(buf_str(&text), STR("{")))
		return json_read(buf_str(&text), KEYS_FIELD_MAX, out, NULL);
	*out = json_pack("{s:o}", "kind", json_of_str(buf_str(&text)));
	return *out != NULL ? OK : E_CORRUPT;
}

void
mandate_paper_words(const json_t *paper, struct buf *out)
{
	static const struct {
		const char *member, *before;
	} parts[] = { { "kind", "" }, { "number", " " }, { "issued", ", " }, { "issuer", ", " } };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *text = json_string_value(json_object_get(paper, parts[i].member));

		if (text == NULL || text[0] == '\0')
			continue;
		buf_put_cstr(out, parts[i].before);
		buf_put_cstr(out, text);
	}
}
