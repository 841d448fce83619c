/* launch.mjs: starts a supervisor on a DIR and waits until the demo is ready. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SUPERVISOR_LOG, readJson } from './state.mjs';

const SUPERVISOR = fileURLToPath(new URL('supervise.mjs', import.meta.url));

function supervisorArguments(dir, { port, db, fresh }) {
	const args = [SUPERVISOR, '--dir', dir];
	if (port !== undefined) {
		args.push('--port', String(port));
	}
	if (db !== undefined) {
		args.push('--db', db);
	}
	return fresh ? [...args, '--fresh'] : args;
}

const START_MS = 240e3; /* many times what a start takes, on a loaded machine too */

/* Resolves with the process when it says that it is ready; an Error says why it is not. */
function untilReady(child, say, log) {
	return new Promise((done, fail) => {
		const limit = setTimeout(() => {
			child.kill('SIGTERM');
			fail(new Error(`the demo was not ready in ${START_MS / 1000} s; see ${log}`));
		}, START_MS);
		child.on('exit', () => clearTimeout(limit));
		child.on('message', (message) => {
			if (message.say) {
				say(message.say);
			} else if (message.failed) {
				fail(new Error(message.failed));
			} else if (message.ready) {
				clearTimeout(limit);
				done();
			}
		});
		child.on('exit', () => fail(new Error(`the supervisor ended; see ${log}`)));
		child.on('error', fail);
	});
}

/*
 * options: dir, port, db, fresh; say() hears what is done. The demo ends with this process, unless detach() was called.
 * read() gives demo.json as it is now: its pids change when a daemon was started again.
 */
export async function launch({ dir: asked, ...options }, say = () => {}) {
	mkdirSync(asked, { recursive: true });
	const dir = realpathSync(asked);
	const log = join(dir, SUPERVISOR_LOG);
	const output = openSync(log, 'a', 0o600);
	const child = spawn(process.execPath, supervisorArguments(dir, options), { detached: true, stdio: ['ignore', output, output, 'ipc'] });
	closeSync(output);
	const ended = new Promise((done) => child.once('exit', done));
	await untilReady(child, say, log);
	const tell = (message) => new Promise((done) => child.send(message, done));
	return {
		dir, log, ended, pid: child.pid,
		read: () => readJson(join(dir, 'demo.json')),
		describe: (example) => tell({ example }),
		async stop() {
			child.kill('SIGTERM');
			await ended;
		},
		async detach() {
			await tell({ detach: true });
			child.disconnect();
			child.unref();
		},
	};
}
