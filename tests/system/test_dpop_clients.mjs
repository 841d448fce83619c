/*
 * test_dpop_clients.mjs: tokens bound to a key or a certificate, as clients that others wrote ask for and use them: openid-client
 * and oauth4webapi make the proofs, node's https agents show the certificates.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { asClient, assertOAuthError, assertProblem, authctlJson, bearer, claimsOf } from './lib/outsider.mjs';
import { question, requestToken, useOmbud } from './lib/ombud.mjs';

const openid = await import('openid-client');
const oauth = await import('oauth4webapi');

let issuer, web, citizen, clients;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer, clients } = started.demo);
	web = started.web();
	citizen = await started.signIn('citizen');
});

const importKey = (jwk) => crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);

/* openid-client, configured from discovery. */
async function relyingParty(name) {
	const { jwk } = clients[name];
	const config = await openid.discovery(new URL(issuer), name, undefined, openid.PrivateKeyJwt({ key: await importKey(jwk), kid: jwk.kid }),
		{ [openid.customFetch]: web.fetch });
	config[openid.customFetch] = web.fetch;
	return config;
}

test('discovery says what tokens may be bound to', async () => {
	const { json } = await web.get(`${issuer}/.well-known/oauth-authorization-server`);
	assert.deepEqual(json.dpop_signing_alg_values_supported, ['ES256', 'PS256', 'EdDSA', 'Ed25519']);
	assert.equal(json.tls_client_certificate_bound_access_tokens, true);
});

test('openid-client gets a bound token for a service and uses it, with each algorithm', async () => {
	const config = await relyingParty('svc_benefits_north');
	for (const alg of ['ES256', 'PS256']) {
		const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair(alg));
		const tokens = await openid.clientCredentialsGrant(config, { scope: 'access:evaluate' }, { DPoP });
		assert.equal(tokens.token_type, 'dpop', alg);
		assert.equal(claimsOf(tokens.access_token).cnf.jkt, await DPoP.calculateThumbprint());
		const answer = await openid.fetchProtectedResource(config, tokens.access_token, new URL(`${issuer}/access/v1/evaluation`), 'POST',
			JSON.stringify(question(ombud.demo.people.citizen.sub)), new Headers({ 'content-type': 'application/json' }), { DPoP });
		assert.equal(answer.status, 200, alg);
		assert.equal(typeof (await answer.json()).decision, 'boolean');
	}
});

test('oauth4webapi gets a bound token and uses it; another key of its own opens nothing', async () => {
	const options = { [oauth.customFetch]: web.fetch };
	const server = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), options));
	const client = { client_id: 'svc_benefits_north' };
	const { jwk } = clients.svc_benefits_north;
	const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
	const answer = await oauth.clientCredentialsGrantRequest(server, client, oauth.PrivateKeyJwt({ key: await importKey(jwk), kid: jwk.kid }),
		{ scope: 'access:evaluate consent:request' }, { ...options, DPoP });
	const { access_token: token } = await oauth.processClientCredentialsResponse(server, client, answer);
	const url = new URL(`${issuer}/consent/v1/records`);
	const read = (handle) => oauth.protectedResourceRequest(token, 'GET', url, new Headers(), null, { ...options, DPoP: handle });

	assert.equal((await read(DPoP)).status, 200);
	const stranger = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
	await assert.rejects(read(stranger), (error) => error.cause?.some?.(({ scheme, parameters }) => scheme === 'dpop' && parameters.error === 'invalid_token'));
});

/* web_fapi through PAR with this handle, up to the code. */
async function pushedCode(config, options, more = {}) {
	const verifier = openid.randomPKCECodeVerifier();
	const state = openid.randomState();
	const url = await openid.buildAuthorizationUrlWithPAR(config, { redirect_uri: clients.web_fapi.redirect_uris[0], scope: 'openid', state,
		code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...more }, options);
	let page = await citizen.open(url);
	while (page.status === 200 && new URL(page.url).pathname === '/oauth2/authorize') {
		page = await citizen.submit(page, { answer: 'give' }, { having: ['answer'] });
	}
	assert.equal(page.status, 303, page.text.slice(0, 200));
	return { callback: new URL(page.location), verifier, state };
}

const finish = (config, { callback, verifier, state }, options) => openid.authorizationCodeGrant(config, callback,
	{ pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true }, {}, options);

test('a fapi client signs a person in: PAR with a proof, the code for that key, a bound token, userinfo', async () => {
	const config = await relyingParty('web_fapi');
	const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
	const tokens = await finish(config, await pushedCode(config, { DPoP }), { DPoP });
	assert.equal(tokens.token_type, 'dpop');
	const info = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP });
	assert.equal(info.sub, tokens.claims().sub);
});

