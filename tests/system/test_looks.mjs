/*
 * test_looks.mjs: rule R1, route by route: whatever shows data of others leaves nothing but behind its own entry. The table of
 * routes says which those are (authd/routes.c, column `shows`); each of them that is read is opened here as the official or
 * service whose it is, with somebody in it. One look is one entry; without the log there is an error and no byte of data.
 *
 * A new route that shows others needs its row in OPENINGS: without one the first test fails.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Client } from './daemon_run.mjs';
import { sql } from './lib/database.mjs';
import { newCodes, openCase, prepared } from './lib/desk.mjs';
import { formsOf, giveConsent, question, sleep, useOmbud, wordsOf } from './lib/ombud.mjs';
import { addPerson, adminToken, assertLawful, assertProblem, authctlJson, bearer, logEntries, newSnils, personTokens, settled, signInPerson } from './lib/outsider.mjs';

const NORTH = 'org_csp_north';
const DAY = 86400e3;
const YESTERDAY = new Date(Date.now() - DAY).toISOString().slice(0, 10);
const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;
const LOOKS = ['admin.read', 'consent.read', 'question.read', 'desk.opened'];

/* ---- what the table says ---- */

const table = readFileSync(new URL('../../authd/routes.c', import.meta.url), 'utf8');
const rowsOf = (method) => [...table.matchAll(/^\t\{ (\w+),\s+"([^"]+)",.*\s(\w+),\s+ep_\w+ \},$/gm)].filter((row) => row[1] === method)
	.map(([, , path, shows]) => ({ path, shows }));
const readFrom = (shows) => rowsOf('GET_').filter((row) => row.shows === shows).map(({ path }) => path);

/* ---- somebody in everything ---- */

const it = {}; /* who is there, and what is about them */
let since;

async function official(started, role) {
	const someone = await addPerson(started, { kind: 'staff', roles: [[NORTH, role]] });
	return { ...someone, browser: await signInPerson(started, someone), pseudonym: (await authctlJson(started, 'user', 'show', someone.sub)).pseudonym };
}

const formIn = (page, action) => formsOf(page.text).find((form) => form.action.endsWith(action)) ?? assert.fail(`no form ${action} at ${page.url}: ${wordsOf(page.text)}`);
const send = async (browser, path, action, fields = {}) => {
	const page = await browser.open(path);
	const answer = await browser.submitOnce(page, formIn(page, action), fields);
	assert.equal(answer.status, 303, `${path} ${action}: ${answer.status} ${wordsOf(answer.text).slice(0, 300)}`);
	return answer;
};
const linkIn = async (browser, path, pattern) => pattern.exec((await browser.open(path)).text)?.[1] ?? assert.fail(`nothing waits at ${path}`);

/* One mandate holds and one waits: the page has two lists. */
async function mandates(call) {
	const post = async (who, path, json) => {
		const answer = await call(who, 'POST', `/admin/v1/mandates${path}`, json);
		assert.ok(answer.status < 300, answer.text);
		return answer.json;
	};
	const paper = { kind: 'Акт об опеке', number: '114-О/2026', issued: '2026-02-01', issuer: 'Отдел опеки № 2' };
	for (const represented of [it.ward, it.person]) {
		const { id } = await post(it.first, '', { represented: represented.sub, representative: it.guardian.sub, kind: 'guardian', document: paper, until: UNTIL });
		const { json } = await call(it.second, 'GET', `/admin/v1/mandates/${id}`);
		if (represented === it.ward) {
			await post(it.second, `/${id}/confirm`, { digest: json.digest });
		}
		it.mandate = id; /* in the end the one that waits */
	}
}

/* One heir is confirmed, one waits, and so does a death: three lists. */
async function deaths() {
	const [one, two] = [it.registrar.browser, it.registrar2.browser];
	const paper = { kind: 'Свидетельство о смерти', number: 'III-АК 123456', date: YESTERDAY, issuer: 'Отдел ЗАГС № 1', what: 'death' };
	const will = { document: 'Свидетельство о праве на наследство', number: '77 АБ 1234567', issuer: 'нотариус Иванова', issued: YESTERDAY, until: UNTIL };
	const waiting = /href="(\/desk\/deaths\/heirs\/mnd_[^"]+)"/;
	await send(one, '/desk/deaths', '/propose', { ...paper, person: it.dead.login });
	await send(two, '/desk/deaths', '/confirm', { number: paper.number });
	await send(one, '/desk/deaths', '/heirs', { ...will, person: it.dead.login, heir: it.guardian.login });
	await send(two, await linkIn(two, '/desk/deaths', waiting), '/confirm');
	await send(one, '/desk/deaths', '/heirs', { ...will, person: it.dead.login, heir: it.ward.login });
	it.heir = await linkIn(two, '/desk/deaths', waiting);
	await send(one, '/desk/deaths', '/propose', { ...paper, person: it.ward.login });
}

