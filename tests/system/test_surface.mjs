/*
 * test_surface.mjs: what others hold on to, as an outsider who has only the description would try it: a demo that was detached,
 * demo.json, every path with its members, statuses and forms; at the end the log, which must hold, name nobody, and survive a
 * kill of each daemon.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { readJson, root } from '../../demo/state.mjs';
import { addPerson, assertLawful, assertProblem, authctl, authctlJson, bearer, claimsOf, entryAt, leafOf, logEntries, personTokens, settled, signInPerson, untilEntry } from './lib/outsider.mjs';
import { Ombud, auditlog, database, giveConsent, publishedSize, ownProofKey, question, requestToken, until, verifyOffline, waitPublished, wordsOf } from './lib/ombud.mjs';

const run = promisify(execFile);
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let dir;
let ombud;
let issuer;
let web;
let benefits;
let tax;
let person; /* of this test, so that names can be looked for */
let browser;
/* A day ahead, so many months from now. */
const firstOfMonth = (ahead) => {
	const now = new Date();
	return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 10);
};
const secretCase = 'Дело Проверкиной, СНИЛС 112-233-445 95';

/* The way a script outside does it: detached, then demo.json. */
before(async () => {
	dir = mkdtempSync(join(tmpdir(), 'ombud surface '));
	chmodSync(dir, 0o711);
	await run(process.execPath, [join(root, 'demo', 'demo.mjs'), 'start', '--detach', '--quiet', '--dir', dir, '--port', '0', '--db', database]);
	ombud = new Ombud({ dir, read: () => readJson(join(dir, 'demo.json')),
		stop: () => run(process.execPath, [join(root, 'demo', 'demo.mjs'), 'stop', '--dir', dir]) });
	({ issuer } = ombud.demo);
	web = ombud.web();
	benefits = await ombud.service('svc_benefits_north');
	tax = await ombud.service('svc_tax');
	person = await addPerson(ombud);
	browser = await signInPerson(ombud, person);
});
after(async () => {
	await ombud?.stop();
	rmSync(dir, { recursive: true, force: true });
});

/* ---- demo.json ---- */

const keys = (object) => Object.keys(object).sort();

