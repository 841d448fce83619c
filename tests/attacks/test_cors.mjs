/*
 * test_cors.mjs: which page of others may read an answer: of token, PAR, revocation and userinfo one on an origin of the client
 * itself; of everything that a person is shown or sent, none (RFC 9700 4.18, FAPI 2.0 5.2.2).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, authctlJson, challengeOf, newVerifier, signInPerson } from '../system/lib/outsider.mjs';
import { useOmbud } from '../system/lib/ombud.mjs';

const OWN = 'https://spa.example:9555'; /* where the application's pages are */
const OTHER = 'https://localhost:9443'; /* a registered origin, of other clients */
const FOREIGN = ['https://evil.example', 'https://spa.example', 'https://spa.example:95550', 'https://spa.example:9555.evil.example', 'http://spa.example:9555',
	'https://xspa.example:9555', 'https://SPA.example:9555', 'https://spa.example:9555/', 'https://spa.example:9555/cb', 'null', '*', '%', 'https://%',
	'https://_', 'https://spa.example:9555 https://evil.example'];
const SHARED = ['/oauth2/token', '/oauth2/par', '/oauth2/revoke', '/oauth2/userinfo'];

let web;
let issuer;
let browser;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	await authctlJson(started, 'client', 'add', 'spa', '--name', 'Приложение в браузере', '--organisation', 'org_csp_north', '--auth', 'none', '--redirect-uri', `${OWN}/cb`,
		'--grants', 'authorization_code refresh_token', '--scopes', 'openid profile offline_access');
	browser = await signInPerson(started, await addPerson(started));
});

const allowed = (answer) => answer.header('access-control-allow-origin');
const preflight = (path, origin, method = 'POST') => web.request('OPTIONS', `${issuer}${path}`, { headers: { ...(origin === undefined ? {} : { origin }),
	'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type,dpop' } });

async function code() {
	const verifier = newVerifier();
	const url = new URL('/oauth2/authorize', issuer);
	url.search = new URLSearchParams({ response_type: 'code', client_id: 'spa', redirect_uri: `${OWN}/cb`, scope: 'openid profile', code_challenge: challengeOf(verifier),
		code_challenge_method: 'S256' });
	const answer = await browser.open(url);
	assert.equal(answer.status, 303, answer.text.slice(0, 200));
	return { verifier, code: new URL(answer.location).searchParams.get('code') };
}

const redeem = (origin, taken) => web.post(`${issuer}/oauth2/token`, { headers: { origin }, form: { grant_type: 'authorization_code', client_id: 'spa',
	redirect_uri: `${OWN}/cb`, code: taken.code, code_verifier: taken.verifier } });

test('a page on the client\'s origin may ask, with its token and its proof, and without cookies', async () => {
	for (const path of SHARED) {
		const answer = await preflight(path, OWN);
		assert.equal(answer.status, 204, path);
		assert.equal(allowed(answer), OWN);
		assert.equal(answer.header('access-control-allow-methods'), 'GET, POST');
		assert.equal(answer.header('access-control-allow-headers'), 'Authorization, Content-Type, DPoP');
		assert.equal(answer.header('access-control-allow-credentials'), undefined);
		assert.match(answer.header('vary'), /Origin/);
	}
	const tokens = await redeem(OWN, await code());
	assert.equal(tokens.status, 200, tokens.text);
	assert.equal(allowed(tokens), OWN);
	assert.match(tokens.header('vary'), /Origin/);
	assert.equal(tokens.header('access-control-allow-credentials'), undefined);
	const info = await web.get(`${issuer}/oauth2/userinfo`, { token: tokens.json.access_token, headers: { origin: OWN } });
	assert.equal(info.status, 200);
	assert.equal(allowed(info), OWN);
	const refused = await redeem(OWN, { code: 'made-up', verifier: newVerifier() });
	assert.equal(refused.json.error, 'invalid_grant');
	assert.equal(allowed(refused), OWN, 'an application is told why');
	const unknown = await web.get(`${issuer}/oauth2/userinfo`, { headers: { origin: OWN, authorization: 'Bearer x' } });
	assert.equal(unknown.status, 401);
	assert.equal(allowed(unknown), OWN);
	assert.match(unknown.header('access-control-expose-headers'), /WWW-Authenticate/);
});

test('X11: a page on another origin may not even ask', async () => {
	for (const origin of [...FOREIGN, undefined]) {
		const answer = await preflight('/oauth2/token', origin);
		assert.equal(answer.status, 403, origin);
		assert.equal(allowed(answer), undefined, origin);
	}
});

test('X11: an answer about one client is for its own pages, and for no other client\'s', async () => {
	assert.equal(allowed(await preflight('/oauth2/token', OTHER)), OTHER, 'its own clients may ask from there');
	const tokens = await redeem(OTHER, await code());
	assert.equal(tokens.status, 200);
	assert.equal(allowed(tokens), undefined);
	const info = await web.get(`${issuer}/oauth2/userinfo`, { token: tokens.json.access_token, headers: { origin: OTHER } });
	assert.equal(info.status, 200);
	assert.equal(allowed(info), undefined);
	for (const origin of FOREIGN) {
		assert.equal(allowed(await web.get(`${issuer}/oauth2/userinfo`, { token: tokens.json.access_token, headers: { origin } })), undefined, origin);
	}
});

test('a disabled client\'s pages are foreign at once', async () => {
	await authctlJson(ombud, 'client', 'add', 'spa-gone', '--name', 'Бывшее приложение', '--organisation', 'org_csp_north', '--auth', 'none', '--redirect-uri', 'https://gone.example/cb',
		'--grants', 'authorization_code', '--scopes', 'openid');
	assert.equal((await preflight('/oauth2/token', 'https://gone.example')).status, 204);
	await authctlJson(ombud, 'client', 'disable', 'spa-gone');
	assert.equal((await preflight('/oauth2/token', 'https://gone.example')).status, 403);
});

test('X11: nobody\'s page reads the authorization endpoint, a page of ours, or what services and administrators ask', async () => {
	for (const path of ['/oauth2/authorize', '/oauth2/approve', '/oauth2/cancel', '/oauth2/logout', '/oauth2/introspect', '/oauth2/device', '/login', '/login/otp',
		'/device', '/me', '/security', '/access/v1/evaluation', '/consent/v1/records', '/audit/v1/entries', '/admin/v1/people', '/verify']) {
		for (const origin of [OWN, OTHER, issuer]) {
			const asked = await preflight(path, origin, 'GET');
			assert.equal(asked.status, 405, path);
			assert.equal(allowed(asked), undefined, path);
			for (const method of ['GET', 'POST']) {
				const answer = await browser.request(method, `${issuer}${path}`, { headers: { origin } });
				assert.equal(allowed(answer), undefined, `${method} ${path}`);
			}
		}
	}
});

test('discovery and keys are for everybody, and nothing of anybody is in them', async () => {
	for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/jwks']) {
		const answer = await browser.get(`${issuer}${path}`, { headers: { origin: 'https://evil.example' } });
		assert.equal(answer.status, 200);
		assert.equal(allowed(answer), '*');
		assert.equal(answer.header('access-control-allow-credentials'), undefined);
		assert.equal(answer.header('set-cookie'), undefined);
	}
});
