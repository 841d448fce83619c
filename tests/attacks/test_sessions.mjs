/*
 * test_sessions.mjs: signing in and being signed in, as somebody would guess, replay, fix, toss and ride them: names found out,
 * codes used twice, cookies of others, forms sent from elsewhere, sessions that should be over.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from '../system/lib/database.mjs';
import { addPerson, assertLawful, authctlJson, claimsOf, entryAt, logEntries, personTokens, raw, signInPerson, untilEntry } from '../system/lib/outsider.mjs';
import { codeAt, currentStep, formsOf, giveConsent, nextCode, question, requestToken, signInThrough, useOmbud } from '../system/lib/ombud.mjs';

let issuer;
let web;
let person;
let browser;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	person = await addPerson(started);
	browser = await signInPerson(started, person);
});

const ownForm = (url = issuer) => ({ origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' });

/* The answer of the first step, no redirect followed. */
async function tryPassword(browserOfTheirs, login, password) {
	const page = await browserOfTheirs.open('/login');
	return browserOfTheirs.submitOnce(page, browserOfTheirs.findForm(page, { having: ['login', 'password'] }), { login, password });
}

/* Past the first step: the page that asks for a code. Passwords are hashed a few at a time; who comes in a crowd comes again. */
async function atCode(who, browserOfTheirs = ombud.browser()) {
	let answer;
	do {
		answer = await tryPassword(browserOfTheirs, who.login, who.password);
	} while (answer.status === 503);
	assert.equal(answer.status, 303);
	return { browser: browserOfTheirs, page: await browserOfTheirs.follow(answer) };
}

const tryCode = ({ browser: theirs, page }, code) => theirs.submitOnce(page, theirs.findForm(page, { having: ['code'] }), { code });
const cookiesOf = (answer) => answer.headers['set-cookie'] ?? [];
const givesSession = (answer) => cookiesOf(answer).some((line) => /^__Host-session=[^;]+/.test(line) && !/max-age=0/i.test(line));

/* ---- who is there ---- */

test('an unknown name, a wrong password, a disabled and a locked person look the same to the byte', async () => {
	const disabled = await addPerson(ombud);
	await authctlJson(ombud, 'user', 'disable', disabled.sub);
	const seen = {};
	for (const [what, login, password] of [['unknown', `nobody.${randomBytes(4).toString('hex')}`, 'x'.repeat(20)], ['wrong', person.login, 'x'.repeat(20)],
		['disabled, right', disabled.login, disabled.password], ['unknown, long', 'n'.repeat(200), 'x'], ['script', '<script>alert(1)</script>', 'x'], ['SQL',
			"' or '1'='1", 'x']]) {
		const answer = await tryPassword(ombud.browser(), login, password);
		const neutral = answer.text.replaceAll(/value="[A-Za-z0-9_-]{43}"/g, 'value="csrf"').replaceAll(answer.header('x-request-id'), 'id')
			.replace(/(name="login" type="text") value="[^"]*"/, '$1');
		seen[what] = { status: answer.status, location: answer.location, cookies: cookiesOf(answer).map((line) => line.split('=')[0]), text: neutral,
			headers: Object.keys(answer.headers).sort() };
		assert.equal(answer.status, 401, what);
		assert.ok(!answer.text.includes('<script>alert'), what);
	}
	for (const [what, one] of Object.entries(seen)) {
		assert.deepEqual(one, seen.unknown, what);
	}
});

