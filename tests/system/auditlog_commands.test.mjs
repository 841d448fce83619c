/* auditlog_commands.test.mjs: show, find, prove, check, consistency, export and stats; and all of it over https. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { programs, root } from '../../demo/state.mjs';
import { auditlog, scratch } from './lib/auditlog_run.mjs';
import { newSigner, signCheckpoint } from './make_log.mjs';

const s = scratch();
const SIZE = 600;
const log = s.log({ size: SIZE });
const key = ['--key', log.vkey];
const entries = log.lines.map((line) => JSON.parse(line));

function damagedCopy(file, at) {
	const copy = s.copy(log);
	const bytes = readFileSync(join(copy.dir, file));
	bytes[at] ^= 1;
	writeFileSync(join(copy.dir, file), bytes);
	return copy;
}

test('every subcommand explains itself', () => {
	for (const command of ['verify', 'show', 'find', 'prove', 'check', 'consistency', 'follow', 'export', 'stats']) {
		const ran = auditlog(command, '--help');
		assert.equal(ran.status, 0);
		assert.match(ran.out, new RegExp(`Usage: auditlog ${command}`));
		assert.ok(auditlog('--help').out.includes(command));
	}
});

test('the manual knows every command, every option and every event, and no others', () => {
	const page = readFileSync(join(root, 'auditlog/man/auditlog.1'), 'utf8').replaceAll('\\-', '-');
	const documented = new Set([...page.matchAll(/--([a-z]+(?:-[a-z]+)*)/g)].map((match) => match[1]));
	const real = new Set();
	for (const command of ['verify', 'show', 'find', 'prove', 'check', 'consistency', 'follow', 'export', 'stats']) {
		assert.ok(page.includes(`.SS ${command}\n`), command);
		[...auditlog(command, '--help').out.matchAll(/--([a-z]+(?:-[a-z]+)*)/g)].forEach((match) => real.add(match[1]));
	}
	assert.deepEqual([...documented].sort(), [...real].sort());
	const events = [...readFileSync(join(root, 'auditlog/core/entry.h'), 'utf8').matchAll(/X\([A-Z_]+, "([a-z_.]+)", /g)].map((match) => match[1]);
	const format = readFileSync(join(root, 'auditlog/man/auditlog.5'), 'utf8');
	const listed = /\.SS Events\n\.nf\n([^]*?)\n\.fi/.exec(format)[1].split(/\s+/);
	assert.deepEqual(listed.sort(), events.sort());
});

/* ---- show ---- */

test('show prints the stored bytes, and pages for people', () => {
	const ran = auditlog('show', log.dir, '255..257', '--json', ...key);
	assert.equal(ran.status, 0, ran.err);
	assert.equal(ran.out, log.lines.slice(255, 258).map((line) => `${line}\n`).join(''));
	const page = auditlog('show', log.dir, '2', ...key);
	assert.equal(page.status, 0);
	for (const word of ['access.decided', 'svc_benefits_north', 'opr_51ac', 'permit', 'consent 1']) {
		assert.ok(page.out.includes(word), word);
	}
});

test('show takes the key that lies beside the log only with a warning', () => {
	const ran = auditlog('show', log.dir, '0', '--json');
	assert.equal(ran.status, 0);
	assert.match(ran.err, /not whose it is/);
	const copy = s.copy(log);
	rmSync(join(copy.dir, 'log.vkey'));
	assert.equal(auditlog('show', copy.dir, '0').status, 2);
});

test('show refuses an entry that is not there, not asked for rightly, or not what was signed', () => {
	assert.equal(auditlog('show', log.dir, '600', ...key).status, 1);
	for (const range of ['-1', 'x', '5..4', '1..', '..3', '01', '1...3']) {
		assert.equal(auditlog('show', log.dir, range, ...key).status, 2, range);
	}
	const bundle = damagedCopy('tile/entries/000', 500);
	const ran = auditlog('show', bundle.dir, '0..255', '--json', ...key);
	assert.equal(ran.status, 1);
	assert.match(ran.last, /entry 1: .*signed root/);
	const tile = damagedCopy('tile/0/000', 32 * 100);
	assert.equal(auditlog('show', tile.dir, '101', ...key).status, 1);
	assert.equal(auditlog('show', damagedCopy('checkpoint', 30).dir, '1', ...key).status, 1);
	assert.equal(auditlog('show', log.dir, '1', '--key', newSigner('log.example.org/ombud').vkey).status, 1);
});

/* ---- find, export, stats ---- */

const found = (...args) => {
	const ran = auditlog('find', log.dir, '--json', ...key, ...args);
	assert.equal(ran.status, 0, ran.err);
	return ran.out.split('\n').filter(Boolean).map((line) => JSON.parse(line).index);
};
const expected = (fits) => entries.filter(fits).map((entry) => entry.index);

