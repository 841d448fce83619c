/*
 * test_authorize_details.mjs: authorization_details of type personal_data (RFC 9396): shown to the person in plain words, resting on
 * a consent of theirs, bound into code, token and introspection, gone with it; whatever does not fit, in a token too, refused.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, assertOAuthError, authctl, authctlJson, authorizeRequest, claimsOf, signInPerson, untilEntry, withdrawInBrowser } from './lib/outsider.mjs';
import { ASSERTION_TYPE, calculateThumbprint, clientAssertion, giveConsent, makeKeyPair, useOmbud, wordsOf } from './lib/ombud.mjs';
import { sql } from './lib/database.mjs';

const REDIRECT = 'https://localhost:9443/details';

let issuer;
let service;

/* Clients of two services that people sign in to: { jwk }. */
const apps = {};

async function addApp(ombud, id, name) {
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-app-'));
	const jwk = makeKeyPair('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
	Object.assign(jwk, { kid: await calculateThumbprint(jwk), alg: 'ES256' });
	const { d, ...shown } = jwk;
	try {
		writeFileSync(join(scratch, 'jwks'), JSON.stringify({ keys: [shown] }));
		await authctlJson(ombud, 'client', 'add', id, '--name', id, '--service', name, '--auth', 'private_key_jwt', '--grants', 'authorization_code refresh_token',
			'--scopes', 'openid offline_access', '--redirect-uri', REDIRECT, '--jwks-file', join(scratch, 'jwks'));
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
	apps[id] = { jwk };
}

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	await addApp(started, 'app_benefits', 'svc_benefits_north');
	await addApp(started, 'app_decisions', 'svc_decisions_north');
	service = await started.service('svc_benefits_north');
});

const detail = (more = {}) => ({ type: 'personal_data', purpose: 'eligibility', categories: ['income'], ...more });
const told = (answer) => Object.fromEntries(new URL(answer.location).searchParams);

async function asClientForm(id, fields) {
	return { ...fields, client_id: id, client_assertion_type: ASSERTION_TYPE, client_assertion: await clientAssertion(issuer, id, apps[id].jwk) };
}

async function push(id, details, changes = {}) {
	const { parameters, verifier } = authorizeRequest(ombud, 'web_portal', { client_id: id, redirect_uri: REDIRECT,
		authorization_details: typeof details === 'string' ? details : JSON.stringify(details), ...changes });
	const answer = await ombud.web().post(`${issuer}/oauth2/par`, { form: await asClientForm(id, parameters) });
	const url = answer.status === 201
		? `${issuer}/oauth2/authorize?${new URLSearchParams({ client_id: id, request_uri: answer.json.request_uri })}` : undefined;
	return { answer, verifier, url, state: parameters.state };
}

const answerPage = (browser, page, answer) => browser.submitOnce(page, browser.findForm(page, { having: ['answer'] }), { answer });

async function tokenOf(id, { verifier }, callback) {
	const form = await asClientForm(id, { grant_type: 'authorization_code', code: told(callback).code, redirect_uri: REDIRECT, code_verifier: verifier });
	return ombud.web().post(`${issuer}/oauth2/token`, { form });
}

async function someone() {
	const person = await addPerson(ombud);
	return { ...person, browser: await signInPerson(ombud, person) };
}

test('a consent that is there is named, shown, and bound into token, answer and introspection', async () => {
	const { browser, sub } = await someone();
	const consent_id = await giveConsent(ombud, service, browser, sub, { categories: ['income', 'family'] });
	const pushed = await push('app_benefits', [detail()]);
	const page = await browser.open(pushed.url);
	const words = wordsOf(page.text);

	assert.match(words, /Проверить право на пособие/);
	assert.match(page.text, new RegExp(`/consents/${consent_id}`));
	const answer = await tokenOf('app_benefits', pushed, await answerPage(browser, page, 'give'));
	assert.equal(answer.status, 200, answer.text);
	const bound = [{ ...detail(), consent_id }];
	assert.deepEqual(answer.json.authorization_details, bound);
	assert.deepEqual(claimsOf(answer.json.access_token).authorization_details, bound);
	const seen = await ombud.web().post(`${issuer}/oauth2/introspect`, { form: await asClientForm('app_benefits', { token: answer.json.access_token }) });
	assert.equal(seen.json.active, true);
	assert.deepEqual(seen.json.authorization_details, bound);
	const again = await push('app_benefits', [detail()]);
	assert.ok(told(await browser.get(again.url)).code, 'the same thing is not asked twice');
	assert.equal((await browser.get((await push('app_benefits', [detail({ categories: ['income', 'family'] })])).url)).status, 200, 'another thing is');
});

