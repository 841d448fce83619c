/*
 * test_authorize_requests.mjs: the authorization endpoint as honest clients use it: what each parameter of OpenID Connect Core does,
 * pushed requests through openid-client and oauth4webapi, and the page that asks the person.
 */
import assert from 'node:assert/strict';
import { randomBytes, webcrypto } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, asClient, authctlJson, authorizeRequest, bearer, claimsOf, getCode, personTokens, redeem, signInPerson, untilEntry } from './lib/outsider.mjs';
import { clientAssertion, makeProof, newProofKey, signInThrough, sleep, useOmbud, wordsOf, ASSERTION_TYPE } from './lib/ombud.mjs';

globalThis.crypto ??= webcrypto;
const openid = await import('openid-client');
const oauth = await import('oauth4webapi');

let issuer;
let person;
let browser;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	person = await addPerson(started);
	browser = await signInPerson(started, person);
});

const told = (answer) => Object.fromEntries(new URL(answer.location).searchParams);
const send = (changes, from = browser) => from.get(authorizeRequest(ombud, 'web_portal', changes).url);
const pathOf = (answer) => new URL(answer.location).pathname;
const importKey = (jwk) => crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);

/* Answers the page that asks; where the client is told. */
async function answerPage(page, answer, from = browser) {
	assert.equal(page.status, 200, page.text.slice(0, 200));
	assert.equal(new URL(page.url).pathname, '/oauth2/authorize');
	return from.submitOnce(page, from.findForm(page, { having: ['answer'], action: '/oauth2/approve' }), { answer });
}

async function idTokenOf(flow, client = 'web_portal') {
	const { status, json, text } = await redeem(ombud, client, flow);
	assert.equal(status, 200, text);
	return claimsOf(json.id_token);
}

/* ---- OpenID Connect Core, as the Basic OP modules try it ---- */

test('a request by POST is as good as one by GET', async () => {
	const { url, parameters, verifier } = authorizeRequest(ombud, 'web_portal');
	const answer = await browser.post(url.origin + url.pathname, { form: parameters });

	assert.equal(answer.status, 303);
	const { code } = told(answer);
	assert.equal((await redeem(ombud, 'web_portal', { code, verifier, redirect_uri: parameters.redirect_uri })).status, 200);
});

test('the order of parameters and of scopes makes no difference', async () => {
	const { parameters } = authorizeRequest(ombud, 'web_portal', { scope: 'profile openid' });
	const backwards = new URLSearchParams(Object.entries(parameters).reverse());

	assert.ok(told(await browser.get(`${issuer}/oauth2/authorize?${backwards}`)).code);
});

test('a missing response_type is told to the client', async () => {
	assert.equal(told(await send({ response_type: undefined })).error, 'invalid_request');
});

test('a request without nonce gives an ID token without one', async () => {
	const claims = await idTokenOf(await getCode(ombud, browser, 'web_portal'));

	assert.equal(claims.nonce, undefined);
});

test('display, unknown parameters, claims_locales and unsupported scopes of OpenID Connect disturb nothing', async () => {
	for (const changes of [{ display: 'page' }, { display: 'popup' }, { extra: 'foobar' }, { claims_locales: 'se' }, { ui_locales: 'se' },
		{ scope: 'openid email' }, { scope: 'openid address' }, { scope: 'openid phone' }, { scope: 'openid profile email address phone' },
		{ login_hint: 'buffy@localhost' }, { acr_values: '2' }, { acr_values: 'urn:x 1' }, { resource: issuer },
		{ claims: JSON.stringify({ userinfo: { name: { essential: true }, shoe_size: null } }) }]) {
		assert.ok(told(await send(changes)).code, JSON.stringify(changes));
	}
});

test('the level that is asked for is the one in the ID token', async () => {
	assert.equal((await idTokenOf(await getCode(ombud, browser, 'web_portal', { acr_values: '2' }))).acr, '2');
	const low = { id_token: { acr: { essential: true, values: ['1'] } } };
	assert.equal((await idTokenOf(await getCode(ombud, browser, 'web_portal', { claims: JSON.stringify(low) }))).acr, '1');
});

