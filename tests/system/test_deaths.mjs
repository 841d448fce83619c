/*
 * test_deaths.mjs: a death as two officials register it, what ends with it and what a law may go on with; "I am alive"; a mistake
 * that is taken back; heirs, who look at documents and do nothing else. And what somebody would try. On both databases.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from './lib/database.mjs';
import { lookUp, newCodes, numberOn, openCase, prepared, tell } from './lib/desk.mjs';
import { addPerson, adminToken, asClient, assertLawful, authctl, bearer, getCode, logEntries, settled, personTokens, redeem, signInPerson, untilEntry } from './lib/outsider.mjs';
import { formsOf, giveConsent, question, sleep, useOmbud, wordsOf } from './lib/ombud.mjs';

const NORTH = 'org_csp_north';
const DAY = 86400e3;
const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;
const TODAY = new Date(Date.now() - DAY).toISOString().slice(0, 10);
const will = { document: 'Свидетельство о праве на наследство', number: '77 АБ 1234567', issuer: 'нотариус Иванова', issued: TODAY };
const paper = { kind: 'Свидетельство о смерти', number: 'III-АК 123456', date: TODAY, issuer: 'Отдел ЗАГС № 1' };

let north;
let registrar; /* people who may register deaths */
let colleague;
let first; /* their browsers */
let second;
let dpo;

const ombud = useOmbud({ before, after }, async (started) => {
	north = await started.service('svc_benefits_north');
	registrar = await addPerson(started, { kind: 'staff', roles: [[NORTH, 'registrar']] });
	colleague = await addPerson(started, { kind: 'staff', roles: [[NORTH, 'registrar']] });
	first = await signInPerson(started, registrar);
	second = await signInPerson(started, colleague);
	dpo = await started.signIn('dpo');
});

const DESK = '/desk/deaths';
const formIn = (page, action) => formsOf(page.text).find((form) => form.action.includes(action)) ?? assert.fail(`no form ${action} at ${page.url}: ${wordsOf(page.text)}`);
const send = async (browser, path, action, fields = {}) => {
	const page = await browser.open(path);
	return browser.submitOnce(page, formIn(page, action), fields);
};
let proposals = 0; /* that were taken */
const propose = async (browser, person, more = {}) => {
	const answer = await send(browser, DESK, '/propose', { ...paper, what: 'death', person: person.login, ...more });
	proposals += answer.status === 303 ? 1 : 0;
	return answer;
};
/* The entry of the newest proposal, once it is published; and what became of it. */
const proposal = async () => {
	for (;;) {
		const all = logEntries(ombud).filter(({ entry }) => /^death\.(undo_)?proposed$/.test(entry.event));
		if (all.length === proposals) {
			return all.at(-1);
		}
		assert.ok(all.length < proposals);
		await sleep(100);
	}
};
const outcome = async () => {
	const { index } = await proposal();
	return untilEntry(ombud, `what became of entry ${index}`, (one) => one.event.startsWith('death.') && one.basis?.index === index);
};
/* The card of a person has their surname; the id of what waits stands in its form. */
const waitingOf = async (browser, person) => {
	const { text } = await browser.open(DESK);
	const card = text.split('govuk-summary-card"').find((part) => part.includes(person.surname) && part.includes('/decline'));
	return card && /\/desk\/deaths\/(dth_[^/]+)\/decline/.exec(card)[1];
};
/* A form of the desk sent to another address of the desk: what an official without its button would do. */
const press = async (browser, action, fields = {}) => {
	const page = await browser.open(DESK);
	return browser.submitOnce(page, { ...formIn(page, '/propose'), action, fields: formIn(page, '/propose').fields.filter(({ name }) => name === 'csrf') }, fields);
};
const confirm = async (browser, person, number = paper.number) => press(browser, `${DESK}/${await waitingOf(first, person)}/confirm`, { number });
const decide = async (person, more) => (await north('POST', '/access/v1/evaluation', question(person.sub, more))).json;
const bury = async (person) => {
	assert.equal((await propose(first, person)).status, 303);
	const answer = await confirm(second, person);
	assert.equal(answer.status, 303, answer.text);
};
const raise = async (person) => {
	assert.equal((await propose(first, person, { what: 'undo', kind: 'Решение суда', number: '2-77/2026' })).status, 303);
	const answer = await confirm(second, person, '2-77/2026');
	assert.equal(answer.status, 303, answer.text);
};
const inbox = async (browser) => (await browser.open('/inbox')).text;
/* Whether somebody gets in: signInPerson() fails where the page says that name or password are wrong. */
const getsIn = (person) => signInPerson(ombud, person).then(() => true, () => false);
const refusedAs = async (person, password = person.password) => {
	const browser = ombud.browser();
	const page = await browser.open('/login');
	const answer = await browser.submitOnce(page, formIn(page, '/login'), { login: person.login, password });
	return `${answer.status} ${wordsOf(answer.text)}`;
};

