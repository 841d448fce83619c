/*
 * test_bad_input.mjs: what no honest client sends, to every endpoint: each gets the error that is specified for it, no answer names
 * internals, and no daemon is started again because of it.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:tls';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { question, requestToken, useOmbud } from '../system/lib/ombud.mjs';

let web;
let service;
let issuer;
let pids;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer, pids } = started.demo);
	web = started.web();
	service = await started.service('svc_benefits_north');
});

const INTERNALS = /\/(work|home|root|usr|tmp|var)\/|sqlite|postgres|libpq|SELECT |\.c:\d+|errno|segfault|0x[0-9a-f]{6}/i;

/* The answer has the shape of its kind of path, and says nothing of how things are made. */
function assertError(answer, status, what) {
	assert.ok([].concat(status).includes(answer.status), `${what}: ${answer.status} instead of ${status}: ${answer.text.slice(0, 200)}`);
	assert.doesNotMatch(answer.text, INTERNALS, what);
	assert.ok(answer.header('x-request-id'), `${what}: no X-Request-ID`);
	if (answer.header('content-type')?.includes('json')) {
		const { pathname } = new URL(answer.url);
		const json = answer.json;
		assert.ok(pathname.startsWith('/oauth2/') ? json.error : json.status ?? json.error, `${what}: ${answer.text.slice(0, 200)}`);
	}
}

/* Bytes straight into a TLS connection; all that comes back until it is closed. */
function raw(bytes, limit = 60e3) {
	const { port } = new URL(issuer);
	return new Promise((resolve, reject) => {
		const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: readFileSync(ombud.demo.ca) }, () => socket.write(bytes));
		let text = '';
		const timer = setTimeout(() => { socket.destroy(); resolve(text); }, limit);
		socket.on('data', (part) => { text += part.toString('latin1'); });
		socket.on('close', () => { clearTimeout(timer); resolve(text); });
		socket.on('error', (error) => (error.code === 'ECONNRESET' ? resolve(text) : reject(error)));
	});
}

const statusOf = (text) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
const answersIn = (text) => (text.match(/HTTP\/1\.1 \d{3}/g) ?? []).length;

test('requests that two readers could understand differently are refused and end the connection', async () => {
	const host = 'Host: localhost\r\n';
	const probes = {
		'two lengths': `POST /oauth2/token HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`,
		'length and chunks': `POST /oauth2/token HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
		'two hosts': `GET /livez HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`,
		'no host': 'GET /jwks HTTP/1.1\r\n\r\n',
		'bare line feeds': 'GET /jwks HTTP/1.1\nHost: localhost\n\n',
		'folded header': `GET /jwks HTTP/1.1\r\n${host}X-A: b\r\n c\r\n\r\n`,
		'space before colon': `GET /jwks HTTP/1.1\r\n${host}X-A : b\r\n\r\n`,
		'NUL in a header': `GET /jwks HTTP/1.1\r\n${host}X-A: b\0c\r\n\r\n`,
		'NUL in the path': `GET /jw\0ks HTTP/1.1\r\n${host}\r\n`,
		'signed length': `POST /oauth2/token HTTP/1.1\r\n${host}Content-Length: +5\r\n\r\nabcde`,
		'huge length': `POST /oauth2/token HTTP/1.1\r\n${host}Content-Length: 99999999999999999999\r\n\r\n`,
		'unknown coding': `POST /oauth2/token HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
		'bad chunk size': `POST /oauth2/token HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n`,
		'old protocol': 'GET /jwks HTTP/0.9\r\n\r\n',
		'no protocol': 'GET /jwks\r\n\r\n',
	};

	for (const [what, bytes] of Object.entries(probes)) {
		const text = await raw(`${bytes}GET /jwks HTTP/1.1\r\n${host}\r\n`);
		assert.ok(statusOf(text) >= 400, `${what}: ${text.slice(0, 60)}`);
		assert.equal(answersIn(text), 1, `${what}: the rest of the bytes was taken for a request`);
	}
});