test('demo.json tells a script all it needs, and only its owner', () => {
	const { demo } = ombud;
	const path = join(dir, 'demo.json');

	assert.equal(statSync(path).mode & 0o777, 0o600);
	assert.match(demo.issuer, /^https:\/\/localhost:\d+$/);
	assert.match(readFileSync(demo.ca, 'utf8'), /BEGIN CERTIFICATE/);
	assert.match(demo.version, /^\d+\.\d+\.\d+/);
	assert.deepEqual(keys(demo.log), ['dir', 'origin', 'url', 'vkey', 'witness_policy']);
	assert.equal(demo.log.url, `${demo.issuer}/log`);
	assert.ok(demo.log.vkey.startsWith(`${demo.log.origin}+`));
	assert.ok(statSync(join(demo.log.dir, 'checkpoint')).isFile());
	const policy = readFileSync(demo.log.witness_policy, 'utf8');
	assert.equal(policy.match(/^log (\S+) /m)[1], demo.log.vkey);
	assert.equal(policy.match(/^witness \S+ \S+ http/gm).length, 2);
	assert.match(policy, /^quorum both$/m);
	assert.match(demo.db, database === 'sqlite' ? /^sqlite:\// : /^postgres/);
	for (const name of ['admin', 'auditlogd']) {
		assert.ok(statSync(demo.socket[name]).isSocket(), name);
	}
	for (const name of ['authd', 'authd-keyd', 'auditlogd', 'auditlog-signer']) {
		assert.match(readFileSync(`/proc/${demo.pids[name]}/cmdline`, 'utf8'), new RegExp(`/${name}\0`), name);
		assert.ok(statSync(join(dir, 'etc', `${name}.yaml`)).isFile());
	}
});

test('demo.json has every person and client with what they sign in with', () => {
	const { people, clients, purposes, limits, example } = ombud.demo;

	assert.deepEqual(keys(people), ['admin', 'approver', 'auditor', 'author', 'child', 'citizen', 'citizen2', 'dpo', 'operator', 'operator2', 'senior']);
	for (const one of Object.values(people)) {
		assert.deepEqual(keys(one).filter((name) => name !== 'snils'), ['login', 'password', 'sub', 'totp_secret']);
		assert.match(one.totp_secret, /^[A-Z2-7]{32,}$/);
		assert.match(one.sub, /^sub_/);
	}
	assert.deepEqual(keys(clients), ['answers_app', 'desk_app', 'emergency_app', 'family_app', 'kiosk', 'mobile_app', 'officer_app', 'svc_benefits_north', 'svc_legacy', 'svc_tax', 'web_fapi', 'web_portal']);
	const { svc_benefits_north: north, svc_tax: taxes, svc_legacy: legacy, web_portal: portal, web_fapi: fapi, mobile_app: mobile } = clients;
	assert.deepEqual([north.auth, north.fapi, north.roles, typeof north.jwk.d], ['private_key_jwt', true, ['intake-officer'], 'string']);
	assert.deepEqual([taxes.auth, taxes.provides], ['tls_client_auth', ['income']]);
	assert.match(readFileSync(taxes.cert, 'utf8') + readFileSync(taxes.key, 'utf8'), /BEGIN CERTIFICATE[\s\S]*PRIVATE KEY/);
	assert.deepEqual([legacy.auth, legacy.client_id, typeof legacy.client_secret], ['client_secret_basic', 'svc-legacy.example', 'string']);
	assert.deepEqual([portal.auth, portal.redirect_uris, portal.post_logout_redirect_uris],
		['private_key_jwt', ['https://localhost:9443/cb'], ['https://localhost:9443/']]);
	assert.deepEqual([fapi.auth, fapi.fapi, fapi.redirect_uris], ['private_key_jwt', true, ['https://localhost:9443/fapi']]);
	assert.deepEqual([mobile.auth, mobile.redirect_uris], ['none', ['http://127.0.0.1/cb']]);
	assert.deepEqual(purposes, ['eligibility']);
	assert.deepEqual(keys(limits), ['frequency', 'range']);
	assert.match(example.consent_id, UUID);
	assert.ok(example.denied_category);
});

test('the denied category of the example is denied', async () => {
	const { json } = await benefits('POST', '/access/v1/evaluation', question(person.sub, { category: ombud.demo.example.denied_category }));

	assert.equal(json.decision, false);
});

/* ---- discovery ---- */

test('both discovery documents are the same, and name only what is served', async () => {
	const { json } = await web.get(`${issuer}/.well-known/openid-configuration`);

	assert.deepEqual((await web.get(`${issuer}/.well-known/oauth-authorization-server`)).json, json);
	assert.deepEqual(json.response_types_supported, ['code']);
	assert.equal(json.authorization_response_iss_parameter_supported, true);
	assert.ok(json.id_token_signing_alg_values_supported.includes('RS256'));
	for (const scope of 'openid profile offline_access consent:request consent:manage audit:write audit:read access:evaluate admin'.split(' ')) {
		assert.ok(json.scopes_supported.includes(scope), scope);
	}
	for (const [name, value] of Object.entries(json).filter(([key]) => /_(endpoint|uri)$/.test(key))) {
		assert.notEqual((await web.get(value)).status, 404, name);
	}
});

test('AuthZEN discovery names the decision point and an endpoint that is there', async () => {
	const { json, status } = await web.get(`${issuer}/.well-known/authzen-configuration`);

	assert.equal(status, 200);
	assert.equal(json.policy_decision_point, issuer);
	assert.equal(json.access_evaluation_endpoint, `${issuer}/access/v1/evaluation`);
});

test('the keys are public, each with kid, use and alg, and may be kept for a while', async () => {
	const answer = await web.get(`${issuer}/jwks`);

	for (const key of answer.json.keys) {
		assert.ok(key.kid && key.alg && key.use === 'sig');
		assert.deepEqual(keys(key).filter((member) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'].includes(member)), []);
	}
	assert.equal(new Set(answer.json.keys.map(({ kid }) => kid)).size, answer.json.keys.length);
	assert.match(answer.header('cache-control'), /max-age=\d+/);
});

/* ---- every response ---- */

test('every response has its own X-Request-ID and what protects a browser, errors too', async () => {
	const seen = new Set();
	for (const [method, path] of [['GET', '/jwks'], ['GET', '/nothing'], ['PUT', '/jwks'], ['GET', '/login'], ['GET', '/me'], ['POST', '/oauth2/token'],
		['GET', '/log/checkpoint'], ['POST', '/access/v1/evaluation'], ['GET', '/assets/nothing'], ['GET', '/livez'], ['GET', '/readyz'], ['GET',
			'/metrics']]) {
		const answer = await web.request(method, `${issuer}${path}`);
		const id = answer.header('x-request-id');
		assert.ok(id && !seen.has(id), `${method} ${path}: ${id}`);
		seen.add(id);
		assert.match(answer.header('strict-transport-security'), /max-age=\d{8}/);
		assert.equal(answer.header('x-content-type-options'), 'nosniff');
		assert.equal(answer.header('referrer-policy'), 'no-referrer');
		assert.match(answer.header('content-security-policy'), /frame-ancestors 'none'/);
		assert.doesNotMatch(answer.header('content-security-policy'), /unsafe/);
		assert.equal(answer.header('server'), undefined);
	}
});

test('an X-Request-ID of the caller comes back as it was (AuthZEN)', async () => {
	const answer = await benefits('POST', '/access/v1/evaluation', question(person.sub),
		{ headers: { 'x-request-id': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' } });

	assert.equal(answer.header('x-request-id'), 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716');
});

test('operation: alive, ready, metrics', async () => {
	assert.equal((await web.get(`${issuer}/livez`)).status, 200);
	assert.equal((await web.get(`${issuer}/readyz`)).status, 200);
	assert.match((await web.get(`${issuer}/metrics`)).text, /^# (HELP|TYPE) /m);
});

/* ---- tokens ---- */

test("a service's token says what a token says, and no more", async () => {
	const answer = await requestToken(web, issuer, 'svc_benefits_north', ombud.demo.clients.svc_benefits_north);
	const jwks = (await web.get(`${issuer}/jwks`)).json;
	const { payload, protectedHeader } = await verifyOffline(answer.json.access_token, jwks, { issuer, audience: issuer, typ: 'at+jwt' });

	assert.match(answer.header('cache-control'), /no-store/);
	assert.deepEqual(keys(answer.json), ['access_token', 'expires_in', 'scope', 'token_type']);
	assert.equal(answer.json.token_type, 'DPoP', 'a fapi client has a token that is bound to its key');
	assert.deepEqual(payload.cnf, { jkt: ownProofKey.jkt });
	assert.equal(answer.json.expires_in, 300);
	assert.equal(protectedHeader.alg, 'ES256');
	assert.deepEqual(keys(payload), ['acr', 'aud', 'client_id', 'cnf', 'exp', 'iat', 'iss', 'jti', 'org', 'roles', 'scope', 'sub']);
	assert.equal(payload.sub, 'svc:svc_benefits_north');
	assert.equal(payload.client_id, 'svc_benefits_north');
	assert.equal(payload.aud, issuer);
	assert.equal(payload.scope, 'access:evaluate consent:request');
	assert.deepEqual(payload.roles, ['intake-officer']);
	assert.equal(payload.org, 'org_csp_north');
	assert.equal(payload.exp - payload.iat, 300);
	await untilEntry(ombud, 'token.issued', ({ event, id }) => event === 'token.issued' && id === payload.jti);
});

test('each client of the demo has the scopes that are promised', async () => {
	const scopes = { svc_benefits_north: 'access:evaluate consent:request', svc_tax: 'access:evaluate audit:write', svc_legacy: 'access:evaluate' };
	for (const [name, scope] of Object.entries(scopes)) {
		const client = ombud.demo.clients[name];
		const answer = await requestToken(web, issuer, client.client_id ?? name, client);
		assert.equal(answer.json.scope, scope, name);
	}
	const person2 = await personTokens(ombud, browser, 'web_portal', 'openid profile consent:manage audit:read');
	assert.equal(person2.scope ?? claimsOf(person2.access_token).scope, 'openid profile consent:manage audit:read');
});

test("a person's token says who, through whom and how sure; the ID token is for the client", async () => {
	const tokens = await personTokens(ombud, browser, 'web_portal', 'openid profile consent:manage');
	const jwks = (await web.get(`${issuer}/jwks`)).json;
	const access = (await verifyOffline(tokens.access_token, jwks, { issuer, audience: issuer, typ: 'at+jwt' })).payload;
	const id = await verifyOffline(tokens.id_token, jwks, { issuer, audience: 'web_portal' });

	for (const member of ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id', 'scope', 'org', 'acr']) {
		assert.ok(access[member] !== undefined, member);
	}
	assert.equal(access.sub, person.sub);
	assert.equal(access.acr, '2');
	assert.equal(access.client_id, 'web_portal');
	assert.equal(id.protectedHeader.alg, 'RS256');
	assert.equal(id.payload.acr, '2');
	assert.ok(id.payload.auth_time <= id.payload.iat && id.payload.sub);
	const info = await web.get(`${issuer}/oauth2/userinfo`, { headers: bearer(tokens.access_token) });
	assert.deepEqual(info.json, { sub: id.payload.sub, name: person.name });
});

/* ---- consent: asking ---- */

const ask = (changes = {}) => benefits('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], ...changes });

test('a request for consent is 201 with its address; an equal open one is given again', async () => {
	const body = { optional: ['family'], until: firstOfMonth(2), return_to: 'https://localhost:9443/back', case: '2026-00123' };
	const first = await ask(body);
	const second = await ask(body);

	assert.equal(first.status, 201, first.text);
	for (const member of ['request_id', 'form_url', 'expires_at']) {
		assert.equal(typeof first.json[member], 'string');
	}
	assert.equal(first.json.form_url, `${issuer}/ask/${first.json.request_id}`);
	assert.ok(Date.parse(first.json.expires_at) > Date.now());
	assert.equal(second.json.request_id, first.json.request_id);
	assert.notEqual((await ask({ ...body, optional: [] })).json.request_id, first.json.request_id);
});

test('a term is a date or a date-time that lies ahead', async () => {
	const day = new Date(Date.now() + 40 * 86400e3).toISOString().slice(0, 10);
	for (const term of [day, `${day}T00:00:00Z`, `${day}T00:00:00.5+03:00`]) {
		assert.equal((await ask({ until: term })).status, 201, term);
	}
	for (const term of ['2020-01-01', new Date(Date.now() - 1000).toISOString(), '2027-13-01', '2027-02-30', 'tomorrow', '', 5]) {
		const answer = await ask({ until: term });
		assert.equal(answer.status, 400, `${JSON.stringify(term)}: ${answer.text}`);
	}
});

test('what a request may not be', async () => {
	for (const [what, changes] of Object.entries({
		'no person': { person: undefined }, 'no purpose': { purpose: undefined }, 'no categories': { categories: [] },
		'a category that nobody knows': { categories: ['nothing'] }, 'one of another purpose': { categories: ['health'] },
		'one that a statute opens': { categories: ['disability'] }, 'one twice': { categories: ['income', 'income'] },
		'one necessary and optional': { optional: ['income'] }, 'an unknown optional one': { optional: ['nothing'] },
		'a purpose of another service': { purpose: 'volunteer_visit', categories: ['contacts'] }, 'a purpose of nobody': { purpose: 'nothing' },
		'a way back that is not registered': { return_to: 'https://evil.example/' }, 'one that only begins so': { return_to: 'https://localhost:9443/back/x' },
		'an unknown member': { state: 'given' }, 'categories as text': { categories: 'income' },
	})) {
		assertProblem(await ask(changes), 400);
		assert.ok(what);
	}
	assert.equal((await ask({ person: 'sub_AAAAAAAAAAAAAAAAAAAAAA' })).status, 201, 'nobody learns by asking who exists');
});

/* ---- consent: the page, the record, the receipt ---- */

let record;

test('the page of a request has what is promised: categories to tick, give or refuse', async () => {
	const asked = await ask({ optional: ['family'], until: firstOfMonth(2), case: secretCase });
	for (const [language, word] of [['ru', /Доходы/], ['en', /Income/]]) {
		const page = await browser.open(`${asked.json.form_url}?lang=${language}`);
		assert.equal(page.status, 200);
		assert.match(page.text, new RegExp(`<html[^>]* lang="${language}"`));
		assert.match(wordsOf(page.text), word);
		const form = browser.findForm(page, { having: ['category', 'answer'] });
		assert.equal(form.method, 'POST');
		assert.deepEqual(form.fields.filter(({ name }) => name === 'category').map(({ kind, value, checked }) => [kind, value, checked]),
			[['checkbox', 'family', false]]);
		assert.deepEqual(form.fields.filter(({ name }) => name === 'answer').map(({ value }) => value).sort(), ['give', 'later', 'refuse']);
		assert.match(page.text, /translate="no"/);
	}
	const page = await browser.open(asked.json.form_url);
	const answer = await browser.submitOnce(page, browser.findForm(page, { having: ['answer'] }), { answer: 'give' });
	assert.equal(answer.status, 303);
	record = new URL(answer.location).pathname.split('/').at(-1);
	assert.match(record, UUID);
});

test('return_to leads back to the service after the answer', async () => {
	const asked = await ask({ optional: ['family'], return_to: 'https://localhost:9443/back', until: firstOfMonth(3) });
	const page = await browser.open(asked.json.form_url);
	const answer = await browser.submitOnce(page, browser.findForm(page, { having: ['answer'] }), { answer: 'refuse' });

	assert.equal(answer.status, 303);
	assert.ok(answer.location.startsWith('https://localhost:9443/back'), answer.location);
	assert.equal((await benefits('GET', `/consent/v1/records/${record}`)).json.state, 'given', 'a refusal of a new request takes nothing back');
});

test('the record has every member of the description', async () => {
	const { status, json } = await benefits('GET', `/consent/v1/records/${record}`);

	assert.equal(status, 200);
	for (const member of ['schema', 'conforms_to', 'record_id', 'code', 'state', 'jurisdiction', 'subject', 'given_by', 'notice', 'purpose', 'legal_basis',
		'data', 'actions', 'methods', 'recipients', 'providers', 'controller', 'processors', 'limits', 'storage', 'validity', 'withdrawal', 'rights',
			'events']) {
		assert.ok(json[member] !== undefined, member);
	}
	assert.equal(json.record_id, record);
	assert.equal(json.state, 'given');
	assert.match(json.code, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}$/);
	assert.deepEqual(json.data.map(({ category, required }) => [category, required]), [['income', true]], 'what was not ticked is not in it');
	assert.deepEqual(json.events.map(({ seq, state }) => [seq, state]), [[1, 'requested'], [2, 'given']]);
	for (const { log, state } of json.events) {
		const { bytes, entry } = await entryAt(ombud, log.index);
		assert.equal(leafOf(bytes), log.leaf);
		assert.equal(entry.event, state === 'given' ? 'consent.granted' : 'consent.requested');
	}
	assert.doesNotMatch(JSON.stringify(json), new RegExp(`${person.name}|000001|Тихий`), 'particulars are sealed');
	assert.equal(json.validity.until, `${firstOfMonth(2)}T00:00:00Z`);
});

test('the receipt comes in each of its forms, and the file is checked offline', async () => {
	const receipt = (accept) => benefits('GET', `/consent/v1/records/${record}/receipt`, undefined, { headers: { accept } });
	const json = await receipt('application/json');
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-receipt-'));

	assert.match(json.header('content-type'), /^application\/json/);
	writeFileSync(join(scratch, 'proof'), json.json.log.proof);
	writeFileSync(join(scratch, 'entry'), json.json.log.entry);
	assert.equal(JSON.parse(json.json.log.entry).event, 'consent.granted');
	assert.equal(JSON.parse(json.json.log.entry).index, json.json.log.index);
	const check = () => auditlog('check', join(scratch, 'proof'), '--entry', join(scratch, 'entry'), '--key', ombud.demo.log.vkey);
	assert.equal((await check()).status, 0);
	writeFileSync(join(scratch, 'entry'), json.json.log.entry.replace('consent.granted', 'consent.refused'));
	assert.equal((await check()).status, 1);
	rmSync(scratch, { recursive: true });

	const text = await receipt('text/plain');
	assert.match(text.header('content-type'), /^text\/plain/);
	assert.match(text.text, new RegExp(record));
	assert.equal((await receipt('*/*')).json.record.record_id, record);
	assert.equal((await receipt('text/html;q=0, application/json')).json.record.record_id, record);
});

test('anyone can check the code of a receipt, without signing in and without learning who', async () => {
	const { code } = (await benefits('GET', `/consent/v1/records/${record}`)).json;
	const stranger = ombud.browser();
	const page = await stranger.open('/check');
	const found = await stranger.submit(page, { code });

	assert.equal(found.status, 200);
	assert.match(found.text, new RegExp(code));
	assert.doesNotMatch(found.text, new RegExp(`${person.name}|${person.sub}|${person.login}`));
	const wrong = await stranger.submit(page, { code: 'AAAA-AAAA-AA' });
	assert.notEqual(wordsOf(wrong.text), wordsOf(found.text));
});

/* ---- consent: lists ---- */

test('lists are paged by opaque cursors: 20 at a time, 1 to 100 on demand', async () => {
	const reader = await addPerson(ombud);
	const readers = await signInPerson(ombud, reader);
	for (let i = 0; i < 23; i++) {
		await giveConsent(ombud, benefits, readers, reader.sub, { until: new Date(Date.now() + (i + 2) * 86400e3).toISOString() });
	}
	const list = async (query) => (await benefits('GET', `/consent/v1/records?person=${reader.sub}${query && `&${query}`}`)).json;
	const first = await list('');
	assert.deepEqual(keys(first), ['next', 'records']);
	assert.equal(first.records.length, 20);
	assert.ok(first.next);
	const seen = new Set();
	let pages = 0;
	for (let next; next !== ''; pages++) {
		const page = await list(`limit=7${next ? `&cursor=${encodeURIComponent(next)}` : ''}`);
		page.records.forEach(({ record_id: id }) => seen.add(id));
		({ next } = page);
		assert.ok(pages < 10);
	}
	assert.equal(seen.size, 23);
	assert.equal((await list('limit=100')).records.length, 23);
	assert.equal((await list('limit=100')).next, '');
	for (const query of ['limit=0', 'limit=101', 'limit=-1', 'limit=x', 'limit=1&limit=2', 'cursor=nonsense', `cursor=${'A'.repeat(5000)}`]) {
		assertProblem(await benefits('GET', `/consent/v1/records?person=${reader.sub}&${query}`), 400);
	}
	assert.equal((await list('state=withdrawn&limit=100')).records.length, 0);
	assert.equal((await list('purpose=housing_subsidy')).records.length, 0);
	const others = await list(`cursor=${encodeURIComponent(first.next)}`);
	assert.ok(others.records.every(({ person: whose }) => whose === reader.sub));
});

test('a service sees what it was given, a person what they gave, and others nothing', async () => {
	const stranger = await signInPerson(ombud, await addPerson(ombud));
	const own = (await personTokens(ombud, browser, 'web_portal', 'openid consent:manage')).access_token;
	const strange = (await personTokens(ombud, stranger, 'web_portal', 'openid consent:manage')).access_token;
	const narrow = (await personTokens(ombud, browser, 'web_portal', 'openid')).access_token;
	const get = (token, path) => web.get(`${issuer}${path}`, { headers: bearer(token) });
	const nobody = '/consent/v1/records/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a';

	assert.equal((await get(own, `/consent/v1/records/${record}`)).status, 200);
	assert.ok((await get(own, '/consent/v1/records?limit=100')).json.records.some((one) => one.record_id === record));
	assert.deepEqual((await get(strange, '/consent/v1/records')).json, { records: [], next: '' });
	assert.deepEqual((await get(strange, `/consent/v1/records?person=${person.sub}`)).json.records, []);
	for (const path of ['', '/receipt']) {
		const foreign = await get(strange, `/consent/v1/records/${record}${path}`);
		const unknown = await get(strange, `${nobody}${path}`);
		assertProblem(foreign, 404);
		assert.deepEqual([foreign.status, foreign.text], [unknown.status, unknown.text]);
	}
	const foreign = await web.post(`${issuer}/consent/v1/records/${record}/withdraw`, { headers: bearer(strange), json: {} });
	const unknown = await web.post(`${issuer}${nobody}/withdraw`, { headers: bearer(strange), json: {} });
	assertProblem(foreign, 404);
	assert.equal(foreign.text, unknown.text);
	assertProblem(await get(narrow, `/consent/v1/records/${record}`), 403);
	assertProblem(await tax('GET', `/consent/v1/records/${record}`), 403);
	assertProblem(await benefits('POST', `/consent/v1/records/${record}/withdraw`, {}), 403);
	assertProblem(await web.get(`${issuer}/consent/v1/records/${record}`), 401);
});

/* ---- decisions ---- */

let permit;

test('a permit has every member of the description', async () => {
	const { status, json } = await benefits('POST', '/access/v1/evaluation',
		question(person.sub, { case: '2026-00123', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }),
			{ headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` } });
	const { context } = json;

	assert.equal(status, 200);
	assert.deepEqual(keys(json), ['context', 'decision']);
	assert.equal(json.decision, true);
	assert.match(context.evaluation_id, UUID);
	assert.equal(context.reason, 'consent_valid');
	assert.deepEqual(context.legal_basis, { type: 'consent', record });
	assert.equal(context.policy.version, 9);
	assert.match(context.policy.sha256, /^(sha256:)?[0-9a-f]{64}$/);
	assert.ok(Date.parse(context.valid_until) > Date.now());
	assert.ok(Number.isInteger(context.log.index));
	assert.equal(Buffer.from(context.log.leaf, 'base64').length, 32);
	const [obligation] = context.obligations;
	assert.equal(obligation.type, 'custom');
	assert.equal(obligation.properties.action, 'confirm_release');
	assert.equal(obligation.properties.url, `/access/v1/outcomes/${context.evaluation_id}`);
	assert.equal(obligation.properties.within, 'PT10M');
	permit = context;
});

test('the entry of a decision is at its index, has its leaf, its trace and its ground', async () => {
	const { bytes, entry } = await entryAt(ombud, permit.log.index);
	const granted = (await benefits('GET', `/consent/v1/records/${record}`)).json.events[1].log.index;

	assert.equal(leafOf(bytes), permit.log.leaf);
	assert.equal(bytes.indexOf('"prev":'), 7);
	assert.equal(entry.id, permit.evaluation_id);
	assert.equal(entry.event, 'access.decided');
	assert.equal(entry.by.service, 'svc_benefits_north');
	assert.equal(entry.purpose, 'eligibility/3');
	assert.deepEqual(entry.categories, ['income']);
	assert.equal(entry.action, 'read');
	assert.equal(entry.decision, 'permit');
	assert.equal(entry.reason, 'consent_valid');
	assert.equal(entry.basis.type, 'consent');
	assert.equal(entry.basis.index, granted);
	assert.equal(entry.basis.ctag, (await entryAt(ombud, granted)).entry.basis?.ctag ?? (await entryAt(ombud, granted)).entry.ctag);
	assert.match(entry.policy, /^sha256:[0-9a-f]{64}$/);
	assert.match(entry.trace, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
	assert.equal(entry.about.length, 1);
	assert.match(entry.about[0].tag, /^[A-Za-z0-9_-]{22}$/);
});

test('a trace in the context is taken over when there is none in the header, and nothing else is', async () => {
	for (const [traceparent, header, expected] of [
		[`00-${TRACE}-00f067aa0ba902b7-01`, undefined, TRACE], [undefined, `00-${TRACE}-00f067aa0ba902b7-00`, TRACE],
			[`00-${'1'.repeat(32)}-00f067aa0ba902b7-01`, `00-${TRACE}-00f067aa0ba902b7-01`, TRACE],
		['Проверкина', undefined, undefined], [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined, undefined], [undefined, 'garbage', undefined], [undefined,
			`ff-${TRACE}-00f067aa0ba902b7-01`, undefined],
	]) {
		const { json } = await benefits('POST', '/access/v1/evaluation', question(person.sub, { traceparent }),
			{ headers: header ? { traceparent: header } : {} });
		const { entry } = await entryAt(ombud, json.context.log.index);
		assert.equal(entry.trace?.split('-')[1], expected);
	}
});

test('the ticket is checked offline: for the provider, about the person, in time, with its index', async () => {
	const jwks = (await web.get(`${issuer}/jwks`)).json;
	const { payload } = await verifyOffline(permit.ticket, jwks, { issuer, audience: 'svc_tax', typ: 'ombud-ticket+jwt' });

	assert.equal(payload.sub, person.sub);
	assert.equal(payload.client_id, 'svc_benefits_north');
	assert.equal(payload.purpose, 'eligibility/3');
	assert.deepEqual(payload.categories, ['income']);
	assert.equal(payload.log.index, permit.log.index);
	assert.equal(payload.jti, permit.evaluation_id);
	assert.equal(payload.exp, Date.parse(permit.valid_until) / 1000);
	assert.ok(payload.exp - payload.iat <= 300);
	await assert.rejects(verifyOffline(permit.ticket, jwks, { issuer, audience: 'svc_legacy' }));
	await assert.rejects(verifyOffline(permit.ticket, jwks, { issuer, currentDate: new Date((payload.exp + 120) * 1000) }));
	assertProblem(await web.post(`${issuer}/access/v1/evaluation`, { headers: bearer(permit.ticket), json: question(person.sub) }), 401);
});

test('a refusal is 200 with a reason, words for the person and a link to ask', async () => {
	const { status, json } = await benefits('POST', '/access/v1/evaluation', question(person.sub, { purpose: 'housing_subsidy', category: 'housing' }));

	assert.equal(status, 200);
	assert.equal(json.decision, false);
	assert.equal(json.context.reason, 'consent_missing');
	assert.ok(json.context.reason_user.ru && json.context.reason_user.en);
	assert.ok(json.context.access_request.form_url.startsWith(`${issuer}/ask/`));
	assert.equal(json.context.ticket, undefined);
	const { entry } = await entryAt(ombud, json.context.log.index);
	assert.deepEqual([entry.decision, entry.reason, entry.basis], ['refuse', 'consent_missing', undefined]);
});

test('the purposes of the demo do what is promised of them', async () => {
	const reason = async (name, more) => (await benefits('POST', '/access/v1/evaluation', question(person.sub, more))).json.context.reason;

	assert.equal(await reason('', {}), 'consent_valid');
	assert.equal(await reason('', { category: 'family' }), 'consent_scope');
	assert.equal(await reason('', { category: 'disability' }), 'statute');
	assert.equal(await reason('', { category: 'health' }), 'category_not_in_purpose');
	assert.equal(await reason('', { purpose: 'volunteer_visit', category: 'contacts' }), 'purpose_not_declared');
});

test('AuthZEN: what is missing or mistyped is 400, unknown members are passed over', async () => {
	const good = question(person.sub);
	const without = (path) => {
		const copy = structuredClone(good);
		const [outer, inner] = path.split('.');
		if (inner) {
			delete copy[outer][inner];
		} else {
			delete copy[outer];
		}
		return copy;
	};
	for (const path of ['subject', 'action', 'resource', 'subject.type', 'subject.id', 'action.name', 'resource.type', 'resource.id']) {
		assertProblem(await benefits('POST', '/access/v1/evaluation', without(path)), 400);
	}
	for (const changes of [{ subject: 'x' }, { action: [] }, { resource: null }, { context: 'x' }, { context: [] }, { subject: { ...good.subject, type: 5 } },
		{ subject: { ...good.subject, properties: 'x' } }, { action: { name: 'read', properties: [] } }, { action: { name: '', properties: {} } }]) {
		const answer = await benefits('POST', '/access/v1/evaluation', { ...good, ...changes });
		assert.equal(answer.status, 400, `${JSON.stringify(changes)}: ${answer.text.slice(0, 200)}`);
	}
	const more = { ...good, unknown: { a: [1] }, context: { unknown: 1 }, subject: { ...good.subject, unknown: true, properties: { acr: '2', unknown: {} } } };
	assert.equal((await benefits('POST', '/access/v1/evaluation', more)).json.decision, true);
	assertProblem(await benefits('GET', '/access/v1/evaluation'), 405);
	assertProblem(await benefits('POST', '/access/v1/evaluation', undefined, { body: JSON.stringify(good), headers: { 'content-type': 'text/plain' } }), 415);
	assertProblem(await benefits('POST', '/access/v1/evaluation', { ...good, subject: { ...good.subject, id: 'svc_tax' } }), 403);
	const charset = await benefits('POST', '/access/v1/evaluation', undefined, { body: JSON.stringify(good),
		headers: { 'content-type': 'application/json; charset=utf-8' } });
	assert.equal(charset.status, 200);
});

/* ---- outcomes ---- */

test('an outcome is told once; the same again is fine, another is a conflict, others do not know the id', async () => {
	const path = `/access/v1/outcomes/${permit.evaluation_id}`;
	const legacy = await ombud.service('svc_legacy');

	for (const body of [{}, { outcome: 'done' }, { outcome: 'released', records: -1 }, { outcome: 'released', records: 'x' }, { outcome: 5 }]) {
		assertProblem(await benefits('POST', path, body), 400);
	}
	const foreign = await legacy('POST', path, { outcome: 'released', records: 3 });
	const unknown = await legacy('POST', '/access/v1/outcomes/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', { outcome: 'released', records: 3 });
	assertProblem(foreign, 404);
	assert.equal(foreign.text, unknown.text);
	const first = await benefits('POST', path, { outcome: 'released', records: 3 });
	assert.ok(first.status >= 200 && first.status < 300, first.text);
	const same = await benefits('POST', path, { outcome: 'released', records: 3 });
	assert.equal(same.status, first.status);
	for (const other of [{ outcome: 'empty', records: 0 }, { outcome: 'failed' }, { outcome: 'released', records: 4 }]) {
		assertProblem(await benefits('POST', path, other), 409);
	}
	const outcomes = logEntries(ombud).filter(({ entry }) => entry.event === 'access.outcome');
	await settled(ombud);
	assert.ok(logEntries(ombud).filter(({ entry }) => entry.event === 'access.outcome').length - outcomes.length <= 1, 'one entry');
});

test('the service that provides the data may tell the outcome as well', async () => {
	const { json } = await benefits('POST', '/access/v1/evaluation', question(person.sub));
	const answer = await tax('POST', `/access/v1/outcomes/${json.context.evaluation_id}`, { outcome: 'empty', records: 0 });

	assert.ok(answer.status >= 200 && answer.status < 300, answer.text);
	assertProblem(await benefits('POST', `/access/v1/outcomes/${json.context.evaluation_id}`, { outcome: 'released', records: 1 }), 409);
});

test('a refusal has no outcome', async () => {
	const { json } = await benefits('POST', '/access/v1/evaluation', question(person.sub, { category: 'family' }));

	assertProblem(await benefits('POST', `/access/v1/outcomes/${json.context.evaluation_id}`, { outcome: 'released', records: 1 }), 404);
});

/* ---- entries of other services ---- */

const looked = (changes = {}) => ({ id: crypto.randomUUID(), event: 'access.recorded', person: person.sub, purpose: 'eligibility', categories: ['income'],
	action: 'read', basis: { type: 'statute', ref: '178-FZ-8' }, detail: 'Сверка по запросу Проверкиной', ...changes });
const ndjson = (entries) => ({ body: entries.map((one) => JSON.stringify(one)).join('\n'), headers: { 'content-type': 'application/x-ndjson' } });

test('a service records its own looks: receipts in order, the entry at its index has its leaf', async () => {
	const entries = [looked(), looked({ detail: undefined }), looked({ categories: ['income', 'family'] })];
	const { status, json } = await tax('POST', '/audit/v1/entries', { entries });

	assert.equal(status, 200);
	assert.deepEqual(keys(json), ['receipts']);
	assert.deepEqual(json.receipts.map(({ id }) => id), entries.map(({ id }) => id));
	for (const { id, index, leaf } of json.receipts) {
		const { bytes, entry } = await entryAt(ombud, index);
		assert.equal(leafOf(bytes), leaf);
		assert.equal(entry.id, id);
		assert.equal(entry.event, 'access.recorded');
		assert.equal(entry.by.service, 'svc_tax');
		assert.deepEqual(entry.basis, { type: 'statute', ref: '178-FZ-8' });
	}
	assert.deepEqual(json.receipts.map(({ index }) => index - json.receipts[0].index), [0, 1, 2], 'one batch');
});

test('NDJSON is the same; sent again it gives the same receipts; another content under the id is 409', async () => {
	const entries = Array.from({ length: 40 }, () => looked());
	const first = await tax('POST', '/audit/v1/entries', undefined, ndjson(entries));
	const again = await tax('POST', '/audit/v1/entries', undefined, ndjson(entries));
	const asJson = await tax('POST', '/audit/v1/entries', { entries });
	const size = publishedSize(ombud.demo.log.dir);

	assert.equal(first.status, 200, first.text);
	assert.equal(first.json.receipts.length, 40);
	assert.deepEqual(again.json, first.json);
	assert.deepEqual(asJson.json, first.json);
	for (const changes of [{ detail: 'anders' }, { categories: ['family'] }, { action: 'verify' }, { person: ombud.demo.people.citizen.sub }]) {
		const conflict = await tax('POST', '/audit/v1/entries', { entries: [looked(), { ...entries[7], ...changes }] });
		assertProblem(conflict, 409);
	}
	await settled(ombud);
	const between = logEntries(ombud, size).filter(({ entry }) => entry.event === 'access.recorded');
	assert.ok(between.every(({ entry }) => entries.some(({ id }) => id === entry.id)), 'nothing of a batch with a conflict is in the log');
});

test('a thousand entries are taken, one more is not; one bad one and none is taken', async () => {
	const thousand = Array.from({ length: 1000 }, () => looked({ detail: undefined }));
	const taken = await tax('POST', '/audit/v1/entries', undefined, ndjson(thousand));
	assert.equal(taken.status, 200, taken.text.slice(0, 300));
	assert.equal(new Set(taken.json.receipts.map(({ index }) => index)).size, 1000);

	const many = Array.from({ length: 1001 }, () => looked({ detail: undefined }));
	for (const answer of [await tax('POST', '/audit/v1/entries', undefined, ndjson(many)), await tax('POST', '/audit/v1/entries', { entries: many })]) {
		assert.ok([400, 413].includes(answer.status), `${answer.status}`);
	}
	const marked = looked();
	for (const bad of [looked({ basis: { type: 'statute', ref: 'no-such-law' } }), looked({ basis: { type: 'consent', ref: 'x' } }),
		looked({ basis: { type: 'break_glass', ref: 'x' } }),
		looked({ purpose: 'nothing' }), looked({ categories: ['nothing'] }), looked({ categories: [] }), looked({ action: 'steal' }),
			looked({ event: 'auth.login' }),
		looked({ id: 'x' }), looked({ person: 'sub_AAAAAAAAAAAAAAAAAAAAAA' }), looked({ extra: 1 }), looked({ detail: 5 }), { ...marked }, 'x', null]) {
		assertProblem(await tax('POST', '/audit/v1/entries', { entries: [marked, bad] }), bad?.id === marked.id ? 409 : 400);
	}
	for (const body of ['', '[]', '{}', '{"entries":{}}', '{"entries":[]}', '{"entries":[', 'null']) {
		assertProblem(await tax('POST', '/audit/v1/entries', undefined, { body, headers: { 'content-type': 'application/json' } }), 400);
	}
	await settled(ombud);
	assert.ok(!logEntries(ombud, taken.json.receipts[0].index).some(({ entry }) => [marked, ...many].some(({ id }) => id === entry.id)));
});

test('entries need the scope, a body of one of two kinds, and POST', async () => {
	assertProblem(await benefits('POST', '/audit/v1/entries', { entries: [looked()] }), 403);
	assertProblem(await web.post(`${issuer}/audit/v1/entries`, { json: { entries: [looked()] } }), 401);
	assertProblem(await tax('POST', '/audit/v1/entries', undefined, { body: '{}', headers: { 'content-type': 'text/csv' } }), 415);
	assertProblem(await tax('GET', '/audit/v1/entries'), 405);
});

/* ---- the person's pages ---- */

test('the pages of a person are there, in both languages, each with a title of its own', async () => {
	const titles = new Set();
	for (const path of ['/me', '/consents', `/consents/${record}`, '/accesses', `/accesses/${permit.evaluation_id}`, '/security', '/help', '/check']) {
		for (const language of ['ru', 'en']) {
			const page = await browser.open(`${path}?lang=${language}`);
			assert.equal(page.status, 200, path);
			assert.match(page.header('content-type'), /^text\/html; *charset=utf-8/i);
			assert.match(page.text, new RegExp(`<html[^>]* lang="${language}"`));
			assert.match(page.header('cache-control') ?? '', /no-store|max-age/);
			titles.add(/<title>([^<]*)/.exec(page.text)[1]);
			assert.doesNotMatch(page.text, /\{\{|\}\}/, 'a template shows through');
		}
	}
	assert.equal(titles.size, 16);
});

test('the page of looks shows purpose, ground and outcome; each look can be checked and its files kept', async () => {
	const list = await browser.open('/accesses?lang=en');
	assert.match(list.text, /href="\/accesses\/[0-9a-f-]{36}"/);
	const look = await browser.open(`/accesses/${permit.evaluation_id}?lang=en`);
	const words = wordsOf(look.text);
	for (const expected of [/Check the right to a benefit/, /Income/, /Your consent/, /Data was released/, /Social Support Centre North/]) {
		assert.match(words, expected);
	}
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-look-'));
	const links = [...look.text.matchAll(/href="(\/accesses\/[^"]*proof[^"]*)"/g)].map(([, href]) => href.replaceAll('&amp;', '&'));
	for (const href of links) {
		const file = await browser.get(href);
		writeFileSync(join(scratch, /part=entry/.test(href) ? 'entry' : 'proof'), file.bytes);
	}
	const { status, text } = await auditlog('check', join(scratch, 'proof'), '--entry', join(scratch, 'entry'), '--key', ombud.demo.log.vkey);
	rmSync(scratch, { recursive: true });
	assert.equal(status, 0, text);
});

test("somebody else's look, consent and request are as if they were not there", async () => {
	const stranger = await signInPerson(ombud, await addPerson(ombud));
	const asked = await ask({ optional: ['family'], until: new Date(Date.now() + 60 * 86400e3).toISOString() });
	const same = async (mine, nobodys) => {
		const foreign = await stranger.get(mine);
		const unknown = await stranger.get(nobodys);
		const neutral = (answer, path) => answer.text.replaceAll(answer.header('x-request-id'), '').replaceAll(path.split('?')[0], '');
		assert.equal(foreign.status, 404, mine);
		assert.deepEqual([foreign.status, neutral(foreign, mine)], [unknown.status, neutral(unknown, nobodys)]);
	};

	await same(`/accesses/${permit.evaluation_id}`, '/accesses/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a');
	await same(`/accesses/${permit.log.index}`, '/accesses/99999999');
	await same(`/accesses/${permit.evaluation_id}/proof`, '/accesses/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a/proof');
	await same(`/consents/${record}`, '/consents/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a');
	await same(`/consents/${record}/receipt`, '/consents/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a/receipt');
	await same(`/ask/${asked.json.request_id}`, '/ask/req_AAAAAAAAAAAAAAAAAAAAAA');
});

test('the forms of /security are there by name', async () => {
	const other = await signInPerson(ombud, person);
	const page = await browser.open('/security');
	const end = browser.findForm(page, { having: ['id'], action: 'session_end' });
	const change = browser.findForm(page, { having: ['old', 'new'], action: 'password_change' });

	assert.equal(change.method, 'POST');
	assert.equal((await other.get('/me')).status, 200);
	assert.equal((await browser.submitOnce(page, end)).status, 303);
	assert.match((await other.open('/me')).url, /\/login/);
	assert.equal((await browser.get('/me')).status, 200);
});

/* ---- withdrawal ---- */

test("a withdrawal through a person's token holds at once, and says so twice", async () => {
	const token = (await personTokens(ombud, browser, 'mobile_app', 'openid consent:manage')).access_token;
	const withdraw = () => web.post(`${issuer}/consent/v1/records/${record}/withdraw`, { headers: bearer(token), json: {} });

	assert.equal((await withdraw()).status, 200);
	const { json } = await benefits('POST', '/access/v1/evaluation', question(person.sub));
	assert.deepEqual([json.decision, json.context.reason], [false, 'consent_withdrawn']);
	const seen = (await benefits('GET', `/consent/v1/records/${record}`)).json;
	assert.equal(seen.state, 'withdrawn');
	assert.deepEqual(seen.events.map(({ state }) => state), ['requested', 'given', 'withdrawn']);
	const again = await withdraw();
	assert.ok([200, 409].includes(again.status), `${again.status}`);
	assert.equal((await benefits('GET', `/consent/v1/records/${record}`)).json.events.length, 3);
	assert.ok((await benefits('GET', `/consent/v1/records/${record}/receipt`)).json.log.index >= seen.events[1].log.index);
});

/* ---- authctl ---- */

test('authctl: every command of the demo answers in JSON', async () => {
	const { people, clients } = ombud.demo;
	for (const args of [['user', 'list'], ['user', 'show', people.citizen.sub], ['user', 'show', '--login', people.citizen.login], ['role', 'list'],
		['role', 'who', '--role', 'intake-officer', '--organisation', 'org_csp_north'], ['client', 'list'], ['client', 'show', 'svc_tax'], ['policy', 'show'],
		['policy', 'check', join(dir, 'policies')], ['policy', 'test', join(dir, 'policies')], ['consent', 'list', '--person', person.sub], ['consent', 'show',
			record],
		['session', 'list', '--person', person.sub], ['status']]) {
		const json = await authctlJson(ombud, ...args);
		assert.ok(json && typeof json === 'object', args.join(' '));
		const { out } = await authctl(ombud, ...args, '--json');
		for (const secret of [clients.svc_legacy.client_secret, people.citizen.totp_secret, people.citizen.password, '$argon2']) {
			assert.ok(!out.includes(secret), `${args.join(' ')} shows a secret`);
		}
	}
	for (const args of [['user', 'show', 'sub_AAAAAAAAAAAAAAAAAAAAAA'], ['client', 'show', 'nobody'], ['consent', 'show',
		'0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a']]) {
		assert.equal((await authctl(ombud, ...args)).status, 1, args.join(' '));
	}
	for (const args of [['user', 'dance'], ['nothing'], ['user', 'show'], ['role', 'assign']]) {
		assert.equal((await authctl(ombud, ...args)).status, 2, args.join(' '));
	}
});

test('each change by authctl is an entry', async () => {
	const before = publishedSize(ombud.demo.log.dir);
	const someone = await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'auditor']] });
	await authctlJson(ombud, 'role', 'revoke', '--sub', someone.sub, '--organisation', 'org_csp_north', '--role', 'auditor');
	await authctlJson(ombud, 'user', 'disable', someone.sub);
	await untilEntry(ombud, 'the person was disabled', (entry) => entry.index >= before && /^admin\./.test(entry.event) && entry.index > before + 2);
	const events = logEntries(ombud, before).map(({ entry }) => entry.event);

	for (const event of ['role.assigned', 'role.revoked']) {
		assert.ok(events.includes(event), `${event} in ${events}`);
	}
});

/* ---- kills ---- */

/* A connection that broke and a 503 are what a kill may leave for a moment; anything else is an answer to judge. */
const untilAnswered = (what, ask) => until(what, async () => {
	const answer = await ask().catch((error) => ({ status: error.code ?? error.message }));
	assert.ok([200, 503].includes(answer.status) || typeof answer.status === 'string', `${what}: ${answer.status} ${answer.text}`);
	return answer.status === 200 && answer;
}, { every: 50 });

test('each daemon that is killed comes back by itself, and what was promised still holds', async () => {
	for (const name of ['auditlog-signer', 'auditlogd', 'authd-keyd', 'authd']) {
		const old = ombud.demo.pids[name];
		process.kill(old, 'SIGKILL');
		await ombud.restarted(name, old);
		const { json } = await untilAnswered(`a decision after ${name} was killed`,
			() => benefits('POST', '/access/v1/evaluation', question(person.sub, { category: 'disability' })));
		assert.equal(json.decision, true, name);
		assert.equal((await entryAt(ombud, json.context.log.index)).entry.id, json.context.evaluation_id, name);
		await untilAnswered(`the session outlives ${name}`, () => browser.get('/me'));
	}
	assert.equal(leafOf((await entryAt(ombud, permit.log.index)).bytes), permit.log.leaf);
});

/* ---- the log, at the end ---- */

test('the published log holds, lawfully, from the directory and over HTTPS', async () => {
	const { dir: log, url, vkey } = ombud.demo.log;
	const last = (await benefits('POST', '/access/v1/evaluation', question(person.sub))).json.context.log.index;
	await waitPublished(log, last);

	for (const args of [['verify', log], ['verify', url, '--ca', ombud.demo.ca, '--lawful']]) {
		const { status, text } = await auditlog(...args, '--key', vkey);
		assert.equal(status, 0, `${args.join(' ')}: ${text}`);
	}
	await assertLawful(ombud);
	const checkpoint = await web.get(`${url}/checkpoint`);
	assert.match(checkpoint.header('content-type'), /^text\/plain/);
	assert.equal(checkpoint.text.split('\n')[0], ombud.demo.log.origin);
});

function* filesIn(path) {
	for (const item of readdirSync(path, { withFileTypes: true })) {
		const inner = join(path, item.name);
		if (item.isDirectory()) {
			yield* filesIn(inner);
		} else {
			yield inner;
		}
	}
}

test('nobody is named in the log: no name, login, id, address, document, case text, address of a machine or secret', async () => {
	const { people, clients } = ombud.demo;
	const words = ['Проверкин', 'Иванова', 'Анна', 'Ким', 'Борис', 'Сергеевна', 'Садовая', 'Тихий', 'Северный', 'паспорт', '45 12 345678', '45 99 000001',
		'112-233-445', 'СНИЛС', 'Сверка', 'anders', '127.0.0.1', '::1', 'sub_', 'eyJ', '$argon2', person.login, person.password, person.sub, person.totp_secret,
		clients.svc_legacy.client_secret, benefits.token.split('.')[1], permit.ticket.split('.')[1]];
	for (const one of Object.values(people)) {
		words.push(one.password, one.totp_secret, one.sub, one.sub.slice(4), one.login === 'admin' ? one.sub : `"${one.login}"`); /* a role is called so, too */
	}
	const escaped = (word) => word.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
	const coded = (word) => Buffer.from(word).toString('base64').replace(/=+$/, '').slice(0, -1);
	const needles = [...new Set(words.flatMap((word) => [word, escaped(word), ...word.length > 8 ? [coded(word)] : []]))];
	const files = [...filesIn(join(ombud.demo.log.dir, 'tile', 'entries'))];

	assert.ok(files.length > 3);
	for (const file of files) {
		const bytes = readFileSync(file);
		for (const needle of needles.filter((one) => one.length >= 8)) { /* a shorter one comes up by chance in what is sealed */
			assert.equal(bytes.indexOf(needle), -1, `${needle} in ${file}`);
		}
	}
	for (const { entry: { prev, time, about, ...said }, index } of logEntries(ombud)) {
		const text = JSON.stringify(said);
		for (const needle of needles) {
			assert.ok(!text.includes(needle), `${needle} in entry ${index}`);
		}
		assert.ok((about ?? []).every((one) => keys(one).every((member) => ['sealed', 'tag'].includes(member))));
	}
});

test('no secret and nobody in what the daemons say for operators', () => {
	const { people, clients } = ombud.demo;
	for (const file of filesIn(join(dir, 'output'))) {
		const text = readFileSync(file, 'utf8');
		for (const word of [person.name, person.login, person.sub, person.password, person.totp_secret, clients.svc_legacy.client_secret, secretCase,
			benefits.token.split('.')[2],
			permit.ticket.split('.')[2], ...Object.values(people).flatMap((one) => [one.password, one.totp_secret, one.sub])]) {
			assert.ok(!text.includes(word), `${word} in ${file}`);
		}
	}
});
