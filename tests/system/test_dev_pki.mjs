/* test_dev_pki.mjs: the throw-away PKI (certs/dev-pki) makes what it says, keeps what is good, and cannot be stretched. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../../demo/state.mjs';

const script = join(root, 'certs', 'dev-pki');
const dirs = [];

function pki(...options) {
	const dir = mkdtempSync(join(tmpdir(), 'pki with space '));
	dirs.push(dir);
	execFileSync(script, [...options, dir]);
	return dir;
}

after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

const leaf = (dir, name) => new X509Certificate(readFileSync(join(dir, `${name}.pem`)));
const openssl = (dir, ...args) => spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
const holds = (dir, name) => openssl(dir, 'verify', '-x509_strict', '-CAfile', 'ca.pem', '-untrusted', 'issuing.pem', name).status === 0;

/* A certificate that the issuing authority's key signs against its own constraints. */
function forge(dir, subject, san) {
	writeFileSync(join(dir, 'forged.cnf'), `[leaf]\nbasicConstraints=critical,CA:false\nsubjectAltName=${san}\n`);
	const steps = [
		['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'forged.key'],
		['req', '-new', '-key', 'forged.key', '-subj', subject, '-out', 'forged.csr'],
		['x509', '-req', '-in', 'forged.csr', '-CA', 'issuing.pem', '-CAkey', 'issuing.key', '-set_serial', '7', '-days', '1',
			'-extfile', 'forged.cnf', '-extensions', 'leaf', '-out', 'forged.pem'],
	];
	for (const step of steps) {
		assert.equal(openssl(dir, ...step).status, 0, step.join(' '));
	}
}

test('server, service and auditor certificates hold under the root and name who they are for', () => {
	const dir = pki('--service', 'svc_tax', '--auditor', 'auditor');

	for (const name of ['server.pem', 'service-svc_tax.pem', 'auditor-auditor.pem']) {
		assert.ok(holds(dir, name), name);
	}
	assert.ok(leaf(dir, 'server').checkHost('localhost'));
	assert.ok(leaf(dir, 'server').checkIP('127.0.0.1'));
	assert.equal(leaf(dir, 'service-svc_tax').subjectAltName, 'URI:https://services.ombud.test/svc_tax');
	assert.equal(leaf(dir, 'auditor-auditor').subjectAltName, 'URI:https://auditors.ombud.test/auditor');
});

test('every certificate carries the organisation by which production refuses it', () => {
	const dir = pki();

	for (const name of ['root', 'issuing', 'server']) {
		assert.match(leaf(dir, name).subject, /^O=Ombud throw-away demo PKI$/m, name);
	}
});

test('keys are for their owner only, and nothing lives longer than it says', () => {
	const dir = pki('--days', '3');
	const days = (Date.parse(leaf(dir, 'server').validTo) - Date.now()) / 86400e3;

	for (const name of readdirSync(dir).filter((file) => file.endsWith('.key'))) {
		assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
	}
	assert.ok(days > 2.9 && days <= 3, `${days}`);
});

test('a second call keeps every certificate', () => {
	const dir = pki('--service', 'svc_tax');
	const before = readFileSync(join(dir, 'service-svc_tax.pem'), 'utf8') + readFileSync(join(dir, 'root.pem'), 'utf8');

	execFileSync(script, ['--service', 'svc_tax', dir]);
	assert.equal(readFileSync(join(dir, 'service-svc_tax.pem'), 'utf8') + readFileSync(join(dir, 'root.pem'), 'utf8'), before);
});

test('a lost key, a cut certificate and a new root are mended', () => {
	const dir = pki('--service', 'svc_tax');

	rmSync(join(dir, 'server.key'));
	truncateSync(join(dir, 'service-svc_tax.pem'), 100);
	execFileSync(script, ['--service', 'svc_tax', dir]);
	assert.ok(holds(dir, 'server.pem') && holds(dir, 'service-svc_tax.pem'));
	rmSync(join(dir, 'root.key'));
	execFileSync(script, ['--service', 'svc_tax', dir]);
	assert.ok(holds(dir, 'server.pem') && holds(dir, 'service-svc_tax.pem'));
});

test('the issuing key is of no use for another host, another organisation or another service name', () => {
	const dir = pki();
	const marked = '/O=Ombud throw-away demo PKI/CN=x';

	forge(dir, marked, 'DNS:localhost');
	assert.ok(holds(dir, 'forged.pem'), 'within its names it holds');
	forge(dir, marked, 'DNS:bank.example');
	assert.ok(!holds(dir, 'forged.pem'), 'another host');
	forge(dir, '/O=Ministry/CN=x', 'DNS:localhost');
	assert.ok(!holds(dir, 'forged.pem'), 'a subject without the mark');
	forge(dir, marked, 'URI:https://services.gov.example/svc_tax');
	assert.ok(!holds(dir, 'forged.pem'), 'a service elsewhere');
	forge(dir, marked, 'IP:10.0.0.1');
	assert.ok(!holds(dir, 'forged.pem'), 'an address that is not loopback');
});

test('names that would leave the directory or the URI are refused, and so is a long life', () => {
	for (const options of [['--service', '../x'], ['--service', 'a/b'], ['--auditor', ''], ['--days', '91'], ['--days', '1x'], ['--nonsense', 'y']]) {
		const { status } = spawnSync(script, [...options, join(tmpdir(), 'never-made')]);
		assert.equal(status, 2, options.join(' '));
	}
});
