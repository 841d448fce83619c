/*
 * test_mandates.mjs: acting for others, as a person does it: a power of attorney by a code that was handed over, a parent, what a
 * representative sees and does, what they never can, and that all of it ends at once. And what somebody would try.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, logEntries, settled, signInPerson, untilEntry } from './lib/outsider.mjs';
import { formsOf, question, useOmbud, wordsOf } from './lib/ombud.mjs';

const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;
const DAY = 86400e3;
let north;
let principal; /* gives a power of attorney for eligibility: sees, gives, withdraws */
let helper; /* holds it */
let stranger;
let own; /* browsers */
let theirs;
let strange;

const ombud = useOmbud({ before, after }, async (started) => {
	north = await started.service('svc_benefits_north');
	principal = await addPerson(started);
	helper = await addPerson(started);
	stranger = await addPerson(started);
	own = await signInPerson(started, principal);
	theirs = await signInPerson(started, helper);
	strange = await signInPerson(started, stranger);
});

const page = (browser) => browser.open('/representatives');
/* A form as its page has it: { page, form }. */
const formOf = (page, name) => ({ page, form: formsOf(page.text).find(({ action }) => action.includes(name))
	?? assert.fail(`no form ${name} at ${page.url}: ${wordsOf(page.text)}`) });
const send = (browser, { page, form }, fields = {}) => browser.submitOnce(page, form, fields);
const csrfOf = ({ form }) => form.fields.find(({ name }) => name === 'csrf').value;
const offer = async (browser, fields = {}) => {
	const answer = await send(browser, formOf(await page(browser), '/offer'), { purpose: ['eligibility'], action: ['see', 'give', 'withdraw'], until: UNTIL, ...fields });
	return { answer, code: /<code[^>]*id="code">([^<]+)</.exec(answer.text)?.[1] };
};
const accept = async (browser, code) => send(browser, formOf(await page(browser), '/accept'), { code });
const act = async (browser) => send(browser, formOf(await page(browser), '/act'));
const stop = async (browser) => send(browser, formOf(await page(browser), '/stop'));
const ask = (person, more = {}) => north('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'],
	until: new Date(Date.now() + 30 * DAY).toISOString(), ...more });
const decide = async (person, more) => (await north('POST', '/access/v1/evaluation', question(person.sub, more))).json;

test('a code that nobody was given opens nothing, and neither does one\'s own', async () => {
	const { code } = await offer(own);
	assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
	for (const wrong of ['0000-0000-0000', code.slice(0, -1), `${code}0`, '']) {
		assert.equal((await accept(strange, wrong)).status, 400);
	}
	assert.equal((await accept(own, code)).status, 400, 'one does not represent oneself');
	assert.equal((await accept(theirs, code.toLowerCase().replaceAll('-', ' '))).status, 303);
	assert.equal((await accept(strange, code)).status, 400, 'a code is good once');
	assert.match((await page(own)).text, new RegExp(helper.name));
	assert.match((await page(theirs)).text, new RegExp(principal.name));
});

test('a child gives nobody a power of attorney, which would not end with its majority and which no office has seen', async () => {
	const child = await signInPerson(ombud, await addPerson(ombud, { kind: 'child' }));
	const { answer, code } = await offer(child);
	assert.deepEqual([answer.status, code], [403, undefined]);
});

test('both are told', async () => {
	for (const browser of [own, theirs]) {
		assert.match((await browser.open('/inbox')).text, /href="\/representatives"/);
	}
});

