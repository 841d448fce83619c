/*
 * daemon_crash.test.mjs: auditlogd killed at any moment, a log that was tampered with, put back, or taken by two. What was
 * receipted is there; what is not whole does not start, and the reason is named.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client, Log, login, logs, sleep, until } from './daemon_run.mjs';
import { leafHash, verifyLog } from './verify_log.mjs';

const ROUNDS = Number(process.env.OMBUD_CRASH_ROUNDS ?? 10);

async function started(more) {
	const log = new Log(more);
	await log.startSigner();
	await log.startDaemon();
	return log;
}

async function ended(log) {
	await log.stop(log.daemon);
	await log.stop(log.signer);
	log.remove();
}

/* Fills a log with some entries and waits until they are published. */
async function filled(log, count) {
	const client = new Client(log.socket);
	let receipts = [];
	for (let i = 0; i < count; i += 100) {
		receipts = receipts.concat(await client.append(...Array.from({ length: Math.min(100, count - i) }, () => login())));
	}
	await until('published', () => log.published() > receipts.at(-1).index);
	client.close();
	return receipts;
}

/* Every entry of the published log, by index. */
function linesOf(log) {
	const lines = [];
	const result = verifyLog(log.log, { keys: [log.vkey], visit: (entry) => lines.push(entry) });
	assert.deepEqual(result.problems, []);
	return lines;
}

const segmentsOf = (log) => readdirSync(join(log.log, 'wal')).filter((name) => /^\d{10}$/.test(name)).sort();

/* A test that fails leaves daemons, which would keep this one waiting for ever. */
after(() => logs.forEach((log) => log.remove()));

test('killed at random under load: every receipt is in the log at its index with its leaf', { timeout: 300e3 }, async () => {
	const log = await started({ config: { segment_bytes: 262144 } });
	const receipts = new Map();
	const unsure = [];
	const size = () => [...receipts.values()].length;

	for (let round = 0; round < ROUNDS; round++) {
		const client = new Client(log.socket);
		/* What was unanswered when the last one died is sent again. */
		const again = unsure.splice(0);
		let going = true;
		const caller = async () => {
			while (going) {
				const fragments = again.length ? again.splice(0, 3) : Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => login());
				try {
					for (const r of await client.append(...fragments)) {
						const known = receipts.get(r.fragment);
						assert.ok(!known || known.index === r.index, 'a second receipt for an entry names another index');
						receipts.set(r.fragment, r);
					}
				} catch (error) {
					if (error.code === 'ERR_ASSERTION') {
						throw error;
					}
					unsure.push(...fragments);
				}
			}
		};
		const callers = Array.from({ length: 32 }, caller);
		await sleep(50 + Math.random() * 400);
		log.daemon.kill('SIGKILL');
		going = false;
		await log.daemon.ended;
		client.close();
		await Promise.all(callers);
		await log.startDaemon();
	}
	assert.ok(size() > ROUNDS);
	const client = new Client(log.socket);
	for (const fragment of unsure) {
		const [r] = await client.append(fragment);
		receipts.set(fragment, r);
	}
	client.close();
	const last = Math.max(...[...receipts.values()].map((r) => r.index));
	await until('published', () => log.published() > last);
	const lines = linesOf(log);
	for (const r of receipts.values()) {
		assert.deepEqual(leafHash(lines[r.index]), r.leaf);
		assert.ok(lines[r.index].toString().endsWith(r.fragment));
	}
	/* Once each, whatever became of the first attempt. */
	const logins = lines.filter((line) => line.includes('"event":"auth.login"')).length;
	assert.equal(logins, receipts.size);
	await ended(log);
});

test('the signer killed at random: it comes back, and checkpoints with it', async () => {
	const log = await started();
	const client = new Client(log.socket);
	for (let round = 0; round < 5; round++) {
		for (let i = 0; i < 20; i++) {
			await client.append(login());
			await sleep(Math.random() * 20);
		}
		await log.stop(log.signer, 'SIGKILL');
		await client.append(login());
		await log.startSigner();
	}
	const { size } = await client.status();
	await until('published', () => log.published() >= size);
	client.close();
	linesOf(log);
	await ended(log);
});

test('a second writer is turned away', async () => {
	const log = await started();
	const second = await log.refusedStart({ socket: join(log.dir, 'second.sock') });
	assert.equal(second.code, 6, second.said);
	assert.match(second.said, /another auditlogd/);
	/* The same for the signer: each of two would know of its own signatures only. */
	const twin = log.spawn('auditlog-signer', { socket: join(log.dir, 'twin.sock'), key: join(log.keys, 'key'), state: join(log.keys, 'memory') });
	assert.equal((await twin.ended).code, 6, twin.said());
	const client = new Client(log.socket);
	await client.append(login());
	client.close();
	await ended(log);
});

