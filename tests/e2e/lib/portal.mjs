/*
 * portal.mjs: people at the portal in Debian's Chromium: windows without scripts, sign-ins that are made once, what a service and
 * a kiosk ask of them, keys instead of a mouse. `usePortal({ before, after })` gives all of it, on the demo of the test's file.
 */
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { nextCode, sleep } from '../../system/lib/ombud.mjs';

const CHROMIUM = process.env.OMBUD_CHROMIUM ?? '/usr/bin/chromium';
const DESKTOP = { width: 1280, height: 900 };

/* ---- keys ---- */

export const focusedText = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

export async function tabTo(page, test) {
	for (let presses = 0; presses < 60; presses++) {
		await page.keyboard.press('Tab');
		if (await test()) {
			return;
		}
	}
	assert.fail('the keyboard does not get there');
}

/* ---- people ---- */

class Portal {
	#ombud;
	#sessions = new Map();
	#signingIn = Promise.resolve();

	constructor(ombud) {
		this.#ombud = ombud;
	}

	/* Chromium's own sandbox needs what a container often withholds; it meets nothing here but our own pages. */
	async open() {
		this.browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
	}

	async close() {
		await this.browser?.close();
	}

	/* A page of its own browser profile, without scripts; `complaints` collects what its console and its policy say. */
	async openWindow(options = {}) {
		const context = await this.browser.newContext({ baseURL: this.#ombud.demo.issuer, ignoreHTTPSErrors: true, javaScriptEnabled: false,
			viewport: DESKTOP, ...options });
		context.setDefaultTimeout(120e3);
		const page = await context.newPage();
		page.complaints = [];
		page.on('console', (message) => {
			if (/Content Security Policy|Refused to/.test(message.text())) {
				page.complaints.push(message.text());
			}
		});
		return page;
	}

	async #tryToSignIn(page, name, language) {
		const person = this.#ombud.demo.people[name];
		await page.goto(`/login?lang=${language}`);
		await page.fill('[name=login]', person.login);
		await page.fill('[name=password]', person.password);
		await page.click('main button');
		for (let attempt = 0; attempt < 2 && page.url().endsWith('/login/otp'); attempt++) {
			await page.fill('[name=code]', await nextCode(person.totp_secret));
			await page.click('main button');
		}
	}

	/* Whom a busy machine tells to try again does. */
	async #fillIn(page, name, language) {
		let said;
		for (let tries = 0; tries < 20; tries++) {
			await this.#tryToSignIn(page, name, language);
			if (new URL(page.url()).pathname === '/me') {
				return;
			}
			said = await page.textContent('main');
			if (!said.includes('503')) {
				break;
			}
			await sleep(500);
		}
		assert.fail(said);
	}

	/* One after the other: only a few passwords are hashed at once. */
	signIn(page, name, language = 'ru') {
		const done = this.#signingIn.then(() => this.#fillIn(page, name, language));
		this.#signingIn = done.catch(() => {});
		return done;
	}

	async #startSession(name) {
		const page = await this.openWindow();
		await this.signIn(page, name);
		const cookies = await page.context().cookies();
		await page.context().close();
		return cookies;
	}

	/* A window of somebody who signed in before: a code serves once, so signing in again would wait for the next one. */
	async openAs(name, { language = 'ru', ...options } = {}) {
		if (!this.#sessions.has(name)) {
			this.#sessions.set(name, this.#startSession(name));
		}
		const page = await this.openWindow(options);
		await page.context().addCookies(await this.#sessions.get(name));
		await page.goto(`/me?lang=${language}`);
		return page;
	}

	/* The service asks; the address of the page where the person answers. */
	async askForConsent(name, fields = {}) {
		const benefits = await this.#ombud.service('svc_benefits_north');
		const answer = await benefits('POST', '/consent/v1/requests', {
			person: this.#ombud.demo.people[name].sub, purpose: this.#ombud.demo.purposes[0], categories: ['income'], optional: ['family'], ...fields,
		});
		assert.equal(answer.status, 201, answer.text);
		return new URL(answer.json.form_url).pathname;
	}

	/* A kiosk asks; the address of the page where the person compares the code and answers. */
	async deviceLink() {
		const { json } = await this.#ombud.web().post(`${this.#ombud.demo.issuer}/oauth2/device`,
			{ form: { client_id: 'kiosk', scope: 'openid profile offline_access' } });
		const { pathname, search } = new URL(json.verification_uri_complete);
		return `${pathname}${search}`;
	}

	/* citizen2 appoints senior; each presses keys and nothing else. senior's window at the end. */
	async appoint() {
		const page = await this.openAs('citizen2', { language: 'en' });
		await page.goto('/representatives');
		for (const id of [`purpose-${this.#ombud.demo.purposes[0]}`, 'action-see', 'action-give', 'action-withdraw']) {
			await tabTo(page, () => page.evaluate((wanted) => document.activeElement?.id === wanted, id));
			await page.keyboard.press('Space');
		}
		await tabTo(page, () => page.evaluate(() => document.activeElement?.id === 'until'));
		await page.keyboard.type(`31.12.${new Date().getUTCFullYear() + 1}`);
		await page.keyboard.press('Enter');
		const code = (await page.locator('#code').textContent()).trim();
		await page.context().close();
		const other = await this.openAs('senior', { language: 'en' });
		await other.goto('/representatives');
		await tabTo(other, () => other.evaluate(() => document.activeElement?.id === 'accept-code'));
		await other.keyboard.type(code.toLowerCase());
		await other.keyboard.press('Enter');
		await other.waitForSelector('form[name=act]');
		return other;
	}
}

export function usePortal({ before, after }, ombud) {
	const portal = new Portal(ombud);
	before(() => portal.open());
	after(() => portal.close());
	return portal;
}
