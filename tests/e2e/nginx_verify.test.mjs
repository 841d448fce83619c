/*
 * nginx_verify.test.mjs: a service that cannot check tokens, behind Debian's nginx with the configuration in nginx/, which asks
 * /verify: who is let through and as whom, and what a visitor who knows the names of the headers can do (nothing).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, asClient, personTokens, signInPerson } from '../system/lib/outsider.mjs';
import { makeProof, newProofKey, sleep, tokenHeaders, useOmbud } from '../system/lib/ombud.mjs';

const NGINX = process.env.OMBUD_NGINX ?? '/usr/sbin/nginx';
const SOURCES = new URL('nginx/', import.meta.url);

let site; /* https://localhost:PORT of nginx */
let web;
let service; /* { port, seen } */
let nginx;
let dir;
let bound; /* the benefits service's token */
let person, personToken;

/* The service itself: believes what it reads, and answers what that was. */
async function startService() {
	const seen = [];
	const server = http.createServer((request, response) => {
		seen.push(request.url);
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers }));
	});
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	return { server, seen, port: server.address().port };
}

async function freePort() {
	const server = createServer();
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	const { port } = server.address();
	await new Promise((resolve) => { server.close(resolve); });
	return port;
}

function writeConfiguration(places) {
	for (const name of ['ombud.conf', 'ask.conf', 'identity.conf']) {
		const text = readFileSync(new URL(name, SOURCES), 'utf8').replace(/@([A-Z_]+)@/g, (all, place) => {
			assert.ok(places[place] !== undefined, `${name}: ${all}`);
			return places[place];
		});
		writeFileSync(join(dir, name), text);
	}
}

async function listens(port) {
	for (let tries = 0; tries < 2000; tries++) {
		const up = await new Promise((resolve) => {
			const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
			socket.on('error', () => resolve(false));
		});
		if (up) {
			return;
		}
		await sleep(50);
	}
	throw new Error(`nginx does not listen: ${readFileSync(join(dir, 'error.log'), 'utf8')}`);
}

const ombud = useOmbud({ before, after }, async (started) => {
	dir = mkdtempSync(join(tmpdir(), 'ombud-nginx-'));
	service = await startService();
	const port = await freePort();
	const { issuer, ca } = started.demo;
	const pki = join(started.dir, 'pki');
	writeConfiguration({ DIR: dir, PORT: port, SERVICE_PORT: service.port, OMBUD_PORT: new URL(issuer).port, OMBUD_HOST: new URL(issuer).host,
		CA: ca, CERTIFICATE: join(pki, 'server.pem'), KEY: join(pki, 'server.key') });
	nginx = spawn(NGINX, ['-c', join(dir, 'ombud.conf'), '-p', dir, '-e', join(dir, 'error.log')], { stdio: ['ignore', 'ignore', 'inherit'] });
	await listens(port);
	site = `https://localhost:${port}`;
	web = started.web();
	bound = (await started.service('svc_benefits_north')).token;
	person = await addPerson(started);
	personToken = (await personTokens(started, await signInPerson(started, person), 'web_portal', 'openid consent:manage')).access_token;
});
after(async () => {
	if (nginx?.exitCode === null) {
		const gone = new Promise((resolve) => { nginx.on('exit', resolve); });
		nginx.kill('SIGTERM');
		await gone;
	}
	service?.server.closeAllConnections();
	service?.server.close();
	rmSync(dir, { recursive: true, force: true });
});

/* A visitor's request with a token; a bound one with a proof for exactly this address. */
const visit = async (path, token, { method = 'GET', headers = {}, ...more } = {}) => web.request(method, `${site}${path}`, {
	...more, headers: { ...(token === undefined ? {} : await tokenHeaders(method, `${site}${path}`, token)), ...headers } });

const reached = (path) => service.seen.includes(path);

test('a service with a bound token and a proof for its own address is let through, by name', async () => {
	const answer = await visit('/data/1?x=2', bound);
	assert.equal(answer.status, 200, answer.text);
	const { headers } = answer.json;
	assert.equal(headers['x-ombud-subject'], 'svc:svc_benefits_north');
	assert.equal(headers['x-ombud-client'], 'svc_benefits_north');
	assert.equal(headers['x-ombud-organisation'], 'org_csp_north');
	assert.equal(headers['x-ombud-roles'], 'intake-officer');
	assert.match(headers['x-ombud-scope'], /access:evaluate/);
	assert.equal(headers['x-ombud-acr'], '2');
	assert.equal(headers.authorization, undefined, 'the token stays in front');
	assert.equal(headers.dpop, undefined);
});

test('the method and the body of the original request are what the proof is for', async () => {
	const put = await visit('/data/2', bound, { method: 'POST', json: { a: 1 } });
	assert.equal(put.status, 200, put.text);
	assert.equal(put.json.method, 'POST');
	const wrong = await makeProof('GET', `${site}/data/3`, { token: bound });
	const answer = await visit('/data/3', undefined, { method: 'POST', json: {}, headers: { authorization: `DPoP ${bound}`, dpop: wrong } });
	assert.equal(answer.status, 401);
	assert.match(answer.header('www-authenticate'), /^DPoP error="invalid_dpop_proof"/);
	assert.ok(!reached('/data/3'));
});

