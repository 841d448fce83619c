/*
 * test_conformance_fapi.mjs: what the FAPI 2.0 Security Profile plan of the OpenID suite checks, by hand, at a client with private_key_jwt and
 * DPoP: assertions at PAR and at the token endpoint, what a pushed request must have, proofs along the way, and each refusal's name.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, authctl, authctlJson, authorizeRequest, claimsOf, headOf, signInPerson } from './lib/outsider.mjs';
import { ASSERTION_TYPE, calculateThumbprint, clientAssertion, makeKeyPair, makeProof, newProofKey, sleep, useOmbud, verifyOffline } from './lib/ombud.mjs';

const CLIENT = 'web_fapi';
const OTHER = 'fapi-second'; /* another fapi client, with its own RSA key */

let issuer;
let web;
let browser;
let person;
const known = {}; /* by client: { jwk, redirect_uri } */

async function addSecond(started) {
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-fapi-'));
	const jwk = { ...makeKeyPair('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), alg: 'PS256' };
	jwk.kid = await calculateThumbprint(jwk);
	const { kty, n, e, kid, alg } = jwk;
	writeFileSync(join(scratch, 'jwks'), JSON.stringify({ keys: [{ kty, n, e, kid, alg }] }));
	known[OTHER] = { jwk, redirect_uri: 'https://localhost:9443/second' };
	try {
		await authctlJson(started, 'client', 'add', OTHER, '--name', 'Второй клиент', '--organisation', 'org_csp_north', '--auth', 'private_key_jwt', '--fapi',
			'--redirect-uri', known[OTHER].redirect_uri, '--grants', 'authorization_code refresh_token', '--scopes', 'openid profile offline_access', '--jwks-file', join(scratch, 'jwks'));
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
}

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	known[CLIENT] = { jwk: started.demo.clients[CLIENT].jwk, redirect_uri: started.demo.clients[CLIENT].redirect_uris[0] };
	await addSecond(started);
	person = await addPerson(started);
	browser = await signInPerson(started, person);
});

const seconds = () => Math.floor(Date.now() / 1000);
const given = (fields) => Object.entries(fields).filter(([, value]) => value !== undefined);

/* The client's part of a form. `claims` changes the assertion (undefined leaves out), `alg` its algorithm, false leaves it out. */
async function shown(client, { claims, alg, assertion = true } = {}) {
	const { jwk } = known[client];
	return assertion ? { client_id: client, client_assertion_type: ASSERTION_TYPE,
		client_assertion: await clientAssertion(issuer, client, alg ? { ...jwk, alg } : jwk, claims) } : { client_id: client };
}

/* POST /oauth2/par: { answer, verifier, redirect_uri }. */
async function push({ client = CLIENT, changes = {}, as = {}, key, headers = {} } = {}) {
	const { redirect_uri } = known[client];
	const { parameters, verifier } = authorizeRequest(ombud, CLIENT, { client_id: client, redirect_uri, ...changes });
	const url = `${issuer}/oauth2/par`;
	const answer = await web.post(url, { form: given({ ...parameters, ...await shown(client, as) }),
		headers: { ...headers, ...(key ? { dpop: await makeProof('POST', url, { key }) } : {}) } });
	return { answer, verifier, redirect_uri, client, parameters };
}

const open = (client, request_uri) => browser.get(`${issuer}/oauth2/authorize?${new URLSearchParams({ client_id: client, request_uri })}`);

/* From PAR to the code: the parameters of the redirect, too. */
async function authorized(options) {
	const pushed = await push(options);
	assert.equal(pushed.answer.status, 201, pushed.answer.text);
	const answer = await open(pushed.client, pushed.answer.json.request_uri);
	assert.equal(answer.status, 303, answer.text.slice(0, 200));
	const told = Object.fromEntries(new URL(answer.location).searchParams);
	assert.equal(told.iss, issuer);
	return { ...pushed, told, code: told.code };
}

async function redeem(flow, { changes = {}, as = {}, by = flow.client, key, proof = {}, dpop } = {}) {
	const url = `${issuer}/oauth2/token`;
	return web.post(url, { form: given({ grant_type: 'authorization_code', code: flow.code, redirect_uri: flow.redirect_uri, code_verifier: flow.verifier,
		...await shown(by, as), ...changes }), headers: dpop === false ? {} : { dpop: await makeProof('POST', url, { key, ...proof }) } });
}

async function assertGiven(answer) {
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.token_type.toLowerCase(), 'dpop');
	return answer.json;
}

function assertRefused(answer, errors, why) {
	assert.ok([400, 401].includes(answer.status), `${why}: ${answer.status} ${answer.text}`);
	assert.ok([].concat(errors).includes(answer.json.error), `${why}: ${answer.text}`);
	assert.ok(!answer.json.access_token && !answer.json.request_uri);
}

