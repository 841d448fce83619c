/*
 * test_oidc_clients.mjs: OAuth and OpenID Connect as clients that others wrote see them: openid-client and oauth4webapi do the
 * protocol, jose the tokens, oathtool the codes; a person's part is done in the pages.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { clientAssertion, makeProof, requestToken, useOmbud, verifyOffline, signInThrough, ASSERTION_TYPE } from './lib/ombud.mjs';

const openid = await import('openid-client');
const oauth = await import('oauth4webapi');

/* A code of a person's device is good once in 30 s: one browser stays signed in for all tests that are not about signing in. */
let citizen;

const ombud = useOmbud({ before, after }, async (started) => {
	citizen = await started.signIn('citizen');
});

const importKey = (jwk) => crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);

/* openid-client, configured from discovery. */
async function relyingParty(name) {
	const { issuer, clients } = ombud.demo;
	const web = ombud.web();
	const { jwk } = clients[name];
	const options = { [openid.customFetch]: web.fetch };
	const config = await openid.discovery(new URL(issuer), name, undefined,
		openid.PrivateKeyJwt({ key: await importKey(jwk), kid: jwk.kid }), options);
	config[openid.customFetch] = web.fetch;
	return config;
}

/* A request for a code: the address to open and what the client must remember. */
async function authorization(config, changes = {}) {
	const verifier = openid.randomPKCECodeVerifier();
	const state = openid.randomState();
	const nonce = openid.randomNonce();
	const url = openid.buildAuthorizationUrl(config, {
		redirect_uri: ombud.demo.clients.web_portal.redirect_uris[0], scope: 'openid profile', state, nonce,
		code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...changes,
	});
	return { url, state, nonce, verifier };
}

/* The person opens the address, signs in when asked, agrees when asked; where the browser is sent in the end. */
async function walkThrough(url, browser = citizen, person = 'citizen') {
	let page = await browser.open(url);
	if (new URL(page.location ?? page.url).pathname === '/login') {
		page = await signInThrough(browser, ombud.demo.people[person], page);
	}
	while (page.status === 200 && new URL(page.url).pathname === '/oauth2/authorize') {
		page = await browser.submit(page, { answer: 'give' }, { having: ['answer'] });
	}
	assert.ok([302, 303].includes(page.status), `${page.status} ${page.text.slice(0, 200)}`);
	return new URL(page.location);
}

async function codeFlow(config, browser, person) {
	const asked = await authorization(config);
	const callback = await walkThrough(asked.url, browser, person);
	return { ...asked, callback };
}

const finish = (config, { callback, verifier, state, nonce }) => openid.authorizationCodeGrant(config, callback, {
	pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
});

test('discovery says what is there, and every address in it is under the issuer', async () => {
	const { issuer } = ombud.demo;
	const { json } = await ombud.web().get(`${issuer}/.well-known/openid-configuration`);

	assert.equal(json.issuer, issuer);
	for (const [name, value] of Object.entries(json)) {
		if (/_(endpoint|uri)$/.test(name)) {
			assert.ok(value.startsWith(`${issuer}/`), `${name}: ${value}`);
		}
	}
	assert.deepEqual(json.code_challenge_methods_supported, ['S256']);
	assert.ok(!json.token_endpoint_auth_signing_alg_values_supported?.some((alg) => alg === 'none' || alg.startsWith('HS')));
});

test('the published keys hold nothing private', async () => {
	const { json } = await ombud.web().get(`${ombud.demo.issuer}/jwks`);

	assert.ok(json.keys.length >= 2);
	for (const key of json.keys) {
		assert.deepEqual(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].filter((member) => member in key), []);
	}
});

test('openid-client signs a person in: code, PKCE, ID token, userinfo', async () => {
	const config = await relyingParty('web_portal');
	const tokens = await finish(config, await codeFlow(config, ombud.browser(), 'citizen2'));
	const claims = tokens.claims();

	assert.equal(claims.aud, 'web_portal');
	assert.ok(claims.auth_time <= claims.iat && claims.sub);
	const info = await openid.fetchUserInfo(config, tokens.access_token, claims.sub);
	assert.equal(info.sub, claims.sub);
});

