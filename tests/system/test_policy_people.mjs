/*
 * test_policy_people.mjs: rules come into force by two people. One proposes a bundle, another approves it by its hash; both stand in
 * the log. Whoever tries it alone, with something else than was proposed, too late, twice or too weakly signed in, is refused, and
 * the bundle in force stays. Deciders that run meanwhile see the old bundle or the new one.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { layout } from '../../demo/state.mjs';
import { addPerson, assertLawful, assertProblem, authctl, authctlJson, bearer, getCode, redeem, signInPerson, untilEntry } from './lib/outsider.mjs';
import { question, sleep, until, useOmbud } from './lib/ombud.mjs';
import { sql } from './lib/database.mjs';

const NORTH = 'org_csp_north';
const CONSOLE = 'policy_console';
const REDIRECT = 'http://127.0.0.1/policy';

let scratch;
let service;
let issuer;
let author;
let approver;
let count = 0;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	scratch = mkdtempSync(join(tmpdir(), 'ombud-policy-'));
	service = await started.service('svc_benefits_north');
	await authctlJson(started, 'client', 'add', CONSOLE, '--name', 'Правила', '--organisation', NORTH, '--auth', 'none', '--grants', 'authorization_code',
		'--scopes', 'openid admin', '--redirect-uri', REDIRECT);
	author = await tokenOf(started, await signInPerson(started, started.demo.people.author));
	approver = await tokenOf(started, await signInPerson(started, started.demo.people.approver));
});
after(() => scratch && rmSync(scratch, { recursive: true, force: true }));

async function tokenOf(on, browser) {
	const demo = structuredClone(on.demo);
	demo.clients[CONSOLE] = { auth: 'none', redirect_uris: [REDIRECT] };
	const view = { demo, web: () => on.web() };
	const answer = await redeem(view, CONSOLE, await getCode(view, browser, CONSOLE, { scope: 'openid admin' }));
	assert.equal(answer.status, 200, answer.text);
	return answer.json.access_token;
}

async function person(...roles) {
	return tokenOf(ombud, await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: roles.map((role) => [NORTH, role]) })));
}

const api = (method, path, token, json) => ombud.web().request(method, `${issuer}/admin/v1/policy${path}`, { json, headers: bearer(token) });
const inForce = async () => (await authctlJson(ombud, 'policy', 'show'));
const tokenFile = (token) => {
	const path = join(scratch, `token-${count++}`);
	writeFileSync(path, token, { mode: 0o600 });
	return path;
};

/* A folder with the bundle in force, one version on, and changed by `edit(folder)`. */
async function changed(edit = () => {}) {
	const dir = join(scratch, `bundle-${count++}`);
	cpSync(layout(ombud.dir).policies, dir, { recursive: true });
	const { version } = await inForce();
	const bundle = join(dir, 'bundle.yaml');
	writeFileSync(bundle, readFileSync(bundle, 'utf8').replace(/^version: \d+/m, `version: ${version + 1}`));
	edit(dir);
	return dir;
}

const replace = (dir, file, from, to) => {
	const text = readFileSync(join(dir, file), 'utf8');
	assert.ok(text.includes(from), `${file} has no ${from}`);
	writeFileSync(join(dir, file), text.replace(from, to));
};
const propose = async (dir, ...more) => authctlJson(ombud, 'policy', 'propose', dir, '--token-file', tokenFile(author), ...more);
const activate = (token, { id, sha256 }) => api('POST', '/activate', token, { proposal: id, sha256 });

/* ---- as it should be ---- */

