/*
 * test_tokens.mjs: tokens and the credentials of clients, as somebody would forge, confuse, borrow and replay them; introspection
 * and revocation asked by those whose business it is not.
 */
import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, asClient, assertOAuthError, assertProblem, authctlJson, bearer, claimsOf, headOf, logEntries, personTokens, signInPerson,
	untilEntry } from '../system/lib/outsider.mjs';
import { ASSERTION_TYPE, calculateThumbprint, clientAssertion, makeKeyPair, makeProof, question, requestToken, sleep, useOmbud } from '../system/lib/ombud.mjs';

const { SignJWT, UnsecuredJWT, importJWK } = await import('jose'); /* after lib, which puts what it needs in place */

let issuer;
let web;
let service;
let person;
let browser;
let tokens; /* of the person, for web_portal */

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	tokens = await personTokens(started, browser, 'web_portal', 'openid profile consent:manage');
});

/* A token is sent as its own claims ask for it, so that a forged one fails for nothing but the forgery. */
const evaluate = (token) => web.post(`${issuer}/access/v1/evaluation`, { token, json: question(person.sub) });
const records = (token) => web.get(`${issuer}/consent/v1/records`, { token });
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

async function newKey(alg = 'ES256') {
	const pair = alg.startsWith('ES') ? makeKeyPair('ec', { namedCurve: 'P-256' }) : makeKeyPair('rsa', { modulusLength: 2048 });
	const jwk = pair.privateKey.export({ format: 'jwk' });
	return { ...jwk, alg, kid: await calculateThumbprint(jwk) };
}

async function signed(claims, header, jwk) {
	return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(jwk, jwk.alg));
}

/* ---- forged access tokens ---- */

