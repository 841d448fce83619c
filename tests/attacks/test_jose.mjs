/*
 * test_jose.mjs: signed tokens and keys as an attacker would make them, by the rows J of the catalogue of attacks: client
 * assertions here, access tokens in test_tokens.mjs. Each refusal stands after the same thing done right.
 */
import assert from 'node:assert/strict';
import { createHmac, randomUUID, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertOAuthError, assertProblem, authctl, authctlJson, claimsOf, headOf, personTokens, signInPerson } from '../system/lib/outsider.mjs';
import { ASSERTION_TYPE, calculateThumbprint, makeKeyPair, question, useOmbud } from '../system/lib/ombud.mjs';

let issuer;
let web;
let scratch;
let keys; /* of the clients that this file registers */
let idToken;
let accessToken;

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

async function newKey(type, options) {
	const { privateKey, publicKey } = makeKeyPair(type, options);
	const jwk = publicKey.export({ format: 'jwk' });
	return { privateKey, publicKey, jwk: { ...jwk, kid: await calculateThumbprint(jwk) } };
}

const jwksFile = (...jwks) => {
	const path = join(scratch, randomUUID());
	writeFileSync(path, JSON.stringify({ keys: jwks }));
	return path;
};

const add = (id, ...options) => authctl(ombud, 'client', 'add', id, '--auth', 'private_key_jwt', '--grants', 'client_credentials',
	'--scopes', 'access:evaluate', '--name', id, ...options, '--json');

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	scratch = mkdtempSync(join(tmpdir(), 'ombud-jose-'));
	const person = await addPerson(started);
	const tokens = await personTokens(started, await signInPerson(started, person), 'web_portal', 'openid profile');
	idToken = tokens.id_token;
	accessToken = tokens.access_token;
	keys = { es: await newKey('ec', { namedCurve: 'P-256' }), rs: await newKey('rsa', { modulusLength: 2048 }), ed: await newKey('ed25519') };
	for (const [name, { jwk }] of Object.entries(keys)) {
		const args = ['client', 'add', `jose-${name}`, '--auth', 'private_key_jwt', '--grants', 'client_credentials', '--scopes', 'access:evaluate',
			'--name', name, '--jwks-file', jwksFile(jwk)];
		await authctlJson(started, ...args);
	}
});

after(() => rmSync(scratch, { recursive: true, force: true }));

