/*
 * pages.test.mjs: what people do in the portal, in a real browser: without scripts and with a keyboard alone. How each page
 * looks is in pages_looks.test.mjs.
 */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { after, before, describe, test } from 'node:test';
import { sleep, useOmbud } from '../system/lib/ombud.mjs';
import { focusedText, tabTo, usePortal } from './lib/portal.mjs';

const FIRST_VIEW_MOST = 50 * 1024;
const AT_ONCE = 4; /* most of them wait for a password to be hashed or for the next one-time code */

const ombud = useOmbud({ before, after });
const portal = usePortal({ before, after }, ombud);

describe('a person without scripts', { concurrency: AT_ONCE }, () => {
	test('signs in, gives a consent and takes it back with the keyboard alone', async () => {
		const page = await portal.openAs('citizen2', { language: 'en' });
		await page.goto(await portal.askForConsent('citizen2'));
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

	test('reads the name of every service before one yes is for all of them, and takes it back once', async () => {
		const names = ['Benefits North', 'Payment decisions North', 'Housing records', 'Housing Committee'];
		const page = await portal.openAs('citizen2', { language: 'en' });
		await page.goto(await portal.askForConsent('citizen2', { purpose: 'large_family', categories: ['family'], optional: ['income'],
			recipients: ['svc_benefits_north', 'svc_legacy', 'svc_decisions_north'] }));
		const asked = await page.textContent('main');
		assert.ok(names.every((name) => asked.includes(name)), asked);
		assert.match(asked, /one consent for all these services/);
		assert.ok(await page.locator('details li').count() > 0, 'what the text lists is a list');
		assert.doesNotMatch(await page.textContent('details'), /^\s*- /m);
		await tabTo(page, async () => (await focusedText(page)) === 'Give consent');
		await page.keyboard.press('Enter');
		await page.waitForURL(/\/consents\//);
		const given = await page.textContent('main');
		assert.ok(names.every((name) => given.includes(name)), given);
		await tabTo(page, async () => (await focusedText(page)) === 'Withdraw consent');
		await page.keyboard.press('Enter');
		await page.waitForSelector('text=Withdrawn');
		await page.context().close();
	});

	test('finds no optional category ticked and both answers alike', async () => {
		const page = await portal.openAs('citizen2');
		await page.goto(await portal.askForConsent('citizen2', { case: 'two equal buttons' }));
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
		const page = await portal.openAs('citizen2', { language: 'en' });
		const code = new URLSearchParams((await portal.deviceLink()).split('?')[1]).get('user_code');
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

	test('finds the way to the desk on the first page when they work there, and only then', async () => {
		const [official, citizen] = [await portal.openAs('operator', { language: 'en' }), await portal.openAs('citizen2', { language: 'en' })];
		await official.click('text=Go to the desk');
		assert.equal(new URL(official.url()).pathname, '/desk');
		assert.equal(await citizen.locator('main a[href^="/desk"]').count(), 0);
		await Promise.all([official.context().close(), citizen.context().close()]);
	});

	test('reads in a message who asks and until when to answer, and in the list of looks no name of a program', async () => {
		await portal.askForConsent('citizen2', { case: 'a message' });
		const page = await portal.openAs('citizen2', { language: 'en' });
		await page.goto('/inbox');
		const card = await page.locator('.govuk-summary-card', { hasText: 'A new request for consent' }).first().textContent();
		assert.match(card, /Who asks\s*Social Support Centre North/);
		assert.match(card, /Answer by/);
		await page.goto('/accesses');
		assert.doesNotMatch(await page.textContent('main'), /svc_|portal/);
		await page.context().close();
	});

	test('skips to the content, changes the language and stays where they were', async () => {
		const page = await portal.openWindow();
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
		const page = await portal.openWindow();
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
		const [kept, other] = [await portal.openWindow(), await portal.openWindow()];
		await portal.signIn(other, 'child');
		await portal.signIn(kept, 'child');
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
		const [page, other] = [await portal.openWindow(), await portal.openWindow()];
		/* A machine that is busy with other sign-ins says so and asks to try again. */
		const change = async (from, to, tries = 8) => {
			let answer = await page.goto('/security');
			if (answer.status() !== 503) {
				await page.fill('[name=old]', from);
				await page.fill('[name=new]', to);
				[answer] = await Promise.all([page.waitForNavigation(), page.click('#password_change button')]);
			}
			if (answer.status() === 503 && tries > 1) {
				await sleep(500);
				await change(from, to, tries - 1);
			}
		};
		await portal.signIn(other, 'dpo', 'en');
		await portal.signIn(page, 'dpo', 'en');
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
		const page = await portal.openAs('citizen', { language: 'en' });
		await page.goto(await portal.askForConsent('citizen', { case: 'receipt' }));
		await page.click('button[value=give]');
		const code = (await page.textContent('main')).match(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}/)[0];
		const stranger = await portal.openWindow();
		await stranger.goto(`/check?lang=en&code=${code.toLowerCase().replaceAll('-', ' ')}`);
		const words = await stranger.textContent('main');
		assert.match(words, /The consent is in force/);
		assert.ok(!words.includes(ombud.demo.people.citizen.sub));
		assert.ok(!/Ivanova|Иванова/.test(words));
		await Promise.all([page.context().close(), stranger.context().close()]);
	});
});

describe('somebody who acts for another, without scripts', () => {
	test('is appointed, acts and stops with the keyboard alone, and always sees for whom', async () => {
		const page = await portal.appoint();
		await tabTo(page, () => page.evaluate(() => document.activeElement?.form?.getAttribute('name') === 'act'));
		await page.keyboard.press('Enter');
		await page.waitForURL(/\/consents$/);
		const { name } = ombud.demo.people.citizen2;
		for (const path of ['/consents', '/accesses']) {
			await page.goto(path);
			assert.match(await page.textContent('.portal-acting'), new RegExp(name), path);
		}
		assert.equal((await page.goto('/security')).status(), 403);
		assert.match(await page.textContent('main'), /press “Act for yourself again”/);
		assert.equal(await page.locator('main a[href="/representatives"]').count(), 1);
		await page.goto('/representatives');
		await tabTo(page, () => page.evaluate(() => document.activeElement?.form?.getAttribute('name') === 'stop'));
		await page.keyboard.press('Enter');
		await page.waitForSelector('.portal-acting', { state: 'detached' });
		await page.goto('/consents');
		assert.equal(await page.locator('.portal-acting').count(), 0);
		await page.context().close();
	});

	test('is told at the field what is wrong with a code or an offer', async () => {
		const page = await portal.openAs('senior', { language: 'en' });
		for (const form of ['accept', 'offer']) {
			await page.goto('/representatives');
			await page.click(`form[name=${form}] button`);
			assert.ok(await page.locator(`form[name=${form}] .govuk-error-message`).count() > 0, form);
			assert.match(await page.title(), /^Error/);
		}
		await page.context().close();
	});
});

describe('every page', () => {
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
