/*
 * test_national_id.mjs: people by their insurance number: what a service may ask so, and what it must not find out: whose number is
 * known, whose it is, when somebody came. And where the number must not be: log, operator logs, database.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FEW, MANY, agree, deviation, headersOf, least, masked, workOf } from '../system/lib/blind.mjs';
import { filesWith, isSqlite, sql } from '../system/lib/database.mjs';
import { paper, second } from '../system/lib/desk.mjs';
import { addPerson, assertProblem, authctl, authctlJson, entryAt, logEntries, newSnils, signInPerson } from '../system/lib/outsider.mjs';
import { question, until, useOmbud, wordsOf } from '../system/lib/ombud.mjs';

let issuer;
let web;
let service;
let tax;
const used = []; /* every number that anybody had or asked for here */

const snils = () => {
	const made = newSnils();
	used.push(made);
	return made;
};
const known = async (more = {}) => {
	const number = snils();
	return { ...await addPerson(ombud, { snils: number.text, ...more }), number };
};

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	service = await started.service('svc_benefits_north');
	tax = await started.service('svc_tax');
});

const ask = (number, more = {}) => service('POST', '/consent/v1/requests', { person: { snils: number }, purpose: 'eligibility', categories: ['income'], ...more });
const evaluate = (number, more) => service('POST', '/access/v1/evaluation', question(`snils:${number}`, more));
const subject = { type: 'service', id: 'svc_benefits_north', properties: { acr: '2' } };
const action = { name: 'read', properties: { purpose: 'eligibility' } };
const resource = (number) => ({ type: 'income', id: `snils:${number}` });

/* Every way to name somebody by number. */
const QUESTIONS = {
	'consent request': (number) => ask(number),
	evaluation: (number) => evaluate(number),
	evaluations: (number) => service('POST', '/access/v1/evaluations', { subject, action, evaluations: [{ resource: resource(number) }, { resource: { ...resource(number), type: 'family' } }] }),
	'subject search': (number) => service('POST', '/access/v1/search/subject', { subject: { type: 'service' }, action, resource: resource(number) }),
	'action search': (number) => service('POST', '/access/v1/search/action', { subject, resource: resource(number) }),
	'access request': (number) => service('POST', '/access/v1/requests', { subject, action, resource: resource(number), context: { case: '2026-7' } }),
};

/* ---- what it is for ---- */

test('a service asks by number in either form, the person finds the request, says yes, and it is decided by number', async () => {
	const person = await known();
	const asked = await ask(person.number.digits);
	assert.equal(asked.status, 201, asked.text);
	assert.deepEqual((await ask(person.number.text)).json, asked.json, 'both forms are one number, and the request is equal');
	const browser = await signInPerson(ombud, person);
	await browser.submit(await browser.open(asked.json.form_url), { answer: 'give' }, { having: ['answer'] });
	for (const number of [person.number.digits, person.number.text]) {
		const { json } = await evaluate(number);
		assert.equal(json.decision, true, JSON.stringify(json));
		assert.equal((await entryAt(ombud, json.context.log.index)).entry.event, 'access.decided');
	}
	assert.equal((await service('POST', '/access/v1/evaluation', question(person.sub))).json.decision, true, 'it is the same person');
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-number-'));
	assert.equal((await authctl(ombud, 'subject', 'export', person.sub, '-o', join(scratch, 'own'))).status, 0);
	assert.ok(readFileSync(join(scratch, 'own')).includes(person.number.text), 'what the person takes with them has it');
	rmSync(scratch, { recursive: true });
});

test('the people of the demonstration are known by the numbers that demo.json names', async () => {
	for (const [name, person] of Object.entries(ombud.demo.people)) {
		assert.match(person.snils, /^\d{3}-\d{3}-\d{3} \d\d$/, name);
	}
	const { citizen2 } = ombud.demo.people;
	const asked = await ask(citizen2.snils, { case: '2026-11' });
	const browser = await ombud.signIn('citizen2');
	assert.equal((await browser.open(asked.json.form_url)).status, 200);
});

