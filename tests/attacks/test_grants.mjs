/*
 * test_grants.mjs: what is tried with refresh tokens, device codes, exchanged tokens and revocation: rows T01, T04, T05, T08,
 * T09, T11, T15, T16 and P05 of the table of attacks, each after its honest twin, and 64 at a time where once is the rule.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, assertOAuthError, asClient, authctl, authctlJson, authorizeRequest, claimsOf, getCode, logEntries, personTokens, reconfigure, redeem, settled, signInPerson, untilEntry } from '../system/lib/outsider.mjs';
import { clientCredentials, makeProof, newProofKey, proofHeader, sleep, until, useOmbud } from '../system/lib/ombud.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const AT_ONCE = 64;
const SCOPE = 'openid offline_access consent:manage';

let issuer;
let person;
let browser;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	person = await addPerson(started);
	browser = await signInPerson(started, person);
});

/* POST to the token endpoint as a client of the demo. */
async function token(client, fields, more = {}) {
	const known = ombud.demo.clients[client];
	const url = `${issuer}/oauth2/token`;
	const { headers, form } = await clientCredentials(issuer, known.client_id ?? client, known);
	const all = Object.entries({ ...headers, ...await proofHeader(known, url), ...more }).filter(([, value]) => value !== undefined);
	return ombud.web().post(url, { headers: Object.fromEntries(all), form: { ...form, ...fields } });
}

const refresh = (client, refresh_token, more = {}, headers = {}) => token(client, { grant_type: 'refresh_token', refresh_token, ...more }, headers);
const exchange = (fields, client = 'desk_app', headers = {}) => token(client, { grant_type: `${GRANT}:token-exchange`, subject_token_type: ACCESS_TOKEN,
	...fields }, headers);

/* The header that proves a key to the token endpoint. */
const proving = async (key) => ({ dpop: await makeProof('POST', `${issuer}/oauth2/token`, { key }) });

/* Tokens of a public client that are bound to a key. */
async function boundTokens(key) {
	const { code, verifier, redirect_uri } = await getCode(ombud, browser, 'mobile_app', { scope: SCOPE });
	return grant(await token('mobile_app', { grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }, await proving(key)));
}

const lasting = (client = 'mobile_app', who = browser) => personTokens(ombud, who, client, SCOPE);

function grant(answer) {
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
}

async function isActive(access, asker = 'web_portal') {
	return grant(await asClient(ombud, asker, '/oauth2/introspect', { token: access })).active;
}

/* mobile_app is public and may not introspect: a service of the same audience looks. */
const stands = (access) => isActive(access, 'svc_legacy');

/* ---- T01, T04, T05: refresh tokens ---- */

test('T01: a refresh token that had its time ends the whole family, access tokens too, and is an entry', async () => {
	const first = await lasting();
	const second = grant(await refresh('mobile_app', first.refresh_token));
	const third = grant(await refresh('mobile_app', second.refresh_token));

	assert.equal(await stands(third.access_token), true);
	assertOAuthError(await refresh('mobile_app', first.refresh_token), 400, 'invalid_grant');
	await untilEntry(ombud, 'token.reuse_detected', ({ event }) => event === 'token.reuse_detected');
	for (const { access_token } of [first, second, third]) {
		assert.equal(await stands(access_token), false);
	}
	assertOAuthError(await refresh('mobile_app', third.refresh_token), 400, 'invalid_grant');
});

test('T01: right handle, wrong secret: somebody has seen a token of the family', async () => {
	const { refresh_token, access_token } = await lasting();
	const forged = refresh_token.slice(0, 26) + randomBytes(32).toString('base64url');

	assertOAuthError(await refresh('mobile_app', forged), 400, 'invalid_grant');
	assert.equal(await stands(access_token), false);
});

test('a client that lost our answer gets the same next token again, and no other', async () => {
	const { refresh_token } = await lasting();
	const [one, two] = [grant(await refresh('mobile_app', refresh_token)), grant(await refresh('mobile_app', refresh_token))];

	assert.equal(one.refresh_token, two.refresh_token);
	assert.notEqual(one.refresh_token, refresh_token);
	assert.notEqual(one.access_token, two.access_token);
	grant(await refresh('mobile_app', one.refresh_token));
	assertOAuthError(await refresh('mobile_app', refresh_token), 400, 'invalid_grant');
});