test('the log, which everybody may read, does not say whether a name that was tried is somebody\'s', async () => {
	const shapes = {};
	const service = await ombud.service('svc_benefits_north');
	const lastEntry = async () => (await entryAt(ombud, (await service('POST', '/access/v1/evaluation', question(person.sub))).json.context.log.index)).index;
	const someone = await addPerson(ombud);
	for (const [who, login] of [['known', someone.login], ['unknown', `nobody.${randomBytes(4).toString('hex')}`]]) {
		const from = await lastEntry();
		for (let i = 0; i < 2; i++) {
			assert.equal((await tryPassword(ombud.browser(), login, 'x'.repeat(20))).status, 401);
		}
		const to = await lastEntry();
		const found = logEntries(ombud, from).filter(({ index, entry }) => index < to && entry.event === 'auth.failed').map(({ entry }) => entry);
		assert.equal(found.length, 2, who);
		shapes[who] = found.map((entry) => [Object.keys(entry), entry.facts, entry.about?.map(({ tag, sealed }) => [tag.length, sealed?.length])]);
		for (const { about } of found) {
			const carrying = logEntries(ombud).filter(({ entry }) => entry.about?.some(({ tag }) => tag === about[0].tag));
			assert.equal(carrying.length, 1, `${who}: a name must not lead to the other entries about somebody`);
		}
	}
	assert.deepEqual(shapes.unknown, shapes.known);
	const own = await signInPerson(ombud, someone);
	const page = await own.open('/export');
	const exported = await own.submitOnce(page, own.findForm(page, { action: '/export' }), { format: 'json' });
	const { entries } = JSON.parse(exported.text);
	assert.equal(entries.filter((one) => JSON.stringify(one).includes('auth.failed')).length, 2, 'the person finds both');
});

test('no code is asked for before the password was right, and a signed-in cookie is not given before the code', async () => {
	const stranger = ombud.browser();
	assert.equal(new URL((await stranger.open('/login/otp')).url).pathname, '/login');
	const step = await atCode(person);
	assert.ok(!step.browser.cookies.names.includes('__Host-session'));
	assert.match((await step.browser.open('/me')).url, /\/login/, 'half signed in is not signed in');
});

/* ---- codes ---- */

test('a code is accepted once, also by another browser of the same person', async () => {
	const someone = await addPerson(ombud);
	const code = await codeAt(someone.totp_secret, currentStep());
	const first = await tryCode(await atCode(someone), code);
	const second = await tryCode(await atCode(someone), code);

	assert.equal(first.status, 303);
	assert.ok(givesSession(first));
	assert.equal(second.status, 401);
	assert.ok(!givesSession(second));
	/* Nor one of an earlier step after a later one. */
	const earlier = await tryCode(await atCode(someone), await codeAt(someone.totp_secret, currentStep() - 1));
	assert.equal(earlier.status, 401);
});

test('of 12 parallel uses of one code in one sign-in, and of 6 sign-ins, one becomes a session', async () => {
	const someone = await addPerson(ombud);
	const step = await atCode(someone);
	const code = await codeAt(someone.totp_secret, currentStep() + 1);
	const answers = await Promise.all(Array.from({ length: 12 }, () => tryCode(step, code)));
	assert.ok(answers.filter(givesSession).length <= 1);

	const other = await addPerson(ombud);
	const steps = await Promise.all(Array.from({ length: 6 }, () => atCode(other)));
	const one = await codeAt(other.totp_secret, currentStep());
	const results = await Promise.all(steps.map((each) => tryCode(each, one)));
	assert.equal(results.filter(givesSession).length, 1);
});

test('codes of other times and other shapes are wrong', async () => {
	const someone = await addPerson(ombud);
	for (const code of [await codeAt(someone.totp_secret, currentStep() - 3), await codeAt(someone.totp_secret, currentStep() + 3), '', '12345']) {
		const answer = await tryCode(await atCode(someone), code);
		assert.ok([400, 401].includes(answer.status), `${code}: ${answer.status}`);
		assert.ok(!givesSession(answer));
	}
	for (const code of ['1234567', '12345a', '١٢٣٤٥٦', '000000\u0000', '9'.repeat(5000), ' '.repeat(6)]) {
		const answer = await tryCode(await atCode(await addPerson(ombud)), code);
		assert.ok([400, 401].includes(answer.status), `${code.slice(0, 10)}: ${answer.status}`);
		assert.ok(!givesSession(answer));
	}
});

