/*
 * pages_forms.test.mjs: every form of the portal and of the desk that somebody fills in, sent with mistakes by a browser without
 * scripts: it comes back with what was typed, a list of the mistakes on top, and each of them at its field.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { useOmbud } from '../system/lib/ombud.mjs';
import { authctlJson } from '../system/lib/outsider.mjs';
import { usePortal } from './lib/portal.mjs';

const TEMPLATES = new URL('../../authd/portal/templates/', import.meta.url);
const LANGUAGES = { ru: /^Ошибка:/, en: /^Error:/ };
const BAD_DAY = '31.02.2026';
const HASH = 'not a hash';

const ombud = useOmbud({ before, after });
const portal = usePortal({ before, after }, ombud);

const caseOf = async (page) => {
	await page.goto('/desk');
	await page.fill('[name=person]', ombud.demo.people.citizen2.login);
	await page.click('form[action="/desk"] button');
	return new URL(page.url()).pathname;
};
const lookOf = async (page) => {
	await page.goto('/accesses?show=refused');
	return page.locator('main h3 a').first().getAttribute('href');
};
const questionOf = async (page) => {
	await page.goto('/desk/questions');
	return page.locator('main h2 a').first().getAttribute('href');
};

/*
 * Each form by its address in the templates. `typed` is what is filled in; `wrong` are the fields that must say so, in their order;
 * what was typed must be there again, but for `secret`. `press` is the button, where there are several.
 */
const FORMS = {
	'/desk': { as: 'operator', typed: { person: 'nobody of that name' }, wrong: ['person'], status: 404 },
	'/desk/account': { as: 'operator', path: '/desk/account', typed: { name: 'Иванова Анна', address: 'г. Северный', document: 'паспорт', number: '', issued: BAD_DAY,
		issuer: 'ОВД', snils: '123', paper: 'a name', paper_date: '', paper_kept: 'Архив', paper_scan: HASH },
	wrong: ['number', 'issued', 'snils', 'paper', 'paper_date', 'paper_scan'] },
	'/desk/cases/{{case_id}}/prepare': { as: 'operator', path: async (page) => `${await caseOf(page)}/prepare?act=question`, press: 'button[value=paper]',
		typed: { target: 'twelve', text: 'Кто смотрел мои данные?', paper: '2026-00077', paper_date: BAD_DAY, paper_kept: '', paper_scan: '' },
		wrong: ['target', 'paper_date', 'paper_kept'] },
	'/desk/mandates/register': { as: 'operator', path: '/desk/mandates', typed: { person: 'a child', representative: '', document: 'Свидетельство', number: '7', issued: BAD_DAY,
		issuer: 'ЗАГС', sha256: HASH, born: '', zone: 'Nowhere/Land', until: '' }, wrong: ['representative', 'issued', 'sha256', 'born', 'zone'] },
	'/desk/deaths/propose': { as: 'operator', path: '/desk/deaths', typed: { person: 'somebody', kind: '', number: 'III-АК 1', date: BAD_DAY, issuer: 'ЗАГС' }, wrong: ['kind', 'date'] },
	'/desk/deaths/heirs': { as: 'operator', path: '/desk/deaths', typed: { person: 'somebody', heir: '', document: 'Свидетельство', number: '7', issuer: '', issued: '01.02.2026', until: BAD_DAY },
		wrong: ['heir', 'issuer', 'until'] },
	'/desk/questions/{{id}}/answer': { as: 'senior', path: questionOf, typed: { text: '   ' }, wrong: ['text'] },
	'/accesses/{{index}}/question': { as: 'citizen', path: lookOf, press: 'button[value=question]', typed: { text: '' }, wrong: ['text'] },
	'/representatives/offer': { as: 'citizen', path: '/representatives', typed: { until: BAD_DAY }, wrong: ['purpose', 'action', 'until'] },
	'/representatives/accept': { as: 'citizen', path: '/representatives', typed: { code: 'ABCD-EFGH-JKLM' }, wrong: ['code'], secret: ['code'] },
	'/export': { as: 'citizen', path: '/export', press: 'button[value=html]', typed: { from: 'May', to: '2026-11' }, wrong: ['from'] },
	'/objections/restrict': { as: 'citizen', path: '/objections', typed: { reason: 'почему '.repeat(100) }, wrong: ['reason'] },
	'/check': { path: '/check', form: 'form[name=receipt]', typed: { receipt: 'no receipt' }, wrong: ['receipt'] },
	'/login': { path: '/login', typed: { login: 'nobody', password: 'a wrong password' }, wrong: ['login'], secret: ['password'], status: 401 },
};

/* Tried elsewhere, because what they need takes longer to arrange: there the summary leads to one field, too. */
const ELSEWHERE = {
	'/desk/deaths/{{id}}/confirm': 'tests/system/test_deaths.mjs',
	'/desk/offers/{{id}}/confirm': 'tests/system/test_desk.mjs',
	'/questions/{{id}}/follow': 'tests/system/test_questions.mjs',
	'/login/otp': 'tests/e2e/pages.test.mjs',
	'/device': 'tests/e2e/pages.test.mjs',
	'/security/password_change': 'tests/e2e/pages.test.mjs',
};

/* Ticks and choices alone, none of which can be wrong. */
const CHOICES = ['/ask/{{id}}', '/consents/{{id}}/renew', '/desk/cases/{{case_id}}/ask', '/objections/set'];

