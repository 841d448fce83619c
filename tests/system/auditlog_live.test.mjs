/*
 * auditlog_live.test.mjs: the auditor's tool and the independent verifier on a log that auditlogd is writing at that moment:
 * whatever the moment, it holds.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { programs } from '../../demo/state.mjs';
import { auditlog, scratch } from './lib/auditlog_run.mjs';
import { fragment } from './make_log.mjs';
import { accepts, sleep, until } from './daemon_run.mjs';
import { verifyLog } from './verify_log.mjs';

const ORIGIN = 'log.example.org/live';
const [APPEND, RECEIPTS] = [1, 2];
const s = scratch();
const running = [];
const at = { signer: s.path('signer'), log: s.path('log'), receiptKey: s.path('receipt.key') };
let socket;

async function start(program, settings) {
	const config = s.path(`${program}.yaml`);
	writeFileSync(config, Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join(''));
	const child = spawn(join(programs, program), ['--config', config], { stdio: ['ignore', 'inherit', 'inherit'] });
	running.push(child);
	await until(`${program} answers`, () => accepts(settings.socket));
}

/* Frames as auditlog/base/msg.h has them; one request at a time. */
function append(fragments) {
	const blocks = fragments.flatMap((text) => {
		const head = Buffer.alloc(4);
		head.writeUInt32BE(Buffer.byteLength(text));
		return [head, Buffer.from(text)];
	});
	const body = Buffer.concat([Buffer.alloc(2), ...blocks]);
	body.writeUInt16BE(fragments.length);
	const header = Buffer.alloc(14);
	header.writeUInt32BE(10 + body.length, 0);
	header.writeUInt16BE(APPEND, 4);
	return new Promise((resolve, reject) => {
		let got = Buffer.alloc(0);
		const take = (part) => {
			got = Buffer.concat([got, part]);
			if (got.length < 4 || got.length < 4 + got.readUInt32BE(0)) {
				return;
			}
			socket.off('data', take);
			if (got.readUInt16BE(4) === RECEIPTS) {
				resolve(Number(got.readBigUInt64BE(16)));
			} else {
				reject(new Error(`refused: ${got.subarray(14)}`));
			}
		};
		socket.on('data', take);
		socket.write(Buffer.concat([header, body]));
	});
}

before(async () => {
	writeFileSync(at.receiptKey, randomBytes(32), { mode: 0o600 });
	execFileSync(join(programs, 'auditlog-signer'), ['--init', at.signer, '--name', ORIGIN]);
	execFileSync(join(programs, 'auditlogd'), ['--init', at.log, '--origin', ORIGIN]);
	mkdirSync(s.path('run'), { recursive: true });
	at.vkey = readFileSync(join(at.signer, 'log.vkey'), 'utf8').trim();
	await start('auditlog-signer', { socket: s.path('run/signer.sock'), key: join(at.signer, 'key'), state: join(at.signer, 'memory') });
	await start('auditlogd', { socket: s.path('run/log.sock'), log_dir: at.log, receipt_key: at.receiptKey, signer: s.path('run/signer.sock'),
		vkey: join(at.signer, 'log.vkey') });
	socket = connect(s.path('run/log.sock'));
});

after(() => {
	socket?.destroy();
	for (const child of running.reverse()) {
		child.kill('SIGTERM');
	}
});

const sizeNow = () => Number(readFileSync(join(at.log, 'checkpoint'), 'utf8').split('\n')[1]);

test('a log holds at every moment while it is written, and its proofs do', async () => {
	let next = 0;
	let last = 0;
	for (let round = 0; round < 25; round++) {
		const count = 1 + ((round * 37) % 90);
		const some = Array.from({ length: count }, () => fragment(next++, 'auth.login'));
		last = await append(some) + count - 1;
		await until('the first checkpoint', () => existsSync(join(at.log, 'checkpoint')));
		const ran = auditlog('verify', at.log, '--key', at.vkey, '--old', join(at.log, 'checkpoint'));
		assert.equal(ran.status, 0, ran.out + ran.err);
		await sleep(round % 5 === 0 ? 300 : 10);
	}
	await until('the last entry is under a signed checkpoint', () => sizeNow() > last);
	assert.equal(auditlog('verify', at.log, '--key', at.vkey, '--strict').status, 0);
	assert.deepEqual(verifyLog(at.log, { keys: [at.vkey] }).problems, []);
	const [proof, entry] = [s.path('proof'), s.path('entry')];
	assert.equal(auditlog('prove', at.log, String(last), '-o', proof, '--entry-output', entry, '--key', at.vkey).status, 0);
	assert.equal(auditlog('check', proof, '--entry', entry, '--key', at.vkey).status, 0);
});