test('find finds what the filters say, and nothing else', () => {
	const tag = entries[1].about[0].tag;
	assert.deepEqual(found('--event', 'consent.granted'), expected((e) => e.event === 'consent.granted'));
	assert.deepEqual(found('--event', 'access.*'), expected((e) => e.event.startsWith('access.')));
	assert.deepEqual(found('--service', 'svc_tax'), expected((e) => e.by.service === 'svc_tax'));
	assert.deepEqual(found('--purpose', 'eligibility'), expected((e) => e.purpose === 'eligibility/3'));
	assert.deepEqual(found('--purpose', 'eligibility/3'), found('--purpose', 'eligibility'));
	assert.deepEqual(found('--purpose', 'eligib'), []);
	assert.deepEqual(found('--tag', tag), expected((e) => e.about?.[0].tag === tag));
	assert.deepEqual(found('--from', entries[590].time), expected((e) => e.index >= 590));
	assert.deepEqual(found('--to', entries[10].time), expected((e) => e.index < 10));
	assert.deepEqual(found('--event', 'access.decided', '--from', entries[300].time, '--to', entries[310].time),
		expected((e) => e.event === 'access.decided' && e.index >= 300 && e.index < 310));
});

test('find refuses filters that can never match', () => {
	for (const args of [['--event', 'acess.decided'], ['--tag', 'short'], ['--from', 'yesterday'], ['--to', '2026-13-01']]) {
		assert.equal(auditlog('find', log.dir, ...key, ...args).status, 2, args.join(' '));
	}
});

test('find, export and stats end in 1 on a damaged log, whatever they printed', () => {
	const copy = damagedCopy('tile/0/001', 77);
	for (const command of [['find'], ['export'], ['export', '--csv'], ['stats']]) {
		const ran = auditlog(...command, copy.dir, ...key);
		assert.equal(ran.status, 1, command.join(' '));
		assert.match(ran.err, /DOES NOT HOLD: tile\/0\/001/);
	}
	assert.equal(auditlog('stats', copy.dir, ...key).out, '');
});

test('export writes the stored lines, or a table that cannot run in a spreadsheet', () => {
	assert.equal(auditlog('export', log.dir, ...key).out, log.lines.map((line) => `${line}\n`).join(''));
	const file = s.path('table.csv');
	assert.equal(auditlog('export', log.dir, '--csv', '-o', file, '--event', 'access.decided', ...key).status, 0);
	const rows = readFileSync(file, 'utf8').split('\r\n');
	assert.match(rows[0], /^index,time,event,/);
	assert.equal(rows.length, expected((e) => e.event === 'access.decided').length + 2);
	assert.ok(rows[1].startsWith('"2","2026-'));
	const evil = s.log({ fragments: [`"id":"0190f3b2-7c1e-7d43-9a55-000000000000","event":"auth.login","by":{"service":"=cmd|'x'!\\"A1"}}`] });
	assert.match(auditlog('export', evil.dir, '--csv', '--key', evil.vkey).out, /"'=cmd\|'x'!""A1"/);
	assert.equal(auditlog('export', log.dir, '--csv', '--jsonl', ...key).status, 2);
	assert.equal(auditlog('export', log.dir, '-o', s.path('no/such/place'), ...key).status, 3);
});

test('a full disk is no success', { skip: !existsSync('/dev/full') }, () => {
	assert.equal(auditlog('export', log.dir, '-o', '/dev/full', ...key).status, 3);
	assert.equal(auditlog('prove', log.dir, '1', '-o', '/dev/full', ...key).status, 3);
});

test('stats counts what is there', () => {
	const counts = JSON.parse(auditlog('stats', log.dir, '--json', ...key).out);
	assert.equal(counts.entries, SIZE);
	assert.equal(counts.bytes, log.lines.reduce((sum, line) => sum + line.length, 0));
	assert.equal(counts.event['consent.granted'], expected((e) => e.event === 'consent.granted').length);
	assert.equal(counts.decision.permit, expected((e) => e.decision === 'permit').length);
	assert.match(auditlog('stats', log.dir, ...key).out, /by service\n +300 {2}svc_portal/);
});

/* ---- prove and check ---- */

function proofOf(index, from = log) {
	const [proof, entry] = [s.path(`${index}.tlog-proof`), s.path(`${index}.json`)];
	const ran = auditlog('prove', from.dir, String(index), '-o', proof, '--entry-output', entry, '--key', from.vkey);
	assert.equal(ran.status, 0, ran.err);
	return { proof, entry };
}