test('the answer carries iss, so that a mixed-up server is noticed (RFC 9207)', async () => {
	const config = await relyingParty('web_portal');
	const { callback } = await codeFlow(config);

	assert.equal(callback.searchParams.get('iss'), ombud.demo.issuer);
});

test('an access token is an RFC 9068 token for Ombud alone, and jose agrees', async () => {
	const config = await relyingParty('web_portal');
	const { issuer } = ombud.demo;
	const tokens = await finish(config, await codeFlow(config));
	const jwks = (await ombud.web().get(`${issuer}/jwks`)).json;
	const { payload, protectedHeader } = await verifyOffline(tokens.access_token, jwks, { issuer, audience: issuer, typ: 'at+jwt' });

	assert.equal(protectedHeader.alg, 'ES256');
	for (const member of ['sub', 'exp', 'iat', 'jti', 'client_id', 'scope']) {
		assert.ok(payload[member] !== undefined, member);
	}
	assert.ok(payload.exp - payload.iat <= 900);
});

test('a code is good once, and its second use takes back what the first one gave', async () => {
	const config = await relyingParty('web_portal');
	const flow = await codeFlow(config);
	const tokens = await finish(config, flow);

	await assert.rejects(finish(config, flow), (error) => error.error === 'invalid_grant');
	const seen = await openid.tokenIntrospection(config, tokens.access_token);
	assert.equal(seen.active, false);
});

test('a code is worth nothing without its verifier, with another one, or at another address', async () => {
	const config = await relyingParty('web_portal');
	const { issuer, clients } = ombud.demo;
	const redirect = clients.web_portal.redirect_uris[0];

	for (const changes of [{ code_verifier: '' }, { code_verifier: openid.randomPKCECodeVerifier() }, { redirect_uri: `${redirect}/` }]) {
		const { callback, verifier } = await codeFlow(config);
		const answer = await requestToken(ombud.web(), issuer, 'web_portal', clients.web_portal, {
			grant_type: 'authorization_code', code: callback.searchParams.get('code'), redirect_uri: redirect, code_verifier: verifier, ...changes,
		});
		assert.equal(answer.status, 400, JSON.stringify(changes));
		assert.ok(['invalid_grant', 'invalid_request'].includes(answer.json.error));
	}
});

test('a code of one client is refused to another', async () => {
	const config = await relyingParty('web_portal');
	const { issuer, clients } = ombud.demo;
	const { callback, verifier } = await codeFlow(config);
	const answer = await requestToken(ombud.web(), issuer, 'web_fapi', clients.web_fapi, {
		grant_type: 'authorization_code', code: callback.searchParams.get('code'), redirect_uri: clients.web_portal.redirect_uris[0], code_verifier: verifier,
	});

	assert.equal(answer.json.error, 'invalid_grant');
});

test('a redirect address must match to the byte, and nobody is sent to another one', async () => {
	const config = await relyingParty('web_portal');
	const [registered] = ombud.demo.clients.web_portal.redirect_uris;

	for (const redirect of [`${registered}/`, `${registered}?x=1`, `${registered}#x`, registered.toUpperCase(), 'https://evil.example/cb',
		registered.replace('https', 'http'), registered.replace('localhost', 'localhost.evil.example')]) {
		const { url } = await authorization(config, { redirect_uri: redirect });
		const answer = await ombud.browser().get(url);
		assert.equal(answer.status, 400, redirect);
		assert.equal(answer.location, undefined);
	}
});

test('PKCE is not optional, and plain is not PKCE', async () => {
	const config = await relyingParty('web_portal');

	for (const changes of [{ code_challenge_method: 'plain' }, { code_challenge: '' }]) {
		const { url } = await authorization(config, changes);
		if (changes.code_challenge === '') {
			url.searchParams.delete('code_challenge');
			url.searchParams.delete('code_challenge_method');
		}
		const answer = await citizen.get(url);
		const error = answer.location ? new URL(answer.location).searchParams.get('error') : 'page';
		assert.ok((answer.status === 303 && error === 'invalid_request') || answer.status === 400, `${answer.status} ${error}`);
	}
});

