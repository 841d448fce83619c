// Writes small, valid logs in the published form (C2SP tlog-tiles, entries as auditlog.5), so that the tools for auditors
// can be tried without the daemons. Uses the hashes of the independent verifier and no C code.
//   node make_log.mjs DIR [--size N] [--signer PRIVATE+KEY+…]      prints the verifier key
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { keyId, leafHash, sha256, tileNumber, treeHash } from './verify_log.mjs';

/** A signer from a text "PRIVATE+KEY+name+hex8+base64(type || seed)"; its verifier key is in .vkey. */
export function parseSigner(text) {
	const [, , name, , ...rest] = text.trim().split('+');
	const bytes = Buffer.from(rest.join('+'), 'base64');
	return newSigner(name, bytes[0], bytes.subarray(1));
}

/** type 1 signs checkpoints, 4 cosigns them as a witness. */
export function newSigner(name, type = 1, seed = crypto.randomBytes(32)) {
	const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
	const privateKey = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
	const key = Buffer.from(crypto.createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url');
	const id = keyId(name, type, key);
	const middle = `${name}+${id.toString('hex')}+`;
	return {
		name, type, id, privateKey,
		vkey: middle + Buffer.concat([Buffer.from([type]), key]).toString('base64'),
		text: `PRIVATE+KEY+${middle}${Buffer.concat([Buffer.from([type]), seed]).toString('base64')}`,
	};
}

/** The signature line of a note; `time` (POSIX seconds) only matters to cosignatures. */
export function signatureLine(signer, text, time = 1700000000) {
	const stamp = Buffer.alloc(8);
	stamp.writeBigUInt64BE(BigInt(time));
	const message = signer.type === 4 ? `cosignature/v1\ntime ${time}\n${text}` : text;
	const signature = crypto.sign(null, Buffer.from(message), signer.privateKey);
	const blob = Buffer.concat([signer.id, ...(signer.type === 4 ? [stamp] : []), signature]);
	return `\u2014 ${signer.name} ${blob.toString('base64')}\n`;
}

export const checkpointText = (origin, leaves) => `${origin}\n${leaves.length}\n${treeHash(leaves).toString('base64')}\n`;

/** A signed checkpoint of the tree over these leaf hashes. */
export function signCheckpoint(leaves, { signer, origin = signer.name, witnesses = [], time }) {
	const text = checkpointText(origin, leaves);
	return `${text}\n${[signer, ...witnesses].map((key) => signatureLine(key, text, time)).join('')}`;
}

/** "2026-11-21T22:54:19.123456Z" */
export const timeText = (us) => `${new Date(Number(us / 1000n)).toISOString().slice(0, 23)}${String(us % 1000n).padStart(3, '0')}Z`;

export const uuid = (n) => `0190f3b2-7c1e-7d43-9a55-${n.toString(16).padStart(12, '0')}`;
const token = (label, n) => sha256(`${label} ${n}`).subarray(0, 16).toString('base64url');

/** The emitter's part of an entry, in the member order of auditlog.5. `members` are JSON values. */
export const fragment = (n, event, members = {}) =>
	JSON.stringify({ id: uuid(n), event, by: { service: 'svc_benefits_north' }, ...members }).slice(1);

export const POLICY = `sha256:${sha256('policy').toString('hex')}`;
export const FIRST_TIME_US = 1795300000000000n; // 2026-11-22

/** One consent of person n as consent.granted says it. */
export const grant = (n, id, more = {}) =>
	fragment(id, 'consent.granted', {
		by: { service: 'svc_portal' }, about: [{ tag: token('tag', n), sealed: token('sealed', n) }], purpose: 'eligibility/3',
		categories: ['income', 'family'],
		basis: { type: 'consent', ctag: token('ctag', n), recipient: 'svc_benefits_north', from: '2026-11-01T00:00:00.000000Z', until: '2027-11-01T00:00:00.000000Z' },
		policy: POLICY, ...more,
	});

/** A permit for person n that rests on the grant at `index`. */
export const permit = (n, id, index, more = {}) =>
	fragment(id, 'access.decided', {
		by: { service: 'svc_benefits_north', operator: 'opr_51ac', roles: ['intake-officer'], acr: '2' },
		about: [{ tag: token('tag', n), sealed: token('sealed', id) }], purpose: 'eligibility/3', categories: ['income'],
		action: 'read', decision: 'permit', reason: 'consent_valid', basis: { type: 'consent', index, ctag: token('ctag', n) },
		policy: POLICY, trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', case: `2026-${id}`, ...more,
	});

export const withdrawal = (n, id, index, more = {}) =>
	fragment(id, 'consent.withdrawn', {
		by: { service: 'svc_portal' }, about: [{ tag: token('tag', n) }], purpose: 'eligibility/3',
		basis: { type: 'entry', index, ctag: token('ctag', n) }, ...more,
	});

/** The first policy of a log; a later one says how it came about. */
export const activation = (id, more = {}) =>
	fragment(id, 'policy.activated', { by: { service: 'svc_admin' }, policy: POLICY, facts: { version: 7, how: 'bootstrap' }, ...more });

/** A lawful log of `size` entries: a policy, then grants, permits, refusals, sign-ins and withdrawals in turn. */
export function sampleEntries(size) {
	const kinds = [
		(i, n) => grant(n, i),
		(i, n, granted) => permit(n, i, granted),
		(i, n) => fragment(i, 'auth.login', { by: { service: 'svc_portal' }, about: [{ tag: token('tag', n), sealed: token('seal', i) }] }),
		(i, n, granted) => fragment(i, 'access.outcome', { by: { service: 'svc_tax' }, basis: { type: 'entry', index: granted + 1 }, facts: { outcome: 'released', records: 1 } }),
		(i, n, granted) => withdrawal(n, i, granted),
		(i, n) => fragment(i, 'access.decided', { about: [{ tag: token('tag', n) }], purpose: 'eligibility/3', categories: ['income'], action: 'read', decision: 'refuse', reason: 'consent_withdrawn', policy: POLICY }),
	];
	return Array.from({ length: size }, (_, i) => {
		if (i === 0) return activation(0);
		const round = Math.floor((i - 1) / kinds.length);
		return kinds[(i - 1) % kinds.length](i, round, 1 + round * kinds.length);
	});
}

/** The stored lines: what auditlogd puts before each fragment. `gap` is the microseconds between two entries. */
export function composeLines(fragments, { firstTime = FIRST_TIME_US, gap = 1000000n } = {}) {
	let prev = Buffer.alloc(32);
	return fragments.map((text, index) => {
		const time = timeText(firstTime + BigInt(index) * gap);
		const line = Buffer.from(`{"v":1,"prev":"${prev.toString('base64')}","index":${index},"time":"${time}",${text}`);
		prev = leafHash(line);
		return line;
	});
}

function put(dir, name, bytes) {
	const file = path.join(dir, name);
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(file, bytes);
}

const width = (total, n) => Math.min(256, total - n * 256);
const form = (total, n) => tileNumber(n) + (width(total, n) < 256 ? `.p/${width(total, n)}` : '');

function writeTiles(dir, leaves) {
	for (let level = 0, hashes = leaves; hashes.length > 0; level++) {
		const up = [];
		for (let n = 0; n * 256 < hashes.length; n++) {
			const some = hashes.slice(n * 256, n * 256 + 256);
			put(dir, `tile/${level}/${form(hashes.length, n)}`, Buffer.concat(some));
			if (some.length === 256) up.push(treeHash(some));
		}
		hashes = up;
	}
}

function writeBundles(dir, lines) {
	for (let n = 0; n * 256 < lines.length; n++) {
		const parts = lines.slice(n * 256, n * 256 + 256).flatMap((line) => {
			const length = Buffer.alloc(2);
			length.writeUInt16BE(line.length);
			return [length, line];
		});
		put(dir, `tile/entries/${form(lines.length, n)}`, Buffer.concat(parts));
	}
}

/**
 * Write a log into dir. lines: stored entries, or else fragments that are composed to some, or else `size` sample ones.
 * sizes: earlier sizes whose partial tiles shall lie there too. Gives { dir, size, root, vkey, lines, leaves, checkpoint }.
 */
export function makeLog(dir, { size = 0, fragments, lines, signer = newSigner('log.example.org/ombud'), sizes = [], ...options } = {}) {
	const stored = lines ?? composeLines(fragments ?? sampleEntries(size), options);
	const leaves = stored.map(leafHash);
	for (const count of [...sizes, stored.length]) {
		writeBundles(dir, stored.slice(0, count));
		writeTiles(dir, leaves.slice(0, count));
	}
	const checkpoint = signCheckpoint(leaves, { signer, ...options });
	put(dir, 'checkpoint', checkpoint);
	put(dir, 'log.vkey', `${signer.vkey}\n`);
	return { dir, size: stored.length, root: treeHash(leaves), vkey: signer.vkey, signer, lines: stored, leaves, checkpoint };
}

function main(argv) {
	const value = (name) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined);
	if (!argv[0]) {
		console.error('usage: make_log.mjs DIR [--size N] [--signer PRIVATE+KEY+…]');
		return 2;
	}
	const signer = value('--signer') ? parseSigner(value('--signer')) : undefined;
	console.log(makeLog(argv[0], { size: Number(value('--size') ?? 600), ...(signer && { signer }) }).vkey);
	return 0;
}

if (import.meta.url === `file://${process.argv[1]}`) process.exitCode = main(process.argv.slice(2));
