/*
 * test_limits.mjs: what a person was promised about how often, for how long and for which period is what the decision enforces:
 * a limit of N permits exactly N of 200 parallel requests, whatever the ground; one look for ever is one look for ever.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { addPerson, authctlJson, signInPerson } from './lib/outsider.mjs';
import { auditlog, giveConsent, question, sleep, until, untilServed, useOmbud, withinTerm } from './lib/ombud.mjs';
import { directoryWith } from './lib/bundles.mjs';
import { sql } from './lib/database.mjs';

const PARALLEL = 200;
const LIMITS = [1, 3, 17, 150];
const often = (count, per = 'P1M') => `  frequency: {count: ${count}, per: ${per}}`;

const dir = directoryWith([
	...LIMITS.map((count) => ({ id: `consent_${count}`, more: often(count) })),
	...LIMITS.map((count) => ({ id: `statute_${count}`, basis: '{statute: 178-FZ-8}', more: often(count) })),
	{ id: 'brief', more: often(2, 'PT1S') },
	{ id: 'once', more: '  fetch: once' },
	{ id: 'once_by_statute', basis: '{statute: 178-FZ-8}', more: '  fetch: once' },
	{ id: 'ranged', more: '  data_range: {back: P2Y}' },
	{ id: 'short_lived', more: '  data_life: P30D' },
]);

let service;
let browser;
let person;
let other;
let once; /* a client that asks once, whatever the answer */

const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	const somebody = await addPerson(started);
	browser = await signInPerson(started, somebody);
	person = somebody.sub;
	other = started.demo.people.citizen.sub;
	once = started.web();
	once.patience = undefined;
}, { dir });
after(() => process.env.OMBUD_KEEP || rmSync(dir, { recursive: true, force: true }));

const decide = async (purpose, { whose = person, range, tries = 1, ...context } = {}) => {
	const asked = question(whose, { purpose, ...context });
	if (range) {
		asked.resource.properties = { range };
	}
	const { status, json, text } = await service('POST', '/access/v1/evaluation', asked);
	if (status === 503 && tries > 1) { /* a machine that is busy says so, and permits nothing */
		return decide(purpose, { whose, range, tries: tries - 1, ...context });
	}
	assert.equal(status, 200, text);
	return { permit: json.decision, ...json.context };
};
const consent = (purpose, more = {}) => giveConsent(ombud, service, browser, person, { purpose, ...more });

const askOnce = (whose, purpose) => once.request('POST', `${ombud.demo.issuer}/access/v1/evaluation`,
	{ json: question(whose, { purpose }), token: service.token });

/* Until it is decided; what a busy machine did not decide may have taken a use, and is counted. */
async function decideBusy(purpose, busy) {
	for (;;) {
		const { status, json, text } = await askOnce(person, purpose);
		if (status !== 503) {
			assert.equal(status, 200, text);
			return { permit: json.decision, ...json.context };
		}
		busy.count++;
		await sleep(250);
	}
}

/* So many at once; those that were let in, why the others were not, and how often nothing was said. */
async function race(purpose) {
	const busy = { count: 0 };
	const all = await Promise.all(Array.from({ length: PARALLEL }, () => decideBusy(purpose, busy)));
	return { permits: all.filter(({ permit }) => permit), reasons: new Set(all.filter(({ permit }) => !permit).map(({ reason }) => reason)), busy: busy.count };
}

for (const count of LIMITS) {
	for (const ground of ['consent', 'statute']) {
		test(`of ${PARALLEL} parallel requests exactly ${count} are permitted by ${ground}`, async () => {
			const purpose = `${ground}_${count}`;
			if (ground === 'consent') {
				await consent(purpose);
			}
			const { permits, reasons, busy } = await race(purpose);
			assert.ok(permits.length <= count && permits.length >= count - busy, `${permits.length} of ${count}, ${busy} were told nothing`);
			assert.deepEqual([...reasons], ['limit_frequency']);
			const left = permits.map(({ remaining }) => remaining.count);
			assert.ok(left.every((one) => one >= 0 && one < count), 'each was told how many are left');
			assert.equal(new Set(left).size, left.length, 'and no two the same');
			assert.equal((await decide(purpose)).reason, 'limit_frequency');
		});
	}
}

test('uses on the ground of a statute are counted by person: another one has all of theirs', async () => {
	assert.equal((await decide('statute_3', { whose: person })).reason, 'limit_frequency');
	const { permit, remaining } = await decide('statute_3', { whose: other });
	assert.ok(permit);
	assert.equal(remaining.count, 2);
});

test('a dry run takes no use, and does not promise one that is not there', async () => {
	const before = await decide('statute_17', { whose: other, dry_run: true });
	assert.ok(before.permit);
	assert.equal((await decide('statute_17', { whose: other, dry_run: true })).remaining.count, before.remaining.count);
	assert.equal((await decide('statute_17', { whose: other })).remaining.count, before.remaining.count);
	assert.equal((await decide('statute_1', { dry_run: true })).reason, 'limit_frequency');
});

