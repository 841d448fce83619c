/*
 * pages.test.mjs: the portal in a real browser, as people use it: without scripts, with a keyboard alone, on a narrow screen, with
 * large text, in forced colours, in both languages.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { nextCode, useOmbud } from '../system/lib/ombud.mjs';
import { authctlJson } from '../system/lib/outsider.mjs';

const CHROMIUM = process.env.OMBUD_CHROMIUM ?? '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const FIRST_VIEW_MOST = 50 * 1024;
const OPEN_PAGES = ['/login', '/check', '/check?code=7F3A', '/help', '/licences', '/reports',
	`/reports/${new Date().toISOString().slice(0, 7)}`, '/nothing-here'];

/* The page that asks whether a client may be let in. */
const APPROVE = `/oauth2/authorize?${new URLSearchParams({ client_id: 'web_portal', redirect_uri: 'https://localhost:9443/cb', response_type: 'code',
	scope: 'openid profile', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', prompt: 'consent' })}`;

/* The inspector itself is a script; what people do is tried without any. */
const inspected = (look) => ({ ...look, javaScriptEnabled: true });

const LOOKS = {
	desktop: { viewport: { width: 1280, height: 900 } },
	narrow: { viewport: { width: 320, height: 640 } },
	'forced colours': { viewport: { width: 1280, height: 900 }, forcedColors: 'active' },
	'large text': { viewport: { width: 640, height: 900 }, fontSize: 32 },
};

const ombud = useOmbud({ before, after });
let browser;

before(async () => {
	/* Chromium's own sandbox needs what a container often withholds; it meets nothing here but our own pages. */
	browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
after(async () => { await browser?.close(); });

/* A page of its own browser profile, without scripts; `complaints` collects what its console and its policy say. */
async function openWindow({ fontSize, ...look } = LOOKS.desktop) {
	const context = await browser.newContext({ baseURL: ombud.demo.issuer, ignoreHTTPSErrors: true, javaScriptEnabled: false, ...look });
	context.setDefaultTimeout(120e3);
	const page = await context.newPage();
	page.complaints = [];
	page.on('console', (message) => {
		if (/Content Security Policy|Refused to/.test(message.text())) {
			page.complaints.push(message.text());
		}
	});
	if (fontSize) {
		const session = await context.newCDPSession(page);
		await session.send('Page.setFontSizes', { fontSizes: { standard: fontSize, fixed: fontSize } });
	}
	return page;
}

async function signIn(page, name, language = 'ru') {
	const person = ombud.demo.people[name];
	await page.goto(`/login?lang=${language}`);
	await page.fill('[name=login]', person.login);
	await page.fill('[name=password]', person.password);
	await page.click('main button');
	for (let attempt = 0; attempt < 2 && page.url().endsWith('/login/otp'); attempt++) {
		await page.fill('[name=code]', await nextCode(person.totp_secret));
		await page.click('main button');
	}
	assert.equal(new URL(page.url()).pathname, '/me', await page.textContent('main'));
}

const cookies = new Map();

/* A window of somebody who signed in before: a code serves once, so signing in again would wait for the next one. */
async function openAs(name, { look, language = 'ru' } = {}) {
	const page = await openWindow(look);
	if (!cookies.has(name)) {
		await signIn(page, name, language);
		cookies.set(name, await page.context().cookies());
	}
	await page.context().addCookies(cookies.get(name));
	await page.goto(`/me?lang=${language}`);
	return page;
}

/* The service asks; the address of the page where the person answers. */
async function askForConsent(name, fields = {}) {
	const benefits = await ombud.service('svc_benefits_north');
	const answer = await benefits('POST', '/consent/v1/requests', {
		person: ombud.demo.people[name].sub, purpose: ombud.demo.purposes[0], categories: ['income'], optional: ['family'], ...fields,
	});
	assert.equal(answer.status, 201, answer.text);
	return new URL(answer.json.form_url).pathname;
}

/* A kiosk asks; the address of the page where the person compares the code and answers. */
async function deviceLink() {
	const { json } = await ombud.web().post(`${ombud.demo.issuer}/oauth2/device`, { form: { client_id: 'kiosk', scope: 'openid profile offline_access' } });
	const { pathname, search } = new URL(json.verification_uri_complete);
	return `${pathname}${search}`;
}

async function inspect(page, where) {
	await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
	const { wide, room } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: window.innerWidth }));
	assert.ok(wide <= room, `${where} is ${wide} px wide in a window of ${room}`);
	await page.evaluate(AXE);
	const { violations } = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
	assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], where);
	assert.deepEqual(page.complaints, [], where);
}

