/*
 * test_question_attacks.mjs: texts that are none, many at once, people who are related, services that have nothing to do with it,
 * and two nodes that find the same question late: what is asked and answered stays what one person asked and one official answered.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from '../system/lib/database.mjs';
import { Node } from '../system/lib/nodes.mjs';
import { database, giveConsent, question, until, useOmbud, wordsOf } from '../system/lib/ombud.mjs';
import { addPerson, assertLawful, assertProblem, authctlJson, logEntries, settled, signInPerson } from '../system/lib/outsider.mjs';

const NORTH = 'org_csp_north';
const PARALLEL = 24;
const MOST_IN_A_DAY = 10;

let service;
let answers; /* the same service's client for questions */
let senior;
let pseudonym;

const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	answers = await started.service('answers_app');
	senior = await started.signIn('senior');
	pseudonym = (await authctlJson(started, 'user', 'show', started.demo.people.senior.sub)).pseudonym;
});

/* Somebody whose data was looked at: { sub, browser, index }. */
async function lookedAt() {
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	await giveConsent(ombud, service, browser, person.sub);
	const { json } = await service('POST', '/access/v1/evaluation', question(person.sub));
	return { ...person, browser, index: json.context.log.index };
}

async function ask({ browser, index }, text = 'Зачем смотрели?') {
	const page = await browser.open(`/accesses/${index}`);
	return browser.submitOnce(page, browser.findForm(page, { action: '/question' }), { kind: 'question', text });
}

const idsOf = (sub) => sql(ombud, `SELECT id FROM question WHERE sub = '${sub}' ORDER BY created_us`).map(([id]) => id);

async function asked(somebody, text) {
	assert.equal((await ask(somebody, text)).status, 303);
	return idsOf(somebody.sub).at(-1);
}

/* For the official, through their service. */
const answer = (id, text, operator = pseudonym) => answers('POST', `/consent/v1/questions/${id}/answer`, { operator, text });
const mandates = (sub) => authctlJson(ombud, 'mandate', 'list', '--represented', sub);

describe('a text', () => {
	test('with control characters, of blanks or too long is no answer, and the question still waits for one', async () => {
		const id = await asked(await lookedAt());
		for (const text of ['\u0000', 'a\u0000b', '\u0007', '\u001b[2J', '\u007f', '\u0001'.repeat(4000), ' \t\r\n', 'я'.repeat(2001)]) {
			assertProblem(await answer(id, text), 400, 'invalid_request');
		}
		assert.equal(sql(ombud, `SELECT state FROM question WHERE id = '${id}'`)[0][0], 'open');
	});

	test('as long as may be, half of it escaped, comes back as it was written', async () => {
		const somebody = await lookedAt();
		const longest = `${'"'.repeat(2000)}${'я'.repeat(1000)}`;
		const id = await asked(somebody, longest);
		const text = `\\"\n\t<script>alert(1)</script>${'\\'.repeat(2000)}`;
		assert.equal((await answer(id, text)).status, 200);
		const { json } = await answers('GET', `/consent/v1/questions/${id}?operator=${pseudonym}`);
		assert.equal(json.text, longest);
		assert.equal(json.turns[0].text, text);
		const page = await somebody.browser.open('/questions');
		assert.doesNotMatch(page.text, /<script>alert/);
	});
});

describe('at once', () => {
	test('of many answers one is taken, and one entry says so', async () => {
		const id = await asked(await lookedAt());
		const all = await Promise.all(Array.from({ length: PARALLEL }, (_, i) => answer(id, `Ответ ${i}`)));
		assert.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array(PARALLEL - 1).fill(409)]);
		assert.equal(Number(sql(ombud, `SELECT count(*) FROM question_turn WHERE question_id = '${id}'`)[0][0]), 1);
	});

	test('many that one person asks are stopped where the day ends', async () => {
		const somebody = await lookedAt();
		const all = await Promise.all(Array.from({ length: PARALLEL }, () => ask(somebody)));
		assert.ok(all.every(({ status }) => status === 303 || status === 429), all.map(({ status }) => status).join(' '));
		const asked = all.filter(({ status }) => status === 303).length;
		assert.equal(idsOf(somebody.sub).length, asked);
		assert.equal(asked, MOST_IN_A_DAY, 'not one more, on either database');
		assert.equal((await ask(somebody)).status, 429);
	});

	test('an answer and the person\'s step to the privacy officer are one or the other', async () => {
		const somebody = await lookedAt();
		const id = await asked(somebody);
		sql(ombud, `UPDATE question SET due_us = asked_us WHERE id = '${id}'`);
		const said = await answer(id, 'Ответ в последний миг');
		await settled(ombud);
		const escalated = logEntries(ombud).filter(({ entry }) => entry.event === 'question.escalated').length;
		assert.equal(said.status === 200 ? 'answered' : 'escalated', sql(ombud, `SELECT state FROM question WHERE id = '${id}'`)[0][0]);
		assert.ok(said.status === 200 || escalated > 0);
	});
});