test('one proposes, another reads what changes and approves; both are in the log, and the decision after names the new bundle', async () => {
	const dir = await changed((at) => replace(at, 'roles.yaml', '    - {action: consent-read}\n    - {action: question-answer}\n\n- id: assist-desk',
		'    - {action: consent-read}\n    - {action: question-answer}\n    - {action: report-read}\n\n- id: assist-desk'));
	const proposal = await propose(dir);
	assert.ok(proposal.diff.widened.some(({ ru }) => ru === 'Роль «Старший специалист» теперь может читать отчёты.'), JSON.stringify(proposal.diff));
	assert.ok(proposal.diff.widened.some(({ en }) => en === 'The role “Senior officer” may now read reports.'));
	assert.deepEqual(proposal.diff.new_consent, []);

	const read = await authctl(ombud, 'policy', 'proposals', proposal.id, '--token-file', tokenFile(approver), '--lang', 'ru');
	assert.match(read.out, /Прав становится больше:\n {2}- Роль «Старший специалист» теперь может читать отчёты\./);
	const done = await authctl(ombud, 'policy', 'activate', proposal.id, '--sha256', proposal.sha256, '--token-file', tokenFile(approver));
	assert.equal(done.status, 0, done.err);
	assert.equal((await inForce()).sha256, proposal.sha256);
	const { json } = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub));
	assert.equal(json.context.policy.sha256, proposal.sha256);

	const proposed = await untilEntry(ombud, 'policy.proposed', ({ event, facts }) => event === 'policy.proposed' && facts.proposal === proposal.id);
	const { entry } = await untilEntry(ombud, 'policy.activated', ({ event, facts }) => event === 'policy.activated' && facts.proposal === proposal.id);
	assert.equal(proposed.entry.policy, proposal.sha256);
	assert.equal(entry.policy, proposal.sha256);
	assert.equal(entry.facts.how, 'two_people');
	assert.equal(entry.facts.author, proposed.entry.by.operator);
	assert.notEqual(entry.by.operator, proposed.entry.by.operator);
	assert.equal(entry.facts.diff, proposed.entry.facts.diff);
	assert.equal(entry.basis.index, proposed.entry.index);
	await assertLawful(ombud);
});

test('an older bundle comes back as a new version, by two people as well', async () => {
	const proposal = await propose(await changed());
	assert.ok(proposal.diff.narrowed.some(({ en }) => en === 'The role “Senior officer” may no longer read reports.'));
	assert.equal((await activate(approver, proposal)).status, 200);
	assert.equal((await inForce()).sha256, proposal.sha256);
});

test('a proposal can be taken back, and is not listed then', async () => {
	const proposal = await propose(await changed());
	const listed = async () => (await api('GET', '/proposals', approver)).json.records.map(({ id }) => id);
	assert.ok((await listed()).includes(proposal.id));
	const gone = await authctl(ombud, 'policy', 'withdraw', proposal.id, '--token-file', tokenFile(author));
	assert.equal(gone.status, 0, gone.err);
	assert.ok(!(await listed()).includes(proposal.id));
	assertProblem(await activate(approver, proposal), 409, 'proposal_closed');
	assertProblem(await api('POST', `/proposals/${proposal.id}/withdraw`, author, {}), 409, 'proposal_closed');
	await untilEntry(ombud, 'policy.withdrawn', ({ event, facts }) => event === 'policy.withdrawn' && facts.proposal === proposal.id);
});

/* ---- attacks ---- */

test('nobody approves alone: not the author, not the socket, not who may only one of the two', async () => {
	const before_ = await inForce();
	const proposal = await propose(await changed());

	assertProblem(await activate(author, proposal), 403, 'role_missing');
	assertProblem(await api('POST', '/proposals', approver, { files: { 'bundle.yaml': 'x' } }), 403, 'role_missing');
	for (const roles of [['admin'], ['auditor'], ['senior-officer'], ['privacy-officer']]) {
		assertProblem(await activate(await person(...roles), proposal), 403, 'role_missing');
	}
	const socket = await authctl(ombud, 'policy', 'activate', proposal.id, '--sha256', proposal.sha256);
	assert.equal(socket.status, 1);
	assert.match(socket.err, /two people/);
	const alone = await authctl(ombud, 'policy', 'propose', await changed());
	assert.equal(alone.status, 1);
	assert.match(alone.err, /two people/);
	assert.deepEqual(await inForce(), before_);
});

