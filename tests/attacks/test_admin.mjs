/*
 * test_admin.mjs: administration as somebody would reach for it: without a token, with the wrong one, with a role of another kind,
 * from another user of the machine; registrations and rules that must not be taken.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, assertProblem, authctl, authctlJson, bearer, getCode, logEntries, personTokens, signInPerson,
	untilEntry } from '../system/lib/outsider.mjs';
import { clientAssertion, makeKeyPair, question, requestToken, signIn, sleep, useOmbud } from '../system/lib/ombud.mjs';

const NORTH = 'org_csp_north';
const ADMIN_REDIRECT = 'http://127.0.0.1/admin';

const ALONE = ['policy', 'activate', '--alone', '--why', 'exercise'];

let issuer;
let web;
let scratch;
let socket;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	socket = started.demo.socket.admin;
	web = started.web();
	scratch = mkdtempSync(join(tmpdir(), 'ombud-admin-'));
});
after(() => scratch && rmSync(scratch, { recursive: true, force: true }));

const file = (name, text) => {
	writeFileSync(join(scratch, name), text, { mode: 0o600 });
	return join(scratch, name);
};

/* What administration has, with a body that would do something. */
const ASKED = () => [
	['GET', '/admin/v1/people'], ['GET', `/admin/v1/people/${ombud.demo.people.citizen.sub}`], ['POST', '/admin/v1/people', { login: 'evil', kind: 'staff',
		profile: { name: 'x' } }],
	['POST', `/admin/v1/people/${ombud.demo.people.citizen.sub}/status`, { status: 'disabled' }], ['POST',
		`/admin/v1/people/${ombud.demo.people.citizen.sub}/reset`, { password: 'a-password-of-mine-1' }],
	['GET', '/admin/v1/roles'], ['POST', '/admin/v1/roles/assign', { sub: ombud.demo.people.citizen.sub, organisation: NORTH, role: 'admin' }],
	['POST', '/admin/v1/roles/revoke', { sub: ombud.demo.people.admin.sub, organisation: NORTH, role: 'admin' }], ['GET', '/admin/v1/clients'], ['GET',
		'/admin/v1/clients/svc_tax'],
	['POST', '/admin/v1/clients', { client_id: 'evil' }], ['POST', '/admin/v1/clients/svc_tax/status', { status: 'disabled' }], ['GET', '/admin/v1/policy'],
		['POST', '/admin/v1/policy/activate', {}],
	['GET', '/admin/v1/consents'], ['POST', '/admin/v1/consents/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a/withdraw', {}], ['GET', '/admin/v1/sessions'], ['POST',
		'/admin/v1/sessions/x/end', {}],
	['GET', '/admin/v1/status'],
];

/* ---- over HTTPS ---- */

test('without a token, with a cookie and with every other kind of token nothing of administration is open', async () => {
	const admin = await signIn(ombud.demo, ombud.demo.people.admin);
	const cookie = `__Host-session=${admin.cookies.get('__Host-session')}`;
	const tokens = await personTokens(ombud, admin, 'web_portal', 'openid profile consent:manage audit:read');
	const service = await ombud.service('svc_benefits_north');
	const tax = await ombud.service('svc_tax');

	for (const [method, path, json] of ASKED()) {
		assertProblem(await web.request(method, `${issuer}${path}`, { json }), 401);
		assertProblem(await web.request(method, `${issuer}${path}`, { json, headers: { cookie } }), 401);
		assertProblem(await web.request(method, `${issuer}${path}`, { json, headers: { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1',
			'x-remote-user': 'admin' } }), 401);
		for (const token of [tokens.access_token, service.token, tax.token]) {
			assertProblem(await web.request(method, `${issuer}${path}`, { json, token }), 403, 'insufficient_scope');
		}
	}
	admin.close();
});

/* A client whose tokens may carry the scope admin: none of the demo may. */
async function adminTokens(browser) {
	const demo = structuredClone(ombud.demo);
	demo.clients.admin_console = { auth: 'none', redirect_uris: [ADMIN_REDIRECT] };
	const view = { demo, web: ombud.web };
	const { redeem } = await import('../system/lib/outsider.mjs');
	const answer = await redeem(view, 'admin_console', await getCode(view, browser, 'admin_console', { scope: 'openid admin' }));
	assert.equal(answer.status, 200, answer.text);
	return answer.json.access_token;
}

