/*
 * pages_looks.test.mjs: every page of the portal on a desktop, on a narrow screen, in forced colours and with large text, in both
 * languages: it fits, axe finds nothing, and no policy is broken. A page is loaded once for all looks.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { useOmbud } from '../system/lib/ombud.mjs';
import { authctlJson } from '../system/lib/outsider.mjs';
import { usePortal } from './lib/portal.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const LANGUAGES = ['ru', 'en'];
const OPEN_PAGES = ['/login', '/check', '/check?code=7F3A', '/help', '/licences', '/reports',
	`/reports/${new Date().toISOString().slice(0, 7)}`, '/nothing-here'];
const AT_ONCE = 4; /* walks: the portal answers one while Chromium paints another */

/* The page that asks whether a client may be let in. */
const APPROVE = `/oauth2/authorize?${new URLSearchParams({ client_id: 'web_portal', redirect_uri: 'https://localhost:9443/cb', response_type: 'code',
	scope: 'openid profile', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', prompt: 'consent' })}`;

/* `text` is the size in pixels that the person's browser begins with. */
const LOOKS = {
	desktop: { width: 1280, height: 900 },
	narrow: { width: 320, height: 640 },
	'forced colours': { width: 1280, height: 900, forced: true },
	'large text': { width: 640, height: 900, text: 32 },
};

const ombud = useOmbud({ before, after });
const portal = usePortal({ before, after }, ombud);

/* ---- looking ---- */

const fontSizes = new WeakMap();

/* The page as this person has it; that the browser did what it was told is looked at in the page. */
async function dress(page, { width, height, forced = false, text = 16 }) {
	if (!fontSizes.has(page)) {
		fontSizes.set(page, await page.context().newCDPSession(page));
	}
	await page.setViewportSize({ width, height });
	await page.emulateMedia({ forcedColors: forced ? 'active' : 'none' });
	await fontSizes.get(page).send('Page.setFontSizes', { fontSizes: { standard: text, fixed: text } });
	const worn = await page.evaluate(() => ({ width: window.innerWidth, forced: matchMedia('(forced-colors: active)').matches,
		text: parseFloat(getComputedStyle(document.documentElement).fontSize) }));
	assert.deepEqual(worn, { width, forced, text });
}

/* The inspector itself is a script; what people do is tried without any (pages.test.mjs). */
async function inspect(page, where) {
	await page.evaluate(AXE);
	await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
	for (const [name, look] of Object.entries(LOOKS)) {
		await dress(page, look);
		const { wide, room } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: window.innerWidth }));
		assert.ok(wide <= room, `${where}, ${name}: it is ${wide} px wide in a window of ${room}`);
		const { violations } = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules, resultTypes: ['violations'] }), RULES);
		assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], `${where}, ${name}`);
	}
	assert.deepEqual(page.complaints, [], where);
}

async function visit(page, path, language, where = path) {
	await page.goto(path);
	assert.equal(await page.getAttribute('html', 'lang'), language, where);
	await inspect(page, where);
}

const openAs = (name, language) => portal.openAs(name, { language, javaScriptEnabled: true });

/* ---- what there is to see ---- */

