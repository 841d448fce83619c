/*
 * test_key_rotation.mjs: keys are rotated under load, and whoever keeps the key set as long as it says never meets a token that
 * does not verify; a kill in the middle is finished later; what an old key signed ends with it.
 */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { authctl, authctlJson, headOf, untilEntry } from './lib/outsider.mjs';
import { requestToken, sleep, untilServed, useOmbud, verifyOffline } from './lib/ombud.mjs';

const ombud = useOmbud({ before, after });

const list = async () => (await authctlJson(ombud, 'key', 'list')).records;
const rotate = (alg) => authctlJson(ombud, 'key', 'rotate', '--alg', alg);
const activeOf = async (alg) => (await list()).find((key) => key.alg === alg && key.state === 'active').kid;

/* The key set as a client keeps it: for exactly as long as Cache-Control says, and not a moment less. */
class Cache {
	#until = 0;

	constructor(web, issuer) {
		Object.assign(this, { web, url: `${issuer}/jwks` });
	}

	async keys() {
		if (Date.now() >= this.#until) {
			const asked = Date.now();
			const { headers, json } = await this.web.get(this.url);
			this.#until = asked + 1000 * Number(/max-age=(\d+)/.exec(headers['cache-control'])[1]);
			this.set = json;
		}
		return this.set;
	}
}

const legacy = () => {
	const client = ombud.demo.clients.svc_legacy;
	return requestToken(ombud.web(), ombud.demo.issuer, client.client_id, client);
};

/* Asks for tokens until it is told to stop, and verifies each with what is in the cache. */
function load() {
	const { issuer } = ombud.demo;
	const state = { verified: 0, failed: [], kids: new Set(), unavailable: 0, stop: false };
	const web = ombud.web();
	const cache = new Cache(web, issuer);
	const client = ombud.demo.clients.svc_legacy;
	const run = async () => {
		while (!state.stop) {
			const answer = await requestToken(web, issuer, client.client_id, client).catch(() => ({ status: 0 }));
			if (answer.status !== 200) {
				state.unavailable++;
				await sleep(50);
				continue;
			}
			const token = answer.json.access_token;
			await verifyOffline(token, await cache.keys(), { issuer, audience: issuer, typ: 'at+jwt' })
				.then(() => { state.verified++; state.kids.add(headOf(token).kid); }, (error) => state.failed.push(`${headOf(token).kid}: ${error.message}`));
			await sleep(5);
		}
	};
	state.done = Promise.all([run(), run(), run()]);
	return state;
}

test('rotations under load, one of them through a kill -9, fail no verification', async () => {
	const state = load();
	const before = await activeOf('ES256');
	const early = (await legacy()).json.access_token;

	for (let round = 0; round < 3; round++) {
		const old = await activeOf('ES256');
		const waiting = await rotate('ES256');
		assert.equal(waiting.state, 'published');
		if (round === 1) {
			const pid = ombud.demo.pids['authd-keyd'];
			process.kill(pid, 'SIGKILL');
			await ombud.restarted('authd-keyd', pid);
		}
		await untilServed('the new key signs', async () => (await activeOf('ES256')) === waiting.kid);
		assert.equal((await list()).find(({ kid }) => kid === old).state, 'verify-only');
		await sleep(500);
	}
	state.stop = true;
	await state.done;
	assert.deepEqual(state.failed, []);
	assert.ok(state.kids.size >= 4, `${state.kids.size} keys were seen`);
	assert.ok(state.verified > 100, `${state.verified}`);
	/* What the first key signed still holds: for others by the key set, and here. */
	const { issuer } = ombud.demo;
	const jwks = (await ombud.web().get(`${issuer}/jwks`)).json;
	assert.equal(headOf(early).kid, before);
	await verifyOffline(early, jwks, { issuer, audience: issuer });
	await untilEntry(ombud, 'key.rotated', ({ event }) => event === 'key.rotated');
});

test('every algorithm has its own keys, and one successor at a time', async () => {
	const [rs, ps, es] = [await activeOf('RS256'), await activeOf('PS256'), await activeOf('ES256')];
	const next = await rotate('PS256');
	const twice = await authctl(ombud, 'key', 'rotate', '--alg', 'PS256');

	assert.equal(twice.status, 1, twice.err);
	await untilServed('PS256 has changed', async () => (await activeOf('PS256')) === next.kid);
	assert.notEqual(next.kid, ps);
	assert.deepEqual([await activeOf('RS256'), await activeOf('ES256')], [rs, es]);
	assert.equal((await authctl(ombud, 'key', 'rotate', '--alg', 'HS256')).status, 1);
});

test('J18: a key that is removed takes what it signed with it, and its file', async () => {
	const { issuer } = ombud.demo;
	const config = join(ombud.dir, 'etc', 'authd-keyd.yaml');
	appendFileSync(config, 'keep: PT8S\n');
	const pid = ombud.demo.pids['authd-keyd'];
	process.kill(pid, 'SIGKILL');
	await ombud.restarted('authd-keyd', pid);
	await untilServed('tokens again', async () => (await legacy()).status === 200);

	const old = await activeOf('ES256');
	const token = (await legacy()).json.access_token;
	const ask = async () => (await ombud.web().post(`${issuer}/access/v1/evaluation`, { headers: { authorization: `Bearer ${token}` }, json: {} })).status;
	assert.notEqual(await ask(), 401);
	const files = () => readdirSync(/^keyring: *"?([^"\n]+?)"?$/m.exec(readFileSync(config, 'utf8'))[1]).filter((name) => name.endsWith('.pem')).length;
	const next = await rotate('ES256');
	const most = files();
	await untilServed('the new key signs', async () => (await activeOf('ES256')) === next.kid);
	assert.notEqual(await ask(), 401, 'verify-only still verifies');
	await untilServed('the old key is gone', async () => !(await list()).some(({ kid }) => kid === old));
	await untilServed('nobody is shown it', async () => !(await ombud.web().get(`${issuer}/jwks`)).json.keys.some(({ kid }) => kid === old));
	assert.equal(await ask(), 401);
	assert.equal(files(), most - 1);
});
