/*
 * embedded.h: what cmake/embed_portal.sh compiled into the program: page templates, assets, documents for programs and
 * message catalogues.
 * The tables are sorted by name (memcmp), constant, and live as long as the program.
 */
#ifndef AUTHD_HTTP_EMBEDDED_H
#define AUTHD_HTTP_EMBEDDED_H

#include "auditlog/base/str.h"

struct embedded_file {
	struct str name; /* without folder: "login.html", "portal.css", "ru" for po/ru.po */
	struct str bytes;
	struct str gzip;  /* the same compressed; empty when that is no shorter (assets and documents) */
	const char *etag; /* a quoted strong validator from the content's SHA-256; assets and documents */
};

struct embedded_table {
	const struct embedded_file *rows;
	size_t count;
};

extern const struct embedded_table embedded_templates;
extern const struct embedded_table embedded_assets;
extern const struct embedded_table embedded_documents;  /* openapi.json */
extern const struct embedded_table embedded_catalogues; /* compiled .mo files */

/* The row of that name, or NULL. */
const struct embedded_file *embedded_find(const struct embedded_table *table, struct str name);

#endif