test('the whole way: PAR, code, tokens bound to the key, an ID token of an algorithm that FAPI allows', async () => {
	for (const client of [CLIENT, OTHER]) {
		const flow = await authorized({ client, changes: { nonce: randomUUID() } });
		const tokens = await assertGiven(await redeem(flow));
		assert.match(headOf(tokens.id_token).alg, /^(ES256|PS256|EdDSA)$/);
		const jwks = (await web.get(`${issuer}/jwks`)).json;
		const { payload } = await verifyOffline(tokens.id_token, jwks, { issuer, audience: client, algorithms: ['ES256', 'PS256'] });
		assert.equal(payload.nonce, flow.parameters.nonce);
		assert.ok(claimsOf(tokens.access_token).cnf.jkt);
	}
});

test('a request_uri lives less than ten minutes and cannot be guessed', async () => {
	const { answer } = await push();
	assert.ok(answer.json.expires_in > 4 && answer.json.expires_in < 600);
	assert.match(answer.json.request_uri, /^urn:ietf:params:oauth:request_uri:[\w-]{22,}$/);
	assert.match(answer.header('cache-control'), /no-store/);
});

test('without nonce and without state it works, and neither is made up', async () => {
	const flow = await authorized({ changes: { state: undefined } });
	assert.deepEqual(Object.keys(flow.told).sort(), ['code', 'iss']);
	const { nonce, s_hash } = claimsOf((await assertGiven(await redeem(flow))).id_token);
	assert.deepEqual([nonce, s_hash], [undefined, undefined]);
});

test('scopes in another order are the same scopes', async () => {
	const flow = await authorized({ client: OTHER, changes: { scope: 'profile openid' } });
	await assertGiven(await redeem(flow));
});

/* What an assertion must not be; FAPI 2.0 5.3.2.1, RFC 7523 3, RFC 10070. */
const assertions = () => ({
	'RS256': { client: OTHER, as: { alg: 'RS256' } },
	'the audience is another server': { as: { claims: { aud: 'https://other.example' } } },
	'the audience is the token endpoint': { as: { claims: { aud: `${issuer}/oauth2/token` } } },
	'the audience is the PAR endpoint': { as: { claims: { aud: `${issuer}/oauth2/par` } } },
	'the audience is a list': { as: { claims: { aud: [issuer] } } },
	'the audience is a list with others': { as: { claims: { aud: [issuer, `${issuer}/oauth2/token`, 'https://other.example'] } } },
	'the audience is the issuer with a slash': { as: { claims: { aud: `${issuer}/` } } },
	'no subject': { as: { claims: { sub: undefined } } },
	'another subject': { as: { claims: { sub: OTHER } } },
	'no issuer': { as: { claims: { iss: undefined } } },
	'no audience': { as: { claims: { aud: undefined } } },
	'no jti': { as: { claims: { jti: undefined } } },
	'no end': { as: { claims: { exp: undefined } } },
	'ended five minutes ago': { as: { claims: { iat: seconds() - 360, exp: seconds() - 300 } } },
	'begins in more than a minute': { as: { claims: { iat: seconds() + 70, nbf: seconds() + 70, exp: seconds() + 130 } } },
	'there is none': { as: { assertion: false } },
});

test('an assertion that FAPI refuses is invalid_client at PAR', async () => {
	for (const [why, options] of Object.entries(assertions())) {
		assertRefused((await push(options)).answer, ['invalid_client', 'invalid_request'], why);
	}
});

test('an assertion that FAPI refuses is invalid_client at the token endpoint, and the code is still its client\'s', async () => {
	const flows = { [CLIENT]: await authorized(), [OTHER]: await authorized({ client: OTHER }) };
	for (const [why, { client = CLIENT, as }] of Object.entries(assertions())) {
		assertRefused(await redeem(flows[client], { as }), ['invalid_client', 'invalid_request'], why);
	}
	await assertGiven(await redeem(flows[CLIENT]));
	await assertGiven(await redeem(flows[OTHER]));
});

test('an assertion of a clock that is eight seconds ahead is accepted, at PAR and at the token endpoint', async () => {
	const ahead = () => ({ claims: { iat: seconds() + 8, nbf: seconds() + 8, exp: seconds() + 68 } });
	const flow = await authorized({ as: ahead() });
	await assertGiven(await redeem(flow, { as: ahead() }));
});

test('the client_id of another client beside an assertion is refused, at PAR and at the token endpoint', async () => {
	const flow = await authorized();
	assertRefused(await redeem(flow, { changes: { client_id: OTHER } }), ['invalid_client', 'invalid_request'], 'token');
	assertRefused(await redeem(flow, { by: OTHER }), 'invalid_grant', 'the other client itself');
	const { parameters } = authorizeRequest(ombud, CLIENT);
	const url = `${issuer}/oauth2/par`;
	const answer = await web.post(url, { form: { ...parameters, ...await shown(CLIENT), client_id: OTHER } });
	assertRefused(answer, ['invalid_client', 'invalid_request'], 'PAR');
});

