/*
 * auditlog_tool.test.mjs: `auditlog verify` against logs that are whole and logs that are not. Nothing damaged, unsigned,
 * truncated, missing or short of a quorum may end in 0, and the last line names the place.
 */
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync,
	symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { auditlog, scratch, verify } from './lib/auditlog_run.mjs';
import { composeLines, fragment, newSigner, parseSigner, permit, sampleEntries, signCheckpoint, signatureLine } from './make_log.mjs';
import { leafHash, verifyLog } from './verify_log.mjs';

const s = scratch();
const SIZE = 600;
/* What is published at 600 with the partial tiles of two earlier checkpoints still there. */
const whole = s.log({ size: SIZE, sizes: [5, 300] });
const FILES = ['tile/0/000', 'tile/0/001', 'tile/0/002.p/88', 'tile/1/000.p/2', 'tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/88'];
const EARLIER = ['tile/0/000.p/5', 'tile/0/001.p/44', 'tile/1/000.p/1', 'tile/entries/000.p/5', 'tile/entries/001.p/44'];

/* The places whose naming is right when `file` is damaged: itself, or for a bundle one of its entries. */
function placeIn(file, index) {
	const bundle = /^tile\/entries\/(\d+)/.exec(file);
	return bundle && index !== undefined ? new RegExp(`: entry ${index}: |: ${file}: `) : new RegExp(`: ${file}: `);
}

/* Damages a copy, and demands that the tool and the independent verifier see it, and where. */
function assertCaught(what, damage, place, { log = whole, independent = true } = {}) {
	const copy = s.copy(log);
	damage(copy.dir);
	const ran = verify(copy);
	assert.ok(ran.status === 1 || (ran.status === 3 && place === undefined), `${what}: exit ${ran.status}\n${ran.out}${ran.err}`);
	assert.match(ran.last, /^(DOES NOT HOLD|CANNOT READ): /, what);
	if (place) {
		assert.match(ran.last, place, what);
	}
	if (independent) {
		assert.equal(verifyLog(copy.dir, { keys: [log.vkey] }).ok, false, `${what}: not seen by the independent verifier`);
	}
	s.drop(copy);
	return ran;
}

const edit = (file, change) => (dir) => {
	const path = join(dir, file);
	writeFileSync(path, change(readFileSync(path)));
};
const flip = (file, at, bit) => edit(file, (bytes) => {
	bytes[at] ^= 1 << bit;
	return bytes;
});

/* Positions over a whole file: its ends, and steps between that are no multiple of anything in the format. */
function positions(length, count) {
	const step = Math.max(1, Math.floor(length / count) - 1);
	const list = [length - 1];
	for (let at = 0; at < length; at += step) {
		list.push(at);
	}
	return list;
}

/* Which entry of a bundle the byte at `at` lies in; undefined for a length prefix. */
function entryAt(file, at) {
	const bytes = readFileSync(join(whole.dir, file));
	let index = Number(/entries\/(\d+)/.exec(file)[1]) * 256;
	for (let from = 0; from < bytes.length; index++) {
		const length = bytes.readUInt16BE(from);
		if (at < from + 2) {
			return undefined;
		}
		if (at < from + 2 + length) {
			return index;
		}
		from += 2 + length;
	}
	return undefined;
}

test('whole logs of every size hold, strictly and lawfully, in the eyes of both verifiers', () => {
	for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 600, 65_537]) {
		const log = s.log({ size });
		const ran = verify(log, '--strict', '--lawful');
		assert.equal(ran.status, 0, `${size}: ${ran.out}${ran.err}`);
		assert.match(ran.last, /^HOLDS/);
		assert.equal(verifyLog(log.dir, { keys: [log.vkey] }).ok, true);
		s.drop(log);
	}
});

test('earlier partial tiles may stay, and one thread finds the same as many', () => {
	for (const jobs of ['1', '2', '7']) {
		assert.equal(verify(whole, '--strict', '--jobs', jobs).status, 0);
	}
	const copy = s.copy(whole);
	flip('tile/entries/001', 5000, 3)(copy.dir);
	const [one, many] = ['1', '5'].map((jobs) => verify(copy, '--jobs', jobs));
	assert.equal(one.last, many.last);
	s.drop(copy);
});