test('a revoked token is not active any more', async () => {
	const config = await relyingParty('web_portal');
	const tokens = await finish(config, await codeFlow(config));

	assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, true);
	await openid.tokenRevocation(config, tokens.access_token);
	assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, false);
});

test('oauth4webapi gets a token for a service by client_credentials, by key and by secret', async () => {
	const { issuer, clients } = ombud.demo;
	const web = ombud.web();
	const options = { [oauth.customFetch]: web.fetch };
	const server = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), options));
	const jwk = clients.svc_benefits_north.jwk;
	const ways = {
		svc_benefits_north: oauth.PrivateKeyJwt({ key: await importKey(jwk), kid: jwk.kid }),
		[clients.svc_legacy.client_id]: oauth.ClientSecretBasic(clients.svc_legacy.client_secret),
	};

	for (const [id, authentication] of Object.entries(ways)) {
		const client = { client_id: id };
		const DPoP = id === 'svc_benefits_north' ? oauth.DPoP(client, await oauth.generateKeyPair('ES256')) : undefined;
		const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, { scope: 'access:evaluate' }, { ...options, DPoP });
		const token = await oauth.processClientCredentialsResponse(server, client, answer);
		const jwks = (await web.get(server.jwks_uri)).json;
		const { payload } = await verifyOffline(token.access_token, jwks, { issuer, audience: issuer, typ: 'at+jwt' });
		assert.equal(payload.scope, 'access:evaluate');
		assert.equal(payload.client_id, id);
	}
});

test('an assertion is good once, for this issuer alone, and not for long', async () => {
	const { issuer, clients } = ombud.demo;
	const web = ombud.web();
	const { jwk } = clients.svc_benefits_north;
	const url = `${issuer}/oauth2/token`;
	const send = async (assertion) => web.post(url, { headers: { dpop: await makeProof('POST', url) }, form: {
		grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion,
	} });
	const now = Math.floor(Date.now() / 1000);
	const good = await clientAssertion(issuer, 'svc_benefits_north', jwk);

	assert.equal((await send(good)).status, 200);
	for (const [what, assertion] of [
		['used before', good],
		['for another audience', await clientAssertion(issuer, 'svc_benefits_north', jwk, { aud: 'https://elsewhere.example' })],
		['for the token endpoint and somebody else', await clientAssertion(issuer, 'svc_benefits_north', jwk, { aud: [issuer, 'https://elsewhere.example'] })],
		['too old', await clientAssertion(issuer, 'svc_benefits_north', jwk, { iat: now - 7200, exp: now - 3600 })],
		['good for a day', await clientAssertion(issuer, 'svc_benefits_north', jwk, { exp: now + 86400 })],
		['of another client', await clientAssertion(issuer, 'svc_tax', jwk)],
		['about another client', await clientAssertion(issuer, 'svc_benefits_north', jwk, { sub: 'svc_tax' })],
		['without a jti', await clientAssertion(issuer, 'svc_benefits_north', jwk, { jti: undefined })],
	]) {
		const answer = await send(assertion);
		assert.equal(answer.status, 401, what);
		assert.equal(answer.json.error, 'invalid_client', what);
	}
});

test('a wrong secret and an unknown client look alike', async () => {
	const { issuer, clients } = ombud.demo;
	const web = ombud.web();
	const ask = (id) => requestToken(web, issuer, id, { auth: 'client_secret_basic', client_id: id, client_secret: randomBytes(24).toString('base64url') });
	const wrong = await ask(clients.svc_legacy.client_id);
	const unknown = await ask(`svc-${createHash('sha256').update('x').digest('hex').slice(0, 8)}`);

	assert.deepEqual([wrong.status, wrong.json], [401, unknown.json]);
	assert.equal(unknown.status, 401);
	assert.match(wrong.header('www-authenticate') ?? '', /Basic/);
});

test('a scope that a client does not have is not given', async () => {
	const { issuer, clients } = ombud.demo;
	const answer = await requestToken(ombud.web(), issuer, 'svc_tax', clients.svc_tax, { scope: 'admin' });

	assert.equal(answer.status, 400);
	assert.equal(answer.json.error, 'invalid_scope');
});
