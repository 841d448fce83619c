/*
 * auditlog_maps.test.mjs: completeness. `auditlog prove --tag` says which entries carry a tag in a month, or that none
 * does, `auditlog check --tag` holds it against the key alone, and `auditlog verify` makes every map of a log once more.
 * The logs here and the second checker are written in JavaScript from auditlog.5.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { auditlog, scratch, verify } from './lib/auditlog_run.mjs';
import { checkMapProof, composeWithMaps } from './lib/tag_maps.mjs';
import { fragment } from './make_log.mjs';
import { sha256 } from './verify_log.mjs';

const s = scratch();
const OCT31 = BigInt(Date.UTC(2026, 9, 31, 12)) * 1000n, NOV1 = BigInt(Date.UTC(2026, 10, 1)) * 1000n, DEC1 = BigInt(Date.UTC(2026, 11, 1)) * 1000n;
const tag = (n) => sha256(`tag ${n}`).subarray(0, 16).toString('base64url');
const look = (us, id, ...people) => ({ us, text: fragment(id, 'auth.login', people.length ? { about: people.map((n) => ({ tag: tag(n), sealed: tag(id) })) } : {}) });

/* Two days of October, November whole, a little of December; person 3 is looked at around midnight with the old month's tag. */
const steps = () => [
	look(OCT31, 1, 1, 2), look(OCT31 + 1n, 2, 1),
	look(NOV1, 3), { us: NOV1 + 1n, map: '2026-10', closed: true },
	look(NOV1 + 2n, 4, 1), look(NOV1 + 3n, 5, 2, 1), { us: NOV1 + 4n, map: '2026-11' }, look(NOV1 + 5n, 6, 4), look(DEC1 - 1n, 7, 3, 3),
	look(DEC1, 8, 3), { us: DEC1 + 1n, map: '2026-11', closed: true }, look(DEC1 + 2n, 9, 5), { us: DEC1 + 3n, map: '2026-12' }, look(DEC1 + 4n, 10, 1),
];
const make = (change = (list) => list) => s.log({ lines: composeWithMaps(change(steps())) });
const good = make();
const prove = (log, who, month, to = s.path(`proof${Math.random()}`)) => {
	const ran = auditlog('prove', log.dir, '--key', log.vkey, '--tag', who, ...(month ? ['--month', month] : []), '-o', to);
	return { ...ran, file: to, text: () => readFileSync(to, 'utf8') };
};
const check = (file, who, ...more) => auditlog('check', file, '--tag', who, '--key', good.vkey, ...more);
const proven = (n, month) => {
	const made = prove(good, tag(n), month);
	assert.equal(made.status, 0, made.err);
	return made;
};

test('maps of a good log hold, and are counted', () => {
	const ran = verify(good, '--strict');
	assert.equal(ran.status, 0, ran.out + ran.err);
	assert.match(ran.out, /maps {5}4 made once more/);
	assert.equal(JSON.parse(verify(good, '--json', '--lawful').out).maps, 4);
});

test('these are all: a month that is over, with both neighbours', () => {
	const made = proven(1, '2026-11');
	const ran = check(made.file, tag(1), '--month', '2026-11');
	assert.equal(ran.status, 0, ran.out + ran.err);
	assert.match(ran.out, /2026-11: 2 entries .*all of the month\n {4}4 5\n/);
	const second = checkMapProof(made.text(), tag(1), good.vkey);
	assert.deepEqual(second.parts.map((p) => [p.month, p.closed, p.indices]), [['2026-10', true, [0, 1]], ['2026-11', true, [4, 5]], ['2026-12', false, []]]);
});

test('a month that has begun: up to the last entry that the map covers', () => {
	const made = proven(5, '2026-12');
	const second = checkMapProof(made.text(), tag(5), good.vkey);
	assert.deepEqual(second.parts.map((p) => [p.month, p.indices]), [['2026-11', []], ['2026-12', [11]]]);
	assert.match(check(made.file, tag(5)).out, /up to 2026-12-01T00:00:00\.000002Z/);
});

test('an entry stored just after midnight is in the proof of the month that its tag is of', () => {
	const second = checkMapProof(proven(3, '2026-11').text(), tag(3), good.vkey);
	assert.deepEqual(second.parts.map((p) => [p.month, p.indices]), [['2026-10', []], ['2026-11', [8]], ['2026-12', [9]]]);
});