test('an essential level that nobody reaches here is access_denied, never a lower one', async () => {
	for (const acr of [{ essential: true, value: '3' }, { essential: true, values: ['3', 'urn:x'] }, { essential: true, values: ['urn:x'] }]) {
		const { error, code } = told(await send({ claims: JSON.stringify({ id_token: { acr } }) }));
		assert.deepEqual([error, code], ['access_denied', undefined]);
	}
	assert.ok(told(await send({ claims: JSON.stringify({ id_token: { acr: { values: ['3'] } } }) })).code, 'a wish is no condition');
});

test('a name that claims asks for is in userinfo, for a client that may have it', async () => {
	const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
	const { json } = await redeem(ombud, 'web_portal', await getCode(ombud, browser, 'web_portal', { claims }));
	const info = await ombud.web().get(`${issuer}/oauth2/userinfo`, { headers: bearer(json.access_token) });

	assert.equal(json.scope, 'openid profile');
	assert.equal(info.json.name, person.name);
});

test('claims that are no claims are refused', async () => {
	for (const claims of ['[]', '{', '"x"', '{"id_token":[]}', '{"id_token":{"acr":5}}', '{"id_token":{"acr":{"essential":"yes"}}}',
		JSON.stringify({ id_token: { acr: { essential: true, values: ['1', '2', '3', '4', '5'] } } }),
		JSON.stringify({ userinfo: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`c${i}`, null])) })]) {
		assert.equal(told(await send({ claims })).error, 'invalid_request', claims);
	}
});

test('somebody else than the person who is asked for is login_required', async () => {
	const sub = (wanted) => ({ claims: JSON.stringify({ id_token: { sub: { value: wanted } } }) });

	assert.equal(told(await send(sub('sub_somebody'))).error, 'login_required');
	assert.ok(told(await send(sub(person.sub))).code);
});

test('prompt=none with a session asks nobody, and the person is the same', async () => {
	const first = await idTokenOf(await getCode(ombud, browser, 'web_portal'));
	const second = await idTokenOf(await getCode(ombud, browser, 'web_portal', { prompt: 'none' }));

	assert.deepEqual([second.sub, second.auth_time], [first.sub, first.auth_time]);
});

test('id_token_hint with prompt=none: the person goes on, another one is login_required, a strange token invalid', async () => {
	const { json } = await redeem(ombud, 'web_portal', await getCode(ombud, browser, 'web_portal'));
	const other = await signInPerson(ombud, await addPerson(ombud));
	const hint = { prompt: 'none', id_token_hint: json.id_token };

	assert.ok(told(await send(hint)).code);
	assert.equal(told(await send(hint, other)).error, 'login_required');
	assert.equal(told(await send({ id_token_hint: json.id_token }, other)).error, 'login_required');
	const [head, body] = json.id_token.split('.');
	for (const id_token_hint of ['x', `${head}.${body}.`, `${head}.${body}.AAAA`, json.access_token]) {
		assert.equal(told(await send({ id_token_hint })).error, 'invalid_request');
	}
});

test('id_token_hint and claims know a person by the name that this client has for them', async () => {
	const redirect_uri = 'https://pairwise.example/cb';
	await authctlJson(ombud, 'client', 'add', 'web_pairwise', '--name', 'x', '--organisation', 'org_csp_north', '--auth', 'none', '--grants',
		'authorization_code', '--scopes', 'openid', '--redirect-uri', redirect_uri, '--pairwise');
	const ask = (more) => authorizeRequest(ombud, 'web_portal', { client_id: 'web_pairwise', redirect_uri, ...more });
	const { url, verifier } = ask({});
	const { code } = told(await browser.get(url));
	const { json } = await ombud.web().post(`${issuer}/oauth2/token`, { form: { grant_type: 'authorization_code', client_id: 'web_pairwise', code,
		redirect_uri, code_verifier: verifier } });
	const { sub } = claimsOf(json.id_token);
	const named = (value) => ({ claims: JSON.stringify({ id_token: { sub: { value } } }) });

	assert.notEqual(sub, person.sub);
	assert.ok(told(await browser.get(ask({ prompt: 'none', id_token_hint: json.id_token }).url)).code);
	assert.ok(told(await browser.get(ask(named(sub)).url)).code);
	assert.equal(told(await browser.get(ask(named(person.sub)).url)).error, 'login_required');
	assert.equal(told(await send({ id_token_hint: json.id_token })).error, 'invalid_request', 'a hint of another client');
});

