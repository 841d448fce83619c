/*
 * test_disk.mjs: disks that are full, slow, lying or pulled from under the daemon: what it refuses, how soon it is back, and
 * that every receipt is found afterwards.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, cpSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync,
	symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, login, sleep, until } from '../system/daemon_run.mjs';
import { PATIENCE_MS } from '../system/lib/wait.mjs';
import { Disk, whyNoDisk } from './lib/disk.mjs';
import { bulky, Lab } from './lib/lab.mjs';
import { chance, full, notTried, seed } from './lib/scale.mjs';
import { under, whyNoStrace } from './lib/trace.mjs';

const SMALL = { segment_bytes: 262144, keep_free: 0 };
const { between, pick } = chance();
const whyNot = { ext4: whyNoDisk('ext4'), tmpfs: whyNoDisk('tmpfs'), strace: whyNoStrace() };

/* A test that needs a thing which this machine may not have. */
function testWith(needs, name, body) {
	test(name, { timeout: 300e3 }, async (t) => {
		if (whyNot[needs]) {
			notTried(t, `${name} (${whyNot[needs]})`);
			return;
		}
		await body(t);
	});
}

async function started(more) {
	const lab = new Lab({ config: SMALL, ...more });
	await lab.start();
	return lab;
}

/* Takes every free byte below a directory. */
function fill(dir) {
	const file = openSync(join(dir, 'ballast'), 'w');
	for (let size = 1 << 20; size >= 512; size >>= 1) {
		try {
			for (;;) {
				writeSync(file, Buffer.alloc(size));
			}
		} catch (error) {
			assert.equal(error.code, 'ENOSPC');
		}
	}
	closeSync(file);
}

/* Appends until it is refused. */
async function untilRefused(lab, client, fragment = () => bulky()) {
	for (let sent = 0; ; sent++) {
		const got = await lab.append(client, [fragment()]);
		assert.ok(!client.socket.destroyed, lab.daemon.said());
		if (!got) {
			return sent;
		}
		assert.ok(sent < 5000, 'never refused');
	}
}

async function unhealthy(lab, client, words) {
	await until('trouble is told', async () => { const { healthy, text } = await client.status(); return !healthy && words.test(text); });
}

async function backAndWhole(lab, client) {
	await lab.insist(client, [login()]);
	assert.equal((await client.status()).healthy, true);
	client.close();
	await lab.check();
}

/* ---- no room ---- */

for (const kind of ['tmpfs', 'ext4']) {
	testWith(kind, `a full disk (${kind}): refused in time, told, and back by itself`, async () => {
		const disk = new Disk(kind, { megabytes: 24 });
		const lab = await started({ log: join(disk.dir, 'log') });
		const client = new Client(lab.socket);
		await lab.insist(client, [login()]);
		fill(disk.dir);
		await untilRefused(lab, client);
		await unhealthy(lab, client, /no space/);
		unlinkSync(join(disk.dir, 'ballast'));
		await backAndWhole(lab, client);
		const events = readdirSync(join(lab.log, 'tile/entries'));
		assert.ok(events.length > 0);
		await lab.end();
		disk.remove();
	});
}

testWith('ext4', 'no inode left: refused in time, and back by itself', async () => {
	const disk = new Disk('ext4', { megabytes: 24, make: ['-N', '128'] });
	const lab = await started({ log: join(disk.dir, 'log') });
	const client = new Client(lab.socket);
	await lab.insist(client, [login()]);
	await until('published', () => lab.published() > 0);
	const crowd = join(disk.dir, 'crowd');
	mkdirSync(crowd);
	assert.throws(() => { for (let i = 0; ; i++) writeFileSync(join(crowd, String(i)), ''); }, { code: 'ENOSPC' });
	await untilRefused(lab, client);
	rmSync(crowd, { recursive: true });
	await backAndWhole(lab, client);
	await lab.end();
	disk.remove();
});

testWith('ext4', 'a segment that cannot be removed stays, with all after it, and goes when it can', async () => {
	const disk = new Disk('ext4', { megabytes: 48 });
	const lab = await started({ log: join(disk.dir, 'log') });
	const oldest = join(lab.log, 'wal/0000000000');
	lab.signer.kill('SIGSTOP'); /* nothing is covered meanwhile */
	const client = new Client(lab.socket);
	for (let i = 0; i < 8; i++) {
		await lab.insist(client, Array.from({ length: 50 }, () => login()));
		await lab.insist(client, Array.from({ length: 12 }, () => bulky()));
	}
	execFileSync('chattr', ['+i', oldest]);
	lab.signer.kill('SIGCONT');
	await until('it is told', async () => /nothing can be published|io/.test((await client.status()).text) && lab.published() > lab.notes.last);
	/* Each checkpoint is an occasion to remove what it covers. */
	for (let i = 0; i < 4; i++) {
		await lab.insist(client, [login()]);
		await until('published', () => lab.published() > lab.notes.last);
		await sleep(600);
	}
	client.close();
	await lab.stop(lab.daemon, 'SIGKILL');
	execFileSync('chattr', ['-i', oldest]);
	await lab.startDaemon();
	await lab.check();
	await until('it is gone', () => !existsSync(oldest));
	await lab.end();
	disk.remove();
});