async function emergency(started) {
	const { access_token: token } = await personTokens(started, it.senior.browser, 'emergency_app', 'openid access:emergency');
	for (;;) {
		const answer = await started.web().request('POST', `${started.demo.issuer}/access/v1/breakglass`, { headers: bearer(token), json: { person: it.person.sub,
			category: 'health', purpose: 'disability_support', reason_code: 'urgent_care', text: 'Скорая спрашивает о болезнях.' } });
		if (answer.status === 201) {
			return answer.json.id;
		}
		assert.equal(answer.status, 503, answer.text);
		await sleep(200);
	}
}

/* A service looks, and the person asks why. */
async function asked() {
	const { json } = await it.north('POST', '/access/v1/evaluation', question(it.person.sub));
	assert.equal(json.decision, true, JSON.stringify(json));
	const page = await it.browser.open(`/accesses/${json.context.log.index}`);
	const answer = await it.browser.submitOnce(page, it.browser.findForm(page, { action: '/question' }), { kind: 'question', text: 'Зачем?' });
	assert.equal(answer.status, 303, answer.text);
	return sql(ombud, `SELECT id FROM question WHERE sub = '${it.person.sub}'`)[0][0];
}

const ombud = useOmbud({ before, after }, async (started) => {
	since = new Date(Date.now() - 1000).toISOString();
	const { issuer } = started.demo;
	const web = started.web();
	it.call = (who, method, path, json) => web.request(method, new URL(path, issuer), { token: who.token, json });
	it.north = await started.service('svc_benefits_north');
	for (const name of ['person', 'ward', 'guardian', 'dead']) {
		it[name] = await addPerson(started, { snils: newSnils().text });
	}
	it.browser = await signInPerson(started, it.person);
	for (const [name, role] of [['first', 'assist-desk'], ['second', 'assist-desk'], ['registrar', 'registrar'], ['registrar2', 'registrar'], ['senior', 'senior-officer'],
		['officer', 'privacy-officer'], ['admin', 'admin']]) {
		it[name] = await official(started, role);
	}
	it.consent = await giveConsent(started, it.north, it.browser, it.person.sub);
	const contract = await it.north('POST', '/consent/v1/contracts', { person: it.person.sub, kind: 'social-services-agreement', number: 'N-1',
		until: new Date(Date.now() + 90 * DAY).toISOString() });
	it.contract = contract.json.contract_id;
});

/* The rest needs the demo by its name here. */
test('there is somebody in everything that officials and services read', async () => {
	await newCodes(it.browser);
	it.glass = await emergency(ombud);
	it.question = await asked();
	await deaths();
	for (const name of ['first', 'second', 'officer', 'admin']) {
		it[name].token = await adminToken(ombud, it[name].browser);
	}
	await mandates(it.call);
	it.case = await openCase(it.first.browser, it.person.login);
	it.offer = new URL((await prepared(it.first.browser, it.case, 'withdraw', { target: it.consent, way: 'paper' })).url).pathname;
	it.answers = { token: (await ombud.service('answers_app')).token };
	it.service = { token: it.north.token };
	await settled(ombud);
});

