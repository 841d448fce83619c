/*
 * test_authorize.mjs: the authorization request and the code, as somebody would bend them: addresses that are almost registered,
 * response types that leak, PKCE left out or weakened, codes replayed, guessed, raced and given to others.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, asClient, assertOAuthError, authorizeRequest, authctlJson, challengeOf, claimsOf, getCode, logEntries, newVerifier, redeem,
	signInPerson, untilEntry } from '../system/lib/outsider.mjs';
import { sql } from '../system/lib/database.mjs';
import { useOmbud } from '../system/lib/ombud.mjs';

const PORTAL = 'https://localhost:9443/cb';

let issuer;
let person;
let browser; /* with a session: everything that is right would get a code at once */

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	person = await addPerson(started);
	browser = await signInPerson(started, person);
});

const send = (client, changes) => browser.get(authorizeRequest(ombud, client, changes).url);

/* What the client would be told. */
const told = (answer) => Object.fromEntries(new URL(answer.location).searchParams);

/* ---- where the person may be sent ---- */

test('an address that is not registered to the byte gets a page of ours, and nobody is sent anywhere', async () => {
	const before = logEntries(ombud).length;
	for (const redirect_uri of [
		`${PORTAL}/`, `${PORTAL}/x`, `${PORTAL}x`, `${PORTAL}?`, `${PORTAL}?a=b`, `${PORTAL}#`, `${PORTAL}#x`, `${PORTAL}%20`, ` ${PORTAL}`, `${PORTAL} `,
		'https://localhost:9443/CB', 'HTTPS://localhost:9443/cb', 'https://LOCALHOST:9443/cb', 'http://localhost:9443/cb', 'https://localhost/cb',
		'https://localhost:9444/cb', 'https://localhost:9443/a/../cb', 'https://localhost:9443//cb', 'https://localhost:9443\\cb',
		'https://x@localhost:9443/cb', 'https://localhost:9443@evil.example/cb', 'https://localhost.evil.example:9443/cb', 'https://evil.example/cb',
		'https://evil.example/?https://localhost:9443/cb', '//localhost:9443/cb', '/cb', 'cb', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd',
		'myapp://cb', 'https://localhost:9443/fapi', 'http://127.0.0.1/cb', `${PORTAL}\r\nLocation: https://evil.example`, `https://localhost:9443/c%62`,
	]) {
		const answer = await send('web_portal', { redirect_uri });
		assert.equal(answer.status, 400, redirect_uri);
		assert.equal(answer.location, undefined, redirect_uri);
		assert.match(answer.header('content-type'), /^text\/html/);
		assert.doesNotMatch(answer.text, /evil\.example/, 'no link to it either');
	}
	await untilEntry(ombud, 'a refused redirect', (entry) => entry.index >= before && entry.reason === 'invalid_redirect_uri');
});

test('a client that nobody knows, or none, gets a page of ours', async () => {
	for (const client_id of ['nobody', '', undefined, 'web_portal ', 'WEB_PORTAL', 'web_portal\u0000', "web_portal' or 1=1--", ['web_portal', 'web_portal'],
		['web_portal', 'mobile_app']]) {
		const answer = await send('web_portal', { client_id });
		assert.equal(answer.status, 400, String(client_id));
		assert.equal(answer.location, undefined);
	}
	for (const redirect_uri of [undefined, '', [PORTAL, PORTAL], [PORTAL, 'https://evil.example/']]) {
		const answer = await send('web_portal', { redirect_uri });
		assert.equal(answer.status, 400);
		assert.equal(answer.location, undefined);
	}
});