test('the scope alone opens nothing: a role of that organisation is needed, and each role opens its own part', async () => {
	await authctlJson(ombud, 'client', 'add', 'admin_console', '--name', 'x', '--organisation', NORTH, '--auth', 'none', '--grants', 'authorization_code',
		'--scopes', 'openid admin', '--redirect-uri', ADMIN_REDIRECT);
	const citizen = await adminTokens(await signInPerson(ombud, await addPerson(ombud)));
	for (const [method, path, json] of ASKED()) {
		assertProblem(await web.request(method, `${issuer}${path}`, { json, headers: bearer(citizen) }), 403, 'role_missing');
	}
	const elsewhere = await adminTokens(await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [['org_housing', 'admin']] })));
	assertProblem(await web.get(`${issuer}/admin/v1/people`, { headers: bearer(elsewhere) }), 403, 'role_missing');

	const auditor = await adminTokens(await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'auditor']] })));
	for (const [method, path, json] of ASKED()) {
		const answer = await web.request(method, `${issuer}${path}`, { json, headers: bearer(auditor) });
		const may = ['GET /admin/v1/policy', 'GET /admin/v1/status'].includes(`${method} ${path}`);
		assert.equal(answer.status, may ? 200 : 403, `${method} ${path}: ${answer.text.slice(0, 200)}`);
	}
	const someone = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'admin']] });
	const admin = await adminTokens(await signInPerson(ombud, someone));
	assert.equal((await web.get(`${issuer}/admin/v1/people`, { headers: bearer(admin) })).status, 200);
	assertProblem(await web.post(`${issuer}/admin/v1/policy/activate`, { json: {}, headers: bearer(admin) }), 403, 'role_missing');
	await authctlJson(ombud, 'role', 'revoke', '--sub', someone.sub, '--organisation', NORTH, '--role', 'admin');
	assertProblem(await web.get(`${issuer}/admin/v1/people`, { headers: bearer(admin) }), 403, 'role_missing');
});

test('unknown members are refused, so that nothing is slipped in', async () => {
	const post = (path, json) => web.request('POST', `http://localhost${path}`, { json, socket });
	const { citizen } = ombud.demo.people;

	for (const [path, json] of [
		['/admin/v1/people', { login: 'slip', kind: 'adult', profile: { name: 'x' }, roles: ['admin'] }], ['/admin/v1/people', { login: 'slip', kind: 'adult',
			profile: { name: 'x' }, sub: 'sub_x' }],
		['/admin/v1/people', { login: 'slip', kind: 'admin', profile: { name: 'x' } }], ['/admin/v1/people', { login: 'slip', kind: 'adult' }],
			['/admin/v1/people', []],
		[`/admin/v1/people/${citizen.sub}/status`, { status: 'active', acr: 3 }], [`/admin/v1/people/${citizen.sub}/status`, { status: 'erased' }],
		['/admin/v1/roles/assign', { sub: citizen.sub, organisation: NORTH, role: 'intake-officer', effective: true }], ['/admin/v1/roles/assign',
			{ sub: citizen.sub, organisation: NORTH, role: 'no-such-role' }],
		['/admin/v1/roles/assign', { sub: citizen.sub, organisation: 'org_nothing', role: 'admin' }],
	]) {
		const answer = await post(path, json);
		assert.ok([400, 404, 422].includes(answer.status), `${path} ${JSON.stringify(json)}: ${answer.status} ${answer.text}`);
	}
	assert.equal((await authctl(ombud, 'user', 'show', '--login', 'slip')).status, 1);
});

/* ---- the socket ---- */

