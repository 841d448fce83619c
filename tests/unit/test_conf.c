#include "auditlog/base/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "tests/unit/expect.h"

/* A configuration of every type. */
struct listener {
	const char *name;
	uint64_t port;
};

struct tls {
	const char *cert;
	bool strict;
};

struct config {
	const char *title;
	const char *dir;
	uint64_t threads;
	bool debug;
	int64_t grace_us;
	int mode;
	struct conf_strings hosts;
	struct tls tls;
	struct conf_items listeners;
	const struct conf_node *extra;
};

static const char *const modes[] = { "require", "best-effort", NULL };

static const struct conf_field listener_fields[] = {
	{ .key = "name", .type = CONF_STRING, .offset = offsetof(struct listener, name), .required = true },
	{ .key = "port",
	  .type = CONF_UINT,
	  .offset = offsetof(struct listener, port),
	  .least = 1,
	  .most = 65535,
	  .fallback = "443" },
};
static const struct conf_schema listener_schema = { listener_fields, ARRAY_LEN(listener_fields),
						    sizeof(struct listener) };

static const struct conf_field tls_fields[] = {
	{ .key = "cert", .type = CONF_PATH, .offset = offsetof(struct tls, cert), .required = true },
	{ .key = "strict", .type = CONF_BOOL, .offset = offsetof(struct tls, strict), .fallback = "true" },
};
static const struct conf_schema tls_schema = { tls_fields, ARRAY_LEN(tls_fields), sizeof(struct tls) };

static const struct conf_field fields[] = {
	{ .key = "title", .type = CONF_STRING, .offset = offsetof(struct config, title), .most = 20 },
	{ .key = "dir",
	  .type = CONF_PATH,
	  .offset = offsetof(struct config, dir),
	  .required = true,
	  .hint = "say where the log is" },
	{ .key = "threads",
	  .type = CONF_UINT,
	  .offset = offsetof(struct config, threads),
	  .least = 1,
	  .most = 64,
	  .fallback = "2" },
	{ .key = "debug", .type = CONF_BOOL, .offset = offsetof(struct config, debug) },
	{ .key = "grace",
	  .type = CONF_DURATION,
	  .offset = offsetof(struct config, grace_us),
	  .most = 60 * SECOND_US,
	  .fallback = "PT5S" },
	{ .key = "mode",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct config, mode),
	  .choices = modes,
	  .fallback = "best-effort" },
	{ .key = "hosts", .type = CONF_STRINGS, .offset = offsetof(struct config, hosts), .least = 1, .most = 3 },
	{ .key = "tls", .type = CONF_MAPPING, .offset = offsetof(struct config, tls), .sub = &tls_schema },
	{ .key = "listeners",
	  .type = CONF_MAPPINGS,
	  .offset = offsetof(struct config, listeners),
	  .sub = &listener_schema },
	{ .key = "extra", .type = CONF_NODE, .offset = offsetof(struct config, extra) },
};
static const struct conf_schema schema = { fields, ARRAY_LEN(fields), sizeof(struct config) };

static enum status
parse(const char *text, struct conf **out, struct conf_error *err)
{
	return conf_parse("c.yaml", str_of(text), out, err);
}

static enum status
read_config(const char *text, struct config *out, struct conf **keep, struct conf_error *err)
{
	TRY(parse(text, keep, err));
	return conf_read(conf_root(*keep), &schema, out, err);
}

Test(conf, every_type_is_read)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	struct conf_error err;
	struct config g;
	const struct listener *l;

	EXPECT_OK(read_config("title: Журнал\n"
			      "dir: /var/lib/ombud\n"
			      "threads: 8\n"
			      "debug: true\n"
			      "grace: PT1M\n"
			      "mode: require\n"
			      "hosts: [a.example, \"b.example\"]\n"
			      "tls:\n"
			      "  cert: /etc/ombud/tls.pem\n"
			      "  strict: false\n"
			      "listeners:\n"
			      "  - {name: public, port: 8443}\n"
			      "  - name: inner\n"
			      "extra: {anything: [goes]}\n",
			      &g, &c, &err));
	cr_assert_str_eq(g.title, "Журнал");
	cr_assert_str_eq(g.dir, "/var/lib/ombud");
	cr_assert_eq(g.threads, 8U);
	cr_assert(g.debug);
	cr_assert_eq(g.grace_us, 60 * SECOND_US);
	cr_assert_eq(g.mode, 0);
	cr_assert_eq(g.hosts.n, 2U);
	cr_assert_str_eq(g.hosts.item[1], "b.example");
	cr_assert_str_eq(g.tls.cert, "/etc/ombud/tls.pem");
	cr_assert_not(g.tls.strict);
	cr_assert_eq(g.listeners.n, 2U);
	l = g.listeners.item;
	cr_assert_str_eq(l[0].name, "public");
	cr_assert_eq(l[0].port, 8443U);
	cr_assert_eq(l[1].port, 443U);
	EXPECT_STR(STR("goes"), conf_text(conf_at(conf_get(g.extra, "anything"), 0)));
}

