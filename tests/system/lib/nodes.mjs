/*
 * nodes.mjs: a second authd beside a demo's, with a port and an administrator's socket of its own; database, keys and log are
 * the same, as authd/README.md ("Several nodes") has it. Whoever talks to it names the public address, as behind a balancer.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { layout } from '../../../demo/state.mjs';
import { Web, serviceToken, signInThrough, until } from './ombud.mjs';

function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject).listen({ host: '127.0.0.1', port: 0 }, () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

/* Connects to the node, whatever port the address names. */
class NodeAgent extends https.Agent {
	constructor(port, options) {
		super({ keepAlive: true, maxSockets: 64, ...options });
		this.port = port;
	}

	createConnection(options, done) {
		return super.createConnection({ ...options, host: '127.0.0.1', port: this.port }, done);
	}
}

export class Node {
	#clients = [];

	constructor(ombud, name) {
		this.ombud = ombud;
		this.name = name;
		this.at = layout(ombud.dir);
		this.admin = this.at.socket(name);
	}

	/* Starts it, again on the port that it had, and waits until it serves. */
	async start() {
		this.port ??= await freePort();
		const config = join(this.at.etc, `${this.name}.yaml`);
		const { port } = new URL(this.ombud.demo.issuer);
		writeFileSync(config, readFileSync(join(this.at.etc, 'authd.yaml'), 'utf8').replaceAll(new RegExp(`port: ${port}$`, 'gm'), `port: ${this.port}`)
			.replace(/^admin_socket: .*$/m, `admin_socket: ${JSON.stringify(this.admin)}`), { mode: 0o600 });
		const output = openSync(join(this.at.output, `${this.name}.log`), 'a', 0o600);
		this.process = spawn(this.at.program('authd'), ['--config', config], { stdio: ['ignore', output, output] });
		closeSync(output);
		this.gone = new Promise((resolve) => this.process.once('exit', resolve));
		const web = this.web();
		await until(`${this.name} is ready`, async () => {
			if (this.process.exitCode !== null) {
				throw new Error(`${this.name} did not get ready; see its log in ${this.at.output}`);
			}
			return (await web.get(`${this.ombud.demo.issuer}/readyz`).catch(() => undefined))?.status === 200;
		}, { every: 50 });
		return this;
	}

	web(options = {}) {
		const ca = readFileSync(this.ombud.demo.ca);
		const web = new Web({ ca: this.ombud.demo.ca, agent: new NodeAgent(this.port, { ca }), ...options });
		this.#clients.push(web);
		return web;
	}

	browser() {
		const browser = this.ombud.browser({ agent: new NodeAgent(this.port, { ca: readFileSync(this.ombud.demo.ca) }) });
		this.#clients.push(browser);
		return browser;
	}

	async signIn(name) {
		const browser = this.browser();
		await signInThrough(browser, this.ombud.demo.people[name]);
		return browser;
	}

	/* As Ombud.service(); `token` of another node is as good as its own. */
	async service(name, { token, ...fields } = {}) {
		const web = this.web();
		const known = token ?? await serviceToken(web, this.ombud.demo, name, fields);
		const call = (method, path, json, options = {}) => web.request(method, new URL(path, this.ombud.demo.issuer), { json, token: known, ...options });
		return Object.assign(call, { token: known });
	}

	signal(name) {
		this.process.kill(name);
	}

	async stop(signal = 'SIGTERM') {
		this.#clients.forEach((client) => client.close());
		this.#clients = [];
		if (this.process && this.process.exitCode === null) {
			this.process.kill(signal);
			this.process.kill('SIGCONT');
			await this.gone;
		}
	}
}
