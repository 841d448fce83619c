/*
 * test_questions.mjs: people ask about entries; the organisation answers, its privacy officer behind it; nobody else reads or
 * answers, and nobody about their own work.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { addPerson, assertProblem, authctlJson, logEntries, signInPerson, untilEntry } from './lib/outsider.mjs';
import { giveConsent, question, useOmbud, wordsOf } from './lib/ombud.mjs';
import { sql } from './lib/database.mjs';

const NORTH = 'org_csp_north';
const HOUSING = 'org_housing';
const NOBODY = 'qst_AAAAAAAAAAAAAAAAAAAAAA';

let service;
let answers; /* the same service's client for questions */
let person;
let browser;
let senior;
let dpo;
let pseudonym;

async function newcomer() {
	const made = await addPerson(ombud);
	return [made, await signInPerson(ombud, made)];
}

const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	answers = await started.service('answers_app');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	senior = await started.signIn('senior');
	dpo = await started.signIn('dpo');
	await giveConsent(started, service, browser, person.sub);
});

const pseudonymOf = async (sub) => (await authctlJson(ombud, 'user', 'show', sub)).pseudonym;

async function look(operator) {
	const body = question(person.sub);
	if (operator) {
		body.subject.properties.operator = operator;
	}
	const { json } = await service('POST', '/access/v1/evaluation', body);
	assert.equal(json.decision, true, JSON.stringify(json));
	return json.context.log.index;
}

async function ask(index, text, kind = 'question', as = browser) {
	const page = await as.open(`/accesses/${index}`);
	return as.submitOnce(page, as.findForm(page, { action: '/question' }), { kind, text });
}

const newestId = (sub = person.sub) => sql(ombud, `SELECT id FROM question WHERE sub = '${sub}' ORDER BY created_us DESC LIMIT 1`)[0][0];

async function asked(text, { kind, operator } = {}) {
	const answer = await ask(await look(operator), text, kind);
	assert.equal(answer.status, 303, wordsOf(answer.text).slice(0, 300));
	return newestId();
}

const mine = async () => wordsOf((await browser.open('/questions')).text);
const submit = async (as, at, action, fields = {}) => {
	const page = await as.open(at);
	return as.submitOnce(page, as.findForm(page, { action }), fields);
};
const answer = (as, id, text) => submit(as, `/desk/questions/${id}`, '/answer', { text });
const follow = (id, text) => submit(browser, '/questions', `/questions/${id}/follow`, { text });
const escalate = (id) => submit(browser, '/questions', `/questions/${id}/escalate`);
/* Ids of entries rise with time: the newest of an event that came behind another entry. */
const newest = () => logEntries(ombud).at(-1).entry.id;
const factsOf = async (event, since) => (await untilEntry(ombud, event, (one) => one.event === event && one.id > since)).entry.facts;

/* A form that the page did not offer, with the page's own token. */
const forged = (as, page, action, text) => {
	const form = as.findForm(page, { having: ['csrf'] });
	return as.submitOnce(page, { ...form, action, fields: form.fields.filter(({ name }) => name === 'csrf') }, { text });
};