test('one person never holds both roles; whoever changed sides does not approve what they proposed', async () => {
	const turncoat = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'policy-author']] });
	const both = await authctl(ombud, 'role', 'assign', '--sub', turncoat.sub, '--organisation', NORTH, '--role', 'policy-approver');
	assert.equal(both.status, 1);
	const token = await tokenOf(ombud, await signInPerson(ombud, turncoat));
	const proposal = await authctlJson(ombud, 'policy', 'propose', await changed(), '--token-file', tokenFile(token));

	await authctlJson(ombud, 'role', 'revoke', '--sub', turncoat.sub, '--organisation', NORTH, '--role', 'policy-author');
	await authctlJson(ombud, 'role', 'assign', '--sub', turncoat.sub, '--organisation', NORTH, '--role', 'policy-approver');
	assertProblem(await activate(await tokenOf(ombud, await signInPerson(ombud, turncoat)), proposal), 403, 'same_person');
});

test('what is approved is what was proposed: another hash, another proposal, an edited folder change nothing', async () => {
	const dir = await changed();
	const proposal = await propose(dir);
	const other = await propose(await changed((at) => replace(at, 'bundle.yaml', 'Access rules', 'Other rules')));

	replace(dir, 'services.yaml', 'rate: 50/s', 'rate: 9999/s');
	assertProblem(await activate(approver, { id: proposal.id, sha256: other.sha256 }), 409, 'proposal_differs');
	assertProblem(await activate(approver, { id: other.id, sha256: proposal.sha256 }), 409, 'proposal_differs');
	assertProblem(await activate(approver, { id: '01a0f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', sha256: proposal.sha256 }), 404);
	assert.equal((await activate(approver, proposal)).status, 200);
	const { files } = (await api('GET', '/bundle', approver)).json;
	assert.ok(!files['services.yaml'].includes('9999'));
});

test('a proposal is used once, expires, and does not follow what came in force meanwhile', async () => {
	const proposal = await propose(await changed());
	const rival = await propose(await changed((at) => replace(at, 'bundle.yaml', 'Access rules', 'Rival rules')));
	const short = await propose(await changed(), '--valid', 'PT1S');

	const answers = await Promise.all(Array.from({ length: 4 }, () => activate(approver, proposal)));
	assert.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ status, text }) => `${status} ${text}`).join('\n'));
	assertProblem(await activate(approver, proposal), 409, 'proposal_closed');
	const late = await activate(approver, rival);
	assert.equal(late.status, 409);
	assert.equal(late.json.reason, 'bundle_refused');
	await sleep(1100);
	assertProblem(await activate(approver, short), 409, 'proposal_closed');
	for (const valid of ['P31D', 'PT0S', 'soon']) {
		assertProblem(await api('POST', '/proposals', author, { files: { x: 'y' }, valid }), 400);
	}
});

/* Both say the difference to the same bundle; the second, on top of the first, would take back what nobody showed its approver. */
test('what was proposed before another bundle came into force is not approved on top of it', async () => {
	const next = (version) => (at) => replace(at, 'bundle.yaml', /^version: \d+/m.exec(readFileSync(join(at, 'bundle.yaml'), 'utf8'))[0], `version: ${version}`);
	const { version } = await inForce();
	const first = await propose(await changed());
	const second = await propose(await changed(next(version + 2)));

	assert.equal((await activate(approver, first)).status, 200);
	assertProblem(await activate(approver, second), 409, 'proposal_outdated');
	assert.equal((await inForce()).sha256, first.sha256);
	assert.equal((await activate(approver, await propose(await changed(next(version + 2))))).status, 200, 'proposed again, it is read again');
	await assertLawful(ombud);
});

