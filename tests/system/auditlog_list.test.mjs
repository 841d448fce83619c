/* auditlog_list.test.mjs: several logs that belong together, verified by one list of them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, Log, login } from './daemon_run.mjs';
import { auditlog, scratch } from './lib/auditlog_run.mjs';
import { newSigner } from './make_log.mjs';

const s = scratch();
const names = ['north.example.org/ombud', 'south.example.org/ombud', 'east.example.org/ombud'];
const logs = names.map((name, i) => s.log({ size: 100 * (i + 1), signer: newSigner(name) }));
let files = 0;

function list(...lines) {
	const file = s.path(`list${files++}`);
	writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
	return file;
}
const line = (log, dir = log.dir) => `log ${log.vkey} ${dir}`;
const verify = (file, ...more) => auditlog('verify', '--list', file, ...more);

function damaged(log) {
	const copy = s.copy(log);
	const file = join(copy.dir, 'tile/entries/000.p/200');
	const bytes = readFileSync(file);
	bytes[3000] ^= 1;
	writeFileSync(file, bytes);
	return copy;
}

test('every log of the list is verified, with the options that were given', () => {
	const ran = verify(list('# the regions', '', ...logs.map((log) => line(log))), '--lawful', '--strict');
	assert.equal(ran.status, 0, ran.out + ran.err);
	for (const [i, name] of names.entries()) {
		assert.match(ran.out, new RegExp(`log +${name} in`));
		assert.match(ran.out, new RegExp(`size +${100 * (i + 1)} entries`));
	}
	assert.equal(ran.last, 'HOLDS: all 3 logs');
	const told = JSON.parse(verify(list(...logs.map((log) => line(log))), '--json').out);
	assert.equal(told.holds, true);
	assert.deepEqual(told.logs.map((log) => [log.origin, log.holds]), names.map((name) => [name, true]));
});

test('one log that does not hold is named, and the others are still judged', () => {
	const bad = damaged(logs[1]);
	const file = list(line(logs[0]), line(bad), line(logs[2]));
	const ran = verify(file);
	assert.equal(ran.status, 1);
	assert.equal(ran.last, `DOES NOT HOLD: 1 of 3 logs, the first is ${bad.dir}`);
	assert.match(ran.out, new RegExp(`size +300 entries`));
	const told = JSON.parse(verify(file, '--json').out);
	assert.deepEqual([told.holds, ...told.logs.map((log) => log.holds)], [false, true, false, true]);
});

test('a log that cannot be read is no success; one that does not hold weighs more', () => {
	const away = line(logs[0], s.path('nowhere'));
	assert.equal(verify(list(away, line(logs[1]))).status, 3);
	assert.equal(verify(list(away, line(damaged(logs[1])))).status, 1);
	assert.equal(JSON.parse(verify(list(away, line(logs[1])), '--json').out).holds, false);
});

test("another log's key does not open it, and one log does not stand for two", () => {
	assert.equal(verify(list(`log ${logs[0].vkey} ${logs[1].dir}`)).status, 1);
	assert.equal(verify(list(line(logs[0]), line(logs[0]))).status, 2);
	assert.equal(verify(list(line(logs[0]), line(logs[0], s.copy(logs[0]).dir))).status, 2);
	assert.equal(verify(list(line(logs[0]), `log ${logs[1].vkey} ${logs[0].dir}`)).status, 2);
});

test('a log whose key a policy brings along does not stand for another one of the list', () => {
	const policy = s.path('policy');
	writeFileSync(policy, `${logs.map((log) => `log ${log.vkey}\n`).join('')}quorum none\n`);
	assert.equal(verify(list(line(logs[0]), line(logs[1])), '--witness', policy).status, 0);
	const ran = verify(list(line(logs[0]), line(logs[1], s.copy(logs[0]).dir)), '--witness', policy);
	assert.equal(ran.status, 1);
	assert.match(ran.out, /it is of the log north\.example\.org\/ombud, and the list says south/);
});

test('a list that is none is refused with its line', () => {
	for (const [text, why] of [['', /no log/], ['# nothing', /no log/], ['lag x y', /line 1: "lag"/], [`log ${logs[0].vkey}`, /line 1: behind the key/],
		[`log ${logs[0].vkey.slice(0, -4)} /srv`, /line 1: .*no verifier key/], [`\n${line(logs[0])} more`, /line 2: there is more/], ['log a\0b c', /no text/]]) {
		const ran = verify(list(text));
		assert.equal(ran.status, 2, text);
		assert.match(ran.err, why);
	}
	assert.equal(verify(s.path('none')).status, 3);
});

test('a list and a single log do not go together', () => {
	const file = list(line(logs[0]));
	assert.equal(auditlog('verify', logs[0].dir, '--list', file).status, 2);
	assert.equal(auditlog('verify').status, 2);
	assert.equal(verify(file, '--key', logs[0].vkey).status, 2);
});

test('a list cut or bent anywhere never crashes, and never passes for another', () => {
	const whole = readFileSync(list(line(logs[0])));
	for (let n = 0; n < whole.length; n++) {
		const bent = Buffer.from(whole);
		bent[n] ^= 0x10;
		for (const bytes of [whole.subarray(0, n), bent]) {
			const file = s.path('bent');
			writeFileSync(file, bytes);
			const ran = verify(file);
			assert.ok([1, 2, 3].includes(ran.status) || bytes.toString().trim() === whole.toString().trim(), `${n}: ${ran.status}`);
		}
	}
});

test('regions that run a log each, with a daemon, a signer and a key of their own, are verified by one list', async () => {
	const regions = names.slice(0, 2).map((origin) => new Log({ origin }));
	for (const [i, log] of regions.entries()) {
		await log.startSigner();
		await log.startDaemon();
		const client = new Client(log.socket);
		await client.append(...Array.from({ length: 5 * (i + 1) }, () => login()));
		client.close();
		await log.stop(log.daemon);
	}
	const whole = list(...regions.map((log) => `log ${log.vkey} ${log.log}`));
	const ran = verify(whole, '--strict');
	assert.equal(ran.status, 0, ran.out + ran.err);
	assert.equal(ran.last, 'HOLDS: all 2 logs');
	for (const name of names.slice(0, 2)) {
		assert.match(ran.out, new RegExp(`log +${name} in`));
	}
	/* One of them under the name and key of the other. */
	assert.equal(verify(list(`log ${regions[0].vkey} ${regions[1].log}`)).status, 1);
	regions.forEach((log) => log.remove());
});