test('a proof and the entry convince with the key alone, for first, last and all between', () => {
	for (const index of [0, 1, 255, 256, 511, 512, 598, 599]) {
		const { proof, entry } = proofOf(index);
		assert.deepEqual(readFileSync(entry), log.lines[index]);
		const ran = auditlog('check', proof, '--entry', entry, ...key);
		assert.equal(ran.status, 0, ran.err);
		assert.match(ran.last, new RegExp(`^HOLDS: .* is entry ${index} of log.example.org/ombud`));
	}
	const one = s.log({ size: 1 });
	const { proof, entry } = proofOf(0, one);
	assert.equal(auditlog('check', proof, '--entry', entry, '--key', one.vkey).status, 0);
});

test('a proof goes to standard output when no file is named, in the public format', () => {
	const ran = auditlog('prove', log.dir, '300', ...key);
	assert.equal(ran.status, 0);
	assert.match(ran.out, /^c2sp\.org\/tlog-proof@v1\nindex 300\n([A-Za-z0-9+/]{43}=\n)+\n/);
	assert.ok(ran.out.endsWith(log.checkpoint));
});

test('a proof for another entry, of another log, by another key or bent anywhere does not hold', () => {
	const { proof, entry } = proofOf(300);
	const other = proofOf(301);
	assert.equal(auditlog('check', proof, '--entry', other.entry, ...key).status, 1);
	assert.equal(auditlog('check', other.proof, '--entry', entry, ...key).status, 1);
	assert.equal(auditlog('check', proof, '--entry', entry, '--key', newSigner('log.example.org/ombud').vkey).status, 1);
	const text = readFileSync(proof);
	const bent = s.path('bent');
	for (let at = 0; at < text.length; at += 5) {
		const copy = Buffer.from(text);
		copy[at] ^= 1 << (at % 7);
		writeFileSync(bent, copy);
		assert.equal(auditlog('check', bent, '--entry', entry, ...key).status, 1, `byte ${at}`);
	}
	for (let length = 0; length < text.length; length += 17) {
		writeFileSync(bent, text.subarray(0, length));
		assert.equal(auditlog('check', bent, '--entry', entry, ...key).status, 1, `cut to ${length}`);
	}
	const line = readFileSync(entry);
	for (let at = 0; at < line.length; at += 23) {
		const copy = Buffer.from(line);
		copy[at] ^= 2;
		writeFileSync(bent, copy);
		assert.equal(auditlog('check', proof, '--entry', bent, ...key).status, 1, `entry byte ${at}`);
	}
});

test('a line break at the end of the entry is forgiven, two are not', () => {
	const { proof, entry } = proofOf(42);
	appendFileSync(entry, '\n');
	assert.equal(auditlog('check', proof, '--entry', entry, ...key).status, 0);
	appendFileSync(entry, '\n');
	assert.equal(auditlog('check', proof, '--entry', entry, ...key).status, 1);
});

test('check wants its three things, and a quorum when it is asked for', () => {
	const { proof, entry } = proofOf(7);
	assert.equal(auditlog('check', proof, '--entry', entry).status, 2);
	assert.equal(auditlog('check', proof, ...key).status, 2);
	assert.equal(auditlog('check', s.path('none'), '--entry', entry, ...key).status, 3);
	assert.equal(auditlog('check', proof, '--entry', s.path('none'), ...key).status, 3);
	const witness = newSigner('w.example.org', 4);
	const policy = s.path('policy');
	writeFileSync(policy, `witness w ${witness.vkey}\nquorum w\n`);
	assert.equal(auditlog('check', proof, '--entry', entry, ...key, '--witness', policy).status, 1);
	const watched = s.copy(log);
	writeFileSync(join(watched.dir, 'checkpoint'), signCheckpoint(log.leaves, { signer: log.signer, witnesses: [witness] }));
	const with_ = proofOf(7, watched);
	assert.equal(auditlog('check', with_.proof, '--entry', with_.entry, ...key, '--witness', policy).status, 0);
});

test('prove gives nothing for an entry that is not what was signed', () => {
	const copy = damagedCopy('tile/entries/001', 3000);
	const proven = Array.from({ length: 10 }, (_, i) => auditlog('prove', copy.dir, String(256 + i), ...key).status);
	assert.equal(proven.filter((status) => status === 1).length, 1);
	assert.equal(auditlog('prove', log.dir, '600', ...key).status, 1);
	assert.equal(auditlog('prove', log.dir, 'x', ...key).status, 2);
});

/* ---- consistency ---- */

const checkpointFile = (size, from = log) => {
	const file = s.path(`at-${size}-${Math.random()}`);
	writeFileSync(file, signCheckpoint(from.leaves.slice(0, size), { signer: from.signer }));
	return file;
};

