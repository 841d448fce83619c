/*
 * register.test.mjs: data behind Ombud: a register that delivers against tickets alone, and files behind Debian's nginx that
 * leave only when it agrees. register/ has both, to copy.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { programs } from '../../demo/state.mjs';
import { addPerson, signInPerson } from '../system/lib/outsider.mjs';
import { giveConsent, makeProof, newProofKey, question, sleep, useOmbud } from '../system/lib/ombud.mjs';
import { Register } from './register/register.mjs';

const NGINX = process.env.OMBUD_NGINX ?? '/usr/sbin/nginx';
const PROXY_SECRET = 'known to the proxy and the register alone';
const RANGE = { from: '2026-08-01', to: '2026-10-31' };

let dir, desk, other, register, address, nginx, site;
let benefits; /* a service with DPoP */
let person, browser;

/* A service of its own with a certificate that it made itself, as a service author would. */
function makeDesk(ombud, id) {
	const files = { cert: join(dir, `${id}.pem`), key: join(dir, `${id}.key`) };
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${id}`,
		'-keyout', files.key, '-out', files.cert], { stdio: 'ignore' });
	execFileSync(join(programs, 'authctl'), ['client', 'add', id, '--socket', ombud.demo.socket.admin, '--auth', 'self_signed_tls_client_auth',
		'--tls-cert-file', files.cert, '--tls-bound', '--service', 'svc_legacy', '--grants', 'client_credentials', '--scopes', 'access:evaluate consent:request']);
	return { id, web: ombud.web(files) };
}

async function deskToken(ombud, { id, web }) {
	const answer = await web.post(`${ombud.demo.issuer}/oauth2/token`, { form: { grant_type: 'client_credentials', client_id: id } });
	assert.equal(answer.status, 200, answer.text);
	return answer.json.access_token;
}

async function freePort() {
	const server = createServer();
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	const { port } = server.address();
	await new Promise((resolve) => { server.close(resolve); });
	return port;
}

async function startNginx(ombud) {
	const port = await freePort();
	const places = { DIR: dir, PORT: port, REGISTER_PORT: new URL(address).port, PROXY_SECRET, CA: ombud.demo.ca,
		CERTIFICATE: join(ombud.dir, 'pki', 'server.pem'), KEY: join(ombud.dir, 'pki', 'server.key') };
	const text = readFileSync(new URL('register/register.conf', import.meta.url), 'utf8');
	writeFileSync(join(dir, 'register.conf'), text.replace(/@([A-Z_]+)@/g, (all, place) => places[place] ?? all));
	nginx = spawn(NGINX, ['-c', join(dir, 'register.conf'), '-p', dir, '-e', join(dir, 'error.log')], { stdio: ['ignore', 'ignore', 'inherit'] });
	for (let tries = 0; tries < 2000; tries++) {
		const up = await new Promise((resolve) => {
			const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
			socket.on('error', () => resolve(false));
		});
		if (up) {
			return `https://localhost:${port}`;
		}
		await sleep(50);
	}
	throw new Error(`nginx does not listen: ${readFileSync(join(dir, 'error.log'), 'utf8')}`);
}

const ombud = useOmbud({ before, after }, async (started) => {
	dir = mkdtempSync(join(tmpdir(), 'ombud-register-'));
	desk = makeDesk(started, 'housing-desk');
	other = makeDesk(started, 'other-desk');
	desk.token = await deskToken(started, desk);
	benefits = await started.service('svc_benefits_north');
	register = new Register(started.demo, { proxySecret: PROXY_SECRET });
	address = await register.listen();
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	mkdirSync(join(dir, 'www', 'files'), { recursive: true });
	writeFileSync(join(dir, 'www', 'files', `${person.sub}.json`), '{"months": 3}', { mode: 0o644 });
	execFileSync('chmod', ['-R', 'a+rX', dir]);
	site = await startNginx(started);
});
after(async () => {
	if (nginx?.exitCode === null) {
		const gone = new Promise((resolve) => { nginx.on('exit', resolve); });
		nginx.kill('SIGTERM');
		await gone;
	}
	await register?.close();
	rmSync(dir, { recursive: true, force: true });
});

const asDesk = (method, path, json) => desk.web.request(method, new URL(path, ombud.demo.issuer),
	{ json, headers: { authorization: `Bearer ${desk.token}` } });

