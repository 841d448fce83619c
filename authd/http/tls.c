#include "authd/http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "auditlog/base/log.h"

#define SUITES           "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
#define CHAIN_DEPTH_MOST 4

/* Not const: OpenSSL's macro that takes it casts that away. */
static char groups[] = "X25519:P-256:P-384";

struct tls {
	char *cert_file, *key_file, *client_ca_file, *client_crl_file;
	pthread_mutex_t lock; /* guards ctx */
	SSL_CTX *ctx;
};

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static int verify_index;

static void
make_index(void)
{
	verify_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* ---- callbacks of the handshake ---- */

/*
 * Lets every certificate pass and remembers the first thing wrong with it: the handshake must not fail, because a
 * browser may offer some certificate of its own, and the application decides what an unverified one is worth (nothing).
 */
static int
on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!ok && SSL_get_ex_data(ssl, verify_index) == NULL)
		SSL_set_ex_data(ssl, verify_index, (void *)(intptr_t)X509_STORE_CTX_get_error(store));
	return 1;
}

/* RFC 7301: a client that names protocols must name ours. */
static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in, unsigned in_n, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	for (unsigned i = 0; i < in_n; i += 1u + in[i]) {
		if (in[i] == 8 && in_n - i >= 9 && memcmp(in + i, ours, 9) == 0) {
			*out = in + i + 1;
			*out_n = 8;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* A name that our certificate does not carry was meant for somebody else. */
static int
on_server_name(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)arg;
	if (name == NULL || X509_check_host(SSL_get_certificate(ssl), name, 0, 0, NULL) == 1)
		return SSL_TLSEXT_ERR_OK;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- loading ---- */

static enum status
load_certificate(SSL_CTX *ctx, const struct tls *t)
{
	struct stat st;
	X509 *cert;

	if (stat(t->key_file, &st) != 0)
		return E_NOT_FOUND;
	if ((st.st_mode & S_IRWXO) != 0)
		return E_DENIED;
	if (SSL_CTX_use_certificate_chain_file(ctx, t->cert_file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, t->key_file, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		return E_INVALID;
	cert = SSL_CTX_get0_certificate(ctx);
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0)
		return E_INVALID;
	return X509_cmp_current_time(X509_get0_notAfter(cert)) > 0 ? OK : E_EXPIRED;
}

static enum status
load_crl(SSL_CTX *ctx, const char *file)
{
	X509_LOOKUP *lookup = X509_STORE_add_lookup(SSL_CTX_get_cert_store(ctx), X509_LOOKUP_file());

	if (lookup == NULL || X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) < 1)
		return E_INVALID;
	X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_CRL_CHECK);
	return OK;
}

static enum status
load_client_ca(SSL_CTX *ctx, const struct tls *t)
{
	STACK_OF(X509_NAME) * names;

	if (t->client_ca_file == NULL)
		return OK;
	names = SSL_load_client_CA_file(t->client_ca_file);
	if (names == NULL || SSL_CTX_load_verify_file(ctx, t->client_ca_file) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return E_INVALID;
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, on_verify);
	SSL_CTX_set_verify_depth(ctx, CHAIN_DEPTH_MOST);
	return t->client_crl_file == NULL ? OK : load_crl(ctx, t->client_crl_file);
}

static enum status
set_protocol(SSL_CTX *ctx)
{
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 || SSL_CTX_set_ciphersuites(ctx, SUITES) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, groups) != 1)
		return E_SYSTEM;
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
				     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_early_data(ctx, 0);
	/* Idle connections keep no record buffers. A write may go on from other memory: conn.c hands it over to
	 * libevent. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
	return OK;
}

static enum status
load(const struct tls *t, SSL_CTX **out)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	enum status st;

	if (ctx == NULL)
		return E_NOMEM;
	st = set_protocol(ctx);
	if (st == OK)
		st = load_certificate(ctx, t);
	if (st == OK)
		st = load_client_ca(ctx, t);
	/* What OpenSSL queued would be taken for the next connection's error. */
	ERR_clear_error();
	if (st != OK) {
		SSL_CTX_free(ctx);
		return st;
	}
	*out = ctx;
	return OK;
}

static enum status
copy(const char *s, char **out)
{
	*out = s == NULL ? NULL : strdup(s);
	return s == NULL || *out != NULL ? OK : E_NOMEM;
}