/* ---- what is in the templates ---- */

const formsIn = (text) => [...text.matchAll(/<form [^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/g)];
const isFilledIn = (body) => /\{\{> (input|input_day|textarea|desk_paper)\b|<textarea|<select|type="(text|password|checkbox|radio)"/.test(body);

test('every form that somebody fills in is tried, here or elsewhere', () => {
	const known = new Set([...Object.keys(FORMS), ...Object.keys(ELSEWHERE), ...CHOICES]);
	const found = new Set(readdirSync(TEMPLATES).flatMap((name) => formsIn(readFileSync(new URL(name, TEMPLATES), 'utf8'))
		.filter(([, , body]) => isFilledIn(body)).map(([, action]) => action)));
	assert.deepEqual([...found].sort(), [...known].sort());
});

/* ---- mistakes ---- */

async function arrange() {
	await authctlJson(ombud, 'role', 'assign', '--sub', ombud.demo.people.operator.sub, '--organisation', 'org_csp_north', '--role', 'registrar');
	const benefits = await ombud.service('svc_benefits_north');
	await benefits('POST', '/access/v1/evaluation', {
		subject: { type: 'service', id: 'svc_benefits_north' },
		action: { name: 'read', properties: { purpose: ombud.demo.purposes[0] } },
		resource: { type: 'health', id: ombud.demo.people.citizen.sub },
	});
	const page = await portal.openAs('citizen');
	await page.goto(await lookOf(page));
	await page.fill('[name=text]', 'Почему смотрели мои данные?');
	await page.click('button[value=complaint]');
	await page.context().close();
}

/* The field says that it is wrong, and what is: in a text of its own that belongs to it. */
async function assertWrong(page, form, name) {
	const said = await form.locator(`[name=${name}]`).first().evaluate((field) => {
		const group = field.closest('.govuk-form-group');
		const carrier = field.type === 'checkbox' ? field.closest('fieldset') : field;
		const texts = (carrier.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent.trim() ?? 'MISSING');
		return { marked: group.classList.contains('govuk-form-group--error'), invalid: field.type === 'checkbox' || field.getAttribute('aria-invalid') === 'true',
			texts, error: group.querySelector('.govuk-error-message')?.textContent.trim() ?? '' };
	});
	assert.ok(said.marked && said.invalid, `${name}: ${JSON.stringify(said)}`);
	assert.ok(said.error.length > 20 && said.texts.includes(said.error), `${name}: ${JSON.stringify(said)}`);
}

async function sendWrong(page, action, { path = '/desk', form: selector = `form[action="${action}"]`, press = 'button', typed, status = 400 }) {
	const at = typeof path === 'string' ? path : await path(page);
	await page.goto(at);
	const form = page.locator(action.includes('{{') ? `form[action$="${action.split('}}').at(-1)}"]` : selector);
	for (const [name, value] of Object.entries(typed)) {
		await form.locator(`[name=${name}]`).fill(value);
	}
	const [answer] = await Promise.all([page.waitForNavigation(), form.locator(press).last().click()]);
	assert.equal(answer.status(), status, action);
	return form;
}

async function assertComesBack(page, action, known, title) {
	const form = await sendWrong(page, action, known);
	assert.match(await page.title(), title, action);
	const links = page.locator('.govuk-error-summary__list a');
	assert.equal(await links.count(), known.wrong.length, `${action}: ${await page.locator('.govuk-error-summary').allTextContents()}`);
	for (const [i, name] of known.wrong.entries()) {
		await links.nth(i).click();
		assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), name, `${action}: where the link leads`);
		await assertWrong(page, form, name);
	}
	for (const [name, value] of Object.entries(known.typed)) {
		const kept = await form.locator(`[name=${name}]`).inputValue();
		assert.equal(kept, known.secret?.includes(name) ? '' : value, `${action}: ${name}`);
	}
}

describe('a form that was filled in wrongly', () => {
	before(arrange);

	for (const [language, title] of Object.entries(LANGUAGES)) {
		for (const [action, known] of Object.entries(FORMS)) {
			test(`${action} keeps what was typed and says what to mend: ${language}`, async () => {
				const page = known.as ? await portal.openAs(known.as, { language }) : await portal.openWindow();
				await page.goto(`/help?lang=${language}`);
				await assertComesBack(page, action, known, title);
				await page.context().close();
			});
		}
	}

	test('/representatives/offer keeps the ticks, and does not guess what all and one together mean', async () => {
		const page = await portal.openAs('citizen', { language: 'en' });
		await page.goto('/representatives');
		const one = `#purpose-${ombud.demo.purposes[0]}`;
		for (const box of ['#purpose-all', one, '#action-see']) {
			await page.check(box);
		}
		await page.fill('#until', `31.12.${new Date().getUTCFullYear() + 1}`);
		await page.click('form[name=offer] button');
		assert.match(await page.textContent('.govuk-error-summary'), /Leave one or the other/);
		for (const box of ['#purpose-all', one, '#action-see']) {
			assert.ok(await page.isChecked(box), box);
		}
		await page.uncheck(one);
		await page.click('form[name=offer] button');
		assert.match(await page.textContent('#code'), /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
		assert.match(await page.textContent('main'), /Everything/);
		await page.context().close();
	});
});
