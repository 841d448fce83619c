/*
 * outsider.mjs: what tests need that know Ombud only from outside: the code flow by hand, people of their own, the published
 * log read byte by byte, bytes straight into a connection.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { programs } from '../../../demo/state.mjs';
import { Client } from '../daemon_run.mjs';
import { auditlog, clientCredentials, entryBytes, proofHeader, publishedSize, signInThrough, sleep, until, untilServed, waitPublished } from './ombud.mjs';

/* ---- the administrator's tool ---- */

/* { status, out, err } of one authctl command over the demo's admin socket. */
export function authctl(ombud, ...args) {
	return new Promise((resolve, reject) => {
		const child = spawn(join(programs, 'authctl'), ['--socket', ombud.demo.socket.admin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
		const parts = { out: '', err: '' };
		child.stdout.on('data', (part) => { parts.out += part; });
		child.stderr.on('data', (part) => { parts.err += part; });
		child.on('error', reject);
		child.on('close', (status) => resolve({ status, ...parts }));
	});
}

export async function authctlJson(ombud, ...args) {
	const { status, out, err } = await authctl(ombud, ...args, '--json');
	assert.equal(status, 0, `authctl ${args.join(' ')}: ${err}`);
	return JSON.parse(out);
}

/*
 * A new key for an algorithm; its kid, once it is published. Making an RSA key takes as long as it takes: on a busy machine
 * authctl may be told that nobody waited for it (3), and the key comes all the same.
 */
export async function rotateKey(ombud, alg) {
	const kids = async () => (await authctlJson(ombud, 'key', 'list')).records.filter((key) => key.alg === alg).map(({ kid }) => kid);
	const old = await kids();
	const { status, err } = await authctl(ombud, 'key', 'rotate', '--alg', alg);
	assert.ok(status === 0 || status === 3, err);
	return until(`a new key for ${alg} (${err})`, async () => (await kids()).find((one) => !old.includes(one)), { every: 250 });
}

/* A person is added, or was: authctl may be told on a busy machine that nobody waited for it (3), and they are there all the same. */
async function addOnce(ombud, login, ...args) {
	let added = await authctl(ombud, ...args, '--json');
	for (let tries = 1; added.status === 3 && tries < 10; tries++) {
		await sleep(tries * 500);
		const known = await authctl(ombud, 'user', 'show', '--login', login, '--json');
		added = known.status === 0 ? known : await authctl(ombud, ...args, '--json');
	}
	assert.equal(added.status, 0, `authctl ${args.join(' ')}: ${added.err}`);
	return JSON.parse(added.out);
}

let people = 0;

/* An insurance number with right check digits that nobody has yet. */
export function newSnils() {
	const digits = String(200000000 + randomInt(700000000));
	const sum = [...digits].reduce((total, digit, i) => total + Number(digit) * (9 - i), 0);
	const all = `${digits}${String(sum % 101 % 100).padStart(2, '0')}`;
	return { digits: all, text: `${all.slice(0, 3)}-${all.slice(3, 6)}-${all.slice(6, 9)} ${all.slice(9)}` };
}

/* A person of the test's own, with both factors: { login, password, totp_secret, sub, name }. */
export async function addPerson(ombud, { kind = 'adult', roles = [], snils, particulars = {}, login = `person.${++people}.${randomBytes(3).toString('hex')}` } = {}) {
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-person-'));
	const file = (name, text) => {
		writeFileSync(join(scratch, name), text, { mode: 0o600 });
		return join(scratch, name);
	};
	const surname = `Проверкина-${login.split('.').at(-1)}`; /* what is left of a name that an official sees masked */
	const name = `${surname} ${login}`;
	const password = `${randomBytes(9).toString('base64url')}-quartz-heron`;
	const totp_secret = Array.from(randomBytes(32), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
	const profile = { name, address: 'г. Северный, пер. Тихий, д. 9', document: { type: 'паспорт', number: '45 99 000001', issued: '2019-03-04',
		issuer: 'ОВД г. Северный' }, snils, ...particulars };
	try {
		const { sub } = await addOnce(ombud, login, 'user', 'add', '--login', login, '--kind', kind, '--profile-file', file('profile', JSON.stringify(profile)),
			'--password-file', file('password', password), '--totp-secret-file', file('totp', totp_secret));
		for (const [organisation, role] of roles) {
			await authctlJson(ombud, 'role', 'assign', '--sub', sub, '--organisation', organisation, '--role', role);
		}
		return { login, password, totp_secret, sub, name, surname, profile };
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
}

/* A browser in which a person of the test's own is signed in. */
export async function signInPerson(ombud, person, options) {
	const browser = ombud.browser(options);
	browser.landed = await signInThrough(browser, person);
	return browser;
}

/* ---- OAuth by hand ---- */

export const challengeOf = (verifier) => createHash('sha256').update(verifier).digest('base64url');
export const newVerifier = () => randomBytes(32).toString('base64url');
export const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
export const headOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));

/* A request for a code of a good client; `changes` replace parameters, undefined ones are left out. */
export function authorizeRequest(ombud, client, changes = {}) {
	const verifier = newVerifier();
	const [redirect_uri] = ombud.demo.clients[client].redirect_uris;
	const parameters = { response_type: 'code', client_id: client, redirect_uri, scope: 'openid', state: randomBytes(8).toString('hex'),
		code_challenge: challengeOf(verifier), code_challenge_method: 'S256', ...changes };
	const url = new URL('/oauth2/authorize', ombud.demo.issuer);
	for (const [name, value] of Object.entries(parameters)) {
		for (const one of value === undefined ? [] : [].concat(value)) {
			url.searchParams.append(name, one);
		}
	}
	return { url, verifier, parameters };
}

/* In a browser with a session: { code, verifier, redirect_uri, callback }. */
export async function getCode(ombud, browser, client, changes = {}) {
	const { url, verifier, parameters } = authorizeRequest(ombud, client, changes);
	const answer = await browser.open(url);
	assert.equal(answer.status, 303, `${answer.url} ${answer.status} ${answer.text.slice(0, 200)}`);
	const callback = new URL(answer.location);
	const code = callback.searchParams.get('code');
	assert.ok(code, answer.location);
	return { code, verifier, redirect_uri: parameters.redirect_uri, parameters, callback };
}

/* The token endpoint's answer to a code; `changes` replace fields, undefined ones are left out. */
export async function redeem(ombud, client, { code, verifier, redirect_uri }, changes = {}) {
	const known = ombud.demo.clients[client];
	const { headers, form } = await clientCredentials(ombud.demo.issuer, known.client_id ?? client, known);
	const fields = { grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier, ...form, ...changes };
	const url = `${ombud.demo.issuer}/oauth2/token`;
	return ombud.web().post(url, {
		headers: { ...headers, ...await proofHeader(known, url) }, form: Object.entries(fields).filter(([, value]) => value !== undefined),
	});
}

/* An administrator's token: of a client whose tokens may carry the scope admin, which none of the demo's may. */
export async function adminToken(ombud, browser, organisation = 'org_csp_north') {
	const client = organisation === 'org_csp_north' ? 'admin_desk' : `admin_desk_${organisation}`;
	const redirect = 'http://127.0.0.1/admin-desk';
	const demo = structuredClone(ombud.demo);
	demo.clients[client] = { auth: 'none', redirect_uris: [redirect] };
	if ((await authctl(ombud, 'client', 'show', client)).status !== 0) {
		await authctlJson(ombud, 'client', 'add', client, '--name', 'Рабочее место', '--organisation', organisation, '--auth', 'none', '--grants',
			'authorization_code', '--scopes', 'openid admin', '--redirect-uri', redirect);
	}
	return (await personTokens({ demo, web: () => ombud.web() }, browser, client, 'openid admin')).access_token;
}

/* A person's tokens for a client, through the code flow. */
export async function personTokens(ombud, browser, client, scope) {
	const answer = await redeem(ombud, client, await getCode(ombud, browser, client, { scope }));
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
}

/* POST to one of /oauth2/introspect, /oauth2/revoke as a client. */
export async function asClient(ombud, client, path, fields) {
	const known = ombud.demo.clients[client];
	const { headers, form } = await clientCredentials(ombud.demo.issuer, known.client_id ?? client, known);
	const web = known.auth === 'tls_client_auth' ? ombud.web().showing(known) : ombud.web();
	return web.post(`${ombud.demo.issuer}${path}`, { headers, form: { ...form, ...fields } });
}

export const bearer = (token) => ({ authorization: `Bearer ${token}` });

/* ---- consents ---- */

/* Presses what there is to press until the consent has no form to withdraw any more. */
export async function withdrawInBrowser(browser, record) {
	let page = await browser.open(`/consents/${record}`);
	for (let clicks = 0; clicks < 2 && page.status === 200; clicks++) {
		let form;
		try {
			form = browser.findForm(page, { action: '/withdraw' });
		} catch {
			break;
		}
		page = await browser.follow(await browser.submitOnce(page, form));
	}
	return page;
}

/* ---- the published log ---- */

/* Every entry that is under the signed checkpoint: { index, bytes, entry }. */
export function logEntries(ombud, from = 0) {
	const { dir } = ombud.demo.log;
	const size = publishedSize(dir);
	const entries = [];
	for (let index = from; index < size; index++) {
		const bytes = entryBytes(dir, index, size);
		entries.push({ index, bytes, entry: JSON.parse(bytes) });
	}
	return entries;
}

/* The entry of that index once it is published, with its bytes. */
export async function entryAt(ombud, index) {
	const { dir } = ombud.demo.log;
	const size = await waitPublished(dir, index);
	const bytes = entryBytes(dir, index, size);
	return { index, bytes, entry: JSON.parse(bytes) };
}

/* The newest published entry that matches, once there is one. */
export function untilEntry(ombud, what, matches) {
	return until(`an entry: ${what}`, () => logEntries(ombud).reverse().find(({ entry }) => matches(entry)));
}

/* Waits until every entry that the log has taken so far is under the signed checkpoint. What was answered is among them. */
export async function settled(ombud) {
	const client = new Client(ombud.demo.socket.auditlogd);
	try {
		const { size } = await client.status();
		await waitPublished(ombud.demo.log.dir, size - 1);
	} finally {
		client.close();
	}
}

/* RFC 6962 2.1: SHA-256(0x00 || entry), in base64. */
export const leafOf = (bytes) => createHash('sha256').update(Buffer.concat([Buffer.from([0]), bytes])).digest('base64');

/*
 * What `verify --lawful --strict` says of a log that still runs. A file ahead of the checkpoint is a failure to it, and an entry
 * that a daemon writes by itself may put one there at any moment: then it is asked again, until the checkpoint has come after.
 */
export function judged(ombud) {
	const { dir, vkey } = ombud.demo.log;
	return until('a log with no file ahead of its checkpoint', async () => {
		await settled(ombud);
		const said = await auditlog('verify', dir, '--key', vkey, '--lawful', '--strict');
		return /not covered by the checkpoint/.test(said.text) ? undefined : said;
	});
}

/* The log as it is now holds, and every permit in it had its ground. */
export async function assertLawful(ombud) {
	const { status, text } = await judged(ombud);
	assert.equal(status, 0, text);
}

/* ---- with the operator's other settings ---- */

/* authd started again on what `change` makes of the text of its configuration; ends when it serves. */
export async function reconfigure(ombud, change) {
	const path = join(ombud.dir, 'etc', 'authd.yaml');
	const text = readFileSync(path, 'utf8');
	const changed = change(text);
	assert.notEqual(changed, text, 'the configuration is another one');
	writeFileSync(path, changed, { mode: 0o600 });
	const { authd } = ombud.demo.pids;
	process.kill(authd, 'SIGTERM');
	await ombud.restarted('authd', authd);
	await untilServed('authd is back', async () => (await ombud.web().get(`${ombud.demo.issuer}/readyz`)).status === 200);
}

/* ---- bytes ---- */

/* Bytes straight into a TLS connection; all that comes back until it is closed. */
export function raw(ombud, bytes, limit = 60e3) {
	const { port } = new URL(ombud.demo.issuer);
	return new Promise((resolve, reject) => {
		const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: readFileSync(ombud.demo.ca) }, () => socket.write(bytes));
		let text = '';
		const timer = setTimeout(() => { socket.destroy(); resolve(text); }, limit);
		socket.on('data', (part) => { text += part.toString('latin1'); });
		socket.on('close', () => { clearTimeout(timer); resolve(text); });
		socket.on('error', (error) => (error.code === 'ECONNRESET' ? resolve(text) : reject(error)));
	});
}