/* ---- each of them ---- */

const api = (who, path, shows, about, named = who) => ({ who: () => it[named], ask: () => it.call(it[who], 'GET', path()), shows, about });
const page = (who, path, shows, about) => ({ who: () => it[who], ask: () => it[who].browser.open(path()), shows, about });
const sub = (who = 'person') => () => it[who].sub;

/* By whom each is asked, what it then has to show of somebody, and whether the entry is about that one person. */
const OPENINGS = {
	'/access/v1/entries': api('service', () => '/access/v1/entries', () => '"decision":"permit"', false),
	'/admin/v1/affected': api('officer', () => `/admin/v1/affected?service=svc_benefits_north&since=${since}&until=${new Date(Date.now() + DAY).toISOString()}`, sub(), false),
	'/admin/v1/breakglass': api('officer', () => '/admin/v1/breakglass', () => it.glass, false),
	'/admin/v1/breakglass/{id}': api('officer', () => `/admin/v1/breakglass/${it.glass}`, sub(), true),
	'/admin/v1/consents': api('admin', () => `/admin/v1/consents?person=${it.person.sub}`, () => it.consent, true),
	'/admin/v1/consents/{id}': api('admin', () => `/admin/v1/consents/${it.consent}`, () => it.consent, true),
	'/admin/v1/mandates': api('second', () => '/admin/v1/mandates', () => it.mandate, false),
	'/admin/v1/mandates/{id}': api('second', () => `/admin/v1/mandates/${it.mandate}`, sub('guardian'), true),
	'/admin/v1/people': api('admin', () => '/admin/v1/people', () => '"sub":"', false),
	'/admin/v1/people/{id}': api('admin', () => `/admin/v1/people/${it.person.sub}`, () => it.person.login, true),
	'/admin/v1/people/{id}/looks': api('officer', () => `/admin/v1/people/${it.person.sub}/looks`, () => '"looks":', true),
	'/admin/v1/roles': api('admin', () => `/admin/v1/roles?organisation=${NORTH}&role=registrar`, sub('registrar'), false),
	'/admin/v1/sessions': api('admin', () => `/admin/v1/sessions?person=${it.person.sub}`, () => '"sid":"', true),
	'/consent/v1/contracts': api('service', () => '/consent/v1/contracts', () => it.contract, false),
	'/consent/v1/questions': api('answers', () => '/consent/v1/questions', () => it.question, false),
	'/consent/v1/questions/{id}': api('answers', () => `/consent/v1/questions/${it.question}?operator=${it.senior.pseudonym}`, () => 'Зачем?', true, 'senior'),
	'/consent/v1/records': api('service', () => `/consent/v1/records?person=${it.person.sub}`, () => it.consent, true),
	'/consent/v1/records/{id}': api('service', () => `/consent/v1/records/${it.consent}`, sub(), true),
	'/consent/v1/records/{id}/receipt': api('service', () => `/consent/v1/records/${it.consent}/receipt`, () => it.consent, true),
	'/grants': api('service', () => '/grants', () => it.consent, false),
	'/grants/{id}': api('service', () => `/grants/${it.consent}`, () => it.consent, true),
	'/desk/deaths': page('registrar2', () => '/desk/deaths', () => it.dead.surname, false),
	'/desk/deaths/heirs/{id}': page('registrar2', () => it.heir, () => '77 АБ 1234567', true),
	'/desk/mandates': page('second', () => '/desk/mandates', () => it.guardian.surname, false),
	'/desk/mandates/{id}': page('second', () => `/desk/mandates/${it.mandate}`, () => '114-О/2026', true),
	'/desk/offers/{id}': page('second', () => it.offer, () => it.offer.split('/').at(-1), true),
	'/desk/questions': page('senior', () => '/desk/questions', () => it.question, false),
	'/desk/questions/{id}': page('senior', () => `/desk/questions/${it.question}`, () => 'Зачем?', true),
	'/desk/queue': page('second', () => '/desk/queue', () => it.offer, false),
};

