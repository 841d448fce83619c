/*
 * test_policy_change.mjs: the bundle of rules is changed under a running authd: a bad one is refused with its place and the one
 * in force stays; a good one counts from the next decision on, and the log says when.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { layout, programs } from '../../demo/state.mjs';
import { auditlog, entryBytes, question, untilServed, useOmbud, waitPublished } from './lib/ombud.mjs';

let service;
let bundle;
let good;

const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	bundle = join(layout(started.dir).policies, 'bundle.yaml');
	good = readFileSync(bundle, 'utf8');
});

const authctl = (...args) => spawnSync(join(programs, 'authctl'), ['--socket', ombud.demo.socket.admin, ...args], { encoding: 'utf8' });
const ALONE = ['policy', 'activate', '--alone', '--why', 'exercise'];
const version = (text, number) => text.replace(/^version: \d+/m, `version: ${number}`);

/* The policy that the next decision names. */
async function policyInForce() {
	const { json } = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub));
	return json.context.policy;
}

test('a bundle that does not load, or that keeps its version with other rules, is refused, and the one in force stays', async () => {
	const before = await policyInForce();
	const services = bundle.replace('bundle.yaml', 'services.yaml');
	const goodServices = readFileSync(services, 'utf8');
	const refusals = [
		[bundle, `${good}\nversoin: 9\n`], [bundle, version(good, '08')], [bundle, '&a version: 8\n'], [bundle, ''],
		[bundle, version(good, before.version - 1)],
		[services, goodServices.replace('roles: [intake-officer]', 'roles: [no-such-role]')],
		[services, goodServices.replace('id: svc_tax', 'id: svc_benefits_north')],
	];

	for (const [path, text] of refusals) {
		const kept = readFileSync(path, 'utf8');
		writeFileSync(path, text);
		const { status, stderr } = authctl(...ALONE);
		writeFileSync(path, kept);
		assert.equal(status, 1, `${text.slice(0, 60)}: ${stderr}`);
		assert.deepEqual(await policyInForce(), before);
	}
});

test('a higher version counts from the next decision on, and the log says so', async () => {
	const before = await policyInForce();

	writeFileSync(bundle, version(good, before.version + 1));
	const activated = authctl(...ALONE, '--json');
	assert.equal(activated.status, 0, activated.stderr);
	const now = await policyInForce();
	assert.equal(now.version, before.version + 1);
	assert.notEqual(now.sha256, before.sha256);

	const { json } = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub));
	const { dir, vkey } = ombud.demo.log;
	const size = await waitPublished(dir, json.context.log.index);
	const entries = Array.from({ length: size }, (_, i) => JSON.parse(entryBytes(dir, i, size)));
	assert.ok(entries.some(({ event, policy }) => event === 'policy.activated' && policy === now.sha256), 'the activation is an entry');
	assert.equal(entries[json.context.log.index].policy, now.sha256);
	assert.equal((await auditlog('verify', dir, '--key', vkey)).status, 0);
});

test('a restart goes on with the bundle that was activated: from the database, whatever lies in the directory', async () => {
	const before = await policyInForce();
	const { authd } = ombud.demo.pids;
	const kept = readFileSync(bundle, 'utf8');

	try {
		writeFileSync(bundle, kept.slice(0, kept.length / 2));
		process.kill(authd, 'SIGKILL');
		await ombud.restarted('authd', authd);
		assert.equal((await firstAnswer(200)).json.context.policy.sha256, before.sha256);
	} finally {
		writeFileSync(bundle, kept);
	}
});

test('the log says loudly that nobody else looked at it', async () => {
	const { dir } = ombud.demo.log;
	const { json } = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub));
	const size = await waitPublished(dir, json.context.log.index);
	const activations = Array.from({ length: size }, (_, i) => JSON.parse(entryBytes(dir, i, size))).filter(({ event }) => event === 'policy.activated');

	assert.deepEqual(activations.map(({ facts }) => facts.how), ['bootstrap', 'alone']);
	assert.equal(activations[1].facts.why, 'exercise');
});

/* The first answer after a restart; with a wanted status, the first of that status. */
const firstAnswer = (wanted) => untilServed('an answer after the restart', async () => {
	service = await ombud.service('svc_benefits_north');
	const answer = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub));
	return (wanted === undefined || answer.status === wanted) && answer;
});
