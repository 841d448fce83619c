/*
 * test_powercut.mjs: the power fails under load, again and again, on ext4 and on xfs. A killed process loses nothing that the
 * kernel has; here everything that was not synced is gone, of the log and of the signer's memory alike.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleep } from '../system/daemon_run.mjs';
import { Disk, whyNoDisk } from './lib/disk.mjs';
import { bulky, Lab } from './lib/lab.mjs';
import { chance, full, notTried, seed } from './lib/scale.mjs';

const CYCLES = Number(process.env.OMBUD_POWER_CYCLES ?? (full ? 2000 : 40));
/* Then a new disk and a new log, so that looking at all of it stays cheap. */
const CYCLES_PER_LOG = 40;
const { between, below } = chance();

/*
 * Without power nobody runs on to say a word: the daemons are stopped where they are, in the middle of a flush or not, then the
 * disk forgets, then they are gone. (Left running they may be told by ext4 that a flush went well that the cut had undone.)
 */
async function powerFails(lab, disk) {
	const both = [lab.daemon, lab.signer];
	both.forEach((child) => child.kill('SIGSTOP'));
	disk.cut();
	both.forEach((child) => child.kill('SIGKILL'));
	await Promise.all(both.map((child) => child.ended));
}

async function oneCycle(lab, disk, round) {
	/* Small entries make many flushes, large ones new segments. */
	const load = lab.load(round % 3 === 0 ? { callers: 4, fragment: () => bulky(3000 + below(6000)), most: 2 } : { callers: 16 });
	await sleep(between(5, 150));
	await powerFails(lab, disk);
	await load.stop();
	await disk.unmount();
	disk.mount();
	await lab.start();
	await lab.quickCheck();
}

async function oneLog(kind, cycles) {
	const disk = new Disk(kind, { megabytes: 320 });
	const lab = new Lab({ log: join(disk.dir, 'log'), keys: join(disk.dir, 'signer'), config: { segment_bytes: 262144 } });
	try {
		await lab.start();
		for (let round = 0; round < cycles; round++) {
			await oneCycle(lab, disk, round);
		}
		await lab.check();
		return lab.notes;
	} finally {
		await lab.end();
		disk.remove();
	}
}

for (const kind of ['ext4', 'xfs']) {
	test(`${kind}: what was receipted survives ${CYCLES} power failures`, { timeout: full ? 12 * 3600e3 : 300e3 }, async (t) => {
		const why = whyNoDisk(kind);
		if (why) {
			notTried(t, `power failures on ${kind} (${why})`);
			return;
		}
		let released = 0;
		for (let left = CYCLES; left > 0; left -= CYCLES_PER_LOG) {
			released += (await oneLog(kind, Math.min(left, CYCLES_PER_LOG))).released.size;
		}
		t.diagnostic(`seed ${seed}: ${released} receipts released`);
		assert.ok(released > CYCLES, 'the load got receipts');
	});
}