test('an older copy put back is refused: the signer knows better', async () => {
	const log = await started();
	await filled(log, 50);
	await log.stop(log.daemon);
	cpSync(log.log, join(log.dir, 'old'), { recursive: true });
	await log.startDaemon();
	await filled(log, 50);
	await log.stop(log.daemon);
	renameSync(log.log, join(log.dir, 'new'));
	renameSync(join(log.dir, 'old'), log.log);
	const old = await log.refusedStart();
	assert.equal(old.code, 4, old.said);
	assert.match(old.said, /old copy/);
	rmSync(log.log, { recursive: true });
	renameSync(join(log.dir, 'new'), log.log);
	await log.startDaemon();
	await ended(log);
});

test('without the signer nothing starts, because nobody knows whether the log is the newest', async () => {
	const log = await started();
	await filled(log, 3);
	await log.stop(log.daemon);
	await log.stop(log.signer);
	const alone = await log.refusedStart({ signer_wait: 'PT1S' });
	assert.equal(alone.code, 7, alone.said);
	await log.startSigner();
	await log.startDaemon();
	await ended(log);
});

/* Stops, damages, expects a refusal that names the entry, mends, starts again. */
async function damaged(log, file, change, place) {
	const path = join(log.log, file);
	const whole = readFileSync(path);
	writeFileSync(path, change(Buffer.from(whole)));
	const { code, said } = await log.refusedStart();
	assert.equal(code, 5, `${file}: ${said}`);
	assert.match(said, place, file);
	writeFileSync(path, whole);
}

const flip = (at) => (bytes) => {
	bytes[at] ^= 1;
	return bytes;
};

test('a changed byte in the log or its tiles is refused at start, and the entry named', async () => {
	const log = await started();
	const receipts = await filled(log, 300);
	await log.stop(log.daemon);
	const [segment] = segmentsOf(log);
	const bytes = readFileSync(join(log.log, 'wal', segment));
	for (const i of [0, 100, 255, 290]) {
		const { index, fragment } = receipts[i];
		await damaged(log, `wal/${segment}`, flip(bytes.indexOf(fragment) + 60), new RegExp(`entry=${index} `));
	}
	await damaged(log, 'tile/0/000', flip(32 * 17 + 5), /entry=17 /);
	const partial = readdirSync(join(log.log, 'tile/0')).filter((name) => name.startsWith('001.p'))[0];
	const width = Math.max(...readdirSync(join(log.log, 'tile/0', partial)).map(Number));
	await damaged(log, `tile/0/${partial}/${width}`, flip(32 * 3), /entry=259 /);
	await damaged(log, 'checkpoint', (b) => Buffer.from(b.toString().replace(/\n\d+\n/, '\n299\n')), /checkpoint/);
	await log.startDaemon();
	linesOf(log);
	await ended(log);
});

test('entries that only their tiles and bundles hold are not taken on trust either', async () => {
	const log = await started({ config: { segment_bytes: 262144 } });
	const receipts = await filled(log, 3000);
	await until('pruned', () => Number(segmentsOf(log)[0]) > 0);
	await log.stop(log.daemon);
	await damaged(log, 'tile/1/000.p/' + readdirSync(join(log.log, 'tile/1/000.p')).map(Number).sort((a, b) => b - a)[0], flip(40), /entry=256 /);
	await log.startDaemon();
	/* The scrubber finds, while all goes on, what a start does not read. */
	writeFileSync(join(log.log, 'tile/entries/000'), flip(5000)(readFileSync(join(log.log, 'tile/entries/000'))));
	const client = new Client(log.socket);
	await until('scrub', async () => /entry \d+ is damaged/.test((await client.status()).text));
	assert.ok((await client.append(login()))[0].index > receipts.at(-1).index);
	client.close();
	await ended(log);
});

test('the index is disposable', async () => {
	const log = await started();
	const tag = 'k3mZAAAAAAAAAAAAAAAAAA';
	const client = new Client(log.socket);
	const ids = [];
	for (let i = 0; i < 30; i++) {
		ids.push((await client.append(login(undefined, tag)))[0].index);
	}
	client.close();
	for (const damage of [
		() => rmSync(join(log.log, 'index'), { recursive: true }),
		() => writeFileSync(join(log.log, 'index/runs'), 'no list of runs'),
		() => writeFileSync(join(log.log, 'index/newest'), ''),
	]) {
		await log.stop(log.daemon);
		damage();
		await log.startDaemon();
		const asking = new Client(log.socket);
		await until('index', async () => (await asking.byTag(tag).catch(() => [])).length === 30);
		assert.deepEqual(await asking.byTag(tag), [...ids].reverse());
		asking.close();
	}
	await ended(log);
});

