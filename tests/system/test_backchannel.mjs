/*
 * test_backchannel.mjs: whatever ends a session, each client that got an ID token of it is told (OpenID Connect Back-Channel
 * Logout 1.0), by a token that a relying party accepts; also when the client or authd itself was away in between.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { sql } from './lib/database.mjs';
import { addPerson, authctlJson, claimsOf, logEntries, personTokens, redeem, getCode, signInPerson, untilEntry } from './lib/outsider.mjs';
import { signInThrough, sleep, until, useOmbud } from './lib/ombud.mjs';
import { Receiver, withClients } from './lib/relying_party.mjs';

let apps;
let receiver;

const ombud = useOmbud({ before, after }, async (started) => {
	receiver = await new Receiver(started, { app_es: 'ES256', app_pw: 'PS256' }).start();
	apps = await withClients(started, {
		app_rs: ['--backchannel-logout-uri', receiver.url('app_rs')],
		app_es: ['--backchannel-logout-uri', receiver.url('app_es'), '--id-token-alg', 'ES256'],
		app_pw: ['--backchannel-logout-uri', receiver.url('app_pw'), '--id-token-alg', 'PS256', '--pairwise'],
		app_quiet: [],
	});
});
after(() => receiver?.stop());

/* Somebody of the test's own, signed in, with an ID token at each of these clients: { person, browser, ids }. */
async function signedIn(...clients) {
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	const ids = {};
	for (const client of clients) {
		ids[client] = claimsOf((await apps.tokens(browser, client)).id_token);
	}
	return { person, browser, ids };
}

async function signOut(browser) {
	const page = await browser.open('/security');
	const answer = await browser.submitOnce(page, browser.findForm(page, { action: '/sign-out' }));
	assert.equal(answer.status, 303, answer.text);
}

const hears = (client, { sid }, what) => receiver.until((one) => one.path === client && one.payload.sid === sid, what);
const metric = async (name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await admin('/metrics')).text)?.[1]);

async function admin(path) {
	const { request } = await import('node:http');
	return new Promise((resolve, reject) => {
		request({ socketPath: ombud.demo.socket.admin, path }, (response) => {
			let text = '';
			response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => resolve({ status: response.statusCode, text }));
		}).on('error', reject).end();
	});
}

test('discovery says that clients are told of sign-outs, with sid', async () => {
	const { json } = await ombud.web().get(`${ombud.demo.issuer}/.well-known/openid-configuration`);

	assert.equal(json.backchannel_logout_supported, true);
	assert.equal(json.backchannel_logout_session_supported, true);
	assert.equal(json.end_session_endpoint, `${ombud.demo.issuer}/oauth2/logout`);
	assert.ok(json.claims_supported.includes('sid'));
});

test('signing out tells each client that got an ID token of this session, in its algorithm, with its name of the person', async () => {
	const { person, browser, ids } = await signedIn('app_rs', 'app_es', 'app_pw', 'app_quiet');
	const other = await signedIn('app_rs');

	await signOut(browser);
	for (const [client, alg] of [['app_rs', 'RS256'], ['app_es', 'ES256'], ['app_pw', 'PS256']]) {
		const { payload, head } = await hears(client, ids[client], client);
		assert.deepEqual([head.typ, head.alg], ['logout+jwt', alg]);
		assert.equal(payload.sub, ids[client].sub, client);
		assert.equal(payload.sid, ids[client].sid);
		const { entry } = await untilEntry(ombud, 'auth.logout_sent', ({ id }) => id === payload.jti);
		assert.equal(entry.event, 'auth.logout_sent');
		assert.equal(entry.by.service, client);
		assert.equal(entry.about.length, 1, 'the person can see that it was sent');
	}
	assert.match(ids.app_pw.sub, /^pw_/);
	assert.notEqual(ids.app_pw.sub, person.sub);
	assert.deepEqual(receiver.of('app_quiet'), []);
	assert.deepEqual(receiver.of('app_rs', other.ids.app_rs.sid), [], "somebody else's session goes on");
	assert.deepEqual(receiver.refused, []);
});

test('a client that was given a code and never redeemed it is told nothing', async () => {
	const { browser, ids } = await signedIn('app_rs');

	await getCode(apps, browser, 'app_es');
	await signOut(browser);
	await hears('app_rs', ids.app_rs, 'the one that has');
	await sleep(1500);
	assert.deepEqual(receiver.of('app_es', ids.app_rs.sid), []);
});

