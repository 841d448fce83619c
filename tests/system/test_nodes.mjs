/*
 * test_nodes.mjs: two nodes of authd on one PostgreSQL, one log and one set of keys. What counts for one counts for the other:
 * limits, withdrawals, and everything that a node keeps in memory; and no permit stands behind a withdrawal, also when a node
 * stands still in the middle of it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Deciders } from './lib/deciders.mjs';
import { Node } from './lib/nodes.mjs';
import { auditlog, database, giveConsent, question, useOmbud, waitPublished } from './lib/ombud.mjs';
import { authctl, authctlJson, bearer, logEntries, personTokens, withdrawInBrowser } from './lib/outsider.mjs';

/* SQLite is one process' database. */
const skip = database === 'sqlite' ? 'several nodes need PostgreSQL' : false;

let node;
let first;
let second;
let browser;
let elsewhere;
let person;

const ombud = useOmbud({ before, after }, async (started) => {
	if (skip) {
		return;
	}
	node = await new Node(started, 'authd-2').start();
	first = await started.service('svc_benefits_north');
	second = await node.service('svc_benefits_north', { token: first.token });
	browser = await started.signIn('citizen');
	elsewhere = node.browser();
	elsewhere.cookies = browser.cookies;
	person = started.demo.people.citizen.sub;
});
after(async () => { await node?.stop(); });

const decide = async (service, more = {}) => {
	const { status, json, text } = await service('POST', '/access/v1/evaluation', question(person, more));
	assert.equal(status, 200, text);
	return { permit: json.decision, ...json.context };
};

async function endOf(record) {
	const { json } = await first('GET', `/consent/v1/records/${record}`);
	return (json.record ?? json).events.find(({ state }) => state === 'withdrawn').log.index;
}

const WAYS = {
	'in the portal of the first': async (record) => { await withdrawInBrowser(browser, record); },
	'in the portal of the second': async (record) => { await withdrawInBrowser(elsewhere, record); },
	'by the API of the second': async (record) => {
		const { access_token: token } = await personTokens(ombud, browser, 'web_portal', 'openid consent:manage');
		const { status, text } = await node.web().post(`${ombud.demo.issuer}/consent/v1/records/${record}/withdraw`, { headers: bearer(token), json: {} });
		assert.equal(status, 200, text);
	},
};

async function assertOrder(record, deciders, answered) {
	const end = await endOf(record);
	const { permits, refusals } = deciders;
	assert.deepEqual(permits.filter(({ index }) => index >= end), [], `permits behind the entry ${end} of the withdrawal`);
	assert.deepEqual(permits.filter(({ began }) => began > answered), [], 'permits that began after the answer');
	assert.deepEqual([...new Set(refusals.filter(({ began }) => began > answered).map(({ reason }) => reason))], ['consent_withdrawn']);
	await waitPublished(ombud.demo.log.dir, Math.max(end, ...deciders.answers.map(({ index }) => index)));
	assert.deepEqual(logEntries(ombud, end + 1).filter(({ entry }) => entry.decision === 'permit'), [], 'nor one that nobody was told of');
}

for (const [how, withdraw] of Object.entries(WAYS)) {
	test(`a withdrawal ${how} holds on both nodes under 64 deciders`, { skip }, async () => {
		const record = await giveConsent(ombud, first, browser, person);
		const deciders = new Deciders([first, second], person);
		let answered;
		try {
			await deciders.until(({ permits }) => [0, 1].every((which) => permits.filter(({ by }) => by === which).length >= 50));
			await withdraw(record);
			answered = performance.now();
			await deciders.until(({ answers }) => [0, 1].every((which) => answers.filter(({ by, began }) => by === which && began > answered).length >= 50));
		} finally {
			await deciders.stop();
		}
		assert.deepEqual(deciders.errors, []);
		await assertOrder(record, deciders, answered);
	});
}

for (let round = 1; round <= 5; round++) {
	test(`a node that stands still in the middle of its decisions and wakes later leaves no permit behind the withdrawal, round ${round}`, { skip }, async () => {
		const record = await giveConsent(ombud, first, browser, person);
		const deciders = new Deciders([first, second], person);
		let answered;
		try {
			await deciders.until(({ permits }) => permits.filter(({ by }) => by === 1).length >= 50);
			node.signal('SIGSTOP');
			await WAYS['in the portal of the first'](record);
			answered = performance.now();
			await deciders.until(({ answers }) => answers.filter(({ by, began }) => by === 0 && began > answered).length >= 30);
			node.signal('SIGCONT');
			await deciders.until(({ answers }) => answers.filter(({ by, began }) => by === 1 && began > answered).length >= 30);
		} finally {
			node.signal('SIGCONT');
			await deciders.stop();
		}
		await assertOrder(record, deciders, answered);
	});
}