test('a native app may choose its loopback port, and nothing else', async () => {
	for (const redirect_uri of ['http://127.0.0.1/cb', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:49152/cb', 'http://127.0.0.1:65535/cb']) {
		const answer = await send('mobile_app', { redirect_uri });
		assert.equal(answer.status, 303, redirect_uri);
		assert.ok(answer.location.startsWith(`${redirect_uri}?`), answer.location);
		assert.ok(told(answer).code);
	}
	for (const redirect_uri of ['http://localhost/cb', 'http://localhost:5000/cb', 'http://[::1]:5000/cb', 'https://127.0.0.1:5000/cb',
		'http://127.0.0.1:5000/cb/',
		'http://127.0.0.1:5000/', 'http://127.0.0.1:0x50/cb', 'http://127.0.0.1:/cb', 'http://127.0.0.1:65536/cb', 'http://127.0.0.1:99999999999/cb',
			'http://127.0.0.1:-1/cb',
		'http://127.0.0.1:+80/cb', 'http://127.0.0.1:80 /cb', 'http://0x7f.1/cb', 'http://127.1/cb', 'http://127.0.0.2/cb', 'http://127.0.0.1.evil.example/cb',
			'http://127.0.0.1@evil.example/cb',
		'http://127.0.0.1:80@evil.example/cb', 'http://127.0.0.1:5000/cb?x', 'http://127.0.0.1:5000/cb#x', 'http://127.0.0.1:80:80/cb']) {
		const answer = await send('mobile_app', { redirect_uri });
		assert.equal(answer.status, 400, redirect_uri);
		assert.equal(answer.location, undefined, redirect_uri);
	}
	const answer = await send('web_portal', { redirect_uri: 'https://localhost:50000/cb' });
	assert.equal(answer.status, 400, 'a web client may not choose its port');
});

test('a disabled client is as one that nobody knows', async () => {
	const redirect_uri = 'https://localhost:9443/disabled';
	await authctlJson(ombud, 'client', 'add', 'web_disabled', '--name', 'x', '--organisation', 'org_csp_north', '--auth', 'none',
		'--grants', 'authorization_code', '--scopes', 'openid', '--redirect-uri', redirect_uri);
	const ask = () => send('web_portal', { client_id: 'web_disabled', redirect_uri });
	assert.equal((await ask()).status, 303);
	await authctlJson(ombud, 'client', 'disable', 'web_disabled');
	const answer = await ask();
	assert.deepEqual([answer.status, answer.location], [400, undefined]);
});

/* ---- what is told to the client ---- */

test('what is wrong otherwise is told to the client, with state and iss, by 303', async () => {
	for (const [what, changes, error] of [
		['a token in the address', { response_type: 'token' }, 'unsupported_response_type'], ['an ID token', { response_type: 'id_token' },
			'unsupported_response_type'],
		['a hybrid', { response_type: 'code token' }, 'unsupported_response_type'], ['hybrid, too', { response_type: 'code id_token' },
			'unsupported_response_type'],
		['nothing', { response_type: 'none' }, 'unsupported_response_type'], ['no response type', { response_type: undefined }, 'invalid_request'],
		['fragment', { response_mode: 'fragment' }, 'invalid_request'], ['form_post', { response_mode: 'form_post' }, 'invalid_request'],
		['query.jwt', { response_mode: 'query.jwt' }, 'invalid_request'],
		['no challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'], ['an empty challenge', { code_challenge: '' },
			'invalid_request'],
		['plain', { code_challenge_method: 'plain' }, 'invalid_request'], ['no method', { code_challenge_method: undefined }, 'invalid_request'],
		['s256', { code_challenge_method: 's256' }, 'invalid_request'], ['a short challenge', { code_challenge: 'x'.repeat(42) }, 'invalid_request'],
		['a long challenge', { code_challenge: 'x'.repeat(44) }, 'invalid_request'], ['a padded challenge', { code_challenge: `${challengeOf('x')}=` },
			'invalid_request'],
		['a scope of others', { scope: 'openid admin' }, 'invalid_scope'], ['a scope of services', { scope: 'access:evaluate' }, 'invalid_scope'],
		['control characters in scope', { scope: 'openid\u0007' }, undefined], ['a request object', { request: 'eyJ' }, 'request_not_supported'],
		['a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'request_uri_not_supported'],
		['another resource', { resource: 'https://evil.example' }, 'invalid_target'], ['max_age that is no number', { max_age: '-1' }, 'invalid_request'],
		['prompt none and login', { prompt: 'none login' }, 'invalid_request'],
	]) {
		const answer = await send('web_portal', { state: 'the state', ...changes });
		if (answer.status === 400 && error === undefined) {
			continue; /* control characters do not get past the reader of forms */
		}
		assert.equal(answer.status, 303, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
		assert.ok(answer.location.startsWith(`${PORTAL}?`), what);
		const { error: said, state, iss, code, ...more } = told(answer);
		assert.equal(said, error ?? said, what);
		assert.deepEqual([state, iss, code], ['the state', issuer, undefined], what);
		assert.ok(Object.keys(more).every((name) => name === 'error_description'), what);
		assert.ok(!answer.location.includes('#'), what);
	}
});

test('a parameter that comes twice is refused, one that nobody knows is passed over', async () => {
	for (const [name, value] of Object.entries({ scope: ['openid', 'openid'], state: ['a', 'b'], code_challenge_method: ['S256', 'plain'],
		response_type: ['code', 'token'] })) {
		const answer = await send('web_portal', { [name]: value });
		assert.ok(answer.status === 400 || told(answer).error === 'invalid_request', name);
		assert.ok(!answer.location?.includes('code='), name);
	}
	assert.ok(told(await send('web_portal', { foo: 'bar', ui_locales: 'ru en', display: 'page', claims_locales: 'ru', login_hint: 'x',
		acr_values: '1' })).code);
});

test('state and nonce come back as they were, whatever is in them', async () => {
	const state = `"><script>alert(1)</script>%0d%0aSet-Cookie: x=1 & = ; ' \\ ü ${'x'.repeat(2000)}`;
	const nonce = `n-"<>&${'y'.repeat(59)}`;
	const flow = await getCode(ombud, browser, 'web_portal', { state, nonce });

	assert.equal(flow.callback.searchParams.get('state'), state);
	assert.equal(flow.callback.searchParams.get('iss'), issuer);
	const { json } = await redeem(ombud, 'web_portal', flow);
	assert.equal(claimsOf(json.id_token).nonce, nonce);
});

test('the sign-in page does not say more than it should, and leads back only to us', async () => {
	const stranger = ombud.browser();
	const { url } = authorizeRequest(ombud, 'web_portal');
	const page = await stranger.open(url);

	assert.equal(new URL(page.url).pathname, '/login');
	assert.match(page.header('content-security-policy'), /frame-ancestors 'none'/);
	assert.match(page.header('x-frame-options'), /DENY/);
	assert.equal(page.header('referrer-policy'), 'no-referrer');
	assert.equal(page.header('access-control-allow-origin'), undefined);
	assert.match(page.header('cache-control'), /no-store/);
	for (const return_to of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)', '\\\\evil.example',
		'https:evil.example']) {
		const fresh = await stranger.open(`/login?return_to=${encodeURIComponent(return_to)}`);
		assert.doesNotMatch(fresh.text, /evil\.example|javascript:/, return_to);
		const signedIn = await browser.get(`/login?return_to=${encodeURIComponent(return_to)}`);
		assert.equal(new URL(signedIn.location).pathname, '/me', return_to);
	}
});

test('prompt=none without a session asks nobody, and says login_required', async () => {
	const answer = await ombud.browser().get(authorizeRequest(ombud, 'web_portal', { prompt: 'none' }).url);

	assert.equal(answer.status, 303);
	assert.equal(told(answer).error, 'login_required');
});

test('prompt=login and max_age=0 want a new sign-in', async () => {
	for (const changes of [{ prompt: 'login' }, { max_age: '0' }]) {
		const answer = await send('web_portal', changes);
		assert.equal(new URL(answer.location).pathname, '/login', JSON.stringify(changes));
	}
	assert.ok(told(await send('web_portal', { max_age: '3600' })).code);
});

test('another site cannot make a browser send the form for somebody', async () => {
	const { url, parameters } = authorizeRequest(ombud, 'web_portal');
	const answer = await browser.post(url.origin + url.pathname, { form: parameters, headers: { origin: 'https://evil.example',
		'sec-fetch-site': 'cross-site' } });

	/* A posted request is allowed by OpenID Connect; what may not happen is a redirect anywhere but to the registered address. */
	assert.ok(answer.status === 403 || answer.location.startsWith(PORTAL), `${answer.status} ${answer.location}`);
});

test('a fapi client may not come without a pushed request', async () => {
	const answer = await send('web_fapi', {});

	assert.equal(told(answer).error, 'invalid_request');
});

/* ---- the code ---- */

const grant = (answer) => assertOAuthError(answer, 400, 'invalid_grant');

test('a code is worth nothing with the wrong verifier, and is used up by the try', async () => {
	for (const [what, changes] of [
		['another', { code_verifier: newVerifier() }], ['42 characters', { code_verifier: 'a'.repeat(42) }], ['129 characters',
			{ code_verifier: 'a'.repeat(129) }],
		['other characters', { code_verifier: `${'a'.repeat(42)}!` }], ['the challenge', {}], ['none', { code_verifier: undefined }], ['an empty one',
			{ code_verifier: '' }],
	]) {
		const flow = await getCode(ombud, browser, 'web_portal');
		const wrong = what === 'the challenge' ? { code_verifier: challengeOf(flow.verifier) } : changes;
		const answer = await redeem(ombud, 'web_portal', flow, wrong);
		assert.equal(answer.status, 400, what);
		assert.ok(['invalid_grant', 'invalid_request'].includes(answer.json.error), what);
		assert.equal(answer.json.access_token, undefined);
	}
});

test('a code is good for its client, its address and its time alone', async () => {
	grant(await redeem(ombud, 'web_portal', await getCode(ombud, browser, 'web_portal'), { redirect_uri: `${PORTAL}/` }));
	grant(await redeem(ombud, 'mobile_app', await getCode(ombud, browser, 'mobile_app', { redirect_uri: 'http://127.0.0.1:5000/cb' }),
		{ redirect_uri: 'http://127.0.0.1:5001/cb' }));
	const portals = await getCode(ombud, browser, 'web_portal');
	grant(await redeem(ombud, 'mobile_app', portals));
	for (const code of ['', 'x', 'a'.repeat(43), randomBytes(32).toString('base64url'), portals.code.toUpperCase(), `${portals.code}=`]) {
		const answer = await redeem(ombud, 'web_portal', { ...portals, code });
		assert.equal(answer.status, 400, code);
	}
});

test('a code that another client tried is not lost to its owner, or is lost for both: never two winners', async () => {
	const flow = await getCode(ombud, browser, 'web_portal');
	const foreign = await redeem(ombud, 'mobile_app', flow);
	const own = await redeem(ombud, 'web_portal', flow);

	grant(foreign);
	assert.ok([200, 400].includes(own.status));
});

test('codes and their entropy: no two alike, 256 bits of base64url', async () => {
	const codes = new Set();
	for (let i = 0; i < 20; i++) {
		codes.add((await getCode(ombud, browser, 'web_portal')).code);
	}
	assert.equal(codes.size, 20);
	for (const code of codes) {
		assert.ok(code.length >= 22, code);
		assert.match(code, /^[A-Za-z0-9_-]+$/);
	}
});

test('a replayed code gives nothing and takes back what it gave, at once and on record', async () => {
	const flow = await getCode(ombud, browser, 'web_portal', { scope: 'openid consent:manage' });
	const first = await redeem(ombud, 'web_portal', flow);
	const token = first.json.access_token;
	const userinfo = () => ombud.web().get(`${issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } });

	assert.equal((await userinfo()).status, 200);
	grant(await redeem(ombud, 'web_portal', flow));
	assert.equal((await userinfo()).status, 401);
	assert.deepEqual((await asClient(ombud, 'web_portal', '/oauth2/introspect', { token })).json, { active: false });
	assert.equal((await ombud.web().get(`${issuer}/consent/v1/records`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
	const { entry } = await untilEntry(ombud, 'token.reuse_detected', ({ event }) => event === 'token.reuse_detected');
	assert.equal(entry.by.service, 'web_portal');
});

test('of 32 parallel uses of one code one wins at most, and what it won does not last', async () => {
	const flow = await getCode(ombud, browser, 'web_portal');
	const answers = await Promise.all(Array.from({ length: 32 }, () => redeem(ombud, 'web_portal', flow)));
	const won = answers.filter(({ status }) => status === 200);

	assert.ok(won.length <= 1, `${won.length} tokens for one code`);
	answers.filter(({ status }) => status !== 200).forEach(grant);
	for (const { json } of won) {
		assert.deepEqual((await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: json.access_token })).json, { active: false });
	}
});

/* P08 of test_authorize_rows.mjs lets the minute pass; here a code's end comes sooner. */
test('a code is worth nothing after a minute', async () => {
	const flow = await getCode(ombud, browser, 'web_portal');
	const [[end]] = sql(ombud, 'SELECT max(expires_us) FROM code');

	assert.ok(Number(end) / 1000 <= Date.now() + 60e3, end);
	sql(ombud, 'UPDATE code SET expires_us = expires_us - 60000000');
	grant(await redeem(ombud, 'web_portal', flow));
});

test('a code ends with the session that it came from', async () => {
	const other = await signInPerson(ombud, await addPerson(ombud));
	const flow = await getCode(ombud, other, 'web_portal');
	const page = await other.open('/security');
	await other.submitOnce(page, other.findForm(page, { action: '/sign-out' }));

	grant(await redeem(ombud, 'web_portal', flow));
});

test('no process was started again by any of this, and the log holds', async () => {
	const log = logEntries(ombud).filter(({ entry }) => entry.event === 'log.started');

	assert.equal(log.length, 1);
	await assertLawful(ombud);
});