test('the admin socket is its owner\'s alone; another user of the machine does not get in', { skip: process.getuid() !== 0 }, () => {
	const tried = spawnSync(process.execPath, ['-e', `
		const socket = require('node:net').connect(${JSON.stringify(socket)});
		socket.on('error', (error) => { console.log(error.code); });
		socket.on('data', (bytes) => { console.log(bytes.toString().split('\\r\\n')[0]); process.exit(); });
		socket.on('close', () => console.log('closed'));
		socket.on('connect', () => socket.write('GET /admin/v1/people HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n'));
		setTimeout(() => process.exit(), 3000);`], { uid: 65534, gid: 65534, encoding: 'utf8', cwd: '/' });

	assert.doesNotMatch(tried.stdout, / 200 /, tried.stdout);
	assert.match(tried.stdout, /EACCES|closed|HTTP\/1\.1 40[13]/, tried.stdout + tried.stderr);
	assert.equal(statSync(socket).mode & 0o007, 0);
});

test('what comes over the admin socket is on record as that user\'s, reading too', async () => {
	const size = logEntries(ombud).length;
	await authctlJson(ombud, 'user', 'show', ombud.demo.people.citizen2.sub);
	const { entry } = await untilEntry(ombud, 'admin.read', ({ event, index }) => index >= size && /^admin\./.test(event));
	assert.match(entry.by.operator, /^uid-\d+$/);
	assert.ok(entry.about?.length === 1, 'the person can see that they were looked up');
});

/* ---- roles ---- */

test('duties that one person may not combine are not given to one person', async () => {
	const someone = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'auditor']] });
	const give = (role) => authctl(ombud, 'role', 'assign', '--sub', someone.sub, '--organisation', NORTH, '--role', role);

	assert.equal((await give('admin')).status, 1);
	assert.equal((await give('intake-officer')).status, 0);
	assert.equal((await give('policy-author')).status, 0);
	assert.equal((await give('policy-approver')).status, 1);
	const { records } = await authctlJson(ombud, 'role', 'list', '--sub', someone.sub).catch(() => ({ records: [] }));
	assert.ok(!records.some(({ role }) => ['admin', 'policy-approver'].includes(role)));
});

/* ---- clients ---- */

const jwks = (keys) => file(`jwks-${Math.random()}`, JSON.stringify({ keys }));
const pair = (type, options) => makeKeyPair(type, options);

test('a client that would be a hole is not registered', async () => {
	const { jwk } = ombud.demo.clients.web_portal;
	const { d, ...open } = jwk;
	const weak = pair('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
	const base = ['--name', 'x', '--organisation', NORTH, '--scopes', 'openid'];
	const code = [...base, '--grants', 'authorization_code'];
	const good = ['--auth', 'private_key_jwt', '--jwks-file', jwks([open])];

	for (const [what, args] of Object.entries({
		'a private key': [...code, '--auth', 'private_key_jwt', '--jwks-file', jwks([jwk]), '--redirect-uri', 'https://a.example/cb'],
		'RSA of 1024 bits': [...code, '--auth', 'private_key_jwt', '--jwks-file', jwks([{ ...weak, kid: 'x', alg: 'RS256', use: 'sig' }]), '--redirect-uri',
			'https://a.example/cb'],
		'a shared key': [...code, '--auth', 'private_key_jwt', '--jwks-file', jwks([{ kty: 'oct', k: 'c2VjcmV0', kid: 'x' }]), '--redirect-uri',
			'https://a.example/cb'],
		'no keys': [...code, '--auth', 'private_key_jwt', '--redirect-uri', 'https://a.example/cb'],
		'an empty set': [...code, '--auth', 'private_key_jwt', '--jwks-file', jwks([]), '--redirect-uri', 'https://a.example/cb'],
		'http': [...code, ...good, '--redirect-uri', 'http://a.example/cb'], 'a fragment': [...code, ...good, '--redirect-uri', 'https://a.example/cb#x'],
		'a wildcard': [...code, ...good, '--redirect-uri', 'https://*.example/cb'], 'javascript': [...code, ...good, '--redirect-uri', 'javascript:alert(1)'],
		'a path': [...code, ...good, '--redirect-uri', '/cb'], 'no address': [...code, ...good],
		'the password grant': [...base, ...good, '--grants', 'password'], 'implicit': [...base, ...good, '--grants', 'implicit', '--redirect-uri',
			'https://a.example/cb'],
		'an unknown scope': ['--name', 'x', '--organisation', NORTH, '--scopes', 'openid everything', '--grants', 'authorization_code', ...good,
			'--redirect-uri', 'https://a.example/cb'],
		'an unknown way': [...code, '--auth', 'client_secret_jwt', '--redirect-uri', 'https://a.example/cb'], 'an unknown organisation': ['--name', 'x',
			'--organisation', 'org_x', '--scopes', 'openid', '--grants', 'authorization_code', ...good, '--redirect-uri', 'https://a.example/cb'],
		'an unknown service': ['--service', 'svc_nothing', '--scopes', 'access:evaluate', '--grants', 'client_credentials', ...good],
		'public with credentials of its own': [...base, '--auth', 'none', '--grants', 'client_credentials'],
	})) {
		const { status, err } = await authctl(ombud, 'client', 'add', 'hole', ...args);
		assert.ok([1, 2, 3].includes(status), `${what} was registered: ${err}`);
	}
	for (const id of ['svc:hole', 'sub_hole', 'a b', 'a"b', '', '../x', 'x'.repeat(300), 'имя', 'svc_tax']) {
		const { status } = await authctl(ombud, 'client', 'add', id, ...code, ...good, '--redirect-uri', 'https://a.example/cb');
		assert.ok([1, 2, 3].includes(status), `${id} was registered`);
	}
	assert.equal((await authctl(ombud, 'client', 'show', 'hole')).status, 1);
});

test('a disabled client gets nothing, at once, by any way', async () => {
	const { jwk } = ombud.demo.clients.svc_benefits_north;
	const service = await ombud.service('svc_benefits_north');
	await authctlJson(ombud, 'client', 'disable', 'svc_benefits_north');
	try {
		const answer = await requestToken(web, issuer, 'svc_benefits_north', { auth: 'private_key_jwt', jwk, fapi: true });
		assert.deepEqual([answer.status, answer.json.error], [401, 'invalid_client']);
		assertProblem(await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub)), 401);
	} finally {
		await authctlJson(ombud, 'client', 'enable', 'svc_benefits_north');
	}
	assert.ok((await clientAssertion(issuer, 'svc_benefits_north', jwk)).length > 0);
	assert.equal((await requestToken(web, issuer, 'svc_benefits_north', { auth: 'private_key_jwt', jwk, fapi: true })).status, 200);
});