Test(conf, what_is_absent_has_its_fallback)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	struct conf_error err;
	struct config g;

	EXPECT_OK(read_config("dir: /x\n", &g, &c, &err));
	cr_assert_null(g.title);
	cr_assert_eq(g.threads, 2U);
	cr_assert_not(g.debug);
	cr_assert_eq(g.grace_us, 5 * SECOND_US);
	cr_assert_eq(g.mode, 1);
	cr_assert_eq(g.hosts.n, 0U);
}

/* What is wrong, and where the message must point. */
static const struct {
	const char *text, *place, *says;
} bad_values[] = {
	{ "dir: /x\nthreads: 08\n", "c.yaml:2:10: ", "not a whole number" },
	{ "dir: /x\nthreads: 80abc\n", "c.yaml:2:10: ", "not a whole number" },
	{ "dir: /x\nthreads: 0x8\n", "c.yaml:2:10: ", "not a whole number" },
	{ "dir: /x\nthreads: 1_0\n", "c.yaml:2:10: ", "not a whole number" },
	{ "dir: /x\nthreads: -1\n", "c.yaml:2:10: ", "not a whole number" },
	{ "dir: /x\nthreads: 1.0\n", "c.yaml:2:10: ", "not a whole number" },
	{ "dir: /x\nthreads: 0\n", "c.yaml:2:10: ", "not within 1 and 64" },
	{ "dir: /x\nthreads: 65\n", "c.yaml:2:10: ", "not within 1 and 64" },
	{ "dir: /x\nthreads: 99999999999999999999999\n", "c.yaml:2:10: ", "not a whole number" },
	{ "dir: /x\nthreads: [1]\n", "c.yaml:2:10: ", "list where one value belongs" },
	{ "dir: /x\ndebug: maybe\n", "c.yaml:2:8: ", "true or false" },
	{ "dir: /x\ndebug: yes\n", "c.yaml:2:8: ", "true or false" },
	{ "dir: /x\ndebug: True\n", "c.yaml:2:8: ", "true or false" },
	{ "dir: /x\ndebug:\n", "c.yaml:2:7: ", "give a value" },
	{ "dir: /x\ndebug: \"\"\n", "c.yaml:2:8: ", "true or false" },
	{ "dir: /x\ngrace: 5\n", "c.yaml:2:8: ", "not a duration" },
	{ "dir: /x\ngrace: P1D\n", "c.yaml:2:8: ", "within 0 and 60 seconds" },
	{ "dir: /x\nmode: no\n", "c.yaml:2:7: ", "none of require best-effort" },
	{ "dir: x\n", "c.yaml:1:6: ", "not an absolute path" },
	{ "dir: /x/../y\n", "c.yaml:1:6: ", "not an absolute path" },
	{ "dir: ''\n", "c.yaml:1:6: ", "empty" },
	{ "dir: \"/x\\e\"\n", "c.yaml:1:6: ", "control character" },
	{ "title: 123456789012345678901\ndir: /x\n", "c.yaml:1:8: ", "at most 20" },
	{ "title: x\n", "c.yaml:1:1: ", "\"dir\" is missing; say where the log is" },
	{ "dir: /x\nthread: 1\n", "c.yaml:2:1: ", "\"thread\" is not known" },
	{ "dir: /x\nhosts: []\n", "c.yaml:2:8: ", "0 items" },
	{ "dir: /x\nhosts: [a, b, c, d]\n", "c.yaml:2:8: ", "4 items" },
	{ "dir: /x\nhosts: a\n", "c.yaml:2:8: ", "must be a list" },
	{ "dir: /x\nhosts: [a, [b]]\n", "c.yaml:2:12: ", "list where one value belongs" },
	{ "dir: /x\ntls: {strict: true}\n", "c.yaml:2:6: ", "\"cert\" is missing" },
	{ "dir: /x\ntls: on\n", "c.yaml:2:6: ", "a mapping belongs here" },
	{ "dir: /x\nlisteners:\n  - {name: a}\n  - {name: b, port: 0}\n", "c.yaml:4:21: ", "not within 1 and 65535" },
	{ "- dir\n", "c.yaml:1:1: ", "a mapping belongs here" },
};

