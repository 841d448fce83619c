/*
 * test_supervisor.mjs: what scripts rely on in a demo directory (SURFACE): a dead daemon is back by itself, demo.json
 * follows, a directory is continued, and one directory has one demo.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { launch } from '../../demo/launch.mjs';
import { programs } from '../../demo/state.mjs';
import { database, serviceToken, sleep, startOmbud, untilServed, useOmbud } from './lib/ombud.mjs';

const ombud = useOmbud({ before, after });
const dirs = [];
const scratch = () => dirs[dirs.push(mkdtempSync(join(tmpdir(), 'ombud dir '))) - 1];

after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

const isAlive = (pid) => existsSync(`/proc/${pid}`);

for (const name of ['authd', 'authd-keyd', 'auditlogd', 'auditlog-signer']) {
	test(`${name} is back by itself after kill -9, and the demo works again`, async () => {
		const old = ombud.demo.pids[name];

		process.kill(old, 'SIGKILL');
		const pid = await ombud.restarted(name, old);
		assert.ok(isAlive(pid));
		await untilServed('a token', () => serviceToken(ombud.web({ agent: false }), ombud.demo, 'svc_benefits_north'));
	});
}

test('demo.json is for its owner only, and names what it says', () => {
	const { demo, dir } = ombud;

	assert.equal(statSync(join(dir, 'demo.json')).mode & 0o777, 0o600);
	assert.match(demo.version, /^\d+\.\d+\.\d+$/);
	assert.ok(readFileSync(demo.ca, 'utf8').includes('BEGIN CERTIFICATE'));
	assert.ok(existsSync(join(demo.log.dir, 'checkpoint')));
	assert.ok(demo.db.startsWith(database === 'postgres' ? 'postgres:' : 'sqlite:'));
	for (const name of ['citizen', 'citizen2', 'child', 'operator', 'operator2', 'senior', 'auditor', 'admin', 'dpo']) {
		assert.match(demo.people[name].totp_secret, /^[A-Z2-7]+$/, name);
		assert.ok(demo.people[name].sub && demo.people[name].login && demo.people[name].password, name);
	}
	for (const name of ['authd', 'authd-keyd', 'auditlogd', 'auditlog-signer']) {
		assert.ok(isAlive(demo.pids[name]), name);
	}
});

test('certificates of the demo are refused in production', () => {
	const config = readFileSync(join(ombud.dir, 'etc', 'authd.yaml'), 'utf8');
	const path = join(ombud.dir, 'production.yaml');

	assert.match(config, /^environment: "demo"$/m);
	assert.match(config, /running_month: true/);
	writeFileSync(path, config.replace('environment: "demo"', 'environment: "production"').replace('running_month: true', 'running_month: false'));
	const { status, stderr } = spawnSync(join(programs, 'authd'), ['--config', path, '-n'], { encoding: 'utf8' });
	assert.notEqual(status, 0);
	assert.match(stderr, /throw-away PKI/);
});

test('a second demo on the same directory is refused and harms nothing', async () => {
	const { pids } = ombud.demo;

	await assert.rejects(launch({ dir: ombud.dir, port: 0 }), /already runs/);
	assert.deepEqual(ombud.demo.pids, pids);
});

test('a directory is continued: same people, same keys, same log, good configurations; --fresh starts anew', async () => {
	const dir = scratch();
	const first = await startOmbud({ dir });
	const before = first.demo;
	const browser = await first.signIn('citizen');
	const keys = (await browser.get('/jwks')).json.keys.map(({ kid }) => kid);
	await first.stop();
	assert.deepEqual(first.demo.pids, {});
	for (const name of ['authd', 'authd-keyd', 'auditlogd', 'auditlog-signer']) {
		execFileSync(join(programs, name), ['--config', join(dir, 'etc', `${name}.yaml`), '-n'], { stdio: 'pipe' });
	}

	const second = await startOmbud({ dir });
	assert.deepEqual(second.demo.people, before.people);
	assert.equal(second.demo.log.vkey, before.log.vkey);
	assert.equal(second.demo.issuer, before.issuer);
	assert.deepEqual((await second.web().get(`${before.issuer}/jwks`)).json.keys.map(({ kid }) => kid), keys);
	await second.stop();

	const third = await startOmbud({ dir, fresh: true });
	assert.notEqual(third.demo.log.vkey, before.log.vkey);
	assert.notDeepEqual(third.demo.people, before.people);
	await third.stop();
});

test('--fresh does not empty a directory that is no demo', async () => {
	const dir = scratch();

	writeFileSync(join(dir, 'thesis.txt'), 'ten years of work');
	await assert.rejects(launch({ dir, port: 0, fresh: true }), /not a demo/);
	assert.equal(readFileSync(join(dir, 'thesis.txt'), 'utf8'), 'ten years of work');
});

test('what a killed supervisor leaves behind is ended by the next one', async () => {
	const dir = scratch();
	const first = await startOmbud({ dir });
	const { pids } = first.demo;

	process.kill(first.supervisor, 'SIGKILL');
	await sleep(200);
	assert.ok(isAlive(pids.authd), 'daemons outlive their supervisor');
	const second = await startOmbud({ dir });
	assert.ok(!isAlive(pids.authd) || second.demo.pids.authd !== pids.authd);
	await serviceToken(second.web(), second.demo, 'svc_benefits_north');
	await second.stop();
});
