/*
 * test_dpop.mjs: tokens that somebody else has found (RFC 9449; attack T13, T10; FAPI 2.0 modules on DPoP). A bound token is worth
 * nothing without its key, and a proof is worth nothing but for its one request.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addPerson, asClient, assertLawful, assertOAuthError, assertProblem, bearer, claimsOf, personTokens, raw, reconfigure, signInPerson } from '../system/lib/outsider.mjs';
import { clientCredentials, hashOf, makeProof, newProofKey, ownProofKey, question, tokenHeaders, untilServed, useOmbud } from '../system/lib/ombud.mjs';

const NORTH = 'svc_benefits_north';

let issuer;
let web;
let person;
let plain; /* a person's token that is bound to nothing */
let bound; /* the service's, bound to our key */
let endpoint, evaluation;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	endpoint = `${issuer}/oauth2/token`;
	evaluation = `${issuer}/access/v1/evaluation`;
	person = await addPerson(started);
	plain = (await personTokens(started, await signInPerson(started, person), 'web_portal', 'openid consent:manage')).access_token;
	bound = (await started.service(NORTH)).token;
});

/* A token request of the service with this proof: text, several, or undefined. */
async function askToken(dpop, name = NORTH) {
	const client = ombud.demo.clients[name];
	const { headers, form } = await clientCredentials(issuer, client.client_id ?? name, client);
	return web.post(endpoint, { headers: { ...headers, ...(dpop === undefined ? {} : { dpop }) }, form: { grant_type: 'client_credentials', ...form } });
}

/* A decision asked for with this token and proof. */
const evaluate = (token, dpop, scheme = 'DPoP') => web.post(evaluation, { json: question(person.sub),
	headers: { authorization: `${scheme} ${token}`, ...(dpop === undefined ? {} : { dpop }) } });

const proof = (options) => makeProof('POST', evaluation, { token: bound, ...options });
const now = () => Math.floor(Date.now() / 1000);

/* ---- what is wrong with a proof, here and there ---- */

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/* [what, how it is made]; `make` gives a proof for that place with changes. */
async function wrongProofs(make) {
	const other = await newProofKey();
	const rsa = await newProofKey('RS256');
	const { d, ...open } = ownProofKey.privateKey.export({ format: 'jwk' });
	const good = await make({});
	const [head, body, signature] = good.split('.');
	return [
		['not a JWT', 'x'], ['empty parts', '..'], ['two parts', `${head}.${body}`], ['five parts', `${good}.x.y`], ['padded', `${good}=`],
		['another signature', `${head}.${body}.${signature.slice(0, -4)}AAAA`], ['no signature', `${head}.${body}.`],
		['alg none', `${encode({ typ: 'dpop+jwt', alg: 'none', jwk: ownProofKey.jwk })}.${body}.`],
		['the key of another, signed by us', await make({ head: { jwk: other.jwk } })],
		['our key, signed by another', await make({ signer: other.privateKey })],
		['private key shown', await make({ head: { jwk: { ...open, d } } })],
		['RS256', await make({ key: rsa })],
		['typ JWT', await make({ head: { typ: 'JWT' } })], ['no typ', await make({ head: { typ: undefined } })],
		['no jwk', await make({ head: { jwk: undefined } })], ['kid instead of jwk', await make({ head: { jwk: undefined, kid: ownProofKey.jkt } })],
		['jku', await make({ head: { jku: 'https://localhost:1/keys' } })], ['crit', `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: ownProofKey.jwk, crit: ['x'], x: 1 })}.${body}.${signature}`],
		['htm GET', await make({ claims: { htm: 'GET' } })], ['htm in small letters', await make({ claims: { htm: 'post' } })],
		['no htm', await make({ claims: { htm: undefined } })], ['no htu', await make({ claims: { htu: undefined } })],
		['htu of another endpoint', await make({ claims: { htu: `${issuer}/oauth2/userinfo` } })],
		['htu of another server', await make({ claims: { htu: 'https://evil.example/oauth2/token' } })],
		['htu with a user', await make({ claims: { htu: endpoint.replace('https://', 'https://x@') } })],
		['htu is the issuer', await make({ claims: { htu: issuer } })],
		['no iat', await make({ claims: { iat: undefined } })], ['iat 61 s ago', await make({ claims: { iat: now() - 62 } })],
		['iat an hour ago', await make({ claims: { iat: now() - 3600 } })], ['iat 15 s ahead', await make({ claims: { iat: now() + 15 } })],
		['iat a day ahead', await make({ claims: { iat: now() + 86400 } })], ['iat as text', await make({ claims: { iat: String(now()) } })],
		['no jti', await make({ claims: { jti: undefined } })], ['jti of 129 bytes', await make({ claims: { jti: 'x'.repeat(129) } })],
		['jti is a number', await make({ claims: { jti: 7 } })],
	];
}

