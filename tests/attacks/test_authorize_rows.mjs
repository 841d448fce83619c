/*
 * test_authorize_rows.mjs: the rows R01 to R16 and P01 to P14 of the list of attacks on authorization requests and codes, each
 * after its positive twin, and races for everything that is good once.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, asClient, authctlJson, authorizeRequest, challengeOf, getCode, logEntries, newVerifier, redeem, settled, signInPerson, untilEntry }
	from '../system/lib/outsider.mjs';
import { clientAssertion, database, sleep, useOmbud, ASSERTION_TYPE } from '../system/lib/ombud.mjs';

const PORTAL = 'https://localhost:9443/cb';

let issuer;
let browser;
let old;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	browser = await signInPerson(started, await addPerson(started));
	old = { flow: await getCode(started, browser, 'web_portal'), until: Date.now() + 61e3 };
});

const told = (answer) => Object.fromEntries(new URL(answer.location).searchParams);
const send = (changes, client = 'web_portal', from = browser) => from.get(authorizeRequest(ombud, client, changes).url);

/* The positive twin: this client's own request is good. */
async function assertGood(changes = {}, client = 'web_portal') {
	const answer = await send(changes, client);
	assert.equal(answer.status, 303, answer.text.slice(0, 200));
	assert.ok(told(answer).code, answer.location);
}

async function assertNowhere(answer, why) {
	assert.equal(answer.status, 400, why);
	assert.equal(answer.location, undefined, why);
}

async function assertTold(changes, error, client) {
	const answer = await send(changes, client);
	assert.equal(answer.status, 303, JSON.stringify(changes));
	const { error: said, code, access_token, id_token, iss } = told(answer);
	assert.deepEqual([said, code, access_token, id_token, iss], [error, undefined, undefined, undefined, issuer], JSON.stringify(changes));
	assert.ok(!answer.location.includes('#'));
}

async function push(client, changes = {}, { as = client, credentials = true } = {}) {
	const { parameters, verifier } = authorizeRequest(ombud, client, changes);
	const proof = credentials ? { client_assertion_type: ASSERTION_TYPE,
		client_assertion: await clientAssertion(issuer, as, ombud.demo.clients[as].jwk) } : {};
	const form = Object.entries({ ...parameters, ...proof }).filter(([, value]) => value !== undefined);
	const answer = await ombud.web().post(`${issuer}/oauth2/par`, { form });
	const request_uri = answer.status === 201 ? answer.json.request_uri : undefined;
	return { answer, verifier, parameters, request_uri, url: at(client, request_uri) };
}

const at = (client_id, request_uri) => `${issuer}/oauth2/authorize?${new URLSearchParams({ client_id, request_uri })}`;
const grant = (answer) => assert.deepEqual([answer.status, answer.json.error], [400, 'invalid_grant'], answer.text);

/* ---- R: the request ---- */

test('R01: an address that is not registered: other path, further segment, slash, case', async () => {
	await assertGood();
	for (const redirect_uri of ['https://localhost:9443/other', `${PORTAL}/x`, `${PORTAL}/`, 'https://localhost:9443/CB', 'https://evil.example/cb']) {
		await assertNowhere(await send({ redirect_uri }), redirect_uri);
	}
});

test('R04: a registered address with more query, a fragment, or its query in other order', async () => {
	await assertGood();
	for (const redirect_uri of [`${PORTAL}?a=b`, `${PORTAL}?`, `${PORTAL}#`, `${PORTAL}#x`, `${PORTAL}?a=1&a=2`]) {
		await assertNowhere(await send({ redirect_uri }), redirect_uri);
	}
});

test('R04: an address that is registered with a query is good with exactly that one', async () => {
	const registered = 'https://localhost:9443/q?tenant=a&lang=ru';
	await authctlJson(ombud, 'client', 'add', 'web_query', '--name', 'x', '--organisation', 'org_csp_north', '--auth', 'none', '--grants',
		'authorization_code', '--scopes', 'openid', '--redirect-uri', registered, '--redirect-uri', PORTAL);
	const ask = (redirect_uri) => send({ client_id: 'web_query', redirect_uri });
	const good = await ask(registered);
	assert.ok(good.location.startsWith(`${registered}&code=`), good.location);
	for (const redirect_uri of ['https://localhost:9443/q?lang=ru&tenant=a', 'https://localhost:9443/q?tenant=a', 'https://localhost:9443/q',
		`${registered}&x=y`, `${registered}#`, undefined]) {
		await assertNowhere(await ask(redirect_uri), redirect_uri);
	}
});

