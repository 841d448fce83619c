/*
 * test_no_witness.mjs: when no witness has confirmed the log for longer than the limit (seconds here, four hours otherwise), there
 * are no new accesses, and whatever protects people goes on; with the witnesses everything comes back by itself.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { auditlog, giveConsent, question, startOmbud, until, waitPublished } from '../system/lib/ombud.mjs';
import { withdrawInBrowser } from '../system/lib/outsider.mjs';

let running;

after(() => running?.stop());

/* auditlogd again, with seconds for hours. */
async function inSeconds(ombud) {
	const { auditlogd } = ombud.demo.pids;
	appendFileSync(join(ombud.dir, 'etc', 'auditlogd.yaml'),
		'witness_timeout: PT1S\nwitness_refresh: PT2S\nwitness_alarm: PT4S\nwitness_limit: PT6S\n');
	process.kill(auditlogd, 'SIGTERM');
	await ombud.restarted('auditlogd', auditlogd);
}

const look = () => ({ entries: [{ id: randomUUID(), event: 'access.recorded', person: running.demo.people.citizen.sub, purpose: 'eligibility',
	categories: ['income'], action: 'read', basis: { type: 'statute', ref: '178-FZ-8' } }] });

test('without a witness there are no new accesses, and people go on', { timeout: 300e3 }, async () => {
	running = await startOmbud({ patient: false });
	await inSeconds(running);
	const { people, pids } = running.demo;
	const service = await until('in service', () => running.service('svc_benefits_north').catch(() => undefined));
	const tax = await running.service('svc_tax');
	const browser = await running.signIn('citizen');
	const other = await running.signIn('citizen2');
	const consent = await giveConsent(running, service, browser, people.citizen.sub);
	const decide = () => service('POST', '/access/v1/evaluation', question(people.citizen.sub));
	const witnesses = [pids['witness-1'], pids['witness-2']];

	await until('permitted', async () => (await decide()).json?.decision === true);
	witnesses.forEach((pid) => process.kill(pid, 'SIGSTOP'));
	try {
		const refused = await until('refused', async () => {
			const answer = await decide();
			return answer.status === 503 ? answer : undefined;
		});
		assert.match(refused.text, /log[-_]not[-_]witnessed/);
		const recorded = await tax('POST', '/audit/v1/entries', look());
		assert.equal(recorded.status, 503);
		assert.match(recorded.text, /log[-_]not[-_]witnessed/);
		assert.equal((await browser.open('/accesses')).status, 200, 'the person reads who looked');
		assert.ok((await withdrawInBrowser(browser, consent)) !== false, 'and withdraws');
		const asked = await other.open('/oauth2/logout');
		const left = await other.follow(await other.submitOnce(asked, other.findForm(asked, { action: '/oauth2/logout' })));
		assert.equal(left.status, 200, 'and signs out');
		assert.match((await other.open('/me')).url ?? '', /login/, 'for good');
	} finally {
		witnesses.forEach((pid) => process.kill(pid, 'SIGCONT'));
	}
	const back = await until('back', async () => {
		const answer = await decide();
		return answer.status === 200 ? answer : undefined;
	});
	assert.deepEqual([back.json.decision, back.json.context.reason], [false, 'consent_withdrawn'], 'the withdrawal holds');
	assert.equal((await tax('POST', '/audit/v1/entries', look())).status, 200);
	const { dir, vkey, witness_policy: policy } = running.demo.log;
	await waitPublished(dir, back.json.context.log.index, 'checkpoint.witnessed');
	const { status, text } = await auditlog('verify', dir, '--key', vkey, '--witness', policy, '--lawful');
	assert.equal(status, 0, text);
});
