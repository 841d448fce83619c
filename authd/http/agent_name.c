#include "authd/http/agent_name.h"

struct sign {
	const char *mark, *name;
};

/* Browsers name those whose pages they can show, too: who names more comes first. */
static const struct sign programs[] = {
	{ "YaBrowser/", "Яндекс Браузер" },
	{ "OPR/", "Opera" },
	{ "EdgA/", "Edge" },
	{ "EdgiOS/", "Edge" },
	{ "Edg/", "Edge" },
	{ "SamsungBrowser/", "Samsung Internet" },
	{ "Vivaldi/", "Vivaldi" },
	{ "FxiOS/", "Firefox" },
	{ "Firefox/", "Firefox" },
	{ "CriOS/", "Chrome" },
	{ "HeadlessChrome/", "Chrome" },
	{ "Chrome/", "Chrome" },
	{ "Safari/", "Safari" },
	{ NULL, NULL },
};

/* Android is a Linux, and an iPhone says that it is like a Mac. */
static const struct sign systems[] = {
	{ "iPhone", "iPhone" },   { "iPad", "iPad" },     { "Android", "Android" }, { "Windows NT", "Windows" },
	{ "Macintosh", "macOS" }, { "CrOS", "ChromeOS" }, { "Linux", "Linux" },     { NULL, NULL },
};

static const char *
look_up(const struct sign *table, struct str header)
{
	while (table->mark != NULL && str_find(header, str_of(table->mark)) == header.n)
		table++;
	return table->name;
}

struct agent_name
agent_name(struct str header)
{
	return (struct agent_name){ look_up(programs, header), look_up(systems, header) };
}