test('a token whose header somebody else has chosen is none of ours', async () => {
	const [, body, signature] = service.token.split('.');
	const head = headOf(service.token);
	const claims = claimsOf(service.token);
	const stranger = await newKey();
	const { d, ...open } = stranger;
	const keys = (await web.get(`${issuer}/jwks`)).json.keys;
	const es = keys.find(({ alg }) => alg === 'ES256');
	const rs = keys.find(({ alg }) => alg === 'RS256');
	const pem = createPublicKey({ key: rs, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
	const forged = {
		'unsigned': new UnsecuredJWT(claims).encode(),
		...Object.fromEntries(['none', 'None', 'nOnE', '', 7, null, ['ES256'], 'es256', 'HS256', 'ES384', 'RS256', 'PS256', 'EdDSA'].map((alg) => [
			`alg ${JSON.stringify(alg)}`, `${encode({ ...head, alg })}.${body}.${signature}`])),
		'no alg': `${encode({ typ: head.typ, kid: head.kid })}.${body}.${signature}`,
		'no kid, stranger': await signed(claims, { alg: 'ES256', typ: 'at+jwt' }, stranger),
		'our kid, stranger': await signed(claims, { ...head }, stranger),
		'embedded jwk': await signed(claims, { ...head, kid: stranger.kid, jwk: open }, stranger),
		'jku': await signed(claims, { ...head, kid: stranger.kid, jku: 'https://localhost:1/keys' }, stranger),
		'x5u': await signed(claims, { ...head, kid: stranger.kid, x5u: 'https://localhost:1/cert' }, stranger),
		'HS256 with the public key': await signed(claims, { alg: 'HS256', typ: 'at+jwt', kid: rs.kid }, { kty: 'oct', k: encode(pem), alg: 'HS256' }),
		'HS256 with the public JWK': await signed(claims, { alg: 'HS256', typ: 'at+jwt', kid: es.kid }, { kty: 'oct', k: encode(JSON.stringify(es)),
			alg: 'HS256' }),
		'unknown crit': `${encode({ ...head, crit: ['x'], x: 1 })}.${body}.${signature}`,
		'b64 false': `${encode({ ...head, b64: false, crit: ['b64'] })}.${body}.${signature}`,
		'typ JWT': `${encode({ ...head, typ: 'JWT' })}.${body}.${signature}`,
		'kid as a path': `${encode({ ...head, kid: '../../../../dev/null' })}.${body}.${signature}`,
		'kid as SQL': `${encode({ ...head, kid: "' or 1=1--" })}.${body}.${signature}`,
		'double alg': `${encode(`{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"${head.kid}"}`)}.${body}.${signature}`,
	};

	for (const [what, token] of Object.entries(forged)) {
		const answer = await evaluate(token);
		assertProblem(answer, 401);
		assert.ok(!/"decision"/.test(answer.text), what);
	}
});

test('a token that is bent a little is none of ours', async () => {
	const [head, body, signature] = service.token.split('.');
	const raw = Buffer.from(signature, 'base64url');
	const flipped = (at) => { const copy = Buffer.from(raw); copy[at] ^= 1; return copy.toString('base64url'); };
	const zero = (from) => { const copy = Buffer.from(raw); copy.fill(0, from, from + 32); return copy.toString('base64url'); };
	const claims = claimsOf(service.token);
	for (const [what, token] of Object.entries({
		'other claims': `${head}.${encode({ ...claims, scope: 'admin' })}.${signature}`, 'padded': `${head}.${body}.${signature}=`,
			'no signature': `${head}.${body}.`,
		'two parts': `${head}.${body}`, 'four parts': `${service.token}.x`, 'first bit': `${head}.${body}.${flipped(0)}`,
			'last bit': `${head}.${body}.${flipped(63)}`,
		'r = 0': `${head}.${body}.${zero(0)}`, 's = 0': `${head}.${body}.${zero(32)}`, 'cut': `${head}.${body}.${raw.subarray(0, 63).toString('base64url')}`,
		'longer': `${head}.${body}.${Buffer.concat([raw, Buffer.from([0])]).toString('base64url')}`,
			'standard base64': `${head}.${body}.${raw.toString('base64')}+/`,
		'a space': `${head}. ${body}.${signature}`, 'JSON': JSON.stringify({ protected: head, payload: body, signature }), 'dots': '..',
			'deep': `${encode('['.repeat(3000) + ']'.repeat(3000))}.${body}.${signature}`,
		'not base64': `${head}.${body}!.${signature}`,
			'trailing bits': `${head}.${body}.${signature.slice(0, -1)}${signature.at(-1) === 'A' ? 'B' : String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1)}`,
	})) {
		const answer = await evaluate(token);
		assert.equal(answer.status, 401, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
	}
	assertProblem(await web.post(`${issuer}/access/v1/evaluation`, { headers: bearer('a'.repeat(20000)), json: question(person.sub) }), 401);
});

test('one kind of token is never taken for another', async () => {
	const assertion = await clientAssertion(issuer, 'svc_benefits_north', ombud.demo.clients.svc_benefits_north.jwk);
	const permit = (await service('POST', '/access/v1/evaluation', question(person.sub, { category: 'disability' }))).json.context;

	for (const token of [tokens.id_token, assertion, permit.ticket]) {
		assertProblem(await records(token), 401);
		assertProblem(await evaluate(token), 401);
		assertOAuthError(await web.get(`${issuer}/oauth2/userinfo`, { headers: bearer(token) }), 401, 'invalid_token');
		assert.deepEqual((await asClient(ombud, 'web_portal', '/oauth2/introspect', { token })).json, { active: false });
	}
	for (const client_assertion of [tokens.access_token, tokens.id_token, service.token, permit.ticket]) {
		const answer = await web.post(`${issuer}/oauth2/token`, { form: { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE,
			client_assertion } });
		assertOAuthError(answer, 401, 'invalid_client');
	}
});

test("a service's token opens no person's door, and a person's token no service's", async () => {
	assertOAuthError(await web.get(`${issuer}/oauth2/userinfo`, { token: service.token }), 403);
	assertProblem(await service('POST', '/consent/v1/records/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a/withdraw', {}), 403);
	assertProblem(await evaluate(tokens.access_token), 403);
	assertProblem(await web.post(`${issuer}/consent/v1/requests`, { headers: bearer(tokens.access_token), json: { person: person.sub, purpose: 'eligibility',
		categories: ['income'] } }), 403);
});

test('a token goes in the header, in one place, once', async () => {
	const url = `${issuer}/consent/v1/records`;
	const query = await web.get(`${url}?access_token=${tokens.access_token}`);
	assert.ok([400, 401].includes(query.status));
	assertProblem(await web.get(`${url}?access_token=${tokens.access_token}`, { headers: bearer(tokens.access_token) }), 400);
	assert.ok([400, 401].includes((await web.get(url, { headers: { authorization: [`Bearer ${tokens.access_token}`,
		`Bearer ${tokens.access_token}`] } })).status));
	assertProblem(await web.get(url, { headers: { authorization: `Basic ${tokens.access_token}` } }), 401);
	assertProblem(await web.get(url, { headers: { cookie: `__Host-session=${tokens.access_token}` } }), 401);
	assert.equal((await web.get(url, { headers: { authorization: `bearer ${tokens.access_token}` } })).status, 200, 'the name of a scheme has no case');
});

test('401 says what scheme, and for a bad token that it is bad; without one it says nothing of errors', async () => {
	const none = await web.get(`${issuer}/consent/v1/records`);
	const bad = await records('x.y.z');
	const narrow = await service('POST', '/audit/v1/entries', { entries: [] });

	assert.match(none.header('www-authenticate'), /^Bearer/);
	assert.doesNotMatch(none.header('www-authenticate'), /error=/);
	assert.match(bad.header('www-authenticate'), /^Bearer .*error="invalid_token"/);
	assertOAuthError(await web.get(`${issuer}/oauth2/userinfo`), 401, 'invalid_token');
	assert.equal(narrow.status, 403);
	assert.match(narrow.header('www-authenticate'), /error="insufficient_scope".*scope="audit:write"/);
});

/* ---- client assertions ---- */

const sendAssertion = async (client_assertion, more = {}, headers = {}) => web.post(`${issuer}/oauth2/token`, {
	headers: { dpop: await makeProof('POST', `${issuer}/oauth2/token`), ...headers },
	form: { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion, ...more } });

test('an assertion is signed by the client, with its own key and no other algorithm', async () => {
	const { jwk } = ombud.demo.clients.svc_benefits_north;
	const stranger = await newKey();
	const rsa = await newKey('RS256');
	const now = Math.floor(Date.now() / 1000);
	const claims = () => ({ iss: 'svc_benefits_north', sub: 'svc_benefits_north', aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 });
	const [head, , signature] = (await clientAssertion(issuer, 'svc_benefits_north', jwk)).split('.');
	const { d, ...open } = stranger;

	for (const [what, assertion] of Object.entries({
		'another key': await clientAssertion(issuer, 'svc_benefits_north', stranger), 'another key under its kid': await signed(claims(), { alg: 'ES256',
			kid: jwk.kid }, stranger),
		'embedded': await signed(claims(), { alg: 'ES256', kid: stranger.kid, jwk: open }, stranger), 'RSA': await signed(claims(), { alg: 'RS256',
			kid: jwk.kid }, rsa),
		'unsigned': new UnsecuredJWT(claims()).encode(), 'other claims': `${head}.${encode(claims())}.${signature}`,
		'the web client for the service': await clientAssertion(issuer, 'svc_benefits_north', ombud.demo.clients.web_portal.jwk),
		'HMAC': await signed(claims(), { alg: 'HS256', kid: jwk.kid }, { kty: 'oct', k: encode(JSON.stringify(jwk)), alg: 'HS256' }),
	})) {
		const answer = await sendAssertion(assertion);
		assert.equal(answer.status, 401, what);
		assertOAuthError(answer, 401, 'invalid_client');
	}
});

test('the claims of an assertion are exact: who, for whom, when, once', async () => {
	const { jwk } = ombud.demo.clients.svc_benefits_north;
	const now = Math.floor(Date.now() / 1000);
	const make = (changes) => clientAssertion(issuer, 'svc_benefits_north', jwk, changes);

	for (const [what, changes] of Object.entries({
		'another issuer': { iss: 'svc_tax' }, 'another subject': { sub: 'svc_tax' }, 'both others': { iss: 'svc_tax', sub: 'svc_tax' },
			'no issuer': { iss: undefined }, 'no subject': { sub: undefined },
		'the token endpoint': { aud: `${issuer}/oauth2/token` }, 'a slash more': { aud: `${issuer}/` }, 'another case': { aud: issuer.toUpperCase() },
			'two audiences': { aud: [issuer, issuer] },
		'ours and another': { aud: [issuer, 'https://evil.example'] }, 'no audience': { aud: undefined }, 'an empty audience': { aud: [] },
			'a number': { aud: 5 },
		'expired': { exp: now - 61 }, 'no end': { exp: undefined }, 'an end as text': { exp: String(now + 60) }, 'a negative end': { exp: -1 },
			'an end far off': { exp: now + 86400 }, 'an end at 1e30': { exp: 1e30 },
		'not yet': { nbf: now + 120 }, 'from the future': { iat: now + 120 }, 'no jti': { jti: undefined }, 'an empty jti': { jti: '' },
			'a number as jti': { jti: 5 },
	})) {
		const answer = await sendAssertion(await make(changes));
		assert.equal(answer.status, 401, `${what}: ${answer.status} ${answer.text}`);
		assert.equal(answer.json.error, 'invalid_client', what);
	}
	const ours = await make({ iat: now + 8, nbf: now + 8 });
	assert.equal((await sendAssertion(ours)).status, 200, 'ten seconds of a clock ahead are fine');
	assertOAuthError(await sendAssertion(ours), 401, 'invalid_client');
});

test('of 16 parallel uses of one assertion one wins', async () => {
	const assertion = await clientAssertion(issuer, 'svc_benefits_north', ombud.demo.clients.svc_benefits_north.jwk);
	const answers = await Promise.all(Array.from({ length: 16 }, () => sendAssertion(assertion)));

	assert.equal(answers.filter(({ status }) => status === 200).length, 1);
	answers.filter(({ status }) => status !== 200).forEach((answer) => assertOAuthError(answer, 401, 'invalid_client'));
});

test('a client shows itself in one way, its own', async () => {
	const { svc_legacy: legacy, svc_tax: tax, svc_benefits_north: north, mobile_app: mobile } = ombud.demo.clients;
	const basic = (id, secret) => ({ authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}` });
	const post = (form, headers = {}, speaker = web) => speaker.post(`${issuer}/oauth2/token`, { headers, form: { grant_type: 'client_credentials',
		...form } });
	const good = basic(legacy.client_id, legacy.client_secret);

	assert.equal((await post({}, good)).status, 200);
	assertOAuthError(await post({ client_id: legacy.client_id, client_secret: legacy.client_secret }, good), 400, 'invalid_request');
	assertOAuthError(await post({ client_assertion_type: ASSERTION_TYPE, client_assertion: await clientAssertion(issuer, 'svc_benefits_north', north.jwk) },
		good), 400, 'invalid_request');
	for (const answer of [
		await post({ client_id: 'svc_benefits_north' }), await post({ client_id: 'svc_benefits_north', client_secret: 'x' }), await post({},
			basic('svc_benefits_north', '')),
		await post({ client_id: 'svc_tax' }), await post({ client_id: 'svc_tax', client_secret: '' }), await post({}, basic(legacy.client_id,
			`${legacy.client_secret} `)),
		await post({}, basic(legacy.client_id, legacy.client_secret.toLowerCase())), await post({}, basic(legacy.client_id, '')),
			await post({ client_id: 'svc_benefits_north' }, {}, web.showing(tax)),
		await post({ client_id: legacy.client_id }, {}, web.showing(tax)), await post({}), await post({}, { authorization: 'Basic !!!' }), await post({},
			{ authorization: 'Basic Og==' }),
		await post({ client_assertion_type: 'x', client_assertion: await clientAssertion(issuer, 'svc_benefits_north', north.jwk) }),
		await post({ client_id: 'svc_tax', client_assertion_type: ASSERTION_TYPE, client_assertion: await clientAssertion(issuer, 'svc_benefits_north',
			north.jwk) }),
	]) {
		assert.ok([400, 401].includes(answer.status), `${answer.status} ${answer.text}`);
		assert.ok(['invalid_client', 'invalid_request'].includes(answer.json.error));
	}
	assertOAuthError(await post({ client_id: 'mobile_app' }), 400, 'unauthorized_client');
	assert.ok(mobile);
});

test('a certificate that another authority signed does not get through, and none is no client', async () => {
	const { svc_tax: tax } = ombud.demo.clients;
	assert.equal((await requestToken(web, issuer, 'svc_tax', tax)).status, 200);
	const own = await newSelfSigned();
	try {
		const answer = await web.showing(own).post(`${issuer}/oauth2/token`, { form: { grant_type: 'client_credentials', client_id: 'svc_tax' } });
		assertOAuthError(answer, 401, 'invalid_client');
	} catch (error) {
		assert.match(error.code ?? error.message, /ECONNRESET|EPIPE|ERR_SSL|alert/);
	}
});

/* A certificate that names the tax service's URI, signed by itself. */
async function newSelfSigned() {
	const { execFileSync } = await import('node:child_process');
	const { X509Certificate } = await import('node:crypto');
	const { mkdtempSync, readFileSync } = await import('node:fs');
	const { tmpdir } = await import('node:os');
	const { join } = await import('node:path');
	const dir = mkdtempSync(join(tmpdir(), 'ombud-cert-'));
	const names = new X509Certificate(readFileSync(ombud.demo.clients.svc_tax.cert)).subjectAltName;
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=svc_tax', '-addext',
		`subjectAltName=${names}`,
		'-addext', 'extendedKeyUsage=clientAuth', '-keyout', join(dir, 'key'), '-out', join(dir, 'cert')], { stdio: 'ignore' });
	after(async () => (await import('node:fs')).rmSync(dir, { recursive: true, force: true }));
	return { cert: join(dir, 'cert'), key: join(dir, 'key') };
}

/* ---- grants ---- */

test('a grant that is not there, or not the client\'s, is refused by its name', async () => {
	const { svc_benefits_north: north } = ombud.demo.clients;
	const ask = (fields) => requestToken(web, issuer, 'svc_benefits_north', north, fields);

	for (const grant_type of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'CLIENT_CREDENTIALS', 'client_credentials ',
		'x'.repeat(3000)]) {
		assertOAuthError(await ask({ grant_type }), 400, 'unsupported_grant_type');
	}
	assertOAuthError(await ask({ grant_type: '' }), 400, 'invalid_request');
	assertOAuthError(await ask({ grant_type: 'authorization_code', code: 'x', redirect_uri: 'https://localhost:9443/back', code_verifier: 'x'.repeat(43) }),
		400, 'unauthorized_client');
	for (const scope of ['admin', 'access:evaluate admin', 'openid', 'access:evaluate\u00a0admin', 'a'.repeat(4000), `${'x '.repeat(1000)}y`, '"',
		'access:evaluate  consent:request admin']) {
		assertOAuthError(await ask({ scope }), 400, 'invalid_scope');
	}
	assertOAuthError(await ask({ resource: 'https://evil.example' }), 400, 'invalid_target');
	assert.equal((await ask({ scope: 'access:evaluate' })).json.scope, 'access:evaluate');
});

/* ---- introspection ---- */

const introspect = (client, token, more = {}) => asClient(ombud, client, '/oauth2/introspect', { token, ...more });

test('introspection tells the owner and the services what a token says, and others nothing at all', async () => {
	const own = await introspect('web_portal', tokens.access_token);
	const claims = claimsOf(tokens.access_token);

	assert.equal(own.json.active, true);
	for (const member of ['iss', 'sub', 'aud', 'exp', 'iat', 'client_id', 'scope', 'jti']) {
		assert.deepEqual(own.json[member], claims[member], member);
	}
	assert.match(own.header('cache-control'), /no-store/);
	for (const [client, token] of [['web_portal', service.token], ['web_fapi', tokens.access_token]]) {
		assert.equal((await introspect(client, token)).text, '{"active":false}', client);
	}
	for (const token of ['x', 'a.b.c', tokens.id_token, `${tokens.access_token}A`, 'a'.repeat(8000)]) {
		assert.equal((await introspect('web_portal', token)).text, '{"active":false}');
	}
	assert.equal((await introspect('web_portal', tokens.access_token, { token_type_hint: 'refresh_token' })).json.active, true, 'a hint is a hint');
});

test('introspection is for clients that show who they are', async () => {
	const post = (form, headers) => web.post(`${issuer}/oauth2/introspect`, { form, headers });

	assertOAuthError(await post({ token: tokens.access_token }), 401, 'invalid_client');
	assertOAuthError(await post({ token: tokens.access_token }, bearer(tokens.access_token)), 401, 'invalid_client');
	assertOAuthError(await post({ token: tokens.access_token, client_id: 'mobile_app' }), 401, 'invalid_client');
	assertOAuthError(await post({ token: tokens.access_token, client_id: 'web_portal' }), 401, 'invalid_client');
	assertOAuthError(await introspect('web_portal', ''), 400, 'invalid_request');
	assertOAuthError(await web.get(`${issuer}/oauth2/introspect?token=x`), 405);
	assertOAuthError(await web.post(`${issuer}/oauth2/introspect`, { json: { token: 'x' } }), 415);
});

/* ---- revocation ---- */

const revoke = (client, token, more = {}) => asClient(ombud, client, '/oauth2/revoke', { token, ...more });

test('only its own client takes a token back; everybody is told the same', async () => {
	const mine = await personTokens(ombud, browser, 'web_portal', 'openid consent:manage');

	for (const client of ['mobile_app', 'svc_benefits_north', 'svc_legacy', 'web_fapi', 'svc_tax']) {
		const answer = await revoke(client, mine.access_token);
		assert.equal(answer.status, 200, client);
	}
	assert.equal((await records(mine.access_token)).status, 200, 'it still stands');
	for (const [client, token] of [['web_portal', 'x'], ['web_portal', 'a.b.c'], ['svc_legacy', tokens.id_token]]) {
		assert.equal((await revoke(client, token)).status, 200);
	}
	const answer = await revoke('web_portal', mine.access_token, { token_type_hint: 'refresh_token' });
	assert.equal(answer.status, 200);
	assert.equal(answer.text, '');
	assertProblem(await records(mine.access_token), 401);
	assert.equal((await introspect('web_portal', mine.access_token)).text, '{"active":false}');
	assert.equal((await revoke('web_portal', mine.access_token)).status, 200, 'twice is fine');
	const { jti } = claimsOf(mine.access_token);
	await untilEntry(ombud, 'token.revoked', (entry) => entry.event === 'token.revoked' && JSON.stringify(entry).includes(jti));
	assertOAuthError(await revoke('web_portal', ''), 400, 'invalid_request');
	assertOAuthError(await web.post(`${issuer}/oauth2/revoke`, { form: { token: mine.access_token } }), 401, 'invalid_client');
});

test('a public client takes its own token back', async () => {
	const mine = await personTokens(ombud, browser, 'mobile_app', 'openid consent:manage');

	assert.equal((await revoke('mobile_app', mine.access_token)).status, 200);
	assertProblem(await records(mine.access_token), 401);
});

/* ---- what a token rests on ---- */

test('a token ends with the session, the person and the client it rests on', async () => {
	const other = await addPerson(ombud);
	const others = await signInPerson(ombud, other);
	const first = await personTokens(ombud, others, 'web_portal', 'openid consent:manage');
	const page = await others.open('/security');
	await others.submitOnce(page, others.findForm(page, { action: '/sign-out' }));
	assertProblem(await records(first.access_token), 401);

	const again = await signInPerson(ombud, other);
	const second = await personTokens(ombud, again, 'web_portal', 'openid consent:manage');
	assert.equal((await records(second.access_token)).status, 200);
	await authctlJson(ombud, 'user', 'disable', other.sub);
	assertProblem(await records(second.access_token), 401);
	assert.equal((await introspect('web_portal', second.access_token)).text, '{"active":false}');

	const added = await authctlJson(ombud, 'client', 'add', 'svc-passing.example', '--auth', 'client_secret_basic', '--grants', 'client_credentials',
		'--scopes', 'access:evaluate', '--service', 'svc_legacy');
	const { json } = await requestToken(web, issuer, added.client_id, { auth: 'client_secret_basic', client_id: added.client_id,
		client_secret: added.client_secret });
	await authctlJson(ombud, 'client', 'disable', added.client_id);
	assertProblem(await evaluate(json.access_token), 401);
});

/* Fifty refusals a second have an entry each (audit/refusals.h): this one has a second of its own, and is known by its trace. */
test('every refusal of a client is an entry, and none of it says what was sent', async () => {
	const assertion = await clientAssertion(issuer, 'svc_benefits_north', await newKey());
	const trace = randomBytes(16).toString('hex');

	await sleep(1100);
	assertOAuthError(await sendAssertion(assertion, {}, { traceparent: `00-${trace}-00f067aa0ba902b7-01` }), 401, 'invalid_client');
	const { entry, bytes } = await untilEntry(ombud, 'invalid_client', (one) => one.trace?.includes(trace));

	assert.equal(entry.reason, 'invalid_client');
	for (const sent of [...assertion.split('.'), claimsOf(assertion).jti]) {
		assert.ok(!bytes.toString().includes(sent), 'nothing of the assertion is in it');
	}
	assert.equal(entry.decision ?? 'refuse', 'refuse');
	assert.equal(logEntries(ombud).filter((one) => one.entry.event === 'log.started').length, 1, 'nothing was started again');
	await assertLawful(ombud);
});
