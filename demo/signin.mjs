/* signin.mjs: a person signs in through the pages, with password and a code of oathtool. */
import { nextCode } from './totp.mjs';
import { Browser, wordsOf } from './web.mjs';

/* Goes through /login with the given person, starting at `page` or at /login; the page where the person was going. */
export async function signInThrough(browser, person, page) {
	page ??= await browser.open('/login');
	page = await browser.submit(page, { login: person.login, password: person.password });
	/* A code of this step may have been used by an earlier run: one more try with the next one. */
	for (let attempt = 0; attempt < 2 && new URL(page.url).pathname === '/login/otp'; attempt++) {
		page = await browser.submit(page, { code: await nextCode(person.totp_secret) });
	}
	if (new URL(page.url).pathname.startsWith('/login')) {
		throw new Error(`${person.login} could not sign in: ${page.status} ${wordsOf(page.text).slice(0, 300)}`);
	}
	return page;
}

/* A browser in which the person is signed in. */
export async function signIn(demo, person, { language = 'ru' } = {}) {
	const browser = new Browser(demo.issuer, { ca: demo.ca });
	browser.language = language;
	browser.landed = await signInThrough(browser, person);
	return browser;
}