test('a flipped bit in any file that counts is found and placed', () => {
	for (const file of FILES) {
		const length = statSync(join(whole.dir, file)).size;
		for (const at of positions(length, 12)) {
			const index = file.includes('entries') ? entryAt(file, at) : undefined;
			assertCaught(`${file}, byte ${at}`, flip(file, at, at % 8), placeIn(file, index));
		}
	}
});

test('a flipped bit anywhere in the checkpoint is found', () => {
	const length = statSync(join(whole.dir, 'checkpoint')).size;
	for (let at = 0; at < length; at += 3) {
		assertCaught(`checkpoint, byte ${at}`, flip('checkpoint', at, at % 7), /: checkpoint: /);
	}
});

test('a flipped bit in a partial tile of an earlier checkpoint is found', () => {
	for (const file of EARLIER) {
		const length = statSync(join(whole.dir, file)).size;
		for (const at of positions(length, 3)) {
			assertCaught(`${file}, byte ${at}`, flip(file, at, 0), placeIn(file), { independent: false });
		}
	}
});

test('a truncated file is found, wherever it is cut', () => {
	for (const file of [...FILES, ...EARLIER, 'checkpoint']) {
		const length = statSync(join(whole.dir, file)).size;
		for (const keep of [0, 1, 2, 31, Math.floor(length / 2), length - 32, length - 1]) {
			assertCaught(`${file} cut to ${keep}`, edit(file, (bytes) => bytes.subarray(0, keep)), placeIn(file),
				{ independent: !EARLIER.includes(file) });
		}
	}
});

test('a file with something behind its end is found', () => {
	for (const file of [...FILES, ...EARLIER, 'checkpoint']) {
		for (const tail of ['\0', '\0\0', '\n', 'x'.repeat(32), '\0\x05hello']) {
			assertCaught(`${file} with ${tail.length} more bytes`, (dir) => appendFileSync(join(dir, file), tail), placeIn(file),
				{ independent: false });
		}
	}
});

test('a missing file is found', () => {
	for (const file of [...FILES, 'checkpoint', 'tile/entries', 'tile/0', 'tile/1', 'tile']) {
		assertCaught(`${file} removed`, (dir) => rmSync(join(dir, file), { recursive: true }),
			FILES.includes(file) ? placeIn(file) : undefined);
	}
});

test('files that changed places are found', () => {
	const pairs = [['tile/entries/000', 'tile/entries/001'], ['tile/0/000', 'tile/0/001'], ['tile/0/002.p/88', 'tile/entries/002.p/88'],
		['tile/1/000.p/2', 'tile/0/000'], ['checkpoint', 'tile/0/000']];
	for (const [a, b] of pairs) {
		assertCaught(`${a} and ${b} swapped`, (dir) => {
			renameSync(join(dir, a), join(dir, 'other'));
			renameSync(join(dir, b), join(dir, a));
			renameSync(join(dir, 'other'), join(dir, b));
		});
	}
});

test('one file in the place of another is found', () => {
	for (const file of FILES) {
		for (const other of [...FILES, ...EARLIER].filter((name) => name !== file)) {
			assertCaught(`${other} copied over ${file}`, (dir) => copyFileSync(join(dir, other), join(dir, file)), placeIn(file, '\\d+'));
		}
	}
});

/* ---- somebody who can rewrite files, but not sign; then somebody who can sign ---- */

/* The same log written anew from changed lines, under the old checkpoint. */
function rewritten(change) {
	const lines = [...whole.lines];
	change(lines);
	const log = s.log({ lines, signer: whole.signer });
	writeFileSync(join(log.dir, 'checkpoint'), whole.checkpoint);
	return log;
}

