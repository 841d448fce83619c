/*
 * auditlog_pruned.test.mjs: the auditor's tool on logs that keep their entries for a time. What an entry of the log says
 * is kept no longer may be missing where the auditor accepts that; nothing else may, however it is dressed up.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { auditlog, scratch, verify } from './lib/auditlog_run.mjs';
import { activation, fragment, grant, permit, sampleEntries, withdrawal } from './make_log.mjs';

const s = scratch();
const SIZE = 1500;
const SIX_HOURS = 6n * 3600n * 1000000n;
const DAYS = 86400;
const pruned = (id, minimum, retention = 100 * DAYS, more = {}) =>
	fragment(id, 'log.pruned', { by: { service: 'auditlogd' }, facts: { minimum, retention }, ...more });

/* A log over 375 days; entry 1,400 says that those below 768 are kept no longer. */
function aged(said = [pruned(1400, 768)], options = {}) {
	const fragments = sampleEntries(SIZE);
	said.forEach((text, i) => (fragments[1400 + i] = text));
	return s.log({ fragments, gap: SIX_HOURS, ...options });
}

const bundle = (log, n) => join(log.dir, 'tile/entries', String(n).padStart(3, '0'));

/* Takes bundles away and says so, as auditlogd would. */
function prune(log, minimum, { entry = 1400, gone = minimum } = {}) {
	for (let n = 0; n < gone / 256; n++) {
		rmSync(bundle(log, n));
	}
	writeFileSync(join(log.dir, 'minimum-index'), `${minimum}\n${entry}\n`);
	return log;
}

const whole = aged();
const log = prune(s.copy(whole), 768);
const holds = (ran, pattern) => {
	assert.equal(ran.status, 0, ran.out + ran.err);
	assert.match(ran.out, pattern ?? /^HOLDS; of 768 pruned entries the hashes alone were checked$/m);
};
const refused = (ran, pattern) => {
	assert.equal(ran.status, 1, ran.out + ran.err);
	assert.match(ran.out + ran.err, pattern);
};

test('a pruned log does not hold unless that is accepted, and the result says which entry says so', () => {
	const ran = verify(log);
	refused(ran, /entries up to 255: missing: minimum-index says that entries below 768 are kept no longer; --pruned accepts/);
	assert.match(ran.out, /^pruned {3}entries below 768, as entry 1400 says: they were older than 100 days$/m);
	assert.match(ran.last, /^DOES NOT HOLD/);
});

test('accepted, everything else is as strict as ever: root, tiles, kept entries, old checkpoints', () => {
	holds(verify(log, '--pruned'));
	holds(verify(log, '--pruned', '--jobs', '1'));
	holds(verify(log, '--pruned', '--strict'));
	const old = s.log({ lines: whole.lines.slice(0, 300), signer: whole.signer });
	holds(verify(log, '--pruned', '--old', join(old.dir, 'checkpoint')));
	const json = JSON.parse(verify(log, '--pruned', '--json').out);
	assert.deepEqual(json.pruned, { minimum: 768, entry: 1400, proven: true, accepted: true, retention: 100 * DAYS });
	assert.equal(json.entries_checked, SIZE - 768);
	assert.equal(json.holds, true);
	/* A mirror that kept everything needs no leave. */
	const mirror = s.copy(whole);
	writeFileSync(join(mirror.dir, 'minimum-index'), '768\n1400\n');
	holds(verify(mirror), /^HOLDS$/m);
});

test('with --pruned a log that is whole is read whole', () => {
	holds(verify(whole, '--pruned'), /^HOLDS$/m);
	assert.equal(JSON.parse(verify(whole, '--pruned', '--json').out).entries_checked, SIZE);
});

test('bundles that are gone without a word of the log are found, with and without the option', () => {
	const silent = s.copy(whole);
	rmSync(bundle(silent, 0));
	refused(verify(silent), /tile\/entries\/000: it is missing/);
	refused(verify(silent, '--pruned'), /tile\/entries\/000: it is missing/);
	/* The file alone proves nothing. */
	const lie = prune(s.log({ size: SIZE, gap: SIX_HOURS }), 512);
	refused(verify(lie, '--pruned'), /entry 1400 does not say that anything is kept no longer/);
});

test('a minimum index that goes further than the entry does not hold', () => {
	refused(verify(prune(s.copy(whole), 1024), '--pruned'), /below 1024 are to be missing, and entry 1400 says so of those below 768 only/);
	const more = s.copy(log);
	rmSync(bundle(more, 3));
	refused(verify(more, '--pruned'), /tile\/entries\/003: it is missing/);
});

