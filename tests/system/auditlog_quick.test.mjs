/* auditlog_quick.test.mjs: find and export that read only the part of a log that was asked for. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, Log, login, tagNew, until, uuidNew } from './daemon_run.mjs';
import { auditlog, scratch } from './lib/auditlog_run.mjs';

const s = scratch();
const SIZE = 3000;
const log = s.log({ size: SIZE });
const key = ['--key', log.vkey];
const times = log.lines.map((line) => JSON.parse(line).time);

function run(command, from, to, ...more) {
	const limits = [...(from ? ['--from', from] : []), ...(to ? ['--to', to] : [])];
	return auditlog(command, log.dir, ...key, ...limits, ...more);
}
const readCount = (ran) => Number(/of (\d+) entries read/.exec(ran.err)[1]);

function bent(file, at) {
	const copy = s.copy(log);
	const bytes = readFileSync(join(copy.dir, file));
	bytes[at] ^= 1;
	writeFileSync(join(copy.dir, file), bytes);
	return copy;
}

test('a part gives exactly what the whole would give for it, wherever its edges lie', () => {
	const edges = [undefined, times[0], times[1], times[255], times[256], times[257], times[1500], times[2815], times[2816], times[2999], '2031-01-01'];
	for (const from of edges) {
		for (const to of edges) {
			const whole = run('find', from, to, '--json');
			if (from === undefined && to === undefined) {
				continue;
			}
			const quick = run('find', from, to, '--json', '--quick');
			assert.equal(quick.status, 0, quick.err);
			assert.equal(quick.out, whole.out, `${from} to ${to}`);
		}
	}
	assert.equal(run('export', times[700], times[900], '--quick', '--csv').out, run('export', times[700], times[900], '--csv').out);
});

test('it reads little more than what it gives', () => {
	assert.ok(readCount(run('find', times[1500], times[1501], '--quick')) <= 512);
	assert.ok(readCount(run('find', undefined, times[10], '--quick')) <= 256);
	assert.ok(readCount(run('find', '2031-01-01', undefined, '--quick')) <= 256);
});

test('what is damaged inside the part ends in 1, what is damaged elsewhere is not judged', () => {
	const inside = bent('tile/entries/005', 4000);
	const limits = ['--from', times[1400], '--to', times[1450]];
	const ran = auditlog('export', inside.dir, ...key, ...limits, '--quick');
	assert.equal(ran.status, 1);
	assert.match(ran.last, /DOES NOT HOLD/);
	const tile = bent('tile/0/005', 32 * 200);
	assert.equal(auditlog('find', tile.dir, ...key, ...limits, '--quick').status, 1, 'a hash tile');
	const outside = bent('tile/entries/002', 4000);
	assert.equal(auditlog('find', outside.dir, ...key, ...limits, '--quick').status, 0);
	assert.equal(auditlog('find', outside.dir, ...key, ...limits).status, 1);
	assert.equal(auditlog('find', bent('checkpoint', 40).dir, ...key, ...limits, '--quick').status, 1);
});

test('bundle and hash tile bent together are noticed: the path leads to the signed root or nowhere', () => {
	const other = s.log({ fragments: log.lines.map((line, i) => line.toString().replace(/^.*?"id"/, '"id"').replace(/svc_tax|svc_benefits_north/, i > 1400 ? 'svc_other' : '$&')), signer: log.signer });
	const forged = s.copy(log);
	for (const file of ['tile/0/005', 'tile/entries/005']) {
		writeFileSync(join(forged.dir, file), readFileSync(join(other.dir, file)));
	}
	const ran = auditlog('find', forged.dir, ...key, '--from', times[1400], '--to', times[1450], '--quick');
	assert.equal(ran.status, 1, ran.out);
	assert.match(ran.err, /do not lead to the signed root/);
});

test('without a limit it says what it needs', () => {
	assert.equal(auditlog('find', log.dir, ...key, '--quick').status, 2);
	assert.equal(auditlog('find', log.dir, ...key, '--quick', '--event', 'auth.login').status, 2);
});

test("a tag is looked up in the operator's index, newer entries are read, and both are said", async (t) => {
	const live = new Log();
	t.after(() => live.remove());
	await live.startSigner();
	await live.startDaemon();
	const client = new Client(live.socket);
	const tag = tagNew();
	for (let i = 0; i < 8; i++) {
		await client.append(...Array.from({ length: 125 }, (_, n) => (n === 7 ? login(uuidNew(), tag) : login())));
	}
	await until('published', () => live.published() >= 1001);
	client.close();
	await live.stop(live.daemon); /* which writes the index to its end */
	const quick = auditlog('find', live.log, '--key', live.vkey, '--tag', tag, '--quick', '--json');
	assert.equal(quick.status, 0, quick.err);
	assert.equal(quick.out, auditlog('find', live.log, '--key', live.vkey, '--tag', tag, '--json').out);
	assert.equal(quick.out.trim().split('\n').length, 8);
	assert.match(quick.err, /operator's index/);
	assert.ok(readCount(auditlog('find', live.log, '--key', live.vkey, '--tag', tag, '--quick')) < 300);
});
