/*
 * test_outbox.mjs: entries that the log refuses for good hold up no others: they stand aside, are counted and said, and stay.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sql } from './lib/database.mjs';
import { addPerson, assertLawful, authctl, signInPerson, untilEntry } from './lib/outsider.mjs';
import { until, useOmbud } from './lib/ombud.mjs';

const BAD = 150; /* more than are looked at in one round */

const ombud = useOmbud({ before, after });

const count = (where) => Number(sql(ombud, `SELECT count(*) FROM outbox WHERE ${where}`)[0][0]);

async function metric(name) {
	const { text } = await ombud.web().get('http://localhost/metrics', { socket: ombud.demo.socket.admin });
	return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)[1]);
}

test('150 entries that the log refuses for good do not hold up the one behind them', async () => {
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	const page = await browser.open('/security');
	const { auditlogd } = ombud.demo.pids;
	process.kill(auditlogd, 'SIGSTOP');
	try {
		for (let n = 0; n < BAD; n++) {
			const id = randomUUID();
			sql(ombud, `INSERT INTO outbox (event_id, target, target_key, fragment, created_us)
				VALUES ('${id}', '', '', '{"id":"${id}","event":"no.such_event","by":{"service":"portal"}}', ${n + 1})`);
		}
		const answer = await browser.submitOnce(page, browser.findForm(page, { action: '/sign-out' }), {});
		assert.equal(answer.status, 503);
	} finally {
		process.kill(auditlogd, 'SIGCONT');
	}
	await until('the good one is in the log', () => count('sent_us IS NULL AND refused_us IS NULL') === 0);
	await untilEntry(ombud, 'the session ended', ({ event }) => event === 'auth.session_ended');
	assert.equal(count('refused_us IS NOT NULL'), BAD, 'the bad ones are kept');
	await until('the alarm', async () => await metric('ombud_outbox_refused') === BAD);
	await until('nothing waits', async () => await metric('ombud_outbox_waiting') === 0);
});

test('they are tried again at the next start, and still not lost', async () => {
	const { authd } = ombud.demo.pids;
	const since = Date.now() * 1000;
	process.kill(authd, 'SIGTERM');
	await ombud.restarted('authd', authd);
	await until('authd is back', async () => (await authctl(ombud, 'status')).status === 0);
	await until('all were refused again', () => count(`refused_us > ${since}`) === BAD);
	assert.equal(count('sent_us IS NULL'), BAD);
	const person = await addPerson(ombud);
	assert.match((await signInPerson(ombud, person)).landed.url, /\/me$/);
	await assertLawful(ombud);
});
