/*
 * test_oauth_grants.mjs: refresh tokens, the device flow and token exchange as libraries that others wrote use them
 * (openid-client, oauth4webapi), and the pages where a person connects a device.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { authctlJson, claimsOf, untilEntry } from './lib/outsider.mjs';
import { useOmbud, wordsOf } from './lib/ombud.mjs';

const openid = await import('openid-client');
const oauth = await import('oauth4webapi');

const SCOPE = 'openid offline_access consent:manage';
const GRANT = 'urn:ietf:params:oauth:grant-type';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

let citizen;
let operator;

const ombud = useOmbud({ before, after }, async (started) => {
	citizen = await started.signIn('citizen');
	operator = await started.signIn('operator');
});

const importKey = (jwk) => crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);

/* openid-client, configured from discovery, as a client of the demo. */
async function relyingParty(name) {
	const { issuer, clients } = ombud.demo;
	const web = ombud.web();
	const { jwk } = clients[name];
	const authentication = jwk ? openid.PrivateKeyJwt({ key: await importKey(jwk), kid: jwk.kid }) : openid.None();
	const config = await openid.discovery(new URL(issuer), name, undefined, authentication, { [openid.customFetch]: web.fetch });
	config[openid.customFetch] = web.fetch;
	return config;
}

async function signInto(name, browser, scope = SCOPE) {
	const config = await relyingParty(name);
	const verifier = openid.randomPKCECodeVerifier();
	const nonce = openid.randomNonce();
	const url = openid.buildAuthorizationUrl(config, { redirect_uri: ombud.demo.clients[name].redirect_uris[0], scope, nonce,
		code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
	const page = await browser.open(url);
	const tokens = await openid.authorizationCodeGrant(config, new URL(page.location), { pkceCodeVerifier: verifier, expectedNonce: nonce,
		idTokenExpected: true });
	return { config, tokens };
}

/* The person types what the device shows, and answers. */
async function connect(user_code, answer, browser = citizen) {
	const page = await browser.submit(await browser.open('/device'), { user_code }, { action: '/device' });
	return { page, done: await browser.submit(page, { answer }, { action: '/device/answer' }) };
}

test('discovery names the grants and where a device begins', async () => {
	const { json } = await ombud.web().get(`${ombud.demo.issuer}/.well-known/oauth-authorization-server`);

	assert.deepEqual(json.grant_types_supported, ['authorization_code', 'client_credentials', 'refresh_token', `${GRANT}:device_code`,
		`${GRANT}:token-exchange`]);
	assert.equal(json.device_authorization_endpoint, `${ombud.demo.issuer}/oauth2/device`);
});

test('openid-client refreshes: a public client is given the next token each time, one with a key keeps its own', async () => {
	const mobile = await signInto('mobile_app', citizen);
	const portal = await signInto('web_portal', citizen);
	const next = await openid.refreshTokenGrant(mobile.config, mobile.tokens.refresh_token);
	const same = await openid.refreshTokenGrant(portal.config, portal.tokens.refresh_token, { scope: 'consent:manage' });

	assert.notEqual(next.refresh_token, mobile.tokens.refresh_token);
	assert.equal(next.claims().sub, mobile.tokens.claims().sub);
	assert.equal(same.refresh_token, undefined);
	assert.equal(same.scope, 'consent:manage');
	await openid.refreshTokenGrant(portal.config, portal.tokens.refresh_token);
	const { jti } = claimsOf(next.access_token);
	const { entry } = await untilEntry(ombud, 'token.refreshed', ({ id }) => id === jti);
	assert.equal(entry.event, 'token.refreshed');
	assert.equal(entry.about.length, 1);
});

test('oauth4webapi refreshes and agrees with what it is given', async () => {
	const { tokens } = await signInto('mobile_app', citizen);
	const options = { [oauth.customFetch]: ombud.web().fetch };
	const url = new URL(ombud.demo.issuer);
	const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options));
	const client = { client_id: 'mobile_app' };
	const answer = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token, options);
	const next = await oauth.processRefreshTokenResponse(as, client, answer);

	assert.equal(next.token_type, 'bearer');
	assert.ok(next.refresh_token && next.expires_in <= 300);
});