test('a representative sees and gives as such, and the record and the entries say so', async () => {
	const asked = await ask(principal);
	assert.equal(asked.status, 201, asked.text);
	const url = new URL(asked.json.form_url).pathname;
	assert.equal((await theirs.open(url)).status, 404, 'not before acting');
	assert.equal((await act(theirs)).status, 303);
	const shown = await theirs.open('/consents');
	assert.equal(shown.status, 200, shown.text);
	assert.match(shown.text, new RegExp(principal.name), 'for whom one acts stands on top');
	const given = await send(theirs, formOf(await theirs.open(url), '/ask/'), { answer: 'give' });
	assert.equal(given.status, 303, given.text);
	const record = await north('GET', `/consent/v1/records?person=${principal.sub}`);
	const id = record.json.records[0].record_id;
	const { given_by: by } = (await north('GET', `/consent/v1/records/${id}`)).json;
	assert.deepEqual([by.who, by.authority.type], ['representative', 'power_of_attorney'], JSON.stringify(by));
	const { entry: mandate, index } = await untilEntry(ombud, 'the mandate', (one) => one.event === 'mandate.granted');
	const { entry } = await untilEntry(ombud, 'the grant', (one) => one.event === 'consent.granted' && one.facts?.mandate === index);
	assert.equal(entry.by.operator, mandate.basis.recipient);
	assert.doesNotMatch(JSON.stringify([entry, mandate]), new RegExp(`${helper.sub}|${principal.sub}`));
	assert.equal((await decide(principal)).decision, true);
	const views = logEntries(ombud).filter(({ entry: one }) => one.event === 'profile.read' && one.facts?.mandate === index);
	assert.ok(views.length >= 2, 'each page that was shown is an entry');
});

test('what never is a representative\'s: security, clients, factors, devices, inbox, further mandates', async () => {
	for (const path of ['/security', '/inbox', '/device', '/ask/new']) {
		const answer = await theirs.open(path);
		assert.equal(answer.status, 403, `${path}: ${answer.status}`);
	}
	const mine = await page(theirs);
	const tried = await send(theirs, formOf(mine, '/offer'), { purpose: ['eligibility'], action: ['see'], until: UNTIL });
	assert.equal(tried.status, 403, 'no mandate is given while acting for somebody');
	assert.equal((await theirs.open('/export')).status, 403, 'a download cannot be shown in part');
	assert.equal((await theirs.open('/accesses/proof')).status, 403);
});

test('a mandate for one purpose shows nothing of another', async () => {
	const browser = await signInPerson(ombud, principal);
	const other = await ask(principal, { purpose: 'monthly_check' });
	assert.equal(other.status, 201, other.text);
	const path = new URL(other.json.form_url).pathname;
	assert.equal((await theirs.open(path)).status, 404);
	assert.doesNotMatch((await theirs.open('/consents')).text, new RegExp(other.json.request_id));
	const given = await send(browser, formOf(await browser.open(path), '/ask/'), { answer: 'give' });
	assert.equal(given.status, 303);
	const id = given.location.split('/').at(-1);
	assert.equal((await theirs.open(`/consents/${id}`)).status, 404);
	assert.equal((await theirs.open(`/consents/${id}/receipt`)).status, 404);
	const looks = await theirs.open('/accesses');
	assert.equal(looks.status, 200, looks.text);
	assert.doesNotMatch(looks.text, /--tag/, 'a month\'s tag would lead to everything');
});

test('a form of one person does nothing in another\'s context', async () => {
	const asked = await ask(principal, { case: '2026-00077' });
	const path = new URL(asked.json.form_url).pathname;
	const acting = formOf(await theirs.open(path), '/ask/');
	const forOwn = formOf(await page(theirs), '/stop');
	await stop(theirs);
	assert.equal((await send(theirs, acting, { answer: 'give' })).status, 403, 'drawn while acting, sent as oneself');
	const security = formOf(await theirs.open('/security'), 'password_change');
	await act(theirs);
	assert.equal((await send(theirs, security, { old: 'a', new: 'b' })).status, 403, 'drawn as oneself, sent while acting');
	assert.equal((await send(theirs, acting, { answer: 'give', csrf: csrfOf(forOwn) })).status, 403, 'with the token of one\'s own page');
	assert.equal((await north('GET', `/consent/v1/records?person=${principal.sub}&state=given`)).json.records.length, 2);
});