test('a few wrong codes end the sign-in under way, and the right one comes too late', async () => {
	const someone = await addPerson(ombud);
	const step = await atCode(someone);
	const right = await codeAt(someone.totp_secret, currentStep());
	let tries = 0;
	for (let answer = { status: 401 }; answer.status === 401 && tries < 12; tries++) {
		answer = await tryCode(step, right === '000000' ? '000001' : '000000');
		assert.ok(!givesSession(answer));
	}
	assert.ok(tries >= 2 && tries <= 10, `${tries} tries`);
	const late = await tryCode(step, right);
	assert.ok(!givesSession(late));
	const { entry } = await untilEntry(ombud, 'auth.failed', ({ event }) => event === 'auth.failed');
	assert.ok(entry.about?.length === 1);
});

test('who has the password alone can neither guess codes for ever nor lock the owner out of seeing it', async () => {
	const someone = await addPerson(ombud);
	let tried = 0;
	for (let attempt = 0; attempt < 10; attempt++) {
		const step = await atCode(someone).catch(() => undefined);
		if (!step) {
			break;
		}
		for (let i = 0; i < 10; i++, tried++) {
			const answer = await tryCode(step, String(100000 + tried)).catch(() => undefined);
			if (answer?.status !== 401) {
				break;
			}
		}
		if (logEntries(ombud).some(({ entry }) => entry.event === 'auth.locked')) {
			break;
		}
	}
	await untilEntry(ombud, 'auth.locked', ({ event }) => event === 'auth.locked');
	assert.ok(tried <= 60, `${tried} guesses before the lock`);
	const right = await tryCode(await atCode(someone), await codeAt(someone.totp_secret, currentStep()));
	assert.ok(!givesSession(right), 'locked: the right code does not help');
	await authctlJson(ombud, 'user', 'reset', someone.sub);
	(await signInPerson(ombud, someone)).close();
});

test('attack: forty wrong codes at the same moment through ten sign-ins: ten reach the check, and one entry says that the device is locked', async () => {
	const someone = await addPerson(ombud);
	const tries = () => sql(ombud, `SELECT failures, locked FROM totp WHERE sub = '${someone.sub}'`);
	const locks = () => logEntries(ombud).filter(({ entry }) => entry.event === 'auth.locked').length;
	const before_ = locks();
	const steps = [];
	for (let i = 0; i < 10; i++) {
		steps.push(await atCode(someone));
	}
	const right = Number(await codeAt(someone.totp_secret, currentStep()));
	const wrong = (i) => String((right + 7000 + i) % 1000000).padStart(6, '0');
	const answers = await Promise.all(steps.flatMap((step, i) => [0, 1, 2, 3].map((k) => tryCode(step, wrong(4 * i + k)).catch(() => undefined))));
	assert.ok(answers.every((answer) => !answer || !givesSession(answer)));
	assert.deepEqual(tries(), [['10', '1']], 'each was counted before it was looked at');
	for (let left = 600; locks() === before_ && left > 0; left--) {
		await new Promise((resolve) => { setTimeout(resolve, 50); });
	}
	assert.equal(locks(), before_ + 1);
	await authctlJson(ombud, 'user', 'reset', someone.sub);
	(await signInPerson(ombud, someone)).close();
	assert.deepEqual(tries(), [['0', '0']], 'the right code forgets the wrong ones');
});

test('attack: sixty wrong passwords at the same moment: a few are counted, then the account waits, for a minute at most', async () => {
	const someone = await addPerson(ombud);
	const began = Date.now();
	await Promise.all(Array.from({ length: 60 }, (_, i) => tryPassword(ombud.browser(), someone.login, `wrong password ${i}`).catch(() => undefined)));
	const seconds = (Date.now() - began) / 1000;
	const [[failures, until]] = sql(ombud, `SELECT failures, next_try_us FROM password WHERE sub = '${someone.sub}'`);
	/* Twelve at the same moment; from then on a minute lies between two. */
	assert.ok(Number(failures) >= 5 && Number(failures) <= 13 + seconds / 60, `${failures} in ${seconds} s`);
	assert.ok(Number(until) / 1000 <= Date.now() + 60000);
});

/* ---- the session cookie ---- */