test('a node that died keeps nobody from withdrawing, and comes back knowing it', { skip }, async () => {
	const record = await giveConsent(ombud, first, browser, person);
	assert.ok((await decide(second)).permit);
	await node.stop('SIGKILL');
	await WAYS['in the portal of the first'](record);
	assert.equal((await decide(first)).reason, 'consent_withdrawn');
	await node.start();
	second = await node.service('svc_benefits_north', { token: first.token });
	elsewhere = node.browser();
	elsewhere.cookies = browser.cookies;
	assert.equal((await decide(second)).reason, 'consent_withdrawn');
});

test('of 200 parallel requests over both nodes exactly as many are permitted as the limit says', { skip }, async () => {
	await giveConsent(ombud, first, browser, person, { purpose: 'monthly_check' });
	const all = await Promise.all(Array.from({ length: 200 }, (_, i) => decide([first, second][i % 2], { purpose: 'monthly_check' })));
	assert.equal(all.filter(({ permit }) => permit).length, 1);
	assert.deepEqual([...new Set(all.filter(({ permit }) => !permit).map(({ reason }) => reason))], ['limit_frequency']);
});

/* ---- what a node keeps in memory ---- */

test('a session that ended on one node is nobody on the other, at once', { skip }, async () => {
	const there = await ombud.signIn('operator');
	const here = node.browser();
	here.cookies = there.cookies;
	assert.doesNotMatch((await here.open('/consents')).url, /\/login/);
	const { records } = await authctlJson(ombud, 'session', 'list', '--person', ombud.demo.people.operator.sub);
	for (const { sid } of records) {
		assert.equal((await authctl(ombud, 'session', 'end', sid)).status, 0);
	}
	assert.match((await here.open('/consents')).url, /\/login/);
});

test('a client that is disabled at one node is refused by the other, also with the token that it has', { skip }, async () => {
	const there = await node.service('svc_tax');
	const ask = () => there('POST', '/audit/v1/entries', []);
	assert.notEqual((await ask()).status, 401);
	assert.equal((await authctl(ombud, 'client', 'disable', 'svc_tax')).status, 0);
	assert.equal((await ask()).status, 401);
	await assert.rejects(node.service('svc_tax'), /got no token: 401/);
	assert.equal((await authctl(ombud, 'client', 'enable', 'svc_tax')).status, 0);
	assert.notEqual((await ask()).status, 401);
});

test('a role that is taken away at one node gives nothing at the other, at once', { skip }, async () => {
	const { sub } = ombud.demo.people.operator;
	await giveConsent(ombud, first, browser, person, { purpose: 'income_history' });
	const ask = async () => {
		const asked = question(person, { purpose: 'income_history' });
		asked.subject.properties.operator = sub;
		asked.resource.properties = { range: { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' } };
		const { json, text } = await second('POST', '/access/v1/evaluation', asked);
		assert.ok(json.context, text);
		return json;
	};
	assert.ok((await ask()).decision, JSON.stringify(await ask()));
	const { records } = await authctlJson(ombud, 'role', 'list');
	const held = records.filter((one) => one.sub === sub);
	assert.ok(held.length > 0);
	for (const { organisation, role } of held) {
		assert.equal((await authctl(ombud, 'role', 'revoke', '--sub', sub, '--organisation', organisation, '--role', role)).status, 0);
	}
	assert.equal((await ask()).context.reason, 'role_missing');
	for (const { organisation, role } of held) {
		assert.equal((await authctl(ombud, 'role', 'assign', '--sub', sub, '--organisation', organisation, '--role', role)).status, 0);
	}
	assert.ok((await ask()).decision);
});

test('after all of it the one log is lawful', { skip }, async () => {
	const { dir, vkey } = ombud.demo.log;
	const judged = await auditlog('verify', dir, '--key', vkey, '--lawful');
	assert.equal(judged.status, 0, judged.text);
});