static void
expect_message(const struct conf_error *err, const char *place, const char *says)
{
	struct str text = str_of(err->text);

	cr_assert(str_starts(text, str_of(place)), "%s does not start with %s", err->text, place);
	cr_assert_neq(str_find(text, str_of(says)), text.n, "%s does not say \"%s\"", err->text, says);
	cr_assert_neq(str_find(text, STR("; ")), text.n, "%s does not say what to do", err->text);
}

Test(conf, every_wrong_value_is_named_with_line_and_column)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_values); i++) {
		CLEANUP(conf_freep) struct conf *c = NULL;
		struct conf_error err;
		struct config g;
		enum status st = read_config(bad_values[i].text, &g, &c, &err);

		cr_assert_eq(st, E_INVALID, "%s gives %s", bad_values[i].text, status_name(st));
		expect_message(&err, bad_values[i].place, bad_values[i].says);
	}
}

static const struct {
	const char *text, *place, *says;
} bad_yaml[] = {
	{ "", "c.yaml:1:1: ", "empty" },
	{ "# only a comment\n", "c.yaml:1:1: ", "empty" },
	{ "a: &x 1\n", "c.yaml:1:4: ", "anchors and aliases" },
	{ "a: &x 1\nb: *x\n", "c.yaml:1:4: ", "anchors and aliases" },
	{ "a: &x [1]\n", "c.yaml:1:4: ", "anchors and aliases" },
	{ "a: &x {b: 1}\n", "c.yaml:1:4: ", "anchors and aliases" },
	{ "&x a: 1\n", "c.yaml:1:1: ", "anchors and aliases" },
	{ "a: !!str 1\n", "c.yaml:1:4: ", "tags" },
	{ "a: !x [1]\n", "c.yaml:1:4: ", "tags" },
	{ "a: !x {b: 1}\n", "c.yaml:1:4: ", "tags" },
	{ "a: ! 1\n", "c.yaml:1:4: ", "tags" },
	{ "<<: {a: 1}\n", "c.yaml:1:1: ", "merge keys" },
	{ "a: 1\nb: 2\na: 3\n", "c.yaml:3:1: ", "\"a\" is given twice" },
	{ "a: {b: 1, c: 2, \"b\": 3}\n", "c.yaml:1:17: ", "\"b\" is given twice" },
	{ "[a]: 1\n", "c.yaml:1:1: ", "key" },
	{ "{a: b}: 1\n", "c.yaml:1:1: ", "key" },
	{ "a: 1\n---\nb: 2\n", "c.yaml:2:1: ", "second document" },
	{ "a: 1\n...\nb: 2\n", "c.yaml:3:1: ", "" },
	{ "%YAML 1.1\n---\na: 1\n", "c.yaml:1:1: ", "directives" },
	{ "%TAG ! tag:x,2000:\n---\na: 1\n", "c.yaml:1:1: ", "directives" },
	{ "a:\n", "c.yaml:1:3: ", "nothing there" },
	{ "a: [1, ]\nb: [,]\n", "c.yaml:2:5: ", "" },
	{ "a: [1\n", "c.yaml:2:1: ", "" },
	{ "a: \"x\n", "c.yaml:2:1: ", "" },
	{ "a: b: c\n", "c.yaml:1:5: ", "" },
	{ "a:\n\t- 1\n", "c.yaml:2:1: ", "" },
	{ "a: \"\\0\"\n", "c.yaml:1:4: ", "NUL" },
	{ "a: \xff\n", "c.yaml:1:", "UTF-8" },
	{ "a: \xc0\xaf\n", "c.yaml:1:", "UTF-8" },
	{ "a: \x01\n", "c.yaml:1:", "UTF-8" },
};

Test(conf, yaml_beyond_plain_maps_lists_and_values_is_refused_with_its_place)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_yaml); i++) {
		CLEANUP(conf_freep) struct conf *c = NULL;
		struct conf_error err;
		enum status st = parse(bad_yaml[i].text, &c, &err);

		cr_assert_eq(st, E_INVALID, "%s gives %s", bad_yaml[i].text, status_name(st));
		cr_assert_null(c);
		expect_message(&err, bad_yaml[i].place, bad_yaml[i].says);
	}
}

