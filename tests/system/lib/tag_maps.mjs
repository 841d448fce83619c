/*
 * tag_maps.mjs: maps of a month and proofs of completeness once more, written from auditlog.5 alone and sharing no code
 * with the C programs: it makes log.map entries for test logs and checks proof files that the programs made.
 */
import { leafHash, nodeHash, openCheckpoint, parseVkey, sha256, treeHash } from '../verify_log.mjs';
import { fragment, timeText } from '../make_log.mjs';

const u64 = (n) => {
	const bytes = Buffer.alloc(8);
	bytes.writeBigUInt64BE(BigInt(n));
	return bytes;
};

const chainOf = (tag, indices) => indices.reduce((chain, i) => sha256(chain, u64(i)), sha256('ombud log.map v1 chain\n', tag));
const mapLeaf = (month, tag, count, chain) => leafHash(Buffer.concat([Buffer.from(`ombud log.map v1\n${month}${tag}`), u64(count), chain]));

/** { first, size, until, tags: Map(tag → indices), root } of the entries of this month among the first `size` lines. */
export function mapOf(lines, month, size) {
	const tags = new Map();
	let first, until, end;
	for (let i = 0; i < size; i++) {
		const entry = JSON.parse(lines[i]);
		if (!entry.time.startsWith(month)) continue;
		first ??= i;
		until = entry.time;
		end = i + 1;
		for (const tag of new Set((entry.about ?? []).map((a) => a.tag))) tags.set(tag, [...(tags.get(tag) ?? []), i]);
	}
	const sorted = [...tags.keys()].sort();
	const root = treeHash(sorted.map((tag) => mapLeaf(month, tag, tags.get(tag).length, chainOf(tag, tags.get(tag)))));
	return { first, size: end, until, tags, root };
}

/**
 * Stored lines from steps in order. A step is { us, text } (a fragment) or { us, map: month, closed, facts }: a log.map
 * over all lines before it; `facts` overrides what it says.
 */
export function composeWithMaps(steps) {
	const lines = [];
	let prev = Buffer.alloc(32);
	for (const [index, step] of steps.entries()) {
		let { text } = step;
		if (step.map) {
			const map = mapOf(lines, step.map, step.size ?? lines.length);
			const facts = { month: step.map, first: map.first, size: map.size, until: map.until, tags: map.tags.size,
				root: map.root.toString('base64'), closed: step.closed ? 1 : 0, ...step.facts };
			text = fragment(900000 + index, 'log.map', { by: { service: 'auditlogd' }, facts });
		}
		const line = Buffer.from(`{"v":1,"prev":"${prev.toString('base64')}","index":${index},"time":"${timeText(step.us)}",${text}`);
		prev = leafHash(line);
		lines.push(line);
	}
	return lines;
}

/** RFC 9162 2.1.3.2. */
function leadsTo(root, size, index, leaf, path) {
	let [fn, sn, r] = [index, size - 1, leaf];
	if (index >= size) return false;
	for (const p of path) {
		if (sn === 0) return false;
		if (fn % 2 || fn === sn) {
			r = nodeHash(p, r);
			while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
		} else r = nodeHash(r, p);
		[fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
	}
	return sn === 0 && r.equals(root);
}

/** Checks a proof file by the rules of auditlog.5; { tag, month, parts: [{ month, closed, until, indices }] } or throws. */
export function checkMapProof(text, tag, vkey) {
	const lines = text.split('\n');
	let at = 0;
	const ensure = (good, what) => { if (!good) throw new Error(`line ${at}: ${what}`); };
	const after = (words) => {
		const line = lines[at++];
		ensure(line?.startsWith(words), `not ${words}`);
		return line.slice(words.length);
	};
	const hashes = () => {
		const list = [];
		while (lines[at] !== '') list.push(Buffer.from(lines[at++], 'base64'));
		at++;
		return list;
	};
	after('ombud-map-proof v1');
	ensure(after('tag ') === tag, 'another tag');
	const month = after('month ');
	const parts = Array.from({ length: Number(after('parts ')) }, () => {
		const part = { index: Number(after('map ')), entry: after('entry '), path: hashes(), indices: [] };
		const kind = lines[at++];
		if (kind === 'absent') {
			for (const side of ['left', 'right']) {
				const said = after(`${side} `);
				if (said === 'none') continue;
				const [position, leafTag, count, chain] = said.split(' ');
				part[side] = { position: Number(position), tag: leafTag, count: Number(count), chain: Buffer.from(chain, 'base64'), path: hashes() };
			}
			return part;
		}
		const [, position, count] = kind.split(' ').map(Number);
		for (let i = 0; i < count; i++) part.indices.push(Number(after('at ')));
		part.own = { position, tag, count, chain: chainOf(tag, part.indices), path: hashes() };
		return part;
	});
	const head = openCheckpoint(Buffer.from(lines.slice(at).join('\n')), [parseVkey(vkey)]);
	for (const part of parts) {
		ensure(leadsTo(head.root, head.size, part.index, leafHash(Buffer.from(part.entry)), part.path), 'the map is not in the log');
		const { index, event, facts } = JSON.parse(part.entry);
		ensure(index === part.index && event === 'log.map', 'no log.map');
		const inMap = (leaf) => leadsTo(Buffer.from(facts.root, 'base64'), facts.tags, leaf.position, mapLeaf(facts.month, leaf.tag, leaf.count, leaf.chain), leaf.path);
		if (part.own) ensure(inMap(part.own), 'the tag is not in the map');
		else {
			ensure(part.left ? part.left.tag < tag && inMap(part.left) : true, 'left');
			ensure(part.right ? part.right.tag > tag && inMap(part.right) : true, 'right');
			const next = part.left ? part.left.position + 1 : 0;
			ensure(next === (part.right ? part.right.position : facts.tags), 'not neighbours');
		}
		ensure(part.indices.every((i, n) => i >= facts.first && i < facts.size && (n === 0 || i > part.indices[n - 1])), 'indices');
		Object.assign(part, { month: facts.month, closed: facts.closed === 1, until: facts.until, size: facts.size, first: facts.first });
	}
	const main = parts.findIndex((part) => part.month === month);
	ensure(main >= 0, 'no map of the month');
	ensure(parts.every((part, i) => i === 0 || (parts[i - 1].closed && parts[i - 1].size === part.first)), 'a gap');
	ensure(!parts[main].closed || main + 1 < parts.length, 'the month behind it is missing');
	return { tag, month, parts, size: head.size };
}