/* Signs in again in a browser of their own where the answer leads to the sign-in page; the client's answer. */
async function throughLogin(from, who, url) {
	const page = await from.open(url);
	assert.equal(new URL(page.url).pathname, '/login', page.url);
	return signInThrough(from, who, page);
}

test('prompt=login and max_age sign in anew, with a later auth_time; a young sign-in is enough for max_age=10000', async () => {
	const who = await addPerson(ombud);
	const own = await signInPerson(ombud, who);
	const before = await idTokenOf(await getCode(ombud, own, 'web_portal', { max_age: '15000' }));
	assert.equal((await idTokenOf(await getCode(ombud, own, 'web_portal', { max_age: '10000' }))).auth_time, before.auth_time);
	await sleep(1100);

	for (const changes of [{ prompt: 'login' }, { max_age: '1' }]) {
		await sleep(1100);
		const { url, verifier, parameters } = authorizeRequest(ombud, 'web_portal', changes);
		const answer = await throughLogin(own, who, url);
		assert.equal(answer.status, 303);
		const claims = await idTokenOf({ code: told(answer).code, verifier, redirect_uri: parameters.redirect_uri });
		assert.ok(claims.auth_time > before.auth_time, JSON.stringify(changes));
		assert.equal(claims.sub, who.sub);
	}
	assert.equal(told(await send({ prompt: 'none', max_age: '0' }, own)).error, 'login_required');
});

test('login_hint is filled in, ui_locales chooses the language, and cancel leads back with access_denied, state and iss', async () => {
	const stranger = ombud.browser();
	const { url, parameters } = authorizeRequest(ombud, 'web_portal', { login_hint: 'anna"><b', ui_locales: 'xx en ru' });
	const page = await stranger.open(url);

	assert.match(page.text, /<html lang="en"/);
	assert.match(page.text, /value="anna&quot;&gt;&lt;b"/);
	const cancel = /href="(\/oauth2\/cancel\?[^"]+)"/.exec(page.text)[1].replaceAll('&amp;', '&');
	const answer = await stranger.get(`${issuer}${cancel}`);
	assert.equal(answer.status, 303);
	assert.ok(answer.location.startsWith(parameters.redirect_uri));
	const { error, state, iss } = told(answer);
	assert.deepEqual([error, state, iss], ['access_denied', parameters.state, issuer]);
});

test('ui_locales chooses the language for somebody who is signed in, too, but not over their own choice', async () => {
	const who = await addPerson(ombud);
	const own = await signInPerson(ombud, who);
	const pages = async (visitor, more) => {
		const { url } = authorizeRequest(ombud, 'web_portal', { prompt: 'consent', ...more });
		const page = await visitor.open(url);
		assert.equal(page.status, 200, page.text.slice(0, 200));
		return /<html lang="(..)"/.exec(page.text)[1];
	};

	assert.equal(own.language, 'ru');
	assert.equal(await pages(own, {}), 'ru');
	assert.equal(await pages(own, { ui_locales: 'xx-YY' }), 'ru');
	assert.equal(await pages(own, { ui_locales: 'fr en ru' }), 'en');
	assert.equal(await pages(own, { ui_locales: 'ru' }), 'en', 'this browser has a language now');
	await own.open('/me?lang=ru');
	assert.equal(await pages(own, { ui_locales: 'en' }), 'ru', 'what the person has chosen stays');
});

test('long states and nonces come back exactly; a 64-character nonce is in the ID token', async () => {
	const state = randomBytes(750).toString('base64url');
	const nonce = randomBytes(48).toString('base64url');
	const flow = await getCode(ombud, browser, 'web_portal', { state, nonce });

	assert.equal(state.length, 1000);
	assert.equal(flow.callback.searchParams.get('state'), state);
	assert.equal((await idTokenOf(flow)).nonce, nonce);
	assert.ok([undefined, 'invalid_request'].includes(told(await send({ nonce: 'n'.repeat(384) })).error));
	assert.equal(told(await send({ nonce: 'n'.repeat(513) })).error, 'invalid_request');
});

test('registration and request objects have their own errors', async () => {
	assert.equal(told(await send({ registration: '{}' })).error, 'registration_not_supported');
	assert.equal(told(await send({ request: 'eyJ' })).error, 'request_not_supported');
	assert.equal(told(await send({ request_uri: 'https://client.example/r' })).error, 'request_uri_not_supported');
});