test('when a window is over there are as many again, and no more', async () => {
	await consent('brief');
	for (let window = 0; window < 2; window++) {
		let refused;
		/* At once: one after the other might be too slow for the window. */
		await until('more was asked in a window than may be', async () => {
			const { reasons } = await race('brief');
			[refused] = reasons;
			return refused;
		});
		assert.equal(refused, 'limit_frequency');
		await sleep(1100);
	}
});

test('a consent for one look is used up for ever, after a new start and a sweep as well', async () => {
	await consent('once');
	const { permits, reasons } = await race('once');
	assert.equal(permits.length, 1);
	assert.deepEqual([...reasons], ['limit_frequency']);
	const [[kept]] = sql(ombud, `SELECT count(*) FROM limit_use WHERE window_end_us = ${2n ** 63n - 1n}`);
	assert.equal(kept, '1', 'its row has no end, so no sweep takes it');
	const { authd } = ombud.demo.pids;
	process.kill(authd, 'SIGKILL');
	await ombud.restarted('authd', authd);
	const { reason } = await untilServed('a decision after the new start', () => decide('once'));
	assert.equal(reason, 'limit_frequency');
});

test('one look by a statute is one look for ever', async () => {
	assert.ok((await decide('once_by_statute')).permit);
	assert.equal((await decide('once_by_statute')).reason, 'limit_frequency');
});

test('a consent with a data range permits a range within it; no range, one beyond it and a reversed one are limit_range', async () => {
	await consent('ranged');
	const day = (days) => new Date(Date.now() + days * 86400e3).toISOString();
	assert.ok((await decide('ranged', { range: { from: day(-300), to: day(-1) } })).permit);
	for (const range of [undefined, { from: day(-900), to: day(-1) }, { from: day(-300), to: day(900) }, { from: day(-1), to: day(-300) }]) {
		assert.equal((await decide('ranged', { range })).reason, 'limit_range', JSON.stringify(range));
	}
});

test('a permit says when what it gave must be destroyed: the shorter of retention and data life', async () => {
	await consent('short_lived');
	const { permit, obligations } = await decide('short_lived');
	assert.ok(permit);
	assert.equal(obligations.find(({ id }) => id === 'destroy')?.properties.within, 'P30D');
});

test('a permit ends with the consent, and behind its term there is none', async () => {
	const { end, done: { record, first } } = await withinTerm(async (until) => {
		const given = await consent('eligibility', { until: new Date(until).toISOString() });
		return { record: given, first: await decide('eligibility') };
	});
	assert.ok(first.permit, JSON.stringify(first));
	assert.equal(first.legal_basis.record, record);
	assert.ok(Date.parse(first.valid_until) <= end);
	for (let over = 0; over < 20;) {
		const asked = Date.now();
		const { permit, reason } = await decide('eligibility');
		assert.ok(!permit || asked < end, `permitted when asked ${asked - end} ms behind the end`);
		if (asked > end + 50) { /* an instant is known to the millisecond, and a request takes its time */
			over += 1;
			assert.equal(reason, 'consent_expired');
		}
	}
});

test('a use is gone with its person, and what is left is lawful', async () => {
	const somebody = await addPerson(ombud);
	assert.ok((await decide('statute_3', { whose: somebody.sub })).permit);
	assert.equal(sql(ombud, `SELECT count FROM purpose_use WHERE sub = '${somebody.sub}'`).length, 1);
	await authctlJson(ombud, 'subject', 'erase', somebody.sub, '--confirm', somebody.sub);
	assert.deepEqual(sql(ombud, `SELECT count FROM purpose_use WHERE sub = '${somebody.sub}'`), []);
	const { dir: log, vkey } = ombud.demo.log;
	const judged = await auditlog('verify', log, '--key', vkey, '--lawful');
	assert.equal(judged.status, 0, judged.text);
});

/* A log that dies with a request before it cannot say any more whether it wrote: an auditor might count the permit. */
test('a use whose entry may be in the log stays taken', async () => {
	const uses = () => Number(sql(ombud, `SELECT sum(count) FROM purpose_use WHERE sub = '${other}'`)[0][0]);
	assert.ok((await decide('statute_150', { whose: other })).permit);
	const before = uses();
	const { auditlogd } = ombud.demo.pids;
	process.kill(auditlogd, 'SIGSTOP');
	const answer = askOnce(other, 'statute_150');
	await until('its use is taken', () => uses() === before + 1, { every: 10 });
	await sleep(200); /* behind the use comes the entry, which the stopped log has before it when it dies */
	process.kill(auditlogd, 'SIGKILL');
	assert.equal((await answer).status, 503);
	await ombud.restarted('auditlogd', auditlogd);
	const { remaining } = await untilServed('a decision after the new start', () => decide('statute_150', { whose: other }));
	assert.ok(remaining.count <= 147, `${remaining.count} are left of 150: the first, the uncertain one and this one are used`);
});