test('R06: loopback: only the port may vary, and only for native applications', async () => {
	await assertGood({ redirect_uri: 'http://127.0.0.1:51004/cb' }, 'mobile_app');
	for (const redirect_uri of ['http://localhost.evil.example/cb', 'http://127.0.0.1.evil.example/cb', 'http://0x7f.1/cb', 'http://[::1]:5000/cb',
		'http://127.0.0.1:5000/cb/x', 'https://127.0.0.1:5000/cb']) {
		await assertNowhere(await send({ redirect_uri }, 'mobile_app'), redirect_uri);
	}
	await assertNowhere(await send({ redirect_uri: 'https://localhost:9444/cb' }), 'a web client');
});

test('R07: other schemes', async () => {
	await assertGood();
	for (const redirect_uri of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'com.example.app:/cb', 'HTTPS://localhost:9443/cb']) {
		await assertNowhere(await send({ redirect_uri }), redirect_uri);
	}
});

test('R08: response types that would leak: never a token, whatever is asked', async () => {
	await assertGood();
	for (const response_type of ['token', 'id_token', 'code token', 'code id_token', 'none', 'CODE']) {
		await assertTold({ response_type }, 'unsupported_response_type');
	}
	await assertTold({ response_type: '' }, 'invalid_request');
	await assertNowhere(await send({ response_type: ['code', 'token'] }), 'twice');
});

test('R09: response modes other than query', async () => {
	await assertGood({ response_mode: 'query' });
	for (const response_mode of ['fragment', 'form_post', 'query.jwt', 'jwt', 'web_message']) {
		await assertTold({ response_mode }, 'invalid_request');
	}
});

test('R11: a request_uri of another client, used twice, made up, with another client_id, or pushed without proof', async () => {
	const good = await push('web_portal');
	assert.equal(good.answer.status, 201, good.answer.text);
	assert.ok(told(await browser.get(good.url)).code);
	const again = await browser.get(good.url);
	await assertNowhere(again, 'twice');
	await untilEntry(ombud, 'a used request_uri', ({ reason }) => reason === 'invalid_request_uri');

	const portals = await push('web_portal');
	await assertNowhere(await browser.get(at('mobile_app', portals.request_uri)), 'of another client');
	await assertNowhere(await browser.get(at('web_fapi', portals.request_uri)), 'of another client');
	await assertNowhere(await browser.get(`${issuer}/oauth2/authorize?${new URLSearchParams({ request_uri: portals.request_uri })}`), 'of nobody');
	assert.ok(told(await browser.get(portals.url)).code, 'which has not used it up');
	await assertNowhere(await browser.get(at('web_portal', `urn:ietf:params:oauth:request_uri:${randomBytes(32).toString('base64url')}`)), 'made up');

	assert.deepEqual([(await push('web_portal', {}, { credentials: false })).answer.status], [401]);
	const foreign = await push('web_portal', {}, { as: 'web_fapi' });
	assert.deepEqual([foreign.answer.status, foreign.answer.json.error], [401, 'invalid_client']);
	assert.equal((await push('web_portal', { request_uri: good.request_uri })).answer.json.error, 'invalid_request');
	assert.equal((await ombud.web().get(`${issuer}/oauth2/par`)).status, 405);
	for (const [changes, error] of [[{ redirect_uri: 'https://evil.example/cb' }, 'invalid_request'], [{ redirect_uri: undefined }, 'invalid_request'],
		[{ response_type: 'token' }, 'unsupported_response_type'], [{ code_challenge: undefined }, 'invalid_request'],
		[{ code_challenge_method: 'plain' }, 'invalid_request'], [{ scope: 'admin' }, 'invalid_scope'], [{ request: 'eyJ' }, 'request_not_supported'],
		[{ resource: 'https://evil.example' }, 'invalid_target'], [{ authorization_details: '[{"type":"x"}]' }, 'invalid_authorization_details']]) {
		const { answer } = await push('web_portal', changes);
		assert.deepEqual([answer.status, answer.json.error], [400, error], JSON.stringify(changes));
	}
});