test('FAPI: a code whose PAR was proven with one key is not given to another, nor one that dpop_jkt names', async () => {
	const config = await relyingParty('web_fapi');
	const one = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
	const other = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
	const refused = (error) => error.error === 'invalid_grant';

	await assert.rejects(finish(config, await pushedCode(config, { DPoP: one }), { DPoP: other }), refused);
	const named = { dpop_jkt: await one.calculateThumbprint() };
	await assert.rejects(finish(config, await pushedCode(config, {}, named), { DPoP: other }), refused);
	assert.equal((await finish(config, await pushedCode(config, {}, named), { DPoP: one })).token_type, 'dpop');
	await assert.rejects(openid.buildAuthorizationUrlWithPAR(config, { redirect_uri: clients.web_fapi.redirect_uris[0], scope: 'openid',
		code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()), code_challenge_method: 'S256', ...named },
	{ DPoP: other }), (error) => error.error === 'invalid_dpop_proof');
	await assert.rejects(finish(config, await pushedCode(config, { DPoP: one }), undefined), (error) => error.error === 'invalid_dpop_proof');
});

/* ---- certificates (RFC 8705) ---- */

/* A certificate of nobody's authority. */
function selfSigned() {
	const dir = mkdtempSync(join(tmpdir(), 'ombud-cert-'));
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=somebody',
		'-addext', 'extendedKeyUsage=clientAuth', '-keyout', join(dir, 'key'), '-out', join(dir, 'cert')], { stdio: 'ignore' });
	after(() => rmSync(dir, { recursive: true, force: true }));
	return { cert: join(dir, 'cert'), key: join(dir, 'key') };
}

const thumbprint = (path) => createHash('sha256').update(new X509Certificate(readFileSync(path)).raw).digest('base64url');

test('a fapi client that shows a certificate gets a token for that certificate, and nobody uses it with another or none', async () => {
	const { svc_benefits_north: north, svc_tax: tax } = clients;
	const shown = web.showing(tax); /* the connection's certificate need not be how the client authenticates */
	const answer = await requestToken(shown, issuer, 'svc_benefits_north', { ...north, fapi: false });
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.token_type, 'Bearer');
	const token = answer.json.access_token;
	assert.deepEqual(claimsOf(token).cnf, { 'x5t#S256': thumbprint(tax.cert) });
	const read = (speaker) => speaker.get(`${issuer}/consent/v1/records`, { headers: bearer(token) });

	assert.equal((await read(shown)).status, 200);
	for (const speaker of [web, web.showing(selfSigned())]) {
		const refused = await read(speaker);
		assertProblem(refused, 401);
		assert.match(refused.header('www-authenticate'), /^Bearer error="invalid_token"/);
	}
	const seen = (await asClient(ombud, 'svc_benefits_north', '/oauth2/introspect', { token })).json;
	assert.deepEqual([seen.active, seen.token_type, seen.cnf], [true, 'Bearer', { 'x5t#S256': thumbprint(tax.cert) }]);
});

test('a certificate of one\'s own binds as well as one of an authority: possession is what counts', async () => {
	const own = selfSigned();
	const answer = await requestToken(web.showing(own), issuer, 'svc_benefits_north', { ...clients.svc_benefits_north, fapi: false });
	assert.equal(answer.status, 200, answer.text);
	const get = (speaker) => speaker.get(`${issuer}/consent/v1/records`, { headers: bearer(answer.json.access_token) });
	assert.equal((await get(web.showing(own))).status, 200);
	assertProblem(await get(web.showing(clients.svc_tax)), 401);
});

test('a client that is registered for bound tokens gets no others', async () => {
	const add = (id, flag) => authctlJson(ombud, 'client', 'add', id, '--auth', 'client_secret_basic', '--grants', 'client_credentials', '--scopes',
		'access:evaluate', '--service', 'svc_legacy', flag);
	const dpop = { auth: 'client_secret_basic', ...await add('svc-key.example', '--dpop-bound') };
	const tls = { auth: 'client_secret_basic', ...await add('svc-cert.example', '--tls-bound') };

	assertOAuthError(await requestToken(web, issuer, dpop.client_id, dpop), 400, 'invalid_dpop_proof');
	assert.equal((await requestToken(web, issuer, dpop.client_id, { ...dpop, fapi: true })).json.token_type, 'DPoP');
	assertOAuthError(await requestToken(web, issuer, tls.client_id, tls), 400, 'invalid_request');
	const answer = await requestToken(web.showing(clients.svc_tax), issuer, tls.client_id, tls);
	assert.equal(claimsOf(answer.json.access_token).cnf['x5t#S256'], thumbprint(clients.svc_tax.cert));
});