static enum status
init(struct tls *t, const struct tls_options *opt)
{
	TRY(copy(opt->cert_file, &t->cert_file));
	TRY(copy(opt->key_file, &t->key_file));
	TRY(copy(opt->client_ca_file, &t->client_ca_file));
	TRY(copy(opt->client_crl_file, &t->client_crl_file));
	return load(t, &t->ctx);
}

enum status
tls_new(const struct tls_options *opt, struct tls **out)
{
	struct tls *t = calloc(1, sizeof(*t));
	enum status st;

	if (t == NULL)
		return E_NOMEM;
	pthread_once(&index_once, make_index);
	pthread_mutex_init(&t->lock, NULL);
	st = init(t, opt);
	if (st != OK) {
		tls_free(t);
		return st;
	}
	*out = t;
	return OK;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	pthread_mutex_destroy(&t->lock);
	free(t->cert_file);
	free(t->key_file);
	free(t->client_ca_file);
	free(t->client_crl_file);
	free(t);
}

enum status
tls_reload(struct tls *t)
{
	SSL_CTX *fresh, *old;

	TRY(load(t, &fresh));
	pthread_mutex_lock(&t->lock);
	old = t->ctx;
	t->ctx = fresh;
	pthread_mutex_unlock(&t->lock);
	/* Connections that were made with it hold references of their own. */
	SSL_CTX_free(old);
	return OK;
}

static SSL_CTX *
hold_ctx(struct tls *t)
{
	SSL_CTX *ctx;

	pthread_mutex_lock(&t->lock);
	ctx = t->ctx;
	SSL_CTX_up_ref(ctx);
	pthread_mutex_unlock(&t->lock);
	return ctx;
}

enum status
tls_accept(struct tls *t, SSL **out)
{
	SSL_CTX *ctx = hold_ctx(t);
	SSL *ssl = SSL_new(ctx);

	SSL_CTX_free(ctx);
	if (ssl == NULL)
		return E_NOMEM;
	SSL_set_accept_state(ssl);
	*out = ssl;
	return OK;
}

int64_t
tls_expires_in_s(struct tls *t)
{
	SSL_CTX *ctx = hold_ctx(t);
	int days = 0, seconds = 0;

	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(SSL_CTX_get0_certificate(ctx))) != 1)
		days = seconds = 0;
	SSL_CTX_free(ctx);
	return (int64_t)days * 86400 + seconds;
}

/* ---- what the client showed ---- */

static void
take_uris(const X509 *cert, struct http_cert *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && out->uri_count < HTTP_CERT_URIS_MOST; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		struct str uri;

		if (name->type != GEN_URI)
			continue;
		uri = str_from(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier),
			       (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier));
		/* A name with a NUL in it is a trick, and str_dup() refuses it. */
		if (str_dup(uri, &out->uris[out->uri_count]) == OK)
			out->uri_count++;
	}
	GENERAL_NAMES_free(names);
}

static enum status
take_subject(const X509 *cert, struct http_cert *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;
	enum status st = E_NOMEM;

	if (bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253) >= 0) {
		n = BIO_get_mem_data(bio, &text);
		st = str_dup(str_from(text, n > 0 ? (size_t)n : 0), &out->subject);
	}
	BIO_free(bio);
	return st;
}

static int
verify_error(SSL *ssl, X509 *cert)
{
	int error = (int)(intptr_t)SSL_get_ex_data(ssl, verify_index);

	if (error != X509_V_OK)
		return error;
	/* A certificate without the extension could be a server's: services must have one made for clients. */
	if ((X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) == 0 ||
	    (X509_get_extended_key_usage(cert) & XKU_SSL_CLIENT) == 0)
		return X509_V_ERR_INVALID_PURPOSE;
	return X509_V_OK;
}

enum status
tls_client_cert(SSL *ssl, struct http_cert **out)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	struct http_cert *c;

	*out = NULL;
	if (cert == NULL)
		return OK;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return E_NOMEM;
	atomic_init(&c->references, 1);
	c->verify_error = verify_error(ssl, cert);
	c->verified = c->verify_error == X509_V_OK;
	c->in_date =
	    X509_cmp_current_time(X509_get0_notBefore(cert)) < 0 && X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
	take_uris(cert, c);
	if (X509_digest(cert, EVP_sha256(), c->thumbprint, NULL) != 1 || take_subject(cert, c) != OK) {
		http_cert_drop(c);
		return E_NOMEM;
	}
	*out = c;
	return OK;
}