test('one checkpoint continues another, at every kind of size', () => {
	for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 599, 600]) {
		const ran = auditlog('consistency', log.dir, checkpointFile(size), ...key);
		assert.equal(ran.status, 0, `${size}: ${ran.err}`);
		assert.match(ran.last, /^HOLDS/);
	}
	const hashes = s.path('hashes');
	assert.equal(auditlog('consistency', log.dir, checkpointFile(100), checkpointFile(300), '-o', hashes, ...key).status, 0);
	assert.match(readFileSync(hashes, 'utf8'), /^([A-Za-z0-9+/]{43}=\n)+$/);
});

test('a fork, a rollback and checkpoints the wrong way round are no continuation', () => {
	const fork = s.log({ fragments: log.lines.map((_, i) => `"id":"0190f3b2-7c1e-7d43-9a55-${String(i).padStart(12, '0')}","event":"auth.login","by":{"service":"x"}}`), signer: log.signer });
	for (const size of [1, 256, 300, 600]) {
		assert.equal(auditlog('consistency', log.dir, checkpointFile(size, fork), ...key).status, 1, `${size}`);
	}
	assert.equal(auditlog('consistency', log.dir, checkpointFile(300), checkpointFile(100), ...key).status, 1);
	assert.equal(auditlog('consistency', s.log({ size: 100, signer: log.signer }).dir, checkpointFile(300), ...key).status, 1);
	assert.equal(auditlog('consistency', damagedCopy('tile/1/000.p/2', 35).dir, checkpointFile(256), ...key).status, 1);
	assert.equal(auditlog('consistency', log.dir, s.path('none'), ...key).status, 3);
});

/* ---- over https ---- */

const web = { broken: new Set() };

before(async () => {
	const [keyFile, certFile] = [s.path('tls.key'), s.path('tls.pem')];
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile, '-out',
		certFile, '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });
	web.ca = certFile;
	web.server = createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (req, rsp) => {
		const file = join(log.dir, req.url.replace('/log/', ''));
		if (web.redirect) {
			rsp.writeHead(302, { location: `https://localhost:${web.port}/elsewhere` }).end();
		} else if (web.broken.has(req.url)) {
			rsp.writeHead(500).end('broken');
		} else if (existsSync(file) && !web.missing?.has(req.url)) {
			rsp.writeHead(200).end(web.change ? web.change(req.url, readFileSync(file)) : readFileSync(file));
		} else {
			rsp.writeHead(404).end();
		}
	});
	await new Promise((resolve) => { web.server.listen(0, 'localhost', resolve); });
	web.port = web.server.address().port;
	web.url = `https://localhost:${web.port}/log`;
});
after(() => web.server.close());

/* As auditlog(), but without stopping this process, which is the server. */
function fetching(...args) {
	return new Promise((resolve) => {
		const child = spawn(join(programs, 'auditlog'), args);
		let said = '';
		child.stdout.on('data', (part) => { said += part; });
		child.stderr.on('data', (part) => { said += part; });
		child.on('close', (status) => resolve({ status, said }));
	});
}

test('a log is verified over https from its files alone', async () => {
	const ran = await fetching('verify', web.url, '--ca', web.ca, ...key, '--lawful');
	assert.equal(ran.status, 0, ran.said);
	assert.match(ran.said, /HOLDS/);
	assert.equal((await fetching('show', `${web.url}/`, '300', '--ca', web.ca, ...key)).status, 0);
});

test('over https too, what is changed or missing does not hold, and what fails cannot be read', async () => {
	web.change = (url, bytes) => (url === '/log/tile/entries/001' ? Buffer.from(bytes.toString('latin1').replace('svc_tax', 'svc_tex'), 'latin1') : bytes);
	assert.equal((await fetching('verify', web.url, '--ca', web.ca, ...key)).status, 1);
	web.change = undefined;
	web.missing = new Set(['/log/tile/0/001']);
	const missing = await fetching('verify', web.url, '--ca', web.ca, ...key);
	assert.equal(missing.status, 1);
	assert.match(missing.said, /tile\/0\/001: it is missing/);
	web.missing = undefined;
	web.broken = new Set(['/log/tile/0/001']);
	const broken = await fetching('verify', web.url, '--ca', web.ca, ...key);
	assert.equal(broken.status, 3, broken.said);
	assert.match(broken.said, /tile\/0\/001: the server answered 500/);
	web.broken = new Set();
});

test('a server that is not who it says, redirects or is not there is not believed', async () => {
	assert.equal((await fetching('verify', web.url, ...key)).status, 3);
	web.redirect = true;
	assert.equal((await fetching('verify', web.url, '--ca', web.ca, ...key)).status, 3);
	web.redirect = false;
	assert.equal((await fetching('verify', 'https://localhost:1/log', '--ca', web.ca, ...key)).status, 3);
	assert.equal((await fetching('show', web.url, '1', '--ca', web.ca)).status, 2);
});