test('only officials with the right of their own; a document is needed; nothing happens by one of them alone', async () => {
	const person = await addPerson(ombud);
	const own = await signInPerson(ombud, person);
	for (const name of ['operator', 'senior', 'admin', 'dpo']) {
		assert.equal((await (await ombud.signIn(name)).open(DESK)).status, 403, name);
	}
	assert.equal((await own.open(DESK)).status, 403);
	for (const wrong of [{ kind: '' }, { number: '' }, { issuer: '' }, { date: '' }, { date: '2026-13-40' }, { date: UNTIL }, { what: '' }, { person: 'nobody here' }, { person: person.sub },
		{ issuer: 'x'.repeat(101) }]) {
		assert.equal((await propose(first, person, wrong)).status, 400, JSON.stringify(wrong));
	}
	assert.equal((await propose(first, person, { what: 'undo' })).status, 409, 'nobody is dead');
	assert.equal((await propose(first, person)).status, 303);
	assert.equal((await propose(second, person)).status, 409, 'one at a time');
	assert.equal((await confirm(first, person)).status, 403, 'the same official twice');
	const wrong = await confirm(second, person, 'III-АК 123457');
	assert.equal(wrong.status, 400, 'who has no paper does not know its number');
	const [, field] = /<a href="#(number_[^"]+)">/.exec(wrong.text);
	assert.match(wrong.text, new RegExp(`<input[^>]*id="${field}" name="number" type="text" value="III-АК 123457"[^>]*aria-invalid="true" aria-describedby="${field}-fault"`),
		'the summary leads to the field it is about, with what was typed');
	assert.equal((await own.open('/me')).status, 200, 'nothing has happened');
	const id = await waitingOf(first, person);
	const elsewhere = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [['org_housing', 'registrar']] }));
	assert.equal((await press(elsewhere, `${DESK}/${id}/confirm`, { number: paper.number })).status, 404, 'another office');
	assert.equal((await press(elsewhere, `${DESK}/${id}/decline`)).status, 404);
	const { entry } = await proposal();
	assert.match(entry.facts.document, /^[0-9a-f]{64}$/);
	assert.doesNotMatch(JSON.stringify(entry), new RegExp(`123456|ЗАГС|${person.sub}`), 'nothing of the paper in clear');
	assert.equal((await press(second, `${DESK}/${id}/decline`)).status, 303);
	assert.equal((await press(second, `${DESK}/${id}/confirm`, { number: paper.number })).status, 409, 'declined');
});