test('a log that is consistent in itself but not what was signed does not hold', () => {
	const changes = {
		'an entry changed': (lines) => { lines[300] = Buffer.from(lines[300].toString().replace('"case"', '"case"').replace('svc_', 'svx_')); },
		'an entry left out': (lines) => lines.splice(300, 1),
		'an entry twice': (lines) => lines.splice(300, 0, lines[300]),
		'two entries swapped': (lines) => { [lines[300], lines[301]] = [lines[301], lines[300]]; },
		'the last entry gone': (lines) => lines.pop(),
		'one entry more': (lines) => lines.push(lines[0]),
	};
	for (const [what, change] of Object.entries(changes)) {
		const log = rewritten(change);
		const ran = verify(log);
		assert.equal(ran.status, 1, `${what}: ${ran.out}`);
		assert.match(ran.last, /entry \d+|checkpoint|tile\//, what);
	}
});

/* Lines as a dishonest operator with the real key would sign them. */
function signedLines(change) {
	const lines = composeLines(sampleEntries(300));
	const at = change(lines);
	return { log: s.log({ lines }), at };
}

test('even a signed log does not hold when an entry is not what an entry must be', () => {
	const replace = (lines, at, from, to) => {
		const before = lines[at].toString();
		lines[at] = Buffer.from(before.replace(from, to));
		assert.notEqual(lines[at].toString(), before);
		return at;
	};
	const changes = {
		'prev of zeroes': (lines) => replace(lines, 100, /"prev":"[^"]+"/, `"prev":"${'A'.repeat(43)}="`),
		'prev of the entry before the last': (lines) => replace(lines, 256, /"prev":"[^"]+"/, `"prev":"${leafHash(lines[254]).toString('base64')}"`),
		'another index': (lines) => replace(lines, 256, '"index":256', '"index":257'),
		'an index with a leading zero': (lines) => replace(lines, 7, '"index":7', '"index":07'),
		'a time that stands still': (lines) => replace(lines, 299, /"time":"[^"]+"/, /"time":"[^"]+"/.exec(lines[298].toString())[0]),
		'a time that goes back over a bundle': (lines) => replace(lines, 256, /"time":"[^"]+"/, '"time":"2020-01-01T00:00:00.000000Z"'),
		'an unknown event': (lines) => replace(lines, 3, 'auth.login', 'auth.lagin'),
		'an unknown member': (lines) => replace(lines, 3, '"event"', '"evil":1,"event"'),
		'a member twice': (lines) => replace(lines, 3, '"event":"auth.login"', '"event":"auth.login","event":"auth.login"'),
		'white space': (lines) => replace(lines, 3, ',"event"', ', "event"'),
		'a line break': (lines) => replace(lines, 299, /\}$/, '}\n'),
		'no JSON': (lines) => { lines[299] = Buffer.from('hello'); return 299; },
		'nothing at all': (lines) => { lines[299] = Buffer.alloc(0); return 299; },
		'not UTF-8': (lines) => { lines[299][lines[299].length - 5] = 0xff; return 299; },
		'a first entry with a past': (lines) => replace(lines, 0, /"prev":"[^"]+"/, `"prev":"${'A'.repeat(42)}E="`),
	};
	/* Only --strict reads entries whole; the others are seen at a glance. */
	const needStrict = ['an unknown event', 'an unknown member', 'a member twice', 'white space', 'not UTF-8'];
	for (const [what, change] of Object.entries(changes)) {
		const { log, at } = signedLines(change);
		for (const options of needStrict.includes(what) ? [['--strict'], ['--lawful']] : [[], ['--strict']]) {
			const ran = verify(log, ...options);
			assert.equal(ran.status, 1, `${what}: ${ran.out}`);
			assert.match(ran.last, new RegExp(`: entry ${at}: `), what);
		}
		s.drop(log);
	}
});

test('a checkpoint nobody signed, or somebody else did, does not hold', () => {
	const stranger = newSigner('log.example.org/ombud');
	const other = newSigner('other.example.org/log');
	const text = whole.checkpoint.slice(0, whole.checkpoint.lastIndexOf('\n\n') + 1);
	const wrong = signatureLine(whole.signer, `${text}x`);
	const forms = {
		'by a key of the same name': `${text}\n${signatureLine(stranger, text)}`,
		'by another name': `${text}\n${signatureLine(other, text)}`,
		'without signatures': `${text}\n`,
		'without the empty line': text,
		'with a wrong one besides the right one': `${whole.checkpoint}${wrong}`,
		'for another origin': signCheckpoint(whole.leaves, { signer: whole.signer, origin: 'other.example.org/log' }),
		'with a size that is too large by one': text.replace('600', '601'),
		'empty': '',
	};
	for (const [what, checkpoint] of Object.entries(forms)) {
		assertCaught(`a checkpoint ${what}`, (dir) => writeFileSync(join(dir, 'checkpoint'), checkpoint), /: checkpoint: /);
	}
	assert.equal(verify({ ...whole, vkey: stranger.vkey }).status, 1);
});

