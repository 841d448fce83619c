/*
 * test_clients.mjs: what a client is registered as is what it gets: algorithms, names of people, ways of authentication, other
 * credentials when they are rotated.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, authctl, authctlJson, challengeOf, claimsOf, headOf, newVerifier, signInPerson } from './lib/outsider.mjs';
import { calculateThumbprint, clientCredentials, makeKeyPair, question, requestToken, useOmbud, verifyOffline } from './lib/ombud.mjs';

const { createLocalJWKSet, jwtVerify } = await import('jose');

let issuer;
let web;
let scratch;
let person;
let browser;
let jwks;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	scratch = mkdtempSync(join(tmpdir(), 'ombud-clients-'));
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	jwks = (await web.get(`${issuer}/jwks`)).json;
});

after(() => rmSync(scratch, { recursive: true, force: true }));

const CALLBACK = 'https://localhost:9443/other';

/* A web client with a key of its own, as requestToken() takes it. */
async function register(id, ...options) {
	const { privateKey } = makeKeyPair('ec', { namedCurve: 'P-256' });
	const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256' };
	jwk.kid = await calculateThumbprint(jwk);
	const { d, ...open } = jwk;
	const file = join(scratch, id);
	writeFileSync(file, JSON.stringify({ keys: [open] }));
	await authctlJson(ombud, 'client', 'add', id, '--auth', 'private_key_jwt', '--grants', 'authorization_code', '--scopes', 'openid profile',
		'--name', id, ...options.includes('--organisation') ? [] : ['--organisation', 'org_csp_north'], '--redirect-uri', CALLBACK, '--jwks-file', file, ...options);
	return { auth: 'private_key_jwt', id, jwk };
}

async function signedIn(client, scope = 'openid profile') {
	const verifier = newVerifier();
	const url = new URL('/oauth2/authorize', issuer);
	url.search = new URLSearchParams({ response_type: 'code', client_id: client.id, redirect_uri: CALLBACK, scope, state: 's', nonce: 'n',
		code_challenge: challengeOf(verifier), code_challenge_method: 'S256' });
	let page = await browser.open(url);
	for (let clicks = 0; clicks < 3 && page.status === 200; clicks++) {
		page = await browser.submit(page, { answer: 'give' }, { having: ['answer'] });
	}
	assert.equal(page.status, 303, page.text.slice(0, 300));
	const { headers, form } = await clientCredentials(issuer, client.id, client);
	const answer = await web.post(`${issuer}/oauth2/token`, { headers, form: { grant_type: 'authorization_code', redirect_uri: CALLBACK,
		code: new URL(page.location).searchParams.get('code'), code_verifier: verifier, ...form } });
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
}

const userinfo = (token) => web.get(`${issuer}/oauth2/userinfo`, { token });

for (const alg of ['RS256', 'ES256', 'PS256']) {
	test(`${alg} is what a client gets that is registered for it: ID token, access token, userinfo`, async () => {
		const client = await register(`web-${alg.toLowerCase()}`, '--id-token-alg', alg, '--access-token-alg', alg, '--userinfo-alg', alg);
		const tokens = await signedIn(client);
		const id = await verifyOffline(tokens.id_token, jwks, { issuer, audience: client.id, algorithms: [alg], typ: 'JWT' });
		const access = await verifyOffline(tokens.access_token, jwks, { issuer, audience: issuer, algorithms: [alg], typ: 'at+jwt' });

		assert.equal(headOf(tokens.id_token).alg, alg);
		assert.equal(id.payload.nonce, 'n');
		assert.equal(access.payload.client_id, client.id);
		const info = await userinfo(tokens.access_token);
		assert.equal(info.status, 200, info.text);
		assert.match(info.headers['content-type'], /^application\/jwt/);
		const { payload } = await jwtVerify(info.text, createLocalJWKSet(jwks), { issuer, audience: client.id, algorithms: [alg] });
		assert.equal(payload.sub, id.payload.sub);
		assert.equal(payload.name, person.name);
	});
}