const ALGS = {
	es: { alg: 'ES256', sign: (text, { privateKey }) => sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' }) },
	rs: { alg: 'PS256', sign: (text, { privateKey }) => sign('sha256', text, { key: privateKey, padding: 6, saltLength: 32 }) },
	ed: { alg: 'EdDSA', sign: (text, { privateKey }) => sign(null, text, privateKey) },
};

/* An assertion made by hand, so that anything can be put into it. undefined leaves a member out. */
function assertion(name, { head = {}, claims = {}, signer = keys[name], bytes = (raw) => raw, text } = {}) {
	const { alg, sign: signed } = ALGS[name];
	const header = { alg, kid: keys[name].jwk.kid, typ: 'JWT', ...head };
	const now = seconds();
	const body = text ?? JSON.stringify({ iss: `jose-${name}`, sub: `jose-${name}`, aud: issuer, jti: randomUUID(), iat: now, exp: now + 60, ...claims });
	const start = `${encode(typeof head === 'string' ? head : header)}.${encode(body)}`;
	return `${start}.${bytes(signed(Buffer.from(start), signer)).toString('base64url')}`;
}

function resigned(token, signed) {
	const start = token.slice(0, token.lastIndexOf('.'));
	return `${start}.${signed(Buffer.from(start)).toString('base64url')}`;
}

const present = (name, client_assertion, more = {}) => web.post(`${issuer}/oauth2/token`, { form: {
	grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion, client_id: `jose-${name}`, ...more } });

async function accepted(name, options) {
	const answer = await present(name, assertion(name, options));
	assert.equal(answer.status, 200, answer.text);
}

async function refused(name, what, client_assertion) {
	const answer = await present(name, client_assertion);
	assert.equal(answer.status, 401, `${what}: ${answer.status} ${answer.text}`);
	assert.equal(answer.json.error, 'invalid_client', what);
	assert.ok(!answer.json.access_token, what);
}

async function allRefused(name, cases) {
	await accepted(name); /* the positive twin */
	for (const [what, changes] of Object.entries(cases)) {
		await refused(name, what, typeof changes === 'string' ? changes : assertion(name, changes));
	}
}

test('ES256, PS256 and EdDSA are ways to sign an assertion', async () => {
	for (const name of ['es', 'rs', 'ed']) {
		await accepted(name);
	}
});

test('Ed25519 is another name of EdDSA on its curve (RFC 9864), and of nothing else', async () => {
	await allRefused('ed', { ed25519: { head: { alg: 'ed25519' } }, Ed448: { head: { alg: 'Ed448' } }, ES256: { head: { alg: 'ES256' } } });
	await accepted('ed', { head: { alg: 'Ed25519' } });
	for (const name of ['es', 'rs']) {
		await allRefused(name, { Ed25519: { head: { alg: 'Ed25519' } } });
	}
});

test('J01: an assertion without a real algorithm is refused', async () => {
	const cases = Object.fromEntries(['none', 'None', 'nOnE', '', undefined, ['ES256'], 7, null, 'es256', 'HS256', 'ES384', 'ES256K', 'RS1'].map((alg) => [
		`alg ${JSON.stringify(alg)}`, { head: { alg } }]));
	const [head, body] = assertion('es', { head: { alg: 'none' } }).split('.');
	await allRefused('es', { ...cases, unsigned: `${head}.${body}.` });
});

test('J02: a MAC under the public key is no signature', async () => {
	const pem = keys.rs.publicKey.export({ type: 'spki', format: 'pem' });
	for (const secret of [pem, JSON.stringify(keys.rs.jwk), keys.rs.publicKey.export({ type: 'spki', format: 'der' })]) {
		const [head, body] = assertion('rs', { head: { alg: 'HS256' } }).split('.');
		await refused('rs', 'HS256', `${head}.${body}.${createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')}`);
	}
});

test('J04: a key that comes with the token, or an address of one, is not looked at', async () => {
	let connections = 0;
	const trap = createServer((socket) => { connections++; socket.destroy(); });
	await new Promise((resolve) => { trap.listen(0, '127.0.0.1', resolve); });
	const url = `https://127.0.0.1:${trap.address().port}/keys`;
	const stranger = await newKey('ec', { namedCurve: 'P-256' });
	const kid = stranger.jwk.kid;
	await allRefused('es', {
		'jwk': { head: { jwk: stranger.jwk, kid }, signer: stranger }, 'jwk, our kid': { head: { jwk: stranger.jwk }, signer: stranger },
		'jku': { head: { jku: url, kid }, signer: stranger }, 'x5u': { head: { x5u: url, kid }, signer: stranger },
		'x5c': { head: { x5c: ['MIIB'], kid }, signer: stranger }, 'kid as an address': { head: { kid: url }, signer: stranger },
		'jku of a good one': { head: { jku: url } }, 'stranger, no kid': { head: { kid: undefined }, signer: stranger },
	});
	trap.close();
	assert.equal(connections, 0);
});

test('J07: an assertion has its time, and no other', async () => {
	const now = seconds();
	await accepted('es', { claims: { nbf: now, exp: now + 299 } });
	const text = (exp) => JSON.stringify({ iss: 'jose-es', sub: 'jose-es', aud: issuer, jti: randomUUID(), exp: '@' }).replace('"@"', exp);
	await allRefused('es', {
		'exp past': { claims: { exp: now - 1 } }, 'exp missing': { claims: { exp: undefined } }, 'exp text': { claims: { exp: `${now + 60}` } },
		'exp 1e400': { text: text('1e400') }, 'exp 1e10': { text: text('1e10') }, 'exp negative': { claims: { exp: -1 } },
		'exp fraction': { text: text(`${now + 60}.5`) }, 'exp true': { claims: { exp: true } }, 'exp far': { claims: { exp: now + 3600 } },
		'exp beyond 64 bits': { text: text('18446744073709551616') }, 'nbf future': { claims: { nbf: now + 120 } }, 'iat future': { claims: { iat: now + 120 } },
		'nbf text': { claims: { nbf: 'now' } },
	});
});

test('J08: an assertion is for the issuer alone', async () => {
	await allRefused('es', {
		'missing': { claims: { aud: undefined } }, 'the token endpoint': { claims: { aud: `${issuer}/oauth2/token` } }, 'array': { claims: { aud: [issuer] } },
		'array with another': { claims: { aud: [issuer, 'https://other.example'] } }, 'longer': { claims: { aud: `${issuer}.evil.example` } },
		'prefix': { claims: { aud: issuer.slice(0, -1) } }, 'slash': { claims: { aud: `${issuer}/` } }, 'case': { claims: { aud: issuer.toUpperCase() } },
		'null': { claims: { aud: null } }, 'object': { claims: { aud: { [issuer]: true } } },
	});
});

test('J09: an assertion is by the client and about it', async () => {
	await allRefused('es', {
		'iss slash': { claims: { iss: 'jose-es/' } }, 'iss case': { claims: { iss: 'JOSE-ES' } }, 'iss other': { claims: { iss: 'jose-rs' } },
		'sub other': { claims: { sub: 'jose-rs' } }, 'iss missing': { claims: { iss: undefined } }, 'sub missing': { claims: { sub: undefined } },
		'iss array': { claims: { iss: ['jose-es'] } }, 'both other': { claims: { iss: 'web_portal', sub: 'web_portal' } },
		'jti missing': { claims: { jti: undefined } }, 'jti number': { claims: { jti: 7 } },
	});
});

test('J10: a token of another kind is no assertion, and an assertion is no token', async () => {
	const evaluate = (token) => web.post(`${issuer}/access/v1/evaluation`, { headers: { authorization: `Bearer ${token}` }, json: question('sub_x') });
	await allRefused('es', {
		'ID token': idToken, 'access token': accessToken,
		...Object.fromEntries(['at+jwt', 'logout+jwt', 'dpop+jwt', 'ombud-ticket+jwt', 'secevent+jwt', 'jwt', 'token-introspection+jwt', ''].map((typ) => [
			`typ ${typ}`, { head: { typ } }])),
	});
	assertProblem(await evaluate(idToken), 401);
	assertProblem(await evaluate(assertion('es')), 401);
	assertProblem(await evaluate(assertion('es', { head: { typ: 'at+jwt' }, claims: { client_id: 'jose-es', scope: 'access:evaluate', iss: issuer } })), 401);
	assert.equal(headOf(accessToken).typ, 'at+jwt');
});

test('J11: a signature has one form', async () => {
	const half = (raw, at, change) => Buffer.concat([raw.subarray(0, at), change, raw.subarray(at + change.length)]);
	const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
	const integer = (part) => {
		const bytes = Buffer.from(part[0] >= 0x80 ? [0, ...part] : [...part]);
		return Buffer.concat([Buffer.from([2, bytes.length]), bytes]);
	};
	const der = (raw) => {
		const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
		return Buffer.concat([Buffer.from([0x30, body.length]), body]);
	};
	await allRefused('es', {
		'r = 0': { bytes: (raw) => half(raw, 0, Buffer.alloc(32)) }, 's = 0': { bytes: (raw) => half(raw, 32, Buffer.alloc(32)) },
		'both 0': { bytes: () => Buffer.alloc(64) }, 'r = n': { bytes: (raw) => half(raw, 0, order) }, 's = n': { bytes: (raw) => half(raw, 32, order) },
		'DER': { bytes: der }, 'short': { bytes: (raw) => raw.subarray(0, 63) }, 'long': { bytes: (raw) => Buffer.concat([raw, Buffer.from([0])]) },
		'empty': { bytes: () => Buffer.alloc(0) }, 'all ones': { bytes: () => Buffer.alloc(64, 0xff) },
		'swapped': { bytes: (raw) => Buffer.concat([raw.subarray(32), raw.subarray(0, 32)]) },
	});
	await allRefused('rs', {
		'PKCS#1 v1.5 called PS256': resigned(assertion('rs'), (text) => sign('sha256', text, keys.rs.privateKey)), 'zero': { bytes: () => Buffer.alloc(256) },
		'no salt': resigned(assertion('rs'), (text) => sign('sha256', text, { key: keys.rs.privateKey, padding: 6, saltLength: 0 })),
		'reversed': { bytes: (raw) => Buffer.from(raw).reverse() },
	});
});

test('J13: a token that is too much is refused quickly, and the server goes on', async () => {
	const huge = {
		'1 MiB': 'a'.repeat(1 << 20), '20 KiB of claims': assertion('es', { claims: { x: 'y'.repeat(20000) } }),
		'deep': assertion('es', { text: `{"a":${'['.repeat(3000)}${']'.repeat(3000)}}` }),
		'members': assertion('es', { text: `{${Array.from({ length: 900 }, (_, i) => `"m${i}":1`).join(',')}}` }),
		'number': assertion('es', { text: `{"exp":${'9'.repeat(3000)}}` }),
	};
	await accepted('es');
	for (const [what, token] of Object.entries(huge)) {
		const answer = await present('es', token);
		assert.ok([400, 401, 413].includes(answer.status), `${what}: ${answer.status}`);
		assert.ok(!answer.json?.access_token, what);
	}
	await accepted('es');
});

test('J15: what is encrypted or nested is none of ours', async () => {
	const good = assertion('es');
	await allRefused('es', {
		'five parts': `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`, 'enc in a JWS': { head: { enc: 'A256GCM' } },
		'zip': { head: { zip: 'DEF' } }, 'cty JWT': { head: { cty: 'JWT' } }, 'nested': { text: good, head: { cty: 'JWT' } },
		'nested as a text': { text: JSON.stringify(good) }, 'crit': { head: { crit: ['exp'] } }, 'b64': { head: { b64: false } },
	});
});

test('J17: the key set holds what is public, and says how long it may be kept', async () => {
	const { json, headers } = await web.get(`${issuer}/jwks`);
	assert.deepEqual([...new Set(json.keys.map(({ alg }) => alg))].sort(), ['ES256', 'PS256', 'RS256']);
	for (const key of json.keys) {
		assert.deepEqual(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].filter((member) => member in key), []);
		assert.equal(key.kid, await calculateThumbprint(key));
		assert.equal(key.use, 'sig');
	}
	assert.match(String(headers['cache-control'] ?? headers.get?.('cache-control')), /max-age=\d+/);
});