test('the cookies are __Host-, Secure, HttpOnly, SameSite, without Domain, and hold enough chance', async () => {
	const someone = await addPerson(ombud);
	const theirs = ombud.browser();
	const page = await theirs.open('/login');
	const first = await theirs.submitOnce(page, theirs.findForm(page, { having: ['login'] }), { login: someone.login, password: someone.password });
	const otp = await theirs.follow(first);
	const second = await theirs.submitOnce(otp, theirs.findForm(otp, { having: ['code'] }), { code: await nextCode(someone.totp_secret) });
	const lines = [page, first, second].flatMap(cookiesOf);

	assert.ok(lines.length >= 3);
	for (const line of lines) {
		const [pair, ...attributes] = line.split(/; */);
		const has = (name) => attributes.some((one) => one.toLowerCase() === name.toLowerCase());
		assert.match(pair, /^__Host-/);
		assert.ok(has('Secure') && has('HttpOnly') && has('Path=/'), line);
		assert.ok(attributes.some((one) => /^SameSite=(Lax|Strict)$/i.test(one)), line);
		assert.ok(!attributes.some((one) => /^Domain/i.test(one)), line);
		assert.ok(line.length < 4096);
	}
	const session = /__Host-session=([^;]+)/.exec(lines.join('\n'))[1];
	assert.ok(Buffer.from(session, 'base64url').length >= 32);
	assert.ok(!/sub_|eyJ/.test(session), 'it says nothing');
});

test('a cookie that was there before signing in is not the session afterwards', async () => {
	const someone = await addPerson(ombud);
	const fixed = randomBytes(32).toString('base64url');
	const theirs = ombud.browser();
	for (const name of ['__Host-session', '__Host-signin']) {
		theirs.cookies.set(name, fixed);
	}
	await signInThrough(theirs, someone);
	assert.notEqual(theirs.cookies.get('__Host-session'), fixed);
	const thief = ombud.browser();
	thief.cookies.set('__Host-session', fixed);
	assert.match((await thief.open('/me')).url, /\/login/);
});

test("signing in on a browser that has somebody's session ends that one and takes nothing of it over", async () => {
	const [one, two] = [await addPerson(ombud), await addPerson(ombud)];
	const shared = await signInPerson(ombud, one);
	const old = shared.cookies.get('__Host-session');
	const page = await shared.open('/login?again=1');
	await signInThrough(shared, two, page);

	const info = async (theirs) => claimsOf((await personTokens(ombud, theirs, 'web_portal', 'openid')).access_token).sub;
	assert.equal(await info(shared), two.sub);
	const thief = ombud.browser();
	thief.cookies.set('__Host-session', old);
	assert.match((await thief.open('/me')).url, /\/login/, 'the older session is over');
});

test("the end of a browser's former session is an entry of its own, for whoever it was to see", async () => {
	const [first, second] = [await addPerson(ombud), await addPerson(ombud)];
	const one = await signInPerson(ombud, first);
	const from = logEntries(ombud).length;
	await signInThrough(one, second, await one.open('/login?again=1'));
	const ended = await untilEntry(ombud, 'the former session ended', ({ event, index }) => event === 'auth.session_ended' && index >= from);
	const began = await untilEntry(ombud, 'the new one began', ({ event, index }) => event === 'auth.login' && index > ended.index);
	assert.notEqual(ended.entry.about[0].tag, began.entry.about[0].tag, 'each is about its own person');
	assert.ok(ended.entry.about[0].tag);
});

test('a sign-in that is past the old password ends when an administrator sets a new one, or disables the person', async () => {
	for (const args of [['reset', '--password-file'], ['disable']]) {
		const target = await addPerson(ombud);
		const { browser: guesser, page } = await atCode(target);
		const file = join(mkdtempSync(join(tmpdir(), 'ombud-reset-')), 'password');
		writeFileSync(file, `${randomBytes(9).toString('base64url')}-heron-quartz`, { mode: 0o600 });
		await authctlJson(ombud, 'user', args[0], target.sub, ...(args.length > 1 ? [args[1], file] : []));
		rmSync(dirname(file), { recursive: true });
		const answer = await guesser.submit(page, { code: await nextCode(target.totp_secret) }, { having: ['code'] });
		assert.equal(answer.status, 403, `${args[0]}: ${answer.url}`);
		assert.match((await guesser.open('/me')).url, /\/login/);
	}
});