test('a pushed request must name an address, and one that is registered', async () => {
	assertRefused((await push({ changes: { redirect_uri: undefined } })).answer, 'invalid_request', 'none');
	for (const redirect_uri of ['https://localhost:9443/fapi?x', 'https://localhost:9443/other', known[OTHER].redirect_uri, 'http://localhost:9443/fapi']) {
		assertRefused((await push({ changes: { redirect_uri } })).answer, 'invalid_request', redirect_uri);
	}
});

test('a pushed request has S256, response_type code, and no request object of its own', async () => {
	for (const [changes, errors] of [[{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'], [{ code_challenge_method: 'plain' }, 'invalid_request'],
		[{ response_type: 'code id_token' }, ['unsupported_response_type', 'invalid_request']], [{ response_type: 'token' }, ['unsupported_response_type', 'invalid_request']],
		[{ request_uri: `urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}` }, 'invalid_request'], [{ request: 'e30.e30.' }, ['request_not_supported', 'invalid_request']]]) {
		assertRefused((await push({ changes })).answer, errors, JSON.stringify(changes));
	}
});

test('PAR is for POST, and for clients that show who they are', async () => {
	for (const method of ['GET', 'PUT', 'DELETE']) {
		const answer = await web.request(method, `${issuer}/oauth2/par?${new URLSearchParams(await shown(CLIENT))}`);
		assert.ok([400, 405].includes(answer.status), method);
	}
	assertRefused((await push({ as: { assertion: false } })).answer, ['invalid_client', 'invalid_request'], 'nobody');
});

test('a code is redeemed with its verifier and a proof of possession, or not at all', async () => {
	for (const [why, errors, options] of [['no verifier', ['invalid_grant', 'invalid_request'], { changes: { code_verifier: undefined } }],
		['another verifier', 'invalid_grant', { changes: { code_verifier: 'x'.repeat(43) } }]]) {
		assertRefused(await redeem(await authorized(), options), errors, why);
	}
	assertRefused(await redeem(await authorized(), { dpop: false }), ['invalid_dpop_proof', 'invalid_request', 'invalid_grant'], 'no proof');
});

test('a code used again after a second is invalid_grant, and the token of its first use is worth nothing', async () => {
	const flow = await authorized();
	const { access_token } = await assertGiven(await redeem(flow));
	const url = `${issuer}/oauth2/userinfo`;
	assert.equal((await web.get(url, { token: access_token })).status, 200);
	await sleep(1000);
	assertRefused(await redeem(flow), 'invalid_grant', 'again');
	assert.equal((await web.get(url, { token: access_token })).status, 401);
});

test('dpop_jkt at PAR, a proof at PAR, and both: the code is that key\'s', async () => {
	const key = await newProofKey();
	const other = await newProofKey();
	for (const options of [{ changes: { dpop_jkt: key.jkt } }, { key }, { key, changes: { dpop_jkt: key.jkt } }]) {
		assert.equal(claimsOf((await assertGiven(await redeem(await authorized(options), { key }))).access_token).cnf.jkt, key.jkt);
		assertRefused(await redeem(await authorized(options), { key: other }), ['invalid_dpop_proof', 'invalid_grant'], 'another key');
	}
	assertRefused((await push({ key, changes: { dpop_jkt: other.jkt } })).answer, ['invalid_dpop_proof', 'invalid_request'], 'they disagree');
});

test('proofs of a clock ten seconds off are accepted at PAR, at the token endpoint and at a resource', async () => {
	for (const off of [9, -10]) {
		const iat = () => ({ claims: { iat: seconds() + off } });
		const key = await newProofKey();
		const par = await makeProof('POST', `${issuer}/oauth2/par`, { key, ...iat() });
		const flow = await authorized({ headers: { dpop: par } });
		const { access_token } = await assertGiven(await redeem(flow, { key, proof: iat() }));
		const url = `${issuer}/oauth2/userinfo`;
		const answer = await web.get(url, { headers: { authorization: `DPoP ${access_token}`, dpop: await makeProof('GET', url, { key, token: access_token, ...iat() }) } });
		assert.equal(answer.status, 200, `${off}: ${answer.text}`);
	}
});

test('a fapi client cannot be registered with a secret, as a public one, or with RS256', async () => {
	for (const options of [['--auth', 'client_secret_basic'], ['--auth', 'client_secret_post'], ['--auth', 'none'], ['--auth', 'tls_client_auth', '--tls-san', 'https://x.example/', '--id-token-alg', 'RS256'],
		['--auth', 'tls_client_auth', '--tls-san', 'https://x.example/', '--access-token-alg', 'RS256']]) {
		const { status } = await authctl(ombud, 'client', 'add', 'fapi-weak', '--name', 'x', '--organisation', 'org_csp_north', '--fapi', '--redirect-uri', 'https://localhost:9443/weak',
			'--grants', 'authorization_code', '--scopes', 'openid', ...options);
		assert.equal(status, 1, options.join(' '));
	}
});

test('after all of this the log holds', async () => {
	await assertLawful(ombud);
});