/* More than one way into the same route: what is asked about one person is an entry about them. */
const NAMED = {
	'/admin/v1/people?login': api('admin', () => `/admin/v1/people?login=${it.person.login}`, sub(), true),
	'/admin/v1/mandates?represented': api('second', () => `/admin/v1/mandates?represented=${it.person.sub}`, () => it.mandate, true),
	'/admin/v1/mandates?represented, none': api('second', () => `/admin/v1/mandates?represented=${it.registrar.sub}`, () => '"records":[]', true),
	'/admin/v1/sessions?offline': api('admin', () => `/admin/v1/sessions?offline=1&person=${it.person.sub}`, () => '"records"', true),
	'/grants?person': api('service', () => `/grants?person=${it.person.sub}`, () => it.consent, true),
};

/* How many entries the log has taken and flushed, published or not. */
async function sizeOfLog() {
	const client = new Client(ombud.demo.socket.auditlogd);
	try {
		return Number((await client.status()).size);
	} finally {
		client.close();
	}
}

const looksFrom = (from, to) => logEntries(ombud, from).filter(({ index, entry }) => index < to && LOOKS.includes(entry.event));

/* The entry is in the log when the answer is here: one, of who asked, about whom it was about. */
async function assertOneEntry(name, { who, ask, shows, about }) {
	const before = await sizeOfLog();
	const answer = await ask();
	const now = await sizeOfLog();
	assert.equal(answer.status, 200, `${name}: ${answer.status} ${answer.text.slice(0, 300)}`);
	assert.ok(answer.text.includes(shows()), `${name} shows somebody: ${wordsOf(answer.text).slice(0, 300)}`);
	await settled(ombud);
	const found = looksFrom(before, now);
	assert.equal(found.length, 1, `${name}: one look is one entry, not ${JSON.stringify(found.map(({ entry }) => [entry.event, entry.facts]))}`);
	const [{ entry, bytes }] = found;
	const asker = who();
	assert.equal(asker.pseudonym ? entry.by.operator : entry.by.service, asker.pseudonym ?? 'svc_benefits_north', `${name}: by whom`);
	assert.equal(entry.about?.length ?? 0, about ? 1 : 0, `${name}: about whom: ${JSON.stringify(entry)}`);
	assert.doesNotMatch(String(bytes), /sub_|Зачем|114-О|77 АБ/, `${name}: nobody and nothing in clear`);
}

test('each route that shows others is opened here, and none that is not there', () => {
	assert.ok(readFrom('OTHERS').length > 20);
	assert.deepEqual(readFrom('OTHERS').sort(), Object.keys(OPENINGS).sort());
	const said = [...table.matchAll(/\sep_\w+ \},$/gm)].length;
	assert.equal(rowsOf('GET_').length, [...table.matchAll(/^\t\{ GET_,/gm)].length, 'every row is read');
	assert.ok(said > 200 && ['NONE', 'SELF', 'OTHERS', 'CASE'].every((shows) => readFrom(shows).length > 0));
});

for (const [name, opening] of Object.entries({ ...OPENINGS, ...NAMED })) {
	test(`R1: GET ${name}: its entry is in the log before it is shown, once`, () => assertOneEntry(name, opening));
}

test('R1: who is told that a login or a number is taken has looked: one entry, about whose it is', async () => {
	for (const more of [{ login: it.person.login }, { login: 'nobody.has.this', profile: { snils: it.person.profile.snils } }]) {
		const before = await sizeOfLog();
		const answer = await it.call(it.admin, 'POST', '/admin/v1/people', { kind: 'adult', ...more, profile: { name: 'Кто-то', ...more.profile } });
		const now = await sizeOfLog();
		assertProblem(answer, 409, 'conflict');
		await settled(ombud);
		const found = looksFrom(before, now);
		assert.deepEqual(found.map(({ entry }) => [entry.event, entry.facts.what, entry.by.operator, entry.about.length]),
			[['admin.read', 'person.taken', it.admin.pseudonym, 1]]);
	}
});

