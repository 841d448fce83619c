/*
 * test_withdrawal_order.mjs: a withdrawal holds from the next decision on, and the log proves it: while 64 connections decide
 * without a pause the person takes the consent back, and no permit stands behind that entry.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Deciders } from './lib/deciders.mjs';
import { auditlog, giveConsent, useOmbud, waitPublished } from './lib/ombud.mjs';
import { bearer, logEntries, personTokens, withdrawInBrowser } from './lib/outsider.mjs';

let service;
let browser;
let person;
let token;

const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	browser = await started.signIn('citizen');
	person = started.demo.people.citizen.sub;
	token = (await personTokens(started, browser, 'web_portal', 'openid consent:manage')).access_token;
});

const WAYS = {
	'in the portal': (record) => withdrawInBrowser(browser, record),
	'by API': async (record) => {
		const { status, text } = await ombud.web().post(`${ombud.demo.issuer}/consent/v1/records/${record}/withdraw`, { headers: bearer(token), json: {} });
		assert.equal(status, 200, text);
	},
};

/* Permits, a withdrawal, refusals; when the withdrawal was answered. */
async function round(withdraw) {
	const record = await giveConsent(ombud, service, browser, person);
	const deciders = new Deciders([service], person);
	try {
		await deciders.until(({ permits }) => permits.length >= 200);
		await withdraw(record);
		const answered = performance.now();
		await deciders.until(({ answers }) => answers.filter(({ began }) => began > answered).length >= 100);
		return { record, deciders, answered };
	} finally {
		await deciders.stop();
	}
}

async function withdrawalOf(record) {
	const { json } = await service('GET', `/consent/v1/records/${record}`);
	const event = (json.record ?? json).events.find(({ state }) => state === 'withdrawn');
	return event.log.index;
}

for (const [how, withdraw] of Object.entries(WAYS)) {
	for (let number = 1; number <= 3; number++) {
		test(`no permit stands behind a withdrawal ${how} under 64 deciders, round ${number}`, async () => {
			const { record, deciders, answered } = await round(withdraw);
			const end = await withdrawalOf(record);
			const { permits, refusals, errors } = deciders;

			assert.deepEqual(errors, []);
			assert.deepEqual(permits.filter(({ record: by }) => by !== record), [], 'every permit rests on this consent');
			assert.deepEqual(permits.filter(({ index }) => index >= end), [], `permits behind the entry ${end} of the withdrawal`);
			assert.deepEqual(permits.filter(({ began }) => began > answered), [], 'permits that began after the answer');
			assert.deepEqual(refusals.filter(({ began, reason }) => began > answered && reason !== 'consent_withdrawn'), []);
			await waitPublished(ombud.demo.log.dir, Math.max(end, ...deciders.answers.map(({ index }) => index)));
			const late = logEntries(ombud, end + 1).filter(({ entry }) => entry.decision === 'permit');
			assert.deepEqual(late, [], 'nor does the log have one that nobody was told of');
		});
	}
}

test('old accesses stay visible, and the whole log is lawful', async () => {
	const page = await browser.open('/accesses');
	assert.equal(page.status, 200);
	assert.match(page.text, /\/accesses\/\d+/, 'the accesses of consents that were withdrawn are listed');
	const { dir, vkey } = ombud.demo.log;
	const judged = await auditlog('verify', dir, '--key', vkey, '--lawful');
	assert.equal(judged.status, 0, judged.text);
});
