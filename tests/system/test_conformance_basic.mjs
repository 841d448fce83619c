/*
 * test_conformance_basic.mjs: what the Basic OP plan of the OpenID suite checks of answers: ID tokens claim by claim, userinfo in each of
 * its ways, secrets in the form, headers that keep caches away, characters of error texts, state to the byte.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addPerson, authctlJson, authorizeRequest, bearer, claimsOf, getCode, headOf, redeem, signInPerson } from './lib/outsider.mjs';
import { Browser, useOmbud, verifyOffline } from './lib/ombud.mjs';

const CALLBACK = 'https://localhost:9443/basic';

let issuer;
let web;
let jwks;
let person;
let browser;
let secret; /* of a client that posts it */

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	jwks = (await web.get(`${issuer}/jwks`)).json;
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	({ client_secret: secret } = await authctlJson(started, 'client', 'add', 'basic-post', '--name', 'Старый сайт', '--organisation', 'org_csp_north', '--auth', 'client_secret_post',
		'--redirect-uri', CALLBACK, '--grants', 'authorization_code refresh_token', '--scopes', 'openid profile offline_access'));
	await authctlJson(started, 'client', 'add', 'basic-signed', '--name', 'Сайт с подписью', '--organisation', 'org_csp_north', '--auth', 'none', '--redirect-uri', CALLBACK,
		'--grants', 'authorization_code', '--scopes', 'openid profile', '--userinfo-alg', 'RS256');
});

/* The token endpoint's answer to a client of this file, which is no demo client. */
async function signInTo(client_id, fields = {}, changes = {}) {
	const { url, verifier } = authorizeRequest(ombud, 'web_portal', { client_id, redirect_uri: CALLBACK, scope: 'openid profile', ...changes });
	const answer = await browser.open(url);
	assert.equal(answer.status, 303, answer.text.slice(0, 200));
	return web.post(`${issuer}/oauth2/token`, { form: { grant_type: 'authorization_code', client_id, redirect_uri: CALLBACK, code_verifier: verifier,
		code: new URL(answer.location).searchParams.get('code'), ...fields } });
}

const portalTokens = async (changes) => {
	const answer = await redeem(ombud, 'web_portal', await getCode(ombud, browser, 'web_portal', changes));
	assert.equal(answer.status, 200, answer.text);
	return answer;
};

test('a client that asks for no algorithm gets RS256, and every claim of the ID token is right', async () => {
	const nonce = randomBytes(16).toString('hex');
	const { json } = await portalTokens({ nonce, max_age: '15000' });
	const { payload, protectedHeader } = await verifyOffline(json.id_token, jwks, { issuer, audience: 'web_portal', algorithms: ['RS256'] });
	const now = Date.now() / 1000;

	assert.equal(protectedHeader.alg, 'RS256');
	assert.ok(jwks.keys.some(({ kid, alg }) => kid === protectedHeader.kid && alg === 'RS256'));
	assert.equal(payload.nonce, nonce);
	assert.equal(payload.sub, person.sub);
	assert.ok(payload.sub.length <= 255 && /^[\x20-\x7e]+$/.test(payload.sub));
	assert.ok([undefined, 'web_portal'].includes(payload.azp));
	assert.ok(payload.exp > now && payload.exp < now + 86400);
	assert.ok(payload.iat <= now + 5 && payload.iat > now - 300);
	assert.ok(Number.isInteger(payload.auth_time) && payload.auth_time <= now + 5);
	assert.equal(payload.at_hash, createHash('sha256').update(json.access_token).digest().subarray(0, 16).toString('base64url'));
});