test('a code that is redeemed after the session ended gives no ID token that nobody would ever take back', async () => {
	const { browser } = await signedIn();
	const code = await getCode(apps, browser, 'app_rs');

	await signOut(browser);
	const answer = await redeem(apps, 'app_rs', code);
	assert.equal(answer.status, 400, answer.text);
	assert.equal(answer.json.error, 'invalid_grant');
});

for (const [what, end] of [
	['a sign-out that another client began', async ({ browser }) => {
		const { id_token } = await apps.tokens(browser, 'app_es');
		assert.equal((await browser.get(`/oauth2/logout?${new URLSearchParams({ id_token_hint: id_token })}`)).status, 200);
	}],
	['ending it from another browser', async ({ person, ids }) => {
		const second = await signInPerson(ombud, person);
		const page = await second.open('/security');
		const form = second.findForm(page, { action: '/security/session_end' });
		const answer = await second.submitOnce(page, form, { id: ids.app_rs.sid });
		assert.equal(answer.status, 303, answer.text);
	}],
	['a new password', async ({ person }) => {
		const second = await signInPerson(ombud, person);
		const page = await second.open('/security');
		const form = second.findForm(page, { action: '/security/password_change' });
		assert.equal((await second.submitOnce(page, form, { old: person.password, new: 'сорок два синих бегемота' })).status, 303);
	}],
	['the administrator ending it', ({ ids }) => authctlJson(ombud, 'session', 'end', ids.app_rs.sid)],
	['disabling the person', ({ person }) => authctlJson(ombud, 'user', 'disable', person.sub)],
	['erasing the person', ({ person }) => authctlJson(ombud, 'subject', 'erase', person.sub, '--confirm', person.sub)],
	['a new sign-in in the same browser', async ({ person, browser }) => {
		await signInThrough(browser, person, await browser.open('/login?again=1'));
	}],
	['silence', ({ ids }) => sql(ombud, `UPDATE session SET seen_us = seen_us - idle_us_limit WHERE sid = '${ids.app_rs.sid}'; `
		+ `UPDATE session_client SET look_us = 0 WHERE sid = '${ids.app_rs.sid}'`)],
	['age', ({ ids }) => sql(ombud, `UPDATE session SET expires_us = seen_us WHERE sid = '${ids.app_rs.sid}'; `
		+ `UPDATE session_client SET look_us = 0 WHERE sid = '${ids.app_rs.sid}'`)],
]) {
	test(`a client is told of the end by ${what}`, async () => {
		const one = await signedIn('app_rs');

		await end(one);
		const { payload } = await hears('app_rs', one.ids.app_rs, what);
		assert.equal(payload.sub, one.person.sub);
		await sleep(300);
		assert.equal(receiver.of('app_rs', payload.sid).length, 1, 'once');
		if (what === 'silence' || what === 'age') {
			await untilEntry(ombud, 'auth.session_ended', ({ event, facts }) => event === 'auth.session_ended' && facts?.why === 'lapsed');
		}
	});
}

test('a session that is in use again when it is looked at goes on', async () => {
	const { browser, ids } = await signedIn('app_rs');

	sql(ombud, `UPDATE session_client SET look_us = 0 WHERE sid = '${ids.app_rs.sid}'`);
	await until('somebody looks', () => sql(ombud, `SELECT look_us FROM session_client WHERE sid = '${ids.app_rs.sid}'`)[0][0] !== '0');
	assert.equal((await browser.get('/me')).status, 200);
	assert.deepEqual(receiver.of('app_rs', ids.app_rs.sid), []);
});

