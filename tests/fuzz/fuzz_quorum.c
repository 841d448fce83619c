/*
 * fuzz_quorum.c: witness policies, and lists of logs. The first byte says which the rest is.
 *
 * A policy that is taken can be counted out: members come before their group, no group needs more than it has, one key
 * stands for one witness. Without a cosignature no policy is satisfied but one that asks for none. What is refused says
 * in which line and why.
 */
#include "auditlog/core/quorum.h"
#include "auditlog/tool/loglist.h"
#include "tests/fuzz/oracle_key.h"

static unsigned
members(const struct quorum_node *g, size_t own)
{
	unsigned count = 0;

	for (size_t i = 0; i < QUORUM_NODES_MAX; i++) {
		bool is = (g->member[i / 64] >> i % 64 & 1) != 0;

		must(!is || i < own);
		count += is;
	}
	return count;
}

static void
check_node(const struct quorum *q, size_t i)
{
	const struct quorum_node *node = &q->node[i];

	must(node->name.n > 0 && node->need <= members(node, i));
	must(node->need > 0 || members(node, i) == 0);
	for (size_t k = 0; k < i; k++) {
		must(!str_eq(q->node[k].name, node->name));
		must(node->need > 0 || q->node[k].need > 0 || !note_key_eq(&q->node[k].key, &node->key));
	}
}

static void
check_policy(struct str text)
{
	static struct quorum q;
	static struct note note;
	CLEANUP(buf_clear) struct buf bytes = BUF(4096);
	static struct note_signer *stranger;
	struct quorum_result result;
	char why[200] = "";

	if (stranger == NULL)
		stranger = oracle_key_new(NOTE_COSIGNATURE);
	if (quorum_parse(text, &q, why, sizeof(why)) != OK) {
		oracle_said(why, sizeof(why));
		return;
	}
	must(q.n <= QUORUM_NODES_MAX && (q.top < q.n || q.top == QUORUM_NODES_MAX));
	for (size_t i = 0; i < q.n; i++)
		check_node(&q, i);
	must(oracle_key_sign(stranger, STR("a\n0\nb\n"), 1, &bytes) && note_parse(buf_str(&bytes), &note) == OK);
	quorum_judge(&q, &note, QUORUM_ANY_TIME, &result);
	must(result.satisfied == (q.top == QUORUM_NODES_MAX) && result.cosigned == 0);
}

static void
check_list(struct str text)
{
	static struct loglist list, again;
	CLEANUP(buf_clear) struct buf written = BUF(2 * LOGLIST_FILE_MAX);
	struct note_key key;
	char why[200] = "";

	memset(&list, 0, sizeof(list));
	memset(&again, 0, sizeof(again));
	if (loglist_parse(text, &list, why, sizeof(why)) != OK) {
		oracle_said(why, sizeof(why));
		loglist_clear(&list);
		return;
	}
	must(list.n >= 1 && list.n <= LOGLIST_MAX);
	for (size_t i = 0; i < list.n; i++) {
		must(note_parse_vkey(str_of(list.item[i].vkey), &key) == OK && key.type == NOTE_ED25519);
		buf_printf(&written, "log %s %s\n", list.item[i].vkey, list.item[i].place);
		for (size_t k = 0; k < i; k++)
			must(strcmp(list.item[i].place, list.item[k].place) != 0);
	}
	must(loglist_parse(buf_str(&written), &again, why, sizeof(why)) == OK && again.n == list.n);
	loglist_clear(&list);
	loglist_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;

	if (oracle_first(data, n, &rest) % 2 == 0)
		check_policy(rest);
	else
		check_list(rest);
	return 0;
}