test('limits: a long path, long headers, many headers, a long body', async () => {
	assertError(await web.get(`${issuer}/${'a'.repeat(20000)}`), [414, 431], 'long path');
	assertError(await web.get(`${issuer}/jwks`, { headers: { 'x-long': 'a'.repeat(100000) } }), 431, 'long header');
	assertError(await web.get(`${issuer}/jwks`, { headers: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, '1'])) }), 431, 'many headers');
	assertError(await web.post(`${issuer}/oauth2/token`, { form: { grant_type: 'a'.repeat(200000) } }), 413, 'long form');
	assertError(await service('POST', '/access/v1/evaluation', { junk: 'a'.repeat(200000) }), 413, 'long JSON');
});

test('an unknown path is 404, another method 405 with Allow, and neither says more', async () => {
	for (const path of ['/nothing', '/oauth2/nothing', '/access/v1/evaluation/x', '/assets/../../etc/passwd', '/assets/%2e%2e/%2e%2e/etc/passwd',
		'/log/../authd.yaml', '/log/wal/', '/log/%2e%2e/%2e%2e/etc/passwd', '//jwks', '/jwks/']) {
		const text = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
		assert.ok([400, 404].includes(statusOf(text)), `${path}: ${text.slice(0, 60)}`);
		assert.doesNotMatch(text, /root:/, path);
	}
	for (const [method, path] of [['GET', '/oauth2/token'], ['DELETE', '/jwks'], ['PUT', '/access/v1/evaluation'], ['POST', '/jwks']]) {
		const answer = await web.request(method, `${issuer}${path}`);
		assertError(answer, 405, `${method} ${path}`);
		assert.ok(answer.header('allow'), `${method} ${path}`);
	}
	for (const method of ['TRACE', 'CONNECT', 'BREW']) {
		const text = await raw(`${method} / HTTP/1.1\r\nHost: localhost\r\n\r\n`);
		assert.ok([400, 405, 501].includes(statusOf(text)), `${method}: ${text.slice(0, 60)}`);
	}
});

test('a body of another kind than the endpoint takes is 415', async () => {
	const { token } = service;
	const authorization = `Bearer ${token}`;
	for (const [path, type, body] of [
		['/oauth2/token', 'application/json', '{}'], ['/oauth2/token', 'multipart/form-data; boundary=x', '--x--'],
		['/access/v1/evaluation', 'application/x-www-form-urlencoded', 'a=b'], ['/access/v1/evaluation', 'text/plain', '{}'],
		['/consent/v1/requests', 'application/xml', '<a/>'],
	]) {
		assertError(await web.post(`${issuer}${path}`, { headers: { 'content-type': type, authorization }, body }), 415, `${path} ${type}`);
	}
	const squeezed = await web.post(`${issuer}/access/v1/evaluation`, {
		headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization }, body: '{}' });
	assertError(squeezed, 415, 'compressed body');
});

test('JSON that is not one plain object of what is asked for is 400', async () => {
	const good = question(ombud.demo.people.citizen.sub);
	const text = JSON.stringify(good);
	const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
	const probes = {
		'cut': text.slice(0, -1),
		'two values': `${text}${text}`,
		'duplicate members': text.replace('"subject":', '"subject":{"type":"service","id":"svc_tax"},"subject":'),
		'not UTF-8': Buffer.concat([Buffer.from('{"subject":{"type":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}}')]),
		'overlong UTF-8': Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
		'deep': `{"subject":${deep}}`,
		'an array': '[]',
		'a number': '7',
		'nothing': '',
		'NaN': text.replace('"read"', 'NaN'),
		'escaped NUL': text.replace('"read"', '"re\\u0000ad"'),
		'lone surrogate': text.replace('"read"', '"re\\ud800ad"'),
		'no subject': JSON.stringify({ ...good, subject: undefined }),
		'subject is text': JSON.stringify({ ...good, subject: 'svc' }),
		'id is a number': JSON.stringify({ ...good, resource: { type: 'income', id: 7 } }),
		'roles is an object': JSON.stringify({ ...good, subject: { ...good.subject, properties: { roles: {} } } }),
		'huge number': JSON.stringify(good).replace('"context":{}', '"context":{"dry_run":1e999}'),
	};

	for (const [what, body] of Object.entries(probes)) {
		const answer = await web.post(`${issuer}/access/v1/evaluation`, {
			token: service.token, headers: { 'content-type': 'application/json' }, body });
		assertError(answer, 400, what);
	}
	const unknown = await service('POST', '/access/v1/evaluation', { ...good, extra: { anything: [1, 2] } });
	assert.equal(unknown.status, 200, 'unknown members are passed over (AuthZEN)');
});

