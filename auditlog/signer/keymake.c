#include "auditlog/signer/keymake.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/core/entry.h"
#include "auditlog/signer/witness.h"

enum status
keymake_load(const char *path, struct note_signer **out)
{
	CLEANUP(secret_clear) struct secret text = { 0 };

	TRY(secret_read_file(path, KEYMAKE_TEXT_MAX, &text));
	return note_signer_new(secret_str(&text), out);
}

/* O_EXCL: a key is never overwritten, whoever asks. */
static enum status
write_new(int dirfd, const char *name, struct str content, mode_t mode)
{
	CLEANUP(beneath_closep) int fd = -1;

	TRY(beneath_open(dirfd, name, O_WRONLY | O_CREAT | O_EXCL, mode, &fd));
	if (fchmod(fd, mode) != 0)
		return E_IO;
	TRY(file_write_all(fd, content.p, content.n));
	return fsync(fd) == 0 ? OK : E_IO;
}

static enum status
write_vkey(int dirfd, const char *name, const struct note_key *key)
{
	CLEANUP(buf_clear) struct buf text = BUF(NOTE_VKEY_MAX + 1);

	note_put_vkey(&text, key);
	buf_put_char(&text, '\n');
	TRY(buf_status(&text));
	return write_new(dirfd, name, buf_str(&text), 0644);
}

/* A witness has no log of its own: what it watches starts at nothing by itself. */
static enum status
write_memory(int dirfd, const struct note_key *key)
{
	CLEANUP(beneath_closep) int state = -1;

	TRY(file_make_dirs_at(dirfd, KEYMAKE_STATE, 0700));
	if (key->type == NOTE_COSIGNATURE)
		return OK;
	TRY(beneath_open(dirfd, KEYMAKE_STATE, O_RDONLY | O_DIRECTORY, 0, &state));
	return witness_start_memory(state, str_of(key->name));
}

static enum status
open_new_dir(const char *dir, int *fd)
{
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return E_IO;
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *fd >= 0 ? OK : E_IO;
}

static enum status
make(const char *dir, struct str name, enum note_type type, struct note_key *key)
{
	CLEANUP(beneath_closep) int dirfd = -1;
	CLEANUP(secret_clear) struct secret text = { 0 };
	CLEANUP(note_signer_freep) struct note_signer *signer = NULL;
	const char *vkey_name = type == NOTE_COSIGNATURE ? KEYMAKE_WITNESS_VKEY : KEYMAKE_VKEY;

	TRY(note_signer_generate(name, type, &text));
	TRY(note_signer_new(secret_str(&text), &signer));
	TRY(open_new_dir(dir, &dirfd));
	/* The key last: a directory with a key is a finished one. */
	if (faccessat(dirfd, KEYMAKE_KEY, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return E_CONFLICT;
	TRY(write_memory(dirfd, note_signer_key(signer)));
	TRY(write_vkey(dirfd, vkey_name, note_signer_key(signer)));
	TRY(write_new(dirfd, KEYMAKE_KEY, secret_str(&text), 0600));
	*key = *note_signer_key(signer);
	return fsync(dirfd) == 0 ? OK : E_IO;
}

enum status
keymake_init(const char *dir, struct str origin, struct note_key *key)
{
	return make(dir, origin, NOTE_ED25519, key);
}

enum status
keymake_init_witness(const char *dir, struct str name, struct note_key *key)
{
	return make(dir, name, NOTE_COSIGNATURE, key);
}

enum status
keymake_next(const char *dir, struct note_key *key)
{
	CLEANUP(beneath_closep) int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(buf_clear) struct buf path = BUF(4096), vkey = BUF(NOTE_VKEY_MAX);
	CLEANUP(secret_clear) struct secret text = { 0 };
	CLEANUP(note_signer_freep) struct note_signer *old = NULL, *next = NULL;

	if (dirfd < 0)
		return E_NOT_FOUND;
	buf_printf(&path, "%s/%s", dir, KEYMAKE_KEY);
	buf_put_char(&path, '\0');
	TRY(buf_status(&path));
	TRY(keymake_load(path.p, &old));
	if (faccessat(dirfd, KEYMAKE_NEXT, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return E_CONFLICT;
	TRY(note_signer_generate(str_of(note_signer_key(old)->name), NOTE_ED25519, &text));
	TRY(note_signer_new(secret_str(&text), &next));
	note_put_vkey(&vkey, note_signer_key(next));
	if (buf_status(&vkey) != OK || vkey.n > ENTRY_FACT_TEXT_MAX)
		return E_TOO_LARGE;
	TRY(write_vkey(dirfd, KEYMAKE_NEXT_VKEY, note_signer_key(next)));
	TRY(write_new(dirfd, KEYMAKE_NEXT, secret_str(&text), 0600));
	*key = *note_signer_key(next);
	return fsync(dirfd) == 0 ? OK : E_IO;
}