test('a person who is told says that they are alive: it is over, the privacy officer knows, and it is not asked again at once', async () => {
	const person = await addPerson(ombud);
	const own = await signInPerson(ombud, person);
	assert.equal((await propose(first, person)).status, 303);
	const id = await waitingOf(first, person);
	assert.match(await inbox(own), /href="\/alive"/);
	assert.match(await inbox(dpo), /Предложено внести сведения о смерти|A person’s death was put forward/);
	assert.doesNotMatch((await own.open('/alive?said=1')).text, /role="status"/, 'a link that somebody sent does not say that it was said');
	const page = await own.open('/alive');
	for (const word of [paper.number, paper.issuer]) {
		assert.ok(page.text.includes(word), word);
	}
	assert.equal((await send(own, '/alive', '/alive')).status, 303);
	assert.match((await own.open('/alive?said=1')).text, /role="status"/);
	assert.equal((await press(second, `${DESK}/${id}/confirm`, { number: paper.number })).status, 409);
	assert.equal((await propose(first, person)).status, 409, 'not again for a month');
	assert.match(await inbox(dpo), /что жив|they are alive/);
	assert.equal((await outcome()).entry.event, 'death.contested');
	assert.equal((await own.open('/me')).status, 200);
	assert.equal(await getsIn(person), true);
});

test('with a death everything ends at once, each end with its entry; a law goes on where the policy says so', async () => {
	const person = await addPerson(ombud);
	const child = await addPerson(ombud);
	const own = await signInPerson(ombud, person);
	const record = await giveConsent(ombud, north, own, person.sub);
	const asked = await north('POST', '/consent/v1/requests', { person: person.sub, purpose: 'monthly_check', categories: ['income'], until: new Date(Date.now() + 30 * DAY).toISOString() });
	assert.equal(asked.status, 201, asked.text);
	/* The person represents somebody, who has a consent by their hand. */
	const theirs = await signInPerson(ombud, child);
	const offered = await send(theirs, '/representatives', '/offer', { purpose: ['eligibility'], action: ['see', 'give'], until: UNTIL });
	const code = /<code[^>]*id="code">([^<]+)</.exec(offered.text)[1];
	assert.equal((await send(own, '/representatives', '/accept', { code })).status, 303);
	const forChild = await north('POST', '/consent/v1/requests', { person: child.sub, purpose: 'eligibility', categories: ['income'], until: new Date(Date.now() + 30 * DAY).toISOString() });
	const representing = await signInPerson(ombud, person);
	assert.equal((await send(representing, '/representatives', '/act')).status, 303);
	assert.equal((await send(representing, new URL(forChild.json.form_url).pathname, '/ask/', { answer: 'give' })).status, 303);
	const { access_token: access, refresh_token: refresh } = await personTokens(ombud, own, 'web_portal', 'openid offline_access');
	assert.ok(refresh);
	assert.equal((await decide(person)).decision, true);

	await bury(person);
	const wrong = await refusedAs(person, 'not the password at all');
	assert.equal(await refusedAs(person), wrong, 'the right password is as wrong as a wrong one');
	assert.ok(!(await own.open('/me')).url.endsWith('/me'), 'the session');
	assert.ok(!(await representing.open('/consents')).url.endsWith('/consents'), 'nor as somebody\'s representative');
	assert.deepEqual((await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: access })).json, { active: false });
	assert.equal((await ombud.web().request('GET', new URL('/oauth2/userinfo', ombud.demo.issuer), { headers: bearer(access) })).status, 401);
	assert.equal((await asClient(ombud, 'web_portal', '/oauth2/token', { grant_type: 'refresh_token', refresh_token: refresh })).json.error, 'invalid_grant');
	const living = await decide(child, { purpose: 'survivor_pension' });
	assert.deepEqual([living.decision, living.context.reason], [false, 'consent_missing'], 'the law about the dead');
	assert.equal((await decide(person)).context.reason, 'restricted_person');
	assert.equal((await decide(person, { category: 'disability' })).decision, false, 'a law that ends with the person');
	const pension = await decide(person, { purpose: 'survivor_pension' });
	assert.deepEqual([pension.decision, pension.context.reason], [true, 'statute'], JSON.stringify(pension));
	assert.equal((await decide(child)).decision, true, 'what a representative did for somebody stays');
	assert.equal((await north('GET', `/consent/v1/records/${record}`)).json.state, 'revoked');
	const late = await north('POST', '/consent/v1/requests', { person: person.sub, purpose: 'income_history', categories: ['income'], until: new Date(Date.now() + 30 * DAY).toISOString() });
	assert.ok([201, 404].includes(late.status), late.text);

	const { index, entry } = await outcome();
	assert.equal(entry.event, 'death.registered');
	assert.notEqual(entry.by.operator, entry.facts.proposed_by);
	for (const [event, why] of [['consent.revoked', 'death'], ['consent.request_expired'], ['mandate.ended', 'representative_death']]) {
		const end = await untilEntry(ombud, event, (one) => one.event === event && one.index > index);
		assert.equal(end.entry.facts?.why ?? end.entry.reason, why, event);
	}
	const enabled = await authctl(ombud, 'user', 'enable', person.sub);
	assert.notEqual(enabled.status, 0, 'nobody raises the dead at an administrator\'s desk');
	assert.match(enabled.err, /death/i);
	assert.equal((await propose(first, person)).status, 409, 'nobody dies twice');
	await assertLawful(ombud);
});

