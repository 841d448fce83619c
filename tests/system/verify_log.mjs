// An independent verifier of a published log directory: written from the public formats (tlog-tiles, tlog-checkpoint,
// signed-note, tlog-cosignature, RFC 6962) and auditlog.5 alone, sharing no code with the C programs. Other tests import
// verifyLog(); from a shell:  node verify_log.mjs DIR --key VKEY [--raw]   (0 it holds, 1 it does not, 2 usage)
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export const sha256 = (...parts) => {
	const h = crypto.createHash('sha256');
	for (const part of parts) h.update(part);
	return h.digest();
};
const ZERO = Buffer.from([0]);
const ONE = Buffer.from([1]);
export const leafHash = (entry) => sha256(ZERO, entry);
export const nodeHash = (left, right) => sha256(ONE, left, right);

/** RFC 6962 2.1: the tree hash of leaf hashes, straight from the definition. */
export function treeHash(hashes) {
	if (hashes.length === 0) return sha256();
	let level = hashes;
	while (level.length > 1) {
		const up = [];
		for (let i = 0; i + 1 < level.length; i += 2) up.push(nodeHash(level[i], level[i + 1]));
		if (level.length % 2) up.push(level.at(-1));
		level = up;
	}
	return level[0];
}

/** "005", "x001/x234/067": how tlog-tiles spells a number. */
export function tileNumber(n) {
	let text = String(n % 1000).padStart(3, '0');
	for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000))
		text = `x${String(rest % 1000).padStart(3, '0')}/${text}`;
	return text;
}

export const keyId = (name, type, key) => sha256(name, '\n', Buffer.from([type]), key).subarray(0, 4);

/** name+hex8+base64(type || key); throws when the hash in it does not fit. */
export function parseVkey(vkey) {
	const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey.trim());
	if (!match) throw new Error(`not a verifier key: ${vkey}`);
	const bytes = Buffer.from(match[3], 'base64');
	const [type, key] = [bytes[0], bytes.subarray(1)];
	const id = keyId(match[1], type, key);
	if (id.toString('hex') !== match[2]) throw new Error(`the key ID of ${match[1]} does not fit its key`);
	const publicKey = crypto.createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' });
	return { name: match[1], id, type, publicKey };
}

/** { text, signatures: [{ name, id, bytes }] } of a signed note; throws on anything that is none. */
export function parseNote(bytes) {
	const note = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	const cut = note.lastIndexOf('\n\n');
	if (cut < 0 || !note.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new Error('not a signed note');
	const signatures = note.slice(cut + 2, -1).split('\n').map((line) => {
		const match = /^\u2014 (\S+) (\S+)$/.exec(line);
		const blob = match && Buffer.from(match[2], 'base64');
		if (!match || match[1].includes('+') || blob.length < 5 || blob.toString('base64') !== match[2])
			throw new Error(`not a signature line: ${line}`);
		return { name: match[1], id: blob.subarray(0, 4), bytes: blob.subarray(4) };
	});
	return { text: note.slice(0, cut + 1), signatures };
}

function signatureHolds(key, text, bytes) {
	if (key.type === 1) return crypto.verify(null, Buffer.from(text), key.publicKey, bytes);
	if (key.type !== 4 || bytes.length !== 72) return false;
	const message = `cosignature/v1\ntime ${bytes.readBigUInt64BE(0)}\n${text}`;
	return crypto.verify(null, Buffer.from(message), key.publicKey, bytes.subarray(8));
}

/** Names of the keys that signed. A known key with a wrong signature spoils the note. */
export function noteSigners(note, keys) {
	const signers = new Set();
	for (const signature of note.signatures) {
		const key = keys.find((k) => k.name === signature.name && k.id.equals(signature.id));
		if (!key) continue;
		if (!signatureHolds(key, note.text, signature.bytes)) throw new Error(`the signature of ${key.name} is wrong`);
		signers.add(key.name);
	}
	return signers;
}

/** { origin, size, root, signers } of a checkpoint that at least one of the keys signed. */
export function openCheckpoint(bytes, keys) {
	const note = parseNote(bytes);
	const [origin, size, root] = note.text.split('\n');
	if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || Buffer.from(root, 'base64').length !== 32) throw new Error('not a checkpoint');
	const signers = noteSigners(note, keys);
	if (!keys.some((key) => key.type === 1 && key.name === origin && signers.has(key.name)))
		throw new Error('the checkpoint is not signed by the log\'s key');
	return { origin, size: Number(size), root: Buffer.from(root, 'base64'), signers };
}

/** The first `width` items of tile n: from the partial file or, when that is gone, from the full one. */
function readTile(dir, kind, n, width) {
	const full = path.join(dir, 'tile', String(kind), tileNumber(n));
	if (width === 256) return fs.readFileSync(full);
	try {
		return fs.readFileSync(`${full}.p/${width}`);
	} catch (error) {
		if (error.code !== 'ENOENT') throw error;
		return fs.readFileSync(full);
	}
}

