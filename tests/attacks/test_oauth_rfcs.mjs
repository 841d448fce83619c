/*
 * test_oauth_rfcs.mjs: what the security sections of the OAuth RFCs warn of beyond the numbered rows (RFC 9700, 9126, 9207, 9449, 8628, 8693 and
 * the drafts that update them), each after its honest twin. X01 to X10 of the table in tests/README.md.
 */
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, assertOAuthError, asClient, authctlJson, authorizeRequest, bearer, claimsOf, getCode, personTokens, raw, reconfigure, redeem, signInPerson }
	from '../system/lib/outsider.mjs';
import { ASSERTION_TYPE, clientAssertion, clientCredentials, makeProof, newProofKey, useOmbud } from '../system/lib/ombud.mjs';

globalThis.crypto ??= webcrypto;
const openid = await import('openid-client');

const CALLBACKS = ['https://tool-one.example/cb', 'https://tool-two.example/cb'];
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

let issuer;
let web;
let person;
let browser;
let endpoint;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	endpoint = `${issuer}/oauth2/token`;
	web = started.web();
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	await authctlJson(started, 'client', 'add', 'two-tools', '--name', 'Один клиент, два инструмента', '--organisation', 'org_csp_north', '--auth', 'none',
		'--grants', 'authorization_code', '--scopes', 'openid', ...CALLBACKS.flatMap((uri) => ['--redirect-uri', uri]));
});

const form = (fields) => Object.entries(fields).filter(([, value]) => value !== undefined);
const own = (client, claims) => clientAssertion(issuer, client, ombud.demo.clients[client].jwk, claims);
const asserted = async (client, claims) => ({ client_assertion_type: ASSERTION_TYPE, client_assertion: await own(client, claims) });
const basic = (id, secret) => ({ authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}` });

test('X01: a client that asks two servers notices whose answer it has', async () => {
	const { clients } = ombud.demo;
	const [redirect] = clients.web_portal.redirect_uris;
	const key = await crypto.subtle.importKey('jwk', clients.web_portal.jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
	const config = await openid.discovery(new URL(issuer), 'web_portal', {}, openid.PrivateKeyJwt({ key, kid: clients.web_portal.jwk.kid }, {
		[openid.modifyAssertion]: (head, body) => { body.aud = issuer; } }), { [openid.customFetch]: web.fetch });
	const come = async (change) => {
		const { callback, verifier, parameters } = await getCode(ombud, browser, 'web_portal', {});
		change(callback.searchParams);
		assert.ok(callback.href.startsWith(redirect));
		return openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState: parameters.state });
	};

	assert.ok((await come(() => {})).access_token);
	await assert.rejects(come((answer) => answer.set('iss', 'https://evil.example')), 'somebody else\'s answer');
	await assert.rejects(come((answer) => answer.delete('iss')), 'our metadata says that there always is one');
	const refused = await browser.get(authorizeRequest(ombud, 'web_portal', { scope: 'nothing' }).url);
	assert.equal(new URL(refused.location).searchParams.get('iss'), issuer, 'errors carry it, too');
});

test('X02: an assertion that another server got from our client is worth nothing here, at no endpoint', async () => {
	const { access_token } = await personTokens(ombud, browser, 'web_portal', 'openid');
	const endpoints = { token: { grant_type: 'refresh_token', refresh_token: 'x' }, par: authorizeRequest(ombud, 'web_portal').parameters, introspect: { token: access_token },
		revoke: { token: 'x' } };
	for (const [name, fields] of Object.entries(endpoints)) {
		const url = `${issuer}/oauth2/${name}`;
		const good = await web.post(url, { form: { ...fields, ...await asserted('web_portal') } });
		assert.ok(good.status < 300 || good.json.error === 'invalid_grant', `${name}: ${good.text}`);
		for (const aud of ['https://evil.example', 'https://evil.example/token', url, endpoint, [issuer, 'https://evil.example'], ['https://evil.example', issuer], [issuer], `${issuer}/`,
			`${issuer}.evil.example`, issuer.toUpperCase(), `${issuer}?x`, `${issuer}#x`, '']) {
			const answer = await web.post(url, { form: { ...fields, ...await asserted('web_portal', { aud }) } });
			assertOAuthError(answer, 401, 'invalid_client');
		}
	}
});

