/*
 * lab.mjs: a log that faults are tried on, the load on it, and what must hold after each fault:
 *
 *   every receipt that was released is in the log, at its index, with its leaf; once, whoever sent it how often
 *   `auditlog verify` and an independent verifier find the log whole
 *   every checkpoint that was ever seen is a beginning of the newest
 *
 * What was released and seen is noted outside of the disk under test, as a client would.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { Client, idOf, Log, login, macOf, Refused, sleep, until } from '../../system/daemon_run.mjs';
import { leafHash, nodeHash, openCheckpoint, parseVkey, verifyLog } from '../../system/verify_log.mjs';

/* A refusal that a client has to live with: the same is sent again later. */
const LATER = /cannot be written|queue is full|cannot be read now/;

/* Entries that fill a segment soon: n bytes sealed. */
export function bulky(n = 9000) {
	return login().replace('}}', `},"about":[{"tag":"k3mZAAAAAAAAAAAAAAAAAA","sealed":"${'A'.repeat(n - (n % 4))}"}]}`);
}

/* What outlives every fault: receipts by fragment, what has no answer yet, checkpoints by size. */
export class Notes {
	released = new Map();
	unsure = new Set();
	checkpoints = new Map();
	refused = 0;

	receipt(lab, r) {
		const known = this.released.get(r.fragment);
		assert.ok(!known || known.index === r.index, `entry ${known?.index} got a second receipt, for index ${r.index}`);
		assert.deepEqual(macOf(lab.receiptKey, r), r.mac, 'the mac of a receipt');
		this.released.set(r.fragment, { index: r.index, leaf: Buffer.from(r.leaf) });
		this.unsure.delete(r.fragment);
	}

	get last() {
		return Math.max(-1, ...[...this.released.values()].slice(-2000).map((r) => r.index));
	}
}

/* A test that failed leaves its daemons: its process would wait for them. */
const labs = new Set();
after(() => labs.forEach((lab) => lab.remove()));

export class Lab extends Log {
	notes = new Notes();

	constructor(more) {
		super(more);
		labs.add(this);
	}

	remove() {
		labs.delete(this);
		super.remove();
	}

	async start(under) {
		await this.startSigner();
		await this.startDaemon({}, under);
		this.lookAtCheckpoint();
	}

	/* Keeps the published checkpoint, if there is one; a torn or unsigned one fails here. */
	lookAtCheckpoint() {
		const file = join(this.log, 'checkpoint');
		if (!existsSync(file)) {
			assert.equal(this.notes.checkpoints.size, 0, 'a published checkpoint is gone');
			return;
		}
		const { size, root } = openCheckpoint(readFileSync(file), [parseVkey(this.vkey)]);
		const known = this.notes.checkpoints.get(size);
		assert.ok(!known || known.equals(root), `two checkpoints of size ${size}`);
		this.notes.checkpoints.set(size, root);
	}

	/*
	 * One request; true when it got its receipts, false when it was refused or the connection broke: then the fragments are
	 * sent again some other time. Anything else that is said is a fault of auditlogd.
	 */
	async append(client, fragments) {
		fragments.forEach((f) => this.notes.unsure.add(f));
		try {
			for (const r of await client.append(...fragments)) {
				this.notes.receipt(this, r);
			}
			return true;
		} catch (error) {
			if (error.code === 'ERR_ASSERTION') {
				throw error;
			}
			if (error instanceof Refused) {
				assert.match(error.message, LATER);
				this.notes.refused += 1;
			}
			return false;
		}
	}

	/* Sends until there are receipts. */
	async insist(client, fragments) {
		await until('service is back', async () => (await this.append(client, fragments)) || (assert.ok(!client.socket.destroyed, this.daemon.said()), false));
	}

	/* Callers that append on and on until stop(), or until the connection breaks. */
	load({ callers = 16, fragment = login, most = 3 } = {}) {
		const client = new Client(this.socket);
		let going = true;
		const caller = async (i) => {
			const again = [...this.notes.unsure].filter((_, n) => n % callers === i);
			while (going && !client.socket.destroyed) {
				const fragments = again.length ? again.splice(0, 20) : Array.from({ length: 1 + ((i + this.notes.released.size) % most) }, () => fragment());
				if (!(await this.append(client, fragments))) {
					await sleep(5);
				}
			}
		};
		const done = Promise.all(Array.from({ length: callers }, (_, i) => caller(i)));
		done.catch(() => {}); /* thrown again by stop() */
		return {
			stop: async () => {
				going = false;
				await done;
				client.close();
			},
		};
	}

	/* What the daemon answers for released entries: the same line, and the same receipt when they are sent again. */
	async quickCheck(count = 20) {
		const client = new Client(this.socket);
		const newest = [...this.notes.released].slice(-count);
		try {
			for (const [fragment, { index, leaf }] of newest) {
				const line = await client.read(index);
				assert.ok(line.endsWith(fragment), `entry ${index} is another than the one that was receipted`);
				assert.deepEqual(leafHash(Buffer.from(line)), leaf, `leaf of entry ${index}`);
			}
			for (const [fragment] of newest.slice(0, 3)) {
				await this.insist(client, [fragment]);
			}
			for (const fragment of [...this.notes.unsure]) {
				await this.insist(client, [fragment]);
			}
		} finally {
			client.close();
		}
		this.lookAtCheckpoint();
	}

	/* Everything; the daemons are running. */
	async check() {
		await this.quickCheck();
		await until('all is published', () => this.published() > this.notes.last);
		this.lookAtCheckpoint();
		try {
			this.auditlog('verify', this.log, '--key', this.vkey);
		} catch (error) {
			assert.fail(`auditlog verify: ${error.status}: ${error.stdout}${error.stderr}`);
		}
		this.checkFiles();
	}

	checkFiles() {
		const lines = [];
		const { problems, leaves, size } = verifyLog(this.log, { keys: [this.vkey], visit: (line) => lines.push(line) });
		assert.deepEqual(problems, []);
		for (const [fragment, { index, leaf }] of this.notes.released) {
			assert.ok(index < size, `entry ${index} was receipted, and the log ends before ${size}`);
			assert.deepEqual(leaves[index], leaf, `leaf of entry ${index}`);
			assert.ok(lines[index].toString().endsWith(fragment), `entry ${index}`);
		}
		const ids = lines.map((line) => idOf(line.toString()));
		assert.equal(new Set(ids).size, ids.length, 'an id is in the log twice');
		checkRoots(leaves, this.notes.checkpoints);
	}

	async end() {
		for (const child of [this.daemon, this.signer]) {
			if (child && child.exitCode === null && child.signalCode === null) {
				await this.stop(child);
			}
		}
		this.remove();
	}
}

/* The roots of all sizes that were seen, in one walk along the leaves (RFC 6962 2.1, as a compact range). */
function checkRoots(leaves, checkpoints) {
	const stack = [];
	const rootNow = () => stack.reduceRight((right, { hash }) => (right ? nodeHash(hash, right) : hash), undefined);
	for (const size of checkpoints.keys()) {
		assert.ok(size <= leaves.length, `a checkpoint of ${size} entries was seen, now there are ${leaves.length}`);
	}
	leaves.forEach((leaf, i) => {
		let node = { hash: leaf, height: 0 };
		while (stack.at(-1)?.height === node.height) {
			node = { hash: nodeHash(stack.pop().hash, node.hash), height: node.height + 1 };
		}
		stack.push(node);
		const want = checkpoints.get(i + 1);
		assert.ok(!want || want.equals(rootNow()), `the checkpoint of size ${i + 1} is no beginning of this log`);
	});
}
