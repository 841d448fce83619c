/*
 * test_logout.mjs: RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0) as the modules of the OpenID suite ask for it,
 * by GET and by POST; what a sign-out ends and what it does not; introspection and userinfo before and after.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, asClient, assertOAuthError, authctlJson, authorizeRequest, bearer, claimsOf, headOf, personTokens, signInPerson,
	untilEntry } from './lib/outsider.mjs';
import { clientAssertion, makeKeyPair, useOmbud } from './lib/ombud.mjs';
import { withClients } from './lib/relying_party.mjs';

const { SignJWT, createLocalJWKSet, importJWK, jwtVerify } = await import('jose'); /* after lib, which puts what it needs in place */

const openid = await import('openid-client');

const HOME = 'https://localhost:9443/';
let apps;

const ombud = useOmbud({ before, after }, async (started) => {
	apps = await withClients(started, {
		app_signed: ['--userinfo-alg', 'ES256'],
		app_pw: ['--pairwise', '--userinfo-alg', 'RS256'],
	});
});

/* Somebody of the test's own with tokens of web_portal. */
async function signedIn(scope = 'openid', client = 'web_portal') {
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	return { person, browser, tokens: await personTokens(apps, browser, client, scope) };
}

const isIn = async (browser) => (await browser.get('/me')).status === 200;

/* prompt=none, as the suite tries it afterwards: the error that the client is told, or undefined. */
async function silently(browser, client = 'web_portal') {
	const { url } = authorizeRequest(apps, client, { prompt: 'none' });
	return new URL((await browser.open(url)).location).searchParams.get('error') ?? undefined;
}

const asQuery = (fields) => `/oauth2/logout?${new URLSearchParams(fields)}`;

/* Both ways of coming. By POST a browser that comes from another site has no cookie with it, and follows the 303. */
const WAYS = {
	get: (browser, fields) => browser.get(asQuery(fields)),
	async post(browser, fields) {
		const first = await ombud.web().post(`${ombud.demo.issuer}/oauth2/logout`, { form: fields,
			headers: { origin: 'https://localhost:9443', 'sec-fetch-site': 'cross-site' } });
		assert.equal(first.status, 303, first.text);
		const to = new URL(first.location, ombud.demo.issuer);
		assert.deepEqual([to.origin, to.pathname], [ombud.demo.issuer, '/oauth2/logout'], 'to ourselves and nobody else');
		return browser.get(`${to.pathname}${to.search}`);
	},
};

const confirmForm = (browser, page) => browser.findForm(page, { action: '/oauth2/logout' });
const isLoggedOutPage = ({ status, text, location }) => status === 200 && location === undefined && !text.includes('name="sign_out"');

/* ---- the modules of the suite ---- */

/* The same by both ways. */
const eachWay = (run) => async () => {
	for (const go of Object.values(WAYS)) {
		await run(go);
	}
};

test('with hint, address and state the person is signed out and goes back, with the state', eachWay(async (go) => {
	const { browser, tokens } = await signedIn();

	assert.equal(await silently(browser), undefined);
	const answer = await go(browser, { id_token_hint: tokens.id_token, post_logout_redirect_uri: HOME, state: 'a b&c=d/é' });
	assert.equal(answer.status, 303);
	const back = new URL(answer.location);
	assert.equal(`${back.origin}${back.pathname}`, HOME);
	assert.deepEqual([...back.searchParams], [['state', 'a b&c=d/é']]);
	assert.match(answer.header('clear-site-data'), /"cache"/);
	assert.match(answer.header('cache-control'), /no-store/);
	assert.equal(await isIn(browser), false);
	assert.equal(await silently(browser), 'login_required');
}));

test('without state the address is as it was registered', eachWay(async (go) => {
	const { browser, tokens } = await signedIn();
	const answer = await go(browser, { id_token_hint: tokens.id_token, client_id: 'web_portal', post_logout_redirect_uri: HOME });

	assert.deepEqual([answer.status, answer.location], [303, HOME]);
	assert.equal(await silently(browser), 'login_required');
}));

test('with no parameters, or only a state, the person is asked, and then told that they are signed out', eachWay(async (go) => {
	for (const fields of [{}, { state: 'x' }]) {
		const { browser } = await signedIn();
		const asked = await go(browser, fields);

		assert.equal(asked.status, 200);
		assert.equal(await isIn(browser), true, 'nothing has ended yet');
		const done = await browser.submitOnce(asked, confirmForm(browser, asked));
		assert.ok(isLoggedOutPage(done), done.text.slice(0, 300));
		assert.equal(await silently(browser), 'login_required');
	}
}));