describe('a question', () => {
	let id;

	test('is listed without its text, read on record, taken into work and answered in time', async () => {
		id = await asked('Зачем вы смотрели мой доход?');
		const list = await senior.open('/desk/questions');
		assert.match(list.text, new RegExp(id));
		assert.doesNotMatch(list.text, /Зачем вы смотрели/);
		const page = await senior.open(`/desk/questions/${id}`);
		assert.match(wordsOf(page.text), /Зачем вы смотрели мой доход\?/);
		await untilEntry(ombud, 'question.read', ({ event }) => event === 'question.read');
		assert.equal((await submit(senior, `/desk/questions/${id}`, '/take')).status, 303);
		assert.match(await mine(), /В работе/);
		const from = newest();
		assert.equal((await answer(senior, id, 'Чтобы <b>назначить</b> пособие & проверить право.')).status, 303);
		const facts = await factsOf('question.answered', from);
		assert.deepEqual([facts.kind, facts.side, facts.term], ['question', 'organisation', 'in_term']);
	});

	test('shows its answer to the person as it was written, and tells them', async () => {
		const page = await browser.open('/questions');
		assert.match(page.text, /Чтобы &lt;b&gt;назначить&lt;\/b&gt; пособие &amp; проверить право\./);
		assert.match(wordsOf((await browser.open('/inbox')).text), /На ваш вопрос ответили/);
		assert.match(wordsOf(page.text), /Ответ организации/);
	});

	test('is asked again three times, and not a fourth', async () => {
		for (let time = 1; time <= 3; time++) {
			assert.equal((await follow(id, `Ещё раз, ${time}`)).status, 303);
			assert.match(wordsOf((await senior.open(`/desk/questions/${id}`)).text), new RegExp(`Ещё раз, ${time}`));
			assert.equal((await answer(senior, id, `Ответ ${time}`)).status, 303);
		}
		const page = await browser.open('/questions');
		browser.findForm(page, { action: `/questions/${id}/escalate` });
		assert.doesNotMatch(page.text, new RegExp(`/questions/${id}/follow`));
		const refused = await forged(browser, page, `/questions/${id}/follow`, 'четвёртый раз');
		assert.equal(refused.status, 409, refused.text);
	});

	test('goes to the privacy officer when the person is not content, and no further', async () => {
		const from = newest();
		assert.equal((await escalate(id)).status, 303);
		assert.equal((await factsOf('question.escalated', from)).why, 'not_satisfied');
		assert.match(await mine(), /Передан ответственному за защиту данных/);
		const seen = await senior.open(`/desk/questions/${id}`);
		assert.doesNotMatch(seen.text, new RegExp(`/desk/questions/${id}/answer`), 'the organisation has had its word');
		assert.match(wordsOf((await dpo.open('/desk/questions')).text), /переданы вам/);
		assert.equal((await answer(dpo, id, 'Доступ был законным.')).status, 303);
		const page = await mine();
		assert.match(page, /Закрыт: ответил ответственный/);
		assert.match(page, /Доступ был законным\./);
		assert.doesNotMatch((await browser.open('/questions')).text, new RegExp(`/questions/${id}/`));
	});
});

test('what nobody answers in ten working days goes to the privacy officer by itself, once', async () => {
	const id = await asked('Почему молчите?', { kind: 'complaint' });
	const from = newest();
	sql(ombud, `UPDATE question SET due_us = asked_us WHERE id = '${id}'`);
	assert.deepEqual(await factsOf('question.escalated', from), { kind: 'complaint', why: 'no_answer' });
	assert.match(await mine(), /Передан ответственному за защиту данных/);
	assert.match(wordsOf((await browser.open('/inbox')).text), /Ваш вопрос передан/);
	assert.match((await dpo.open('/inbox')).text, new RegExp(`/desk/questions/${id}`));
	assert.equal((await answer(dpo, id, 'Проверено.')).status, 303);
	assert.equal(logEntries(ombud).filter(({ entry }) => entry.event === 'question.escalated' && entry.id > from).length, 1);
});