test('two cookies of one name, an endless one and a thousand of them get nobody in', async () => {
	const own = browser.cookies.get('__Host-session');
	const stranger = randomBytes(32).toString('base64url');
	const me = async (cookie) => web.get(`${issuer}/me`, { headers: { cookie } });

	assert.equal((await me(`__Host-session=${own}`)).status, 200);
	for (const cookie of [`__Host-session=${own}; __Host-session=${stranger}`, `__Host-session=${stranger}; __Host-session=${own}`, `__Host-session=${own}x`,
		`__Host-session="${own}"`,
		`__host-session=${own}`, `session=${own}`, `__Host-session=${own.toLowerCase()}`, `__Host-session=`, '=', ';;;', `__Host-session=${own},x`]) {
		const answer = await me(cookie);
		assert.ok([303, 400, 401].includes(answer.status), `${cookie.slice(0, 40)}: ${answer.status}`);
	}
	assert.ok([400, 431].includes((await me(`a=${'x'.repeat(20000)}; __Host-session=${own}`)).status));
	assert.ok([303, 400, 431].includes((await me(`${'a=b; '.repeat(1000)}__Host-session=${stranger}`)).status));
	const two = await raw(ombud,
		`GET /me HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-session=${own}\r\nCookie: __Host-session=${stranger}\r\nConnection: close\r\n\r\n`);
	assert.match(two, /^HTTP\/1\.1 (303|400)/);
});

/* ---- forms of others ---- */

/* Every form of a signed-in person that changes something. */
async function changingForms() {
	const service = await ombud.service('svc_benefits_north');
	const record = await giveConsent(ombud, service, browser, person.sub);
	const asked = await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], optional: ['family'],
		until: new Date(Date.now() + 60 * 86400e3).toISOString() });
	const [{ sid }] = (await authctlJson(ombud, 'session', 'list', '--person', person.sub)).records;
	return {
		record,
		service,
		request: asked.json.request_id,
		forms: {
			[`/ask/${asked.json.request_id}`]: { answer: 'give' },
			[`/consents/${record}/withdraw`]: {},
			'/security/session_end': { id: sid },
			'/security/password_change': { old: person.password, new: 'another-long-password-1' },
			'/sign-out': {},
		},
	};
}

test('a form without our token, with another token, or from another site changes nothing', async () => {
	const { forms, record, service, request } = await changingForms();
	const page = await browser.open('/security');
	const csrf = formsOf(page.text)[0].fields.find(({ name }) => name === 'csrf').value;
	const stranger = await signInPerson(ombud, await addPerson(ombud));
	const strangers = formsOf((await stranger.open('/security')).text)[0].fields.find(({ name }) => name === 'csrf').value;
	assert.notEqual(csrf, strangers);

	for (const [path, fields] of Object.entries(forms)) {
		for (const [what, form, headers] of [
			['no token', fields, ownForm()], ['an empty token', { ...fields, csrf: '' }, ownForm()], ["a stranger's token", { ...fields, csrf: strangers },
				ownForm()],
			['a token cut', { ...fields, csrf: csrf.slice(0, -1) }, ownForm()], ['a longer token', { ...fields, csrf: `${csrf}A` }, ownForm()],
			['another origin', { ...fields, csrf }, { origin: 'https://evil.example' }], ['a null origin', { ...fields, csrf }, { origin: 'null' }],
			['another port', { ...fields, csrf }, { origin: 'https://localhost:1' }], ['http', { ...fields, csrf }, { origin: issuer.replace('https',
				'http') }],
			['a longer origin', { ...fields, csrf }, { origin: `${issuer}.evil.example` }],
			['cross-site', { ...fields, csrf }, { origin: issuer, 'sec-fetch-site': 'cross-site' }], ['same-site', { ...fields, csrf },
				{ 'sec-fetch-site': 'same-site' }],
		]) {
			const answer = await browser.post(path, { form, headers });
			assert.equal(answer.status, 403, `${path}: ${what}: ${answer.status}`);
		}
		const twice = await browser.post(path, { body: `${new URLSearchParams({ ...fields, csrf })}&csrf=${csrf}`, headers: { ...ownForm(),
			'content-type': 'application/x-www-form-urlencoded' } });
		assert.equal(twice.status, 400);
		const typed = await browser.post(path, { body: JSON.stringify({ ...fields, csrf }), headers: { ...ownForm(), 'content-type': 'text/plain' } });
		assert.equal(typed.status, 415);
		const got = await browser.get(`${path}?${new URLSearchParams({ ...fields, csrf })}`);
		assert.ok([200, 405].includes(got.status), `${path}: ${got.status}`);
	}
	assert.equal((await service('GET', `/consent/v1/records/${record}`)).json.state, 'given');
	assert.equal((await browser.get('/me')).status, 200);
	assert.equal((await browser.open(`/ask/${request}`)).status, 200, 'still open');
	const without = await web.post(`${issuer}/consents/${record}/withdraw`, { form: { csrf }, headers: ownForm() });
	assert.ok([303, 401].includes(without.status) && !without.location?.includes(record), 'a token without its cookie');
});