test('two tabs of one browser finish both, and going back to a page gives another code', async () => {
	const [one, two] = [authorizeRequest(ombud, 'web_portal'), authorizeRequest(ombud, 'mobile_app')];
	const answers = [await browser.get(one.url), await browser.get(two.url), await browser.get(one.url)];
	const codes = answers.map((answer) => told(answer).code);

	assert.equal(new Set(codes).size, 3);
	assert.equal((await redeem(ombud, 'mobile_app', { code: codes[1], verifier: two.verifier, redirect_uri: two.parameters.redirect_uri })).status, 200);
	for (const code of [codes[0], codes[2]]) {
		assert.equal((await redeem(ombud, 'web_portal', { code, verifier: one.verifier, redirect_uri: one.parameters.redirect_uri })).status, 200);
	}
});

/* ---- the page that asks ---- */

test('prompt=consent asks; yes gives a code, no gives access_denied with state and iss, each with its entry', async () => {
	const { url, parameters, verifier } = authorizeRequest(ombud, 'web_portal', { prompt: 'consent', scope: 'openid profile' });
	const page = await browser.open(url);
	assert.match(wordsOf(page.text), /Видеть ваше имя/);
	assert.match(page.text, /Кабинет заявителя/);
	assert.match(page.header('content-security-policy'), /frame-ancestors 'none'/);
	const yes = await answerPage(page, 'give');
	assert.equal(yes.status, 303);
	assert.equal((await redeem(ombud, 'web_portal', { code: told(yes).code, verifier, redirect_uri: parameters.redirect_uri })).status, 200);
	const no = told(await answerPage(await browser.open(url), 'refuse'));
	assert.deepEqual([no.error, no.state, no.iss, no.code], ['access_denied', parameters.state, issuer, undefined]);
	await untilEntry(ombud, 'allowed', ({ event, facts }) => event === 'token.client_allowed' && facts.client === 'web_portal');
	await untilEntry(ombud, 'refused', ({ event, facts }) => event === 'token.client_refused' && facts.client === 'web_portal');
});

test('the page in English, and an answer without a choice shows it again', async () => {
	const page = await browser.get(`${authorizeRequest(ombud, 'web_portal', { prompt: 'consent', lang: 'en' }).url}`);
	assert.match(wordsOf(page.text), /Let this service in/);
	const again = await browser.submitOnce(page, browser.findForm(page, { having: ['answer'] }), {});
	assert.equal(again.status, 400);
	assert.equal((await browser.submitOnce(again, browser.findForm(again, { having: ['answer'] }), { answer: 'give' })).status, 303);
	await browser.get('/me?lang=ru');
});

test('what somebody let in is listed, and ending it takes back its tokens, with an entry', async () => {
	const who = await addPerson(ombud);
	const own = await signInPerson(ombud, who);
	const { access_token } = await personTokens(ombud, own, 'web_portal', 'openid');
	const userinfo = () => ombud.web().get(`${issuer}/oauth2/userinfo`, { headers: bearer(access_token) });

	assert.equal((await userinfo()).status, 200);
	const page = await own.open('/security');
	const form = own.findForm(page, { action: '/security/client_end' });
	assert.equal((await own.submitOnce(page, form)).status, 303);
	assert.equal((await userinfo()).status, 401);
	assert.deepEqual((await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: access_token })).json, { active: false });
	assert.throws(() => own.findForm({ ...page, text: '' }, { action: '/security/client_end' }));
	assert.doesNotMatch((await own.open('/security')).text, /client_end/);
	await untilEntry(ombud, 'ended', ({ event, facts }) => event === 'token.client_ended' && facts.client === 'web_portal');
});