test('nobody acts under a mandate that is not theirs', async () => {
	const id = formOf(await page(theirs), '/end').form.action.split('/').at(-2);
	const mine = formOf(await page(strange), '/accept');
	for (const path of ['/representatives/act', `/representatives/${id}/end`]) {
		const answer = await send(strange, { page: mine.page, form: { ...mine.form, action: path } }, { id });
		assert.equal(answer.status, 404, `${path}: ${answer.status} ${answer.text}`);
	}
});

test('a mandate that is taken back ends the acting at once; what was given stays', async () => {
	assert.equal((await theirs.open('/consents')).status, 200);
	assert.equal((await send(own, formOf(await page(own), '/end'))).status, 303);
	const after = await theirs.open('/consents');
	assert.doesNotMatch(after.text, new RegExp(principal.name), 'it is one\'s own page again');
	assert.equal((await theirs.open(`/consents/${'0'.repeat(8)}`)).status, 404);
	assert.equal((await decide(principal)).decision, true, 'what was done within a power of attorney is done for the person');
	const { entry } = await untilEntry(ombud, 'the end', (one) => one.event === 'mandate.revoked');
	assert.equal(entry.reason, 'revoked');
});

test('an open code is taken back, at most five wait, and terms are checked', async () => {
	const { answer } = await offer(own, { until: '2020-01-01' });
	assert.equal(answer.status, 400);
	assert.equal((await offer(own, { until: `${new Date().getUTCFullYear() + 11}-12-31` })).answer.status, 400);
	assert.equal((await offer(own, { purpose: ['no_such'] })).answer.status, 400);
	assert.equal((await offer(own, { action: ['erase'] })).answer.status, 400);
	const codes = [];
	for (let i = 0; i < 5; i++) {
		codes.push((await offer(own)).code);
	}
	assert.equal((await offer(own)).answer.status, 429);
	for (let i = 0; i < 5; i++) {
		assert.equal((await send(own, formOf(await page(own), '/end'))).status, 303);
	}
	assert.equal((await accept(theirs, codes[0])).status, 400, 'taken back');
});

/* ---- a parent, at an office ---- */

const YEARS = 365.2425 * DAY;
const born = (years) => new Date(Date.now() - years * YEARS).toISOString().slice(0, 10);
const paper = { kind: 'parent', document: 'Свидетельство о рождении', number: 'IV-АБ 123456', issued: '12.9.2016', issuer: 'ЗАГС Приморского района',
	sha256: 'b'.repeat(64), zone: 'Europe/Moscow' };
/* What waits for a second official, as they read it before they confirm. */
const reading = async (browser, person) => {
	const { text } = await browser.open('/desk/mandates');
	const card = text.split('govuk-summary-card__title-wrapper').find((part) => part.includes(person.surname) && part.includes('href="/desk/mandates/'))
		?? assert.fail(`nothing of ${person.login} waits`);
	return browser.open(/href="(\/desk\/mandates\/[^"]+)"/.exec(card)[1]);
};
const register = async (browser, fields) => send(browser, formOf(await browser.open('/desk/mandates'), '/register'), { ...paper, ...fields });