test('openid-client connects a device: the person types the code, sees who asks for what, and says yes', async () => {
	const config = await relyingParty('kiosk');
	const asked = await openid.initiateDeviceAuthorization(config, { scope: SCOPE });

	assert.match(asked.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
	assert.equal(asked.verification_uri, `${ombud.demo.issuer}/device`);
	assert.equal(asked.verification_uri_complete, `${ombud.demo.issuer}/device?user_code=${asked.user_code}`);
	assert.ok(asked.expires_in === 600 && asked.interval === 5);
	const polled = openid.pollDeviceAuthorizationGrant(config, asked, undefined, { signal: AbortSignal.timeout(30000) });
	const typed = asked.user_code.toLowerCase().replace('-', ' ');
	const { page, done } = await connect(typed, 'give');
	assert.match(wordsOf(page.text), /Киоск в зале ожидания/);
	assert.match(page.text, new RegExp(asked.user_code));
	assert.equal(done.status, 200);
	const tokens = await polled;
	assert.equal(tokens.claims().sub, ombud.demo.people.citizen.sub);
	assert.equal(claimsOf(tokens.access_token).sid, undefined);
	assert.ok((await openid.refreshTokenGrant(config, tokens.refresh_token)).access_token);
	await untilEntry(ombud, 'token.device_approved', ({ event, about }) => event === 'token.device_approved' && about.length === 1);
});

test('a person who says no is obeyed; a device that asks too often is slowed down', async () => {
	const config = await relyingParty('kiosk');
	const { device_code, user_code } = await openid.initiateDeviceAuthorization(config, { scope: 'openid' });
	const ask = () => ombud.web().post(`${ombud.demo.issuer}/oauth2/token`, { form: { grant_type: `${GRANT}:device_code`, device_code, client_id: 'kiosk' } });

	assert.equal((await ask()).json.error, 'authorization_pending');
	assert.equal((await ask()).json.error, 'slow_down');
	await connect(user_code, 'refuse');
	const { status, json } = await ask();
	assert.deepEqual([status, json.error], [400, 'access_denied']);
});

test('the pages of a device speak both languages, warn, and need no script', async () => {
	const config = await relyingParty('kiosk');
	const { verification_uri_complete } = await openid.initiateDeviceAuthorization(config, { scope: SCOPE });

	for (const [lang, warning] of [['ru', /Код или ссылку вам прислали\? Тогда откажите\./], ['en', /Did somebody send you this code or this link\? Then refuse\./]]) {
		const page = await citizen.open(`${verification_uri_complete}&lang=${lang}`);
		assert.equal(page.status, 200);
		assert.match(wordsOf(page.text), warning);
		assert.doesNotMatch(page.text, /<script/);
	}
	await citizen.open('/device?lang=ru');
});

test('openid-client exchanges: a member of staff acts for a person, and the token says so', async () => {
	const person = await signInto('web_portal', citizen, 'openid consent:manage');
	const staff = await signInto('desk_app', operator, 'openid consent:manage');
	const answer = await openid.genericGrantRequest(staff.config, `${GRANT}:token-exchange`, {
		subject_token: person.tokens.access_token, subject_token_type: ACCESS_TOKEN,
		actor_token: staff.tokens.access_token, actor_token_type: ACCESS_TOKEN, scope: 'consent:manage',
	});
	const claims = claimsOf(answer.access_token);

	assert.equal(answer.issued_token_type, ACCESS_TOKEN);
	assert.equal(claims.sub, ombud.demo.people.citizen.sub);
	assert.match(claims.act.sub, /^opr_/);
	const list = await ombud.web().get(`${ombud.demo.issuer}/consent/v1/records`, { token: answer.access_token });
	assert.equal(list.status, 200, list.text);
});

test('the administrator sees who has lasting access, and ends it', async () => {
	const { config, tokens } = await signInto('mobile_app', citizen);
	const list = () => authctlJson(ombud, 'session', 'list', '--offline', '--person', ombud.demo.people.citizen.sub);
	const { records } = await list();

	assert.ok(records.some(({ client_id }) => client_id === 'kiosk'));
	assert.ok(records.every((record) => record.expires_us > record.seen_us && !JSON.stringify(record).includes('ort_')));
	const [newest] = records;
	assert.equal(newest.client_id, 'mobile_app');
	await authctlJson(ombud, 'session', 'end', newest.grant_id);
	await assert.rejects(openid.refreshTokenGrant(config, tokens.refresh_token), (error) => error.error === 'invalid_grant');
	assert.ok(!(await list()).records.some(({ grant_id }) => grant_id === newest.grant_id));
});