/* ---- errors ---- */

/* RFC 9457: the shape of errors everywhere but on OAuth paths. */
export function assertProblem(answer, status, reason) {
	assert.equal(answer.status, status, `${answer.url} ${answer.text.slice(0, 300)}`);
	assert.match(answer.header('content-type'), /^application\/problem\+json/);
	const { type, title, status: said, ...more } = answer.json;
	assert.ok(type && title);
	assert.equal(said, status);
	if (reason) {
		assert.equal(more.reason, reason);
	}
	assert.ok(answer.header('x-request-id'));
	if (status === 401) {
		assert.ok(answer.header('www-authenticate'));
	}
	if (status === 405) {
		assert.ok(answer.header('allow'));
	}
}

/* RFC 6749 5.2: the shape of errors on OAuth paths. */
export function assertOAuthError(answer, status, error) {
	assert.equal(answer.status, status, `${answer.url} ${answer.text.slice(0, 300)}`);
	assert.match(answer.header('content-type'), /^application\/json/);
	assert.match(answer.header('cache-control') ?? '', /no-store/);
	assert.ok(answer.header('x-request-id'));
	assert.deepEqual(Object.keys(answer.json).filter((member) => !['error', 'error_description', 'error_uri'].includes(member)), []);
	if (error) {
		assert.equal(answer.json.error, error, answer.text);
	}
	if (answer.json.error_description !== undefined) {
		assert.match(answer.json.error_description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
	}
	if (status === 401) {
		assert.ok(answer.header('www-authenticate'));
	}
}