/* ---- what is no number ---- */

test('a wrong number is refused by name of the member, is not repeated, and is no entry', async () => {
	const good = snils();
	const wrong = `${good.digits.slice(0, 9)}${String((Number(good.digits.slice(9)) + 1) % 100).padStart(2, '0')}`;
	const from = (await evaluate(snils().text)).json.context.log.index + 1;
	await entryAt(ombud, from - 1);
	for (const bad of [wrong, good.digits.slice(1), `${good.digits}0`, good.text.replaceAll('-', ' '), '000-000-000 00', '001-001-998 00', '', ' ', `${good.text}\n`, '１１２２３３４４５９５']) {
		const answer = await ask(bad);
		assertProblem(answer, 400);
		assert.match(answer.text, /person\.snils/);
		assert.ok(bad.length < 11 || !answer.text.includes(bad), answer.text);
		const asked = await evaluate(bad);
		assert.equal(asked.status, 400, asked.text);
		assert.match(asked.text, /resource\.id/);
	}
	for (const person of [{}, { snils: 1 }, { snils: null }, { snils: [good.text] }, { snils: good.text, sub: 'x' }, { SNILS: good.text }, { inn: good.digits }, [good.text], null, 1]) {
		assertProblem(await service('POST', '/consent/v1/requests', { person, purpose: 'eligibility', categories: ['income'] }), 400);
	}
	/* Refusals of a request's form are entries; none is about anybody, and nothing was asked. */
	assert.ok(logEntries(ombud, from).every(({ entry }) => entry.event !== 'consent.requested' && entry.event !== 'access.decided' && !entry.about));
	/* A text is what a service calls somebody, so a bare number is the name of nobody, and answered as any such name. */
	for (const text of [good.digits, good.text, `snils:${good.digits}`]) {
		assert.equal((await service('POST', '/consent/v1/requests', { person: text, purpose: 'eligibility', categories: ['income'] })).status, 201);
	}
});

/* ---- who is known is not to be found out ---- */

test('about a known number, a disabled person\'s, an erased one\'s and nobody\'s the answers are the same bytes', async () => {
	const numbers = { known: (await known()).number, disabled: undefined, erased: undefined, nobody: snils() };
	const off = await known();
	await authctlJson(ombud, 'user', 'disable', off.sub);
	numbers.disabled = off.number;
	const gone = await known();
	await authctlJson(ombud, 'subject', 'erase', gone.sub, '--confirm', gone.sub);
	numbers.erased = gone.number;
	for (const [name, put] of Object.entries(QUESTIONS)) {
		const expected = await put(numbers.known.text);
		assert.ok([200, 201].includes(expected.status), `${name}: ${expected.text}`);
		for (const [who, { text }] of Object.entries(numbers)) {
			for (const answer of [await put(text), await put(text)]) {
				assert.equal(answer.status, expected.status, `${name}, ${who}`);
				assert.equal(masked(answer.text), masked(expected.text), `${name}, ${who}`);
				assert.deepEqual(headersOf(answer), headersOf(expected), `${name}, ${who}`);
			}
		}
	}
});

test('what stands in the log of a known number and of nobody\'s is of the same form, entry by entry', async () => {
	const form = (entry) => JSON.stringify(entry, (key, value) => (['id', 'time', 'index', 'prev', 'trace'].includes(key) ? '#'
		: key === 'tag' || key === 'sealed' ? `#${value.length}` : value));
	const seen = {};
	for (const [who, { text }] of Object.entries({ known: (await known()).number, nobody: snils() })) {
		const from = (await evaluate(snils().text)).json.context.log.index + 1;
		for (const put of Object.values(QUESTIONS)) {
			await put(text);
		}
		const { index } = await entryAt(ombud, (await evaluate(text)).json.context.log.index);
		const entries = logEntries(ombud, from).filter((one) => one.index <= index).map(({ entry }) => entry).filter(({ event }) => event.startsWith('access.') || event === 'consent.requested');
		seen[who] = entries.map(form);
		const tags = new Set(entries.map(({ about }) => about[0].tag));
		assert.equal(tags.size, 1, `${who}: one tag in all entries of a month`);
	}
	assert.ok(seen.known.length >= 6);
	assert.deepEqual(seen.nobody, seen.known);
});