/* ---- rules ---- */

const PURPOSES = 'purposes.yaml';

test('a bad bundle is refused by file, line and column, and the old one stays', async () => {
	const policies = join(ombud.dir, 'policies');
	const kept = readFileSync(join(policies, PURPOSES), 'utf8');
	const before_ = await authctlJson(ombud, 'policy', 'show');
	const lines = kept.split('\n');
	const at = lines.findIndex((line) => line.startsWith('- id: eligibility'));
	const changed = (change) => { const copy = [...lines]; change(copy); return copy.join('\n'); };
	const bundles = {
		'an unknown key': changed((copy) => copy.splice(at + 1, 0, '  colour: red')),
		'a key twice': changed((copy) => copy.splice(at + 1, 0, '  version: 3', '  version: 4')),
		'an anchor': changed((copy) => { copy[at + 1] = '  version: &x 3'; }),
		'an alias': changed((copy) => { copy[at + 1] = '  version: *x'; }),
		'a tag': changed((copy) => { copy[at + 1] = '  version: !!int 3'; }),
		'a merge key': changed((copy) => copy.splice(at + 1, 0, '  <<: {version: 3}')),
		'a tab': changed((copy) => { copy[at + 1] = '\tversion: 3'; }),
		'text for a number': changed((copy) => { copy[at + 1] = '  version: three'; }),
		'a category that is not there': kept.replace('categories: [income, family, disability]', 'categories: [income, family, nothing]'),
		'two documents': `${kept}\n---\n- id: other\n`,
		'the same id twice': `${kept}\n${kept}`,
		'not UTF-8': Buffer.concat([Buffer.from(kept), Buffer.from([0xff, 0xfe, 0x0a])]),
		'nothing': '',
		'JSON that is cut': '[{"id":',
		'a statute that is not there': kept.replace('statute: 178-FZ-8', 'statute: 999-FZ-1'),
	};
	try {
		for (const [what, text] of Object.entries(bundles)) {
			writeFileSync(join(policies, PURPOSES), text);
			const checked = await authctl(ombud, 'policy', 'check', policies);
			assert.equal(checked.status, 1, what);
			assert.match(checked.err + checked.out, /purposes\.yaml/, what);
			if (!['nothing', 'the same id twice', 'not UTF-8'].includes(what)) {
				assert.match(checked.err + checked.out, /purposes\.yaml:\d+:\d+/, `${what}: ${checked.err}${checked.out}`);
			}
			const { status } = await authctl(ombud, ...ALONE);
			assert.equal(status, 1, `${what} was activated`);
			assert.equal((await authctlJson(ombud, 'policy', 'show')).version, before_.version, what);
		}
	} finally {
		writeFileSync(join(policies, PURPOSES), kept);
	}
	const service = await ombud.service('svc_benefits_north');
	const { json } = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub, { category: 'disability' }));
	assert.equal(json.decision, true, 'the old rules hold');
	assert.equal(json.context.policy.version, before_.version);
});

