/*
 * reaper.mjs: who runs on a DIR, and how it is ended from outside. DIR/supervisor.pid names the supervisor and its daemons;
 * a pid counts only while its command line is still the one that we started.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { sleep } from './child.mjs';
import { readJson, writeWhole } from './state.mjs';

const STOP_MS = 60000;
const KILL_MS = 5000;

function commandLine(pid) {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
	} catch {
		return '';
	}
}

const isOurs = (at) => ({ pid, mark }) => commandLine(pid).includes(mark ?? at.dir);

function send(pid, signal) {
	try {
		process.kill(pid, signal);
	} catch {
		/* it ended meanwhile */
	}
}

async function waitGone(rows, at, limit) {
	const until = Date.now() + limit;
	while (rows.some(isOurs(at)) && Date.now() < until) {
		await sleep(50);
	}
	return !rows.some(isOurs(at));
}

export function recordRunning(at, children) {
	const daemons = children.filter(({ pid }) => pid).map(({ pid }) => ({ pid }));
	writeWhole(at.supervisor, JSON.stringify({ supervisor: { pid: process.pid }, daemons }));
}

export function forgetRunning(at) {
	rmSync(at.supervisor, { force: true });
}

export function supervisorOf(at) {
	const row = readJson(at.supervisor)?.supervisor;
	return row && isOurs(at)(row) ? row.pid : undefined;
}

/* Ends the supervisor, and what a killed one left behind. True when something ran. */
export async function endAll(at) {
	if (!existsSync(at.supervisor)) {
		return false;
	}
	const { supervisor, daemons } = readJson(at.supervisor);
	const ran = [supervisor, ...daemons].some(isOurs(at));
	if (isOurs(at)(supervisor)) {
		send(supervisor.pid, 'SIGTERM');
		if (!await waitGone([supervisor], at, STOP_MS)) {
			send(supervisor.pid, 'SIGKILL');
		}
	}
	for (const signal of ['SIGTERM', 'SIGKILL']) {
		for (const { pid } of daemons.filter(isOurs(at))) {
			send(pid, signal);
			send(pid, 'SIGCONT');
		}
		await waitGone(daemons, at, KILL_MS);
	}
	forgetRunning(at);
	return ran;
}
