/*
 * test_nodes_shared.mjs: what two nodes of authd have in common besides withdrawals and limits (test_nodes.mjs): the rules in force,
 * objections and restrictions, tokens that were revoked, quotas of emergencies, and what is to be done once.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { layout } from '../../demo/state.mjs';
import { Node } from './lib/nodes.mjs';
import { database, giveConsent, question, sleep, until, useOmbud, waitPublished, withinTerm } from './lib/ombud.mjs';
import { addPerson, adminToken, asClient, authctl, authctlJson, bearer, entryAt, logEntries, personTokens, signInPerson } from './lib/outsider.mjs';

const skip = database === 'sqlite' ? 'several nodes need PostgreSQL' : false;

let node;
let services;
let person;
let browser;
let mine; /* the person's own client at the first node and at the second */

const ombud = useOmbud({ before, after }, async (started) => {
	if (skip) {
		return;
	}
	node = await new Node(started, 'authd-2').start();
	const first = await started.service('svc_benefits_north');
	services = [first, await node.service('svc_benefits_north', { token: first.token })];
	const somebody = await addPerson(started);
	person = somebody.sub;
	browser = await signInPerson(started, somebody);
	const { access_token: token } = await personTokens(started, browser, 'mobile_app', 'openid consent:manage');
	mine = [started.web(), node.web()].map((web) => (method, path, json) => web.request(method, `${started.demo.issuer}${path}`, { headers: bearer(token), json }));
});
after(async () => { await node?.stop(); });

const reasonAt = async (which, more = {}) => {
	const { status, json, text } = await services[which]('POST', '/access/v1/evaluation', question(person, more));
	assert.equal(status, 200, text);
	return json.context.reason;
};

/* Each node in turn says it, and the other one is asked. */
const WAYS = [['the first', 0, 1], ['the second', 1, 0]];

for (const [name, here, there] of WAYS) {
	test(`an objection and a restriction through ${name} node hold on the other from the next decision, until they are lifted`, { skip }, async () => {
		if (here === 0) {
			await giveConsent(ombud, services[0], browser, person);
		}
		const changes = [
			['/consent/v1/objections', { purpose: 'eligibility' }, 'objection', '/consent/v1/objections/lift', { purpose: 'eligibility' }],
			['/consent/v1/restriction', {}, 'restricted_person', '/consent/v1/restriction/lift', {}],
		];
		for (const [set, body, reason, lift, lifted] of changes) {
			assert.equal(await reasonAt(there), 'consent_valid');
			assert.equal((await mine[here]('POST', set, body)).status, 200);
			assert.equal(await reasonAt(there), reason);
			assert.equal((await mine[here]('POST', lift, lifted)).status, 200);
			assert.equal(await reasonAt(there), 'consent_valid');
		}
	});
}

/* The running month is published anew when the log grows; each node writes its sums within a second then. */
test('what both nodes decided is one number in the open report', { skip }, async () => {
	const month = new Date().toISOString().slice(0, 7);
	const answered = async () => {
		await reasonAt(0);
		const { status, json } = await node.web().get(`${ombud.demo.issuer}/reports/${month}.json`);
		return status === 200 ? json.served.answered ?? 0 : undefined;
	};
	const before = await until('a report', async () => { const now = await answered(); return now !== undefined && { now }; });
	for (let i = 0; i < 200; i++) {
		await reasonAt(i % 20 === 0 ? 0 : 1);
	}
	await until('the second node is counted, too', async () => await answered() >= before.now + 195);
});

test('a token that is revoked at one node is nobody\'s at the other, at once', { skip }, async () => {
	const there = await node.service('svc_legacy');
	const ask = async () => (await there('POST', '/access/v1/evaluation', { ...question(person), subject: { type: 'service', id: 'svc-legacy.example' } })).status;
	assert.equal(await ask(), 200);
	assert.equal((await asClient(ombud, 'svc_legacy', '/oauth2/revoke', { token: there.token })).status, 200);
	assert.equal(await ask(), 401);
});

test('of 60 emergencies at once over both nodes exactly as many are opened as the quota has', { skip }, async () => {
	const senior = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'senior-officer']] }));
	const { access_token: token } = await personTokens(ombud, senior, 'emergency_app', 'openid access:emergency');
	const webs = [ombud.web(), node.web()];
	const open = async (i) => {
		for (;;) {
			const answer = await webs[i % 2].request('POST', `${ombud.demo.issuer}/access/v1/breakglass`, { headers: bearer(token), json: {
				person: `sub_quota_${i}`, category: 'health', purpose: 'disability_support', reason_code: 'urgent_care', text: 'Скорая спрашивает о болезнях этого человека.' } });
			if (answer.status !== 503) {
				return answer;
			}
			await sleep(50 + Math.random() * 200);
		}
	};
	const all = await Promise.all(Array.from({ length: 60 }, (_, i) => open(i)));
	assert.equal(all.filter(({ status }) => status === 201).length, 5, all.map(({ status }) => status).join(' '));
	assert.deepEqual([...new Set(all.filter(({ status }) => status !== 201).map(({ json }) => json.reason))], ['breakglass_quota']);
});