test('an activation is an entry with the hash, and decisions name the bundle they were made by', async () => {
	const policies = join(ombud.dir, 'policies');
	const kept = readFileSync(join(policies, 'bundle.yaml'), 'utf8');
	const service = await ombud.service('svc_benefits_north');
	const decide = async () => (await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub,
		{ category: 'disability' }))).json.context;
	const old = await decide();
	try {
		writeFileSync(join(policies, 'bundle.yaml'), kept.replace(/^version: (\d+)/m, (all, n) => `version: ${Number(n) + 1}`));
		await authctlJson(ombud, ...ALONE);
		const fresh = await decide();
		assert.equal(fresh.policy.version, old.policy.version + 1);
		assert.notEqual(fresh.policy.sha256, old.policy.sha256);
		const { entry } = await untilEntry(ombud, 'policy.activated', ({ event,
			policy }) => event === 'policy.activated' && policy?.includes(fresh.policy.sha256.replace('sha256:', '')));
		assert.ok(entry.index < fresh.log.index);
		writeFileSync(join(policies, 'bundle.yaml'), kept);
		assert.equal((await authctl(ombud, ...ALONE)).status, 1, 'an older version does not come back unnoticed');
	} finally {
		writeFileSync(join(policies, 'bundle.yaml'), kept);
	}
});

test('a bundle whose own tests fail is not put in force', async () => {
	const policies = join(ombud.dir, 'policies');
	const copy = join(scratch, 'policies');
	cpSync(policies, copy, { recursive: true });
	const tests = join(copy, 'tests', 'eligibility.yaml');
	chmodSync(tests, 0o600);
	const text = readFileSync(tests, 'utf8');
	assert.equal((await authctl(ombud, 'policy', 'test', copy)).status, 0);
	const turned = text.includes('permit') ? text.replace(/\bpermit\b/, 'refuse') : text.replace(/true/, 'false');
	assert.notEqual(turned, text);
	writeFileSync(tests, turned);
	const failed = await authctl(ombud, 'policy', 'test', copy);
	assert.equal(failed.status, 1, failed.out);

	const real = join(policies, 'tests', 'eligibility.yaml');
	const bundle = join(policies, 'bundle.yaml');
	const [keptTests, keptBundle] = [readFileSync(real, 'utf8'), readFileSync(bundle, 'utf8')];
	try {
		writeFileSync(real, turned);
		writeFileSync(bundle, keptBundle.replace(/^version: \d+/m, 'version: 90'));
		assert.equal((await authctl(ombud, ...ALONE)).status, 1);
	} finally {
		writeFileSync(real, keptTests);
		writeFileSync(bundle, keptBundle);
	}
});

/* ---- secrets ---- */

test('no command line shows a secret, and none is left in what the daemons write', async () => {
	await sleep(100);
	for (const name of ['authd', 'authd-keyd', 'auditlogd', 'auditlog-signer']) {
		const pid = ombud.demo.pids[name];
		const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
		for (const one of Object.values(ombud.demo.people)) {
			assert.ok(!line.includes(one.password) && !line.includes(one.totp_secret));
		}
	}
	assert.equal(logEntries(ombud).filter(({ entry }) => entry.event === 'log.started').length, 1, 'nothing was started again');
	await assertLawful(ombud);
});