test('R11: parameters beside a request_uri change nothing', async () => {
	const pushed = await push('web_portal', { state: 'pushed', scope: 'openid' });
	const beside = new URLSearchParams({ state: 'beside', scope: 'openid consent:manage', redirect_uri: 'https://evil.example/cb', nonce: 'x',
		code_challenge: challengeOf('x'), response_type: 'token' });
	const answer = await browser.get(`${pushed.url}&${beside}`);

	assert.ok(answer.location.startsWith(`${PORTAL}?`));
	assert.equal(told(answer).state, 'pushed');
	const { json } = await redeem(ombud, 'web_portal', { code: told(answer).code, verifier: pushed.verifier, redirect_uri: PORTAL });
	assert.equal(json.scope, 'openid');
});

test('R12: nothing that comes from outside leads anybody elsewhere', async () => {
	await assertGood();
	const away = 'https://evil.example/';
	for (const path of [`/login?return_to=${away}`, `/login?next=${away}`, `/oauth2/cancel?redirect_uri=${away}&client_id=web_portal`,
		`/oauth2/cancel?client_id=nobody&redirect_uri=${away}`, `/oauth2/authorize?client_id=web_portal&redirect_uri=${away}`,
		`/oauth2/logout?post_logout_redirect_uri=${away}`]) {
		const answer = await ombud.browser().get(`${issuer}${path}`);
		assert.ok(answer.location === undefined || answer.location.startsWith(issuer), `${path} ${answer.location}`);
		for (const [, address] of answer.text.matchAll(/(?:href|action|src)="([^"]*)"/g)) {
			assert.equal(new URL(address, issuer).origin, issuer, path);
		}
	}
	const good = await ombud.browser().get(`${issuer}/oauth2/cancel${authorizeRequest(ombud, 'web_portal').url.search}`);
	assert.equal(told(good).error, 'access_denied');
});

test('R14: iss is the issuer of the metadata, in success and in every error', async () => {
	assert.equal(told(await send({})).iss, issuer);
	assert.equal(told(await send({ response_type: 'token' })).iss, issuer);
	assert.equal(told(await send({ prompt: 'none' }, 'web_portal', ombud.browser())).iss, issuer);
	const { json } = await ombud.web().get(`${issuer}/.well-known/oauth-authorization-server`);
	assert.deepEqual([json.issuer, json.authorization_response_iss_parameter_supported], [issuer, true]);
});

test('R15: huge parameters, ten thousand scopes, control characters', async () => {
	await assertGood();
	const huge = await ombud.web().post(`${issuer}/oauth2/authorize`, { form: { ...authorizeRequest(ombud, 'web_portal').parameters,
		state: 'x'.repeat(1 << 20) } });
	assert.ok([400, 413].includes(huge.status), String(huge.status));
	const many = await browser.post(`${issuer}/oauth2/authorize`, { form: { ...authorizeRequest(ombud, 'web_portal').parameters,
		scope: Array.from({ length: 10000 }, (_, i) => `s${i}`).join(' ') } });
	assert.ok([400, 413].includes(many.status) || told(many).error === 'invalid_request', String(many.status));
	for (const scope of ['openid\u0000', 'openid\u0007', 'openid\u001b[2J']) {
		await assertNowhere(await send({ scope }), JSON.stringify(scope));
	}
	await assertTold({ scope: 'openid\r\nprofile' }, 'invalid_scope');
	for (const [name, length] of [['nonce', 513], ['login_hint', 201], ['claims', 4097], ['acr_values', 201], ['authorization_details', 4097]]) {
		await assertTold({ [name]: 'x'.repeat(length) }, 'invalid_request');
	}
});

