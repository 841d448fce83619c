#include "auditlog/tool/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/file.h"

int
say(const char *program, int exit, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return exit;
}

int
say_out(const char *program, const char *file, struct str text)
{
	bool standard = !file || strcmp(file, "-") == 0;
	int fd = standard ? STDOUT_FILENO : open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	enum status st = fd < 0 ? E_IO : file_write_all(fd, text.p, text.n);

	if (!standard && fd >= 0 && close(fd) != 0)
		st = E_IO;
	if (st != OK)
		return say(program, CLI_CANNOT, "cannot write %s: %s", standard ? "the output" : file, strerror(errno));
	return CLI_GO;
}

int
say_findings(const char *program, const struct findings *f)
{
	CLEANUP(buf_clear) struct buf text = { 0 };

	findings_put_text(&text, f);
	if (text.n)
		fprintf(stderr, "%s:\n%.*s", program, STR_ARG(buf_str(&text)));
	return (int)findings_exit(f);
}

int
say_read(const char *program, const char *file, struct buf *out)
{
	enum status st = file_read_at(AT_FDCWD, file, out);

	if (st == E_NOT_FOUND)
		return say(program, CLI_CANNOT, "there is no file %s", file);
	if (st == E_TOO_LARGE)
		return say(program, CLI_CANNOT, "%s is longer than such a file can be", file);
	if (st != OK)
		return say(program, CLI_CANNOT, "cannot read %s (%s)", file, status_name(st));
	return CLI_GO;
}