test('an entry that names one person twice counts once', () => {
	assert.match(check(proven(3, '2026-11').file, tag(3)).out, /2026-11: 1 entry /);
});

test('there are none: before the first, between two, behind the last tag', () => {
	for (const who of ['-'.repeat(22), tag(77), tag(78), tag(79), 'z'.repeat(22)]) {
		const made = prove(good, who, '2026-11');
		assert.equal(made.status, 0, made.err);
		const ran = check(made.file, who);
		assert.equal(ran.status, 0, ran.err);
		assert.match(ran.out, /^HOLDS: no entry carries/);
		assert.deepEqual(checkMapProof(made.text(), who, good.vkey).parts.flatMap((p) => p.indices), []);
	}
});

test('there are none: a month without any tags', () => {
	const log = s.log({ signer: good.signer, lines: composeWithMaps([look(NOV1, 1), { us: NOV1 + 1n, map: '2026-11' }]) });
	const made = prove(log, tag(1));
	assert.equal(made.status, 0, made.err);
	assert.match(check(made.file, tag(1)).out, /no entry carries/);
	assert.equal(checkMapProof(made.text(), tag(1), log.vkey).parts.length, 1);
	assert.equal(verify(log).status, 0);
});

test('another tag, another month, another key: refused', () => {
	const made = proven(1, '2026-11');
	assert.match(check(made.file, tag(2)).last, /another tag/);
	assert.equal(check(made.file, tag(2)).status, 1);
	assert.match(check(made.file, tag(1), '--month', '2026-12').last, /another month/);
	assert.equal(check(made.file, tag(1), '--month', '2026-12').status, 1);
	const stranger = make();
	assert.equal(auditlog('check', made.file, '--tag', tag(1), '--key', stranger.vkey).status, 1);
	assert.equal(auditlog('check', made.file, '--key', good.vkey).status, 2);
	assert.equal(auditlog('check', made.file, '--tag', tag(1), '--entry', made.file, '--key', good.vkey).status, 2);
});

/* A proof with its text changed; null when the change changed nothing. */
const forged = (made, change) => {
	const file = s.path(`forged${Math.random()}`), text = change(made.text());
	assert.notEqual(text, made.text());
	writeFileSync(file, text);
	return file;
};
const refuses = (file, who, why) => {
	const ran = check(file, who);
	assert.equal(ran.status, 1, ran.out + ran.err);
	assert.match(ran.last, why);
	assert.throws(() => checkMapProof(readFileSync(file, 'utf8'), who, good.vkey));
};

test('the absence of a tag that is there cannot be shown', () => {
	const absent = proven(77, '2026-11').text(), at = absent.slice(absent.indexOf('absent\n', absent.indexOf('2026-11-30')));
	const own = proven(4, '2026-11');
	/* The neighbours of somebody else, under the name of one who is in the map. */
	refuses(forged(own, () => absent.replaceAll(tag(77), tag(4))), tag(4), /does not follow|leave|gap/);
	assert.ok(at.startsWith('absent'));
});

test('two leaves that are not neighbours show nothing', () => {
	const everybody = [1, 2, 3, 4].map(tag).sort();
	const outer = (side) => { /* the outermost leaf, as the proof of somebody beside it has it */
		const who = side === 'left' ? '-'.repeat(22) : 'z'.repeat(22);
		const text = prove(good, who, '2026-11').text();
		const part = text.slice(text.indexOf('"month":"2026-11"'));
		const from = part.indexOf(side === 'left' ? 'right ' : 'left ');
		return part.slice(from, part.indexOf('\n\n', from) + 2);
	};
	const first = outer('left').replace('right ', 'left '), last = outer('right').replace('left ', 'right ');
	assert.ok(first.includes(everybody[0]) && last.includes(everybody[3]));
	const file = forged(proven(77, '2026-11'), (text) => {
		const from = text.indexOf('absent\n', text.indexOf('"month":"2026-11"')) + 7, to = text.indexOf('map ', from);
		return text.slice(0, from) + first + last + text.slice(to);
	});
	refuses(file, tag(77), /does not follow/);
});

