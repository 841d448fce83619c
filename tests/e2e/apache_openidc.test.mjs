/*
 * apache_openidc.test.mjs: Debian's Apache with mod_auth_openidc and the configuration in apache/ signs people in through Ombud:
 * code with PKCE and a client certificate, tokens renewed behind the visitor's back, a rotation of keys in the middle, signing out here,
 * there, and by back-channel.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addPerson, authctlJson, claimsOf, headOf, rotateKey, signInPerson } from '../system/lib/outsider.mjs';
import { Browser, useOmbud } from '../system/lib/ombud.mjs';
import { until as patiently } from '../system/lib/wait.mjs';
import { filled, freePort, listens, startService } from './lib/site.mjs';

const APACHE = process.env.OMBUD_APACHE ?? '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const root = process.getuid() === 0;

let dir;
let site;
let service;
let apache;

/* Apache's children run as somebody who cannot read what is root's own. */
function lend(from, name) {
	copyFileSync(from, join(dir, name));
	chmodSync(join(dir, name), 0o400);
	if (root) {
		const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, 'www-data'], { encoding: 'utf8' })));
		chownSync(join(dir, name), uid, gid);
	}
}

const log = () => readFileSync(join(dir, 'error.log'), 'utf8');

async function startApache(started, port) {
	const pki = join(dir, 'pki'); /* a copy: authd's sandbox knows the files of its own by what they are, not by name */
	cpSync(join(started.dir, 'pki'), pki, { recursive: true });
	execFileSync(here('../../certs/dev-pki'), ['--service', 'web-apache', pki], { stdio: 'ignore' });
	for (const [from, name] of [['server.pem'], ['server.key'], ['ca.pem'], ['service-web-apache.pem', 'client.pem'], ['service-web-apache.key', 'client.key']]) {
		lend(join(pki, from), name ?? from);
	}
	const places = { DIR: dir, MODULES, PORT: port, SERVICE_PORT: service.port, ISSUER: started.demo.issuer, CLIENT: 'web-apache', USER: 'www-data', GROUP: 'www-data',
		PASSPHRASE: randomBytes(24).toString('hex'), RENEW_BEFORE: 298 };
	writeFileSync(join(dir, 'ombud.conf'), filled(here('apache/ombud.conf'), places));
	apache = spawn(APACHE, ['-f', join(dir, 'ombud.conf'), '-D', 'FOREGROUND'], { stdio: ['ignore', 'ignore', 'inherit'] });
	await listens(port, () => apache.exitCode === null, log);
}

const ombud = useOmbud({ before, after }, async (started) => {
	dir = mkdtempSync(join(tmpdir(), 'ombud-apache-'));
	chmodSync(dir, 0o711);
	writeFileSync(join(dir, 'error.log'), '');
	const port = await freePort();
	site = `https://localhost:${port}`;
	service = await startService();
	await authctlJson(started, 'client', 'add', 'web-apache', '--name', 'Сайт за Apache', '--organisation', 'org_csp_north', '--auth', 'tls_client_auth',
		'--tls-san', 'https://services.ombud.test/web-apache', '--redirect-uri', `${site}/oidc`, '--post-logout-uri', `${site}/out`,
		'--backchannel-logout-uri', `${site}/oidc?logout=backchannel`, '--backchannel-session',
		'--grants', 'authorization_code refresh_token', '--scopes', 'openid profile offline_access');
	await startApache(started, port);
});
after(async () => {
	if (apache?.exitCode === null) {
		const gone = new Promise((resolve) => { apache.on('exit', resolve); });
		apache.kill('SIGTERM');
		await gone;
	}
	service?.close();
	rmSync(dir, { recursive: true, force: true });
});

/* What a visitor's browser does at the site; `person` is the same browser at Ombud. */
const newVisitor = () => new Browser(site, { ca: ombud.demo.ca });

async function signIn(visitor, person, path = '/app/page') {
	const first = await visitor.get(`${site}${path}`);
	assert.equal(first.status, 302, first.text);
	assert.ok(first.location.startsWith(`${ombud.demo.issuer}/oauth2/authorize?`), first.location);
	const asked = new URL(first.location).searchParams;
	assert.equal(asked.get('code_challenge_method'), 'S256');
	const answer = await person.open(first.location);
	assert.equal(answer.status, 303, answer.text.slice(0, 200));
	const back = await visitor.get(answer.location);
	assert.equal(back.status, 302, `${back.text} ${log()}`);
	assert.equal(back.location, `${site}${path}`);
	return visitor.get(back.location);
}

const complaints = () => log().split('\n').filter((line) => /auth_openidc:(warn|error|crit)/.test(line) && !/scrubbed suspicious/.test(line));

const until = (what, holds) => patiently(what, holds, { every: 250 }).catch((error) => assert.fail(`${error.message}; ${complaints().join('; ')}`));

let first; /* somebody who is signed in while the keys change */

test('a person who opens a protected page signs in at Ombud and comes back to it, by name', async () => {
	const person = await addPerson(ombud);
	first = { person, browser: await signInPerson(ombud, person), visitor: newVisitor() };
	const answer = await signIn(first.visitor, first.browser);
	assert.equal(answer.status, 200, `${answer.text} ${log()}`);
	const { headers } = answer.json;
	assert.equal(headers['x-remote-user'], person.sub);
	assert.equal(headers.oidc_claim_sub, person.sub);
	assert.equal(headers.oidc_claim_iss, ombud.demo.issuer);
	assert.equal(Buffer.from(headers.oidc_claim_name, 'latin1').toString('utf8'), person.name, 'from userinfo');
	assert.equal(claimsOf(headers.oidc_access_token).client_id, 'web-apache');
	first.token = headers.oidc_access_token;
	assert.deepEqual(complaints(), [], 'the discovery document, the tokens and userinfo are as the module wants them');
});