test('J18: a kid that nobody has published is nobody\'s', async () => {
	const stranger = await newKey('ec', { namedCurve: 'P-256' });
	const evaluate = (token) => web.post(`${issuer}/access/v1/evaluation`, { headers: { authorization: `Bearer ${token}` }, json: question('sub_x') });
	const head = encode({ ...headOf(accessToken), kid: stranger.jwk.kid });
	const body = encode(claimsOf(accessToken));
	const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key: stranger.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
	assertProblem(await evaluate(`${head}.${body}.${signature}`), 401);
});

test('J19: Ed25519 signatures have one form, and keys of small order are none', async () => {
	const L = (1n << 252n) + 27742317777372353535851937790883648493n;
	const littleEndian = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
	const plusOrder = (raw) => {
		const s = littleEndian(raw.subarray(32)) + L;
		return Buffer.concat([raw.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()]);
	};
	await allRefused('ed', { 'S + L': { bytes: plusOrder }, 'zero': { bytes: () => Buffer.alloc(64) }, 'short': { bytes: (raw) => raw.subarray(1) } });
	for (const point of ['00'.repeat(32), `01${'00'.repeat(31)}`, `ec${'ff'.repeat(30)}7f`,
		'26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05']) {
		const { status, err } = await add('jose-small', '--jwks-file', jwksFile({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(point, 'hex').toString('base64url') }));
		assert.notEqual(status, 0, point);
		assert.match(err, /jwks/);
	}
});