/* Where the last record of the newest segment ends. */
const HEAD = 128; /* of a segment: zeroes behind its checksum belong to it */

function endOfLog(lab) {
	const wal = join(lab.log, 'wal');
	const file = join(wal, readdirSync(wal).filter((name) => /^\d{10}$/.test(name)).sort().at(-1));
	const bytes = readFileSync(file);
	let end = bytes.length;
	while (end > HEAD && bytes[end - 1] === 0) {
		end -= 1;
	}
	return { file, end };
}

testWith('strace', 'the file may not grow past the middle of a record: a short write is no written record', async () => {
	const lab = await started();
	const client = new Client(lab.socket);
	for (const beyond of [1, 40, 53, 700, 4096]) {
		await lab.insist(client, [login()]);
		const { end } = endOfLog(lab);
		execFileSync('prlimit', ['--pid', String(lab.daemon.pid), `--fsize=${end + beyond}:unlimited`]);
		const fragment = bulky(8000);
		assert.equal(await lab.append(client, [fragment]), false, `a record that ends ${beyond} bytes behind the limit was receipted`);
		execFileSync('prlimit', ['--pid', String(lab.daemon.pid), '--fsize=unlimited:unlimited']);
		await lab.insist(client, [fragment]);
		await lab.quickCheck();
	}
	client.close();
	/* What a short write left is met again by the next start. */
	await lab.stop(lab.daemon, 'SIGKILL');
	await lab.startDaemon();
	await lab.check();
	await lab.end();
});

/*
 * The image is sparse in a full memory disk: pages are accepted, cannot be written, and are called clean afterwards. Gives what
 * was receipted and is gone.
 */
async function lyingDisk(t) {
	const bad = new Disk('tmpfs', { megabytes: 40 });
	const disk = new Disk('ext4', { megabytes: 36, beside: bad.dir, options: ['errors=continue'], make: ['-E', 'lazy_itable_init=0'] });
	const lab = await started({ log: join(disk.dir, 'log') });
	const client = new Client(lab.socket);
	await lab.insist(client, [login()]);
	const before = [...lab.notes.released];
	fill(bad.dir);
	await untilRefused(lab, client);
	for (let i = 0; i < 20; i++) {
		assert.equal(await lab.append(client, [login()]), false, 'a receipt from a disk that has failed');
	}
	t.diagnostic(lab.daemon.said().split('\n').find((line) => /log\.fault/.test(line)) ?? 'ended');
	unlinkSync(join(bad.dir, 'ballast'));
	client.close();
	/* The journal may have given up for good, as ext4 does: then the disk is mounted anew, by a person. */
	await lab.stop(lab.daemon);
	await lab.stop(lab.signer);
	await disk.unmount();
	execFileSync('sh', ['-c', `e2fsck -p -f ${disk.image} >/dev/null; test $? -lt 4`]);
	disk.mount();
	await lab.startSigner();
	const lost = [];
	try {
		await lab.startDaemon();
	} catch (error) {
		/* Then it was signed, too, and the start says so. */
		assert.ok([4, 5].includes(lab.daemon.exitCode), error.message);
		await lab.end();
		disk.remove();
		bad.remove();
		return [`refused with ${lab.daemon.exitCode}`];
	}
	const asking = new Client(lab.socket);
	for (const [fragment, { index }] of lab.notes.released) {
		const line = await asking.read(index).catch(() => '');
		if (!line.endsWith(fragment)) {
			lost.push(index);
		}
	}
	asking.close();
	lab.notes.released = new Map(before);
	await lab.check();
	await lab.end();
	disk.remove();
	bad.remove();
	return lost;
}

testWith('tmpfs', 'a flush that fails once and then lies (fsyncgate): nothing is promised on its word', async (t) => {
	assert.deepEqual(await lyingDisk(t), [], 'receipted and gone');
});

/* ---- no time ---- */