test('a consent whose term is over is one entry, though both nodes tidy up', { skip }, async () => {
	const { end, done: id } = await withinTerm((until) => giveConsent(ombud, services[0], browser, person,
		{ purpose: 'family_benefit', until: new Date(until).toISOString() }));
	const record = async () => (await services[0]('GET', `/consent/v1/records/${id}`)).json;
	const { index } = (await record()).events.find(({ state }) => state === 'given').log;
	await sleep(end - Date.now() + 50);
	for (const which of [0, 1]) {
		assert.equal(await reasonAt(which, { purpose: 'family_benefit' }), 'consent_expired', 'on both, before anybody has tidied up');
	}
	await until('somebody tidies up', async () => (await record()).state === 'expired');
	await sleep(2500); /* the other node looks, too */
	assert.equal(logEntries(ombud).filter(({ entry }) => entry.event === 'consent.expired' && entry.basis.index === index).length, 1);
});

/* ---- the rules in force ---- */

/* A version on, in which the intake officer may no longer read about disability; the claims about that are taken out. */
function nextBundle(dir, version) {
	cpSync(layout(ombud.dir).policies, dir, { recursive: true });
	const edit = (file, change) => writeFileSync(join(dir, file), change(readFileSync(join(dir, file), 'utf8')));
	const right = 'categories: [income, family, disability], for: [eligibility]';
	edit('bundle.yaml', (text) => text.replace(/^version: \d+/m, `version: ${version}`));
	edit('roles.yaml', (text) => {
		assert.ok(text.includes(right));
		return text.replace(right, 'categories: [income, family], for: [eligibility]');
	});
	for (const name of readdirSync(join(dir, 'tests'))) {
		edit(join('tests', name), (text) => text.split('\n\n')
			.filter((one) => !/category: disability, purpose: eligibility|category: disability\n +purpose: eligibility/.test(one)).join('\n\n'));
	}
	return dir;
}

const REASONS = ['statute', 'role_missing']; /* of the old bundle and of the new one */

/* Asks one node for three decisions at once, again and again; answers: { which, began, hashes, reasons, indices }. */
async function decide(which, answers, state) {
	const { resource, ...asked } = question(person, { category: 'disability' });
	while (state.going) {
		const began = Date.now();
		const { status, json, text } = await services[which]('POST', '/access/v1/evaluations', { ...asked, evaluations: [{ resource }, { resource }, { resource }] });
		assert.equal(status, 200, text);
		const contexts = json.evaluations.map(({ context }) => context);
		answers.push({ which, began, hashes: contexts.map(({ policy }) => policy.sha256), reasons: contexts.map(({ reason }) => reason),
			indices: contexts.map(({ log }) => log.index) });
	}
}

test('rules that two people put in force at one node are in force on the other by themselves, and no answer mixes two bundles', { skip }, async () => {
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-nodes-'));
	const answers = [];
	const state = { going: true };
	const old = await authctlJson(ombud, 'policy', 'show');
	const tokens = {};
	for (const who of ['author', 'approver']) {
		tokens[who] = join(scratch, who);
		writeFileSync(tokens[who], await adminToken(ombud, await ombud.signIn(who)), { mode: 0o600 });
	}
	const proposal = await authctlJson(ombud, 'policy', 'propose', nextBundle(join(scratch, 'bundle'), old.version + 1), '--token-file', tokens.author);
	const deciders = [0, 0, 1, 1].map((which) => decide(which, answers, state));
	let done;
	try {
		await sleep(300);
		assert.equal((await authctl(ombud, 'policy', 'activate', proposal.id, '--sha256', proposal.sha256, '--token-file', tokens.approver)).status, 0);
		done = Date.now();
		const seen = (which) => answers.some((one) => one.which === which && one.began > done && one.hashes[0] === proposal.sha256);
		await until('both decide by the new rules', () => seen(0) && seen(1), { every: 50 });
	} finally {
		state.going = false;
		await Promise.all(deciders);
		rmSync(scratch, { recursive: true, force: true });
	}
	const bundles = [old.sha256, proposal.sha256];
	for (const which of [0, 1]) {
		const own = answers.filter((one) => one.which === which);
		assert.ok(bundles.every((hash) => own.some(({ hashes }) => hashes[0] === hash)), `node ${which} decided by the old rules, then by the new ones`);
		const first = own.findIndex(({ hashes }) => hashes[0] === proposal.sha256);
		assert.ok(own.slice(first).every(({ began, hashes }) => began <= own[first].began || hashes[0] === proposal.sha256), 'and does not go back');
	}
	for (const { hashes, reasons } of answers) {
		assert.equal(new Set(hashes).size, 1, `one answer, one bundle: ${hashes}`);
		assert.deepEqual(reasons, Array(3).fill(REASONS[bundles.indexOf(hashes[0])]));
	}
	await waitPublished(ombud.demo.log.dir, Math.max(...answers.flatMap(({ indices }) => indices)));
	for (const { hashes, indices } of [answers[0], answers.at(-1)]) {
		assert.equal((await entryAt(ombud, indices[0])).entry.policy, hashes[0], 'the entry names the bundle that the answer names');
	}
});