describe('a service', () => {
	let id;

	before(async () => {
		pseudonym = await pseudonymOf(ombud.demo.people.senior.sub);
		id = await asked('Вопрос службе');
	});

	test('sees what is asked about its own entries, without texts', async () => {
		const { json } = await answers('GET', '/consent/v1/questions?state=open&limit=100');
		const one = json.records.find(({ question_id: its }) => its === id);
		assert.deepEqual(Object.keys(one).sort(), ['about', 'asked_at', 'due_at', 'kind', 'late', 'question_id', 'state']);
		assert.equal(one.state, 'open');
	});

	test('reads and answers for an official whom it names', async () => {
		const { json } = await answers('GET', `/consent/v1/questions/${id}?operator=${pseudonym}`);
		assert.equal(json.text, 'Вопрос службе');
		assert.match(json.evaluation_id, /^[0-9a-f-]{36}$/);
		assert.equal((await answers('POST', `/consent/v1/questions/${id}/take`, { operator: pseudonym })).json.state, 'in_work');
		assert.equal((await answers('POST', `/consent/v1/questions/${id}/answer`, { operator: pseudonym, text: 'Ответ службы' })).json.state, 'answered');
		assert.match(await mine(), /Ответ службы/);
		assertProblem(await answers('POST', `/consent/v1/questions/${id}/answer`, { operator: pseudonym, text: 'Ещё' }), 409, 'question_state');
	});

	test('does neither without a name, nor under that of somebody who may not', async () => {
		for (const name of ['', 'opr_nobody', await pseudonymOf(ombud.demo.people.operator.sub), await pseudonymOf(ombud.demo.people.dpo.sub)]) {
			assertProblem(await answers('GET', `/consent/v1/questions/${id}?operator=${name}`), 403, 'role_missing');
		}
	});

	test('without the scope does nothing', async () => {
		const tax = await ombud.service('svc_tax');
		for (const [method, path, body] of [['GET', ''], ['GET', `/${id}`], ['POST', `/${id}/take`, {}], ['POST', `/${id}/answer`, {}]]) {
			assert.equal((await tax(method, `/consent/v1/questions${path}`, body)).status, 403);
		}
	});
});

describe('an attack', () => {
	test('an official of another organisation finds nothing', async () => {
		const id = await asked('Не для чужих');
		const stranger = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[HOUSING, 'senior-officer']] }));
		assert.doesNotMatch((await stranger.open('/desk/questions')).text, new RegExp(id));
		assert.equal((await stranger.open(`/desk/questions/${id}`)).status, 404);
		const judge = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[HOUSING, 'privacy-officer']] }));
		assert.equal((await judge.open(`/desk/questions/${id}`)).status, 404);
		assert.equal((await dpo.open(`/desk/questions/${id}`)).status, 404, 'nor is it the privacy officer\'s before it is escalated');
	});

	test('whoever did it neither reads nor answers, in the portal or through a service', async () => {
		const did = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'senior-officer']] });
		const name = await pseudonymOf(did.sub);
		const id = await asked('Кто это был?', { kind: 'complaint', operator: name });
		const page = await (await signInPerson(ombud, did)).open(`/desk/questions/${id}`);
		assert.equal(page.status, 403);
		assert.doesNotMatch(page.text, /Кто это был/);
		assertProblem(await answers('GET', `/consent/v1/questions/${id}?operator=${name}`), 403, 'conflict_of_interest');
		assertProblem(await answers('POST', `/consent/v1/questions/${id}/answer`, { operator: name, text: 'Я не виноват' }), 403, 'conflict_of_interest');
		assert.equal((await senior.open(`/desk/questions/${id}`)).status, 200);
	});

	test('a person comes back to no question of another, nor opens the desk', async () => {
		const id = newestId();
		const [, other] = await newcomer();
		const page = await other.open('/security');
		for (const at of [id, NOBODY]) {
			for (const step of ['follow', 'escalate']) {
				assert.equal((await forged(other, page, `/questions/${at}/${step}`, 'моё')).status, 404);
			}
		}
		assert.equal((await other.open(`/desk/questions/${id}`)).status, 403);
		assert.doesNotMatch((await other.open('/questions')).text, new RegExp(id));
	});

	test('somebody who asks without end is stopped, and hears when to go on', async () => {
		const index = await look();
		let last;
		for (let i = 0; i < 12 && last?.status !== 429; i++) {
			last = await ask(index, `Снова ${i}`);
		}
		assert.equal(last.status, 429);
	});
});

test('the erasure of a person takes what they asked and what was answered', async () => {
	const rows = () => [sql(ombud, `SELECT count(*) FROM question WHERE sub = '${person.sub}'`)[0][0],
		sql(ombud, `SELECT count(*) FROM question_turn WHERE sub = '${person.sub}'`)[0][0]].map(Number);
	assert.ok(rows().every((count) => count > 3));
	assert.ok(logEntries(ombud).every(({ bytes }) => !bytes.includes('Зачем вы')), 'no text stands in an entry');
	await authctlJson(ombud, 'subject', 'erase', person.sub, '--confirm', person.sub);
	assert.deepEqual(rows(), [0, 0]);
});
