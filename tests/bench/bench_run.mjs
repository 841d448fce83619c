/* bench_run.mjs: running things while watching what they cost. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programs } from '../../demo/state.mjs';

const TICKS_US = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const run = promisify(execFile);

/* A load generator of this folder; the object that it prints. */
export async function load(program, ...args) {
	const running = run(join(programs, '..', 'tests', program), args.map(String));
	/* how far it is, and nothing else of what it says: whoever waits minutes wants to know */
	running.child.stderr.on('data', (text) => /^\r?\d+ of \d+ /.test(text) && process.stderr.write(text));
	const { stdout } = await running;
	return JSON.parse(stdout);
}

/* Microseconds of processor that a process has used. */
export function cpuUs(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ');
	return (Number(fields[11]) + Number(fields[12])) * TICKS_US;
}

/* A line of /proc/PID/status in MiB: VmRSS now, VmHWM at most so far. */
export function memoryMb(pid, line = 'VmRSS') {
	return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm'))[1]) / 1024;
}

/* The same with pages that several processes have divided among them. */
export function sharedMb(pid) {
	return Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+) kB/m)[1]) / 1024;
}

/* Runs a program to its end: what it printed, seconds that passed, seconds of processor, MiB at most. */
export function timed(command, args) {
	return new Promise((resolve, reject) => {
		const began = process.hrtime.bigint();
		const seen = { cpu: 0, memory: 0 };
		const child = execFile(command, args, (error, stdout) => {
			clearInterval(watch);
			const seconds = Number(process.hrtime.bigint() - began) / 1e9;
			return error ? reject(error) : resolve({ stdout, seconds, cpu: seen.cpu / 1e6, memory: seen.memory });
		});
		/* The last look comes at most one tick of the clock before the end: what is measured runs for seconds. */
		const watch = setInterval(() => {
			try {
				seen.cpu = Math.max(seen.cpu, cpuUs(child.pid));
				seen.memory = Math.max(seen.memory, memoryMb(child.pid, 'VmHWM'));
			} catch {
				/* it has just ended */
			}
		}, 5);
	});
}
