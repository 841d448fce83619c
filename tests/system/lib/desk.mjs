/* desk.mjs: the desk as an operator uses it: pages opened, forms filled in, codes read from the person's sheet. */
import assert from 'node:assert/strict';
import { wordsOf } from './ombud.mjs';

/* The sheet of codes that a page shows, by number: codes[7] is number 7. */
export function codesOf(page) {
	const items = [...page.text.matchAll(/<li translate="no">(\d{4}) (\d{4})<\/li>/g)].map(([, first, second]) => `${first}${second}`);
	assert.equal(items.length, 30, `${page.url}: ${wordsOf(page.text).slice(0, 200)}`);
	return [undefined, ...items];
}

/* The person makes a list for themselves. */
export async function newCodes(browser) {
	const page = await browser.open('/security/desk_codes');
	return codesOf(await browser.submitOnce(page, browser.findForm(page, { action: '/security/desk_codes' })));
}

/* The answer to a look-up, before any redirect. */
export async function lookUp(operator, person, channel = 'office') {
	const page = await operator.open('/desk');
	return operator.submitOnce(page, operator.findForm(page, { having: ['person'] }), { person, channel });
}

/* The path of a case about somebody. */
export async function openCase(operator, person, channel = 'office') {
	const answer = await lookUp(operator, person, channel);
	assert.equal(answer.status, 303, `${person}: ${wordsOf(answer.text).slice(0, 200)}`);
	return new URL(answer.location).pathname;
}

let papers = 0;
export const paper = (changes = {}) => ({ paper: `2026-${String(++papers).padStart(5, '0')}`, paper_date: '2026-11-20', paper_kept: 'Архив, полка 4', ...changes });

/* Prepares; the answer before any redirect. `way` is "code" or "paper". */
export async function prepare(operator, at, act, { target = '', way = 'code', ...fields } = {}) {
	const page = await operator.open(`${at}/prepare?act=${act}&target=${encodeURIComponent(target)}`);
	const form = operator.findForm(page, { having: ['prepare'] });
	return operator.submitOnce(page, form, { target, way, ...(way === 'paper' ? paper() : {}), ...fields });
}

/* Prepares, and opens what was prepared. */
export async function prepared(operator, at, act, options) {
	const answer = await prepare(operator, at, act, options);
	assert.equal(answer.status, 303, `${act}: ${wordsOf(answer.text).slice(0, 300)}`);
	return operator.open(answer.location);
}

export const numberOn = (page) => Number(/(?:Код номер|Code number) (\d+)/.exec(wordsOf(page.text))?.[1]);

/* The person tells a code; the answer before any redirect. */
export function tell(operator, page, code, changes = {}) {
	return operator.submitOnce(page, operator.findForm(page, { action: '/confirm' }), { code, ...changes });
}

/* A second operator opens the offer and says that the paper is there; the answer before any redirect. */
export async function second(colleague, page, changes = {}) {
	const seen = await colleague.open(new URL(page.url).pathname);
	return colleague.submitOnce(seen, colleague.findForm(seen, { action: '/paper' }), changes);
}