test('a half-done pruning holds as far as the file says, and what it does not say must be there', () => {
	holds(verify(prune(s.copy(whole), 768, { gone: 256 }), '--pruned'));
	holds(verify(prune(s.copy(whole), 512), '--pruned'), /of 512 pruned entries/);
	refused(verify(prune(s.copy(whole), 512, { gone: 768 }), '--pruned'), /tile\/entries\/002: it is missing/);
});

test('an operator cannot get rid of young entries by saying so', () => {
	const young = aged([pruned(1400, 1280)]);
	refused(verify(prune(young, 1280), '--pruned'), /may have been younger than the 100 days/);
	refused(verify(prune(aged([pruned(1400, 768, 10 * DAYS)]), 768), '--pruned'), /does not say that anything/);
	refused(verify(prune(aged([pruned(1400, 768, 300 * DAYS)]), 768), '--pruned'), /may have been younger than the 300 days/);
});

test('an entry that is not exactly what auditlogd writes says nothing', () => {
	const wrong = [
		pruned(1400, 700),
		pruned(1400, 0),
		pruned(1400, 2048),
		pruned(1400, 768, 100 * DAYS, { facts: { retention: 100 * DAYS, minimum: 768 } }),
		pruned(1400, 768, 100 * DAYS, { facts: { minimum: 768 } }),
		pruned(1400, 768, 100 * DAYS, { facts: { minimum: '768', retention: 100 * DAYS } }),
		pruned(1400, 768, 100 * DAYS, { facts: { minimum: 768, retention: 100 * DAYS, more: 1 } }),
		pruned(1400, 768).replace('log.pruned', 'log.fault'),
	];
	for (const text of wrong) {
		refused(verify(prune(aged([text]), 768), '--pruned'), /minimum-index: entry 1400 does not say/);
	}
});

test('a minimum-index that is no minimum index is named', () => {
	const copy = s.copy(log);
	for (const text of ['', '768', '768\n', '768\n1400', '0768\n1400\n', '768\n1400\n\n', '700\n1400\n', '768 1400\n', '1408\n1400\n', '768\n99999999999999999999\n', 'x'.repeat(1000)]) {
		writeFileSync(join(copy.dir, 'minimum-index'), text);
		refused(verify(copy, '--pruned'), /minimum-index: its length or structure is wrong/);
	}
	writeFileSync(join(copy.dir, 'minimum-index'), '768\n15000\n');
	refused(verify(copy, '--pruned'), /speaks of entry 15000, and the log has only 1500/);
});

test('what stands in for pruned entries cannot be forged: hashes, the seam, the next entry', () => {
	for (const [file, at] of [['tile/0/000', 0], ['tile/0/002', 255 * 32 + 5], ['tile/1/000.p/5', 3], ['tile/entries/003', 200], ['tile/0/003', 7]]) {
		const copy = s.copy(log);
		const bytes = readFileSync(join(copy.dir, file));
		bytes[at] ^= 1;
		writeFileSync(join(copy.dir, file), bytes);
		refused(verify(copy, '--pruned'), /DOES NOT HOLD/);
	}
	const lost = s.copy(log);
	rmSync(join(lost.dir, 'tile/0/001'));
	const ran = verify(lost, '--pruned');
	assert.notEqual(ran.status, 0);
});

test('find, export and stats give what is kept, and say what they could not see', () => {
	for (const command of [['find', '--event', 'consent.granted', '--json'], ['export'], ['stats']]) {
		const args = [command[0], log.dir, '--key', log.vkey, ...command.slice(1)];
		refused(auditlog(...args), /entries up to 255: missing|DOES NOT HOLD/);
		const ran = auditlog(...args, '--pruned');
		assert.equal(ran.status, 0, ran.err);
		assert.match(ran.err, /entries below 768 are kept no longer, as entry 1400 \(log\.pruned\) says/);
	}
	const lines = auditlog('export', log.dir, '--key', log.vkey, '--pruned').out.trimEnd().split('\n');
	assert.equal(lines.length, SIZE - 768);
	assert.equal(JSON.parse(lines[0]).index, 768);
});

test('the quick way finds the same, whatever lies before the minimum', () => {
	const time = (i) => JSON.parse(whole.lines[i]).time;
	const run = (from, to, ...more) => auditlog('find', log.dir, '--key', log.vkey, '--from', from, '--to', to, '--json', '--pruned', ...more);
	for (const [from, to] of [[0, 800], [0, 10], [768, 769], [769, 900], [767, 768], [1000, 1499]]) {
		const quick = run(time(from), time(to), '--quick');
		assert.equal(quick.status, 0, quick.err);
		assert.equal(quick.out, run(time(from), time(to)).out, `${from} to ${to}`);
	}
	const lie = prune(s.log({ size: SIZE, gap: SIX_HOURS }), 512);
	refused(auditlog('find', lie.dir, '--key', lie.vkey, '--from', time(1000), '--pruned', '--quick'), /does not say/);
});