test('a request for nobody stays the same one, no page opens it, no list tells, and its end is an entry as of anybody', async () => {
	const number = snils();
	const asked = await ask(number.text);
	const again = await ask(number.digits);
	assert.deepEqual(again.json, asked.json);
	const browser = await signInPerson(ombud, await addPerson(ombud));
	assert.equal((await browser.open(asked.json.form_url)).status, 404);
	const [[sub]] = sql(ombud, `SELECT sub FROM consent_request WHERE request_id = '${asked.json.request_id}'`);
	for (const query of ['', `?person=${sub}`, `?person=${encodeURIComponent(number.text)}`, `?person=snils:${number.digits}`]) {
		const answer = await service('GET', `/consent/v1/records${query}`);
		assert.equal(answer.status, 200);
		assert.ok(answer.json.records.every(({ person }) => person !== sub));
	}
	const real = await known();
	const theirs = await ask(real.number.text);
	const from = logEntries(ombud).length;
	for (const { json } of [asked, theirs]) {
		sql(ombud, `UPDATE consent_request SET expires_us = 1 WHERE request_id = '${json.request_id}'`);
	}
	const over = await until('both ends', () => {
		const ends = logEntries(ombud).slice(from).filter(({ entry }) => entry.event === 'consent.request_expired');
		return ends.length >= 2 && ends;
	});
	assert.equal(over.length, 2);
	assert.ok(over.every(({ entry }) => entry.about?.length === 1), 'both are about somebody');
	const [one, other] = await Promise.all([ask(number.text), ask(real.number.text)]);
	assert.notEqual(one.json.request_id, asked.json.request_id);
	assert.notEqual(other.json.request_id, theirs.json.request_id);
});

test('the work is the same: statements and calls of the keys, the first time and later', async (t) => {
	for (const [name, put] of Object.entries(QUESTIONS)) {
		const first = { known: [], nobody: [] };
		const later = { known: [], nobody: [] };
		for (let i = 0; i < FEW || (i < MANY && !agree(first, later)); i++) {
			const one = { known: (await known()).number.text, nobody: snils().text };
			for (const who of i % 2 ? ['known', 'nobody'] : ['nobody', 'known']) {
				first[who].push(await workOf(ombud, web, () => put(one[who])));
				later[who].push(await workOf(ombud, web, () => put(one[who])));
			}
		}
		t.diagnostic(`${name}: ${least(first.known)} statements and calls the first time, ${least(later.known)} later`);
		assert.deepEqual(least(first.nobody), least(first.known), `${name}, the first time`);
		assert.deepEqual(least(later.nobody), least(later.known), `${name}, later`);
		assert.ok(least(first.known)[0] > least(later.known)[0], name);
	}
});

test('the times of both are of one distribution', async (t) => {
	for (const name of ['evaluation', 'consent request']) {
		const numbers = { known: [], nobody: [] };
		for (let i = 0; i < 8; i++) {
			numbers.known.push((await known()).number.text);
			numbers.nobody.push(snils().text);
		}
		const times = { known: [], nobody: [] };
		for (let i = 0; i < 200; i++) {
			for (const who of Math.random() < 0.5 ? ['known', 'nobody'] : ['nobody', 'known']) {
				const begin = process.hrtime.bigint();
				await QUESTIONS[name](numbers[who][i % 8]);
				times[who].push(Number(process.hrtime.bigint() - begin));
			}
		}
		const z = deviation(times.known, times.nobody);
		t.diagnostic(`${name}: ${z.toFixed(2)} standard deviations`);
		assert.ok(Math.abs(z) < 6, `${name}: ${z}`);
	}
});