test('T13 at the token endpoint: a proof that is not for this request, this moment and this key gives no token', async () => {
	for (const [what, dpop] of await wrongProofs((options) => makeProof('POST', endpoint, options))) {
		const answer = await askToken(dpop);
		assert.equal(answer.status, 400, `${what}: ${answer.status} ${answer.text}`);
		assertOAuthError(answer, 400, 'invalid_dpop_proof');
	}
	assert.equal((await askToken(await makeProof('POST', endpoint))).status, 200);
});

test('T13 at a resource: a proof that is not for this request, this moment, this token and this key opens nothing', async () => {
	const wrong = [
		...await wrongProofs((options) => proof(options)),
		['no ath', await proof({ token: undefined })], ['ath of another token', await proof({ token: plain })],
		['ath in base64', await proof({ claims: { ath: Buffer.from(hashOf(bound), 'base64url').toString('base64') } })],
		['made for the token endpoint', await makeProof('POST', endpoint)],
	];

	for (const [what, dpop] of wrong) {
		const answer = await evaluate(bound, dpop);
		assertProblem(answer, 401);
		assert.match(answer.header('www-authenticate'), /^DPoP error="invalid_dpop_proof".*algs="ES256 PS256 EdDSA Ed25519"/, what);
		assert.ok(!/"decision"/.test(answer.text), what);
	}
	assert.equal((await evaluate(bound, await proof())).status, 200);
});

test('FAPI 12, 14: 8 s of a clock ahead, 10 s behind, EdDSA and PS256 are accepted, and a nonce that nobody asked for too', async () => {
	for (const options of [{ claims: { iat: now() + 8 } }, { claims: { iat: now() - 10 } }, { key: await newProofKey('EdDSA') },
		{ key: await newProofKey('Ed25519') },
		{ key: await newProofKey('PS256') }, { nonce: 'x' }, { claims: { htu: `${endpoint}?a=b#c` } },
		{ claims: { htu: endpoint.replace('https://localhost', 'HTTPS://LOCALHOST') } }]) {
		const answer = await askToken(await makeProof('POST', endpoint, options));
		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.json.token_type, 'DPoP');
		assert.equal(claimsOf(answer.json.access_token).cnf.jkt, (options.key ?? ownProofKey).jkt);
	}
});

test('two DPoP headers are one too many, and an empty one is none', async () => {
	const pair = async (make) => [await make(), await make()];
	const there = await askToken(await pair(() => makeProof('POST', endpoint)));
	assertOAuthError(there, 400, 'invalid_dpop_proof');
	assertProblem(await evaluate(bound, await pair(() => proof())), 401);
	assertOAuthError(await askToken(''), 400, 'invalid_dpop_proof');
	assertProblem(await evaluate(bound, ''), 401);
});

/* ---- once ---- */

test('of 64 parallel uses of one proof at the token endpoint exactly one gives a token', async () => {
	const dpop = await makeProof('POST', endpoint);
	const answers = await Promise.all(Array.from({ length: 64 }, () => askToken(dpop)));

	assert.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ status }) => status).join());
	answers.filter(({ status }) => status !== 200).forEach((answer) => assertOAuthError(answer, 400, 'invalid_dpop_proof'));
	assertOAuthError(await askToken(dpop), 400, 'invalid_dpop_proof');
});

test('of 64 parallel uses of one proof at a resource exactly one is answered', async () => {
	const dpop = await proof();
	const answers = await Promise.all(Array.from({ length: 64 }, () => evaluate(bound, dpop)));

	assert.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ status }) => status).join());
	answers.filter(({ status }) => status !== 200).forEach((answer) => assertProblem(answer, 401));
});

