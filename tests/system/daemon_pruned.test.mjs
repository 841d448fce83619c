/*
 * daemon_pruned.test.mjs: auditlogd and a log that keeps its entries for a time, from outside: what is refused, what a start
 * finishes, what readers are told. What may go when, and in which order, is in tests/unit/test_prune.c.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { under, whyNoStrace } from '../faults/lib/trace.mjs';
import { Client, Log, login, Refused, tagNew, until } from './daemon_run.mjs';

const noStrace = whyNoStrace();
const bundles = (log) => readdirSync(join(log.log, 'tile/entries')).sort();

/* Some 1,300 entries of one person, published; auditlogd has ended. */
async function filled() {
	const log = new Log({ config: { map_interval: 'P1D', segment_bytes: 262144 } });
	const tag = tagNew();
	await log.startSigner();
	await log.startDaemon();
	const client = new Client(log.socket);
	for (let i = 0; i < 13; i++) {
		await client.append(...Array.from({ length: 100 }, () => login(undefined, tag)));
	}
	client.close();
	await log.stop(log.daemon);
	await until('published', () => log.published() > 1300);
	return { log, tag };
}
/* As if the power had failed before the first bundle went. */
const begun = (log, minimum) => writeFileSync(join(log.log, 'minimum-index'), `${minimum}\n1301\n`);

test('a retention under 100 days is refused, and so is a minimum-index that is none', async () => {
	const { log } = await filled();
	const short = await log.refusedStart({ retention: 'P30D' });
	assert.equal(short.code, 2);
	assert.match(short.said, /retention must be at least P100D/);
	writeFileSync(join(log.log, 'minimum-index'), '700\n1301\n');
	const bad = await log.refusedStart();
	assert.equal(bad.code, 1);
	rmSync(join(log.log, 'minimum-index'));
	await log.startDaemon({ retention: 'P100D' });
	await log.stop(log.daemon);
	assert.ok(!existsSync(join(log.log, 'minimum-index')), 'nothing is that old');
	assert.equal(bundles(log)[0], '000');
	log.remove();
});

test('a start finishes a pruning that was begun, and readers are told what is kept no longer', async () => {
	const { log, tag } = await filled();
	begun(log, 512);
	await log.startDaemon();
	await until('bundles are gone', () => bundles(log)[0] === '002');
	assert.deepEqual(readdirSync(join(log.log, 'tile/0')).sort().slice(0, 5), ['000', '001', '002', '003', '004'], 'hashes stay');
	const client = new Client(log.socket);
	await assert.rejects(client.read(5), (error) => error instanceof Refused && /keeps this entry no longer/.test(error.message));
	assert.match(await client.read(512), /"index":512,/);
	const found = await client.byTag(tag);
	assert.equal(Math.min(...found), 512);
	/* Without index/ what is kept is found again, and nothing stops at what is not. */
	client.close();
	await log.stop(log.daemon);
	rmSync(join(log.log, 'index'), { recursive: true });
	await log.startDaemon();
	const again = new Client(log.socket);
	const same = await until('the index is made anew', () => again.byTag(tag).catch(() => undefined));
	assert.deepEqual(same, found);
	const [receipt] = await again.append(login(undefined, tag));
	assert.ok(receipt.index > 1301);
	again.close();
	await log.stop(log.daemon);
	log.remove();
});

test('killed at each bundle that it removes, the next start goes on', { skip: noStrace }, async () => {
	const { log } = await filled();
	begun(log, 1024);
	for (let n = 1; n <= 3; n++) {
		const trace = join(log.dir, `trace${n}`);
		const child = log.spawn('auditlogd', log.config, under(trace, { inject: 'unlinkat:signal=KILL:when=1', only: [join(log.log, 'tile/entries')] }));
		await child.ended;
		assert.ok(bundles(log).includes('004'));
	}
	await log.startDaemon();
	await until('bundles are gone', () => bundles(log)[0] === '004');
	await log.stop(log.daemon);
	log.remove();
});