test('a witness\'s cosignature is no signature of the log', () => {
	const witness = newSigner('log.example.org/ombud', 4);
	const text = whole.checkpoint.slice(0, whole.checkpoint.lastIndexOf('\n\n') + 1);
	const copy = s.copy(whole);
	writeFileSync(join(copy.dir, 'checkpoint'), `${text}\n${signatureLine(witness, text)}`);
	assert.equal(verify(copy).status, 1);
	const ran = auditlog('verify', copy.dir, '--key', witness.vkey);
	assert.equal(ran.status, 2, ran.err);
	assert.match(ran.err, /--witness/);
});

/* ---- older checkpoints ---- */

const checkpointAt = (log, size) => {
	const file = s.path(`checkpoint-${size}-${Math.random()}`);
	writeFileSync(file, signCheckpoint(log.leaves.slice(0, size), { signer: log.signer }));
	return file;
};

test('older checkpoints of the same log are continued, at every kind of size', () => {
	const files = [0, 1, 2, 255, 256, 257, 300, 511, 512, 513, 599, 600].flatMap((size) => ['--old', checkpointAt(whole, size)]);
	const ran = verify(whole, ...files);
	assert.equal(ran.status, 0, ran.out);
	assert.match(ran.out, /12 older checkpoints/);
});

test('a rewritten, a shortened and a foreign past are found', () => {
	const fork = s.log({ fragments: sampleEntries(SIZE).map((text) => text.replaceAll('svc_tax', 'svc_tix')), signer: whole.signer });
	const forked = checkpointAt(fork, 300);
	let ran = verify(whole, '--old', checkpointAt(whole, 100), '--old', forked);
	assert.equal(ran.status, 1);
	assert.ok(ran.last.includes(forked) && ran.last.includes('rewritten'), ran.last);

	const short = s.log({ lines: whole.lines.slice(0, 500), signer: whole.signer });
	ran = verify(short, '--old', checkpointAt(whole, 600));
	assert.equal(ran.status, 1);
	assert.match(ran.last, /600 entries and the log only 500/);

	const foreign = s.path('foreign');
	writeFileSync(foreign, s.log({ size: 3 }).checkpoint);
	assert.equal(verify(whole, '--old', foreign).status, 1);
	assert.equal(verify(whole, '--old', s.path('nothing')).status, 3);
});

/* ---- witnesses ---- */

const witnesses = ['w1', 'w2', 'w3'].map((name) => newSigner(`${name}.example.org`, 4));

function policyFile(text) {
	const file = s.path(`policy-${Math.random()}`);
	writeFileSync(file, text);
	return file;
}