test('T01: the token before is no longer taken when the moment for a retry is over', async () => {
	const { refresh_token } = await lasting();
	const next = grant(await refresh('mobile_app', refresh_token));

	await sleep(10500);
	assertOAuthError(await refresh('mobile_app', refresh_token), 400, 'invalid_grant');
	assertOAuthError(await refresh('mobile_app', next.refresh_token), 400, 'invalid_grant');
});

test(`${AT_ONCE} at once with one refresh token of a public client: all are given one and the same next token`, async () => {
	const { refresh_token } = await lasting();
	const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => refresh('mobile_app', refresh_token)));
	const good = answers.filter(({ status }) => status === 200);
	const next = new Set(good.map(({ json }) => json.refresh_token));

	assert.ok(good.length >= 1);
	assert.equal(next.size, 1, 'one successor');
	assert.deepEqual([...new Set(answers.filter(({ status }) => status !== 200).map(({ status }) => status))].filter((status) => status !== 503), []);
	grant(await refresh('mobile_app', [...next][0]));
});

test('a refresh token of a client with credentials stays the same, and is good for that client alone', async () => {
	const { refresh_token } = await lasting('web_portal');
	const next = grant(await refresh('web_portal', refresh_token));

	assert.equal(next.refresh_token, undefined);
	grant(await refresh('web_portal', refresh_token));
	assertOAuthError(await refresh('mobile_app', refresh_token), 400, 'invalid_grant');
	grant(await refresh('web_portal', refresh_token));
	assertOAuthError(await ombud.web().post(`${issuer}/oauth2/token`, { form: { grant_type: 'refresh_token', refresh_token, client_id: 'web_portal' } }), 401,
		'invalid_client');
});

test('a refresh token that is bound to a key is worth nothing without it, and nobody loses it by trying', async () => {
	const [key, other] = [await newProofKey(), await newProofKey()];
	const { refresh_token } = await boundTokens(key);

	assertOAuthError(await refresh('mobile_app', refresh_token), 400, 'invalid_grant');
	assertOAuthError(await refresh('mobile_app', refresh_token, {}, await proving(other)), 400, 'invalid_grant');
	const next = grant(await refresh('mobile_app', refresh_token, {}, await proving(key)));
	assert.equal(next.token_type, 'DPoP');
	assert.equal(claimsOf(next.access_token).cnf.jkt, key.jkt);
});

test('a fapi client keeps its refresh token, which needs the client and its key each time', async () => {
	const [key, other] = [await newProofKey(), await newProofKey()];
	const { parameters, verifier } = authorizeRequest(ombud, 'web_fapi', { scope: 'openid offline_access' });
	const { form } = await clientCredentials(issuer, 'web_fapi', ombud.demo.clients.web_fapi);
	const pushed = await ombud.web().post(`${issuer}/oauth2/par`, { form: { ...form, ...parameters },
		headers: { dpop: await makeProof('POST', `${issuer}/oauth2/par`, { key }) } });
	assert.equal(pushed.status, 201, pushed.text);
	const { location } = await browser.open(`/oauth2/authorize?${new URLSearchParams({ client_id: 'web_fapi', request_uri: pushed.json.request_uri })}`);
	const { refresh_token } = grant(await token('web_fapi', { grant_type: 'authorization_code', code: new URL(location).searchParams.get('code'),
		redirect_uri: parameters.redirect_uri, code_verifier: verifier }, await proving(key)));

	const next = grant(await refresh('web_fapi', refresh_token, {}, await proving(key)));
	assert.deepEqual([next.refresh_token, next.token_type, claimsOf(next.access_token).cnf.jkt], [undefined, 'DPoP', key.jkt]);
	assertOAuthError(await refresh('web_fapi', refresh_token, {}, await proving(other)), 400, 'invalid_grant');
	assertOAuthError(await refresh('web_fapi', refresh_token, {}, { dpop: undefined }), 400, 'invalid_dpop_proof');
	assertOAuthError(await refresh('web_portal', refresh_token, {}, await proving(key)), 400, 'invalid_grant');
	grant(await refresh('web_fapi', refresh_token, {}, await proving(key)));
});

test('no refresh token without offline_access, and none for a client on its own account', async () => {
	assert.equal((await personTokens(ombud, browser, 'mobile_app', 'openid')).refresh_token, undefined);
	assert.equal(grant(await token('svc_legacy', { grant_type: 'client_credentials' })).refresh_token, undefined);
});