Test(conf, the_tree_knows_places)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	struct conf_error err;
	const struct conf_node *root, *list;

	EXPECT_OK(parse("# comment\nroles:\n  - id: clerk\n    may: [read]\n  - id: chief\n", &c, &err));
	root = conf_root(c);
	cr_assert_eq(conf_kind(root), CONF_MAP);
	cr_assert_eq(conf_count(root), 1U);
	EXPECT_STR(STR("roles"), conf_text(conf_key_at(root, 0)));
	list = conf_get(root, "roles");
	cr_assert_eq(conf_kind(list), CONF_LIST);
	cr_assert_eq(conf_count(list), 2U);
	cr_assert_eq(conf_line(conf_at(list, 1)), 5U);
	cr_assert_eq(conf_column(conf_get(conf_at(list, 1), "id")), 9U);
	cr_assert_str_eq(conf_file(list), "c.yaml");
	cr_assert_null(conf_at(list, 2));
	cr_assert_null(conf_key_at(list, 0));
	cr_assert_null(conf_get(list, "id"));
	cr_assert_null(conf_get(root, "id"));
}

Test(conf, a_caller_s_own_refusal_has_the_same_form)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	struct conf_error err;

	EXPECT_OK(parse("a:\n  b: 100%d\n", &c, &err));
	EXPECT_STATUS(E_INVALID,
		      conf_refuse(conf_get(conf_get(conf_root(c), "a"), "b"), &err, "try 5", "%d is %s", 7, "odd"));
	cr_assert_str_eq(err.text, "c.yaml:2:6: 7 is odd; try 5");
}

Test(conf, a_message_too_long_is_cut_not_overrun)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	CLEANUP(buf_clear) struct buf text = BUF(4096);
	struct conf_error err;
	struct config g;

	buf_put_cstr(&text, "dir: ");
	for (int i = 0; i < 2000; i++)
		buf_put_char(&text, 'x');
	buf_put_char(&text, '\n');
	EXPECT_OK(conf_parse("c.yaml", buf_str(&text), &c, &err));
	EXPECT_STATUS(E_INVALID, conf_read(conf_root(c), &schema, &g, &err));
	cr_assert_lt(strlen(err.text), sizeof(err.text));
}

/* ---- sizes ---- */

static enum status
parse_repeated(const char *head, const char *unit, size_t times, struct conf_error *err)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	CLEANUP(buf_clear) struct buf text = BUF(4 << 20);

	buf_put_cstr(&text, head);
	for (size_t i = 0; i < times; i++)
		buf_put_cstr(&text, unit);
	EXPECT_OK(buf_status(&text));
	return conf_parse("c.yaml", buf_str(&text), &c, err);
}

Test(conf, depth_nodes_and_bytes_are_bounded)
{
	struct conf_error err;

	EXPECT_STATUS(E_INVALID, parse_repeated("a: ", "[", 100, &err));
	expect_message(&err, "c.yaml:1:", "nested more than 32 deep");
	EXPECT_STATUS(E_INVALID, parse_repeated("", "- 1\n", CONF_NODES_MAX + 1, &err));
	expect_message(&err, "c.yaml:", "more than 100000 values");
	EXPECT_OK(parse_repeated("", "- 1\n", CONF_NODES_MAX - 1, &err));
	EXPECT_STATUS(E_TOO_LARGE, parse_repeated("a: 1\n", "# comment\n", CONF_BYTES_MAX / 10 + 1, &err));
	expect_message(&err, "c.yaml:1:1: ", "more than");
}

Test(conf, a_refused_value_cannot_make_up_a_line_of_the_message)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	struct conf_error err;
	uint64_t v;

	EXPECT_OK(conf_parse("c.yaml", STR("a: |\n  1\n  all is well\n"), &c, &err));
	EXPECT_STATUS(E_INVALID, conf_as_uint(conf_get(conf_root(c), "a"), 0, 9, &v, &err));
	cr_assert_null(strchr(err.text, '\n'), "%s", err.text);
}

/* ---- files ---- */

Test(conf, files_are_read_and_their_absence_is_explained)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	char path[] = "/tmp/test_conf_XXXXXX", link[64];
	struct conf_error err;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "a: 1\n", 5), 5);
	cr_assert_eq(close(fd), 0);
	EXPECT_OK(conf_load(path, &c, &err));
	cr_assert_str_eq(conf_file(conf_root(c)), path);
	(void)snprintf(link, sizeof(link), "%s.link", path);
	cr_assert_eq(symlink(path, link), 0);
	EXPECT_STATUS(E_IO, conf_load(link, &c, &err));
	(void)unlink(link);
	(void)unlink(path);
	EXPECT_STATUS(E_NOT_FOUND, conf_load(path, &c, &err));
	expect_message(&err, path, "cannot be read");
}