test('what a desk has prepared for somebody who died is confirmed by nobody, their paper codes open nothing, and an undoing brings none of it back', async () => {
	const operator = await ombud.signIn('operator');
	const person = await addPerson(ombud);
	const codes = await newCodes(await signInPerson(ombud, person));
	const at = await openCase(operator, person.login);
	const living = await prepared(operator, at, 'see');
	assert.equal((await tell(operator, living, codes[numberOn(living)])).status, 200, 'the codes are good');
	const page = await prepared(operator, at, 'see');
	const told = () => tell(operator, page, codes[numberOn(page)]);

	await bury(person);
	assert.deepEqual(sql(ombud, `SELECT count(*) FROM desk_offer WHERE sub = '${person.sub}' AND state = 'prepared'`), [['0']], 'ended with the death itself');
	assert.ok((await told()).status >= 400, 'by code');
	assert.ok((await operator.request('GET', new URL(at, ombud.demo.issuer))).status >= 400, 'the case');
	assert.equal((await lookUp(operator, person.login)).status, 404, 'nor a new one');

	await raise(person);
	assert.ok((await told()).status >= 400, 'what ended stays ended');
	const again = await prepared(operator, await openCase(operator, person.login), 'see');
	assert.equal((await tell(operator, again, codes[numberOn(again)])).status, 200, 'who is alive has their list');
});

test('what an office registered and nobody confirmed ends with either of them, and the log says so', async () => {
	const operator = await ombud.signIn('operator');
	const [parent, child] = [await addPerson(ombud), await addPerson(ombud, { kind: 'child' })];
	const born = `${new Date().getUTCFullYear() - 10}-05-05`;
	const registered = await send(operator, '/desk/mandates', '/register', { kind: 'parent', document: 'Свидетельство о рождении', number: 'IV-АБ 654321', issued: '12.9.2016', issuer: 'ЗАГС',
		sha256: 'c'.repeat(64), zone: 'Europe/Moscow', person: child.login, representative: parent.login, born });
	assert.equal(registered.status, 303, wordsOf(registered.text).slice(0, 300));
	await bury(parent);
	assert.deepEqual(sql(ombud, `SELECT state, reason FROM mandate WHERE representative = '${parent.sub}'`), [['ended', 'representative_death']]);
	const { entry } = await untilEntry(ombud, 'its end', ({ event, facts }) => event === 'desk.refused' && facts?.why === 'representative_death');
	assert.deepEqual([entry.facts.act, entry.facts.kind, entry.by.service, entry.about.length], ['mandate', 'parent', 'authd', 1]);
	assert.ok(!(await (await ombud.signIn('operator2')).open('/desk/mandates')).text.includes(child.surname), 'it waits for nobody');
	await assertLawful(ombud);
});