test('T04: a refresh may ask for less than was granted and never for more', async () => {
	const { refresh_token } = await personTokens(ombud, browser, 'web_portal', 'openid offline_access consent:manage');
	const less = grant(await refresh('web_portal', refresh_token, { scope: 'consent:manage' }));

	assert.equal(less.scope, 'consent:manage');
	assert.equal(claimsOf(less.access_token).scope, 'consent:manage');
	assert.equal(less.id_token, undefined);
	for (const scope of ['openid profile', 'audit:read', 'consent:manage consent:manage', 'admin']) {
		assertOAuthError(await refresh('web_portal', refresh_token, { scope }), 400, 'invalid_scope');
	}
	assert.equal(grant(await refresh('web_portal', refresh_token)).scope, 'openid offline_access consent:manage');
});

test('T04: a refresh reaches no resource that was not granted', async () => {
	const { refresh_token } = await lasting('web_portal');

	assert.equal(claimsOf(grant(await refresh('web_portal', refresh_token, { resource: issuer })).access_token).aud, issuer);
	assertOAuthError(await refresh('web_portal', refresh_token, { resource: 'https://other.example' }), 400, 'invalid_target');
});

test('what is no refresh token is refused like one that is not good', async () => {
	const { refresh_token, access_token } = await lasting();

	for (const wrong of [access_token, `${refresh_token}A`, refresh_token.slice(0, -1), refresh_token.replace('ort_', 'ORT_'), `${refresh_token.slice(0, -1)}=`,
		'x', 'ort_', `ort_${'A'.repeat(65)}`, "ort_' or 1=1--"]) {
		assertOAuthError(await refresh('mobile_app', wrong), 400, 'invalid_grant');
	}
	assertOAuthError(await refresh('mobile_app', ''), 400, 'invalid_request');
	grant(await refresh('mobile_app', refresh_token));
});

test('a refreshed token signs nobody in anew: the same auth_time, no nonce', async () => {
	const first = await redeem(ombud, 'web_portal', await getCode(ombud, browser, 'web_portal', { scope: SCOPE, nonce: 'n-1' }));
	const next = grant(await refresh('web_portal', grant(first).refresh_token));
	const [before, now] = [claimsOf(first.json.id_token), claimsOf(next.id_token)];

	assert.equal(before.nonce, 'n-1');
	assert.equal(now.nonce, undefined);
	assert.deepEqual([now.sub, now.auth_time, now.acr, now.sid], [before.sub, before.auth_time, before.acr, before.sid]);
});

/* ---- T08: what ends everything ---- */

test('T08: lasting access goes on after signing out, without the session; the tokens of the session do not', async () => {
	const own = await signInPerson(ombud, person);
	const { refresh_token, access_token } = await lasting('web_portal', own);

	await own.submit(await own.open('/oauth2/logout'), {}, { action: '/oauth2/logout' });
	assert.equal(await isActive(access_token), false);
	const later = grant(await refresh('web_portal', refresh_token));
	assert.equal(claimsOf(later.access_token).sid, undefined);
	assert.equal(await isActive(later.access_token), true);
});

test('T08: disabling a person ends every token and refresh token, and enabling brings none back', async () => {
	const other = await addPerson(ombud);
	const tokens = await lasting('mobile_app', await signInPerson(ombud, other));

	await authctlJson(ombud, 'user', 'disable', other.sub);
	assert.equal(await stands(tokens.access_token), false);
	assertOAuthError(await refresh('mobile_app', tokens.refresh_token), 400, 'invalid_grant');
	await authctlJson(ombud, 'user', 'enable', other.sub);
	assertOAuthError(await refresh('mobile_app', tokens.refresh_token), 400, 'invalid_grant');
	assert.equal(await stands(tokens.access_token), false);
});

test('T08: a changed password ends lasting access', async () => {
	const other = await addPerson(ombud);
	const own = await signInPerson(ombud, other);
	const tokens = await lasting('mobile_app', own);

	await own.submit(await own.open('/security'), { old: other.password, new: `${randomBytes(9).toString('base64url')}-umber-fjord` },
		{ action: '/security/password_change' });
	assertOAuthError(await refresh('mobile_app', tokens.refresh_token), 400, 'invalid_grant');
	assert.equal(await stands(tokens.access_token), false);
});