test('with a hint and no address the person is signed out and stays on our page', eachWay(async (go) => {
	const { browser, tokens } = await signedIn();
	const answer = await go(browser, { id_token_hint: tokens.id_token });

	assert.ok(isLoggedOutPage(answer));
	assert.equal(await silently(browser), 'login_required');
}));

test('an address that is not registered, or has a query added, leads nowhere', eachWay(async (go) => {
	const { browser, tokens } = await signedIn();

	for (const uri of ['https://evil.example/', `${HOME}?foo=bar`, `${HOME}#x`, `${HOME}x`, 'https://localhost:9443', 'HTTPS://localhost:9443/',
		'//evil.example', '/me', 'javascript:alert(1)', `${HOME} `, 'https://localhost:9443/app_signed/bye']) {
		const answer = await go(browser, { id_token_hint: tokens.id_token, post_logout_redirect_uri: uri, state: 'x' });
		assert.deepEqual([answer.status, answer.location], [400, undefined], uri);
		assert.ok(!answer.text.includes('evil.example'), 'not even as a link');
	}
	assert.equal(await isIn(browser), true);
}));

test('an address without a hint or a client leads nowhere; with the name of a client the person is asked first', eachWay(async (go) => {
	const { browser } = await signedIn();
	const nobody = await go(browser, { post_logout_redirect_uri: HOME, state: 'x' });

	assert.deepEqual([nobody.status, nobody.location], [400, undefined]);
	const asked = await go(browser, { client_id: 'web_portal', post_logout_redirect_uri: HOME, state: 'x' });
	assert.deepEqual([asked.status, asked.location], [200, undefined]);
	assert.equal(await isIn(browser), true);
	const done = await browser.submitOnce(asked, confirmForm(browser, asked));
	assert.deepEqual([done.status, done.location], [303, `${HOME}?state=x`]);
	assert.equal(await silently(browser), 'login_required');
}));

test('a hint with alg none, changed, or signed by somebody else leads nowhere, and the person is asked', eachWay(async (go) => {
	const { browser, tokens } = await signedIn();
	const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
	const claims = claimsOf(tokens.id_token);
	const [head, body, signature] = tokens.id_token.split('.');
	const { privateKey } = makeKeyPair('rsa', { modulusLength: 2048 });
	const foreign = await new SignJWT(claims).setProtectedHeader(headOf(tokens.id_token)).sign(privateKey);
	const own = await importJWK(ombud.demo.clients.web_portal.jwk, 'ES256');
	const byClient = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'JWT' }).sign(own);

	for (const hint of [`${encode({ alg: 'none', typ: 'JWT' })}.${body}.`, `${encode({ alg: 'none' })}.${body}.${signature}`, foreign, byClient,
		`${head}.${encode({ ...claims, aud: 'web_fapi' })}.${signature}`, `${head}.${body}.${signature.slice(0, -4)}AAAA`, tokens.access_token, 'x', 'a.b.c',
		await clientAssertion(ombud.demo.issuer, 'web_portal', ombud.demo.clients.web_portal.jwk)]) {
		const answer = await go(browser, { id_token_hint: hint, client_id: 'web_portal', post_logout_redirect_uri: HOME, state: 'x' });
		assert.deepEqual([answer.status, answer.location], [200, undefined], hint.slice(0, 40));
		assert.deepEqual(confirmForm(browser, answer).fields.map(({ name }) => name).filter(Boolean), ['csrf'], 'the address is forgotten');
		assert.equal(await isIn(browser), true, 'nobody is signed out by it');
	}
}));

/* ---- forced sign-out ---- */

test('an old ID token of this session is a good hint, one of an earlier session or of somebody else is not', async () => {
	const { person, browser, tokens } = await signedIn();
	const again = await signInPerson(ombud, person);
	const stranger = await signedIn();

	for (const other of [again, stranger.browser]) {
		const answer = await other.get(asQuery({ id_token_hint: tokens.id_token, post_logout_redirect_uri: HOME }));
		assert.deepEqual([answer.status, answer.location], [200, undefined]);
		assert.equal(await isIn(other), true);
	}
	assert.equal(await isIn(browser), true, 'nor is the session that it is about ended from elsewhere');
	const nobody = await ombud.browser().get(asQuery({ id_token_hint: tokens.id_token, post_logout_redirect_uri: HOME }));
	assert.deepEqual([nobody.status, nobody.location], [303, HOME], 'who is signed out already goes back');
	assert.equal(await isIn(browser), true);
});

