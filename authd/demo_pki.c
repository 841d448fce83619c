#include "authd/demo_pki.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

/* What certs/ writes as organisation into every certificate of the throw-away PKI. */
#define DEMO_PKI_ORGANISATION "Ombud throw-away demo PKI"

static bool
is_demo_name(X509_NAME *name)
{
	char organisation[128] = "";

	X509_NAME_get_text_by_NID(name, NID_organizationName, organisation, sizeof(organisation));
	return strcmp(organisation, DEMO_PKI_ORGANISATION) == 0;
}

static enum status
has_demo_certificate(const char *path, bool *demo)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *cert;

	*demo = false;
	if (file == NULL)
		return E_NOT_FOUND;
	while ((cert = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL) {
		*demo = *demo || is_demo_name(X509_get_subject_name(cert)) || is_demo_name(X509_get_issuer_name(cert));
		X509_free(cert);
	}
	BIO_free(file);
	return OK;
}

enum status
demo_pki_refuse(const struct config *c)
{
	const char *const paths[] = { c->tls.certificate, c->tls.client_ca };

	for (size_t i = 0; c->environment != CONFIG_DEMO && i < ARRAY_LEN(paths); i++) {
		bool demo = false;

		if (paths[i] != NULL)
			TRY(has_demo_certificate(paths[i], &demo));
		if (!demo)
			continue;
		fprintf(stderr,
			"authd: %s comes from the throw-away PKI of the demonstration, whose keys anybody can make;\n"
			"use certificates of a real authority, or set `environment: demo`\n",
			paths[i]);
		return E_DENIED;
	}
	return OK;
}
