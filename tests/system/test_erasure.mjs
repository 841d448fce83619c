/*
 * test_erasure.mjs: a person who was erased is unknown to the system, what was sealed for them opens for nobody, and the log
 * proves that it was so and holds as before. An erasure that was begun is finished, whatever dies in between.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { filesWith, isSqlite, sql, sqliteFile } from './lib/database.mjs';
import { asClient, addPerson, assertLawful, authctl, authctlJson, bearer, claimsOf, entryAt, logEntries, personTokens, settled, signInPerson } from './lib/outsider.mjs';
import { giveConsent, question, sleep, until, useOmbud } from './lib/ombud.mjs';

let service;

const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
});

const erase = (sub) => authctl(ombud, 'subject', 'erase', sub, '--confirm', sub, '--json');
const wrappedKey = (sub) => sql(ombud, isSqlite(ombud) ? `SELECT hex(wrapped_key) FROM person_key WHERE sub = '${sub}'`
	: `SELECT encode(wrapped_key, 'hex') FROM person_key WHERE sub = '${sub}'`)[0]?.[0];
const evaluate = async (sub) => (await service('POST', '/access/v1/evaluation', question(sub))).json;

test('an erasure announces itself, destroys the key, says that it is done, and the log holds', async () => {
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	const record = await giveConsent(ombud, service, browser, person.sub);
	const { access_token } = await personTokens(ombud, browser, 'web_portal', 'openid');
	assert.equal((await evaluate(person.sub)).decision, true);
	const key = Buffer.from(wrappedKey(person.sub), 'hex');
	assert.ok(key.length > 32);

	const { status, out, err } = await erase(person.sub);
	assert.equal(status, 0, err);
	const answer = JSON.parse(out);
	const announced = (await entryAt(ombud, answer.erasing_receipt.index)).entry;
	const done = (await entryAt(ombud, answer.erased_receipt.index)).entry;
	assert.deepEqual([announced.event, announced.id], ['subject.erasing', answer.erasing_receipt.id]);
	assert.deepEqual([done.event, done.id], ['subject.erased', answer.erased_receipt.id]);
	assert.deepEqual(done.basis, { type: 'entry', index: answer.erasing_receipt.index });
	assert.equal(done.about, undefined);

	const between = logEntries(ombud, announced.index).filter(({ entry }) => entry.event === 'consent.revoked' && entry.index < done.index);
	assert.equal(between.length, 1, 'the consent ended, and between the two');
	assert.equal(wrappedKey(person.sub), undefined);
	if (isSqlite(ombud)) {
		assert.deepEqual(filesWith(ombud, key), [], 'while the daemon runs on');
	}
	assert.deepEqual(sql(ombud, `SELECT tag FROM person_tag WHERE sub = '${person.sub}'`), [], 'nothing leads from an entry to the person');

	assert.equal((await evaluate(person.sub)).decision, false);
	assert.equal((await browser.open('/me')).url.endsWith('/me'), false, 'the session is over');
	const told = await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: access_token });
	assert.deepEqual(told.json, { active: false });
	assert.equal((await service('GET', `/consent/v1/records/${record}`)).json.state, 'revoked');
	await assertLawful(ombud);

	const again = JSON.parse((await erase(person.sub)).out);
	assert.deepEqual(again, answer, 'asked again it says the same');
});

/* Nobody with the database of today, all keys of the system and the log can read the old entries. */
test('what was sealed for an erased person opens for nobody, for another person as before', async () => {
	const [gone, stays] = [await addPerson(ombud), await addPerson(ombud)];
	const page = await signInPerson(ombud, stays);
	await signInPerson(ombud, gone);
	const sealedFor = (sub) => logEntries(ombud).filter(({ entry }) => entry.about?.some(({ tag, sealed }) => sealed && tags(sub).includes(tag)));
	const tags = (sub) => sql(ombud, `SELECT tag FROM person_tag WHERE sub = '${sub}'`).map(([tag]) => tag);
	await settled(ombud);
	assert.ok(sealedFor(gone.sub).length > 0 && sealedFor(stays.sub).length > 0);

	assert.equal((await erase(gone.sub)).status, 0);
	assert.equal(wrappedKey(gone.sub), undefined);
	assert.ok(wrappedKey(stays.sub));
	assert.equal((await page.open('/accesses')).status, 200);
	/* A token that was signed before, the person's own page, the administrator's view: each finds nobody. */
	const shown = await authctlJson(ombud, 'user', 'show', gone.sub);
	assert.deepEqual([shown.erased, shown.login], [true, undefined]);
	await assertLawful(ombud);
});