test('T08: a disabled client refreshes nothing', async () => {
	const tokens = await lasting();

	assert.equal((await authctl(ombud, 'client', 'disable', 'mobile_app')).status, 0);
	assertOAuthError(await refresh('mobile_app', tokens.refresh_token), 401, 'invalid_client');
	assert.equal(await stands(tokens.access_token), false);
	assert.equal((await authctl(ombud, 'client', 'enable', 'mobile_app')).status, 0);
	grant(await refresh('mobile_app', tokens.refresh_token));
});

/* ---- T09: revocation ---- */

test('T09: revoking a refresh token ends its access tokens, old ones and new ones', async () => {
	const first = await lasting();
	const second = grant(await refresh('mobile_app', first.refresh_token));

	assert.equal((await asClient(ombud, 'mobile_app', '/oauth2/revoke', { token: second.refresh_token, token_type_hint: 'access_token' })).status, 200);
	assert.equal(await stands(first.access_token), false);
	assert.equal(await stands(second.access_token), false);
	assertOAuthError(await refresh('mobile_app', second.refresh_token), 400, 'invalid_grant');
	assert.equal((await asClient(ombud, 'mobile_app', '/oauth2/revoke', { token: second.refresh_token })).status, 200, 'again');
});

test('T09: nobody revokes what is another client\'s, and cannot tell it from what never was', async () => {
	const { refresh_token, access_token } = await lasting();

	for (const foreign of [refresh_token, access_token, 'ort_nothing', 'x.y.z']) {
		const answer = await asClient(ombud, 'web_portal', '/oauth2/revoke', { token: foreign, token_type_hint: 'refresh_token' });
		assert.deepEqual([answer.status, answer.text], [200, '']);
	}
	assert.equal(await stands(access_token), true);
	grant(await refresh('mobile_app', refresh_token));
});

test('T09: revoking an access token leaves the grant; an ID token cannot be revoked', async () => {
	const tokens = await lasting('web_portal');

	assert.equal((await asClient(ombud, 'web_portal', '/oauth2/revoke', { token: tokens.access_token, token_type_hint: 'refresh_token' })).status, 200);
	assert.equal(await isActive(tokens.access_token), false);
	grant(await refresh('web_portal', tokens.refresh_token));
	assertOAuthError(await asClient(ombud, 'web_portal', '/oauth2/revoke', { token: tokens.id_token }), 400, 'unsupported_token_type');
});

/* ---- P05: codes ---- */

test('P05: a code used again revokes what its first use gave, refresh token and refreshed tokens too', async () => {
	const flow = await getCode(ombud, browser, 'mobile_app', { scope: SCOPE });
	const first = grant(await redeem(ombud, 'mobile_app', flow));
	const second = grant(await refresh('mobile_app', first.refresh_token));

	assertOAuthError(await redeem(ombud, 'mobile_app', flow), 400, 'invalid_grant');
	assert.equal(await stands(first.access_token), false);
	assert.equal(await stands(second.access_token), false);
	assertOAuthError(await refresh('mobile_app', second.refresh_token), 400, 'invalid_grant');
});

test(`P05: ${AT_ONCE} at once with one code: at most one is given tokens, and none of them stand in the end`, async () => {
	const flow = await getCode(ombud, browser, 'web_portal', { scope: SCOPE });
	const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => redeem(ombud, 'web_portal', flow)));
	const good = answers.filter(({ status }) => status === 200);

	assert.ok(good.length <= 1, `${good.length} successes`);
	for (const { json } of good) {
		assert.equal(await isActive(json.access_token), false, 'the others were a replay');
	}
});

/* ---- device codes ---- */

const startDevice = async (fields = {}) => grant(await asClient(ombud, 'kiosk', '/oauth2/device', { scope: SCOPE, ...fields }));
const askDevice = (device_code, client = 'kiosk') => token(client, { grant_type: `${GRANT}:device_code`, device_code });

async function answerDevice(user_code, answer, who = browser) {
	const page = await who.submit(await who.open('/device'), { user_code }, { action: '/device' });
	return who.submit(page, { answer }, { action: '/device/answer' });
}

test(`${AT_ONCE} at once with one approved device code: exactly one is given tokens`, async () => {
	const { device_code, user_code } = await startDevice();

	await answerDevice(user_code, 'give');
	const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => askDevice(device_code)));
	const good = answers.filter(({ status }) => status === 200);
	assert.equal(good.length, 1);
	answers.filter((answer) => answer !== good[0]).forEach(({ status, json }) => {
		assert.ok(status === 503 || json.error === 'invalid_grant', `${status} ${json.error}`);
	});
	assert.equal(await stands(good[0].json.access_token), true);
	grant(await refresh('kiosk', good[0].json.refresh_token));
});