test('no decision by consent stands behind the entry of a death, however many are under way', async () => {
	const person = await addPerson(ombud);
	await giveConsent(ombud, north, await signInPerson(ombud, person), person.sub);
	assert.equal((await propose(first, person)).status, 303);
	let stop = false;
	const deciders = Array.from({ length: 16 }, async () => {
		const seen = [];
		while (!stop) {
			seen.push(await decide(person));
		}
		return seen;
	});
	await sleep(100);
	assert.equal((await confirm(second, person)).status, 303);
	await sleep(100);
	stop = true;
	const all = (await Promise.all(deciders)).flat();
	const { index } = await outcome();
	const permits = all.filter(({ decision }) => decision);
	assert.ok(permits.length > 0 && permits.length < all.length, 'there were some before and refusals after');
	assert.deepEqual(permits.filter(({ context }) => context.log.index > index), []);
});

test('a mistake is taken back by two: the person signs in as before, is told, and what ended stays ended', async () => {
	const person = await addPerson(ombud);
	const record = await giveConsent(ombud, north, await signInPerson(ombud, person), person.sub);
	await bury(person);
	const gone = await addPerson(ombud);
	assert.equal((await send(first, DESK, '/heirs', { person: person.login, heir: gone.login, ...will, until: UNTIL })).status, 303);
	assert.equal((await propose(first, person, { what: 'undo', number: '2-78/2026' })).status, 303);
	assert.equal((await confirm(first, person, '2-78/2026')).status, 403, 'alone');
	assert.equal(await getsIn(person), false, 'not before the second');
	assert.equal((await confirm(second, person, '2-78/2026')).status, 303);
	const own = await signInPerson(ombud, person);
	assert.match(await inbox(own), /смерти отменены|was taken back/);
	assert.equal((await north('GET', `/consent/v1/records/${record}`)).json.state, 'revoked');
	assert.equal((await decide(person)).decision, false);
	await giveConsent(ombud, north, own, person.sub);
	assert.equal((await decide(person)).decision, true, 'asked anew, given anew');
	const { text } = await second.open(DESK);
	assert.ok(!text.includes(gone.surname), 'nobody waits to inherit from the living');
	assert.equal((await outcome()).entry.event, 'death.undone');
});

test('an account that was shut before stays shut after an undoing', async () => {
	const person = await addPerson(ombud);
	assert.equal((await authctl(ombud, 'user', 'disable', person.sub)).status, 0);
	await bury(person);
	await raise(person);
	assert.equal(await getsIn(person), false);
	assert.equal((await authctl(ombud, 'user', 'enable', person.sub)).status, 0);
	assert.equal(await getsIn(person), true);
});

/* ---- heirs ---- */