test('form parameters that are doubled, broken or missing are invalid_request', async () => {
	const { clients } = ombud.demo;
	const basic = { authorization: `Basic ${Buffer.from(`${clients.svc_legacy.client_id}:${clients.svc_legacy.client_secret}`).toString('base64')}`,
		'content-type': 'application/x-www-form-urlencoded' };
	const bodies = {
		'doubled': 'grant_type=client_credentials&grant_type=client_credentials',
		'doubled, other value': 'grant_type=client_credentials&scope=access:evaluate&scope=admin',
		'broken escape': 'grant_type=%zz',
		'escaped NUL': 'grant_type=client_credentials%00',
		'not UTF-8': 'grant_type=%ff%fe',
		'nothing': '',
		'many': 'a=1&'.repeat(3000),
	};

	for (const [what, body] of Object.entries(bodies)) {
		const answer = await web.post(`${issuer}/oauth2/token`, { headers: basic, body });
		assertError(answer, [400, 413], what);
	}
	const odd = await web.post(`${issuer}/oauth2/token`, { headers: basic, body: 'grant_type=password&username=a&password=b' });
	assertError(odd, 400, 'password grant');
	assert.equal(odd.json.error, 'unsupported_grant_type');
});

test('tokens that are not ours are 401 with WWW-Authenticate, and a scope that is lacking is 403', async () => {
	const [head, body, signature] = service.token.split('.');
	const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
	const payload = JSON.parse(Buffer.from(body, 'base64url'));
	const raised = Buffer.from(JSON.stringify({ ...payload, scope: `${payload.scope} admin` })).toString('base64url');
	const probes = {
		'no token': undefined, 'nonsense': 'Bearer x', 'empty': 'Bearer ', 'unsigned': `Bearer ${none}.${body}.`,
		'changed claims': `Bearer ${head}.${raised}.${signature}`, 'cut signature': `Bearer ${head}.${body}.${signature.slice(0, -4)}`,
		'with junk behind': `Bearer ${service.token}AAAA`, 'twice': `Bearer ${service.token}, Bearer ${service.token}`,
		'basic': `Basic ${Buffer.from('a:b').toString('base64')}`, 'very long': `Bearer ${'a'.repeat(9000)}`,
	};

	for (const [what, authorization] of Object.entries(probes)) {
		const answer = await web.post(`${issuer}/access/v1/evaluation`, {
			headers: authorization ? { authorization } : {}, json: question(ombud.demo.people.citizen.sub) });
		assertError(answer, 401, what);
		assert.match(answer.header('www-authenticate') ?? '', /Bearer|DPoP/, what);
		assert.ok(!/"decision"/.test(answer.text), what);
	}
	const lacking = await ombud.service('svc_tax');
	assertError(await lacking('POST', '/consent/v1/requests', { person: ombud.demo.people.citizen.sub, purpose: 'eligibility', categories: ['income'] }), 403, 'scope');
});