test('a pairwise client knows a person by its organisation\'s own name, the same for every client of it', async () => {
	const plain = claimsOf((await signedIn(await register('web-plain'))).id_token).sub;
	const first = await signedIn(await register('web-pair-1', '--pairwise'));
	const second = claimsOf((await signedIn(await register('web-pair-2', '--pairwise'))).id_token).sub;
	const other = claimsOf((await signedIn(await register('web-pair-3', '--pairwise', '--organisation', 'org_fns'))).id_token).sub;
	const own = claimsOf(first.id_token).sub;

	assert.equal(plain, person.sub);
	assert.match(own, /^pw_[\w-]{32}$/);
	assert.equal(second, own);
	assert.notEqual(other, own);
	assert.equal((await userinfo(first.access_token)).json.sub, own);
	/* A service of that organisation may ask about the person by that name; by another organisation's it asks about nobody. */
	const service = await ombud.service('svc_benefits_north');
	const ask = async (name) => (await service('POST', '/access/v1/evaluation', question(name, { category: 'disability' }))).json;
	assert.deepEqual((await ask(own)).decision, (await ask(person.sub)).decision);
	assert.equal((await ask(own)).decision, true);
	assert.equal((await ask(other)).decision, false);
});

test('a self-signed certificate is its client\'s when it is the registered one, and vouches for nothing else', async () => {
	const taxUri = () => /^URI:(\S+)$/.exec(new X509Certificate(readFileSync(ombud.demo.clients.svc_tax.cert)).subjectAltName)[1];
	const make = (name) => {
		const [key, cert] = [join(scratch, `${name}.key`), join(scratch, `${name}.pem`)];
		execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
			'-addext', `subjectAltName=URI:${taxUri()}`, '-addext', 'extendedKeyUsage=clientAuth', '-keyout', key, '-out', cert], { stdio: 'ignore' });
		return { auth: 'tls_client_auth', key, cert };
	};
	const own = make('own');
	const foreign = make('foreign');
	await authctlJson(ombud, 'client', 'add', 'tls-self', '--auth', 'self_signed_tls_client_auth', '--grants', 'client_credentials', '--scopes', 'access:evaluate',
		'--name', 'tls-self', '--tls-cert-file', own.cert);
	const ask = (id, client) => requestToken(web, issuer, id, client);

	assert.equal((await ask('tls-self', own)).status, 200);
	assert.equal((await ask('tls-self', foreign)).status, 401);
	assert.equal((await ask('tls-self', { auth: 'none' })).status, 401);
	/* Its subject alternative name is what the tax service is known by: without our authority's signature that is worth nothing. */
	assert.equal((await ask('svc_tax', own)).status, 401);
	assert.equal((await ask('tls-self', ombud.demo.clients.svc_tax)).status, 401);
	await authctlJson(ombud, 'client', 'rotate', 'tls-self', '--tls-cert-file', foreign.cert);
	assert.equal((await ask('tls-self', own)).status, 401);
	assert.equal((await ask('tls-self', foreign)).status, 200);
});

test('a secret is shown once; after a rotation the old one is good for its time', async () => {
	const added = await authctlJson(ombud, 'client', 'add', 'legacy-a', '--auth', 'client_secret_basic', '--grants', 'client_credentials', '--scopes',
		'access:evaluate', '--name', 'legacy-a');
	const ask = async (client_secret) => (await requestToken(web, issuer, 'legacy-a', { auth: 'client_secret_basic', client_secret })).status;

	assert.equal(Buffer.from(added.client_secret, 'base64url').length, 32);
	assert.equal(await ask(added.client_secret), 200);
	assert.ok(!(await authctl(ombud, 'client', 'show', 'legacy-a', '--json')).out.includes(added.client_secret));
	const second = (await authctlJson(ombud, 'client', 'rotate', 'legacy-a', '--overlap', '3600')).client_secret;
	assert.equal(await ask(added.client_secret), 200);
	assert.equal(await ask(second), 200);
	const third = (await authctlJson(ombud, 'client', 'rotate', 'legacy-a', '--overlap', '0')).client_secret;
	assert.equal(await ask(added.client_secret), 401);
	assert.equal(await ask(second), 401);
	assert.equal(await ask(third), 200);
});