test('an heir sees and downloads documents, and does nothing else; nobody is heir of the living, or of whom they declared dead', async () => {
	const person = await addPerson(ombud);
	const heir = await addPerson(ombud);
	const record = await giveConsent(ombud, north, await signInPerson(ombud, person), person.sub);
	await decide(person);
	const inherit = (browser, more = {}) => send(browser, DESK, '/heirs', { person: person.login, heir: heir.login, ...will, until: UNTIL, ...more });
	assert.equal((await inherit(first)).status, 400, 'of the living');
	const open = await north('POST', '/consent/v1/requests', { person: person.sub, purpose: 'monthly_check', categories: ['income'], until: new Date(Date.now() + 30 * DAY).toISOString() });
	await bury(person);
	for (const wrong of [{ document: '' }, { heir: 'sub_nobody' }, { heir: person.login }, { until: '' }, { heir: heir.sub }]) {
		assert.equal((await inherit(first, wrong)).status, 400, JSON.stringify(wrong));
	}
	assert.equal((await inherit(first, { heir: registrar.login })).status, 403, 'a party');
	assert.equal((await inherit(first, { heir: colleague.login })).status, 403, 'who confirmed the death');
	const third = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'registrar']] }));
	assert.equal((await inherit(third, { heir: colleague.login })).status, 403, 'by whomever');
	assert.equal((await inherit(first)).status, 303);
	const looks = () => logEntries(ombud).filter(({ entry }) => entry.event === 'desk.opened' && entry.facts?.list === 'deaths').length;
	await settled(ombud);
	const before = looks();
	const list = (await second.open(DESK)).text;
	await settled(ombud);
	assert.doesNotMatch(list, /\/decline"/, 'no death waits');
	assert.equal(looks(), before + 1, 'a list with heirs alone is a look, too');
	const path = /href="(\/desk\/deaths\/heirs\/mnd_[^"]+)"/.exec(list)[1];
	const page = await second.open(path);
	assert.ok(page.text.includes(will.number), 'the second reads what stands on the paper');
	const { digest } = Object.fromEntries(formIn(page, '/confirm').fields.map(({ name, value }) => [name, value]));
	assert.equal((await press(first, `${path}/confirm`, { digest })).status, 403, 'the same official');
	assert.equal((await press(second, `${path}/confirm`, { digest: 'ab'.repeat(32) })).status, 409, 'blind');
	const helper = await ombud.signIn('operator2');
	assert.ok(!(await helper.open('/desk/mandates')).text.includes(heir.surname), 'heirs are not for everybody at the desk');
	const overApi = await ombud.web().request('GET', new URL(`/admin/v1/mandates?represented=${person.sub}`, ombud.demo.issuer), { headers: bearer(await adminToken(ombud, helper)) });
	assert.deepEqual([overApi.status, overApi.json.records], [200, []], 'nor over the API');
	const elsewhere = path.replace('deaths/heirs', 'mandates');
	assert.equal((await helper.open(elsewhere)).status, 403);
	const desk = await helper.open('/desk/mandates');
	assert.equal((await helper.submitOnce(desk, { ...formIn(desk, '/register'), action: `${elsewhere}/confirm` }, { digest })).status, 403);
	assert.equal((await send(second, path, '/confirm')).status, 303);

	const theirs = await signInPerson(ombud, heir);
	assert.equal((await send(theirs, '/representatives', '/act')).status, 303);
	for (const own of ['/consents', `/consents/${record}`, `/consents/${record}/document`, `/consents/${record}/receipt`, '/accesses', '/export']) {
		const answer = await theirs.open(own);
		assert.equal(answer.status, 200, `${own}: ${answer.status}`);
	}
	assert.equal((await send(theirs, '/export', '/export', { format: 'json' })).status, 200, 'everything there is, as a file');
	for (const closed of [`/consents/${record}/withdraw`, new URL(open.json.form_url).pathname, '/objections', '/security', '/inbox', '/questions', '/alive']) {
		assert.equal((await theirs.open(closed)).status, 403, closed);
	}
	/* A form of the heir's own context sent to what is not theirs. */
	const shown = await theirs.open('/export');
	const form = formIn(shown, '/export');
	for (const action of [`/consents/${record}/withdraw`, `/consents/${record}/renew`, new URL(open.json.form_url).pathname, '/objections/set', '/objections/restrict', '/accesses/1/question']) {
		const answer = await theirs.submitOnce(shown, { ...form, action }, { answer: 'give', what: 'eligibility', kind: 'question', text: 'Почему?' });
		assert.equal(answer.status, 403, `${action}: ${answer.status}`);
	}
	/* No client acts for them. */
	const { access_token: token } = await personTokens(ombud, await signInPerson(ombud, heir), 'family_app', 'openid consent:manage audit:read represent');
	const listed = await ombud.web().request('GET', new URL('/consent/v1/mandates', ombud.demo.issuer), { headers: bearer(token) });
	assert.deepEqual(listed.json, { mandates: [] });
	const { entry, index } = await untilEntry(ombud, 'the heir', (one) => one.event === 'mandate.granted' && one.facts?.kind === 'heir');
	assert.equal(logEntries(ombud)[entry.facts.death].entry.event, 'death.registered');
	const mandate = /mnd_[A-Za-z0-9_-]+/.exec((await second.open(DESK)).text)[0];
	const exchanged = await asClient(ombud, 'family_app', '/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: token,
		subject_token_type: 'urn:ietf:params:oauth:token-type:access_token', mandate });
	assert.notEqual(exchanged.status, 200, exchanged.text);
	const acts = logEntries(ombud).filter(({ entry: one }) => one.facts?.mandate === index);
	assert.deepEqual([...new Set(acts.map(({ entry: one }) => one.event))], ['profile.read']);

	/* Alive after all: the heir is out at once. */
	await raise(person);
	assert.notEqual((await theirs.open(`/consents/${record}`)).status, 200);
	await assertLawful(ombud);
});