async function decide({ sub = person.sub, category = 'income', properties = {} } = {}) {
	const answer = await asDesk('POST', '/access/v1/evaluation', { subject: { type: 'service', id: desk.id },
		action: { name: 'read', properties: { purpose: 'housing_subsidy' } }, resource: { type: category, id: sub, properties } });
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
}

const visit = (web, path, ticket, headers = {}) => web.request('GET', new URL(path, address),
	{ headers: { ...(ticket ? { 'ombud-ticket': ticket } : {}), ...headers } });

test('without a consent there is no ticket, and without a ticket no data', async () => {
	const { decision, context } = await decide();
	assert.equal(decision, false);
	assert.equal(context.reason, 'consent_missing');
	assert.ok(!context.ticket);
	const answer = await visit(desk.web, `/income/${person.sub}`);
	assert.equal(answer.status, 403);
	assert.equal(answer.json.reason, 'ticket_missing');
});

test('with one the register delivers, asking nobody, and confirms; the person sees that it was released', async () => {
	await giveConsent({ demo: ombud.demo }, asDesk, browser, person.sub, { purpose: 'housing_subsidy', categories: ['income', 'family', 'housing'] });
	const { decision, context } = await decide();
	assert.equal(decision, true, JSON.stringify(context));
	const answer = await visit(desk.web, `/income/${person.sub}`, context.ticket);
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.months.length, 3);
	await register.settled();
	const again = await asDesk('POST', `/access/v1/outcomes/${context.evaluation_id}`, { outcome: 'failed' });
	assert.equal(again.status, 409, 'the outcome is known');
	const page = await browser.open(`/accesses/${context.evaluation_id}?lang=en`);
	assert.match(page.text, /3/);
	assert.doesNotMatch(page.text, /not confirmed/i);
});

test('a ticket is good once, for one person, one category, its holder and its time', async () => {
	const { context: { ticket } } = await decide();
	const stranger = await addPerson(ombud);
	const refused = async (answer, reason) => {
		const { status, json, text } = await answer;
		assert.equal(status, 403, text);
		assert.equal(json.reason, reason);
	};
	await refused(visit(desk.web, `/income/${stranger.sub}`, ticket), 'other_person');
	await refused(visit(other.web, `/income/${person.sub}`, ticket), 'wrong_holder');
	await refused(visit(ombud.web(), `/income/${person.sub}`, ticket), 'wrong_holder');
	await refused(visit(desk.web, `/income/${person.sub}`, `${ticket.slice(0, -8)}AAAAAAAA`), 'ticket_invalid');
	const [head, claims, signature] = ticket.split('.');
	const bent = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url')), sub: stranger.sub })).toString('base64url');
	await refused(visit(desk.web, `/income/${stranger.sub}`, `${head}.${bent}.${signature}`), 'ticket_invalid');
	const family = await decide({ category: 'family' });
	await refused(visit(desk.web, `/income/${person.sub}`, family.context.ticket), 'ticket_invalid'); /* nobody provides it: not for this register */
	await refused(visit(desk.web, `/income/${person.sub}`, desk.token), 'ticket_invalid');
	assert.equal((await visit(desk.web, `/income/${person.sub}`, ticket)).status, 200, 'what was tried before has not used it up');
	await refused(visit(desk.web, `/income/${person.sub}`, ticket), 'ticket_used');
});

test('of many at once with one ticket one is served', async () => {
	const { context: { ticket } } = await decide();
	const answers = await Promise.all(Array.from({ length: 20 }, () => visit(desk.web, `/income/${person.sub}`, ticket)));
	assert.equal(answers.filter(({ status }) => status === 200).length, 1);
	assert.equal(answers.filter(({ status }) => status === 403).length, 19);
});

test('no more is delivered than the range that was permitted', async () => {
	const { context: { ticket } } = await decide({ properties: { range: { from: '2026-09-01', to: '2026-10-31' } } });
	for (const query of ['', '?from=2026-08-01&to=2026-10-31', '?from=2026-09-01&to=2026-11-30']) {
		assert.equal((await visit(desk.web, `/income/${person.sub}${query}`, ticket)).status, 403, query);
	}
	const answer = await visit(desk.web, `/income/${person.sub}?from=2026-09-01&to=2026-10-31`, ticket);
	assert.equal(answer.status, 200, answer.text);
	assert.deepEqual(answer.json.months.map(({ month }) => month), ['2026-09', '2026-10']);
});