test('a proof for another path, for Ombud itself, used before or of another key does not get through', async () => {
	const key = await newProofKey();
	const used = await makeProof('GET', `${site}/data/4`, { token: bound });
	assert.equal((await visit('/data/4', undefined, { headers: { authorization: `DPoP ${bound}`, dpop: used } })).status, 200);
	for (const dpop of [used, await makeProof('GET', `${site}/data/5`, { token: bound }), await makeProof('GET', `${ombud.demo.issuer}/verify`, { token: bound }),
		await makeProof('GET', `${site}/data/4`, { token: bound, key }), undefined]) {
		const count = service.seen.length;
		const answer = await visit('/data/4', undefined, { headers: { authorization: `DPoP ${bound}`, ...(dpop ? { dpop } : {}) } });
		assert.equal(answer.status, 401);
		assert.equal(service.seen.length, count, 'the service was not asked');
	}
});

test('nobody, and somebody with another kind of text, is 401 with a challenge', async () => {
	for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: 'Basic YTpi' }, { authorization: `Bearer ${bound}` }, { cookie: `__Host-session=${bound}` }]) {
		const answer = await visit('/data/6', undefined, { headers });
		assert.equal(answer.status, 401, JSON.stringify(headers));
		assert.match(answer.header('www-authenticate'), /Bearer|DPoP/);
	}
	assert.ok(!reached('/data/6'));
});

test('a token without the scope of the place is 403, and the answer says which', async () => {
	const answer = await visit('/data/7', personToken);
	assert.equal(answer.status, 403);
	assert.match(answer.header('www-authenticate'), /error="insufficient_scope", scope="access:evaluate"/);
	assert.ok(!reached('/data/7'));
	const own = await visit('/people/me', personToken);
	assert.equal(own.status, 200, own.text);
	assert.equal(own.json.headers['x-ombud-subject'], person.sub);
	assert.equal(own.json.headers['x-ombud-client'], 'web_portal');
});

test('RFC 9470: a place that asks for more than the sign-in was worth says what is missing', async () => {
	const answer = await visit('/strong/me', personToken);
	assert.equal(answer.status, 401);
	assert.match(answer.header('www-authenticate'), /error="insufficient_user_authentication".*acr_values="3"/);
	assert.ok(!reached('/strong/me'));
});

test('a visitor who knows the names of the headers is nobody else for it', async () => {
	const smuggled = Object.fromEntries(['Subject', 'Client', 'Organisation', 'Scope', 'Roles', 'Acr', 'Actor'].flatMap((name) => [
		[`X-Ombud-${name}`, 'root'], [`x_ombud_${name.toLowerCase()}`, 'root'], [`X-OMBUD-${name.toUpperCase()} `.trim(), 'root']]));
	const answer = await visit('/people/smuggled', personToken, { headers: smuggled });
	assert.equal(answer.status, 200, answer.text);
	assert.ok(!JSON.stringify(answer.json.headers).includes('root'), JSON.stringify(answer.json.headers));
	assert.equal(answer.json.headers['x-ombud-subject'], person.sub);
	assert.equal(answer.json.headers['x-ombud-actor'] ?? '', '');
	assert.equal((await visit('/people/smuggled2', undefined, { headers: smuggled })).status, 401);
});

test('a visitor who says what their request was, or what is needed, says it to nobody', async () => {
	const elsewhere = await makeProof('GET', `${site}/data/8`, { token: bound });
	const answer = await visit('/data/9', undefined, { headers: { authorization: `DPoP ${bound}`, dpop: elsewhere, 'X-Original-URI': '/data/8',
		'X-Original-Method': 'GET', 'X-Forwarded-Uri': '/data/8', 'X-Forwarded-Method': 'GET', 'X-Forwarded-Host': 'localhost' } });
	assert.equal(answer.status, 401);
	const easier = await visit('/data/10', personToken, { headers: { 'X-Ombud-Require-Scope': 'openid', 'X-Ombud-Require-Acr': '0' } });
	assert.equal(easier.status, 403);
	assert.ok(!reached('/data/9') && !reached('/data/10'));
});

test('the inner place is not for visitors', async () => {
	assert.equal((await visit('/_ombud/evaluate', bound)).status, 404);
});

test('a token in the query is refused, also beside a good one in the header', async () => {
	for (const token of [undefined, personToken]) {
		const answer = await visit(`/people/query?access_token=${personToken}`, token);
		assert.equal(answer.status, 403);
	}
	assert.ok(!service.seen.some((url) => url.startsWith('/people/query')));
});

test('what was taken back is refused by the next request: no answer is kept', async () => {
	const { token } = await ombud.service('svc_benefits_north');
	assert.equal((await visit('/data/11', token)).status, 200);
	await asClient(ombud, 'svc_benefits_north', '/oauth2/revoke', { token });
	assert.equal((await visit('/data/11', token)).status, 401);
});

