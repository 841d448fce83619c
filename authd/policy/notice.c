#include "authd/policy/bundle.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/core/hash.h"
#include "authd/policy/bundle_source.h"

/*
 * What every notice must tell, as headings, so that none leaves out what refusing means or how to take a consent back.
 */
static const char *const sections[WORDS_LANGS][5] = {
	[WORDS_RU] = { "\n## Какие данные", "\n## Зачем", "\n## Кто увидит", "\n## Если вы откажетесь",
		       "\n## Как отозвать" },
	[WORDS_EN] = { "\n## What data", "\n## What for", "\n## Who will see", "\n## If you refuse",
		       "\n## How to withdraw" },
};

static enum status
refuse(struct bundle *b, const char *path, const char *what, const char *hint)
{
	char name[PATH_MAX];

	bundle_source_name(b, path, name, sizeof(name));
	snprintf(b->err->text, sizeof(b->err->text), "%.330s:1:1: %.96s; %.64s", name, what, hint);
	return E_INVALID;
}

static enum status
check_text(struct bundle *b, const char *path, enum words_lang lang, struct str body)
{
	if (body.n == 0 || !str_is_utf8(body) || str_find_char(body, '\0') < body.n)
		return refuse(b, path, "the notice is empty or not UTF-8", "write it as UTF-8 text");
	if (!str_starts(body, STR("# ")))
		return refuse(b, path, "the notice has no title", "begin it with \"# \" and the title");
	for (size_t i = 0; i < ARRAY_LEN(sections[lang]); i++) {
		if (str_find(body, str_of(sections[lang][i])) == body.n) {
			char what[128];

			snprintf(what, sizeof(what), "the section \"%s\" is missing", sections[lang][i] + 1);
			return refuse(b, path, what, "every notice tells the same five things");
		}
	}
	return OK;
}

static enum status
read_text(struct bundle *b, const struct notice *n, enum words_lang lang, struct notice_text *out)
{
	CLEANUP(buf_clear) struct buf hex = BUF(sizeof(out->sha256));
	char path[256];
	struct hash digest;
	enum status st = OK;

	snprintf(path, sizeof(path), "notices/%s/%u/%s.md", n->id, n->version, words_lang_name(lang));
	st = bundle_source_read(b, path, NOTICE_BYTES_MOST, &out->body);
	if (st == E_NOT_FOUND || st == E_TOO_LARGE) {
		(void)refuse(b, path, st == E_NOT_FOUND ? "the notice is missing" : "the notice is larger than 64 KiB",
			     "every notice stands in both languages, ru.md and en.md");
		return st == E_NOT_FOUND ? E_INVALID : st;
	}
	TRY(st);
	TRY(check_text(b, path, lang, out->body));
	digest = hash_sha256(out->body);
	hash_put_hex(&hex, &digest);
	TRY(buf_status(&hex));
	memcpy(out->sha256, hex.p, sizeof(out->sha256) - 1);
	return OK;
}

static enum status
add_notice(struct bundle *b, const char *id, const char *version)
{
	struct policy *p = b->policy;
	struct notice *n = &p->notices[p->notice_count];
	char key[128];
	const char *name = NULL;
	uint64_t number = 0;

	if (snprintf(key, sizeof(key), "%s/%s", id, version) >= (int)sizeof(key) ||
	    str_to_u64(str_of(version), 1000000, &number) != OK || number == 0)
		return refuse(b, "notices", "a folder here is no notice", "name them notices/<id>/<version>/");
	if (p->notice_count == POLICY_NOTICE_MOST)
		return refuse(b, "notices", "there are more than 4,096 notices", "move the oldest to an archive");
	TRY(arena_text(&p->arena, str_of(key), &name));
	TRY(arena_text(&p->arena, str_of(id), &n->id));
	n->version = (unsigned)number;
	for (unsigned lang = 0; lang < WORDS_LANGS; lang++)
		TRY(read_text(b, n, (enum words_lang)lang, &n->in[lang]));
	TRY(notice_recipients_read(b, n));
	p->notice_count++;
	return nametable_put(&p->notices_by_key, str_of(name), n);
}

static enum status
add_versions(struct bundle *b, const char *id)
{
	CLEANUP(bundle_names_free) char **versions = NULL;
	char sub[512];

	snprintf(sub, sizeof(sub), "notices/%.400s", id);
	TRY(bundle_names(b, sub, &versions));
	for (size_t i = 0; versions[i] != NULL; i++)
		TRY(add_notice(b, id, versions[i]));
	return OK;
}

enum status
notice_load(struct bundle *b)
{
	CLEANUP(bundle_names_free) char **ids = NULL;
	void *rows = NULL;

	TRY(arena_array(&b->policy->arena, POLICY_NOTICE_MOST + 1, sizeof(struct notice), &rows));
	b->policy->notices = rows;
	TRY(nametable_init(&b->policy->notices_by_key, &b->policy->arena, POLICY_NOTICE_MOST));
	TRY(bundle_names(b, "notices", &ids));
	for (size_t i = 0; ids[i] != NULL; i++)
		TRY(add_versions(b, ids[i]));
	return OK;
}

const struct notice *
notice_find(const struct policy *p, struct str id, unsigned version)
{
	char key[128];

	if (id.n > 64 || snprintf(key, sizeof(key), "%.*s/%u", STR_ARG(id), version) >= (int)sizeof(key))
		return NULL;
	return nametable_get(&p->notices_by_key, str_of(key));
}
