/* test_authctl.mjs: the administrator's tool against a running demo: what it changes, what it refuses, what it keeps to itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { programs, root } from '../../demo/state.mjs';
import { codeAt, currentStep, giveConsent, requestToken, signIn, useOmbud } from './lib/ombud.mjs';

const ombud = useOmbud({ before, after });
const NORTH = 'org_csp_north';
let scratch;

before(() => { scratch = mkdtempSync(join(tmpdir(), 'ombud authctl ')); });
after(() => rmSync(scratch, { recursive: true, force: true }));

function file(name, text, mode = 0o600) {
	const path = join(scratch, name);
	writeFileSync(path, text);
	chmodSync(path, mode);
	return path;
}

/* What a command ended with; `input` is its stdin. */
function run(args, input = '') {
	return new Promise((resolve, reject) => {
		const child = spawn(join(programs, 'authctl'), args);
		const parts = { out: '', err: '' };
		child.stdout.on('data', (part) => { parts.out += part; });
		child.stderr.on('data', (part) => { parts.err += part; });
		child.on('error', reject);
		child.on('close', (status) => resolve({ status, ...parts }));
		child.stdin.on('error', () => {});
		child.stdin.end(input);
	});
}

const authctl = (...args) => run(['--socket', ombud.demo.socket.admin, ...args]);

async function json(...args) {
	const { status, out, err } = await authctl(...args, '--json');
	assert.equal(status, 0, err);
	return JSON.parse(out);
}

async function refused(expected, words, ...args) {
	const { status, out, err } = await authctl(...args);
	assert.deepEqual([status, out], [expected, ''], err);
	assert.match(err, words);
}

async function addPerson(login, kind = 'staff') {
	return (await json('user', 'add', '--login', login, '--kind', kind, '--name', 'Проверочный Человек')).sub;
}

/* ---- what it does ---- */