test('signing in looks as for somebody who never was, and the login can belong to somebody new', async () => {
	const person = await addPerson(ombud);
	assert.equal((await erase(person.sub)).status, 0);
	const answers = [];
	for (const login of [person.login, 'nobody.ever']) {
		const browser = ombud.browser();
		const form = await browser.open('/login');
		const answer = await browser.submit(form, { login, password: person.password }, { having: ['password'] });
		answers.push([answer.status, answer.text.replaceAll(login, '').replace(/name="csrf" value="[^"]*"/g, '').replace(/[0-9a-f-]{36}/g, '')]);
	}
	assert.deepEqual(answers[0], answers[1]);
	const next = await addPerson(ombud, { login: person.login });
	assert.notEqual(next.sub, person.sub);
	assert.match((await signInPerson(ombud, next)).landed.url, /\/me$/);
});

test('an erased person cannot be enabled, given a password or a session again', async () => {
	const person = await addPerson(ombud);
	assert.equal((await erase(person.sub)).status, 0);
	assert.equal((await authctl(ombud, 'user', 'enable', person.sub)).status, 1);
	assert.equal((await authctl(ombud, 'user', 'reset', person.sub)).status, 1);
	assert.equal(sql(ombud, `SELECT status FROM person WHERE sub = '${person.sub}'`)[0][0], '0');
});

test('an erasure without the id said twice, of nobody, or of somebody who holds a role is refused and changes nothing', async () => {
	const person = await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'intake-officer']] });
	assert.equal((await authctl(ombud, 'subject', 'erase', person.sub)).status, 2);
	assert.equal((await authctl(ombud, 'subject', 'erase', person.sub, '--confirm', 'sub_x')).status, 1);
	assert.equal((await authctl(ombud, 'subject', 'erase', 'sub_x', '--confirm', 'sub_x')).status, 1);
	const held = await erase(person.sub);
	assert.equal(held.status, 1);
	assert.match(held.err, /roles/);
	assert.ok(wrappedKey(person.sub));
	assert.match((await signInPerson(ombud, person)).landed.url, /\/me$/);
});

test('nobody but an administrator with that right erases anybody', async () => {
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	const { access_token } = await personTokens(ombud, browser, 'web_portal', 'openid');
	const path = `${ombud.demo.issuer}/admin/v1/subjects/${person.sub}/erase`;
	for (const headers of [{}, bearer(access_token), bearer(service.token)]) {
		const answer = await ombud.web().post(path, { headers, json: { confirm: person.sub } });
		assert.ok([401, 403].includes(answer.status), `${answer.status}`);
	}
	assert.equal(claimsOf(access_token).sub.length > 0, true);
	assert.ok(wrappedKey(person.sub));
});

test('while the log is away nothing is destroyed; begun, it is finished when the log is back, also by another authd', async () => {
	const person = await addPerson(ombud);
	const { authd, auditlogd } = ombud.demo.pids;
	process.kill(auditlogd, 'SIGSTOP');
	try {
		const { status, err } = await erase(person.sub);
		assert.equal(status, 3, err);
		assert.ok(wrappedKey(person.sub), 'the announcement is not in the log');
		process.kill(authd, 'SIGKILL');
		await ombud.restarted('authd', authd);
	} finally {
		process.kill(auditlogd, 'SIGCONT');
	}
	await until('the erasure is finished by itself', () => sql(ombud, `SELECT erased_index FROM erasure WHERE sub = '${person.sub}'`)[0]?.[0] > 0);
	assert.equal(wrappedKey(person.sub), undefined);
	await assertLawful(ombud);
});