test('an entry left out, added, or exchanged for another is refused', () => {
	const made = proven(1, '2026-11');
	refuses(forged(made, (t) => t.replace(/present (\d+) 2\nat 4\nat 5\n/, 'present $1 1\nat 4\n')), tag(1), /does not follow/);
	refuses(forged(made, (t) => t.replace(/present (\d+) 2\nat 4\nat 5\n/, 'present $1 3\nat 4\nat 5\nat 7\n')), tag(1), /does not follow/);
	refuses(forged(made, (t) => t.replace('at 5\n', 'at 7\n')), tag(1), /does not follow/);
});

test('a month that is over without the one behind it is refused', () => {
	const made = proven(1, '2026-11');
	refuses(forged(made, (text) => {
		const parts = text.split(/^(?=map )/m), last = parts.pop(), checkpoint = last.slice(last.lastIndexOf('log.example.org/ombud\n', last.lastIndexOf('\n\n')));
		return (parts.join('') + checkpoint).replace('parts 3', 'parts 2').replace('month 2026-11', 'month 2026-11');
	}), tag(1), /behind it is missing|proof of completeness/);
});

test('cut anywhere, or with any bit turned, a proof never holds and nothing crashes', () => {
	const made = proven(1, '2026-12'), bytes = Buffer.from(made.text()), file = s.path('bent');
	const step = Number(process.env.MAPS_STEP ?? 37);
	for (let n = 0; n < bytes.length; n += step) {
		writeFileSync(file, bytes.subarray(0, n));
		assert.equal(check(file, tag(1)).status, 1, `cut at ${n}`);
		const bent = Buffer.from(bytes);
		bent[n] ^= 1 << n % 8;
		writeFileSync(file, bent);
		assert.equal(check(file, tag(1)).status, 1, `bit ${n % 8} of byte ${n}`);
	}
});

const wrong = {
	'a root that hides a look': [/root is not the one/, (l) => { l[6].facts = { root: sha256('x').toString('base64') }; }],
	'too many tags': [/speaks of 9 tags/, (l) => { l[6].facts = { tags: 9 }; }],
	'a stretch that begins later': [/begins with another entry/, (l) => { l[6].facts = { first: 4 }; }],
	'closed while entries still come': [/further entries in it/, (l) => { l[6].closed = true; }],
	'a closed month that ends too early': [/further entries|root|tags|time/, (l) => { l[10].facts = { size: 8, until: '2026-11-01T00:00:00.000005Z' }; }],
	'a month whose entries it does not cover': [/covers entries of the next month/, (l) => { l[10].facts = { size: 10, closed: 0 }; }],
	'another time': [/another time/, (l) => { l[6].facts = { until: '2026-11-01T00:00:00.000002Z' }; }],
	'a time behind it': [/facts are not those/, (l) => { l[6].facts = { until: '2026-11-01T00:00:00.000004Z' }; }],
	'a month long ago': [/neither that of the entry/, (l) => { l[12].map = '2026-10'; }],
	'entries that are not there yet': [/facts are not those/, (l) => { l[6].facts = { size: 7 }; }],
	'facts that are none': [/facts are not those/, (l) => { l[6].facts = { month: '2026-13' }; }],
};
for (const [what, [why, change]] of Object.entries(wrong)) {
	test(`verify names a map with ${what}`, () => {
		const log = make((list) => { change(list); return list; });
		for (const more of [[], ['--lawful'], ['--jobs', '1']]) {
			const ran = verify(log, ...more);
			assert.equal(ran.status, 1, ran.out + ran.err);
			assert.match(ran.last, /: entry (6|10|12): wrong map: /);
			assert.match(ran.last, why);
		}
		assert.equal(prove(log, tag(1), '2026-11').status, 1);
	});
}

test('a log without maps holds, and proves nothing', () => {
	const log = s.log({ lines: composeWithMaps([look(NOV1, 1, 1)]) });
	assert.equal(verify(log).status, 0);
	const ran = prove(log, tag(1));
	assert.equal(ran.status, 1);
	assert.match(ran.last, /no map of that month/);
	assert.match(prove(good, tag(1), '2025-01').last, /no map of that month/);
	assert.equal(prove(good, 'short').status, 2);
	assert.equal(prove(good, tag(1), '2026-1').status, 2);
});