test('a parent is registered by one official and confirmed by another, never by a party', async () => {
	const child = await addPerson(ombud, { kind: 'child' });
	const parent = await addPerson(ombud);
	const [first, second] = [await ombud.signIn('operator'), await ombud.signIn('operator2')];
	const parties = { person: child.login, representative: parent.login, born: born(10).split('-').reverse().join('.') };
	assert.equal((await strange.open('/desk/mandates')).status, 403, 'no official');
	for (const wrong of [{ born: born(18.1) }, { born: '' }, { document: '' }, { number: '' }, { issuer: ' ' }, { issued: '' }, { sha256: 'b'.repeat(63) }, { kind: 'heir' }, { kind: 'power_of_attorney' }, { zone: 'MSK' },
		{ person: parent.login, representative: child.login }, { representative: child.login }, { representative: 'nobody here' }, { person: child.sub },
		{ issued: '09/12/2016' }, { issued: '31.02.2016' }]) {
		assert.equal((await register(first, { ...parties, ...wrong })).status, 400, JSON.stringify(wrong));
	}
	assert.equal((await register(first, { ...parties, representative: ombud.demo.people.operator.login })).status, 403, 'a party');
	const again = await register(first, { ...parties, born: 'вчера' });
	assert.match(again.text, /<title>Ошибка:/);
	assert.match(again.text, new RegExp(`name="person" type="text" value="${child.login}"`), 'nothing has to be typed again');
	assert.equal((await register(first, parties)).status, 303);
	const looks = () => logEntries(ombud).filter(({ entry: one }) => one.event === 'desk.opened' && one.facts?.act === 'mandate');
	await settled(ombud);
	const before = looks().length;
	assert.ok(before >= 2, 'both were looked up');
	await untilEntry(ombud, 'who is nobody, too', ({ event, decision }) => event === 'desk.opened' && decision === 'refuse');
	const confirm = formOf(await reading(second, child), '/confirm');
	for (const words of ['Свидетельство о рождении', 'IV-АБ 123456', '12 сентября 2016 года', 'ЗАГС Приморского района', 'b'.repeat(64)]) {
		assert.ok(confirm.page.text.includes(words), words);
	}
	assert.ok(!(await second.open('/desk/mandates')).text.includes('IV-АБ 123456'), 'the list has no papers');
	await settled(ombud);
	assert.ok(looks().length > before);
	assert.equal(formsOf((await first.open(new URL(confirm.page.url).pathname)).text).filter(({ action }) => action.endsWith('/confirm')).length, 0,
		'not by who registered it');
	assert.equal((await send(second, confirm, { digest: '' })).status, 409, 'not blind');
	assert.equal((await send(second, confirm, { digest: 'a'.repeat(64) })).status, 409, 'not something else');
	const own = formOf(await first.open('/desk/mandates'), '/register');
	assert.equal((await send(first, { page: own.page, form: { ...own.form, action: confirm.form.action } })).status, 403);
	/* Another office is none of theirs, and a relative of a party is no second person. */
	const elsewhere = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [['org_housing', 'assist-desk']] }));
	assert.ok(!(await elsewhere.open('/desk/mandates')).text.includes(child.surname));
	const theirForm = formOf(await elsewhere.open('/desk/mandates'), '/register');
	assert.equal((await send(elsewhere, { page: theirForm.page, form: { ...theirForm.form, action: confirm.form.action } })).status, 404);
	const aunt = await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'assist-desk']] });
	const relative = await signInPerson(ombud, aunt);
	assert.equal((await accept(relative, (await offer(await signInPerson(ombud, parent))).code)).status, 303);
	assert.equal((await relative.open(new URL(confirm.page.url).pathname)).status, 403, 'they represent the parent: they read no paper of the parent');
	const relatives = formOf(await relative.open('/desk/mandates'), '/register');
	assert.equal((await send(relative, { page: relatives.page, form: { ...relatives.form, action: confirm.form.action } },
		{ digest: confirm.form.fields.find(({ name }) => name === 'digest').value })).status, 403, 'nor confirm');
	const family = await signInPerson(ombud, parent);
	assert.equal(formsOf((await page(family)).text).filter(({ action }) => action.endsWith('/act')).length, 0, 'not before it is confirmed');
	assert.equal((await send(second, confirm)).status, 303);
	assert.equal((await send(second, confirm)).status, 409, 'once');

	const { entry } = await untilEntry(ombud, 'the mandate', (one) => one.event === 'mandate.granted' && one.facts?.kind === 'parent');
	assert.equal(entry.basis.until, undefined, 'its end would be a birthday');
	const prepared = await untilEntry(ombud, 'its registration', (one) => one.event === 'desk.prepared' && one.facts?.act === 'mandate');
	assert.equal(entry.facts.registered_by, prepared.entry.by.operator);
	assert.ok(entry.by.operator.startsWith('opr_') && entry.by.operator !== entry.facts.registered_by, 'and by whom it was confirmed');
	await untilEntry(ombud, 'who looked at the list', (one) => one.event === 'desk.opened' && one.facts?.list === 'mandates');
	assert.equal((await act(family)).status, 303);
	const asked = await ask(child);
	const given = await send(family, formOf(await family.open(new URL(asked.json.form_url).pathname), '/ask/'), { answer: 'give' });
	assert.equal(given.status, 303, given.text);
	assert.equal((await decide(child)).decision, true);

	/* For the child: an objection holds and is lifted, a question is asked about a look; all of it names the mandate. */
	const objections = await family.open('/objections');
	assert.equal(objections.status, 200, objections.text);
	assert.equal((await send(family, formOf(objections, '/objections/set'), { what: 'monthly_check' })).status, 303);
	const set = await untilEntry(ombud, 'the objection', (one) => one.event === 'objection.set');
	assert.equal(set.entry.by.operator, entry.basis.recipient);
	assert.equal((await send(family, formOf(await family.open('/objections'), '/objections/lift'))).status, 303);
	assert.equal((await send(family, formOf(await family.open('/objections'), '/objections/restrict'))).status, 303);
	const held = await untilEntry(ombud, 'the restriction', (one) => one.event === 'restriction.set');
	assert.deepEqual(held.entry.facts, { mandate: set.entry.facts.mandate, set_by: 'person' });
	assert.equal((await send(family, formOf(await family.open('/objections'), '/objections/unrestrict'))).status, 303);
	const look = (await decide(child)).context.evaluation_id;
	const asks = await family.open(`/accesses/${look}`);
	const sent = await send(family, formOf(asks, '/question'), { kind: 'question', text: 'Зачем это смотрели сегодня?' });
	assert.equal(sent.status, 303, sent.text);
	const question = await untilEntry(ombud, 'the question', (one) => one.event === 'question.opened');
	assert.equal(question.entry.by.operator, entry.basis.recipient);
	assert.equal((await family.open('/questions')).status, 403, 'what the person asked before is theirs');

	/* The end of a disputed mandate takes with it what was given under it. */
	const end = formOf(await second.open('/desk/mandates'), '/revoke');
	assert.equal((await send(second, end, { reason: 'disputed' })).status, 303);
	const refused = await decide(child);
	assert.deepEqual([refused.decision, refused.context.reason], [false, 'representative_invalid']);
});