test('R16: a state of quotes, markup and line breaks of 4 KiB comes back exactly and breaks out of nothing', async () => {
	const state = '"><script>alert(1)</script>\'\r\nSet-Cookie: x=1\r\n\r\n%0d%0a'.repeat(80).slice(0, 4096);
	const { url, parameters } = await push('web_portal', { state });
	const answer = await browser.get(url);

	assert.equal(told(answer).state, state);
	assert.equal(answer.header('x'), undefined);
	assert.doesNotMatch(answer.header('set-cookie') ?? '', /x=1/);
	assert.doesNotMatch(answer.header('location'), /["<>\r\n' ]/);
	const page = await browser.get(authorizeRequest(ombud, 'web_portal', { prompt: 'consent', state: state.slice(0, 1000) }).url);
	assert.doesNotMatch(page.text, /<script>alert/);
	assert.ok(parameters.state === state);
});

test('R16: error_description has only the characters that it may have', async () => {
	for (const changes of [{ response_type: 'x"\\' }, { scope: '"\\\u00e9' }, { max_age: '"' }, { prompt: 'none x' }]) {
		const { error_description } = told(await send(changes));
		assert.match(error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, JSON.stringify(changes));
	}
});

/* ---- P: code and PKCE ---- */

test('P01: no code_challenge, at a public and at a confidential client', async () => {
	for (const client of ['web_portal', 'mobile_app']) {
		await assertGood({}, client);
		await assertTold({ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request', client);
	}
});

test('P02: plain, no method, s256', async () => {
	await assertGood();
	for (const code_challenge_method of ['plain', undefined, '', 's256', 'S512']) {
		await assertTold({ code_challenge_method }, 'invalid_request');
	}
});

test('P04: verifiers of 42 and 129 characters, of other characters, padded, equal to the challenge', async () => {
	assert.equal((await redeem(ombud, 'web_portal', await getCode(ombud, browser, 'web_portal'))).status, 200);
	for (const change of [() => 'a'.repeat(42), () => 'a'.repeat(129), (v) => `${v.slice(1)}!`, (v) => `${v}=`, challengeOf, newVerifier]) {
		const flow = await getCode(ombud, browser, 'web_portal');
		grant(await redeem(ombud, 'web_portal', flow, { code_verifier: change(flow.verifier) }));
	}
	const tooLong = 'a'.repeat(129);
	grant(await redeem(ombud, 'web_portal', await getCode(ombud, browser, 'web_portal', { code_challenge: challengeOf(tooLong) }), { code_verifier: tooLong }));
});

test('P05: a replayed code is refused, and what its first use gave is taken back', async () => {
	const flow = await getCode(ombud, browser, 'web_portal');
	const { json } = await redeem(ombud, 'web_portal', flow);
	const active = async () => (await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: json.access_token })).json.active;

	assert.equal(await active(), true);
	grant(await redeem(ombud, 'web_portal', flow));
	assert.equal(await active(), false);
});

test('P05: another client with a stolen code neither spends it nor takes anything back', async () => {
	const flow = await getCode(ombud, browser, 'web_portal');
	grant(await redeem(ombud, 'mobile_app', flow));
	const { status, json } = await redeem(ombud, 'web_portal', flow);
	assert.equal(status, 200, 'its owner still can');
	grant(await redeem(ombud, 'mobile_app', flow));
	assert.equal((await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: json.access_token })).json.active, true);
});

test('P09: a code is 256 random bits, and neither it nor a request_uri is in the database in clear', async () => {
	const flow = await getCode(ombud, browser, 'web_portal');
	const pushed = await push('web_portal');
	assert.match(flow.code, /^[A-Za-z0-9_-]{43}$/);
	if (database === 'sqlite') {
		const files = ['', '-wal'].map((end) => `${ombud.demo.db.replace(/^sqlite:/, '')}${end}`);
		const bytes = Buffer.concat(files.map((name) => {
			try {
				return readFileSync(name);
			} catch {
				return Buffer.alloc(0);
			}
		}));
		assert.ok(bytes.length > 0 && bytes.includes('web_portal'));
		assert.ok(!bytes.includes(flow.code) && !bytes.includes(pushed.request_uri.split(':').at(-1)));
		assert.ok(!bytes.includes('client_assertion=') && !bytes.includes('client_assertion_type'));
	}
});

test('P11: a code of one session in the flow of another is refused', async () => {
	const other = await signInPerson(ombud, await addPerson(ombud));
	const [mine, theirs] = [await getCode(ombud, browser, 'web_portal'), await getCode(ombud, other, 'web_portal')];

	grant(await redeem(ombud, 'web_portal', { ...mine, code: theirs.code }));
	assert.equal((await redeem(ombud, 'web_portal', mine)).status, 200, 'its own is good');
});

