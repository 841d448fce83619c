/*
 * test_unused.mjs: what nobody uses is not there: statements, templates, texts, styles. What is left behind when its last caller goes
 * is read, translated and reviewed for nothing; worse, it looks like something that is in force.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const read = (name) => readFileSync(join(root, name), 'utf8');
const under = (folder, ending) => tracked.filter((name) => name.startsWith(folder) && name.endsWith(ending));
const textOf = (names) => names.map(read).join('\n');

const programs = textOf([...under('authd/', '.c'), ...under('authd/', '.h')]);
const templates = under('authd/portal/templates/', '.html');
const pages = textOf(templates);
const scripts = textOf(under('authd/portal/', '.js'));
const words = new Set(`${programs}\n${pages}\n${scripts}`.match(/\w+/g));

/* Each list is looked at only when there is something in it: a folder that moved must not make its test pass. */
function none(what, all, unused) {
	assert.ok(all.length > 20, `${all.length} ${what} were found`);
	assert.deepEqual(unused, [], `${what} that nobody uses`);
}

test('every SQL statement is run by a program', () => {
	const names = under('authd/store/sql', '.sql').map((name) => basename(name, '.sql'));
	none('statements', names, names.filter((name) => !words.has(`SQL_${name.toUpperCase()}`)));
});

test('every template is a page or a part of one', () => {
	const names = templates.map((name) => basename(name, '.html'));
	none('templates', names, names.filter((name) => !programs.includes(`"${name}"`) && !new RegExp(`\\{\\{> ?${name}[ }]`).test(pages)));
});

/* {{tk prefix_ path}} and "prefix_%s" put keys together, so whatever begins so may be shown. */
test('every text of the catalogue is shown somewhere', () => {
	const begun = [...pages.matchAll(/\{\{tk (\w+_) /g), ...programs.matchAll(/"(\w+_)(?:"|%)/g)].map(([, prefix]) => prefix);
	const keys = [...read('authd/portal/po/en.po').matchAll(/^msgid "([^"]+)"/gm)].map(([, key]) => key);
	none('texts', keys, keys.filter((key) => !words.has(key) && !begun.some((prefix) => key.startsWith(prefix))));
});

test('every class of the portal has somebody who wears it', () => {
	const rules = textOf(under('authd/portal/assets/', 'portal.css')).replace(/\/\*[^]*?\*\//g, '');
	const names = [...new Set([...rules.matchAll(/\.([a-zA-Z][\w-]*)(?=[^{}]*\{)/g)].map(([, name]) => name))];
	const worn = `${pages}\n${programs}\n${scripts}`;
	none('classes', names, names.filter((name) => !new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(worn)));
});
