/*
 * test_ways_around.mjs: what is tried by a second way when the first one is shut: exchanging twice, a header where an address does
 * not help, other people's clients by their credentials, requests that nobody will ever answer.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, assertOAuthError, assertProblem, authctlJson, bearer, claimsOf, getCode, newVerifier, challengeOf, redeem, signInPerson,
	withdrawInBrowser } from '../system/lib/outsider.mjs';
import { giveConsent, useOmbud } from '../system/lib/ombud.mjs';

const NORTH = 'org_csp_north';
const HOUSING = 'org_housing';
const GRANT = 'urn:ietf:params:oauth:grant-type';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const BACK = 'https://localhost:9443/ways';
const ELSEWHERE = 'https://elsewhere.example';
const SECRET = randomBytes(24).toString('hex');
const WAITING_MOST = 1000;

let issuer, web, socket;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	socket = started.demo.socket.admin;
	web = started.web();
});

const admin = (method, path, json) => web.request(method, `http://localhost${path}`, { json, socket });

async function register(client_id, members) {
	const answer = await admin('POST', '/admin/v1/clients', { client_id, auth: 'client_secret_post', secret: SECRET, scopes: 'openid', grants: 'authorization_code',
		...(members.grants ? {} : { redirect_uris: [BACK] }), ...members });
	assert.equal(answer.status, 201, answer.text);
}

const token = (client_id, fields) => web.post(`${issuer}/oauth2/token`, { form: { client_id, client_secret: SECRET, ...fields } });

function given(answer) {
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
}

/* A person's token for a client of this file. */
async function personToken(browser, client_id, scope, auth = { client_secret: SECRET }) {
	const demo = structuredClone(ombud.demo);
	demo.clients[client_id] = { auth: 'none', redirect_uris: [BACK] };
	const view = { demo, web: ombud.web };
	return given(await redeem(view, client_id, await getCode(view, browser, client_id, { scope }), auth)).access_token;
}

/* ---- exchanging ---- */

test('exchanging twice gives no roles that exchanging once did not', async () => {
	await register('ways_housing', { organisation: HOUSING, scopes: 'openid consent:manage' });
	await register('ways_north', { organisation: NORTH, grants: `${GRANT}:token-exchange`, scopes: 'consent:manage' });
	await register('ways_north_own', { organisation: NORTH, scopes: 'openid consent:manage' });
	const officer = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] });
	const browser = await signInPerson(ombud, officer);
	const exchange = async (subject_token) => given(await token('ways_north', { grant_type: `${GRANT}:token-exchange`, subject_token,
		subject_token_type: ACCESS_TOKEN })).access_token;

	const own = await exchange(await personToken(browser, 'ways_north_own', 'openid consent:manage'));
	assert.deepEqual(claimsOf(own).roles, ['intake-officer'], 'the positive twin');
	const abroad = await personToken(browser, 'ways_housing', 'openid consent:manage');
	assert.deepEqual(claimsOf(abroad).roles, []);
	let turn = abroad;
	for (let i = 0; i < 3; i++) {
		turn = await exchange(turn);
		assert.deepEqual(claimsOf(turn).roles, [], `turn ${i + 1}`);
	}
});

test('a role that was given after a token was made is not in what it is exchanged for', async () => {
	const officer = await addPerson(ombud, { kind: 'staff' });
	const before_role = await personToken(await signInPerson(ombud, officer), 'ways_north_own', 'openid consent:manage');
	await authctlJson(ombud, 'role', 'assign', '--sub', officer.sub, '--organisation', NORTH, '--role', 'intake-officer');
	const after_role = given(await token('ways_north', { grant_type: `${GRANT}:token-exchange`, subject_token: before_role,
		subject_token_type: ACCESS_TOKEN })).access_token;
	assert.deepEqual(claimsOf(after_role).roles, []);
});

/* ---- /verify ---- */

test('a visitor who names an audience in a header gets no token of another service past /verify', async () => {
	await register('ways_abroad', { grants: 'client_credentials', scopes: 'access:evaluate', audiences: ELSEWHERE });
	const ask = { grant_type: 'client_credentials', scope: 'access:evaluate' };
	const ours = given(await token('ways_abroad', ask)).access_token;
	const theirs = given(await token('ways_abroad', { ...ask, resource: ELSEWHERE })).access_token;
	const verify = (query, shown, audience) => web.get(`${issuer}/verify${query}`, { headers: { ...bearer(shown),
		...(audience ? { 'x-ombud-require-audience': audience } : {}) } });

	assert.equal((await verify('', ours)).status, 200);
	assert.equal((await verify('', ours, issuer)).status, 200);
	assert.equal((await verify(`?audience=${ELSEWHERE}`, theirs)).status, 200, 'a location may be for another audience');
	assert.equal((await verify(`?audience=${ELSEWHERE}`, ours)).status, 401);
	assert.equal((await verify('', theirs)).status, 401);
	assert.equal((await verify('', theirs, ELSEWHERE)).status, 403);
	assert.equal((await verify(`?audience=${issuer}`, theirs, ELSEWHERE)).status, 403);
});