test('P11: nobody else answers the page for a person: another session, no token, another site', async () => {
	const other = await signInPerson(ombud, await addPerson(ombud));
	const page = await browser.open(authorizeRequest(ombud, 'web_portal', { prompt: 'consent' }).url);
	const form = browser.findForm(page, { having: ['answer'] });
	const fields = Object.fromEntries(form.fields.filter(({ kind }) => kind === 'hidden').map(({ name, value }) => [name, value]));
	const post = (from, changes, headers = {}) => from.post(`${issuer}/oauth2/approve`, { form: { ...fields, answer: 'give', ...changes },
		headers: { origin: issuer, 'sec-fetch-site': 'same-origin', ...headers } });

	for (const [from, changes, headers] of [[other, {}], [browser, { csrf: '' }], [browser, { csrf: 'x'.repeat(43) }],
		[browser, {}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }]]) {
		const answer = await post(from, changes, headers);
		assert.deepEqual([answer.status, answer.location], [403, undefined]);
	}
	const changed = await post(browser, { redirect_uri: 'https://evil.example/cb' });
	await assertNowhere(changed, 'another address in the form');
	assert.ok(told(await post(browser, {})).code);
});

test('P11: signing in gives a new session: one set by somebody before is worth nothing', async () => {
	const victim = ombud.browser();
	victim.cookies.set('__Host-session', browser.cookies.get('__Host-session'));
	const before = victim.cookies.get('__Host-session');
	const fresh = await signInPerson(ombud, await addPerson(ombud));
	assert.notEqual(fresh.cookies.get('__Host-session'), before);
	const stranger = ombud.browser();
	stranger.cookies.set('__Host-session', randomBytes(32).toString('base64url'));
	assert.equal(new URL((await send({}, 'web_portal', stranger)).location).pathname, '/login');
});

test('P13: pages before and after a code send no Referer and load nothing of others', async () => {
	for (const page of [await browser.get(authorizeRequest(ombud, 'web_portal', { prompt: 'consent' }).url), await ombud.browser().open(
		authorizeRequest(ombud, 'web_portal').url), await send({ redirect_uri: 'https://evil.example' }), await send({})]) {
		assert.equal(page.header('referrer-policy'), 'no-referrer');
		assert.match(page.header('cache-control'), /no-store/);
		assert.equal(page.header('access-control-allow-origin'), undefined);
		for (const [, address] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
			assert.ok(new URL(address, issuer).origin === issuer, address);
		}
	}
});

test('P14: a challenge that a client uses again is in the log as one', async () => {
	const verifier = newVerifier();
	const changes = { code_challenge: challengeOf(verifier) };
	const from = logEntries(ombud).length;
	await getCode(ombud, browser, 'mobile_app', changes);
	await getCode(ombud, browser, 'mobile_app', changes);
	await untilEntry(ombud, 'a repeated challenge', ({ event, index, facts }) => event === 'token.code_issued' && index >= from
		&& facts.challenge === 'repeated' && facts.client === 'mobile_app');
	await settled(ombud);
	const marked = logEntries(ombud, from).filter(({ entry }) => entry.event === 'token.code_issued' && entry.facts.challenge === 'repeated');
	assert.equal(marked.length, 1, 'and the first one is not');
});

/* ---- once ---- */

test('of 64 parallel loads of one request_uri exactly one gets a code', async () => {
	const { url } = await push('web_portal');
	const answers = await Promise.all(Array.from({ length: 64 }, () => browser.get(url)));
	const codes = answers.filter(({ status }) => status === 303).map((answer) => told(answer).code);

	assert.equal(codes.length, 1, answers.map(({ status }) => status).join(' '));
	assert.ok(codes[0]);
	assert.ok(answers.every(({ status }) => status === 303 || status === 400), answers.map(({ status }) => status).join(' '));
});

/* Exactly one spends it (test_store_oauth.c); the others are replays, which may end the grant before its token is out. */
test('of 64 parallel uses of one code at most one gets a token, and that one does not last', async () => {
	const flow = await getCode(ombud, browser, 'web_portal');
	const answers = await Promise.all(Array.from({ length: 64 }, () => redeem(ombud, 'web_portal', flow)));
	const won = answers.filter(({ status }) => status === 200);

	assert.ok(won.length <= 1, `${won.length}`);
	answers.filter(({ status }) => status !== 200).forEach(grant);
	for (const { json } of won) {
		assert.deepEqual((await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: json.access_token })).json, { active: false });
	}
	await untilEntry(ombud, 'reuse', ({ event }) => event === 'token.reuse_detected');
});

test('P08: a code after a minute', async () => {
	await sleep(Math.max(old.until - Date.now(), 0));
	grant(await redeem(ombud, 'web_portal', old.flow));
});

test('the log holds', async () => {
	await assertLawful(ombud);
});