test('who only needs yes or no is told no sum', async () => {
	const { context: { ticket } } = await decide();
	const answer = await visit(desk.web, `/income/${person.sub}/below?amount=45000`, ticket);
	assert.deepEqual(answer.json, { person: person.sub, below: true });
	assert.doesNotMatch(answer.text, /41200|39800|42100/);
});

test('a ticket of a service with DPoP needs a proof by its key, for this address and this ticket', async () => {
	await giveConsent(ombud, benefits, browser, person.sub);
	const ask = async () => (await benefits('POST', '/access/v1/evaluation', question(person.sub))).json.context.ticket;
	const url = `${address}/income/${person.sub}`;
	const ticket = await ask();
	const bad = [undefined, await makeProof('GET', url, { token: ticket, key: await newProofKey() }), await makeProof('POST', url, { token: ticket }),
		await makeProof('GET', `${address}/income/x`, { token: ticket }), await makeProof('GET', url, { token: await ask() })];
	for (const dpop of bad) {
		assert.equal((await visit(ombud.web(), `/income/${person.sub}`, ticket, dpop ? { dpop } : {})).status, 403);
	}
	const answer = await visit(ombud.web(), `/income/${person.sub}`, ticket, { dpop: await makeProof('GET', url, { token: ticket }) });
	assert.equal(answer.status, 200, answer.text);
});

test('after the withdrawal there is no new ticket', async () => {
	const page = await browser.open('/consents?lang=en');
	const { json } = await asDesk('GET', `/consent/v1/records?person=${person.sub}&state=given`);
	assert.equal(page.status, 200);
	const id = json.records[0].record_id;
	const form = await browser.open(`/consents/${id}/withdraw`);
	await browser.submit(form, {}, { action: `/consents/${id}/withdraw` });
	assert.equal((await decide()).decision, false);
});

/* ---- files behind nginx ---- */

const fetchFile = (web, path, ticket, headers = {}) => web.request('GET', new URL(path, site),
	{ headers: { ...(ticket ? { 'ombud-ticket': ticket } : {}), ...headers } });

test('nginx delivers a file about a person against a ticket, and confirms it', async () => {
	await giveConsent({ demo: ombud.demo }, asDesk, browser, person.sub, { purpose: 'housing_subsidy', categories: ['income', 'family', 'housing'] });
	const { context } = await decide();
	const answer = await fetchFile(desk.web, `/files/${person.sub}.json`, context.ticket);
	assert.equal(answer.status, 200, answer.text);
	assert.deepEqual(answer.json, { months: 3 });
	await register.settled();
	assert.ok(register.delivered.includes(context.evaluation_id));
});

test('nginx delivers nothing without one, to another holder, twice, or for another file', async () => {
	const stranger = await addPerson(ombud);
	writeFileSync(join(dir, 'www', 'files', `${stranger.sub}.json`), '{"months": 9}', { mode: 0o644 });
	const { context: { ticket } } = await decide();
	const forged = { 'x-proxy-secret': PROXY_SECRET, 'x-original-uri': `/files/${person.sub}.json`, 'x-client-certificate': 'x' };
	for (const [web, path, shown, headers] of [[desk.web, person.sub], [other.web, person.sub, ticket], [desk.web, stranger.sub, ticket],
		[desk.web, stranger.sub, ticket, forged], [ombud.web(), person.sub, ticket, forged]]) {
		const answer = await fetchFile(web, `/files/${path}.json`, shown, headers);
		assert.equal(answer.status, 403, answer.text);
		assert.doesNotMatch(answer.text, /months/);
	}
	assert.equal((await fetchFile(desk.web, `/files/../files/${person.sub}.json`, ticket)).status, 200);
	assert.equal((await fetchFile(desk.web, `/files/${person.sub}.json`, ticket)).status, 403);
	assert.equal((await fetchFile(desk.web, '/_ticket', ticket)).status, 404);
	assert.equal((await visit(ombud.web(), '/check', ticket, { ...forged, 'x-proxy-secret': 'guessed' })).status, 403, 'the register believes only its proxy');
	assert.equal((await visit(ombud.web(), '/check', ticket, forged)).status, 403, 'and no certificate that is none');
});

test('when the register is away nothing is delivered', async () => {
	const { context: { ticket } } = await decide();
	await register.close();
	const answer = await fetchFile(desk.web, `/files/${person.sub}.json`, ticket);
	assert.equal(answer.status, 500);
	assert.doesNotMatch(answer.text, /months/);
});