test('an official decides nothing about whom they represent, nor about who represents them, nor helps them at the desk', async () => {
	const person = await addPerson(ombud);
	const official = await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'intake-officer']] });
	const [browser, other] = [await signInPerson(ombud, person), await signInPerson(ombud, official)];
	const asked = await ask(person);
	assert.equal((await send(browser, formOf(await browser.open(new URL(asked.json.form_url).pathname), '/ask/'), { answer: 'give' })).status, 303);
	const decided = async () => {
		const body = question(person.sub);
		body.subject.properties = { ...body.subject.properties, acr: '2', operator: official.sub };
		const { decision, context } = (await north('POST', '/access/v1/evaluation', body)).json;
		return [decision, context.reason];
	};
	assert.deepEqual(await decided(), [true, 'consent_valid']);
	for (const [from, to] of [[browser, other], [other, browser]]) {
		const { code } = await offer(from);
		assert.equal((await accept(to, code)).status, 303);
		assert.deepEqual(await decided(), [false, 'sod_conflict']);
		const helped = await send(other, formOf(await other.open('/desk'), '/desk'), { person: person.login });
		assert.equal(helped.status, 403, helped.text);
		assert.match(helped.text, /conflict_of_interest/);
		assert.equal((await send(from, formOf(await page(from), '/end'))).status, 303);
		assert.deepEqual(await decided(), [true, 'consent_valid']);
	}
});

test('the log judges all of it lawful', () => assertLawful(ombud));