test('a sign-in that is too weak does not approve', async () => {
	const proposal = await propose(await changed());
	const weak = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'policy-approver']] });
	const answer = await activate(await tokenOf(ombud, await signInPerson(ombud, weak)), proposal);
	assert.equal(answer.status, 200, 'two factors are enough');
	const { version } = await inForce();
	const stronger = await propose(await changed((at) => replace(at, 'roles.yaml', 'en: Policy approver}\n  acr: 2', 'en: Policy approver}\n  acr: 3')));
	assert.equal((await activate(approver, stronger)).status, 200);
	assert.equal((await inForce()).version, version + 1);
	const back = await propose(await changed());
	const refused = await activate(approver, back);
	assert.equal(refused.status, 401);
	assert.equal(refused.json.reason, 'insufficient_user_authentication');
	const alone = await authctl(ombud, 'policy', 'activate', '--alone', '--why', 'exercise');
	assert.equal(alone.status, 1, 'the directory holds an older version');
	const dir = layout(ombud.dir).policies;
	const kept = readFileSync(join(dir, 'bundle.yaml'), 'utf8');
	writeFileSync(join(dir, 'bundle.yaml'), kept.replace(/^version: \d+/m, `version: ${version + 2}`));
	assert.equal((await authctl(ombud, 'policy', 'activate', '--alone', '--why', 'exercise')).status, 0);
	writeFileSync(join(dir, 'bundle.yaml'), kept);
});

test('what is no bundle is refused with its place: links, aliases, tags, too much, failing tests, strangers', async () => {
	const before_ = await inForce();
	const bomb = Array.from({ length: 9 }, (_, i) => `a${i}: &a${i} [${Array(9).fill(i ? `*a${i - 1}` : 'x').join(', ')}]`).join('\n');
	const files = async () => {
		const { json } = await api('GET', '/bundle', approver);
		json.files['bundle.yaml'] = json.files['bundle.yaml'].replace(/^version: \d+/m, `version: ${before_.version + 1}`);
		return json.files;
	};
	const refusals = [
		['bundle.yaml', bomb, /bundle\.yaml:1:/], ['roles.yaml', '- !!python/object:x {}\n', /roles\.yaml:1:/],
		['tests/eligibility.yaml', (text) => text.replace('decision: permit, reason: consent_valid', 'decision: deny, reason: consent_missing'), /expected/],
		['evil.yaml', 'x: y\n', /no part of one/], ['../../etc/passwd', 'x', /no part of one/], ['roles.yaml', 'x\u0000y', undefined],
		['notices/ntc_eligibility/3/ru.md', (text) => `${text}Ещё.\n`, /shown with other words/],
		['purposes.yaml', (text) => text.replace('max_consent: P365D', 'max_consent: P999D'), /count its version up/],
	];
	for (const [name, text, says] of refusals) {
		const all = await files();
		all[name] = typeof text === 'string' ? text : text(all[name]);
		const answer = await api('POST', '/proposals', author, { files: all });
		assert.ok([400, 409].includes(answer.status), `${name}: ${answer.status} ${answer.text}`);
		if (says) {
			assert.match(answer.json.detail, says, name);
		}
	}
	const large = await files();
	large['roles.yaml'] += `${'# '.padEnd(119, 'x')}\n`.repeat(9000);
	assert.equal((await api('POST', '/proposals', author, { files: large })).json.reason, 'bundle_refused');
	large['roles.yaml'] = 'x'.repeat(5 << 20);
	/* Whoever sends more than may come is answered before the end, or sees the connection close. */
	assert.ok(await api('POST', '/proposals', author, { files: large }).then(({ status }) => status === 413, ({ code }) => ['EPIPE', 'ECONNRESET'].includes(code)));
	assertProblem(await api('POST', '/proposals', author, { files: {}, author: 'opr_1' }), 400);
	assertProblem(await api('POST', '/activate', approver, { proposal: '01a0f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', sha256: 'x', alone: true, why: 'x' }), 400);
	assertProblem(await api('POST', '/activate', approver, { alone: true, why: 'exercise' }), 400);

	const linked = await changed((at) => {
		unlinkSync(join(at, 'roles.yaml'));
		symlinkSync('/etc/passwd', join(at, 'roles.yaml'));
	});
	const followed = await authctl(ombud, 'policy', 'propose', linked, '--token-file', tokenFile(author));
	assert.equal(followed.status, 3);
	assert.ok(!followed.err.includes('root:'));
	assert.deepEqual(await inForce(), before_);
});