/* Once: the list of questions and the desk's have something to show. */
let asked = false;
async function askSomething(page, look) {
	if (!asked) {
		await page.goto(look);
		await page.fill('form[action$="/question"] [name=text]', 'Почему смотрели мои данные?');
		await page.click('form[action$="/question"] button[value=complaint]');
		asked = true;
	}
}

/* Every page that a person who has been asked, has answered and was looked at can open. */
async function personalPages(page) {
	const first = async (from, selector) => {
		await page.goto(from);
		return page.locator(selector).first().getAttribute('href');
	};
	const consent = await first('/consents', '#holding ~ .govuk-summary-card h3 a');
	const look = await first('/accesses?show=refused', 'main h3 a');
	await askSomething(page, look);
	const ask = await first('/consents', '#waiting ~ .govuk-summary-card h3 a');
	return ['/me', '/inbox', '/consents', ask, consent, `${consent}/withdraw`, `${consent}/receipt`, `${consent}/document`, `${ask}/document`, '/accesses', '/accesses?show=refused', look, '/security', '/security/desk_codes', '/questions', '/export',
		'/device', await deviceLink(), '/device?user_code=wrong', '/device?done=approved', '/device?done=refused', APPROVE];
}

/* What an official sees who helps somebody: from the look-up to what waits for a second person. */
async function deskPages(page) {
	await askForConsent('citizen2', { case: 'at the desk' }).catch(() => {}); /* it waits already */
	await page.goto('/desk');
	await page.fill('[name=person]', ombud.demo.people.citizen2.login);
	await page.click('main form[action="/desk"] button');
	const at = new URL(page.url()).pathname;
	const give = await page.locator('a[href*="act=give"]').first().getAttribute('href');
	const ask = await page.locator('a[href*="/ask?"]').first().getAttribute('href');
	await page.goto(`${at}/prepare?act=see`);
	for (const [name, value] of [['paper', '2026-00042'], ['paper_date', '2026-11-20'], ['paper_kept', 'Архив']]) {
		await page.fill(`[name=${name}]`, value);
	}
	await page.click('button[value=paper]');
	const target = new URL(give, ombud.demo.issuer).searchParams.get('target');
	return ['/desk', at, give, ask, `${at}/document?target=${target}`, `${at}/prepare?act=question`, `${at}/prepare?act=codes`, new URL(page.url()).pathname, '/desk/queue', '/desk/account'];
}

/* ---- what a person does ---- */

const focusedText = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

async function tabTo(page, test) {
	for (let presses = 0; presses < 60; presses++) {
		await page.keyboard.press('Tab');
		if (await test()) {
			return;
		}
	}
	assert.fail('the keyboard does not get there');
}

