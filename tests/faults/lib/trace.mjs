/*
 * trace.mjs: auditlogd under strace: what it asked the kernel for, in which order, and the same with faults injected.
 *
 * strace -D makes the daemon our own child and traces it from aside. unfiltered.c says why it has no filter of its own then.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programs } from '../../../demo/state.mjs';

/* The calls that a commit, a change of segments, a checkpoint and a start are made of. */
export const CALLS = ['pwrite64', 'write', 'fdatasync', 'fsync', 'renameat', 'renameat2', 'openat', 'ftruncate', 'fallocate', 'unlinkat',
	'mkdirat', 'linkat', 'fchmod'];

export function whyNoStrace() {
	const { status, stderr, error } = spawnSync('strace', ['-D', '-f', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
	return status === 0 ? undefined : `strace does not work: ${error?.message ?? stderr.trim()}`;
}

/*
 * The command to start a daemon under; the trace goes to file. inject: "fdatasync:error=EIO:when=3", counted in each thread
 * for itself; only: calls on these files alone are traced, counted and made to fail.
 */
export function under(file, { inject, only = [] } = {}) {
	const args = ['-D', '-f', '-qq', '-y', '-x', '-s', '24', '-o', file, '-e', `trace=${[...CALLS, 'sendmsg', 'sendto', 'writev'].join(',')}`];
	if (!inject) {
		return ['strace', '--seccomp-bpf', ...args];
	}
	/* strace forgets to send signals when the kernel picks the calls for it. */
	if (inject.includes('error=')) {
		args.push('--seccomp-bpf');
	}
	args.push('-e', `inject=${inject}`, ...only.flatMap((path) => ['-P', path]));
	return ['strace', ...args, join(dirname(programs), 'tests', 'unfiltered')];
}

/*
 * Calls in the order in which they ended: { pid, name, args, result, injected }. What another thread interrupted on paper
 * is put together again.
 */
export function readTrace(file) {
	const open = new Map();
	const calls = [];
	for (const line of readFileSync(file, 'utf8').split('\n')) {
		const [, pid, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
		if (!rest || /^(---|\+\+\+)/.test(rest)) {
			continue;
		}
		if (rest.endsWith('<unfinished ...>')) {
			open.set(pid, rest.slice(0, -'<unfinished ...>'.length).trimEnd());
			continue;
		}
		const [, resumed] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
		const whole = resumed === undefined ? rest : (open.get(pid) ?? '') + resumed;
		const [, name, args, result] = /^(\w+)\((.*)\) += (-?\d+|\?)/.exec(whole) ?? [];
		if (name) {
			calls.push({ pid, name, args, result: Number(result), injected: whole.includes('(INJECTED)') });
		}
	}
	return calls;
}

/* The file behind the descriptor that is a call's first argument. */
export const fileOf = (call) => /^\d+<([^>]*)>/.exec(call.args)?.[1] ?? '';
/* The first bytes that a call sends, as strace -x spells them. */
export function bytesOf(call) {
	const [, text] = /"((?:[^"\\]|\\.)*)"/.exec(call.args) ?? [];
	return Buffer.from((text ?? '').replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1');
}