/* ---- under a case ---- */

test('R1: a case is one look: opening it is the entry, and it is nobody else\'s, nor another session\'s', async () => {
	assert.deepEqual(readFrom('CASE').map((path) => path.replace('/desk/cases/{id}', '')).sort(), ['', '/ask', '/document', '/prepare']);
	const before = await sizeOfLog();
	const at = await openCase(it.first.browser, it.person.login);
	const now = await sizeOfLog();
	await settled(ombud);
	const [opened, ...more] = looksFrom(before, now);
	assert.deepEqual([opened.entry.by.operator, opened.entry.about.length, more.length], [it.first.pseudonym, 1, 0]);
	assert.equal((await it.first.browser.open(at)).status, 200);
	const again = await signInPerson(ombud, it.first);
	for (const rest of ['', '/ask?service=svc_benefits_north&purpose=eligibility', '/document', '/prepare?act=see']) {
		for (const [browser, what] of [[it.second.browser, 'a colleague'], [again, 'another session']]) {
			assert.equal((await browser.open(`${at}${rest}`)).status, 404, `${what}: ${rest}`);
		}
	}
});

test('R1: a page that is empty shows nobody, and leaves no entry', async () => {
	const elsewhere = await addPerson(ombud, { kind: 'staff', roles: [['org_housing', 'assist-desk']] });
	const browser = await signInPerson(ombud, elsewhere);
	const before = await sizeOfLog();
	for (const path of ['/desk', '/desk/mandates', '/desk/queue']) {
		assert.equal((await browser.open(path)).status, 200, path);
	}
	const now = await sizeOfLog();
	await settled(ombud);
	assert.deepEqual(looksFrom(before, now), []);
});

test('R1: the person sees who looked: officials in their list of looks, everything about them alone in their own file', async () => {
	const list = wordsOf((await it.browser.open('/accesses')).text);
	for (const words of ['Просмотр администратором', 'Администратор', 'Ответственный за защиту данных', 'Сотрудник нашёл вас', 'Помощь в оформлении согласия']) {
		assert.ok(list.includes(words), words);
	}
	const shown = await it.browser.open('/export');
	const { status, text } = await it.browser.submitOnce(shown, formIn(shown, '/export'), { format: 'json' });
	assert.equal(status, 200, text.slice(0, 300));
	for (const event of LOOKS) {
		assert.ok(text.includes(event), event);
	}
});

/* ---- without the log ---- */

test('R1: without the log nothing of anybody is shown', async () => {
	const { auditlogd } = ombud.demo.pids;
	process.kill(auditlogd, 'SIGSTOP');
	try {
		for (const [name, { ask, shows }] of Object.entries({ ...OPENINGS, ...NAMED })) {
			const answer = await ask();
			assert.equal(answer.status, 503, `${name}: ${answer.status} ${answer.text.slice(0, 300)}`);
			assert.ok(!answer.text.includes(shows()), name);
			for (const who of ['person', 'ward', 'guardian', 'dead', 'registrar']) {
				assert.ok(!answer.text.includes(it[who].sub) && !answer.text.includes(it[who].login), `${name}: ${who}`);
			}
		}
		const desk = await it.first.browser.open('/desk');
		if (desk.status === 200) { /* shows nobody */
			const answer = await it.first.browser.submitOnce(desk, it.first.browser.findForm(desk, { having: ['person'] }), { person: it.person.login, channel: 'office' });
			assert.deepEqual([answer.status, answer.location], [503, undefined], 'nor is a case opened');
		}
	} finally {
		process.kill(auditlogd, 'SIGCONT');
	}
});

test('R1: all of it is lawful', async () => {
	assertProblem(await it.call({ token: 'no-token' }, 'GET', '/admin/v1/mandates'), 401);
	await assertLawful(ombud);
});