test('nobody gets an unsigned ID token: none is not offered, and no client can be registered for it', async () => {
	const document = (await web.get(`${issuer}/.well-known/openid-configuration`)).json;
	assert.ok(!document.id_token_signing_alg_values_supported.includes('none'));
	await assert.rejects(authctlJson(ombud, 'client', 'add', 'basic-none', '--name', 'x', '--organisation', 'org_csp_north', '--auth', 'none', '--redirect-uri', CALLBACK,
		'--grants', 'authorization_code', '--scopes', 'openid', '--id-token-alg', 'none'));
	const { json } = await portalTokens({});
	const [, body] = json.id_token.split('.');
	const naked = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${body}.`;
	const answer = await browser.get(authorizeRequest(ombud, 'web_portal', { prompt: 'none', id_token_hint: naked }).url);
	assert.equal(new URL(answer.location).searchParams.get('error'), 'invalid_request');
});

test('the answer of the token endpoint: JSON, no-store, token_type, expires_in, the scope that was given', async () => {
	const answer = await portalTokens({ scope: 'openid profile' });
	assert.match(answer.header('content-type'), /^application\/json(; ?charset=utf-8)?$/i);
	assert.match(answer.header('cache-control'), /no-store/);
	assert.equal(answer.header('pragma'), 'no-cache');
	assert.equal(answer.json.token_type, 'Bearer');
	assert.ok(Number.isInteger(answer.json.expires_in) && answer.json.expires_in > 0);
	assert.deepEqual((answer.json.scope ?? 'openid profile').split(' ').sort(), ['openid', 'profile']);
	for (const name of ['access_token', 'id_token']) {
		assert.match(answer.json[name], /^[\x20-\x7e]+$/);
	}
	assert.ok(!answer.json.refresh_token, 'nobody asked for one');
});

test('userinfo by GET and by POST with the token in the header: JSON, the same sub, no-store', async () => {
	const { json } = await portalTokens({ scope: 'openid profile' });
	for (const method of ['GET', 'POST']) {
		const answer = await web.request(method, `${issuer}/oauth2/userinfo`, { headers: bearer(json.access_token) });
		assert.equal(answer.status, 200, method);
		assert.match(answer.header('content-type'), /^application\/json/);
		assert.match(answer.header('cache-control'), /no-store/);
		assert.deepEqual(answer.json, { sub: claimsOf(json.id_token).sub, name: person.name });
	}
});

test('userinfo with the token in the body is refused: a body is logged more often than a header', async () => {
	const { json } = await portalTokens({ scope: 'openid profile' });
	const answer = await web.post(`${issuer}/oauth2/userinfo`, { form: { access_token: json.access_token } });
	assert.ok([400, 401].includes(answer.status), answer.text);
	assert.ok(!answer.text.includes(person.sub));
});

test('userinfo signed with RS256 for a client that is registered so', async () => {
	const tokens = (await signInTo('basic-signed')).json;
	const answer = await web.get(`${issuer}/oauth2/userinfo`, { headers: bearer(tokens.access_token) });
	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.header('content-type'), /^application\/jwt/);
	assert.equal(headOf(answer.text).alg, 'RS256');
	const { payload } = await verifyOffline(answer.text, jwks, { issuer, audience: 'basic-signed', algorithms: ['RS256'] });
	assert.deepEqual([payload.sub, payload.name], [claimsOf(tokens.id_token).sub, person.name]);
});

test('client_secret_post signs in, with the right secret in the form alone', async () => {
	const good = await signInTo('basic-post', { client_secret: secret });
	assert.equal(good.status, 200, good.text);
	assert.equal(claimsOf(good.json.id_token).aud, 'basic-post');
	for (const client_secret of [`${secret}x`, secret.slice(1), '', 'undefined']) {
		const answer = await signInTo('basic-post', { client_secret });
		assert.equal(answer.status, 401, client_secret);
		assert.equal(answer.json.error, 'invalid_client');
	}
	const url = new URL(`${issuer}/oauth2/token`);
	url.search = new URLSearchParams({ client_id: 'basic-post', client_secret: secret });
	const inAddress = await web.post(url, { form: { grant_type: 'client_credentials' } });
	assert.equal(inAddress.status, 401, 'a secret in an address is none');
});

test('state comes back to the byte, with what the address had, and nothing else is in the answer', async () => {
	for (const state of ['x', ' ', '+', '%20', 'a&b=c#d', '"<>\'\\', 'é漢字 🙂', '~-._', randomBytes(300).toString('base64'), '%', '=&=']) {
		const { callback } = await getCode(ombud, browser, 'web_portal', { state });
		assert.equal(callback.searchParams.get('state'), state);
		assert.deepEqual([...callback.searchParams.keys()].sort(), ['code', 'iss', 'state']);
		assert.equal(callback.searchParams.get('iss'), issuer);
		assert.equal(callback.hash, '');
	}
	const { callback } = await getCode(ombud, browser, 'web_portal', { state: undefined });
	assert.equal(callback.searchParams.has('state'), false);
});

test('every error is a registered one with a text of the characters that RFC 6749 allows, and no code beside it', async () => {
	const wrong = [{ response_type: undefined }, { response_type: 'token' }, { scope: 'nothing' }, { prompt: 'none login' }, { max_age: '-1' }, { claims: '{' },
		{ code_challenge_method: 'plain' }, { request: 'e30.e30.' }, { nonce: 'n'.repeat(600) }, { prompt: 'none', id_token_hint: '"\\\r\n\té' }, { response_mode: 'form_post' }];
	for (const changes of wrong) {
		const answer = await browser.get(authorizeRequest(ombud, 'web_portal', changes).url);
		assert.equal(answer.status, 303, JSON.stringify(changes));
		const { error, error_description: text = '', code, state, iss, ...more } = Object.fromEntries(new URL(answer.location).searchParams);
		assert.match(error, /^[a-z_]+$/);
		assert.match(text, /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/, text);
		assert.deepEqual([code, typeof state, iss, more], [undefined, 'string', issuer, {}]);
	}
	for (const form of [{}, { grant_type: 'x' }, { grant_type: '"\\\r\n\té' }, { grant_type: 'authorization_code', code: '"\r\n' }, { grant_type: 'refresh_token', refresh_token: 'é"\\' }]) {
		const answer = await web.post(`${issuer}/oauth2/token`, { form: { client_id: 'basic-signed', ...form } });
		assert.equal(answer.status, 400, answer.text);
		assert.deepEqual(Object.keys(answer.json).filter((name) => !['error', 'error_description', 'error_uri'].includes(name)), []);
		assert.match(answer.json.error, /^(invalid_request|invalid_grant|unsupported_grant_type|unauthorized_client)$/);
		assert.match(answer.json.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
		assert.match(answer.header('cache-control'), /no-store/);
	}
});

test('a client with two addresses must name one, and it is the one', async () => {
	await authctlJson(ombud, 'client', 'add', 'basic-two', '--name', 'Два адреса', '--organisation', 'org_csp_north', '--auth', 'none', '--redirect-uri', CALLBACK,
		'--redirect-uri', `${CALLBACK}2`, '--grants', 'authorization_code', '--scopes', 'openid');
	for (const redirect_uri of [CALLBACK, `${CALLBACK}2`]) {
		const answer = await browser.get(authorizeRequest(ombud, 'web_portal', { client_id: 'basic-two', redirect_uri }).url);
		assert.ok(answer.location.startsWith(`${redirect_uri}?`), answer.location);
	}
	const answer = await browser.get(authorizeRequest(ombud, 'web_portal', { client_id: 'basic-two', redirect_uri: undefined }).url);
	assert.deepEqual([answer.status, answer.location], [400, undefined]);
});

test('a browser that has cookies from nowhere gets the sign-in page, and the request goes on behind it', async () => {
	const stranger = new Browser(issuer, { ca: ombud.demo.ca });
	stranger.cookies.set('__Host-session', 'x'.repeat(43));
	const page = await stranger.open(authorizeRequest(ombud, 'web_portal').url);
	assert.equal(page.status, 200);
	assert.equal(new URL(page.url).pathname, '/login');
	stranger.close();
});