test("somebody else's client is let in by the person, once for each set of scopes, until it is ended", async () => {
	const redirect_uri = 'https://partner.example/cb';
	await authctlJson(ombud, 'client', 'add', 'web_partner', '--name', 'Партнёр', '--organisation', 'org_csp_north', '--auth', 'none', '--grants',
		'authorization_code', '--scopes', 'openid profile', '--redirect-uri', redirect_uri, '--third-party');
	const own = await signInPerson(ombud, await addPerson(ombud));
	const ask = (scope, more) => own.get(authorizeRequest(ombud, 'web_portal', { client_id: 'web_partner', redirect_uri, scope, ...more }).url);
	const allow = async (page) => told(await answerPage(page, 'give', own));

	assert.equal(told(await ask('openid', { prompt: 'none' })).error, 'consent_required');
	const page = await ask('openid');
	assert.match(wordsOf(page.text), /Партнёр[\s\S]*другая организация/);
	assert.ok((await allow(page)).code);
	assert.ok(told(await ask('openid')).code, 'remembered');
	assert.ok(told(await ask('openid', { prompt: 'none' })).code);
	assert.equal((await ask('openid profile')).status, 200, 'more than was allowed');
	assert.ok((await allow(await ask('profile openid'))).code);
	assert.ok(told(await ask('openid profile')).code, 'in any order');
	assert.equal((await ask('openid', { prompt: 'consent' })).status, 200);
	const security = await own.open('/security');
	await own.submitOnce(security, own.findForm(security, { action: '/security/client_end' }));
	assert.equal((await ask('openid')).status, 200, 'asked again');
});

/* ---- pushed requests ---- */

async function relyingParty(name, dpop) {
	const web = ombud.web();
	const { jwk } = ombud.demo.clients[name];
	const config = await openid.discovery(new URL(issuer), name, undefined, openid.PrivateKeyJwt({ key: await importKey(jwk), kid: jwk.kid }),
		{ [openid.customFetch]: web.fetch });
	config[openid.customFetch] = web.fetch;
	return { config, DPoP: dpop && openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256')) };
}

test('openid-client pushes, loads twice, signs in and redeems, at a fapi client with DPoP', async () => {
	const { config, DPoP } = await relyingParty('web_fapi', true);
	const verifier = openid.randomPKCECodeVerifier();
	const state = openid.randomState();
	const nonce = openid.randomNonce();
	const url = await openid.buildAuthorizationUrlWithPAR(config, {
		redirect_uri: ombud.demo.clients.web_fapi.redirect_uris[0], scope: 'openid', state, nonce, prompt: 'login',
		code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
	}, { DPoP });
	assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);

	const who = await addPerson(ombud);
	const own = await signInPerson(ombud, who);
	await sleep(10);
	assert.ok((await own.get(url)).status === 303, 'signed in after it was pushed');
	const { config: again, DPoP: key } = { config, DPoP };
	const fresh = await openid.buildAuthorizationUrlWithPAR(again, {
		redirect_uri: ombud.demo.clients.web_fapi.redirect_uris[0], scope: 'openid', state, nonce,
		code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
	}, { DPoP: key });
	const stranger = ombud.browser();
	assert.equal(pathOf(await stranger.get(fresh)), '/login', 'loaded');
	assert.equal(pathOf(await stranger.get(fresh)), '/login', 'and once more');
	const callback = new URL((await own.get(fresh)).location);
	assert.equal(callback.searchParams.get('iss'), issuer);
	const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce,
		idTokenExpected: true }, undefined, { DPoP: key });
	assert.equal(tokens.token_type, 'dpop');
	assert.equal(tokens.claims().sub, who.sub);
});

test('oauth4webapi pushes and redeems', async () => {
	const web = ombud.web();
	const { jwk, redirect_uris: [redirect_uri] } = ombud.demo.clients.web_portal;
	const options = { [oauth.customFetch]: web.fetch };
	const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), options));
	const client = { client_id: 'web_portal' };
	const auth = oauth.PrivateKeyJwt({ key: await importKey(jwk), kid: jwk.kid });
	const verifier = oauth.generateRandomCodeVerifier();
	const state = oauth.generateRandomState();
	const parameters = new URLSearchParams({ client_id: 'web_portal', response_type: 'code', redirect_uri, scope: 'openid', state,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
	const pushed = await oauth.processPushedAuthorizationResponse(as, client,
		await oauth.pushedAuthorizationRequest(as, client, auth, parameters, options));
	assert.ok(pushed.expires_in > 0 && pushed.expires_in < 600);
	const url = new URL(as.authorization_endpoint);
	url.search = new URLSearchParams({ client_id: 'web_portal', request_uri: pushed.request_uri });
	const callback = new URL((await browser.get(url)).location);
	const params = oauth.validateAuthResponse(as, client, callback, state);
	const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, params, redirect_uri, verifier, options);
	const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer);
	assert.equal(claimsOf(tokens.access_token).sub, person.sub);
});