/* ---- attacks ---- */

test('nobody declares themselves dead, or whom they ever represented or were represented by', async () => {
	const victim = await addPerson(ombud);
	const own = await signInPerson(ombud, victim);
	const relative = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'registrar']] });
	const theirs = await signInPerson(ombud, relative);
	assert.equal((await propose(theirs, relative)).status, 403, 'themselves');
	const offered = await send(own, '/representatives', '/offer', { purpose: ['eligibility'], action: ['see'], until: UNTIL });
	const code = /<code[^>]*id="code">([^<]+)</.exec(offered.text)[1];
	assert.equal((await send(theirs, '/representatives', '/accept', { code })).status, 303);
	assert.equal((await propose(theirs, victim)).status, 403, 'a representative');
	assert.equal((await send(theirs, '/representatives', '/end')).status, 303);
	assert.equal((await propose(theirs, victim)).status, 403, 'who gave it up yesterday to do this');
	assert.equal((await propose(first, victim)).status, 303);
	assert.equal((await confirm(theirs, victim)).status, 403, 'nor as the second');
	assert.equal((await press(theirs, `${DESK}/${await waitingOf(first, victim)}/decline`)).status, 403);
	assert.equal((await own.open('/me')).status, 200);
});

test('of two who confirm at the same moment one does; "I am alive" and a confirmation do not both count', async () => {
	const person = await addPerson(ombud);
	const third = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'registrar']] }));
	assert.equal((await propose(first, person)).status, 303);
	const id = await waitingOf(first, person);
	const answers = await Promise.all([second, third].map((browser) => press(browser, `${DESK}/${id}/confirm`, { number: paper.number })));
	assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
	const other = await addPerson(ombud);
	const own = await signInPerson(ombud, other);
	assert.equal((await propose(first, other)).status, 303);
	const waits = await waitingOf(first, other);
	const page = await own.open('/alive');
	const { index } = await proposal();
	await Promise.all([own.submitOnce(page, formIn(page, '/alive')), press(second, `${DESK}/${waits}/confirm`, { number: paper.number })]);
	const { index: at } = await outcome();
	await getsIn(await addPerson(ombud)); /* some entries later */
	const became = logEntries(ombud, index).filter(({ entry }) => entry.event.startsWith('death.') && entry.basis?.index === index);
	assert.deepEqual(became.map(({ index: one }) => one), [at], 'one word counts');
	assert.equal(await getsIn(other), became[0].entry.event === 'death.contested');
});

test('an official puts forward so many in an hour and no more; an erased person neither dies nor comes back', async () => {
	const dead = await addPerson(ombud);
	let answer;
	for (let i = 0; i < 21; i++) {
		answer = await propose(first, dead, { what: 'undo' }); /* who lives: a conflict, and counted */
	}
	assert.equal(answer.status, 429);
	first = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'registrar']] }));
	await bury(dead);
	assert.equal((await authctl(ombud, 'subject', 'erase', dead.sub, '--confirm', dead.sub)).status, 0);
	assert.equal((await propose(first, dead, { what: 'undo' })).status, 400);
	const person = await addPerson(ombud);
	assert.equal((await propose(first, person)).status, 303);
	const id = await waitingOf(first, person);
	assert.equal((await authctl(ombud, 'subject', 'erase', person.sub, '--confirm', person.sub)).status, 0);
	assert.equal((await press(second, `${DESK}/${id}/confirm`, { number: paper.number })).status, 409);
	assert.equal((await propose(first, person)).status, 400);
});