test('a client that is down holds up no page and no other client, and is told when it is back, though authd was killed meanwhile', async () => {
	const { port } = receiver;
	const one = await signedIn('app_rs', 'app_es');
	const two = await signedIn('app_rs');
	/* app_rs moves to where a port takes connections and says nothing: the slowest way of being down. */
	const hole = createServer(() => {});
	await receiver.stop();
	await new Promise((resolve) => hole.listen(port, '127.0.0.1', resolve));
	const begun = await metric('ombud_logout_failures_total');

	await signOut(one.browser);
	await signOut(two.browser);
	const waiting = sql(ombud, 'SELECT count(*) FROM logout_notice')[0][0];
	assert.equal(waiting, '3');
	await until('failed attempts are counted', async () => await metric('ombud_logout_failures_total') >= begun + 2);
	assert.ok(await metric('ombud_logout_waiting') >= 3);

	const old = ombud.demo.pids.authd;
	process.kill(old, 'SIGKILL');
	await ombud.restarted('authd', old);
	hole.close();
	await receiver.start(port);
	sql(ombud, 'UPDATE logout_notice SET next_us = 0'); /* not to wait for the next attempt as long as a client would */
	await hears('app_rs', one.ids.app_rs, 'after the kill');
	await hears('app_es', one.ids.app_es, 'after the kill');
	await hears('app_rs', two.ids.app_rs, 'after the kill');
	assert.deepEqual(receiver.refused, []);
	assert.equal(sql(ombud, 'SELECT count(*) FROM logout_notice')[0][0], '0');
});

test('authd that is killed in the middle of telling tells again: at least once, and nothing is lost', async () => {
	const many = [];
	for (let i = 0; i < 4; i++) {
		many.push(await signedIn('app_rs'));
	}
	receiver.answer = () => 503;
	await Promise.all(many.map(({ browser }) => signOut(browser)));
	receiver.answer = () => 200;
	sql(ombud, 'UPDATE logout_notice SET next_us = 0');
	const old = ombud.demo.pids.authd;
	process.kill(old, 'SIGKILL');
	await ombud.restarted('authd', old);
	sql(ombud, 'UPDATE logout_notice SET next_us = 0');
	for (const { ids } of many) {
		await hears('app_rs', ids.app_rs, 'each of them');
	}
});

test('a client that says no is asked again, with another token, until it says yes; 204 is a yes', async () => {
	const { browser, ids } = await signedIn('app_es');
	const asked = receiver.asked;

	receiver.answer = () => 400;
	await signOut(browser);
	await until('it is asked again', () => receiver.asked >= asked + 2); /* at once, and after 5 s */
	receiver.answer = () => 200;
	const { payload } = await hears('app_es', ids.app_es, 'after two refusals');
	const sent = logEntries(ombud).filter(({ entry }) => entry.event === 'auth.logout_sent' && entry.by.service === 'app_es');
	assert.ok(sent.length >= 3);
	assert.ok(sent.some(({ entry }) => entry.id === payload.jti) || await untilEntry(ombud, 'the last', ({ id }) => id === payload.jti));

	const next = await signedIn('app_es');
	receiver.answer = () => 204;
	await signOut(next.browser);
	await until('204 is taken', () => sql(ombud, 'SELECT count(*) FROM logout_notice')[0][0] === '0');
	receiver.answer = () => 200;
});

test('a client that is not told for a day is given up, which an operator sees', async () => {
	const { browser } = await signedIn('app_es');
	const before = await metric('ombud_logout_given_up_total');

	receiver.answer = () => 500;
	await signOut(browser);
	sql(ombud, 'UPDATE logout_notice SET ended_us = ended_us - 86400000000, next_us = 0');
	await until('it is given up', async () => await metric('ombud_logout_given_up_total') === before + 1);
	receiver.answer = () => 200;
	assert.equal(sql(ombud, 'SELECT count(*) FROM logout_notice')[0][0], '0');
});

test('a client that was disabled meanwhile is told nothing, and waits in no list', async () => {
	const { browser, ids } = await signedIn('app_pw');

	await authctlJson(ombud, 'client', 'disable', 'app_pw');
	await signOut(browser);
	await until('nothing waits', () => sql(ombud, 'SELECT count(*) FROM logout_notice')[0][0] === '0');
	assert.deepEqual(receiver.of('app_pw', ids.app_pw.sid), []);
});

test('a logout token opens nothing: no API, no introspection, no hint', async () => {
	const [{ token }] = receiver.heard;
	const { issuer } = ombud.demo;
	const web = ombud.web();

	assert.equal((await web.get(`${issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
	assert.equal((await web.get(`${issuer}/consent/v1/records`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
	const person = await signedIn();
	const answer = await person.browser.get(`/oauth2/logout?${new URLSearchParams({ id_token_hint: token })}`);
	assert.equal(answer.status, 200);
	assert.equal((await person.browser.get('/me')).status, 200, 'still signed in');
	assert.equal((await personTokens(apps, person.browser, 'web_portal', 'openid')).token_type, 'Bearer');
});