test('X03: a code for one tool of a client is not redeemed at another tool\'s address', async () => {
	for (const [from, at] of [[0, 1], [1, 0]]) {
		const { url, verifier } = authorizeRequest(ombud, 'web_portal', { client_id: 'two-tools', redirect_uri: CALLBACKS[from] });
		const take = async (redirect_uri) => {
			const { location } = await browser.open(url);
			assert.ok(location.startsWith(`${CALLBACKS[from]}?`));
			return web.post(endpoint, { form: form({ grant_type: 'authorization_code', client_id: 'two-tools', redirect_uri, code_verifier: verifier,
				code: new URL(location).searchParams.get('code') }) });
		};
		assert.equal((await take(CALLBACKS[from])).status, 200);
		assertOAuthError(await take(CALLBACKS[at]), 400, 'invalid_grant');
		assert.equal((await take(undefined)).status, 400);
	}
});

test('X04: what stands in the address of a token request counts for nothing, and what stands twice ends it', async () => {
	const legacy = ombud.demo.clients.svc_legacy;
	const head = basic(legacy.client_id, legacy.client_secret);
	const ask = (query, fields) => web.post(`${endpoint}?${new URLSearchParams(query)}`, { headers: head, form: fields });

	assert.equal((await ask([], { grant_type: 'client_credentials' })).status, 200);
	assertOAuthError(await ask({ grant_type: 'client_credentials' }, {}), 400, 'invalid_request');
	const narrowed = await ask({ scope: 'admin', grant_type: 'password', client_id: 'web_portal' }, { grant_type: 'client_credentials' });
	assert.equal(narrowed.status, 200, 'the address is not read at all');
	assert.equal(claimsOf(narrowed.json.access_token).scope, 'access:evaluate');
	for (const name of ['grant_type', 'scope', 'client_id', 'code', 'x']) {
		assertOAuthError(await ask([], [['grant_type', 'client_credentials'], [name, 'client_credentials'], [name, 'access:evaluate']]), 400, 'invalid_request');
	}
	for (const path of ['introspect', 'revoke']) {
		const answer = await web.post(`${issuer}/oauth2/${path}?token=x`, { headers: head, form: {} });
		assertOAuthError(answer, 400, 'invalid_request');
	}
	const secret = await web.post(`${endpoint}?${new URLSearchParams({ client_id: legacy.client_id, client_secret: legacy.client_secret })}`, { form: { grant_type: 'client_credentials' } });
	assertOAuthError(secret, 401, 'invalid_client');
	const both = await browser.post(`${issuer}/oauth2/authorize?${new URLSearchParams({ redirect_uri: 'https://evil.example/' })}`, { form: form(authorizeRequest(ombud, 'web_portal').parameters) });
	assert.ok(both.location === undefined || both.location.startsWith(ombud.demo.clients.web_portal.redirect_uris[0]), both.location);
});

test('X05: ways of authentication that disagree, or are two, are none', async () => {
	const legacy = ombud.demo.clients.svc_legacy;
	const credentials = { grant_type: 'client_credentials' };
	const ask = (fields, headers = {}) => web.post(endpoint, { headers, form: form({ ...credentials, ...fields }) });

	assert.equal((await ask({}, basic(legacy.client_id, legacy.client_secret))).status, 200);
	assert.equal((await ask({ client_id: legacy.client_id }, basic(legacy.client_id, legacy.client_secret))).status, 200);
	const mixed = {
		'Basic of one client, client_id of another': await ask({ client_id: 'web_portal' }, basic(legacy.client_id, legacy.client_secret)),
		'an assertion of one client, client_id of another': await ask({ ...await asserted('web_portal'), client_id: legacy.client_id }),
		'an assertion of one client, client_id of a public one': await ask({ ...await asserted('web_portal'), client_id: 'mobile_app' }),
		'Basic and an assertion': await ask(await asserted('web_portal'), basic(legacy.client_id, legacy.client_secret)),
		'Basic and a secret in the form': await ask({ client_id: legacy.client_id, client_secret: legacy.client_secret }, basic(legacy.client_id, legacy.client_secret)),
		'an assertion and a secret': await ask({ ...await asserted('web_portal'), client_id: legacy.client_id, client_secret: legacy.client_secret }),
		'an assertion of another type': await ask({ ...await asserted('web_portal'), client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }),
		'an assertion without a type': await ask({ ...await asserted('web_portal'), client_assertion_type: undefined }),
		'the type without an assertion': await ask({ client_id: legacy.client_id, client_assertion_type: ASSERTION_TYPE }),
		'a confidential client by its name alone': await ask({ client_id: 'web_portal' }),
		'a certificate of another client beside the name': await web.showing(ombud.demo.clients.svc_tax).post(endpoint, { form: { ...credentials, client_id: 'svc_benefits_north' } }),
		'Bearer': await ask({ client_id: legacy.client_id }, { authorization: `Bearer ${legacy.client_secret}` }),
	};
	for (const [why, answer] of Object.entries(mixed)) {
		assert.ok([400, 401].includes(answer.status), `${why}: ${answer.status} ${answer.text}`);
		assert.match(answer.json.error, /^(invalid_client|invalid_request)$/, why);
		assert.equal(answer.json.access_token, undefined, why);
	}
	const { port } = new URL(issuer);
	const { authorization } = basic(legacy.client_id, legacy.client_secret);
	const twice = await raw(ombud, `POST /oauth2/token HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n`
		+ `Authorization: ${authorization}\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\ngrant_type=client_credentials`);
	assert.match(twice, /^HTTP\/1\.1 400 /);
});