test('a form of another site signs nobody out: not without our token, not with one of somebody else', async () => {
	const { browser } = await signedIn();
	const stranger = await signedIn();
	const asked = await stranger.browser.open('/oauth2/logout');
	const theirs = confirmForm(stranger.browser, asked).fields.find(({ name }) => name === 'csrf').value;
	const { issuer } = ombud.demo;

	for (const [csrf, headers] of [['x', { origin: issuer }], [theirs, { origin: issuer }], [theirs, { origin: 'https://evil.example' }]]) {
		const answer = await browser.post('/oauth2/logout', { form: { csrf }, headers });
		assert.equal(answer.status, 403);
	}
	const bare = await browser.post('/oauth2/logout', { form: {}, headers: { origin: 'https://evil.example' } });
	assert.equal(bare.status, 200, 'asked');
	assert.equal(await isIn(browser), true);
	for (const twice of ['state=a&state=b', 'post_logout_redirect_uri=x&post_logout_redirect_uri=y']) {
		assert.equal((await browser.get(`/oauth2/logout?${twice}`)).status, 400);
	}
});

test('client_id and hint that disagree lead nowhere', async () => {
	const { browser, tokens } = await signedIn();
	const answer = await browser.get(asQuery({ id_token_hint: tokens.id_token, client_id: 'web_fapi', post_logout_redirect_uri: HOME }));

	assert.deepEqual([answer.status, answer.location], [400, undefined]);
	assert.equal(await isIn(browser), true);
});

test('openid-client builds the address, and it works', async () => {
	const { browser, tokens } = await signedIn();
	const web = ombud.web();
	const { jwk } = ombud.demo.clients.web_portal;
	const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
	const config = await openid.discovery(new URL(ombud.demo.issuer), 'web_portal', undefined, openid.PrivateKeyJwt({ key, kid: jwk.kid }),
		{ [openid.customFetch]: web.fetch });
	const url = openid.buildEndSessionUrl(config, { post_logout_redirect_uri: HOME, id_token_hint: tokens.id_token, state: 'z' });
	const answer = await browser.get(`${url.pathname}${url.search}`);

	assert.deepEqual([answer.status, answer.location], [303, `${HOME}?state=z`]);
});

/* ---- what ends, and what goes on ---- */