/* ---- /verify itself ---- */

const ask = async (query, token, headers = {}) => web.get(`${ombud.demo.issuer}/verify${query}`, {
	headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers } });

test('an answer of /verify is stored nowhere and has no body', async () => {
	const answer = await ask('?scope=consent:manage', personToken);
	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.header('cache-control'), /no-store/);
	assert.equal(answer.text, '');
	assert.equal(answer.header('x-ombud-subject'), person.sub);
});

test('what a place needs is read strictly, and headers can only ask for more', async () => {
	for (const query of ['?acr=4', '?acr=x', '?max_age=0', '?max_age=-1', '?scope=openid&scope=admin', '?acr=']) {
		const answer = await ask(query, personToken);
		assert.ok(query === '?acr=' ? answer.status === 200 : [400, 403].includes(answer.status), `${query}: ${answer.status}`);
	}
	assert.equal((await ask('?scope=openid', personToken, { 'x-ombud-require-scope': 'admin' })).status, 403);
	assert.equal((await ask('?scope=admin', personToken, { 'x-ombud-require-scope': 'openid' })).status, 403);
	assert.equal((await ask('?audience=https://evil.example', personToken)).status, 401);
	assert.equal((await ask(`?audience=${encodeURIComponent(ombud.demo.issuer)}`, personToken)).status, 200);
	assert.equal((await ask('?purpose=eligibility', personToken)).status, 403);
	assert.equal((await ask('?max_age=3600', personToken)).status, 200);
});

test('RFC 9470: a sign-in that is too old is told how old it may be', async () => {
	await sleep(1100);
	const answer = await ask('?max_age=1', personToken);
	assert.equal(answer.status, 401);
	assert.match(answer.header('www-authenticate'), /^Bearer error="insufficient_user_authentication".*max_age="1"/);
});

test('Envoy asks with the original method and path, and the query there is the visitor\'s, not the configuration\'s', async () => {
	const { issuer } = ombud.demo;
	const { host } = new URL(issuer);
	for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
		const dpop = await makeProof(method, `https://${host}/data/12`, { token: bound });
		const answer = await web.request(method, `${issuer}/verify/data/12?acr=3&scope=admin`, {
			headers: { authorization: `DPoP ${bound}`, dpop, 'x-forwarded-proto': 'https', 'x-ombud-require-scope': 'access:evaluate' } });
		assert.equal(answer.status, 200, `${method} ${answer.text}`);
	}
	const dpop = await makeProof('GET', `https://${host}/data/13`, { token: bound });
	assert.equal((await web.get(`${issuer}/verify/data/12`, { headers: { authorization: `DPoP ${bound}`, dpop, 'x-forwarded-proto': 'https' } })).status, 401);
});

test('Traefik names the original request by X-Forwarded-*; two names that differ are nobody\'s word', async () => {
	const url = `${ombud.demo.issuer}/verify`;
	const told = { 'x-forwarded-method': 'POST', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example', 'x-forwarded-uri': '/a/b?c=d' };
	const proof = () => makeProof('POST', 'https://app.example/a/b', { token: bound });
	const send = async (headers) => web.get(url, { headers: { authorization: `DPoP ${bound}`, dpop: await proof(), ...headers } });

	assert.equal((await send(told)).status, 200);
	assert.equal((await send({ ...told, 'x-original-uri': '/a/b?c=d' })).status, 200);
	for (const changes of [{ 'x-original-uri': '/other' }, { 'x-original-method': 'GET' }, { 'x-forwarded-host': 'evil.example' }, { 'x-forwarded-proto': 'http' },
		{ 'x-forwarded-uri': '/a/b/../../a/b' }]) {
		assert.equal((await send({ ...told, ...changes })).status, 401, JSON.stringify(changes));
	}
	for (const missing of Object.keys(told)) {
		const { [missing]: gone, ...rest } = told;
		assert.equal((await send(rest)).status, 401, `without ${missing}: ${gone}`);
	}
});

test('what a stranger says about somebody\'s request is not believed: a proof then is for /verify itself', async () => {
	const { issuer } = ombud.demo;
	const told = { 'x-original-method': 'POST', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example', 'x-original-uri': '/a' };
	const from = (headers) => new Promise((resolve, reject) => {
		const { port } = new URL(issuer);
		import('node:https').then(({ default: https }) => https.request({ host: '127.0.0.1', port, localAddress: '127.0.0.2', path: '/verify', headers,
			servername: 'localhost', ca: readFileSync(ombud.demo.ca), agent: false }, (answer) => {
			answer.resume();
			resolve(answer.statusCode);
		}).on('error', reject).end());
	});
	const proof = (method, url) => makeProof(method, url, { token: bound });
	const own = { host: new URL(issuer).host, authorization: `DPoP ${bound}` };

	assert.equal(await from({ ...own, ...told, dpop: await proof('POST', 'https://app.example/a') }), 401);
	assert.equal(await from({ ...own, ...told, dpop: await proof('GET', `${issuer}/verify`) }), 200);
});