test('the sign-in form wants its own token, too: nobody is signed in as somebody else by a form of another site', async () => {
	const theirs = ombud.browser();
	const page = await theirs.open('/login');
	const { csrf, ...fields } = { csrf: formsOf(page.text)[0].fields.find(({ name }) => name === 'csrf').value, login: person.login,
		password: person.password };
	const post = (form, headers = ownForm(), from = theirs) => from.post('/login', { form, headers });

	assert.equal((await post(fields)).status, 403);
	assert.equal((await post({ ...fields, csrf: `${csrf.slice(0, -1)}_` })).status, 403);
	assert.equal((await post({ ...fields, csrf }, { origin: 'https://evil.example' })).status, 403);
	assert.equal((await post({ ...fields, csrf }, ownForm(), ombud.browser())).status, 403, 'without the cookie');
	const other = ombud.browser();
	await other.open('/login');
	assert.equal((await post({ ...fields, csrf }, ownForm(), other)).status, 403, "with another browser's cookie");
	const step = await atCode(person);
	const theOther = await atCode(person);
	const otherToken = formsOf(theOther.page.text)[0].fields.find(({ name }) => name === 'csrf').value;
	for (const token of ['', otherToken, undefined]) {
		const answer = await step.browser.post('/login/otp', { form: { code: await codeAt(person.totp_secret, currentStep() + 1),
			...(token === undefined ? {} : { csrf: token }) }, headers: ownForm() });
		assert.ok(!givesSession(answer));
		assert.equal(answer.status, 403);
	}
});

/* ---- the end ---- */

test('signing out ends the session everywhere it is known, and forgets the cookie', async () => {
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	const cookie = theirs.cookies.get('__Host-session');
	const page = await theirs.open('/security');
	const answer = await theirs.submitOnce(page, theirs.findForm(page, { action: '/sign-out' }));

	assert.equal(answer.status, 303);
	assert.ok(cookiesOf(answer).some((line) => /^__Host-session=;.*max-age=0/i.test(line)));
	const old = await web.get(`${issuer}/me`, { headers: { cookie: `__Host-session=${cookie}` } });
	assert.equal(old.status, 303);
	assert.match(old.location, /\/login/);
	assert.match(page.header('cache-control'), /no-store/, 'nothing behind the back button');
	await untilEntry(ombud, 'auth.session_ended', ({ event }) => event === 'auth.session_ended');
});