describe('a person without scripts', () => {
	test('signs in, gives a consent and takes it back with the keyboard alone', async () => {
		const page = await openAs('citizen2', { language: 'en' });
		await page.goto(await askForConsent('citizen2'));
		await tabTo(page, async () => (await focusedText(page)) === 'Give consent');
		await page.keyboard.press('Enter');
		await page.waitForURL(/\/consents\//);
		assert.match(await page.textContent('main'), /In force/);
		await tabTo(page, async () => (await focusedText(page)) === 'Withdraw consent');
		await page.keyboard.press('Enter');
		await page.waitForSelector('text=Withdrawn');
		assert.equal(await page.locator('form[name=withdraw]').count(), 0);
		await page.context().close();
	});

	test('finds no optional category ticked and both answers alike', async () => {
		const page = await openAs('citizen2');
		await page.goto(await askForConsent('citizen2', { case: 'two equal buttons' }));
		assert.equal(await page.locator('input[type=checkbox]').count(), 1);
		assert.equal(await page.locator('input[type=checkbox]:checked').count(), 0);
		const [give, refuse] = await Promise.all(['give', 'refuse'].map((value) => page.locator(`button[value=${value}]`).evaluate((button) => {
			const style = getComputedStyle(button);
			return [style.backgroundColor, style.color, style.fontSize, style.fontWeight, button.offsetHeight, button.offsetWidth];
		})));
		assert.deepEqual(give, refuse);
		await page.click('button[value=refuse]');
		await page.waitForURL(/\/consents$/);
		await page.context().close();
	});

	test('connects a device by its code, and is warned before', async () => {
		const page = await openAs('citizen2', { language: 'en' });
		const code = new URLSearchParams((await deviceLink()).split('?')[1]).get('user_code');
		await page.goto('/device');
		await page.fill('[name=user_code]', code.toLowerCase());
		await page.keyboard.press('Enter');
		await page.waitForSelector('button[value=give]');
		assert.match(await page.textContent('main'), /Did somebody send you this code/);
		assert.match(await page.textContent('main'), new RegExp(code));
		await tabTo(page, async () => (await focusedText(page)) === 'It is my device, connect it');
		await page.keyboard.press('Enter');
		await page.waitForURL(/done=approved/);
		assert.match(await page.textContent('h1'), /The device is connected/);
		await page.context().close();
	});

	test('skips to the content, changes the language and stays where they were', async () => {
		const page = await openWindow();
		await page.goto('/help?lang=ru');
		await page.keyboard.press('Tab');
		assert.equal(await focusedText(page), 'Перейти к содержанию');
		await page.click('.portal-languages a[hreflang=en]');
		await page.waitForURL(/lang=en/);
		assert.equal(new URL(page.url()).pathname, '/help');
		assert.equal(await page.getAttribute('html', 'lang'), 'en');
		await page.context().close();
	});

	test('is led from a wrong password to the field', async () => {
		const page = await openWindow();
		await page.goto('/login?lang=ru');
		await page.fill('[name=login]', 'nobody');
		await page.fill('[name=password]', 'wrong password of nobody');
		await page.click('main button');
		assert.match(await page.title(), /^Ошибка:/);
		await page.click('.govuk-error-summary a');
		assert.equal(await page.evaluate(() => document.activeElement.name), 'login');
		await page.context().close();
	});

	test('ends another session, and that one is over', async () => {
		const [kept, other] = [await openWindow(), await openWindow()];
		await signIn(other, 'child');
		await signIn(kept, 'child');
		await kept.goto('/security');
		await kept.locator('form[name=session_end] button').first().click();
		assert.equal(await kept.locator('form[name=session_end]').count(), 0);
		await other.goto('/me');
		assert.equal(new URL(other.url()).pathname, '/login');
		await Promise.all([kept.context().close(), other.context().close()]);
	});

	test('changes the password only with the old one, and other sessions end', async () => {
		const person = ombud.demo.people.dpo;
		const fresh = 'seven quiet otters paddle upstream';
		const [page, other] = [await openWindow(), await openWindow()];
		/* A machine that is busy with other sign-ins says so and asks to try again. */
		const change = async (from, to, tries = 8) => {
			await page.goto('/security');
			await page.fill('[name=old]', from);
			await page.fill('[name=new]', to);
			const [answer] = await Promise.all([page.waitForNavigation(), page.click('#password_change button')]);
			if (answer.status() === 503 && tries > 1) {
				await change(from, to, tries - 1);
			}
		};
		await signIn(other, 'dpo', 'en');
		await signIn(page, 'dpo', 'en');
		await change('not the old one at all', fresh);
		assert.match(await page.textContent('.govuk-error-summary'), /present password is not right/);
		await change(person.password, 'password');
		assert.match(await page.textContent('.govuk-error-summary'), /easy to guess/);
		await change(person.password, fresh);
		assert.match(await page.textContent('.govuk-notification-banner'), /Your password is changed/);
		await other.goto('/me');
		assert.equal(new URL(other.url()).pathname, '/login');
		await change(fresh, person.password); /* for whoever uses this demo next */
		await Promise.all([page.context().close(), other.context().close()]);
	});

	test('checks a receipt by its code and sees nothing of whose it is', async () => {
		const page = await openAs('citizen', { language: 'en' });
		await page.goto(await askForConsent('citizen', { case: 'receipt' }));
		await page.click('button[value=give]');
		const code = (await page.textContent('main')).match(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}/)[0];
		const stranger = await openWindow();
		await stranger.goto(`/check?lang=en&code=${code.toLowerCase().replaceAll('-', ' ')}`);
		const words = await stranger.textContent('main');
		assert.match(words, /The consent is in force/);
		assert.ok(!words.includes(ombud.demo.people.citizen.sub));
		assert.ok(!/Ivanova|Иванова/.test(words));
		await Promise.all([page.context().close(), stranger.context().close()]);
	});
});

/* ---- acting for somebody ---- */