test('what was half done at the death comes to nothing: a code, a device, a representative of the dead and their client', async () => {
	const person = await addPerson(ombud);
	const helper = await addPerson(ombud);
	const own = await signInPerson(ombud, person);
	const theirs = await signInPerson(ombud, helper);
	const { json: device } = await ombud.web().post(`${ombud.demo.issuer}/oauth2/device`, { form: { client_id: 'kiosk', scope: 'openid' } });
	const { json: unanswered } = await ombud.web().post(`${ombud.demo.issuer}/oauth2/device`, { form: { client_id: 'kiosk', scope: 'openid' } });
	const asked = await own.open(device.verification_uri_complete);
	const allowed = await own.submitOnce(asked, formIn(asked, '/device'), { answer: 'give' });
	assert.ok(allowed.status < 400, allowed.text);
	const waiting = await own.open(unanswered.verification_uri_complete);
	const record = await giveConsent(ombud, north, own, person.sub);
	const code = await getCode(ombud, own, 'web_portal');
	const offered = await send(own, '/representatives', '/offer', { purpose: ['eligibility'], action: ['see', 'withdraw'], until: UNTIL });
	assert.equal((await send(theirs, '/representatives', '/accept', { code: /<code[^>]*id="code">([^<]+)</.exec(offered.text)[1] })).status, 303);
	const { access_token: token } = await personTokens(ombud, theirs, 'family_app', 'openid consent:manage audit:read represent');
	const held = await ombud.web().request('GET', new URL('/consent/v1/mandates', ombud.demo.issuer), { headers: bearer(token) });
	const acting = await asClient(ombud, 'family_app', '/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: token,
		subject_token_type: 'urn:ietf:params:oauth:token-type:access_token', mandate: held.json.mandates[0].mandate });
	assert.equal(acting.status, 200, acting.text);
	assert.equal((await send(theirs, '/representatives', '/act')).status, 303);
	assert.equal((await theirs.open(`/consents/${record}`)).status, 200);

	await bury(person);
	assert.equal((await redeem(ombud, 'web_portal', code)).json.error, 'invalid_grant', 'a code');
	for (const { device_code } of [device, unanswered]) {
		const answer = await ombud.web().post(`${ombud.demo.issuer}/oauth2/token`, { form: { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code, client_id: 'kiosk' } });
		assert.equal(answer.json.access_token, undefined, 'a device');
		assert.notEqual(answer.status, 200);
	}
	const late = await own.submitOnce(waiting, formIn(waiting, '/device'), { answer: 'give' });
	assert.match(String(late.location), /\/login/, 'nobody is there to say yes');
	assert.equal((await ombud.web().request('GET', new URL('/consent/v1/records', ombud.demo.issuer), { headers: bearer(acting.json.access_token) })).status, 401);
	assert.deepEqual((await asClient(ombud, 'family_app', '/oauth2/introspect', { token: acting.json.access_token })).json, { active: false });
	assert.equal((await theirs.open(`/consents/${record}`)).status, 404, 'whom they acted for is dead');
	await assertLawful(ombud);
});

test('an account that an administrator shut while a death was put forward stays shut after an undoing; none opens one at the confirmation', async () => {
	const person = await addPerson(ombud);
	assert.equal((await propose(first, person)).status, 303);
	assert.equal((await authctl(ombud, 'user', 'disable', person.sub)).status, 0);
	assert.equal((await confirm(second, person)).status, 303);
	await raise(person);
	assert.equal(await getsIn(person), false);
	assert.equal((await propose(first, person)).status, 303);
	await Promise.all([confirm(second, person), authctl(ombud, 'user', 'enable', person.sub), authctl(ombud, 'user', 'enable', person.sub)]);
	assert.equal((await outcome()).entry.event, 'death.registered');
	assert.equal(await getsIn(person), false, 'whoever was faster');
});