test('a consent that is missing is asked for on its own page, and the way leads back', async () => {
	const { browser } = await someone();
	const pushed = await push('app_benefits', [detail()]);
	const ask = await browser.open(pushed.url);
	assert.match(new URL(ask.url).pathname, /^\/ask\//);
	const page = await browser.follow(await answerPage(browser, ask, 'give'));
	assert.equal(new URL(page.url).pathname, '/oauth2/authorize');
	assert.equal(page.status, 200, page.text.slice(0, 200));
	const answer = await tokenOf('app_benefits', pushed, await answerPage(browser, page, 'give'));
	assert.match(answer.json.authorization_details[0].consent_id, /^[0-9a-f-]{36}$/);
});

test('a no to the consent is a no to the client', async () => {
	const { browser } = await someone();
	const pushed = await push('app_benefits', [detail()]);
	const ask = await browser.open(pushed.url);
	const { error, state, iss, code } = told(await browser.follow(await answerPage(browser, ask, 'refuse')));

	assert.deepEqual([error, state, iss, code], ['access_denied', pushed.state, issuer, undefined]);
});

test('prompt=none asks nobody: interaction_required without a consent, consent_required without a yes', async () => {
	const { browser, sub } = await someone();
	assert.equal(told(await browser.get((await push('app_benefits', [detail()], { prompt: 'none' })).url)).error, 'interaction_required');
	await giveConsent(ombud, service, browser, sub);
	assert.equal(told(await browser.get((await push('app_benefits', [detail()], { prompt: 'none' })).url)).error, 'consent_required');
});

test('a consent of another service, of another person, one withdrawn or made up, is refused with an entry', async () => {
	const mine = await someone();
	const theirs = await someone();
	const consent_id = await giveConsent(ombud, service, mine.browser, mine.sub);
	const other = await giveConsent(ombud, service, theirs.browser, theirs.sub);
	const good = await mine.browser.get((await push('app_benefits', [detail({ consent_id })])).url);
	assert.equal(good.status, 200, 'the positive twin');

	for (const [id, wanted, from] of [['app_decisions', consent_id, mine.browser], ['app_benefits', other, mine.browser],
		['app_benefits', '0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', mine.browser], ['app_benefits', consent_id, theirs.browser]]) {
		const answer = await from.get((await push(id, [detail({ consent_id: wanted })])).url);
		assert.deepEqual([told(answer).error, told(answer).code], ['access_denied', undefined], `${id} ${wanted}`);
	}
	await untilEntry(ombud, 'a foreign consent', ({ reason }) => reason === 'invalid_authorization_details');
	await withdrawInBrowser(mine.browser, consent_id);
	assert.equal(told(await mine.browser.get((await push('app_benefits', [detail({ consent_id })])).url)).error, 'access_denied');
});

test('a consent that ends between the page and its answer gives nothing', async () => {
	const { browser, sub } = await someone();
	const consent_id = await giveConsent(ombud, service, browser, sub);
	const page = await browser.open((await push('app_benefits', [detail({ consent_id })])).url);
	await withdrawInBrowser(browser, consent_id);
	const answer = await answerPage(browser, page, 'give');

	assert.deepEqual([told(answer).error, told(answer).code], ['access_denied', undefined]);
});

test('unknown types and members, strange purposes and categories are invalid_authorization_details', async () => {
	assert.equal((await push('app_benefits', [detail()])).answer.status, 201);
	for (const details of ['x', [], {}, [detail({ type: 'payment_initiation' })], [detail({ locations: [issuer] })], [detail({ purpose: 'nothing' })],
		[detail({ categories: [] })], [detail({ categories: ['shoe_size'] })], [detail({ consent_id: 5 })], Array.from({ length: 5 }, () => detail())]) {
		const { answer } = await push('app_benefits', details);
		assert.deepEqual([answer.status, answer.json.error], [400, 'invalid_authorization_details'], JSON.stringify(details));
	}
	assert.equal((await push('app_decisions', [detail({ purpose: 'housing_subsidy' })])).answer.json.error, 'invalid_authorization_details',
		'a purpose of another service');
});

test('a refresh token that rests on a consent is refused once the consent is withdrawn', async () => {
	const { browser, sub } = await someone();
	const consent_id = await giveConsent(ombud, service, browser, sub);
	const pushed = await push('app_benefits', [detail()], { scope: 'openid offline_access' });
	const page = await browser.open(pushed.url);
	const first = await tokenOf('app_benefits', pushed, await answerPage(browser, page, 'give'));
	const refresh = async () => ombud.web().post(`${issuer}/oauth2/token`, {
		form: await asClientForm('app_benefits', { grant_type: 'refresh_token', refresh_token: first.json.refresh_token }) });

	assert.equal((await refresh()).json?.authorization_details?.[0].consent_id, consent_id, 'the positive twin');
	await withdrawInBrowser(browser, consent_id);
	assertOAuthError(await refresh(), 400, 'invalid_grant');
});

/* Roles of one person as rows of an earlier version of the product might have them. */
function putRoles(sub, names, organisation = 'org_csp_north') {
	sql(ombud, `INSERT INTO person_role (sub, organisation, role, assigned_us, event_id, log_index) VALUES ${names.map((name) =>
		`('${sub}', '${organisation}', '${name}', 1, '0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', 1)`)}`);
}

const rolesNamed = (count, length) => Array.from({ length: count }, (_, i) => `r${i}`.padEnd(length, 'x'));

async function tokenWithRoles(names, organisation) {
	const { browser, sub } = await someone();
	await giveConsent(ombud, service, browser, sub);
	putRoles(sub, names, organisation);
	const pushed = await push('app_benefits', [detail()]);
	return tokenOf('app_benefits', pushed, await answerPage(browser, await browser.open(pushed.url), 'give'));
}

test('a token has all roles of its audience or is refused with an entry: never fewer, and never too long', async () => {
	const most = await tokenWithRoles(rolesNamed(16, 60));
	assert.deepEqual(claimsOf(most.json.access_token).roles.sort(), rolesNamed(16, 60).sort());
	const elsewhere = await tokenWithRoles(rolesNamed(40, 200), 'org_elsewhere');
	assert.deepEqual(claimsOf(elsewhere.json.access_token).roles, [], 'of another organisation none count');

	for (const names of [rolesNamed(17, 4), rolesNamed(16, 300)]) {
		assertOAuthError(await tokenWithRoles(names), 400, 'invalid_request');
	}
	await untilEntry(ombud, 'a token that does not fit', ({ reason }) => reason === 'token_too_large');
});

test('a seventeenth role in one organisation is refused where roles are assigned', async () => {
	const [full, other] = [await addPerson(ombud), await addPerson(ombud)];
	const assign = ({ sub }) => authctl(ombud, 'role', 'assign', '--sub', sub, '--organisation', 'org_csp_north', '--role', 'intake-officer');
	putRoles(full.sub, rolesNamed(16, 4));
	putRoles(other.sub, rolesNamed(15, 4));

	assert.equal((await assign(other)).status, 0);
	const refused = await assign(full);
	assert.equal(refused.status, 1);
	assert.match(refused.err, /at most 16 roles/);
});

test('the log holds', async () => {
	await assertLawful(ombud);
});