test('a full disk: refused, told, and over by itself when there is space', async (t) => {
	const { bavail, bsize } = await import('node:fs/promises').then((fs) => fs.statfs('/tmp'));
	if (bavail * bsize < 4e9) {
		t.skip('less than 4 GB free: nothing to take away');
		return;
	}
	/* Room is "full" when less than a gigabyte under what there is now is left; taking two away makes it so. */
	const log = await started({ config: { segment_bytes: 262144, keep_free: bavail * bsize - 1e9 } });
	const ballast = join(log.dir, 'ballast');
	const client = new Client(log.socket);
	log.auditlog('--version');
	const { execFileSync } = await import('node:child_process');
	execFileSync('fallocate', ['-l', '2000000000', ballast]);
	const refused = await until('refusal', async () => {
		try {
			await client.append(...Array.from({ length: 50 }, () => login()));
			return undefined;
		} catch (error) {
			return error;
		}
	});
	assert.match(refused.message, /cannot be written/);
	await assert.rejects(client.append(login()), /cannot be written/);
	assert.equal((await client.status()).healthy, false);
	assert.match((await client.status()).text, /no space/);
	rmSync(ballast);
	await until('back', () => client.append(login()).catch(() => undefined));
	assert.equal((await client.status()).healthy, true);
	const { size } = await client.status();
	await until('published', () => log.published() >= size);
	client.close();
	const text = linesOf(log).map(String).join('\n');
	assert.match(text, /"event":"log.fault"/);
	assert.match(text, /"event":"log.recovered"/);
	await ended(log);
});

test('a directory that is moved away keeps its log; a symlink in its place is not followed', async () => {
	const log = await started();
	await filled(log, 10);
	const client = new Client(log.socket);
	renameSync(log.log, join(log.dir, 'moved'));
	symlinkSync(join(log.dir, 'moved'), log.log);
	const [r] = await client.append(login());
	assert.ok(r.index > 10);
	client.close();
	await log.stop(log.daemon);
	const { code } = await log.refusedStart();
	assert.notEqual(code, 0);
	rmSync(log.log);
	renameSync(join(log.dir, 'moved'), log.log);
	await log.startDaemon();
	const again = new Client(log.socket);
	assert.ok((await again.read(r.index)).endsWith(r.fragment));
	again.close();
	await ended(log);
});

test('SIGTERM writes what waits, says so in the log, and publishes it', async () => {
	const log = await started();
	const client = new Client(log.socket);
	const sent = Array.from({ length: 200 }, () => client.append(login()).catch(() => []));
	await sleep(5);
	assert.deepEqual(await log.stop(log.daemon), { code: 0, signal: null });
	const receipts = (await Promise.all(sent)).flat();
	client.close();
	const lines = linesOf(log);
	for (const r of receipts) {
		assert.ok(lines[r.index].toString().endsWith(r.fragment));
	}
	assert.match(lines.at(-1).toString(), /"event":"log.stopped"/);
	await log.stop(log.signer);
	log.remove();
});

test('two damaged places that nobody can mend are told once each, not each time round', async () => {
	const log = new Log({ config: { segment_bytes: 262144 } });
	await log.startSigner();
	await log.startDaemon();
	const client = new Client(log.socket);
	for (let i = 0; i < 16; i++) {
		await client.append(...Array.from({ length: 200 }, () => login()));
	}
	await until('published', () => log.published() > 3200 && !existsSync(join(log.log, 'wal', '0000000000')));
	for (const name of ['000', '001']) {
		const file = join(log.log, 'tile', 'entries', name);
		const bytes = readFileSync(file);
		bytes[3000] ^= 1;
		writeFileSync(`${log.dir}/${name}`, bytes);
		renameSync(`${log.dir}/${name}`, file); /* at once: half of a file would be damage at another place */
	}
	const told = async () => {
		const { size } = await client.status();
		const lines = await Promise.all(Array.from({ length: size - 3200 }, (_, i) => client.read(3200 + i)));
		return lines.filter((line) => line.includes('"kind":"published_damage"'));
	};
	await until('both are told', async () => (await told()).length >= 2);
	const before = (log.daemon.said().match(/scrub\.damage/g) ?? []).length;
	await sleep(8000); /* at five tiles a second: three times round */
	const places = await told();
	assert.equal(places.length, 2, places.join('\n'));
	assert.equal((log.daemon.said().match(/scrub\.damage/g) ?? []).length, before);
	client.close();
	log.remove();
});
