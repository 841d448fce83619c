#include "authd/keys/keyring_init.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "auditlog/base/random.h"
#include "authd/keys/envelope.h"
#include "authd/keys/keyring_manifest.h"

#define RSA_BITS 2048

static const char manifest[] = keyring_manifest_head "pepper: pepper.key\n"
						     "keks:\n"
						     "  - file: kek-1.key\n"
						     "    state: active\n"
						     "signing:\n"
						     "  - file: es256-1.pem\n"
						     "    alg: ES256\n"
						     "    state: active\n"
						     "  - file: rs256-1.pem\n"
						     "    alg: RS256\n"
						     "    state: active\n"
						     "  - file: ps256-1.pem\n"
						     "    alg: PS256\n"
						     "    state: active\n";

static void
closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void
bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

static bool
exists(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static enum status
make_raw(int dirfd, const char *name)
{
	CLEANUP(envelope_key_clear) struct envelope_key key = { 0 };

	random_bytes(key.b, sizeof(key.b));
	return file_replace_at(dirfd, name, envelope_key_str(&key), 0600);
}

static enum status
write_pem(int dirfd, const char *name, EVP_PKEY *key)
{
	/* The secure heap is not set up here; BIO_s_secmem still wipes what it frees. */
	CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;

	if (key == NULL || bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return E_SYSTEM;
	long n = BIO_get_mem_data(bio, &text);
	if (n <= 0)
		return E_SYSTEM;
	return file_replace_at(dirfd, name, str_from(text, (size_t)n), 0600);
}

static enum status
make_ec(int dirfd, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	enum status st = write_pem(dirfd, name, key);

	EVP_PKEY_free(key);
	return st;
}

static enum status
make_rsa(int dirfd, const char *name)
{
	EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
	enum status st = write_pem(dirfd, name, key);

	EVP_PKEY_free(key);
	return st;
}

enum status
keyring_make_signer(int dirfd, const char *name, enum jwk_alg alg)
{
	return alg == JWK_ES256 ? make_ec(dirfd, name) : make_rsa(dirfd, name);
}

/* Last, so that its presence says that all the others are there. */
static enum status
make_manifest(int dirfd, const char *name)
{
	return file_replace_at(dirfd, name, str_of(manifest), 0600);
}

/* clang-format off: a table */
static const struct {
	const char *name;
	enum status (*make)(int dirfd, const char *name);
} parts[] = {
	{ "kek-1.key", make_raw },   { "pepper.key", make_raw },  { "es256-1.pem", make_ec },
	{ "rs256-1.pem", make_rsa }, { "ps256-1.pem", make_rsa }, { "keyring.yaml", make_manifest },
};
/* clang-format on */

enum status
keyring_init(const char *dir, bool *created)
{
	CLEANUP(closep) int fd = -1;

	TRY(file_make_dirs_at(AT_FDCWD, dir, 0700));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return E_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? E_BUSY : E_IO;
	*created = false;
	if (exists(fd, "keyring.yaml"))
		return OK;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (exists(fd, parts[i].name))
			continue;
		TRY(parts[i].make(fd, parts[i].name));
		*created = true;
	}
	return OK;
}