test('with the session its tokens end; what was granted for long goes on without its name', async () => {
	const { browser, tokens } = await signedIn('openid offline_access');
	const userinfo = () => ombud.web().get(`${ombud.demo.issuer}/oauth2/userinfo`, { headers: bearer(tokens.access_token) });
	const seen = (token) => asClient(apps, 'web_portal', '/oauth2/introspect', { token });

	assert.equal((await userinfo()).status, 200);
	assert.equal((await seen(tokens.access_token)).json.active, true);
	assert.equal((await browser.get(asQuery({ id_token_hint: tokens.id_token }))).status, 200);
	assert.equal((await userinfo()).status, 401);
	assert.equal((await seen(tokens.access_token)).text, '{"active":false}');
	assert.equal((await seen(tokens.refresh_token)).json.active, true, 'offline access is not the session');
	const next = await asClient(apps, 'web_portal', '/oauth2/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
	assert.equal(next.status, 200, next.text);
	assert.equal(claimsOf(next.json.id_token).sid, undefined);
	await untilEntry(ombud, 'auth.session_ended', ({ event }) => event === 'auth.session_ended');
});

test('an ID token names its session, the same for all clients of it', async () => {
	const { browser, tokens } = await signedIn();
	const second = await apps.tokens(browser, 'app_signed');

	assert.match(claimsOf(tokens.id_token).sid, /^ses_/);
	assert.equal(claimsOf(second.id_token).sid, claimsOf(tokens.id_token).sid);
});

/* ---- introspection ---- */

test('a refresh token is its client\'s alone to introspect; everything that is not good looks the same', async () => {
	const { person, tokens } = await signedIn('openid offline_access');
	const seen = (client, token, more = {}) => asClient(apps, client, '/oauth2/introspect', { token, ...more });
	const told = (await seen('web_portal', tokens.refresh_token)).json;

	assert.deepEqual(Object.keys(told).sort(), ['active', 'auth_time', 'client_id', 'exp', 'iat', 'iss', 'scope', 'sub']);
	assert.deepEqual([told.active, told.client_id, told.sub, told.scope], [true, 'web_portal', person.sub, 'openid offline_access']);
	assert.ok(told.exp > told.iat);
	const before = (await seen('web_portal', 'x')).text;
	assert.equal(before, '{"active":false}');
	const wrong = `${tokens.refresh_token.slice(0, -1)}${tokens.refresh_token.endsWith('A') ? 'B' : 'A'}`;
	for (const [client, token] of [['app_signed', tokens.refresh_token], ['svc_legacy', tokens.refresh_token], ['svc_benefits_north', tokens.refresh_token],
		['web_portal', wrong], ['web_portal', `${tokens.refresh_token}x`], ['web_portal', tokens.id_token], ['app_signed', tokens.access_token]]) {
		const answer = await seen(client, token);
		assert.deepEqual([answer.status, answer.text], [200, before], `${client} ${token.slice(0, 8)}`);
	}
	assert.equal((await seen('web_portal', tokens.refresh_token, { token_type_hint: 'access_token' })).json.active, true, 'a hint is a hint');
	assert.equal((await asClient(apps, 'app_signed', '/oauth2/revoke', { token: tokens.refresh_token })).status, 200);
	assert.equal((await seen('web_portal', tokens.refresh_token)).json.active, true, "nobody else's word ends it");
	assert.equal((await asClient(apps, 'web_portal', '/oauth2/revoke', { token: tokens.refresh_token })).status, 200);
	assert.equal((await seen('web_portal', tokens.refresh_token)).text, before);
	assert.equal((await seen('web_portal', tokens.access_token)).text, before, 'its access token went with it');
});

test('a disabled person makes every token inactive', async () => {
	const { person, tokens } = await signedIn('openid offline_access');

	await authctlJson(ombud, 'user', 'disable', person.sub);
	for (const token of [tokens.access_token, tokens.refresh_token]) {
		assert.equal((await asClient(apps, 'web_portal', '/oauth2/introspect', { token })).text, '{"active":false}');
	}
});

test('introspection shows what bounds a token: level, time, key', async () => {
	const { tokens } = await signedIn();
	const { json } = await asClient(apps, 'web_portal', '/oauth2/introspect', { token: tokens.access_token });
	const claims = claimsOf(tokens.access_token);

	for (const member of ['acr', 'auth_time', 'sid', 'roles', 'org', 'jti', 'aud', 'scope', 'client_id', 'exp', 'iat', 'iss', 'sub']) {
		assert.deepEqual(json[member], claims[member], member);
		assert.notEqual(json[member], undefined, member);
	}
});

/* ---- userinfo ---- */

test('userinfo answers GET and POST by the header, and takes no token anywhere else', async () => {
	const { person, tokens } = await signedIn('openid profile');
	const url = `${ombud.demo.issuer}/oauth2/userinfo`;
	const web = ombud.web();
	const headers = bearer(tokens.access_token);

	for (const answer of [await web.get(url, { headers }), await web.post(url, { headers }), await web.post(url, { headers, form: { x: 'y' } })]) {
		assert.equal(answer.status, 200, answer.text);
		assert.match(answer.header('content-type'), /^application\/json/);
		assert.deepEqual(answer.json, { sub: claimsOf(tokens.id_token).sub, name: person.name });
	}
	assertOAuthError(await web.post(url, { form: { access_token: tokens.access_token } }), 400, 'invalid_request');
	assertOAuthError(await web.get(`${url}?access_token=${tokens.access_token}`), 400, 'invalid_request');
	const plain = await signedIn('openid');
	assert.deepEqual((await web.get(url, { headers: bearer(plain.tokens.access_token) })).json, { sub: plain.person.sub }, 'no name without the scope');
});

test('userinfo is signed for a client that is registered so, in its algorithm, with the sub of its ID token', async () => {
	for (const [client, alg] of [['app_signed', 'ES256'], ['app_pw', 'RS256']]) {
		const { tokens, person } = await signedIn('openid profile', client);
		const web = ombud.web();
		const answer = await web.get(`${ombud.demo.issuer}/oauth2/userinfo`, { headers: bearer(tokens.access_token) });
		const { json } = await web.get(`${ombud.demo.issuer}/jwks`);

		assert.match(answer.header('content-type'), /^application\/jwt/);
		const { payload } = await jwtVerify(answer.text, createLocalJWKSet(json), { issuer: ombud.demo.issuer, audience: client, algorithms: [alg] });
		assert.equal(payload.sub, claimsOf(tokens.id_token).sub);
		assert.equal(payload.name, person.name);
		assert.equal(payload.sub === person.sub, client !== 'app_pw');
	}
});