test('an author leaves ten proposals and no more, whether open or taken back; another author still may', async () => {
	const token = await person('policy-author');
	const { json } = await api('GET', '/bundle', approver);
	json.files['bundle.yaml'] = json.files['bundle.yaml'].replace(/^version: (\d+)/m, (_, version) => `version: ${Number(version) + 1}`);
	const next = (who) => api('POST', '/proposals', who, { files: json.files });
	const first = await next(token);
	assert.equal(first.status, 201, first.text);
	assert.equal((await api('POST', `/proposals/${first.json.id}/withdraw`, token, {})).status, 200);
	for (let i = 1; i < 10; i++) {
		assert.equal((await next(token)).status, 201);
	}
	const refused = await next(token);
	assertProblem(refused, 429, 'rate_limited');
	assert.ok(refused.headers['retry-after']);
	assert.equal((await next(await person('policy-author'))).status, 201);
	await sql(ombud, `UPDATE policy_proposal SET expires_us = expires_us - 40 * 86400000000 WHERE id = '${first.json.id}'`);
	await until('it is swept', async () => (await api('GET', `/proposals/${first.json.id}`, approver)).status === 404);
	assert.equal((await next(token)).status, 201);
});

/* ---- deciders while it switches ---- */

test('each decision of many that run while it switches is of the old bundle or the new one, and agrees with it', async () => {
	const asked = question(ombud.demo.people.citizen2.sub, { category: 'disability' });
	const seen = new Map();
	let running = true;
	const decider = async () => {
		while (running) {
			const { status, json } = await service('POST', '/access/v1/evaluation', asked);
			assert.equal(status, 200);
			const { sha256 } = json.context.policy;
			seen.set(sha256, (seen.get(sha256) ?? new Set()).add(json.context.reason));
		}
	};
	const old = await inForce();
	const deciders = Array.from({ length: 8 }, decider);
	const proposal = await propose(await changed((at) => {
		replace(at, 'roles.yaml', 'acr: 2\n  may:\n    - {action: read, categories: [income, family, disability], for: [eligibility]}',
			'acr: 2\n  may:\n    - {action: read, categories: [income, family], for: [eligibility]}');
		for (const name of ['deaths.yaml', 'eligibility.yaml', 'others.yaml', 'permissions.yaml']) {
			const path = join(at, 'tests', name);
			writeFileSync(path, readFileSync(path, 'utf8').split('\n\n').filter((one) => !/category: disability, purpose: eligibility|category: disability\n +purpose: eligibility/.test(one)).join('\n\n'));
		}
	}));
	await until('decisions by the old rules', () => seen.has(old.sha256));
	const done = await authctl(ombud, 'policy', 'activate', proposal.id, '--sha256', proposal.sha256, '--token-file', tokenFile(await person('policy-approver')));
	assert.equal(done.status, 0, done.err);
	await until('decisions by the new rules', () => seen.has(proposal.sha256));
	running = false;
	await Promise.all(deciders);
	assert.deepEqual([...seen.keys()].sort(), [old.sha256, proposal.sha256].sort());
	assert.deepEqual([...seen.get(old.sha256)], ['statute']);
	assert.deepEqual([...seen.get(proposal.sha256)], ['role_missing']);
	await assertLawful(ombud);
});