/* citizen2 appoints senior; each presses keys and nothing else. */
async function appoint() {
	const page = await openAs('citizen2', { language: 'en' });
	await page.goto('/representatives');
	for (const id of [`purpose-${ombud.demo.purposes[0]}`, 'action-see', 'action-give', 'action-withdraw']) {
		await tabTo(page, () => page.evaluate((wanted) => document.activeElement?.id === wanted, id));
		await page.keyboard.press('Space');
	}
	await tabTo(page, () => page.evaluate(() => document.activeElement?.id === 'until'));
	await page.keyboard.type(`${new Date().getUTCFullYear() + 1}-12-31`);
	await page.keyboard.press('Enter');
	const code = (await page.locator('#code').textContent()).trim();
	await page.context().close();
	const other = await openAs('senior', { language: 'en' });
	await other.goto('/representatives');
	await tabTo(other, () => other.evaluate(() => document.activeElement?.id === 'accept-code'));
	await other.keyboard.type(code.toLowerCase());
	await other.keyboard.press('Enter');
	await other.waitForSelector('form[name=act]');
	return other;
}

describe('somebody who acts for another, without scripts', () => {
	test('is appointed, acts and stops with the keyboard alone, and always sees for whom', async () => {
		const page = await appoint();
		await tabTo(page, () => page.evaluate(() => document.activeElement?.form?.getAttribute('name') === 'act'));
		await page.keyboard.press('Enter');
		await page.waitForURL(/\/consents$/);
		const { name } = ombud.demo.people.citizen2;
		for (const path of ['/consents', '/accesses']) {
			await page.goto(path);
			assert.match(await page.textContent('.portal-acting'), new RegExp(name), path);
		}
		assert.equal((await page.goto('/security')).status(), 403);
		await page.goto('/representatives');
		await tabTo(page, () => page.evaluate(() => document.activeElement?.form?.getAttribute('name') === 'stop'));
		await page.keyboard.press('Enter');
		await page.waitForSelector('.portal-acting', { state: 'detached' });
		await page.goto('/consents');
		assert.equal(await page.locator('.portal-acting').count(), 0);
		await page.context().close();
	});

	test('is told at the field what is wrong with a code or an offer', async () => {
		const page = await openAs('senior', { language: 'en' });
		for (const form of ['accept', 'offer']) {
			await page.goto('/representatives');
			await page.click(`form[name=${form}] button`);
			assert.equal(await page.locator('#faulty').count(), 1, form);
			assert.match(await page.title(), /^Error/);
		}
		await page.context().close();
	});
});

/* Registered by one official; it waits for another. */
async function registerParent() {
	const page = await openAs('operator');
	const { child, citizen } = ombud.demo.people;
	await page.goto('/desk/mandates');
	for (const [name, value] of [['person', child.sub], ['representative', citizen.sub], ['document', 'Свидетельство о рождении'], ['number', 'IV-АБ 123456'],
		['issued', '2016-09-12'], ['issuer', 'ЗАГС Приморского района'], ['sha256', '0'.repeat(64)], ['born', `${new Date().getUTCFullYear() - 10}-09-01`]]) {
		await page.fill(`[name=${name}]`, value);
	}
	await page.click('form[action="/desk/mandates/register"] button');
	await page.context().close();
}

/* Put forward by one official; it waits for another, and for the person's word. */
async function proposeDeath() {
	const { operator, operator2, citizen } = ombud.demo.people;
	for (const { sub } of [operator, operator2]) {
		await authctlJson(ombud, 'role', 'assign', '--sub', sub, '--organisation', 'org_csp_north', '--role', 'registrar');
	}
	const page = await openAs('operator');
	await page.goto('/desk/deaths');
	for (const [name, value] of [['kind', 'Свидетельство о смерти'], ['number', 'III-АК 123456'], ['date', '2026-11-20'], ['issuer', 'Отдел ЗАГС № 1']]) {
		await page.fill(`[name=${name}]`, value);
	}
	await page.fill('#person', citizen.sub);
	await page.click('form[action="/desk/deaths/propose"] button');
	await page.context().close();
}

/* ---- how every page is ---- */