test('X07: a token is good at the place it is for, and at no other place behind a proxy', async () => {
	const { access_token } = await personTokens(ombud, browser, 'web_portal', 'openid consent:manage');
	const there = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'service.example', 'x-original-uri': '/', 'x-original-method': 'GET' };
	const verify = (query, headers = bearer(access_token)) => web.get(`${issuer}/verify?${new URLSearchParams(query)}`, { headers: { ...there, ...headers } });

	assert.equal((await verify({ scope: 'consent:manage' })).status, 200);
	assert.equal((await verify({ scope: 'consent:manage', audience: issuer })).status, 200);
	for (const query of [{ audience: 'https://other.example' }, { scope: 'consent:manage', audience: `${issuer}/` }, { scope: 'admin' }, { scope: 'consent:manage access:evaluate' }, { purpose: 'eligibility' }]) {
		const answer = await verify(query);
		assert.ok([401, 403].includes(answer.status), JSON.stringify(query));
		assert.equal(answer.header('x-ombud-subject'), undefined);
	}
	/* What the visitor of the proxy brings cannot lower what the place needs. */
	assert.equal((await verify({ scope: 'admin' }, { ...bearer(access_token), 'x-ombud-require-scope': 'consent:manage' })).status, 403);
	assert.equal((await verify({ audience: 'https://other.example' }, { ...bearer(access_token), 'x-ombud-require-audience': issuer })).status, 403);
	const { id_token } = await personTokens(ombud, browser, 'web_portal', 'openid');
	assert.equal((await verify({}, bearer(id_token))).status, 401);
	assert.equal((await verify({}, { cookie: browser.cookies.header })).status, 401, 'a browser\'s session at Ombud is no token');
});

test('X08: a request_uri that is swapped for another gives whoever swapped it nothing', async () => {
	const push = async () => {
		const { parameters, verifier } = authorizeRequest(ombud, 'web_portal', { nonce: 'n' });
		const answer = await web.post(`${issuer}/oauth2/par`, { form: { ...parameters, ...await asserted('web_portal') } });
		assert.equal(answer.status, 201, answer.text);
		return { verifier, parameters, request_uri: answer.json.request_uri, redirect_uri: parameters.redirect_uri };
	};
	const finish = async ({ request_uri }, client_id = 'web_portal') => browser.get(`${issuer}/oauth2/authorize?${new URLSearchParams({ client_id, request_uri })}`);
	const told = (answer) => Object.fromEntries(new URL(answer.location).searchParams);
	const [victim, attacker] = [await push(), await push()];

	/* The victim's browser is led to the attacker's request: what comes back is about that one, and says so. */
	const { code, state } = told(await finish(attacker));
	assert.equal(state, attacker.parameters.state);
	assert.notEqual(state, victim.parameters.state, 'the client of the victim expects another one');
	assertOAuthError(await redeem(ombud, 'web_portal', { code, verifier: victim.verifier, redirect_uri: victim.redirect_uri }), 400, 'invalid_grant');
	/* Another client's name beside it, or parts of it changed on the way, lead nowhere. */
	for (const answer of [await finish(victim, 'mobile_app'), await finish({ request_uri: victim.request_uri.toUpperCase() }), await finish({ request_uri: `${victim.request_uri}x` }),
		await finish({ request_uri: victim.request_uri.slice(0, -1) })]) {
		assert.deepEqual([answer.status, answer.location], [400, undefined]);
	}
	const mine = told(await finish(victim));
	assert.equal((await redeem(ombud, 'web_portal', { code: mine.code, verifier: victim.verifier, redirect_uri: victim.redirect_uri })).status, 200);
});

