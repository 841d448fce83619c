#include "auditlog/daemon/premises.h"

#include <fcntl.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/base/lock.h"
#include "auditlog/base/log.h"
#include "auditlog/daemon/setup.h"

static enum status
load_vkey(const char *path, struct note_key *out)
{
	CLEANUP(buf_clear) struct buf text = BUF(NOTE_VKEY_MAX + 1);

	TRY(file_read_at(AT_FDCWD, path, &text));
	/* After a change of keys the file may name several; the first is the one that this configuration stands for. */
	return note_parse_vkey(str_trim(str_slice(buf_str(&text), 0, str_find_char(buf_str(&text), '\n'))), out);
}

static enum assembly_exit
failed(enum status st, const char *event, const char *path)
{
	log_error(st, event, "path=%s", path);
	return ASSEMBLY_FAULT;
}

static enum assembly_exit
open_dir(const struct settings *conf, struct premises *p)
{
	enum status st;

	p->dirfd = open(conf->log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (p->dirfd < 0)
		return failed(E_NOT_FOUND, "log.dir", conf->log_dir);
	st = setup_check(p->dirfd, &p->key);
	if (st == E_CONFLICT)
		log_error(st, "log.dir", "path=%s what=\"it is the log of another key\"", conf->log_dir);
	else if (st != OK)
		log_error(st, "log.dir", "path=%s what=\"not a log directory; auditlogd --init makes one\"",
			  conf->log_dir);
	return st == OK ? ASSEMBLY_FINE : ASSEMBLY_FAULT;
}

static enum assembly_exit
take_lock(const struct settings *conf, struct premises *p)
{
	enum status st = lock_take(p->dirfd, &p->lockfd);

	if (st == E_CONFLICT) {
		log_error(st, "log.locked", "path=%s what=\"another auditlogd writes this log\"", conf->log_dir);
		return ASSEMBLY_LOCKED;
	}
	if (st != OK)
		return failed(st, "log.lock", conf->log_dir);
	beneath_remove_temporaries(p->dirfd);
	return ASSEMBLY_FINE;
}

enum assembly_exit
premises_open(const struct settings *conf, bool check_only, struct premises *out)
{
	enum assembly_exit code;
	enum status st;

	*out = (struct premises){ .dirfd = -1, .lockfd = -1 };
	st = load_vkey(conf->vkey, &out->key);
	if (st != OK)
		return failed(st, "log.vkey", conf->vkey);
	st = receipt_key_open(conf->receipt_key, &out->receipt_key);
	if (st != OK)
		return failed(st, "log.receipt_key", conf->receipt_key);
	code = open_dir(conf, out);
	return code == ASSEMBLY_FINE && !check_only ? take_lock(conf, out) : code;
}

void
premises_close(struct premises *p)
{
	receipt_key_free(p->receipt_key);
	p->receipt_key = NULL;
	beneath_closep(&p->lockfd);
	beneath_closep(&p->dirfd);
}