test('J20: weak, private and symmetric keys are refused at registration, and the refusal names the member', async () => {
	const rsa = (bits, exponent = 65537) => makeKeyPair('rsa', { modulusLength: bits, publicExponent: exponent }).publicKey.export({ format: 'jwk' });
	const good = keys.rs.jwk;
	const modulus = Buffer.from(good.n, 'base64url');
	const even = Buffer.from(modulus);
	even[even.length - 1] &= 0xfe;
	const { d } = keys.es.privateKey.export({ format: 'jwk' });
	const weak = {
		'RSA 1024': rsa(1024), 'e = 3': rsa(2048, 3), 'e = 1': { ...good, e: 'AQ' }, 'e even': { ...good, e: 'AQAA' }, 'n even': { ...good, n: even.toString('base64url') },
		'P-192': { kty: 'EC', crv: 'P-192', x: 'AAAA', y: 'AAAA' }, 'secp256k1': makeKeyPair('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }),
		'P-384': makeKeyPair('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
		'not on the curve': { ...keys.es.jwk, y: keys.es.jwk.x }, 'HMAC': { kty: 'oct', k: encode('x'.repeat(64)), alg: 'HS256' },
		'HMAC of 8 bytes': { kty: 'oct', k: 'AAAAAAAAAAA' }, 'private': { ...keys.es.jwk, d }, 'use enc': { ...keys.es.jwk, use: 'enc' },
		'alg none': { ...keys.es.jwk, alg: 'none' }, 'alg of another': { ...keys.es.jwk, alg: 'RS256' }, 'no kty': { crv: 'P-256' },
		'X25519': makeKeyPair('x25519').publicKey.export({ format: 'jwk' }),
	};
	for (const [what, jwk] of Object.entries(weak)) {
		const { status, err } = await add('jose-weak', '--jwks-file', jwksFile(jwk));
		assert.equal(status, 1, `${what}: ${err}`);
		assert.match(err, /jwks: /, what);
	}
	assert.equal((await add('jose-weak', '--jwks-file', jwksFile(keys.es.jwk, keys.es.jwk))).status, 1, 'the same kid twice');
	assert.equal((await add('jose-good', '--jwks-file', jwksFile(keys.es.jwk))).status, 0);
});

test('an assertion is good once, and one of a key that was retired not at all', async () => {
	const twice = assertion('es');
	assert.equal((await present('es', twice)).status, 200);
	await refused('es', 'replay', twice);
	const next = await newKey('ec', { namedCurve: 'P-256' });
	const old = keys.es;
	await authctlJson(ombud, 'client', 'rotate', 'jose-es', '--add-file', jwksFile(next.jwk));
	await accepted('es');
	await accepted('es', { head: { kid: next.jwk.kid }, signer: next });
	await authctlJson(ombud, 'client', 'rotate', 'jose-es', '--retire', old.jwk.kid);
	await refused('es', 'retired', assertion('es'));
	keys.es = next;
	await accepted('es');
});

test('the algorithm that a client is registered for is the only one', async () => {
	const key = await newKey('rsa', { modulusLength: 2048 });
	assert.equal((await add('jose-ps', '--jwks-file', jwksFile(key.jwk), '--assertion-alg', 'PS256')).status, 0);
	keys.ps = key;
	ALGS.ps = ALGS.rs;
	await accepted('ps');
	const now = seconds();
	const start = `${encode({ alg: 'RS256', kid: key.jwk.kid })}.${encode({ iss: 'jose-ps', sub: 'jose-ps', aud: issuer, jti: randomUUID(), exp: now + 60 })}`;
	await refused('ps', 'RS256', `${start}.${sign('sha256', Buffer.from(start), key.privateKey).toString('base64url')}`);
});

test('two ways of authentication at once are refused', async () => {
	const answer = await present('es', assertion('es'), { client_secret: 'x' });
	assertOAuthError(answer, 400, 'invalid_request');
});