test('another key may use the same jti, and the same key another one', async () => {
	const jti = randomUUID();
	assert.equal((await askToken(await makeProof('POST', endpoint, { claims: { jti } }))).status, 200);
	assert.equal((await askToken(await makeProof('POST', endpoint, { claims: { jti }, key: await newProofKey() }))).status, 200);
	assertOAuthError(await askToken(await makeProof('POST', endpoint, { claims: { jti } })), 400, 'invalid_dpop_proof');
	assert.equal((await askToken(await makeProof('POST', endpoint))).status, 200);
});

/* ---- whose token ---- */

test('FAPI 11: a fapi client gets no token that is bound to nothing, and is told what to add', async () => {
	const answer = await askToken(undefined);
	assertOAuthError(answer, 400, 'invalid_dpop_proof');
	assert.match(answer.json.error_description, /add the header DPoP/);
});

test('a bound token as Bearer, with or without a proof, is worth nothing', async () => {
	for (const answer of [await evaluate(bound, undefined, 'Bearer'), await evaluate(bound, await proof(), 'Bearer'),
		await web.get(`${issuer}/oauth2/userinfo`, { headers: bearer(bound) })]) {
		assert.equal(answer.status, 401, answer.text);
		assert.match(answer.header('www-authenticate'), /^DPoP error="invalid_token"/);
	}
	const missing = await evaluate(bound, undefined);
	assertProblem(missing, 401);
	assert.match(missing.header('www-authenticate'), /^DPoP error="invalid_dpop_proof"/);
});

test('a token that is bound to nothing does not become bound by its scheme', async () => {
	const url = `${issuer}/consent/v1/records`;
	const answer = await web.get(url, { headers: { authorization: `DPoP ${plain}`, dpop: await makeProof('GET', url, { token: plain }) } });
	assertProblem(answer, 401);
	assert.match(answer.header('www-authenticate'), /error="invalid_token"/);
	assert.equal((await web.get(url, { headers: { ...bearer(plain), dpop: await makeProof('GET', url, { token: plain }) } })).status, 200,
		'a proof beside a Bearer token is nothing to anybody');
});

test('a stolen token with the proof of the thief\'s own key is refused', async () => {
	const key = await newProofKey();
	const answer = await evaluate(bound, await proof({ key }));
	assertProblem(answer, 401);
	assert.match(answer.header('www-authenticate'), /error="invalid_token"/);
});

test('a proof for one path, method or token does not open another', async () => {
	const records = `${issuer}/consent/v1/records`;
	const forRecords = await makeProof('GET', records, { token: bound });
	const again = (await ombud.service(NORTH)).token;

	assertProblem(await evaluate(bound, forRecords), 401);
	assertProblem(await evaluate(again, await proof()), 401);
	assert.equal((await web.get(`${records}?state=given`, { headers: { authorization: `DPoP ${bound}`, dpop: forRecords } })).status, 200,
		'the query is not part of the address of a proof');
});

test('what the Host header says is not what a proof is for', async () => {
	const dpop = await makeProof('POST', 'https://evil.example/access/v1/evaluation', { token: bound });
	const body = JSON.stringify(question(person.sub));
	const answer = await raw(ombud, `POST /access/v1/evaluation HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nConnection: close\r\n`
		+ `Content-Length: ${Buffer.byteLength(body)}\r\nAuthorization: DPoP ${bound}\r\nDPoP: ${dpop}\r\n\r\n${body}`);
	assert.match(answer, /^HTTP\/1\.1 401 /);
	assert.ok(!/"decision"/.test(answer));
});

test('FAPI 20: the names of schemes have no case', async () => {
	for (const scheme of ['DPoP', 'dpop', 'DPOP']) {
		assert.equal((await evaluate(bound, await proof(), scheme)).status, 200, scheme);
	}
	for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
		assert.equal((await web.get(`${issuer}/consent/v1/records`, { headers: { authorization: `${scheme} ${plain}` } })).status, 200, scheme);
	}
});