/* A program that reads an old state of the database for long, as a backup does, until end(). */
async function reader() {
	const [program, args, first] = isSqlite(ombud) ? ['sqlite3', [sqliteFile(ombud)], 'BEGIN; SELECT count(*) FROM person;\n']
		: ['psql', ['-X', '-q', '-A', '-t', '-d', ombud.demo.db.slice('postgres:'.length)],
			'BEGIN; LOCK TABLE person_key IN SHARE UPDATE EXCLUSIVE MODE; SELECT 1;\n'];
	const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
	child.stdin.write(first);
	await once(child.stdout, 'data');
	return async () => {
		child.stdin.end('COMMIT;\n');
		await once(child, 'exit');
	};
}

test('as long as remains of the key cannot be cleared away, the log does not say that it is done; killed there, it is finished', async () => {
	const person = await addPerson(ombud);
	const end = await reader();
	const { authd } = ombud.demo.pids;
	const from = logEntries(ombud).length;
	try {
		const { status, err } = await erase(person.sub);
		assert.equal(status, 3, err);
		await until('the key is destroyed', () => sql(ombud, `SELECT state FROM erasure WHERE sub = '${person.sub}'`)[0]?.[0] === 'destroyed');
		assert.equal(wrappedKey(person.sub), undefined);
		await settled(ombud);
		assert.deepEqual(logEntries(ombud, from).filter(({ entry }) => entry.event === 'subject.erased'), []);
		assert.equal((await authctl(ombud, 'user', 'show', person.sub)).status, 0, 'everybody else is served meanwhile');
		process.kill(authd, 'SIGKILL');
		await ombud.restarted('authd', authd);
	} finally {
		await end();
	}
	await until('the erasure is finished by itself', () => sql(ombud, `SELECT erased_index FROM erasure WHERE sub = '${person.sub}'`)[0]?.[0] > 0);
	await assertLawful(ombud);
});

test('wherever authd dies, every erasure that was begun ends with both entries and without the key', async () => {
	const people = [];
	const states = new Set();
	for (let round = 0; round < 8; round++) {
		const person = await addPerson(ombud);
		const browser = await signInPerson(ombud, person);
		service = await ombud.service('svc_benefits_north');
		await giveConsent(ombud, service, browser, person.sub);
		people.push(person.sub);
		const { authd } = ombud.demo.pids;
		const asked = erase(person.sub);
		await sleep(8 * round + randomInt(8));
		process.kill(authd, 'SIGKILL');
		await asked;
		states.add(sql(ombud, `SELECT state FROM erasure WHERE sub = '${person.sub}'`)[0]?.[0] ?? 'not begun');
		await ombud.restarted('authd', authd);
		await until('authd is back', async () => (await authctl(ombud, 'status')).status === 0);
	}
	await until('all are finished', () => sql(ombud, "SELECT count(*) FROM erasure WHERE erased_index IS NULL")[0][0] === '0');
	for (const sub of people) {
		const [row] = sql(ombud, `SELECT erasing_index, erased_index FROM erasure WHERE sub = '${sub}'`);
		assert.equal(wrappedKey(sub) === undefined, row !== undefined);
		if (row) {
			assert.equal((await entryAt(ombud, Number(row[1]))).entry.basis.index, Number(row[0]));
			assert.deepEqual(sql(ombud, `SELECT record_id FROM consent WHERE sub = '${sub}' AND state = 'given'`), []);
		}
	}
	console.log(`# found after the kills: ${[...states].join(', ')}`);
	await assertLawful(ombud);
});