/* ---- credentials of clients ---- */

test('who may register clients over the network does not take over one that may do more', async () => {
	await register('ways_admin', { organisation: NORTH, scopes: 'openid admin' });
	await register('ways_powerful', { grants: 'client_credentials', scopes: 'access:evaluate', organisation: NORTH, roles: 'admin' });
	await register('ways_plain', { grants: 'client_credentials', scopes: 'access:evaluate' });
	const person = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'admin']] });
	const access = await personToken(await signInPerson(ombud, person), 'ways_admin', 'openid admin');
	const rotate = (id) => web.post(`${issuer}/admin/v1/clients/${id}/rotate`, { json: {}, headers: bearer(access) });

	assert.equal((await rotate('ways_plain')).status, 200, 'the positive twin');
	for (const id of ['ways_admin', 'ways_powerful']) {
		const answer = await rotate(id);
		assertProblem(answer, 403, 'access_denied');
		assert.equal(answer.json.client_secret, undefined);
	}
	given(await token('ways_powerful', { grant_type: 'client_credentials' }));
});

/* ---- consents ---- */

test('a code whose consent was withdrawn before it came back gives no token', async () => {
	await register('ways_benefits', { service: 'svc_benefits_north', scopes: 'openid' });
	const service = await ombud.service('svc_benefits_north');
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	const consent_id = await giveConsent(ombud, service, browser, person.sub);
	const code = async () => {
		const verifier = newVerifier();
		const details = JSON.stringify([{ type: 'personal_data', purpose: 'eligibility', categories: ['income'], consent_id }]);
		const url = new URL('/oauth2/authorize', issuer);
		Object.entries({ response_type: 'code', client_id: 'ways_benefits', redirect_uri: BACK, scope: 'openid', code_challenge: challengeOf(verifier),
			code_challenge_method: 'S256', authorization_details: details }).forEach(([name, value]) => url.searchParams.set(name, value));
		let answer = await browser.get(url);
		if (answer.status === 200) {
			answer = await browser.submitOnce(answer, browser.findForm(answer, { having: ['answer'] }), { answer: 'give' });
		}
		return { grant_type: 'authorization_code', redirect_uri: BACK, code: new URL(answer.location).searchParams.get('code'), code_verifier: verifier };
	};

	assert.equal(given(await token('ways_benefits', await code())).authorization_details[0].consent_id, consent_id, 'the positive twin');
	const late = await code();
	await withdrawInBrowser(browser, consent_id);
	assertOAuthError(await token('ways_benefits', late), 400, 'invalid_grant');
});

/* ---- sessions ---- */

test('whoever has a session and says yes to devices while the password is changed keeps nothing', async () => {
	const person = await addPerson(ombud);
	const thief = await signInPerson(ombud, person);
	const owner = await signInPerson(ombud, person);
	const start = async () => given(await web.post(`${issuer}/oauth2/device`, { form: { client_id: 'kiosk', scope: 'openid offline_access' } }));
	const codes = await Promise.all(Array.from({ length: 12 }, start));
	const csrf = thief.findForm(await thief.open('/security'), { action: 'password_change' }).fields.find(({ name }) => name === 'csrf').value;
	const say = ({ user_code }) => thief.request('POST', `${issuer}/device/answer`, { form: { user_code, answer: 'give', csrf } });
	const page = await owner.open('/security');
	const change = owner.submitOnce(page, owner.findForm(page, { action: 'password_change' }), { old: person.password, new: `${person.password}-2-fresh` });

	const answers = Promise.all(codes.map(say));
	assert.equal((await change).status, 303);
	await answers;
	for (const { device_code } of codes) {
		const answer = await web.post(`${issuer}/oauth2/token`, { form: { client_id: 'kiosk', grant_type: `${GRANT}:device_code`, device_code } });
		assert.equal(answer.status, 400, answer.text);
	}
	assert.equal((await say(codes[0])).status, 303, 'the thief is asked to sign in');
});

/* ---- what nobody answers ---- */

test('somebody without any credential does not fill the database with pushed requests', async () => {
	const push = () => web.post(`${issuer}/oauth2/par`, { form: { client_id: 'mobile_app', response_type: 'code', redirect_uri: 'http://127.0.0.1/cb',
		scope: 'openid', code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' } });
	const seen = new Map();

	for (let i = 0; i < WAITING_MOST + 40; i += 40) {
		for (const { status } of await Promise.all(Array.from({ length: 40 }, push))) {
			seen.set(status, (seen.get(status) ?? 0) + 1);
		}
	}
	assert.deepEqual([...seen.keys()].sort(), [201, 429], JSON.stringify([...seen]));
	assert.ok(seen.get(201) <= WAITING_MOST + 40, `${seen.get(201)} were taken`);
	const { headers } = await push();
	assert.ok(headers['retry-after'], 'it is said when to come again');
});

test('the log holds', async () => {
	await assertLawful(ombud);
});