describe('every page', () => {
	before(async () => {
		const page = await openAs('citizen');
		await page.goto(await askForConsent('citizen'));
		await page.click('button[value=give]');
		await askForConsent('citizen', { case: 'left open' });
		const benefits = await ombud.service('svc_benefits_north');
		for (const type of ['income', 'health']) {
			await benefits('POST', '/access/v1/evaluation', {
				subject: { type: 'service', id: 'svc_benefits_north' },
				action: { name: 'read', properties: { purpose: ombud.demo.purposes[0] } },
				resource: { type, id: ombud.demo.people.citizen.sub },
			});
		}
		await page.context().close();
		await registerParent();
		await proposeDeath();
		const other = await openAs('senior');
		await other.goto('/representatives');
		if (await other.locator('form[name=act]').count() === 0) {
			await (await appoint()).context().close();
		}
		await other.context().close();
	});

	/* What a representative sees as themselves, and then for another; and what these see, and an office. */
	async function inspectActing(look, language) {
		const page = await openAs('senior', { look, language });
		await page.goto('/representatives');
		await inspect(page, '/representatives');
		await page.click('form[name=act] button');
		const waiting = await askForConsent('citizen2', { case: 'by a representative' });
		for (const path of ['/consents', waiting, '/accesses', '/representatives', '/security']) {
			await page.goto(path);
			await inspect(page, `${path}, acting`);
		}
		await page.goto('/representatives');
		await page.click('form[name=stop] button');
		await page.goto('/representatives');
		await page.click('form[name=offer] button');
		await inspect(page, '/representatives, nothing chosen');
		await page.context().close();
		for (const [who, path] of [['citizen2', '/representatives'], ['operator', '/desk/mandates'], ['operator2', '/desk/mandates'],
			['operator', '/desk/deaths'], ['operator2', '/desk/deaths'], ['citizen', '/alive']]) {
			const other = await openAs(who, { look, language });
			await other.goto(path);
			await inspect(other, `${path} of ${who}`);
			if (who === 'operator2') {
				await other.click('a[href^="/desk/mandates/"]');
				await inspect(other, 'a mandate to confirm');
			}
			await other.context().close();
		}
	}

	for (const [name, look] of Object.entries(LOOKS)) {
		for (const language of ['ru', 'en']) {
			test(`is accessible and fits: ${name}, ${language}`, async () => {
				const page = await openWindow(inspected(look));
				for (const path of OPEN_PAGES) {
					await page.goto(`${path}${path.includes('?') ? '&' : '?'}lang=${language}`);
					await inspect(page, path);
				}
				await page.context().close();
				const own = await openAs('citizen', { look: inspected(look), language });
				for (const path of await personalPages(own)) {
					await own.goto(path);
					assert.equal(await own.getAttribute('html', 'lang'), language);
					await inspect(own, path);
				}
				await own.context().close();
				const desk = await openAs('operator', { look: inspected(look), language });
				for (const path of await deskPages(desk)) {
					await desk.goto(path);
					await inspect(desk, path);
				}
				await desk.context().close();
				for (const who of ['senior', 'dpo']) { /* who answers, and who judges the answers */
					const answering = await openAs(who, { look: inspected(look), language });
					await answering.goto('/desk/questions');
					await inspect(answering, `/desk/questions of ${who}`);
					if (who === 'senior') {
						await answering.goto(await answering.locator('main h2 a').first().getAttribute('href'));
						await inspect(answering, 'a question at the desk');
					}
					await answering.context().close();
				}
				await inspectActing(inspected(look), language);
			});
		}
	}

	test('has a title of its own', async () => {
		const page = await openWindow();
		const titles = new Map();
		const see = async (path) => {
			await page.goto(path);
			const title = await page.title();
			assert.ok(!titles.has(title), `${path} and ${titles.get(title)} are both "${title}"`);
			titles.set(title, path);
		};
		for (const path of OPEN_PAGES) {
			await see(path);
		}
		await page.context().addCookies(cookies.get('citizen'));
		for (const path of await personalPages(page)) {
			await see(path);
		}
		await page.context().close();
	});

	test('is small at first view', async () => {
		const web = ombud.web();
		const page = await web.get(new URL('/login', ombud.demo.issuer).href);
		const fonts = ['golos-cyrillic-400.woff2', 'golos-cyrillic-700.woff2', 'golos-latin-400.woff2', 'golos-latin-700.woff2'];
		let size = gzipSync(page.bytes).length;
		for (const asset of ['govuk.css', 'portal.css', ...fonts]) {
			const answer = await web.get(new URL(`/assets/${asset}`, ombud.demo.issuer).href, { headers: { 'accept-encoding': 'gzip' } });
			assert.equal(answer.status, 200);
			size += answer.bytes.length;
		}
		assert.ok(size <= FIRST_VIEW_MOST, `${size} bytes`);
	});

	test('asks for nothing twice that has not changed', async () => {
		const web = ombud.web();
		const url = new URL('/assets/govuk.css', ombud.demo.issuer).href;
		const first = await web.get(url);
		const again = await web.get(url, { headers: { 'if-none-match': first.header('etag') } });
		assert.equal(again.status, 304);
		assert.equal(again.bytes.length, 0);
		assert.doesNotMatch(first.header('cache-control'), /immutable/);
		assert.equal((await web.get(new URL('/assets/../portal.css', ombud.demo.issuer).href)).status, 404);
		assert.equal((await web.get(new URL('/assets/none.css', ombud.demo.issuer).href)).status, 404);
	});
});