test('a client may send a person to sign out, and back only to where it registered', async () => {
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	const tokens = await personTokens(ombud, theirs, 'web_portal', 'openid');
	const go = (fields, from = theirs) => from.get(`/oauth2/logout?${new URLSearchParams(fields)}`);

	for (const uri of ['https://evil.example/', 'https://localhost:9443/x', 'https://localhost:9443', 'javascript:alert(1)', '//evil.example']) {
		const answer = await go({ id_token_hint: tokens.id_token, post_logout_redirect_uri: uri });
		assert.equal(answer.status, 400, uri);
		assert.equal(answer.location, undefined);
	}
	const asked = await go({ post_logout_redirect_uri: 'https://localhost:9443/', client_id: 'web_portal' });
	assert.equal(asked.status, 200, 'without a hint the person is asked');
	assert.equal((await theirs.get('/me')).status, 200);
	const foreign = await signInPerson(ombud, await addPerson(ombud));
	const other = await go({ id_token_hint: tokens.id_token }, foreign);
	assert.equal(other.status, 200);
	assert.equal((await foreign.get('/me')).status, 200, "somebody else's hint ends nothing");
	const done = await go({ id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://localhost:9443/', state: 's p&' });
	assert.equal(done.status, 303);
	const back = new URL(done.location);
	assert.equal(`${back.origin}${back.pathname}`, 'https://localhost:9443/');
	assert.equal(back.searchParams.get('state'), 's p&');
	assert.match((await theirs.open('/me')).url, /\/login/);
});

test("nobody ends a stranger's session, and the wrong old password changes nothing", async () => {
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	const [{ sid }] = (await authctlJson(ombud, 'session', 'list', '--person', person.sub)).records;
	const csrf = formsOf((await theirs.open('/security')).text)[0].fields.find(({ name }) => name === 'csrf').value;
	const end = (id) => theirs.post('/security/session_end', { form: { csrf, id }, headers: ownForm() });
	const [foreign, unknown] = [await end(sid), await end('A'.repeat(sid.length))];

	assert.equal(foreign.status, 404);
	assert.equal(unknown.status, 404);
	assert.equal((await browser.get('/me')).status, 200);
	const change = (old, fresh) => theirs.post('/security/password_change', { form: { csrf, old, new: fresh }, headers: ownForm() });
	const wrong = await change('not the old one', 'a-new-long-password');
	assert.ok([400, 401, 403].includes(wrong.status), `${wrong.status}`);
	for (const weak of ['', 'short', 'x'.repeat(2000)]) {
		const answer = await change(someone.password, weak);
		assert.equal(answer.status, 400, weak.slice(0, 8));
	}
	const second = await signInPerson(ombud, someone);
	const good = await change(someone.password, 'тридцать три зелёных слона');
	assert.equal(good.status, 303);
	assert.match((await second.open('/me')).url, /\/login/, 'all other sessions end');
	assert.equal((await theirs.get('/me')).status, 200);
	assert.equal((await tryPassword(ombud.browser(), someone.login, someone.password)).status, 401);
	assert.equal((await tryPassword(ombud.browser(), someone.login, 'тридцать три зелёных слона')).status, 303);
});

test('a password is compared whole: long ones, spaces, other letters', async () => {
	const someone = await addPerson(ombud);
	for (const password of [`${someone.password} `, ` ${someone.password}`, someone.password.toUpperCase(), someone.password.slice(0, -1),
		`${someone.password}x`, `${someone.password}\u0000`, `${someone.password}${'x'.repeat(3000)}`]) {
		const answer = await tryPassword(ombud.browser(), someone.login, password);
		assert.ok([400, 401].includes(answer.status), `${answer.status}`);
	}
});

test('pages of a person are not for others and not for frames, and need signing in', async () => {
	for (const path of ['/me', '/consents', '/accesses', '/security', '/ask/req_AAAAAAAAAAAAAAAAAAAAAA', '/ask/new', '/consents/x', '/accesses/1',
		'/accesses/1/proof']) {
		const answer = await ombud.browser().get(path);
		assert.equal(answer.status, 303, path);
		const to = new URL(answer.location);
		assert.equal(to.pathname, '/login');
		assert.equal(to.searchParams.get('return_to'), path);
		assert.match((await browser.get(path)).header('x-frame-options'), /DENY/);
	}
});

test('after all of this nothing was started again, and a service still gets its token', async () => {
	assert.equal(logEntries(ombud).filter(({ entry }) => entry.event === 'log.started').length, 1);
	await assertLawful(ombud);
	assert.equal((await requestToken(web, issuer, 'svc_benefits_north', ombud.demo.clients.svc_benefits_north)).status, 200);
});