testWith('strace', 'a slow disk: the queue is bounded, who comes too late is refused at once, nothing is lost', async () => {
	const lab = new Lab({ config: { ...SMALL, queue_bytes: 1 << 20 } });
	await lab.startSigner();
	lab.daemon = lab.spawn('auditlogd', lab.config, under(join(lab.dir, 'trace'), { inject: 'fdatasync:delay_enter=3000000:when=6..7', only: ['spare', '0000000000', '0000000001'].map((name) => join(lab.log, 'wal', name)) }));
	await until('up', () => existsSync(lab.socket) && lab.auditlog('--version'));
	const client = new Client(lab.socket);
	const sent = [];
	const waiting = new Set();
	let full = 0; /* refused while somebody who came before still waits: at once, and not when the disk answers */
	const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${lab.daemon.pid}/status`, 'utf8'))[1]);
	const before = rss();
	for (let i = 0; i < 600; i++) {
		waiting.add(i);
		sent.push(lab.append(client, [bulky()]).then((got) => {
			waiting.delete(i);
			full += !got && [...waiting].some((other) => other < i);
		}));
		if (i % 20 === 0) {
			await sleep(5);
		}
	}
	await until('the queue is full', () => full > 0);
	assert.equal((await Promise.race([client.status(), Promise.all(sent).then(() => undefined)]))?.size >= 0, true, 'STATUS hangs with the disk');
	assert.ok(rss() - before < 64 << 10, `${rss() - before} KiB more memory`);
	await Promise.all(sent);
	client.close();
	await lab.check();
	await lab.stop(lab.daemon);
	await lab.end();
});

/* ---- no descriptors ---- */

testWith('strace', 'no descriptor left: those who are connected are served, and the others later', async () => {
	const lab = await started();
	const client = new Client(lab.socket);
	await lab.insist(client, [login()]);
	const open = readdirSync(`/proc/${lab.daemon.pid}/fd`).length;
	execFileSync('prlimit', ['--pid', String(lab.daemon.pid), `--nofile=${open + 6}:4096`]);
	const idle = Array.from({ length: 60 }, () => connect(lab.socket).on('error', () => {}));
	await sleep(300);
	for (let i = 0; i < 60; i++) {
		await lab.append(client, [bulky()]);
	}
	assert.ok((await client.status()).size > 0);
	idle.forEach((socket) => socket.destroy());
	execFileSync('prlimit', ['--pid', String(lab.daemon.pid), '--nofile=1024:4096']);
	await backAndWhole(lab, client);
	await lab.end();
});

testWith('strace', 'more peers than descriptors: refused at the start, before anybody is let down', async () => {
	const lab = await started();
	await lab.stop(lab.daemon);
	const tight = lab.spawn('auditlogd', lab.config, ['prlimit', '--nofile=300:300']);
	assert.equal((await tight.ended).code, 2, tight.said());
	assert.match(tight.said(), /open files/);
	await lab.startDaemon({}, ['prlimit', '--nofile=300:4096']);
	await lab.check();
	await lab.end();
});

/* ---- no directory ---- */

test('the directory moves and a link takes its place: the log goes on where it is', async () => {
	const lab = await started();
	const client = new Client(lab.socket);
	await lab.insist(client, [login()]);
	const moved = join(lab.dir, 'moved'), trap = join(lab.dir, 'trap');
	renameSync(lab.log, moved);
	mkdirSync(trap);
	symlinkSync(trap, lab.log);
	for (let i = 0; i < 40; i++) {
		await lab.insist(client, [bulky()]);
	}
	client.close();
	await lab.stop(lab.daemon);
	assert.deepEqual(readdirSync(trap), [], 'something was written through the link');
	assert.notEqual((await lab.refusedStart()).code, 0);
	unlinkSync(lab.log);
	renameSync(moved, lab.log);
	await lab.startDaemon();
	await lab.check();
	await lab.end();
});

for (const inside of ['wal', 'tile']) {
	test(`a link in the place of ${inside}/ is not followed`, async () => {
		const lab = await started();
		const client = new Client(lab.socket);
		await lab.insist(client, [login()]);
		await until('published', () => lab.published() > 0);
		const place = join(lab.log, inside), trap = join(lab.dir, 'trap');
		renameSync(place, join(lab.dir, 'away'));
		cpSync(join(lab.dir, 'away'), trap, { recursive: true });
		const before = readdirSync(trap, { recursive: true }).map(String).sort();
		symlinkSync(trap, place);
		for (let i = 0; i < 30; i++) {
			await lab.append(client, [bulky()]);
		}
		await sleep(500);
		client.close();
		await lab.stop(lab.daemon);
		assert.deepEqual(readdirSync(trap, { recursive: true }).map(String).sort(), before, 'something was written through the link');
		if (inside === 'wal') {
			assert.notEqual((await lab.refusedStart()).code, 0);
		}
		unlinkSync(place);
		renameSync(join(lab.dir, 'away'), place);
		await lab.startDaemon();
		await lab.check();
		await lab.end();
	});
}

test('the directory is deleted under it: it ends with the status for missing entries', async () => {
	const lab = await started();
	const client = new Client(lab.socket);
	await lab.insist(client, [login()]);
	rmSync(lab.log, { recursive: true });
	assert.equal(await lab.append(client, [login()]), false);
	assert.equal((await lab.daemon.ended).code, 5, lab.daemon.said());
	client.close();
	await lab.end();
});

const harms = {
	'cut short': (file) => { const fd = openSync(file, 'r+'); ftruncateSync(fd, 200); closeSync(fd); },
	'removed': (file) => unlinkSync(file),
};

for (const [how, harm] of Object.entries(harms)) {
	test(`the open segment is ${how}: no receipt more, and it ends with the status for damage`, async () => {
		const lab = await started();
		const client = new Client(lab.socket);
		await lab.insist(client, [login()]);
		await lab.insist(client, [login()]);
		harm(endOfLog(lab).file);
		assert.equal(await lab.append(client, [login()]), false, 'a receipt for a file that is not there');
		assert.equal((await lab.daemon.ended).code, 5, lab.daemon.said());
		assert.match(lab.daemon.said(), /entry=\d+ /);
		assert.equal((await lab.refusedStart()).code === 0, false);
		client.close();
		await lab.end();
	});
}

test('a copy takes the place of the open segment: no receipt from the file without a name', async () => {
	const lab = await started();
	const client = new Client(lab.socket);
	await lab.insist(client, [login()]);
	const { file } = endOfLog(lab);
	copyFileSync(file, `${file}.copy`);
	chmodSync(`${file}.copy`, statSync(file).mode);
	renameSync(file, join(lab.dir, 'taken'));
	renameSync(`${file}.copy`, file);
	assert.equal(await lab.append(client, [login()]), false, 'a receipt for an entry in a file that nobody finds');
	/* The copy has everything that was receipted, so the log goes on from it. */
	await backAndWhole(lab, client);
	await lab.stop(lab.daemon, 'SIGKILL');
	await lab.startDaemon();
	await lab.check();
	await lab.end();
});

/* ---- another history ---- */

test('an older copy is refused, also by a signer that was restarted in between', async () => {
	const lab = await started();
	const client = new Client(lab.socket);
	for (let i = 0; i < 20; i++) {
		await lab.insist(client, [login()]);
	}
	client.close();
	await until('published', () => lab.published() > lab.notes.last);
	await lab.stop(lab.daemon);
	cpSync(lab.log, join(lab.dir, 'old'), { recursive: true });
	await lab.startDaemon();
	await lab.check();
	await lab.stop(lab.daemon);
	await lab.stop(lab.signer, 'SIGKILL');
	renameSync(lab.log, join(lab.dir, 'new'));
	renameSync(join(lab.dir, 'old'), lab.log);
	await lab.startSigner();
	const { code, said } = await lab.refusedStart();
	assert.equal(code, 4, said);
	assert.match(said, /old copy/);
	rmSync(lab.log, { recursive: true });
	renameSync(join(lab.dir, 'new'), lab.log);
	await lab.startDaemon();
	await lab.check();
	await lab.end();
});

test('a second writer is turned away, also when the lock file was removed, and through another path', async () => {
	const lab = await started();
	const client = new Client(lab.socket);
	await lab.insist(client, [login()]);
	client.close();
	unlinkSync(join(lab.log, 'lock'));
	mkdirSync(join(lab.dir, 'around'));
	for (const path of [lab.log, join(lab.dir, 'around', '..', 'log')]) {
		const { code, said } = await lab.refusedStart({ log_dir: path, socket: join(lab.dir, 'second.sock') });
		assert.equal(code, 6, said);
	}
	await lab.check();
	await lab.end();
});

test('two logs under one key: the one that the signer did not follow gives no receipt any more', async () => {
	const lab = await started();
	const client = new Client(lab.socket);
	await lab.insist(client, [login()]);
	await until('published', () => lab.published() > lab.notes.last);
	await lab.stop(lab.daemon);
	const twin = join(lab.dir, 'twin');
	cpSync(lab.log, twin, { recursive: true });
	client.close();
	await lab.startDaemon();
	const second = lab.spawn('auditlogd', { ...lab.config, log_dir: twin, socket: join(lab.dir, 'twin.sock') });
	const ended = await Promise.race([second.ended, lab.daemon.ended, sleep(PATIENCE_MS).then(() => undefined)]);
	assert.ok(ended, 'both go on');
	assert.equal(ended.code, 4, `${lab.daemon.said()}${second.said()}`);
	await lab.end();
});

/* ---- faults within faults ---- */

testWith('strace', 'killed while it recovers, and again while it recovers from that, and a third time', async (t) => {
	const lab = new Lab({ config: SMALL });
	await lab.startSigner();
	await lab.startDaemon();
	const rounds = full ? 200 : 6;
	const calls = ['pwrite64', 'fdatasync', 'fsync', 'ftruncate', 'fallocate', 'renameat', 'openat', 'unlinkat'];
	let killed = 0;
	for (let round = 0; round < rounds; round++) {
		const load = lab.load({ callers: 8, fragment: () => (round % 2 ? bulky() : login()) });
		await sleep(between(20, 80));
		await lab.stop(lab.daemon, 'SIGKILL');
		await load.stop();
		/* What a power failure might have left: a record that is not whole. */
		const { file, end } = endOfLog(lab);
		const fd = openSync(file, 'r+');
		if (fstatSync(fd).size > end + 600) {
			writeSync(fd, Buffer.concat([Buffer.from('OWLR'), Buffer.alloc(500, 0x5a)]), 0, 504, end + (end % 2));
		}
		closeSync(fd);
		for (let depth = 0; depth < 3; depth++) {
			const call = pick(calls);
			const k = 1 + Math.floor(between(0, call === 'openat' ? 40 : 4));
			const child = lab.spawn('auditlogd', lab.config, under(join(lab.dir, 'trace'), { inject: `${call}:signal=KILL:when=${k}` }));
			const { signal } = await Promise.race([child.ended, sleep(3000).then(() => child.kill('SIGKILL') && child.ended)]);
			killed += signal === 'SIGKILL';
		}
		await lab.startDaemon();
		await lab.quickCheck();
	}
	await lab.check();
	t.diagnostic(`seed ${seed}: killed ${killed} times within ${rounds} recoveries`);
	assert.ok(killed >= rounds);
	await lab.end();
});

/* ---- while it runs ---- */

test('published bytes that rot are noticed, put on record, and made again from the write-ahead log', async () => {
	const lab = await started({ config: { segment_bytes: 8 << 20 } });
	const client = new Client(lab.socket);
	for (let i = 0; i < 6; i++) {
		await lab.insist(client, Array.from({ length: 50 }, () => login()));
	}
	await until('published', () => lab.published() > lab.notes.last);
	for (const name of ['tile/entries/000', 'tile/0/000']) {
		const file = join(lab.log, name), whole = readFileSync(file);
		const rotten = Buffer.from(whole);
		rotten[4000] ^= 4;
		writeFileSync(file, rotten);
		await until(`${name} is mended`, () => readFileSync(file).equals(whole));
		await until('it is on record', () => new RegExp('"kind":"published_damage".*"mended":"yes"').test(readdirSync(join(lab.log, 'tile/entries/001.p'))
			.map((width) => readFileSync(join(lab.log, 'tile/entries/001.p', width), 'latin1')).join('')));
	}
	client.close();
	await lab.check();
	await lab.end();
});

test('SIGHUP takes over what can change while it runs, names the rest, and leaves all as it was when the file is bad', async () => {
	const lab = await started();
	const file = join(lab.dir, 'auditlogd.yaml');
	const good = readFileSync(file, 'utf8');
	const reloads = () => lab.daemon.said().split('\n').filter((line) => line.includes(' log.reload '));
	const hup = async (text, n) => {
		writeFileSync(file, text);
		lab.daemon.kill('SIGHUP');
		await until('reload', () => reloads().length === n);
		return reloads().at(-1);
	};
	assert.match(await hup(`${good}queue_bytes: 1048576\npeers: 17\n`, 1), / queue_bytes=1048576 at_next_start="peers"$/);
	assert.match(await hup(`${good}queue_bytes: 3\n`, 2), / warn .*is not within/);
	/* No room is left for another segment from now on. */
	assert.match(await hup(good.replace('keep_free: 0', 'keep_free: 1000000000000000'), 3), / keep_free=1000000000000000 .*at_next_start=""$/);
	const client = new Client(lab.socket);
	await untilRefused(lab, client);
	await hup(good, 4);
	await backAndWhole(lab, client);
	await lab.end();
});