function splitBundle(bytes, width) {
	const entries = [];
	let at = 0;
	while (entries.length < width) {
		if (at + 2 > bytes.length || at + 2 + bytes.readUInt16BE(at) > bytes.length) throw new Error('the bundle is cut short');
		const length = bytes.readUInt16BE(at);
		entries.push(bytes.subarray(at + 2, at + 2 + length));
		at += 2 + length;
	}
	return { entries, rest: bytes.length - at };
}

const HEAD = /^\{"v":1,"prev":"([A-Za-z0-9+/]{43}=)","index":(0|[1-9][0-9]*),"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","id":"[0-9a-f-]{36}","event":"[a-z_.]+"/;

function checkEntry(entry, index, before) {
	const line = new TextDecoder('utf-8', { fatal: true }).decode(entry);
	const head = HEAD.exec(line);
	JSON.parse(line);
	if (!head || line.includes('\n') || entry.length > 16384) throw new Error('it is not an entry of auditlog.5');
	if (head[1] !== before.leaf.toString('base64')) throw new Error('prev is not the hash of the entry before');
	if (head[2] !== String(index)) throw new Error(`it says index ${head[2]}`);
	if (head[3] <= before.time) throw new Error('its time does not rise');
	return { leaf: leafHash(entry), time: head[3] };
}

/** Every hash of every level against its tile; the roots of full tiles are the next level. */
function checkTiles(dir, leaves, problems) {
	for (let level = 0, hashes = leaves; hashes.length > 0; level++) {
		const up = [];
		for (let n = 0; n * 256 < hashes.length; n++) {
			const want = hashes.slice(n * 256, n * 256 + 256);
			const name = `tile/${level}/${tileNumber(n)}`;
			try {
				const have = readTile(dir, level, n, want.length);
				if (have.length < want.length * 32 || (have.length !== want.length * 32 && have.length !== 8192))
					throw new Error(`it has ${have.length} bytes`);
				want.forEach((hash, i) => {
					if (!hash.equals(have.subarray(i * 32, i * 32 + 32))) throw new Error(`hash ${i} does not fit the entries`);
				});
			} catch (error) {
				problems.push(`${name}: ${error.message}`);
			}
			if (want.length === 256) up.push(treeHash(want));
		}
		hashes = up;
	}
}

/**
 * Verify the log in dir. keys: verifier keys as text. raw: the entries are somebody else's, check the tree alone.
 * Gives { ok, problems, size, root, origin, signers, leaves, entries } and throws only on unusable arguments.
 */
export function verifyLog(dir, { keys, raw = false, visit = () => {} }) {
	const verifiers = keys.map(parseVkey);
	const problems = [];
	const leaves = [];
	let checkpoint = { size: 0, root: null, origin: '', signers: new Set() };
	try {
		checkpoint = openCheckpoint(fs.readFileSync(path.join(dir, 'checkpoint')), verifiers);
	} catch (error) {
		return { ok: false, problems: [`checkpoint: ${error.message}`], ...checkpoint, leaves };
	}
	let before = { leaf: Buffer.alloc(32), time: '' };
	for (let first = 0; first < checkpoint.size; first += 256) {
		const width = Math.min(256, checkpoint.size - first);
		try {
			const { entries } = splitBundle(readTile(dir, 'entries', first / 256, width), width);
			entries.forEach((entry, i) => {
				const leaf = leafHash(entry);
				leaves.push(leaf);
				try {
					if (!raw) before = checkEntry(entry, first + i, before);
					visit(entry, first + i, leaf);
				} catch (error) {
					problems.push(`entry ${first + i}: ${error.message}`);
					before = { leaf, time: before.time };
				}
			});
		} catch (error) {
			problems.push(`tile/entries/${tileNumber(first / 256)}: ${error.message}`);
			return { ok: false, problems, ...checkpoint, leaves };
		}
	}
	checkTiles(dir, leaves, problems);
	if (!treeHash(leaves).equals(checkpoint.root)) problems.push('checkpoint: its root is not the root of the entries');
	return { ok: problems.length === 0, problems, ...checkpoint, leaves };
}

function main(argv) {
	const keys = argv.flatMap((arg, i) => (arg === '--key' && argv[i + 1] ? [argv[i + 1]] : []));
	const dir = argv[0];
	if (!dir || keys.length === 0) {
		console.error('usage: verify_log.mjs DIR --key VKEY [--raw]');
		return 2;
	}
	const result = verifyLog(dir, { keys, raw: argv.includes('--raw') });
	for (const problem of result.problems) console.log(`bad: ${problem}`);
	console.log(result.ok ? `holds: ${result.size} entries, root ${result.root.toString('base64')}` : 'does not hold');
	return result.ok ? 0 : 1;
}

if (import.meta.url === `file://${process.argv[1]}`) process.exitCode = main(process.argv.slice(2));
