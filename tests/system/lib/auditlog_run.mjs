/* auditlog_run.mjs: the auditor's tool as a test runs it, on logs in a scratch directory. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs } from '../../../demo/state.mjs';
import { makeLog } from '../make_log.mjs';

/* { status, out, err, last } of one `auditlog` command; last is the last line of what it said. */
export function auditlog(...args) {
	const ran = spawnSync(join(programs, 'auditlog'), args, { encoding: 'utf8', maxBuffer: 1 << 28 });
	assert.equal(ran.error, undefined);
	assert.equal(ran.signal, null, ran.stderr);
	const said = (ran.stdout + ran.stderr).trimEnd();
	return { status: ran.status, out: ran.stdout, err: ran.stderr, last: said.slice(said.lastIndexOf('\n') + 1) };
}

/* A directory that goes when the process ends; path(name) in it, log(name, options) made in it, copy(log) of one. */
export function scratch() {
	const dir = mkdtempSync(join(tmpdir(), 'auditlog-'));
	let number = 0;
	process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
	return {
		dir,
		path: (name) => join(dir, name),
		log: (options) => makeLog(join(dir, `log${number++}`), options),
		copy(log) {
			const to = join(dir, `copy${number++}`);
			cpSync(log.dir, to, { recursive: true });
			return { ...log, dir: to };
		},
		drop: (log) => rmSync(log.dir, { recursive: true, force: true }),
	};
}

export const verify = (log, ...more) => auditlog('verify', log.dir, '--key', log.vkey, ...more);
