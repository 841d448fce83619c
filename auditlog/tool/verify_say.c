#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/tool/verify.h"

static double
seconds(const struct verify *v)
{
	return v->swept.took_us > 0 ? (double)v->swept.took_us / (double)SECOND_US : 1e-6;
}

static void
put_witnesses(struct buf *out, const struct verify *v)
{
	uint64_t behind = v->target.head.size - v->witnessed_size;

	buf_printf(out, "witness  %zu of %zu have cosigned", v->witnesses.cosigned, v->witnesses.witnesses);
	if (behind > 0)
		buf_printf(out, " the first %" PRIu64 " entries; the last %" PRIu64 " have the word of the log alone",
			   v->witnessed_size, behind);
	buf_put_char(out, '\n');
}

static void
put_head(struct buf *out, const struct verify *v)
{
	const struct checkpoint *head = &v->target.head;

	buf_printf(out, "log      %.*s in %s\nroot     ", STR_ARG(head->origin), v->target.name);
	hash_put_base64(out, &head->root);
	buf_printf(out, "\nsize     %" PRIu64 " entries", head->size);
	if (v->swept.whole && head->size) {
		buf_put_cstr(out, ", ");
		clock_put_rfc3339(out, v->swept.first_us);
		buf_put_cstr(out, " to ");
		clock_put_rfc3339(out, v->swept.last_us);
	}
	buf_put_char(out, '\n');
}

static void
put_learned(struct buf *out, const struct target *t)
{
	for (size_t i = 0; i < t->learned_count; i++)
		buf_printf(out,
			   "key      %s+%08" PRIx32 " was introduced by entry %" PRIu64
			   ", under a key that was trusted before it\n",
			   t->learned[i].key.name, t->learned[i].key.id, t->learned[i].entry);
}

/* Said whether it was accepted or not: which entry says that they are kept no longer. */
static void
put_pruned(struct buf *out, const struct verify *v)
{
	const struct pruned *p = &v->target.pruned;

	if (p->minimum == 0)
		return;
	buf_printf(out, "pruned   entries below %" PRIu64, p->minimum);
	if (v->swept.said.proven)
		buf_printf(out, ", as entry %" PRIu64 " says: they were older than %" PRIu64 " days", p->entry,
			   v->swept.said.facts.retention_s / 86400);
	else
		buf_put_cstr(out, ": nothing in this log proves that they might go");
	buf_put_char(out, '\n');
}

static void
put_checked(struct buf *out, const struct verify *v)
{
	buf_printf(out,
		   "checked  %" PRIu64 " entries, %" PRIu64
		   " hash tiles, %zu older checkpoints in %.2f s (%.0f entries/s)\n",
		   v->swept.entries - v->swept.pruned, v->swept.tiles, v->old.n, seconds(v),
		   (double)v->swept.entries / seconds(v));
	if (v->maps && mapcheck_count(v->maps))
		buf_printf(out, "maps     %" PRIu64 " made once more from the entries\n", mapcheck_count(v->maps));
	if (v->stray.ahead + v->stray.extra)
		buf_printf(out,
			   "besides  %" PRIu64 " files ahead of the checkpoint, %" PRIu64 " that do not belong there\n",
			   v->stray.ahead, v->stray.extra);
	if (v->replay)
		lawful_put_text(out, v->replay);
}

static void
put_verdict(struct buf *out, const struct verify *v)
{
	findings_put_text(out, &v->found);
	if (!findings_none(&v->found))
		return;
	buf_put_cstr(out, "HOLDS");
	if (v->replay && lawful_unjudged(v->replay))
		buf_printf(out,
			   ", and of what can still be judged everything had its ground; %" PRIu64 " entries cannot",
			   lawful_unjudged(v->replay));
	else if (v->replay)
		buf_put_cstr(out, ", and every permit had its ground");
	if (v->swept.pruned)
		buf_printf(out, "; of %" PRIu64 " pruned entries the hashes alone were checked", v->swept.pruned);
	buf_put_char(out, '\n');
}