test('whose number it is is not told by equal requests, renewals or the other service', async () => {
	const person = await known();
	const until = new Date(Date.now() + 20 * 86400e3).toISOString();
	const named = (await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], until })).json;
	const numbered = (await ask(person.number.text, { until })).json;
	assert.notEqual(numbered.request_id, named.request_id, 'one of the id and one of the number');
	const browser = await signInPerson(ombud, person);
	await browser.submit(await browser.open(named.form_url), { answer: 'give' }, { having: ['answer'] });
	const [{ record_id: record }] = (await service('GET', `/consent/v1/records?person=${person.sub}`)).json.records;
	for (const number of [person.number.text, snils().text]) {
		const answer = await ask(number, { renews: record });
		assertProblem(answer, 400);
		assert.match(answer.text, /renews/);
	}
	const foreign = await tax('POST', '/access/v1/evaluation', { ...question(`snils:${person.number.digits}`), subject: { type: 'service', id: 'svc_tax' } });
	const nobody = await tax('POST', '/access/v1/evaluation', { ...question(`snils:${snils().digits}`), subject: { type: 'service', id: 'svc_tax' } });
	assert.equal(masked(foreign.text), masked(nobody.text));
});

test('whoever comes later finds what was asked: the service sees the same request before and after', async () => {
	const number = snils();
	const before_ = await ask(number.text);
	await evaluate(number.text);
	const person = await addPerson(ombud, { snils: number.digits });
	assert.deepEqual((await ask(number.text)).json, before_.json);
	assert.equal(masked((await evaluate(number.text)).text), masked((await evaluate(snils().text)).text));
	const browser = await signInPerson(ombud, person);
	assert.match((await browser.open('/consents')).text, new RegExp(before_.json.request_id));
	await browser.submit(await browser.open(before_.json.form_url), { answer: 'give' }, { having: ['answer'] });
	assert.equal((await evaluate(number.text)).json.decision, true);
	assert.match((await browser.open('/accesses')).text, /2026|svc|Центр|Центра/);
});

test('of 16 who name an unknown number at once, all get one request of one stranger', async () => {
	const number = snils();
	const answers = await Promise.all(Array.from({ length: 16 }, () => ask(number.text)));
	assert.ok(answers.every(({ status }) => [201, 503].includes(status)), answers.map(({ status }) => status).join());
	const ids = new Set(answers.filter(({ status }) => status === 201).map(({ json }) => json.request_id));
	assert.equal(ids.size, 1);
	const [id] = ids;
	assert.deepEqual(sql(ombud, `SELECT count(*) FROM consent_request WHERE sub = (SELECT sub FROM consent_request WHERE request_id = '${id}')`), [['1']]);
});

/* ---- registering ---- */

test('a number is one person\'s: a second one is refused to the administrator, a wrong one, too', async () => {
	const person = await known();
	const options = ['user', 'add', '--kind', 'adult', '--name', 'Проверкина Вторая', '--snils'];
	const taken = await authctl(ombud, ...options, person.number.digits);
	assert.equal(taken.status, 1, taken.err);
	assert.match(taken.err, /insurance number/);
	const wrong = await authctl(ombud, ...options, '123-456-789 01');
	assert.notEqual(wrong.status, 0);
	const fresh = snils();
	assert.match((await authctlJson(ombud, ...options, fresh.text)).sub, /^sub_/);
	await authctlJson(ombud, 'subject', 'erase', person.sub, '--confirm', person.sub);
	assert.match((await authctlJson(ombud, ...options, person.number.text)).sub, /^sub_/, 'with its person the number is gone');
});