const twoOfThree = policyFile(`# who watches\n${witnesses.map((w, i) => `witness w${i + 1} ${w.vkey} https://w${i + 1}.example.org\n`).join('')}
group all-of-them 2 w1 w2 w3\nquorum all-of-them\n`);

const now = () => Math.floor(Date.now() / 1000);

function cosigned(some, time = now()) {
	const copy = s.copy(whole);
	writeFileSync(join(copy.dir, 'checkpoint'), signCheckpoint(whole.leaves, { signer: whole.signer, witnesses: some, time }));
	return copy;
}

test('a quorum of witnesses is demanded, and anything short of it does not hold', () => {
	assert.equal(verify(cosigned(witnesses.slice(0, 2)), '--witness', twoOfThree).status, 0);
	assert.equal(verify(cosigned(witnesses), '--witness', twoOfThree).status, 0);
	for (const some of [[], [witnesses[0]], [witnesses[1], witnesses[1]], [witnesses[0], newSigner('w2.example.org', 4)]]) {
		const ran = verify(cosigned(some), '--witness', twoOfThree);
		assert.equal(ran.status, 1);
		assert.match(ran.last, /short of the quorum/);
	}
});

test('a quorum that is a day old does not hold, unless that is said to be enough', () => {
	const old = cosigned(witnesses, now() - 25 * 3600);
	const ran = verify(old, '--witness', twoOfThree);
	assert.equal(ran.status, 1);
	assert.match(ran.last, /the newest cosignature is of/);
	assert.equal(verify(old, '--witness', twoOfThree, '--max-age', 'PT26H').status, 0);
	assert.equal(verify(old, '--witness', twoOfThree, '--max-age', 'PT0S').status, 0);
	assert.equal(verify(cosigned(witnesses, now() - 7200), '--witness', twoOfThree, '--max-age', 'PT1H').status, 1);
	assert.equal(verify(old, '--witness', twoOfThree, '--max-age', '1 day').status, 2);
});

test('a cosignature from the future counts for nothing', () => {
	assert.equal(verify(cosigned(witnesses, now() + 3600), '--witness', twoOfThree).status, 1);
	const copy = cosigned(witnesses.slice(0, 2), now() - 30 * 3600);
	const text = readFileSync(join(copy.dir, 'checkpoint'), 'utf8');
	appendFileSync(join(copy.dir, 'checkpoint'), signatureLine(witnesses[2], text.slice(0, text.indexOf('\n\n') + 1), now() + 3600));
	assert.equal(verify(copy, '--witness', twoOfThree).status, 1, 'nor does it make the others fresh');
});

test('a key that is a log\'s and a witness\'s makes no policy', () => {
	const self = newSigner('w4.example.org', 4, Buffer.alloc(32, 7));
	const log = newSigner('log.example.org/ombud', 1, Buffer.alloc(32, 7));
	const ran = verify(whole, '--witness', policyFile(`witness w ${self.vkey}\nlog ${log.vkey}\nquorum w\n`));
	assert.equal(ran.status, 2);
	assert.match(ran.last, /that of a log and of a witness/);
});

test('a checkpoint beside a newer witnessed one must be a beginning of it', () => {
	const copy = cosigned(witnesses);
	const text = readFileSync(join(copy.dir, 'checkpoint'), 'utf8');
	const beside = (leaves) => {
		writeFileSync(join(copy.dir, 'checkpoint.witnessed'), text);
		writeFileSync(join(copy.dir, 'checkpoint'), signCheckpoint(leaves, { signer: whole.signer }));
		return verify(copy, '--witness', twoOfThree);
	};
	assert.equal(beside(whole.leaves.slice(0, 200)).status, 0);
	const ran = beside([...whole.leaves.slice(1, 200), whole.leaves[0]]);
	assert.equal(ran.status, 1);
	assert.match(ran.last, /checkpoint: the first 200 entries of the log do not give its root/);
});

test('every cosignature of the quorum must be fresh, not only the newest: one witness cannot make an old copy look new', () => {
	const copy = cosigned([witnesses[0]]);
	const text = readFileSync(join(copy.dir, 'checkpoint'), 'utf8');
	const body = text.slice(0, text.indexOf('\n\n') + 1);
	appendFileSync(join(copy.dir, 'checkpoint'), signatureLine(witnesses[1], body, now() - 30 * 3600));
	assert.equal(verify(copy, '--witness', twoOfThree, '--max-age', 'PT31H').status, 0);
	const ran = verify(copy, '--witness', twoOfThree);
	assert.equal(ran.status, 1);
	assert.match(ran.last, /a quorum has cosigned it, but not lately/);
});

test('a wrong cosignature by a witness we know spoils the checkpoint even when the quorum is there', () => {
	const copy = cosigned(witnesses.slice(0, 2));
	appendFileSync(join(copy.dir, 'checkpoint'), signatureLine(witnesses[2], 'something else\n'));
	const ran = verify(copy, '--witness', twoOfThree);
	assert.equal(ran.status, 1);
	assert.match(ran.last, /w3\.example\.org is wrong/);
});

test('a policy can nest groups and bring the log\'s key', () => {
	const nested = policyFile(`log ${whole.vkey}\n${witnesses.map((w, i) => `witness w${i + 1} ${w.vkey}\n`).join('')}
group pair all w2 w3\ngroup top any w1 pair\nquorum top\n`);
	const run = (some) => auditlog('verify', cosigned(some).dir, '--witness', nested, '--key', whole.vkey).status;
	assert.deepEqual([run([witnesses[0]]), run(witnesses.slice(1)), run([witnesses[1]])], [0, 0, 1]);
	assert.equal(auditlog('verify', cosigned([witnesses[0]]).dir, '--witness', nested).status, 0);
});

test('a policy that cannot be meant is refused with its line', () => {
	const w = (i) => `witness w${i} ${witnesses[i - 1].vkey}\n`;
	const bad = {
		'': /no quorum line/,
		[`${w(1)}`]: /no quorum line/,
		[`${w(1)}quorum w2\n`]: /line 2/,
		[`${w(1)}${w(1)}quorum w1\n`]: /line 2/,
		[`${w(1)}witness other ${witnesses[0].vkey}\nquorum w1\n`]: /line 2.*another witness/,
		[`${w(1)}group g 2 w1\nquorum g\n`]: /line 2/,
		[`${w(1)}group g 0 w1\nquorum g\n`]: /line 2/,
		[`${w(1)}group g 2 w1 w1\nquorum g\n`]: /line 2.*twice/,
		[`group g any g\nquorum g\n`]: /line 1/,
		[`${w(1)}quorum w1\nquorum w1\n`]: /line 3/,
		[`witness none ${witnesses[0].vkey}\nquorum none\n`]: /line 1/,
		[`witness w1 ${whole.vkey}\nquorum w1\n`]: /line 1.*cosignature/,
		[`${w(1)}quorom w1\n`]: /line 2/,
	};
	for (const [text, why] of Object.entries(bad)) {
		const ran = verify(whole, '--witness', policyFile(text));
		assert.equal(ran.status, 2, text);
		assert.match(ran.err, why, text);
	}
});

/* ---- files that nobody needs ---- */

test('files that do not belong in a log are counted, and with --strict are failures', () => {
	const extras = {
		'a stray file': (dir) => writeFileSync(join(dir, 'tile/0/000.tmp'), 'x'),
		'another spelling of a tile': (dir) => copyFileSync(join(dir, 'tile/0/001'), join(dir, 'tile/0/1')),
		'a level that cannot be': (dir) => { mkdirSync(join(dir, 'tile/9')); writeFileSync(join(dir, 'tile/9/000'), 'x'); },
		'a tile beyond the log': (dir) => copyFileSync(join(dir, 'tile/0/001'), join(dir, 'tile/0/003')),
		'a link': (dir) => symlinkSync('/etc/passwd', join(dir, 'tile/0/link')),
	};
	for (const [what, add] of Object.entries(extras)) {
		const copy = s.copy(whole);
		add(copy.dir);
		assert.equal(verify(copy).status, 0, what);
		assert.match(verify(copy).out, /besides {2}[01] files ahead of the checkpoint, [01] that do not belong/, what);
		const ran = verify(copy, '--strict');
		assert.equal(ran.status, 1, what);
		assert.match(ran.last, /: tile\/(0|9)\//, what);
		s.drop(copy);
	}
});

test('a full tile may stand in for a partial one that is gone, and must say the same', () => {
	const longer = s.log({ size: 800, signer: whole.signer });
	const lines = longer.lines.slice(0, SIZE);
	assert.deepEqual(lines.map(String), whole.lines.map(String));
	const copy = s.copy(whole);
	for (const file of ['tile/0/002', 'tile/entries/002']) {
		copyFileSync(join(longer.dir, file), join(copy.dir, file));
		rmSync(join(copy.dir, `${file}.p`), { recursive: true });
	}
	assert.equal(verify(copy).status, 0);
	assert.equal(verify(copy, '--strict').status, 1);
	flip('tile/0/002', 87 * 32, 1)(copy.dir);
	assert.equal(verify(copy).status, 1);
});

test('a link in the place of a tile is not followed', () => {
	const copy = s.copy(whole);
	renameSync(join(copy.dir, 'tile/0/001'), s.path('elsewhere'));
	symlinkSync(s.path('elsewhere'), join(copy.dir, 'tile/0/001'));
	assert.notEqual(verify(copy).status, 0);
});

/* ---- usage, reading, forms of the answer ---- */

test('what was not asked rightly is 2, what cannot be read is 3, each with what to do', () => {
	const cases = [
		[2, /--key/, 'verify', whole.dir],
		[2, /help/, 'verify', '--key', whole.vkey],
		[2, /help/, 'verify', whole.dir, 'more', '--key', whole.vkey],
		[2, /verifier key/, 'verify', whole.dir, '--key', 'a+00000000+AQAA'],
		[2, /verifier key/, 'verify', whole.dir, '--key', whole.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
		[3, /no file/, 'verify', whole.dir, '--key', s.path('nokey')],
		[2, /https/, 'verify', 'http://localhost/log', '--key', whole.vkey],
		[2, /jobs/, 'verify', whole.dir, '--key', whole.vkey, '--jobs', '0'],
		[2, /./, 'nonsense'],
		[3, /no such log/, 'verify', s.path('nolog'), '--key', whole.vkey],
		[3, /no published log/, 'verify', s.dir, '--key', whole.vkey],
	];
	for (const [status, why, ...args] of cases) {
		const ran = auditlog(...args);
		assert.equal(ran.status, status, `${args.join(' ')}\n${ran.out}${ran.err}`);
		assert.match(ran.out + ran.err, why, args.join(' '));
	}
});

test('a directory in the place of a file is no log that holds', () => {
	const copy = s.copy(whole);
	rmSync(join(copy.dir, 'tile/0/001'));
	mkdirSync(join(copy.dir, 'tile/0/001'));
	assert.ok([1, 3].includes(verify(copy).status));
});

test('--json says the same for machines', () => {
	const good = JSON.parse(verify(whole, '--json', '--lawful').out);
	assert.equal(good.holds, true);
	assert.equal(good.size, SIZE);
	assert.equal(good.entries_checked, SIZE);
	assert.equal(good.root, whole.root.toString('base64'));
	assert.equal(good.lawful.unlawful, 0);
	const copy = s.copy(whole);
	flip('tile/entries/001', 5000, 3)(copy.dir);
	const ran = verify(copy, '--json');
	const bad = JSON.parse(ran.out);
	assert.equal(ran.status, 1);
	assert.equal(bad.holds, false);
	assert.match(bad.findings[0].place, /^entry \d+$/);
});

test('several keys may be given, as text and in files, and one that signed is enough', () => {
	const file = s.path('keys');
	writeFileSync(file, `# old and new\n${newSigner('log.example.org/ombud').vkey}\n\n${whole.vkey}\n`);
	assert.equal(auditlog('verify', whole.dir, '--key', file).status, 0);
	assert.equal(auditlog('verify', whole.dir, '--key', newSigner('log.example.org/ombud').vkey, '--key', whole.vkey).status, 0);
});

/* ---- facts that others published ---- */

test('the independent verifier and the generator agree with published facts', () => {
	const words = 'one two three four five six seven eit nain ten ileven twelf threeten fourten fivten'.split(' ');
	const log = s.log({ lines: words.map((word) => Buffer.from(word)) });
	assert.equal(log.root.toString('base64'), 'rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=');
	assert.equal(verifyLog(log.dir, { keys: [log.vkey], raw: true }).ok, true);
	const signer = parseSigner('PRIVATE+KEY+audit.example.org/log+30732f47+AYf6s5hPNYmwhOJ8Z+rEG8uKrgAU0UXN4i1WEwjnEXJ4');
	const bytes = s.log({ lines: Array.from({ length: 130 }, (_, i) => Buffer.from([i])), signer });
	assert.match(bytes.checkpoint, /MHMvRwFf5bb\+8D3vjX\+nY6HQusWvGm8Ah\/K0cTp5u82rGI83Ni97KyfpmAcJ43Jx9T8eXbpQpjlBLkrb7JCO9AbiCAY=/);
	/* Somebody else's entries are not ours: the tool says so, and at which. */
	const ran = verify(log);
	assert.equal(ran.status, 1);
	assert.match(ran.last, /: entry 0: /);
});
