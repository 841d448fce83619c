/*
 * supervise.mjs: runs one demo on a DIR until it is told to stop. `demo.mjs` starts it and listens on its IPC channel:
 * { say } for each thing done, { ready } or { failed } once. Without { detach } it ends when the channel closes.
 *
 *   node demo/supervise.mjs --dir DIR [--port N] [--db sqlite|postgres] [--fresh]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync, rmSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Child } from './child.mjs';
import { DAEMONS, ORIGIN, WITNESS_COUNT, prepare, vkeyOf, witnessPolicy } from './daemons.mjs';
import { AUDITORS, CLIENTS, loadPeople } from './people.mjs';
import { postgresDaemon, postgresDatabase } from './postgres.mjs';
import { endAll, forgetRunning, recordRunning, supervisorOf } from './reaper.mjs';
import { SUPERVISOR_LOG, State, layout, makeDirectories, root, writeWhole } from './state.mjs';

const PORT = 8443;

const tell = (message) => process.connected && process.send(message);
const say = (text) => tell({ say: text });

/* ---- the directory ---- */

/* --fresh removes only what looks like a demo, so that a slip of the pen does not empty a home directory. */
function removeOld(dir) {
	const names = readdirSync(dir).filter((name) => ![SUPERVISOR_LOG, 'lost+found'].includes(name));
	if (names.length > 0 && !existsSync(join(dir, 'state.json'))) {
		throw new Error(`${dir} is not empty and not a demo: --fresh does not remove it`);
	}
	for (const name of names) {
		rmSync(join(dir, name), { recursive: true, force: true });
	}
}

async function openDirectory({ dir, fresh }) {
	mkdirSync(dir, { recursive: true });
	const at = layout(realpathSync(dir));
	if (supervisorOf(at)) {
		throw new Error(`a demo already runs on ${at.dir}: ./run stop --dir '${at.dir}' ends it`);
	}
	await endAll(at);
	if (fresh) {
		removeOld(at.dir);
	}
	makeDirectories(at);
	rmSync(at.demo, { force: true });
	recordRunning(at, []);
	return at;
}