static void
put_text(struct buf *out, const struct verify *v)
{
	if (v->target.head.origin.n == 0) { /* not even a checkpoint to speak of */
		findings_put_text(out, &v->found);
		return;
	}
	put_head(out, v);
	put_learned(out, &v->target);
	if (v->policy)
		put_witnesses(out, v);
	else
		buf_put_cstr(out, "witness  none asked for (--witness)\n");
	put_pruned(out, v);
	put_checked(out, v);
	put_verdict(out, v);
}

static json_t *
json_text(struct str s)
{
	return json_stringn(s.p ? s.p : "", s.n);
}

static json_t *
json_hash(const struct hash *h)
{
	CLEANUP(buf_clear) struct buf b = { 0 };

	hash_put_base64(&b, h);
	return json_text(buf_str(&b));
}

static json_t *
json_findings(const struct findings *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->kept; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s}", "place", f->item[i].place, "what", f->item[i].what,
						"kind", f->item[i].kind == FINDING_UNREAD ? "unread" : "bad"));
	return list;
}

static json_t *
json_learned(const struct verify *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->target.learned_count; i++) {
		CLEANUP(buf_clear) struct buf vkey = BUF(NOTE_VKEY_MAX);

		note_put_vkey(&vkey, &v->target.learned[i].key);
		json_array_append_new(list, json_pack("{s:s%, s:I}", "vkey", vkey.p, vkey.n, "entry",
						      (json_int_t)v->target.learned[i].entry));
	}
	return list;
}

static json_t *
json_pruned(const struct verify *v)
{
	const struct pruned *p = &v->target.pruned;

	return json_pack("{s:I, s:I, s:b, s:b, s:I}", "minimum", (json_int_t)p->minimum, "entry", (json_int_t)p->entry,
			 "proven", v->swept.said.proven, "accepted", v->target.accept_pruned, "retention",
			 (json_int_t)v->swept.said.facts.retention_s);
}

static void
put_json(struct buf *out, const struct verify *v)
{
	const struct checkpoint *head = &v->target.head;
	json_t *j = json_object();
	char *text = NULL;

	json_object_set_new(j, "holds", json_boolean(findings_none(&v->found)));
	json_object_set_new(j, "log", json_string(v->target.name));
	json_object_set_new(j, "origin", json_text(head->origin));
	json_object_set_new(j, "size", json_integer((json_int_t)head->size));
	json_object_set_new(j, "root", json_hash(&head->root));
	json_object_set_new(j, "entries_checked", json_integer((json_int_t)(v->swept.entries - v->swept.pruned)));
	json_object_set_new(j, "tiles_checked", json_integer((json_int_t)v->swept.tiles));
	json_object_set_new(j, "seconds", json_real(seconds(v)));
	json_object_set_new(j, "old_checkpoints", json_integer((json_int_t)v->old.n));
	json_object_set_new(j, "witnesses", json_integer((json_int_t)v->witnesses.witnesses));
	json_object_set_new(j, "cosigned", json_integer((json_int_t)v->witnesses.cosigned));
	if (v->policy)
		json_object_set_new(j, "witnessed", json_integer((json_int_t)v->witnessed_size));
	json_object_set_new(j, "learned", json_learned(v));
	json_object_set_new(j, "files_ahead", json_integer((json_int_t)v->stray.ahead));
	json_object_set_new(j, "files_extra", json_integer((json_int_t)v->stray.extra));
	json_object_set_new(j, "bad", json_integer((json_int_t)v->found.bad));
	json_object_set_new(j, "unread", json_integer((json_int_t)v->found.unread));
	json_object_set_new(j, "findings", json_findings(&v->found));
	if (v->target.pruned.minimum)
		json_object_set_new(j, "pruned", json_pruned(v));
	if (v->maps)
		json_object_set_new(j, "maps", json_integer((json_int_t)mapcheck_count(v->maps)));
	if (v->replay)
		lawful_put_json(j, v->replay);
	text = json_dumps(j, JSON_COMPACT);
	buf_put_cstr(out, text ? text : "{\"holds\":false}");
	buf_put_char(out, '\n');
	free(text);
	json_decref(j);
}

void
verify_say(struct buf *out, const struct verify *v)
{
	if (v->json)
		put_json(out, v);
	else
		put_text(out, v);
}