test('a secret with any character is taken, form-encoded as RFC 6749 has it', async () => {
	const client_secret = 'a b+c%d&e=f:g/äß€ 0123456789abcdefghij';
	const file = join(scratch, 'secret');
	writeFileSync(file, client_secret, { mode: 0o600 });
	await authctlJson(ombud, 'client', 'add', 'legacy.b', '--auth', 'client_secret_basic', '--grants', 'client_credentials', '--scopes', 'access:evaluate',
		'--name', 'legacy', '--secret-file', file);
	assert.equal((await requestToken(web, issuer, 'legacy.b', { auth: 'client_secret_basic', client_secret })).status, 200);
});

test('a registration that cannot be meant is refused, and the refusal names the member', async () => {
	const key = JSON.parse(readFileSync(join(scratch, 'web-plain'), 'utf8'));
	const file = join(scratch, 'again');
	writeFileSync(file, JSON.stringify(key));
	const base = { auth: 'private_key_jwt', grants: 'authorization_code', scopes: 'openid', name: 'x', 'redirect-uri': CALLBACK, 'jwks-file': file };
	const cases = [
		['redirect_uris', { 'redirect-uri': 'http://example.org/cb' }], ['redirect_uris', { 'redirect-uri': `${CALLBACK}#x` }],
		['redirect_uris', { 'redirect-uri': 'https://user@example.org/' }], ['redirect_uris', { 'redirect-uri': 'http://127.0.0.1/cb' }],
		['redirect_uris', { 'redirect-uri': undefined }], ['grants', { grants: 'password' }], ['grants', { grants: 'implicit' }],
		['scopes', { scopes: 'openid everything' }], ['auth', { auth: 'client_secret_jwt' }], ['id_token_alg', { 'id-token-alg': 'HS256' }],
		['id_token_alg', { 'id-token-alg': 'none' }], ['access_token_alg', { 'access-token-alg': 'EdDSA' }], ['userinfo_alg', { 'userinfo-alg': 'none' }],
		['id_token_alg', { 'id-token-alg': 'RS256', fapi: true }], ['auth', { auth: 'client_secret_basic', fapi: true, 'jwks-file': undefined }],
		['jwks', { 'jwks-file': undefined }], ['jwks_uri', { 'jwks-uri': 'https://localhost:9443/keys' }],
		['jwks_uri', { 'jwks-file': undefined, 'jwks-uri': 'https://keys.example.org/' }], ['jwks_uri', { 'jwks-file': undefined, 'jwks-uri': 'http://localhost:9443/' }],
		['jwks_uri', { 'jwks-file': undefined, 'jwks-uri': 'https://169.254.169.254/latest' }], ['tls_san', { auth: 'tls_client_auth' }],
		['tls_certificates', { auth: 'self_signed_tls_client_auth' }], ['tls_certificates', { auth: 'self_signed_tls_client_auth', 'tls-cert-file': file }],
		['organisation', { organisation: 'nowhere' }], ['pairwise', { pairwise: true }], ['backchannel_logout_uri', { 'backchannel-logout-uri': 'http://a.test/' }],
		['backchannel_session', { 'backchannel-session': true }], ['assertion_alg', { 'assertion-alg': 'RS256', fapi: true }], ['jwks', { 'assertion-alg': 'PS256' }],
	];
	const add = (changes) => authctl(ombud, 'client', 'add', `c-${randomUUID()}`, ...Object.entries({ ...base, ...changes }).flatMap(([name, value]) => (
		value === undefined ? [] : value === true ? [`--${name}`] : [`--${name}`, value])));

	assert.equal((await add({})).status, 0);
	for (const [member, changes] of cases) {
		const { status, err } = await add(changes);
		assert.equal(status, 1, `${JSON.stringify(changes)}: ${err}`);
		assert.match(err, new RegExp(`${member}: `), JSON.stringify(changes));
	}
});
