/*
 * daemons.mjs: the table of what the demo runs, in the order of starting: how each daemon's first state is made, what its
 * configuration says, and how one sees that it is ready. Configurations are written anew at each start, keys and logs never.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { root, writeWhole } from './state.mjs';

export const ORIGIN = 'localhost/ombud-demo';

/* ---- YAML: maps, lists, scalars ---- */

const scalar = (value) => (typeof value === 'string' ? JSON.stringify(value) : String(value));

function yaml(value, indent = '') {
	const lines = [];
	for (const [key, member] of Object.entries(value)) {
		if (Array.isArray(member)) {
			lines.push(`${indent}${key}:`);
			for (const item of member) {
				const text = typeof item === 'object' ? yaml(item, `${indent}    `).trimStart().trimEnd() : scalar(item);
				lines.push(`${indent}  - ${text}`);
			}
		} else if (typeof member === 'object') {
			lines.push(`${indent}${key}:`, yaml(member, `${indent}  `).trimEnd());
		} else {
			lines.push(`${indent}${key}: ${scalar(member)}`);
		}
	}
	return `${lines.join('\n')}\n`;
}

function init(at, program, args) {
	try {
		execFileSync(at.program(program), args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
	} catch (error) {
		throw new Error(`${program} ${args.join(' ')}: ${error.stderr || error.message}`);
	}
}

/* Something answers on the socket. */
function accepts(path) {
	return new Promise((resolve) => {
		const socket = connect(path);
		const end = (answer) => {
			socket.destroy();
			resolve(answer);
		};
		socket.on('connect', () => end(true));
		socket.on('error', () => end(false));
	});
}

/* ---- the table ---- */

const receiptKey = (at) => join(at.secrets, 'receipt.key');

function makeReceiptKey(at) {
	if (!existsSync(receiptKey(at))) {
		writeWhole(receiptKey(at), randomBytes(32));
	}
}

const signer = {
	name: 'auditlog-signer',
	prepare(at) {
		if (!existsSync(join(at.signer, 'key'))) {
			init(at, 'auditlog-signer', ['--init', at.signer, '--name', ORIGIN]);
		}
	},
	config: (at) => ({ socket: at.socket('auditlog-signer'), key: join(at.signer, 'key'), state: join(at.signer, 'memory') }),
	isReady: (at) => accepts(at.socket('auditlog-signer')),
};

const auditlogd = {
	name: 'auditlogd',
	prepare(at, demo) {
		makeReceiptKey(at);
		writeWitnessPolicy(at, demo);
		if (!existsSync(join(at.log, 'wal'))) {
			init(at, 'auditlogd', ['--init', at.log, '--origin', ORIGIN]);
		}
	},
	config: (at) => ({
		socket: at.socket('auditlogd'), log_dir: at.log, receipt_key: receiptKey(at), map_interval: 'PT1M',
		signer: at.socket('auditlog-signer'), vkey: join(at.signer, 'log.vkey'),
		witness_policy: witnessPolicy(at),
	}),
	isReady: (at) => accepts(at.socket('auditlogd')),
};

const keyd = {
	name: 'authd-keyd',
	prepare(at) {
		init(at, 'authd-keyd', ['--init', at.keys]); /* does nothing when all is there */
		makeReceiptKey(at);
	},
	config: (at, demo) => ({ socket: at.socket('authd-keyd'), keyring: at.keys, receipt_key: receiptKey(at), issuer: demo.issuer }),
	isReady: (at) => accepts(at.socket('authd-keyd')),
};

/* A demo that goes on keeps its bundle: what is in force may not change under the same version. */
const authd = {
	name: 'authd',
	prepare(at) {
		if (!existsSync(at.policies)) {
			cpSync(join(root, 'policies'), at.policies, { recursive: true });
		}
	},
	config: (at, demo) => ({
		environment: 'demo',
		issuer: demo.issuer,
		listen: demo.addresses.map((address) => ({ kind: 'tls', address, port: demo.port })),
		admin_socket: at.socket('admin'),
		tls: { certificate: join(at.pki, 'server.pem'), key: join(at.pki, 'server.key'), client_ca: join(at.pki, 'ca.pem') },
		store: demo.store,
		keyd_socket: at.socket('authd-keyd'),
		auditlogd_socket: at.socket('auditlogd'),
		log: { dir: at.log, origin: ORIGIN, vkey: vkeyOf(at), map_age: 'PT1S' },
		policies: at.policies,
		verify_peers: ['127.0.0.1'], /* a reverse proxy on this machine may ask /verify about its visitors */
		/* the demonstration's own sites are on this machine */
		outbound: { hosts: ['localhost:9443'], networks: ['127.0.0.0/8', '::1/128'], ca: join(at.pki, 'ca.pem') },
		jwks_max_age: 'PT5S', /* a rotation of keys takes twice that */
		reports: { running_month: true }, /* so that there is something to see */
		death_wait: 'PT0S', /* nobody waits three days here to see a death confirmed */
		wrong_tries: 10000, /* everybody here comes from one address */
		rate_factor: 1000000, /* and asks as often as a whole region */
	}),
	isReady: (at) => accepts(at.socket('admin')),
};

/* Two witnesses, as other agencies would run them: each has its own key and memory, and looks at the log from outside. */
const WITNESSES = ['witness-1', 'witness-2'];

const witness = (name, number) => ({
	name, program: 'auditlog-signer', options: ['--witness'],
	prepare(at) {
		if (!existsSync(join(at.witness(name), 'key'))) {
			init(at, 'auditlog-signer', ['--witness', '--init', at.witness(name), '--name', `localhost/${name}`]);
		}
	},
	config: (at, demo) => ({
		listen: [`127.0.0.1:${demo.witnessPorts[number]}`, `unix:${at.socket(name)}`],
		key: join(at.witness(name), 'key'), state: join(at.witness(name), 'memory'), logs: [vkeyOf(at)],
	}),
	isReady: (at) => accepts(at.socket(name)),
});

const witnesses = WITNESSES.map(witness);

export const DAEMONS = [signer, ...witnesses, auditlogd, keyd, authd];
export const WITNESS_COUNT = WITNESSES.length;

export const witnessPolicy = (at) => join(at.etc, 'witness.policy');

/* Both of them must cosign. Written when both have their keys, before auditlogd reads it. */
function writeWitnessPolicy(at, demo) {
	const lines = WITNESSES.map((name, i) =>
		`witness ${name} ${readFileSync(join(at.witness(name), 'witness.vkey'), 'utf8').trim()} http://127.0.0.1:${demo.witnessPorts[i]}`);
	writeWhole(witnessPolicy(at), `log ${vkeyOf(at)} ${demo.issuer}/log\n${lines.join('\n')}\ngroup both all ${WITNESSES.join(' ')}\nquorum both\n`);
}

export function vkeyOf(at) {
	return readFileSync(join(at.signer, 'log.vkey'), 'utf8').trim();
}

/* Makes what is missing and writes DIR/etc/<program>.yaml; how the daemon is started. */
export function prepare(daemon, at, demo) {
	daemon.prepare?.(at, demo);
	const path = join(at.etc, `${daemon.name}.yaml`);
	writeWhole(path, yaml(daemon.config(at, demo)));
	return { name: daemon.name, program: at.program(daemon.program ?? daemon.name), args: [...daemon.options ?? [], '--config', path], stopSignal: 'SIGTERM',
		isReady: () => daemon.isReady(at) };
}