describe('nobody answers', () => {
	test('what concerns a relative, in the portal or through a service', async () => {
		const somebody = await lookedAt();
		const relative = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'senior-officer']] });
		const browser = await signInPerson(ombud, relative);
		const id = await asked(somebody, 'Не для родни');
		const page = await somebody.browser.open('/representatives');
		const offered = await somebody.browser.submitOnce(page, somebody.browser.findForm(page, { action: '/offer' }),
			{ purpose: ['eligibility'], action: ['see'], until: `${new Date().getUTCFullYear() + 1}-12-31` });
		const accept = await browser.open('/representatives');
		assert.equal((await browser.submitOnce(accept, browser.findForm(accept, { action: '/accept' }),
			{ code: /<code[^>]*id="code">([^<]+)</.exec(offered.text)[1] })).status, 303);
		assert.equal((await mandates(somebody.sub)).records.length, 1);
		const seen = await browser.open(`/desk/questions/${id}`);
		assert.equal(seen.status, 403);
		assert.doesNotMatch(seen.text, /Не для родни/);
		const { pseudonym: name } = await authctlJson(ombud, 'user', 'show', relative.sub);
		assertProblem(await answer(id, 'Всё хорошо', name), 403, 'conflict_of_interest');

		/* Under their mandate the relative sees, and has no right to ask. */
		const act = await browser.open('/representatives');
		assert.equal((await browser.submitOnce(act, browser.findForm(act, { action: '/act' }))).status, 303);
		const entry = await browser.open(`/accesses/${somebody.index}`);
		assert.equal(entry.status, 200);
		const form = browser.findForm(entry, { having: ['csrf'] });
		const forged = await browser.submitOnce(entry, { ...form, action: `/accesses/${somebody.index}/question`,
			fields: form.fields.filter(({ name: field }) => field === 'csrf') }, { kind: 'question', text: 'За другого' });
		assert.equal(forged.status, 403, wordsOf(forged.text).slice(0, 200));
		assert.equal(idsOf(somebody.sub).length, 1);
	});

	test('a question about another service\'s entry, or of somebody who was erased', async () => {
		const somebody = await lookedAt();
		const id = await asked(somebody);
		sql(ombud, `UPDATE question SET service = 'svc_tax' WHERE id = '${id}'`);
		assertProblem(await answer(id, 'Чужое'), 404, 'not_found');
		sql(ombud, `UPDATE question SET service = 'svc_benefits_north' WHERE id = '${id}'`);
		await authctlJson(ombud, 'subject', 'erase', somebody.sub, '--confirm', somebody.sub);
		assertProblem(await answer(id, 'Поздно'), 404, 'not_found');
		assert.equal((await senior.open(`/desk/questions/${id}`)).status, 404);
	});
});

test('what two nodes find late at the same moment is passed on once', { skip: database === 'sqlite' && 'several nodes need PostgreSQL' }, async () => {
	const node = await new Node(ombud, 'authd-2').start();
	try {
		const people = await Promise.all(Array.from({ length: 3 }, lookedAt));
		for (const one of people) {
			for (let i = 0; i < 5; i++) {
				await asked(one);
			}
		}
		const subs = people.map(({ sub }) => `'${sub}'`).join(', ');
		const indices = sql(ombud, `SELECT log_index FROM question WHERE sub IN (${subs})`).map(([index]) => Number(index));
		const waiting = () => Number(sql(ombud, `SELECT count(*) FROM question WHERE sub IN (${subs}) AND state <> 'escalated'`)[0][0]);
		assert.equal(waiting(), 15);
		sql(ombud, `UPDATE question SET due_us = asked_us WHERE sub IN (${subs})`);
		await until('all are passed on', () => waiting() === 0);
		await until('their entries are sent', () => Number(sql(ombud, 'SELECT count(*) FROM outbox WHERE sent_us IS NULL')[0][0]) === 0);
		await settled(ombud);
		const cited = logEntries(ombud).filter(({ entry }) => entry.event === 'question.escalated').map(({ entry }) => entry.basis.index);
		for (const index of indices) {
			assert.equal(cited.filter((one) => one === index).length, 1, `question ${index}`);
		}
	} finally {
		await node.stop();
	}
});

test('and the log is lawful', () => assertLawful(ombud));