test('an entry that is gone cannot be shown; the proof for who has kept it is still made, and checks', () => {
	refused(auditlog('show', log.dir, '5', '--key', log.vkey), /keeps entries below 768 no longer/);
	assert.equal(auditlog('show', log.dir, '768', '--key', log.vkey).status, 0);
	const proof = s.path('p.tlog-proof');
	const entry = s.path('entry');
	const made = auditlog('prove', log.dir, '5', '--key', log.vkey, '-o', proof);
	assert.equal(made.status, 0, made.err);
	assert.match(made.err, /the log keeps entry 5 no longer/);
	writeFileSync(entry, whole.lines[5]);
	assert.equal(auditlog('check', proof, '--entry', entry, '--key', log.vkey).status, 0);
	writeFileSync(entry, whole.lines[6]);
	assert.equal(auditlog('check', proof, '--entry', entry, '--key', log.vkey).status, 1);
	refused(auditlog('prove', log.dir, '5', '--key', log.vkey, '--entry-output', entry), /no longer/);
	const old = s.log({ lines: whole.lines.slice(0, 300), signer: whole.signer });
	assert.equal(auditlog('consistency', log.dir, join(old.dir, 'checkpoint'), '--key', log.vkey).status, 0, 'between two trees');
});

/* Index 0 activates, 1 and 2 are grants; what is kept begins with 256. */
function lawful(...more) {
	const fragments = sampleEntries(256);
	fragments[1] = grant(7, 1);
	fragments[2] = grant(8, 2);
	fragments[3] = fragment(3, 'auth.login');
	for (let i = 4; i < 256; i++) {
		fragments[i] = fragment(i, 'auth.login');
	}
	fragments.push(fragment(256, 'auth.login'), ...more);
	while (fragments.length < 700) {
		fragments.push(fragment(fragments.length, 'auth.login'));
	}
	fragments.push(pruned(700, 256));
	return prune(s.log({ fragments, gap: SIX_HOURS }), 256, { entry: 700 });
}

test('permits that rest on what was pruned are not judged, and never called lawful', () => {
	const ran = verify(lawful(permit(7, 257, 1), withdrawal(7, 258, 1)), '--pruned', '--lawful');
	holds(ran, /^HOLDS, and of what can still be judged everything had its ground; 2 entries cannot; of 256 pruned/m);
	assert.match(ran.out, /2 entries rest on what was pruned, .* and are not judged/);
	assert.equal(JSON.parse(verify(lawful(permit(7, 257, 1)), '--pruned', '--lawful', '--json').out).lawful.not_judged, 1);
});

test('what can be judged is judged: no consent, wrong person, wrong policy after the first that is kept', () => {
	const bad = (pattern, ...more) => refused(verify(lawful(...more), '--pruned', '--lawful'), pattern);
	bad(/entry 258: unlawful: it cites the consent of another person/, grant(9, 257), permit(7, 258, 257));
	bad(/entry 257: unlawful: a permit by consent that cites no earlier grant/, permit(7, 257, 256));
	bad(/entry 259: unlawful: the consent of entry 257 was withdrawn/, grant(9, 257), withdrawal(9, 258, 257), permit(9, 259, 257));
	bad(/entry 259: unlawful: it names a policy that was not active/, activation(257), grant(9, 258), permit(9, 259, 258, { policy: `sha256:${'ab'.repeat(32)}` }));
	bad(/entry 257: unlawful: the outcome of an access that no earlier entry permits/, fragment(257, 'access.outcome', { basis: { type: 'entry', index: 256 }, facts: { outcome: 'released' } }));
	/* A renewal of a pruned consent is not judged, but its own terms count. */
	const renewal = grant(7, 257, { basis: { type: 'consent', index: 1, ...JSON.parse(`{${grant(7, 257)}`).basis }, categories: ['income'] }).replace('consent.granted', 'consent.renewed');
	bad(/entry 258: unlawful: the consent of entry 257 does not cover the category family/, renewal, permit(7, 258, 257, { categories: ['family'] }));
});

test('nothing that is kept is left out of the folder', () => {
	assert.deepEqual(readdirSync(join(log.dir, 'tile/entries')).sort(), ['003', '004', '005.p']);
});