test('a device code is its client\'s alone, and is answered once', async () => {
	const { device_code, user_code } = await startDevice();

	await answerDevice(user_code, 'give');
	const again = await browser.submit(await browser.open('/device'), { user_code }, { action: '/device' });
	assert.equal(again.status, 404);
	assertOAuthError(await askDevice(device_code, 'mobile_app'), 400, 'unauthorized_client');
	assertOAuthError(await askDevice(user_code), 400, 'invalid_grant');
	assertOAuthError(await askDevice(randomBytes(32).toString('base64url')), 400, 'invalid_grant');
	grant(await askDevice(device_code));
	assertOAuthError(await askDevice(device_code), 400, 'invalid_grant');
});

test('a link with a code in it answers nothing by itself, and no other site can answer for the person', async () => {
	const { device_code, verification_uri_complete, user_code } = await startDevice();
	const page = await browser.open(verification_uri_complete);

	assert.match(page.text, new RegExp(user_code));
	assertOAuthError(await askDevice(device_code), 400, 'authorization_pending');
	const { fields } = browser.findForm(page, { action: '/device/answer' });
	const post = (form, headers = {}) => browser.post('/device/answer', { form, headers });
	assert.equal((await post({ ...fields, csrf: 'x', answer: 'give' })).status, 403);
	assert.equal((await post({ user_code, answer: 'give' })).status, 403);
	assert.equal((await post({ ...fields, answer: 'give' }, { origin: 'https://evil.example' })).status, 403);
	await answerDevice(user_code, 'refuse');
	assertOAuthError(await askDevice(device_code), 400, 'access_denied');
});

test('nobody is told of codes before signing in, and wrong codes look alike', async () => {
	const { user_code } = await startDevice();
	const stranger = await ombud.browser().get(`/device?user_code=${user_code}`);

	assert.equal(stranger.status, 303);
	assert.equal(new URL(stranger.location, issuer).pathname, '/login');
	const wrong = await browser.submit(await browser.open('/device'), { user_code: 'BCDF-GHJK' }, { action: '/device' });
	assert.equal(wrong.status, 404);
	for (const malformed of ['AEIO-UAEI', 'BCDF', 'BCDF-GHJKL', '1234-5678', "' or 1=1"]) {
		assert.equal((await browser.submit(await browser.open('/device'), { user_code: malformed }, { action: '/device' })).status, 400, malformed);
	}
});

test('a device asks for no personal data, for no more than its client has, and only when its client may', async () => {
	const start = (client, fields) => asClient(ombud, client, '/oauth2/device', fields);

	assertOAuthError(await start('kiosk', { authorization_details: '[{"type":"personal_data"}]' }), 400, 'invalid_authorization_details');
	assertOAuthError(await start('kiosk', { scope: 'openid admin' }), 400, 'invalid_scope');
	assertOAuthError(await start('kiosk', { resource: 'https://other.example' }), 400, 'invalid_target');
	assertOAuthError(await start('mobile_app', { scope: 'openid' }), 400, 'unauthorized_client');
	assertOAuthError(await ombud.web().post(`${issuer}/oauth2/device`, { form: { client_id: 'nobody' } }), 401, 'invalid_client');
});

/* ---- T11: token exchange ---- */