/* Registered by one official; it waits for another. */
async function registerParent() {
	const page = await portal.openAs('operator');
	const { child, citizen } = ombud.demo.people;
	await page.goto('/desk/mandates');
	for (const [name, value] of [['person', child.login], ['representative', citizen.login], ['document', 'Свидетельство о рождении'], ['number', 'IV-АБ 123456'],
		['issued', '12.09.2016'], ['issuer', 'ЗАГС Приморского района'], ['sha256', '0'.repeat(64)], ['born', `1.09.${new Date().getUTCFullYear() - 10}`]]) {
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
	const page = await portal.openAs('operator');
	await page.goto('/desk/deaths');
	for (const [name, value] of [['kind', 'Свидетельство о смерти'], ['number', 'III-АК 123456'], ['date', '20.11.2026'], ['issuer', 'Отдел ЗАГС № 1']]) {
		await page.fill(`[name=${name}]`, value);
	}
	await page.fill('#person', citizen.login);
	await page.click('form[action="/desk/deaths/propose"] button');
	await page.context().close();
}

async function firstLink(page, from, selector) {
	await page.goto(from);
	return page.locator(selector).first().getAttribute('href');
}

const REFUSED_LOOK = ['/accesses?show=refused', 'main h3 a'];

/* The list of questions and the desk's have something to show. */
async function askSomething(page) {
	await page.goto(await firstLink(page, ...REFUSED_LOOK));
	await page.fill('form[action$="/question"] [name=text]', 'Почему смотрели мои данные?');
	await page.click('form[action$="/question"] button[value=complaint]');
}

async function answerTo(page, name, answer, fields) {
	await page.goto(await portal.askForConsent(name, fields));
	await page.click(`button[value=${answer}]`);
	await page.waitForURL(/\/consents/);
}

/* Someone who was asked, has answered and was looked at; someone who took a consent back, and has a representative. */
async function arrange() {
	const page = await portal.openAs('citizen');
	await answerTo(page, 'citizen', 'give', { case: 'receipt' });
	await answerTo(page, 'citizen', 'give');
	await portal.askForConsent('citizen', { case: 'left open', purpose: 'large_family', categories: ['family'], optional: ['income'],
		recipients: ['svc_benefits_north', 'svc_legacy', 'svc_decisions_north'] });
	const benefits = await ombud.service('svc_benefits_north');
	for (const type of ['income', 'health']) {
		await benefits('POST', '/access/v1/evaluation', {
			subject: { type: 'service', id: 'svc_benefits_north' },
			action: { name: 'read', properties: { purpose: ombud.demo.purposes[0] } },
			resource: { type, id: ombud.demo.people.citizen.sub },
		});
	}
	await askSomething(page);
	await page.context().close();
	const other = await portal.openAs('citizen2');
	await answerTo(other, 'citizen2', 'refuse', { case: 'refused' });
	await answerTo(other, 'citizen2', 'give');
	await other.click('form[name=withdraw] button');
	await other.waitForSelector('form[name=withdraw]', { state: 'detached' });
	await other.context().close();
	await registerParent();
	await proposeDeath();
	await (await portal.appoint()).context().close();
}

/* Every page that a person who has been asked, has answered and was looked at can open. */
async function personalPages(page) {
	const consent = await firstLink(page, '/consents', '#holding ~ .govuk-summary-card h3 a');
	const look = await firstLink(page, ...REFUSED_LOOK);
	const ask = await firstLink(page, '/consents', '#waiting ~ .govuk-summary-card h3 a');
	return ['/me', '/inbox', '/consents', ask, consent, `${consent}/withdraw`, `${consent}/receipt`, `${consent}/document`, `${ask}/document`,
		'/accesses', '/accesses?show=refused', look, '/security', '/security/desk_codes', '/questions', '/export', '/objections',
		'/device', await portal.deviceLink(), '/device?user_code=wrong', '/device?done=approved', '/device?done=refused', APPROVE];
}

/* What an official sees who helps somebody: from the look-up to what waits for a second person. */
async function deskPages(page) {
	await portal.askForConsent('citizen2', { case: 'at the desk' }).catch(() => {}); /* it waits already */
	await page.goto('/desk');
	await page.fill('[name=person]', ombud.demo.people.citizen2.login);
	await page.click('main form[action="/desk"] button');
	const at = new URL(page.url()).pathname;
	const give = await page.locator('a[href*="act=give"]').first().getAttribute('href');
	const ask = await page.locator('a[href*="/ask?"]').first().getAttribute('href');
	await page.goto(`${at}/prepare?act=see`);
	for (const [name, value] of [['paper', '2026-00042'], ['paper_date', '20.11.2026'], ['paper_kept', 'Архив']]) {
		await page.fill(`[name=${name}]`, value);
	}
	await page.click('button[value=paper]');
	const target = new URL(give, ombud.demo.issuer).searchParams.get('target');
	return ['/desk', at, give, ask, `${at}/document?target=${target}`, `${at}/prepare?act=question`, `${at}/prepare?act=codes`,
		new URL(page.url()).pathname, '/desk/queue', '/desk/account'];
}

/* ---- walks ---- */

async function walkOpen(language) {
	const page = await portal.openWindow({ javaScriptEnabled: true });
	for (const path of OPEN_PAGES) {
		await visit(page, `${path}${path.includes('?') ? '&' : '?'}lang=${language}`, language);
	}
	await page.context().close();
}

async function walkOwn(language) {
	const page = await openAs('citizen', language);
	for (const path of await personalPages(page)) {
		await visit(page, path, language);
	}
	await page.context().close();
}

async function walkDesk(language) {
	const page = await openAs('operator', language);
	for (const path of await deskPages(page)) {
		await visit(page, path, language);
	}
	await page.context().close();
}

/* What whoever answers sees, and whoever judges the answers; then, of the first, as a representative of another. */
async function walkAnswering(language) {
	for (const who of ['senior', 'dpo']) {
		const page = await openAs(who, language);
		await visit(page, '/desk/questions', language, `/desk/questions of ${who}`);
		if (who === 'senior') {
			await visit(page, await page.locator('main h2 a').first().getAttribute('href'), language, 'a question at the desk');
			await walkActing(page, language);
		}
		await page.context().close();
	}
}

async function walkActing(page, language) {
	await visit(page, '/representatives', language);
	await page.click('form[name=act] button');
	const waiting = await portal.askForConsent('citizen2', { case: 'by a representative' });
	for (const path of ['/consents', waiting, '/accesses', '/representatives', '/security']) {
		await visit(page, path, language, `${path}, acting`);
	}
	await page.goto('/representatives');
	await page.click('form[name=stop] button');
	await page.goto('/representatives');
	await page.click('form[name=offer] button');
	await inspect(page, '/representatives, nothing chosen');
}

/* What they see for whom somebody acts, or whose death is put forward, and an office. */
async function walkMandates(language) {
	for (const [who, path] of [['citizen2', '/representatives'], ['operator', '/desk/mandates'], ['operator2', '/desk/mandates'],
		['operator', '/desk/deaths'], ['operator2', '/desk/deaths'], ['citizen', '/alive']]) {
		const page = await openAs(who, language);
		await visit(page, path, language, `${path} of ${who}`);
		if (who === 'operator2' && path === '/desk/mandates') {
			await page.click('a[href^="/desk/mandates/"]');
			await inspect(page, 'a mandate to confirm');
		}
		await page.context().close();
	}
}

/* Whoever acts for another does so in their whole session: in one language at a time. */
const WALKS = {
	'of a person': { walk: walkOwn, languagesAtOnce: 2 },
	'of whoever answers, and acts for another': { walk: walkAnswering, languagesAtOnce: 1 },
	'of an official who helps': { walk: walkDesk, languagesAtOnce: 1 },
	'about mandates and deaths': { walk: walkMandates, languagesAtOnce: 1 },
	'for everybody': { walk: walkOpen, languagesAtOnce: 1 },
};

describe('every page', { concurrency: AT_ONCE }, () => {
	before(arrange);

	for (const [whose, { walk, languagesAtOnce }] of Object.entries(WALKS)) {
		describe(whose, { concurrency: languagesAtOnce }, () => {
			for (const language of LANGUAGES) {
				test(`${whose} is accessible and fits, in each look: ${language}`, () => walk(language));
			}
		});
	}

	test('has a title of its own', async () => {
		const titles = new Map();
		const see = async (page, paths) => {
			for (const path of paths) {
				await page.goto(path);
				const title = await page.title();
				assert.ok(!titles.has(title), `${path} and ${titles.get(title)} are both "${title}"`);
				titles.set(title, path);
			}
			await page.context().close();
		};
		await see(await portal.openWindow(), OPEN_PAGES);
		const own = await portal.openAs('citizen');
		await see(own, await personalPages(own));
	});
});