test('a visitor who knows the names of the headers is nobody for it', async () => {
	const answer = await newVisitor().get(`${site}/app/page`, { headers: { 'oidc-claim-sub': 'x', oidc_claim_sub: 'x', 'x-remote-user': 'x' } });
	assert.equal(answer.status, 302);
	const inside = await first.visitor.get(`${site}/app/page`, { headers: { 'x-remote-user': 'x', OIDC_CLAIM_sub: 'x' } });
	assert.equal(inside.json.headers['x-remote-user'], first.person.sub);
	assert.equal(inside.json.headers.oidc_claim_sub, first.person.sub);
});

test('a token that has little time left is renewed behind the visitor\'s back', async () => {
	await until('another token', async () => {
		const answer = await first.visitor.get(`${site}/app/page`);
		assert.equal(answer.status, 200, `${answer.text} ${log()}`);
		return answer.json.headers.oidc_access_token !== first.token;
	});
	assert.deepEqual(complaints(), []);
});

test('keys are rotated: who is inside stays inside, and who comes gets tokens of the new key', async () => {
	const waiting = [];
	for (const alg of ['RS256', 'ES256']) {
		waiting.push(await rotateKey(ombud, alg));
	}
	await until('the new keys sign', async () => {
		const { records } = await authctlJson(ombud, 'key', 'list');
		return waiting.every((key) => records.some(({ kid, state }) => kid === key && state === 'active'));
	});
	assert.equal((await first.visitor.get(`${site}/app/page`)).status, 200, log());
	const person = await addPerson(ombud);
	const answer = await signIn(newVisitor(), await signInPerson(ombud, person));
	assert.equal(answer.status, 200, `${answer.text} ${log()}`);
	assert.equal(answer.json.headers['x-remote-user'], person.sub);
	const said = complaints();
	assert.equal(said.length, 1, 'the keys were fetched again when one was not among them, and that is all');
	assert.match(said[0], /could not find a key in the cached JSON Web Keys, doing a forced refresh/);
	assert.notEqual(headOf(answer.json.headers.oidc_access_token).kid, headOf(first.token).kid);
	const again = await signIn(newVisitor(), first.browser);
	assert.equal(again.json.headers['x-remote-user'], first.person.sub);
});

test('who signs out at Ombud, or is signed out there, is out at the site without a visit to it; others stay', async () => {
	const stays = { browser: await signInPerson(ombud, await addPerson(ombud)), visitor: newVisitor() };
	assert.equal((await signIn(stays.visitor, stays.browser)).status, 200);
	const ways = {
		'by the button': async ({ browser }) => browser.submit(await browser.open('/security'), {}, { action: '/sign-out' }),
		'by the administrator': async ({ person }) => authctlJson(ombud, 'user', 'disable', person.sub),
	};
	for (const [how, end] of Object.entries(ways)) {
		const person = await addPerson(ombud);
		const browser = await signInPerson(ombud, person);
		const visitor = newVisitor();
		assert.equal((await signIn(visitor, browser)).status, 200, how);
		await end({ person, browser });
		await until(`out at the site ${how}`, async () => (await visitor.get(`${site}/app/page`)).status === 302);
	}
	assert.equal((await stays.visitor.get(`${site}/app/page`)).status, 200);
});

test('a logout token that anybody but Ombud made ends nothing at the site', async () => {
	const visitor = newVisitor();
	assert.equal((await signIn(visitor, first.browser)).status, 200);
	const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const body = encode({ iss: ombud.demo.issuer, aud: 'web-apache', iat: Math.floor(Date.now() / 1000), jti: randomBytes(9).toString('hex'), sub: first.person.sub,
		events: { 'http://schemas.openid.net/event/backchannel-logout': {} } });
	for (const token of [`${encode({ alg: 'none', typ: 'logout+jwt' })}.${body}.`, 'x', `${encode({ alg: 'RS256', kid: 'x' })}.${body}.${'A'.repeat(342)}`]) {
		const answer = await newVisitor().post(`${site}/oidc?logout=backchannel`, { form: { logout_token: token } });
		assert.equal(answer.status, 400, token.slice(0, 20));
	}
	assert.equal((await visitor.get(`${site}/app/page`)).status, 200);
});

test('signing out at the site signs out at Ombud, and leads back to the site', async () => {
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	const visitor = newVisitor();
	assert.equal((await signIn(visitor, browser)).status, 200);
	const out = await visitor.get(`${site}/oidc?logout=${encodeURIComponent(`${site}/out`)}`);
	assert.equal(out.status, 302, out.text);
	assert.ok(out.location.startsWith(`${ombud.demo.issuer}/oauth2/logout?`), out.location);
	const back = await browser.get(out.location);
	assert.equal(back.status, 303, back.text.slice(0, 300));
	assert.ok(back.location.startsWith(`${site}/out`));
	assert.match((await browser.open('/me')).url, /\/login/);
	assert.equal((await visitor.get(`${site}/app/page`)).status, 302, 'the site knows nobody any more');
});