test('the query string is no place for a token, and another caller is no subject', async () => {
	const query = await web.post(`${issuer}/access/v1/evaluation?access_token=${service.token}`, { json: question(ombud.demo.people.citizen.sub) });
	assertError(query, [400, 401], 'token in the query');
	const foreign = question(ombud.demo.people.citizen.sub);
	foreign.subject.id = 'svc_tax';
	assertError(await service('POST', '/access/v1/evaluation', foreign), 403, 'another subject');
});

test('ids of others answer exactly as ids that nobody has', async () => {
	const tax = await ombud.service('svc_tax');
	const permit = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub, { category: 'disability' }));
	const known = permit.json.context.evaluation_id;
	const ask = async (id) => {
		const { status, json } = await tax('POST', `/access/v1/outcomes/${id}`, { outcome: 'released', records: 1 });
		return { status, type: json.type, title: json.title, detail: json.detail };
	};

	assert.equal(permit.json.decision, true, permit.text);
	assert.deepEqual(await ask(known), await ask('0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a'));
	for (const id of ['x', '../../jwks', '%00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'a'.repeat(500)]) {
		assertError(await service('POST', `/access/v1/outcomes/${encodeURIComponent(id)}`, { outcome: 'released' }), [400, 404], id);
	}
});

test('a person and a service are told the same about somebody whom nobody knows', async () => {
	const unknown = await service('POST', '/access/v1/evaluation', question('sub_00000000000000000000000000'));
	const stranger = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen2.sub));
	const shape = ({ status, json: { decision, context } }) => ({ status, decision, reason: context.reason, members: Object.keys(context).sort() });

	assert.deepEqual(shape(unknown), shape(stranger));
	assert.equal(unknown.json.decision, false);
});

test('entries of others are all taken or none, and what the log does not know is refused', async () => {
	const tax = await ombud.service('svc_tax');
	const person = ombud.demo.people.citizen.sub;
	const good = () => ({ id: crypto.randomUUID(), event: 'access.recorded', person, purpose: 'eligibility', categories: ['income'], action: 'read',
		basis: { type: 'statute', ref: '178-FZ-8' }, detail: 'x' });
	const first = good();

	for (const [what, bad] of [['an unknown event', { ...good(), event: 'access.invented' }], ['a decision that it did not make', { ...good(), event: 'access.decided' }],
		['an id that is none', { ...good(), id: 'x' }], ['no basis', { ...good(), basis: undefined }], ['detail too long', { ...good(), detail: 'x'.repeat(20000) }]]) {
		const answer = await tax('POST', '/audit/v1/entries', { entries: [first, bad] });
		assertError(answer, [400, 413, 422], what);
	}
	assertError(await tax('POST', '/audit/v1/entries', { entries: [] }), 400, 'no entries');
	const taken = await tax('POST', '/audit/v1/entries', { entries: [first] });
	assert.equal(taken.status, 200, taken.text);
	const again = await tax('POST', '/audit/v1/entries', { entries: [first] });
	assert.deepEqual(again.json.receipts, taken.json.receipts, 'the same id with the same content gives the first receipt');
	assertError(await tax('POST', '/audit/v1/entries', { entries: [{ ...first, detail: 'y' }] }), 409, 'the same id with other content');
});

test('half a handshake, garbage and silence harm nobody', async () => {
	const { createConnection } = await import('node:net');
	const { port } = new URL(issuer);
	const sockets = Array.from({ length: 200 }, (_, i) => {
		const socket = createConnection({ host: '127.0.0.1', port });
		socket.on('error', () => {});
		socket.write(i % 2 === 0 ? Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]) : 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
		return socket;
	});
	/* While all of them are open: whoever waited for one of them would wait for as long as they last. */
	const open = sockets.filter((socket) => !socket.destroyed).length;
	const answer = await requestToken(web, issuer, 'svc_benefits_north', ombud.demo.clients.svc_benefits_north);

	assert.equal(answer.status, 200);
	assert.equal(open, sockets.length);
	sockets.forEach((socket) => socket.destroy());
});

test('no daemon was started again by any of this', () => {
	assert.deepEqual(ombud.demo.pids, pids);
});