test('T10: a token in the query or the body, alone or beside the header, is refused', async () => {
	const url = `${issuer}/oauth2/userinfo`;
	const form = { access_token: plain };

	for (const answer of [
		await web.get(`${url}?access_token=${plain}`), await web.get(`${url}?access_token=${plain}`, { headers: bearer(plain) }),
		await web.get(`${url}?access_token=`, { headers: bearer(plain) }), await web.post(url, { form }),
		await web.post(url, { form, headers: bearer(plain) }), await web.post(`${url}?access_token=${plain}`, { form, headers: bearer(plain) }),
		await web.get(url, { headers: { authorization: [`Bearer ${plain}`, `Bearer ${plain}`] } }),
		await web.get(url, { headers: { authorization: [`Bearer ${plain}`, `DPoP ${plain}`] } }),
	]) {
		assertOAuthError(answer, 400, 'invalid_request');
	}
	assertProblem(await web.post(`${evaluation}?access_token=${bound}`, { headers: await tokenHeaders('POST', evaluation, bound), json: {} }), 400);
	assert.equal((await web.post(url, { headers: bearer(plain) })).status, 200);
});

/* ---- what others are told ---- */

test('introspection says that a token is bound, and to what', async () => {
	const { json } = await asClient(ombud, NORTH, '/oauth2/introspect', { token: bound });
	assert.equal(json.active, true);
	assert.equal(json.token_type, 'DPoP');
	assert.deepEqual(json.cnf, { jkt: ownProofKey.jkt });
	assert.equal((await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: plain })).json.token_type, 'Bearer');
});

test('who sends no token is told of both schemes and of no error', async () => {
	const answer = await web.get(`${issuer}/consent/v1/records`);
	assertProblem(answer, 401);
	assert.match(answer.header('www-authenticate'), /^Bearer realm="ombud", DPoP realm="ombud", algs="ES256 PS256 EdDSA Ed25519"$/);
});

test('a bound token that was taken back is not good with the best of proofs', async () => {
	const { token } = await ombud.service(NORTH);
	const ask = async () => evaluate(token, await makeProof('POST', evaluation, { token }));
	assert.equal((await ask()).status, 200);
	assert.equal((await asClient(ombud, NORTH, '/oauth2/revoke', { token })).status, 200);
	assertProblem(await ask(), 401);
});

test('what a plain client may do it may do bound: the token is then worth nothing without the key', async () => {
	const key = await newProofKey();
	const answer = await askToken(await makeProof('POST', endpoint, { key }), 'svc_legacy');
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.token_type, 'DPoP');
	const token = answer.json.access_token;
	assertProblem(await evaluate(token, undefined, 'Bearer'), 401);
	const asked = { ...question(person.sub), subject: { type: 'service', id: ombud.demo.clients.svc_legacy.client_id } };
	assert.equal((await web.post(evaluation, { json: asked, headers: await tokenHeaders('POST', evaluation, token, key) })).status, 200);
});

/* ---- nonces: with `dpop_nonce: required`, so this comes last ---- */

test('where a nonce is asked for, a proof without it, with an old or an invented one is sent back with a fresh one', async () => {
	await reconfigure(ombud, (text) => `${text}dpop_nonce: required\n`);
	const first = await untilServed('a token', async () => {
		const answer = await askToken(await makeProof('POST', endpoint));
		return answer.status !== 503 && answer;
	});
	assertOAuthError(first, 400, 'use_dpop_nonce');
	const nonce = first.header('dpop-nonce');
	assert.match(nonce, /^[A-Za-z0-9_-]{22}$/);

	for (const wrong of ['', 'x', nonce.toLowerCase(), `${nonce}A`, 'A'.repeat(22)]) {
		const answer = await askToken(await makeProof('POST', endpoint, { nonce: wrong }));
		assertOAuthError(answer, 400, 'use_dpop_nonce');
		assert.ok(answer.header('dpop-nonce'));
	}
	const good = await askToken(await makeProof('POST', endpoint, { nonce }));
	assert.equal(good.status, 200, good.text);
	assert.ok(good.header('dpop-nonce'), 'the next one comes with the answer');
	const token = good.json.access_token;
	const without = await evaluate(token, await makeProof('POST', evaluation, { token }));
	assertProblem(without, 401);
	assert.match(without.header('www-authenticate'), /^DPoP error="use_dpop_nonce"/);
	const next = without.header('dpop-nonce');
	assert.equal((await evaluate(token, await makeProof('POST', evaluation, { token, nonce: next }))).status, 200);
	assertOAuthError(await askToken(undefined), 400, 'invalid_dpop_proof');
});

test('after all of this the log holds, and every permit in it had its ground', () => assertLawful(ombud));