function makePki(at) {
	const services = Object.entries(CLIENTS).filter(([, { auth }]) => auth === 'tls_client_auth').flatMap(([name]) => ['--service', name]);
	const auditors = AUDITORS.flatMap((name) => ['--auditor', name]);
	execFileSync(join(root, 'certs', 'dev-pki'), [...services, ...auditors, at.pki], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/* ---- the port ---- */

const loopbacks = () => ['127.0.0.1', ...(networkInterfaces().lo ?? []).some(({ family }) => String(family).endsWith('6')) ? ['::1'] : []];

/* Listens for a moment on every loopback address; the port that was free, or undefined. */
async function freePort(wanted) {
	const servers = [];
	let port = wanted;
	try {
		for (const host of loopbacks()) {
			const server = createServer();
			servers.push(server);
			await new Promise((resolve, reject) => server.once('error', reject).listen({ host, port, exclusive: true }, resolve));
			port = server.address().port;
		}
		return port;
	} catch (error) {
		if (error.code !== 'EADDRINUSE') {
			throw error;
		}
		return undefined;
	} finally {
		await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	}
}

/* A demo that goes on keeps its address, because tokens and links name it. */
async function choosePort(asked, state) {
	const kept = state.get('port');
	if (asked !== 0) {
		const port = await freePort(asked ?? kept ?? PORT);
		if (!port) {
			throw new Error(`port ${asked ?? kept ?? PORT} is taken: choose another with --port`);
		}
		return port;
	}
	for (let attempt = 0; attempt < 20; attempt++) {
		const port = await freePort(attempt === 0 && kept ? kept : 0);
		if (port) {
			return port;
		}
	}
	throw new Error('no free port');
}

/* Those of last time when they are still free: witnesses are known by their address. */
async function chooseWitnessPorts(state) {
	const kept = state.get('witness_ports') ?? [];
	const ports = [];
	while (ports.length < WITNESS_COUNT) {
		const port = (kept[ports.length] && await freePort(kept[ports.length])) || await freePort(0);
		if (port && !ports.includes(port)) {
			ports.push(port);
		}
	}
	state.set('witness_ports', ports);
	return ports;
}

function chooseDatabase(asked, state) {
	const kept = state.get('db');
	if (kept && asked && kept !== asked) {
		throw new Error(`this directory has a demo on ${kept}: --fresh starts anew`);
	}
	return kept ?? asked ?? 'sqlite';
}

/* ---- running ---- */

class Demo {
	children = [];
	stopping = null;

	constructor(at, state) {
		this.at = at;
		this.state = state;
	}

	async #add(how) {
		const child = new Child(how, this.at, () => this.publish());
		this.children.push(child);
		await child.start();
	}

	async startAll({ port, db, witnessPorts }) {
		this.port = port;
		this.issuer = `https://localhost:${port}`;
		this.store = `sqlite:${join(this.at.store, 'ombud.db')}`;
		if (db === 'postgres') {
			await this.#add(postgresDaemon(this.at));
			this.store = postgresDatabase(this.at);
		}
		for (const daemon of DAEMONS) {
			await this.#add(prepare(daemon, this.at, { port, issuer: this.issuer, store: this.store, addresses: loopbacks(), witnessPorts }));
		}
	}

	/* What demo.json says; undefined until everything is loaded. */
	describe(loaded) {
		const { at, issuer } = this;
		const version = /\d+\.\d+\.\d+/.exec(execFileSync(at.program('authctl'), ['--version'], { encoding: 'utf8' }))?.[0];
		this.description = {
			issuer, ca: join(at.pki, 'ca.pem'), version,
			log: { dir: at.log, url: `${issuer}/log`, origin: ORIGIN, vkey: vkeyOf(at), witness_policy: witnessPolicy(at) },
			db: this.store, socket: { admin: at.socket('admin'), auditlogd: at.socket('auditlogd') },
			...this.description, ...loaded,
		};
		this.publish();
	}

	publish() {
		recordRunning(this.at, this.children);
		if (this.description) {
			const pids = Object.fromEntries(this.children.filter(({ pid }) => pid).map(({ name, pid }) => [name, pid]));
			writeWhole(this.at.demo, `${JSON.stringify({ ...this.description, pids: this.stopping ? {} : pids }, null, 2)}\n`);
		}
	}

	stop() {
		this.stopping ??= (async () => {
			for (const child of [...this.children].reverse()) {
				await child.stop();
			}
			this.publish();
			forgetRunning(this.at);
		})();
		return this.stopping;
	}
}

async function main() {
	const { values } = parseArgs({ options: {
		dir: { type: 'string' }, port: { type: 'string' }, db: { type: 'string' }, fresh: { type: 'boolean', default: false },
	} });
	let demo;
	let detached = false;

	const end = async (status) => {
		await demo?.stop();
		process.exit(status);
	};
	process.on('SIGTERM', () => end(0));
	process.on('SIGINT', () => end(0));
	process.on('SIGHUP', () => end(0));
	process.on('disconnect', () => detached || end(0));
	process.on('message', ({ detach, example }) => {
		detached ||= detach === true;
		if (example) {
			demo.describe({ example });
		}
	});

	try {
		const at = await openDirectory(values);
		const state = new State(at);
		demo = new Demo(at, state);
		await start(demo, values);
		tell({ ready: true });
	} catch (error) {
		await demo?.stop();
		if (!process.send) {
			throw error;
		}
		process.send({ failed: error.message }, () => process.exit(1));
	}
}

async function start(demo, values) {
	const { at, state } = demo;
	const db = chooseDatabase(values.db, state);
	const port = await choosePort(values.port === undefined ? undefined : Number(values.port), state);
	state.set('db', db);
	state.set('port', port);
	makePki(at);
	await demo.startAll({ port, db, witnessPorts: await chooseWitnessPorts(state) });
	say(`started ${demo.children.map(({ name }) => name).join(', ')} on ${demo.issuer} (${db}); state in ${at.dir}`);
	demo.describe(await loadPeople(at, state, demo, say));
}

await main();