/* By hand: the answer of /oauth2/par. */
async function push(client, changes = {}, { key, headers = {} } = {}) {
	const { parameters, verifier } = authorizeRequest(ombud, client, changes);
	const form = Object.entries({ ...parameters, client_assertion_type: ASSERTION_TYPE,
		client_assertion: await clientAssertion(issuer, client, ombud.demo.clients[client].jwk) }).filter(([, value]) => value !== undefined);
	const proof = key ? { dpop: await makeProof('POST', `${issuer}/oauth2/par`, { key }) } : {};
	const answer = await ombud.web().post(`${issuer}/oauth2/par`, { form, headers: { ...proof, ...headers } });
	return { answer, verifier, parameters, url: answer.status === 201 ? `${issuer}/oauth2/authorize?${new URLSearchParams({ client_id: client,
		request_uri: answer.json.request_uri })}` : undefined };
}

test('a pushed request: 201, a urn of 256 bits, no-store, and long ones come through the sign-in', async () => {
	const state = 's'.repeat(4096);
	const { answer, url, verifier, parameters } = await push('web_portal', { state });

	assert.equal(answer.status, 201, answer.text);
	assert.match(answer.json.request_uri, /^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}$/);
	assert.match(answer.header('cache-control'), /no-store/);
	const who = await addPerson(ombud);
	const callback = await throughLogin(ombud.browser(), who, url);
	assert.equal(told(callback).state, state);
	assert.equal((await redeem(ombud, 'web_portal', { code: told(callback).code, verifier, redirect_uri: parameters.redirect_uri })).status, 200);
});

test('with prompt=login in a pushed request the address cannot pretend a sign-in', async () => {
	const { url } = await push('web_portal', { prompt: 'login' });

	assert.equal(pathOf(await browser.get(`${url}&ombud_sent_us=1`)), '/login');
	assert.equal(pathOf(await browser.get(`${url}&prompt=none`)), '/login', 'only client_id and request_uri count');
});

test('a no on the page ends a pushed request', async () => {
	const { url, parameters } = await push('web_portal', { prompt: 'consent' });
	const no = told(await answerPage(await browser.open(url), 'refuse'));

	assert.deepEqual([no.error, no.state, no.iss], ['access_denied', parameters.state, issuer]);
	assert.equal((await browser.get(url)).status, 400);
});

test('the key of the proof at PAR is the only one that redeems the code', async () => {
	const [own, other] = [await newProofKey(), await newProofKey()];
	const redeemWith = async (pushed, key) => {
		const { code } = told(await browser.get(pushed.url));
		const form = { grant_type: 'authorization_code', code, redirect_uri: pushed.parameters.redirect_uri, code_verifier: pushed.verifier,
			client_id: 'web_fapi', client_assertion_type: ASSERTION_TYPE,
			client_assertion: await clientAssertion(issuer, 'web_fapi', ombud.demo.clients.web_fapi.jwk) };
		return ombud.web().post(`${issuer}/oauth2/token`, { form, headers: { dpop: await makeProof('POST', `${issuer}/oauth2/token`, { key }) } });
	};

	assert.equal((await redeemWith(await push('web_fapi', {}, { key: own }), own)).status, 200);
	const wrong = await redeemWith(await push('web_fapi', {}, { key: own }), other);
	assert.deepEqual([wrong.status, wrong.json.error], [400, 'invalid_grant']);
	assert.equal((await redeemWith(await push('web_fapi', { dpop_jkt: own.jkt }), own)).status, 200);
	assert.equal((await redeemWith(await push('web_fapi', { dpop_jkt: own.jkt }), other)).json.error, 'invalid_grant');
	const both = await push('web_fapi', { dpop_jkt: other.jkt }, { key: own });
	assert.deepEqual([both.answer.status, both.answer.json.error], [400, 'invalid_dpop_proof']);
});

test('discovery names what there is', async () => {
	const { json } = await ombud.web().get(`${issuer}/.well-known/oauth-authorization-server`);

	assert.equal(json.pushed_authorization_request_endpoint, `${issuer}/oauth2/par`);
	assert.equal(json.require_pushed_authorization_requests, false);
	assert.deepEqual(json.authorization_details_types_supported, ['personal_data']);
	assert.deepEqual(json.prompt_values_supported, ['none', 'login', 'consent', 'select_account']);
	assert.equal(json.claims_parameter_supported, true);
});

test('the log holds', async () => {
	await assertLawful(ombud);
});
