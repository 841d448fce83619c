/* cmd_subject.c: `authctl subject …`: erasing a person, and everything that is known of them as one document. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "authd/ctl/call.h"
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"

/* Never over a file that is there: it may be somebody else's. */
static int
write_document(const struct ctl *c, const char *path, struct str text)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum status st = fd < 0 ? E_IO : file_write_all(fd, text.p, text.n);

	if (!standard && fd >= 0 && close(fd) != 0)
		st = E_IO;
	return st == OK ? CLI_GO : tell(c->program, CLI_CANNOT, "cannot write %s: %s", path, strerror(errno));
}

static int
save_answer(const struct ctl *c, const char *path, const json_t *answer)
{
	const json_t *document = json_object_get(answer, "document");

	if (!json_is_string(document))
		return tell(c->program, CLI_CANNOT, "authd answered without a document");
	GO(write_document(c, path, str_from(json_string_value(document), json_string_length(document))));
	if (json_is_true(json_object_get(answer, "complete")))
		return CLI_HOLDS;
	return tell(c->program, CLI_DOES_NOT, "there is more than one document holds; ask by months (--from, --to)");
}

static int
subject_export(int argc, char **argv)
{
	static const char *const formats[] = { "json", "html", NULL }, *const languages[] = { "ru", "en", NULL };
	CLEANUP(json_decrefp) json_t *body = json_object(), *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	struct ctl ctl = ctl_start("authctl subject export");
	const char *file = NULL, *from = NULL, *to = NULL;
	int format = 0, language = 0, operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "output", .letter = 'o', .type = CLI_TEXT, .out = &file, .value = "FILE", .help = "a new file, mode 0600 (- for stdout)", .required = true },
		{ .name = "format", .type = CLI_CHOICE, .out = &format, .value = "json|html", .help = "for programs, or for reading", .choices = formats },
		{ .name = "lang", .type = CLI_CHOICE, .out = &language, .value = "ru|en", .help = "language of titles", .choices = languages },
		{ .name = "from", .type = CLI_TEXT, .out = &from, .value = "MONTH", .help = "entries of the log from this month (2026-01)" },
		{ .name = "to", .type = CLI_TEXT, .out = &to, .value = "MONTH", .help = "to this month" },
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = {
		.program = ctl.program,
		.operands = "SUB",
		.summary = "Writes everything that is known of a person into a file. The person sees that it was done.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 1,
	};

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(ctl_put_text(&ctl, body, "format", formats[format]));
	GO(ctl_put_text(&ctl, body, "from", from));
	GO(ctl_put_text(&ctl, body, "to", to));
	GO(call_path(&ctl, &path,
		     (const char *const[]){ "subjects/", argv[operand], "/export?lang=", languages[language], NULL }));
	GO(call_post(&ctl, path.p, body, &answer));
	return save_answer(&ctl, file, answer);
}

static const struct tell_field erased[] = {
	{ "sub", "sub", TELL_TEXT },
	{ "erased", "erased", TELL_YES_NO },
	{ "announced (subject.erasing), entry", "erasing_receipt.index", TELL_NUMBER },
	{ "its leaf", "erasing_receipt.leaf", TELL_TEXT },
	{ "done (subject.erased), entry", "erased_receipt.index", TELL_NUMBER },
	{ "its leaf", "erased_receipt.leaf", TELL_TEXT },
};

int
cmd_subject(int argc, char **argv)
{
	/* clang-format off */
	static const struct verb verbs[] = {
		{ .name = "erase", .line = "destroy a person's key, for good",
		  .summary = "Destroys a person's key: what was sealed under it opens for nobody any more. Ends their sign-ins and consents.",
		  .kind = VERB_CHANGE, .path = "subjects/", .operand = "SUB", .step = "/erase", VERB_FIELDS(erased),
		  .texts = {
			{ .name = "confirm", .value = "SUB", .help = "the same id again: this cannot be undone", .required = true } } },
		{ .name = "export", .line = "everything that is known of a person, as a file", .run = subject_export },
	};
	/* clang-format on */

	return verb_dispatch("Erases a person, or hands out everything that is known of them.", verbs, ARRAY_LEN(verbs),
			     argc, argv);
}