test('a person who was added signs in, and does not once disabled', async () => {
	const [password, totp_secret] = ['heron-larch-quartz-4711', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'];
	const profile = { name: 'Пётр Ильич Новиков', address: 'г. Северный', document: { type: 'паспорт', number: '1', issued: '2012-01-01', issuer: 'ОВД' } };
	const { sub } = await json('user', 'add', '--login', 'petr', '--kind', 'adult', '--profile-file', file('profile', JSON.stringify(profile)),
		'--password-file', file('password', `${password}\n`), '--totp-secret-file', file('totp', totp_secret));

	assert.match(sub, /^sub_/);
	const person = { login: 'petr', password, totp_secret };
	(await signIn(ombud.demo, person)).close();
	assert.equal((await json('session', 'list', '--person', sub)).records.length, 1);

	assert.equal((await json('user', 'disable', sub)).status, 'disabled');
	assert.deepEqual((await json('session', 'list', '--person', sub)).records, [], 'disabled means out, at once');
	await assert.rejects(signIn(ombud.demo, person));
	assert.equal((await json('user', 'enable', sub)).status, 'active');
});

test('a session that is ended is over', async () => {
	const { sub } = ombud.demo.people.citizen2;
	const browser = await ombud.signIn('citizen2');
	const [{ sid }] = (await json('session', 'list', '--person', sub)).records;

	await json('session', 'end', sid);
	assert.match((await browser.open('/me')).url, /\/login/);
});

test('a role is assigned once, found, and revoked', async () => {
	const sub = await addPerson('role.holder');
	const which = ['--sub', sub, '--organisation', NORTH, '--role', 'intake-officer'];
	const holders = async () => (await json('role', 'who', '--role', 'intake-officer', '--organisation', NORTH, '--all')).records.map((row) => row.sub);

	await json('role', 'assign', ...which);
	await json('role', 'assign', ...which); /* it is so already */
	assert.equal((await holders()).filter((one) => one === sub).length, 1);
	await json('role', 'revoke', ...which);
	assert.ok(!(await holders()).includes(sub));
	await refused(1, /./, 'role', 'revoke', ...which);
});

test('a client with a secret gets tokens until it is disabled', async () => {
	const { issuer } = ombud.demo;
	const added = await json('client', 'add', 'svc-checked.example', '--auth', 'client_secret_basic', '--grants', 'client_credentials',
		'--scopes', 'access:evaluate', '--organisation', NORTH);
	const client = { auth: 'client_secret_basic', client_id: added.client_id, client_secret: added.client_secret };
	const token = async () => (await requestToken(ombud.web(), issuer, client.client_id, client)).status;

	assert.ok(client.client_secret.length >= 32);
	assert.equal(await token(), 200);
	await json('client', 'disable', client.client_id);
	assert.equal(await token(), 401);
	await json('client', 'enable', client.client_id);
	assert.equal(await token(), 200);
});

test('a consent is listed, shown and withdrawn', async () => {
	const { citizen } = ombud.demo.people;
	const record = await giveConsent(ombud, await ombud.service('svc_benefits_north'), await ombud.signIn('citizen'), citizen.sub);
	const state = async () => (await json('consent', 'list', '--person', citizen.sub, '--all')).records.find((row) => row.record_id === record).state;

	assert.equal(await state(), 'given');
	assert.equal((await json('consent', 'show', record)).record_id, record);
	await json('consent', 'withdraw', record);
	assert.equal(await state(), 'withdrawn');
});

test('lists come page by page and whole with --all', async () => {
	const subs = (page) => page.records.map(({ sub }) => sub);
	const whole = subs(await json('user', 'list', '--all', '--limit', '2'));
	const first = await json('user', 'list', '--limit', '2');
	const second = await json('user', 'list', '--limit', '2', '--cursor', first.next);

	assert.deepEqual([...subs(first), ...subs(second)], whole.slice(0, 4));
	assert.equal(new Set(whole).size, whole.length);
	assert.ok(Object.values(ombud.demo.people).every(({ sub }) => sub === undefined || whole.includes(sub)));
	assert.match((await authctl('user', 'list', '--limit', '2')).err, /--cursor/);
});

test('the bundle is checked and tested without anybody listening', async () => {
	const nobody = ['--socket', '/nonexistent/admin.sock'];

	assert.equal((await run([...nobody, 'policy', 'check', join(root, 'policies')])).status, 0);
	assert.match((await run([...nobody, 'policy', 'test', join(root, 'policies')])).out, /^tests: [1-9]/m);
	const broken = await run([...nobody, 'policy', 'check', scratch]);
	assert.equal(broken.status, 1);
	assert.match(broken.err, /bundle\.yaml:\d+:\d+: /);
});

test('demo-code makes the codes that oathtool makes', async () => {
	const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
	const earlier = await codeAt(secret, currentStep());
	const fromFile = (await run(['demo-code', '--secret-file', file('seed', secret)])).out;
	const { code } = JSON.parse((await run(['demo-code', '--secret-file', '-', '--json'], `${secret}\n`)).out);
	const later = await codeAt(secret, currentStep());

	assert.ok([earlier, later].includes(code), `${code} is neither ${earlier} nor ${later}`);
	assert.match(fromFile, new RegExp(`code: (${earlier}|${later})`));
});

test('status says that all is ready', async () => {
	const { ready, parts } = await json('status');

	assert.deepEqual([ready, Object.values(parts).every(Boolean)], [true, true]);
});

/* ---- what it keeps to itself ---- */

test('no command prints particulars, and a list prints no logins unless asked', async () => {
	const { citizen } = ombud.demo.people;
	const plain = (await authctl('user', 'list', '--all')).out;
	const asked = (await authctl('user', 'list', '--all', '--logins')).out;
	const shown = (await authctl('user', 'show', citizen.sub, '--json')).out;

	assert.ok(plain.includes(citizen.sub) && !plain.includes(citizen.login));
	assert.ok(asked.includes(citizen.login));
	assert.doesNotMatch(`${asked}${shown}`, /Иванова|паспорт|Садовая/);
});

test('a secret that others may read is not taken', async () => {
	await refused(3, /0600/, 'user', 'add', '--login', 'open.file', '--kind', 'staff', '--name', 'X',
		'--password-file', file('open', 'heron-larch-quartz-4711', 0o644));
	await refused(1, /nobody/, 'user', 'show', '--login', 'open.file');
});

/* ---- what is refused ---- */

test('what authd refuses ends in 1, with the reason', async () => {
	const { citizen } = ombud.demo.people;

	await refused(1, /nothing here/i, 'user', 'show', 'sub_nobody');
	await refused(1, /login/, 'user', 'add', '--login', citizen.login, '--kind', 'adult', '--name', 'Второй');
	await refused(1, /no such role/, 'role', 'assign', '--sub', citizen.sub, '--organisation', NORTH, '--role', 'wizard');
	await refused(1, /client with this id/, 'client', 'add', 'mobile_app', '--auth', 'none', '--grants', 'authorization_code', '--scopes', 'openid',
		'--redirect-uri', 'http://127.0.0.1/cb');
	await refused(1, /wildcards|https/, 'client', 'add', 'web_open', '--auth', 'none', '--grants', 'authorization_code', '--scopes', 'openid',
		'--redirect-uri', 'https://*.example/cb');
	await refused(1, /nothing here/i, 'consent', 'withdraw', '01a20141-0000-7000-8000-000000000000');
	await refused(1, /nothing here/i, 'session', 'end', 'nobody');
});

test('an identifier cannot lead to another path', async () => {
	const { citizen } = ombud.demo.people;

	await refused(1, /./, 'user', 'show', `../people/${citizen.sub}`);
	await refused(1, /./, 'user', 'disable', `${citizen.sub}/status?x=`);
	assert.equal((await json('user', 'show', citizen.sub)).status, 'active');
});

test('a wrong command line ends in 2, an absent daemon in 3', async () => {
	await refused(2, /--help/, 'user', 'add', '--kind', 'robot', '--name', 'X');
	await refused(2, /--help/, 'user', 'add', '--kind', 'adult', '--login', 'nameless');
	await refused(2, /--help/, 'user', 'show');
	await refused(2, /--help/, 'consent', 'list');
	await refused(2, /--help/, 'wizardry');
	assert.equal((await run(['--socket'])).status, 2);
	const absent = await run(['--socket', '/nonexistent/admin.sock', 'status']);
	assert.deepEqual([absent.status, absent.out], [3, '']);
});

const commandsOf = (help) => [...help.split('\nCommands:\n')[1].split('\n\n')[0].matchAll(/^ {2}([a-z-]+) /gm)].map((match) => match[1]);

test('every command says how it is used, in lines that fit a terminal', async () => {
	const paths = [[]];
	for (const path of paths) {
		const { status, out, err } = await run([...path, '--help']);
		assert.equal(status, 0, `${path.join(' ')}: ${err}`);
		assert.match(out, new RegExp(`^Usage: ${['authctl', ...path].join(' ')} `));
		assert.deepEqual(out.split('\n').filter((line) => line.length > 80), [], path.join(' '));
		if (out.includes('\nCommands:\n'))
			paths.push(...commandsOf(out).map((name) => [...path, name]));
	}
	assert.ok(paths.length > 40, `${paths.length} commands`);
});
