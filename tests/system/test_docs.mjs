/*
 * test_docs.mjs: what the documents name exists: files, links, commands. A promise whose test was renamed away is no promise.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { programs } from '../../demo/state.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const documents = tracked.filter((name) => name.endsWith('.md'));
const read = (name) => readFileSync(join(root, name), 'utf8');

/* `auditlog_*` stands for all files that begin so. */
function named(name) {
	const pattern = new RegExp(`^${name.replace(/[.+]/g, '\\$&').replace(/\*/g, '[^/]*')}(\\.[a-z.]+)?$`);
	return tracked.some((file) => pattern.test(file)) || existsSync(join(root, name));
}

test('every promise of SECURITY.md names tests that exist', () => {
	const rows = read('SECURITY.md').split('\n').filter((line) => /^\| .*`tests\//.test(line));
	assert.ok(rows.length >= 10, 'the table of promises is there');
	for (const row of rows) {
		for (const [, name] of row.matchAll(/`(tests\/[^`]+)`/g)) {
			assert.ok(named(name), `${name} does not exist; the promise "${row.split('|')[1].trim()}" has no test`);
		}
	}
});

test('every conformance module names a test that is there', () => {
	const rows = [...read('tests/README.md').matchAll(/^\| (?:fapi2 )?(?:`[a-z]|[a-z]).*\| `((?:unit|system|attacks|e2e)\/[^`]+)` \| (.+) \|$/gm)];
	assert.ok(rows.length >= 75, `${rows.length} rows`);
	for (const [, file, name] of rows) {
		const text = read(`tests/${file}`).replaceAll("\\'", "'");
		assert.ok(text.includes(`test('${name}'`) || text.includes(`test("${name}"`) || text.includes(`TEST(${name})`) || text.includes(`test(\`${name}\``), `${file} has no "${name}"`);
	}
});

/* The rows R, P, T and J of the list of attacks; a number that is not here was merged into its neighbour. */
const ATTACKS = ['R01', 'R04', 'R06', 'R07', 'R08', 'R09', 'R11', 'R12', 'R14', 'R15', 'R16', 'P01', 'P02', 'P04', 'P05', 'P08', 'P09', 'P11', 'P13', 'P14',
	'T01', 'T04', 'T05', 'T08', 'T09', 'T10', 'T11', 'T13', 'T15', 'T16', 'J01', 'J04', 'J07', 'J08', 'J09', 'J10', 'J11', 'J13', 'J15', 'J17', 'J18', 'J19', 'J20'];

test('every numbered attack has a row, and every row tests that begin with its number', () => {
	const rows = new Map([...read('tests/README.md').matchAll(/^\| ([RPTJX][0-9]{2}) .*\| ((?:`[^`]+`(?:, )?)+) \|$/gm)].map(([, id, files]) => [id, files]));
	for (const id of ATTACKS) {
		assert.ok(rows.has(id), `${id} has no row`);
	}
	for (const [id, files] of rows) {
		for (const [, file] of files.matchAll(/`([^`]+)`/g)) {
			assert.match(read(`tests/${file}`), new RegExp(`test\\(['"\`]${id}\\b`), `${file} has no test named ${id}`);
		}
	}
});

test('every link from one document to another leads somewhere', () => {
	for (const document of documents) {
		for (const [, target] of read(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
			assert.ok(existsSync(join(root, dirname(document), target)), `${document} links to ${target}`);
		}
	}
});

test('every ./run command that a document shows exists', () => {
	const help = execFileSync('./run', ['help'], { cwd: root, encoding: 'utf8' });
	const known = new Set([...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name));
	for (const document of documents) {
		for (const [, name] of read(document).matchAll(/\.\/run ([a-z]+)/g)) {
			assert.ok(known.has(name), `${document} shows ./run ${name}, which ./run help does not know`);
		}
	}
});

test('the folders of the map exist', () => {
	for (const [, name] of read('README.md').matchAll(/^\| `([a-z/]+\/)`/gm)) {
		assert.ok(existsSync(join(root, name)), `README.md maps ${name}`);
	}
});

test('auditlog-signer(8) describes every option that the program has, and every word of a witness\'s configuration', () => {
	const page = read('auditlog/man/auditlog-signer.8').replaceAll('\\-', '-');
	const help = execFileSync(join(programs, 'auditlog-signer'), ['--help'], { encoding: 'utf8' });
	const options = [...help.matchAll(/--([a-z][a-z-]+)/g)].map(([, name]) => name).filter((name) => !['help', 'version'].includes(name));
	assert.ok(options.length >= 5);
	for (const name of options) {
		assert.ok(page.includes(`--${name}`), `--${name} is not described`);
	}
	for (const key of read('auditlog/signer/outpost.c').match(/\.key = "([a-z_]+)"/g).map((text) => /"(.*)"/.exec(text)[1])) {
		assert.match(page, new RegExp(`^\\.BR? .*\\b${key}\\b`, 'm'), `${key} of a witness's configuration is not described`);
	}
});

test('auditlogd(8) describes every option, every key of the configuration, and every exit status', () => {
	const page = read('auditlog/man/auditlogd.8').replaceAll('\\-', '-');
	const help = execFileSync(join(programs, 'auditlogd'), ['--help'], { encoding: 'utf8' });
	for (const [, name] of help.matchAll(/--([a-z][a-z-]+)/g)) {
		assert.ok(['help', 'version'].includes(name) || page.includes(`--${name}`), `--${name} is not described`);
	}
	for (const [, key] of read('auditlog/daemon/settings.c').matchAll(/\.key = "([a-z_]+)"/g)) {
		assert.match(page, new RegExp(`^\\.B ${key}$`, 'm'), `the key ${key} is not described`);
	}
	for (const [, status] of read('auditlog/daemon/assembly_exit.h').matchAll(/ASSEMBLY_[A-Z_]+ = (\d+)/g)) {
		assert.match(page, new RegExp(`^\\.B ${status}$`, 'm'), `exit status ${status} is not described`);
	}
});

test('the manual pages are well-formed as far as groff can say', (t) => {
	for (const name of tracked.filter((file) => /\/man\/[a-z-]+\.[1-8]$/.test(file))) {
		let said = '';
		try {
			said = execFileSync('groff', ['-t', '-man', '-Tutf8', '-ww', '-z', join(root, name)], { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
		} catch (error) {
			if (error.code === 'ENOENT') {
				t.skip('no groff on this machine');
				return;
			}
			said = String(error.stderr);
		}
		assert.equal(said, '', name);
	}
});