test('X09: proofs that were made ahead of time, or for another server, are worth nothing', async () => {
	const client = ombud.demo.clients.svc_benefits_north;
	const key = await newProofKey();
	const ask = async (dpop) => {
		const { form: fields } = await clientCredentials(issuer, 'svc_benefits_north', client);
		return web.post(endpoint, { headers: { dpop }, form: { grant_type: 'client_credentials', ...fields } });
	};
	const now = Math.floor(Date.now() / 1000);
	const { access_token } = (await ask(await makeProof('POST', endpoint, { key }))).json;
	assert.ok(access_token);
	for (const options of [{ claims: { iat: now + 600 } }, { claims: { iat: now + 86400 } }, { claims: { iat: now - 3600 } }, { claims: { iat: 0 } }, { claims: { exp: now + 60, iat: undefined } }]) {
		assertOAuthError(await ask(await makeProof('POST', endpoint, { key, ...options })), 400, 'invalid_dpop_proof');
	}
	for (const url of ['https://evil.example/oauth2/token', `${issuer}/oauth2/par`, `${issuer.replace('https', 'http')}/oauth2/token`]) {
		assertOAuthError(await ask(await makeProof('POST', url, { key })), 400, 'invalid_dpop_proof');
	}
	/* Somebody who has seen token and proof, and asks for something else with them. */
	const seen = await makeProof('GET', `${issuer}/consent/v1/records`, { key, token: access_token });
	const use = (path, dpop) => web.get(`${issuer}${path}`, { headers: { authorization: `DPoP ${access_token}`, dpop } });
	assert.equal((await use('/consent/v1/records', seen)).status, 200);
	assert.equal((await use('/consent/v1/records', seen)).status, 401);
	assert.equal((await use('/consent/v1/records/x', await makeProof('GET', `${issuer}/consent/v1/records`, { key, token: access_token }))).status, 401);
});

test('X10: who acts for a person is in the token, whatever is left out', async () => {
	const { access_token } = await personTokens(ombud, browser, 'web_portal', 'openid consent:manage');
	const known = ombud.demo.clients.desk_app;
	const exchange = async (fields) => {
		const { form: mine } = await clientCredentials(issuer, 'desk_app', known);
		return web.post(endpoint, { form: form({ ...mine, grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: access_token, subject_token_type: ACCESS_TOKEN, ...fields }) });
	};
	for (const fields of [{}, { requested_token_type: ACCESS_TOKEN }, { act: '{}' }, { may_act: '{"sub":"x"}' }, { actor: 'x' }]) {
		const answer = await exchange(fields);
		assert.equal(answer.status, 200, answer.text);
		const { sub, act, client_id } = claimsOf(answer.json.access_token);
		assert.deepEqual([sub, act, client_id], [person.sub, { sub: 'svc:desk_app' }, 'desk_app']);
		assert.deepEqual((await asClient(ombud, 'svc_legacy', '/oauth2/introspect', { token: answer.json.access_token })).json.act, act);
	}
	for (const requested_token_type of ['urn:ietf:params:oauth:token-type:id_token', 'urn:ietf:params:oauth:token-type:refresh_token', 'urn:ietf:params:oauth:token-type:saml2', 'x']) {
		assertOAuthError(await exchange({ requested_token_type }), 400, 'invalid_request');
	}
});

/* Last: it uses up what this address may try. */
test('X06: a person is told what a device\'s code is, sees who asks before saying yes, and nobody guesses codes', async () => {
	await reconfigure(ombud, (text) => text.replace(/^wrong_tries: .*$/m, 'wrong_tries: 20')); /* a demonstration allows 10,000 */
	const started = await asClient(ombud, 'kiosk', '/oauth2/device', { scope: 'openid' });
	assert.equal(started.status, 200, started.text);
	const { user_code, verification_uri_complete, device_code } = started.json;
	assert.match(user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
	assert.ok(device_code.length >= 43, 'the device\'s secret is no code for people');

	/* RFC 8628 5.4: a link that somebody sent answers nothing; the page says what to look for, and shows the client and the code. */
	const page = await browser.open(verification_uri_complete);
	assert.equal(page.status, 200);
	assert.ok(page.text.includes(user_code), 'the code, to be compared with the one on the device');
	assert.match(page.text, /govuk-warning-text/);
	const poll = () => asClient(ombud, 'kiosk', '/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code });
	assertOAuthError(await poll(), 400, 'authorization_pending');

	/* RFC 8628 5.1: guessing is slow, and then the right code is not taken either. */
	let tries = 0;
	let answer;
	do {
		answer = await browser.get(`${issuer}/device?user_code=BCDF-GH${'BCDFGHJKLM'[tries % 10]}${'NPQRSTVWXZ'[Math.floor(tries / 10) % 10]}`);
		tries++;
	} while (answer.status !== 429 && tries < 100);
	assert.equal(answer.status, 429, `${tries} wrong codes`);
	assert.ok(Number(answer.header('retry-after')) > 0);
	assert.equal((await browser.get(`${issuer}/device?user_code=${user_code}`)).status, 429);
});

test('after all of this the log holds', async () => {
	await assertLawful(ombud);
});
