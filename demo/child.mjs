/* child.mjs: one supervised program: started, watched, started again when it dies, stopped in the end. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

const RESTART_FIRST_MS = 100;
const RESTART_LAST_MS = 1500; /* a dead daemon is back within 2 s */
const STEADY_MS = 5000;
const READY_MS = 120e3; /* many times what a start takes, on a loaded machine too */
const STOP_MS = 8000;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Child {
	#process = null;
	#stopping = false;
	#pause = RESTART_FIRST_MS;

	/* how: { name, program, args, spawn, stopSignal, isReady }; changed() is called when the pid is another one. */
	constructor(how, at, changed) {
		this.how = how;
		this.output = join(at.output, `${how.name}.log`);
		this.changed = changed;
		this.restarts = 0;
	}

	get name() {
		return this.how.name;
	}

	get pid() {
		return this.#process?.pid;
	}

	#launch() {
		const output = openSync(this.output, 'a', 0o600);
		const started = Date.now();
		const child = spawn(this.how.program, this.how.args, { ...this.how.spawn, stdio: ['ignore', output, output] });
		closeSync(output);
		this.#process = child;
		const ended = (reason) => {
			if (this.#process === child) {
				this.#process = null;
				this.#ended(reason, Date.now() - started);
			}
		};
		child.on('error', (error) => ended(error.message));
		child.on('exit', (status, signal) => ended(signal ?? `status ${status}`));
		this.changed();
	}

	#ended(reason, lived) {
		this.reason = reason;
		if (this.#stopping) {
			return;
		}
		this.#pause = lived > STEADY_MS ? RESTART_FIRST_MS : Math.min(this.#pause * 2, RESTART_LAST_MS);
		setTimeout(() => {
			if (!this.#stopping) {
				this.restarts += 1;
				this.#launch();
			}
		}, this.#pause).unref();
	}

	/* Starts it and waits until it serves; an Error with where to look when it does not. */
	async start() {
		const limit = Date.now() + READY_MS;
		this.#launch();
		while (!(this.pid && await this.how.isReady())) {
			if (Date.now() > limit || this.restarts > 2) {
				throw new Error(`${this.name} did not get ready (${this.reason ?? 'still running'}); see ${this.output}`);
			}
			await sleep(20);
		}
	}

	async stop() {
		const child = this.#process;
		this.#stopping = true;
		if (!child) {
			return;
		}
		const gone = new Promise((resolve) => child.once('exit', resolve));
		/* A stopped process (SIGSTOP) takes a signal only when it goes on. */
		child.kill(this.how.stopSignal);
		child.kill('SIGCONT');
		if (await Promise.race([gone.then(() => true), sleep(STOP_MS)])) {
			return;
		}
		child.kill('SIGKILL');
		await gone;
	}
}