test('strangers are in no list, and an administrator can neither see nor enable them', async () => {
	const number = snils();
	const asked = await ask(number.text);
	const [[sub]] = sql(ombud, `SELECT sub FROM consent_request WHERE request_id = '${asked.json.request_id}'`);
	assert.ok(!JSON.stringify(await authctlJson(ombud, 'user', 'list')).includes(sub));
	for (const command of [['user', 'show', sub], ['user', 'enable', sub], ['user', 'reset', sub]]) {
		assert.notEqual((await authctl(ombud, ...command)).status, 0, command.join(' '));
	}
});

test('at the desk a number is part of the particulars; that it is somebody\'s the desk is not told', async () => {
	const [operator, colleague] = [await ombud.signIn('operator'), await ombud.signIn('operator2')];
	const account = async (number) => {
		const page = await operator.open('/desk/account');
		return operator.submitOnce(page, operator.findForm(page, { action: '/desk/account' }), { name: 'Никифор Ильич Дальний', address: 'с. Озёрное, д. 3',
			document: 'паспорт гражданина РФ', number: '41 02 998877', issued: '2004-05-06', issuer: 'РОВД Озёрного района', snils: number, ...paper() });
	};
	const number = snils();
	const asked = await ask(number.text);
	assert.equal((await account('123-456-789 01')).status, 400);
	const offer = await operator.open((await account(number.digits)).location);
	assert.match(offer.text, new RegExp(number.text), 'whoever confirms sees what was typed');
	assert.equal((await second(colleague, offer)).status, 200);
	const [[sub]] = sql(ombud, `SELECT sub FROM consent_request WHERE request_id = '${asked.json.request_id}'`);
	assert.equal(sql(ombud, `SELECT count(*) FROM person WHERE sub = '${sub}' AND status = 1 AND event_id <> ''`)[0][0], '1', 'they came');
	const again = await second(colleague, await operator.open((await account(number.text)).location));
	assert.equal(again.status, 409);
	assert.doesNotMatch(wordsOf(again.text), /СНИЛС|snils|number|insurance/i);
});

/* ---- where it must not be ---- */

/* Files under a folder that are not programs' own. */
function* filesUnder(folder) {
	for (const name of readdirSync(folder)) {
		const path = join(folder, name);
		const info = statSync(path, { throwIfNoEntry: false });
		if (info?.isDirectory()) {
			yield* filesUnder(path);
		} else if (info?.isFile() && info.size < 64 << 20) {
			yield path;
		}
	}
}

test('no number stands in the log, the operators\' logs or the database, nor a plain hash of one', async () => {
	const { createHash } = await import('node:crypto');
	const forms = used.flatMap(({ digits, text }) => [digits, text]);
	const hashes = used.flatMap(({ digits, text }) => [digits, text]).map((text) => createHash('sha256').update(text).digest());
	assert.ok(forms.length > 50);
	const texts = logEntries(ombud).map(({ entry }) => JSON.stringify(entry)).join('\n');
	for (const form of forms) {
		assert.ok(!texts.includes(form), 'an entry');
	}
	/* demo.json and the secrets of the demonstration name the numbers of its people; none of these is theirs. */
	for (const path of filesUnder(ombud.dir)) {
		const bytes = readFileSync(path);
		for (const form of forms) {
			assert.ok(!bytes.includes(form), path);
		}
		for (const hash of hashes) {
			assert.ok(!bytes.includes(hash) && !bytes.includes(hash.toString('hex')) && !bytes.includes(hash.toString('base64url')), path);
		}
	}
	if (isSqlite(ombud)) {
		assert.deepEqual(used.flatMap(({ digits, text }) => [...filesWith(ombud, digits), ...filesWith(ombud, text)]), []);
	} else {
		const dump = sql(ombud, 'SELECT (n.*)::text FROM national_id n').flat().join('\n') + sql(ombud, 'SELECT (r.*)::text FROM consent_request r').flat().join('\n') +
			sql(ombud, 'SELECT (p.*)::text FROM person p').flat().join('\n') + sql(ombud, 'SELECT (d.*)::text FROM decoy_tag d').flat().join('\n');
		assert.ok(forms.every((form) => !dump.includes(form)));
	}
});