test('T11: an exchange without a good subject token is refused, never done without it', async () => {
	const { access_token, id_token, refresh_token } = await lasting('web_portal');
	const [head, body, signature] = access_token.split('.');
	const service = grant(await token('svc_legacy', { grant_type: 'client_credentials' })).access_token;

	grant(await exchange({ subject_token: access_token }));
	for (const fields of [{}, { subject_token: '' }, { subject_token: 'x' }, { subject_token: `${head}.${body}.${signature.slice(4)}AAAA` },
		{ subject_token: id_token }, { subject_token: refresh_token }, { subject_token: service },
		{ subject_token: access_token, subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
		{ subject_token: id_token, subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
		{ subject_token: access_token, subject_token_type: '' },
		{ subject_token: access_token, actor_token: 'x', actor_token_type: ACCESS_TOKEN },
		{ subject_token: access_token, actor_token: access_token },
		{ subject_token: access_token, actor_token_type: ACCESS_TOKEN },
		{ subject_token: access_token, actor_token: access_token, actor_token_type: ACCESS_TOKEN },
		{ subject_token: access_token, actor_token: service, actor_token_type: ACCESS_TOKEN },
		{ subject_token: access_token, requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }]) {
		assertOAuthError(await exchange(fields), 400, 'invalid_request');
	}
});

/* A client of the test's own, of the kind of web_portal, which names who may act for its people. */
async function addNaming(id, mayAct) {
	const { jwk } = ombud.demo.clients.web_portal;
	const { d, ...open } = jwk;
	const jwks = join(ombud.dir, `${id}.jwks`);
	writeFileSync(jwks, JSON.stringify({ keys: [open] }), { mode: 0o600 });
	await authctlJson(ombud, 'client', 'add', id, '--organisation', 'org_csp_north', '--auth', 'private_key_jwt', '--grants', 'authorization_code',
		'--scopes', 'openid consent:manage', '--redirect-uri', 'https://localhost:9443/named', '--jwks-file', jwks, '--may-act', mayAct);
	const named = { auth: 'private_key_jwt', jwk, redirect_uris: ['https://localhost:9443/named'] };
	return Object.create(ombud, { demo: { value: { ...ombud.demo, clients: { ...ombud.demo.clients, [id]: named } } }, web: { value: () => ombud.web() } });
}

test('T11: a token that names who may act with it is exchanged by nobody else, however often it has been exchanged', async () => {
	const [one, two, other] = [await addNaming('names_desk', 'desk_app'), await addNaming('names_two', 'desk_app web_portal'),
		await addNaming('names_other', 'web_portal')];
	const tokenOf = async (view, id) => (await personTokens(view, browser, id, 'openid consent:manage')).access_token;
	const [first, second, third] = [await tokenOf(one, 'names_desk'), await tokenOf(two, 'names_two'), await tokenOf(other, 'names_other')];

	assert.deepEqual(claimsOf(first).may_act, { sub: 'svc:desk_app' });
	assert.deepEqual(claimsOf(second).may_act, [{ sub: 'svc:desk_app' }, { sub: 'svc:web_portal' }]);
	assert.deepEqual(grant(await asClient(ombud, 'svc_legacy', '/oauth2/introspect', { token: first })).may_act, { sub: 'svc:desk_app' });
	const made = grant(await exchange({ subject_token: first })).access_token;
	assert.deepEqual([claimsOf(made).act, claimsOf(made).may_act], [{ sub: 'svc:desk_app' }, { sub: 'svc:desk_app' }]);
	grant(await exchange({ subject_token: made }));
	grant(await exchange({ subject_token: second }));
	assertOAuthError(await exchange({ subject_token: third }), 400, 'invalid_request');
	const operator = await ombud.signIn('operator');
	const { access_token: acting } = await personTokens(ombud, operator, 'desk_app', 'openid consent:manage');
	await sleep(1100); /* fifty refusals a second have an entry each (audit/refusals.h): this one has a second of its own */
	assertOAuthError(await exchange({ subject_token: third, actor_token: acting, actor_token_type: ACCESS_TOKEN }), 400, 'invalid_request');
	await untilEntry(ombud, 'the attempt', ({ event, by }) => event === 'access.denied_request' && by?.service === 'desk_app');
	for (const bad of ['desk_app desk_app', 'a b c d e f g h i', 'svc:desk_app', 'x,y']) {
		assert.notEqual((await authctl(ombud, 'client', 'add', 'names_badly', '--organisation', 'org_csp_north', '--auth', 'none', '--grants', 'authorization_code',
			'--scopes', 'openid', '--redirect-uri', 'https://localhost:9443/named', '--may-act', bad)).status, 0, bad);
	}
});

test('T11: a revoked token, and one of a person who was disabled, are exchanged by nobody', async () => {
	const other = await addPerson(ombud);
	const tokens = await lasting('web_portal', await signInPerson(ombud, other));
	const mine = await lasting('web_portal');

	await asClient(ombud, 'web_portal', '/oauth2/revoke', { token: mine.access_token });
	assertOAuthError(await exchange({ subject_token: mine.access_token }), 400, 'invalid_request');
	await authctlJson(ombud, 'user', 'disable', other.sub);
	assertOAuthError(await exchange({ subject_token: tokens.access_token }), 400, 'invalid_request');
});

test('T11: an exchanged token names who acts, lives no longer, says no more, and goes with the one it came from', async () => {
	const operator = await ombud.signIn('operator2');
	const { access_token: acting } = await personTokens(ombud, operator, 'desk_app', 'openid consent:manage');
	const { access_token } = await personTokens(ombud, browser, 'web_portal', 'openid profile consent:manage');
	const answer = grant(await exchange({ subject_token: access_token, actor_token: acting, actor_token_type: ACCESS_TOKEN }));
	const [from, made] = [claimsOf(access_token), claimsOf(answer.access_token)];

	assert.equal(answer.issued_token_type, ACCESS_TOKEN);
	assert.deepEqual([answer.refresh_token, answer.id_token], [undefined, undefined]);
	assert.equal(made.sub, person.sub);
	assert.match(made.act.sub, /^opr_/);
	assert.ok(made.exp <= from.exp && made.exp <= claimsOf(acting).exp);
	assert.equal(made.scope, 'consent:manage');
	assert.equal(made.client_id, 'desk_app');
	const seen = grant(await asClient(ombud, 'svc_legacy', '/oauth2/introspect', { token: answer.access_token }));
	assert.deepEqual(seen.act, made.act);
	const { entry } = await untilEntry(ombud, 'the exchange', ({ id }) => id === made.jti);
	assert.equal(entry.by.operator, made.act.sub);
	assert.equal(entry.by.service, 'desk_app');

	const chained = grant(await exchange({ subject_token: answer.access_token }));
	assert.deepEqual(claimsOf(chained.access_token).act, { sub: 'svc:desk_app', act: made.act });
	await asClient(ombud, 'web_portal', '/oauth2/revoke', { token: access_token });
	for (const derived of [answer, chained]) {
		assert.equal(await stands(derived.access_token), false);
	}
});

test('T11: an exchange widens neither scope nor audience, and takes few turns', async () => {
	const { access_token } = await personTokens(ombud, browser, 'web_portal', 'openid consent:manage');

	assertOAuthError(await exchange({ subject_token: access_token, scope: 'consent:manage audit:read' }), 400, 'invalid_scope');
	assertOAuthError(await exchange({ subject_token: access_token, scope: 'offline_access' }), 400, 'invalid_scope');
	assertOAuthError(await exchange({ subject_token: access_token, audience: 'https://other.example' }), 400, 'invalid_target');
	assertOAuthError(await exchange({ subject_token: access_token, resource: 'https://other.example' }), 400, 'invalid_target');
	let turn = access_token;
	for (let i = 0; i < 4; i++) {
		turn = grant(await exchange({ subject_token: turn })).access_token;
	}
	assertOAuthError(await exchange({ subject_token: turn }), 400, 'invalid_request');
});

test('T11: a client that was not registered for it exchanges nothing', async () => {
	const { access_token } = await lasting('web_portal');

	for (const client of ['web_portal', 'svc_legacy', 'mobile_app']) {
		assertOAuthError(await exchange({ subject_token: access_token }, client), 400, 'unauthorized_client');
	}
});

test('a token that is bound to a key is not exchanged without that key', async () => {
	const [key, other] = [await newProofKey(), await newProofKey()];
	const { access_token, token_type } = await boundTokens(key);

	assert.equal(token_type, 'DPoP');
	assertOAuthError(await exchange({ subject_token: access_token }), 400, 'invalid_request');
	assertOAuthError(await exchange({ subject_token: access_token }, 'desk_app', await proving(other)), 400, 'invalid_request');
	const made = grant(await exchange({ subject_token: access_token }, 'desk_app', await proving(key)));
	assert.equal(claimsOf(made.access_token).cnf.jkt, key.jkt);
});

/* ---- T15, T16 ---- */

test('T15: there is no grant but those of the table', async () => {
	for (const grant_type of ['password', 'implicit', 'token', 'id_token', 'PASSWORD', 'authorization_code ', `${GRANT}:jwt-bearer`, `${GRANT}:saml2-bearer`,
		`${GRANT}:device_code `, '["client_credentials"]', 'refresh_token client_credentials']) {
		assertOAuthError(await token('web_portal', { grant_type, username: person.login, password: person.password }), 400, 'unsupported_grant_type');
	}
	assertOAuthError(await token('web_portal', { grant_type: '' }), 400, 'invalid_request');
	assertOAuthError(await token('web_portal', {}), 400, 'invalid_request');
	const { headers, form } = await clientCredentials(issuer, 'svc-legacy.example', ombud.demo.clients.svc_legacy);
	assertOAuthError(await ombud.web().post(`${issuer}/oauth2/token`, { headers,
		form: [...Object.entries(form), ['grant_type', 'client_credentials'], ['grant_type', 'client_credentials']] }), 400, 'invalid_request');
});

test('T16: a grant, a scope and a resource that a client is not registered for are refused, each by its name', async () => {
	grant(await token('svc_legacy', { grant_type: 'client_credentials', scope: 'access:evaluate', resource: issuer }));
	assertOAuthError(await token('web_portal', { grant_type: 'client_credentials' }), 400, 'unauthorized_client');
	assertOAuthError(await refresh('desk_app', 'ort_x'), 400, 'unauthorized_client');
	assertOAuthError(await askDevice('x', 'web_portal'), 400, 'unauthorized_client');
	assertOAuthError(await token('svc_legacy', { grant_type: 'client_credentials', scope: 'access:evaluate admin' }), 400, 'invalid_scope');
	assertOAuthError(await token('svc_legacy', { grant_type: 'client_credentials', resource: 'https://other.example' }), 400, 'invalid_target');
});

/* ---- the log away in the middle of it (R1, R2) ---- */

test('a refresh that could not be recorded gives nothing and takes nothing: the old token is good when the log is back', async () => {
	const { refresh_token } = await lasting();
	const { auditlogd } = ombud.demo.pids;

	process.kill(auditlogd, 'SIGSTOP');
	try {
		const refused = await refresh('mobile_app', refresh_token);
		assert.equal(refused.status, 503);
		assert.ok(!refused.text.includes('ort_'));
	} finally {
		process.kill(auditlogd, 'SIGCONT');
	}
	await sleep(11000); /* longer than a retry is taken for one */
	const answer = await refresh('mobile_app', refresh_token);
	grant(await refresh('mobile_app', grant(answer).refresh_token));
});

/* ---- with the operator's other settings ---- */

/* authd started again with more lines in its configuration, for the time of `work`. */
async function withSettings(lines, work) {
	let before;
	await reconfigure(ombud, (text) => {
		before = text;
		return `${text}${lines}\n`;
	});
	try {
		await work();
	} finally {
		await reconfigure(ombud, () => before);
	}
}

test('T05: however often it is used, a refresh token ends at its absolute end; and earlier when it is not used', async () => {
	await withSettings('refresh: {idle: PT30S, absolute: PT6S}', async () => {
		let { refresh_token } = await lasting();
		let answer;
		let used = 0;
		do {
			await sleep(500);
			answer = await refresh('mobile_app', refresh_token);
			refresh_token = answer.json.refresh_token ?? refresh_token;
			used++;
		} while (answer.status === 200 && used < 60);
		assert.ok(used > 1, 'it was good at first');
		assertOAuthError(answer, 400, 'invalid_grant');
	});
	await withSettings('refresh: {idle: PT4S, absolute: PT1H}', async () => {
		const refresh_token = await until('one is used in time', async () => {
			const fresh = (await lasting('web_portal')).refresh_token;
			return (await refresh('web_portal', fresh)).status === 200 && fresh;
		});
		await sleep(4500);
		assertOAuthError(await refresh('web_portal', refresh_token), 400, 'invalid_grant');
	});
});

test('T09: where revoking an access token ends the grant, it does', async () => {
	await withSettings('revoking: grant', async () => {
		const tokens = await lasting('web_portal');
		const next = grant(await refresh('web_portal', tokens.refresh_token));

		assert.equal((await asClient(ombud, 'web_portal', '/oauth2/revoke', { token: tokens.access_token })).status, 200);
		assert.equal(await isActive(next.access_token), false);
		assertOAuthError(await refresh('web_portal', tokens.refresh_token), 400, 'invalid_grant');
	});
});

/* ---- afterwards ---- */

test('the log shows no token, no code, and holds', async () => {
	const { refresh_token } = await lasting();
	await settled(ombud);
	const text = JSON.stringify(logEntries(ombud).map(({ entry }) => entry));

	assert.ok(!text.includes('ort_') && !text.includes(refresh_token.slice(4, 26)));
	assert.ok(text.includes('token.refreshed') && text.includes('token.device_approved') && text.includes('token.device_refused'));
	await assertLawful(ombud);
});
