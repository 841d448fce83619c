/*
 * test_jose_mutations.mjs: thousands of damaged, bent and odd tokens, judged by authd/jose and by npm's `jose`. Ours may
 * refuse what the other takes (it is stricter by design), never the other way round. What chance decides follows from
 * OMBUD_SEED.
 */
import assert from 'node:assert/strict';
import { constants, sign } from 'node:crypto';
import { test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { verdicts } from '../system/lib/verdict.mjs';
import { makeKeyPair } from '../../demo/oauth.mjs';

const NOW = 1800000000;
const ISSUER = 'https://id.example.org';
const ROUNDS = 400; /* of each algorithm and kind */
const SKEW_S = 10;
const seed = Number(process.env.OMBUD_SEED ?? 20261122);
console.log(`seed ${seed}`);

let state = seed >>> 0;
function chance(below) { /* mulberry32 */
	state = (state + 0x6d2b79f5) >>> 0;
	let t = Math.imul(state ^ (state >>> 15), state | 1);
	t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
	return ((t ^ (t >>> 14)) >>> 0) % below;
}
const pick = (list) => list[chance(list.length)];

const KINDS = {
	ES256: { pair: makeKeyPair('ec', { namedCurve: 'P-256' }), sign: (text, key) => sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }) },
	RS256: { pair: makeKeyPair('rsa', { modulusLength: 2048 }), sign: (text, key) => sign('sha256', text, key) },
	PS256: { pair: makeKeyPair('rsa', { modulusLength: 2048 }), sign: (text, key) => sign('sha256', text, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }) },
	EdDSA: { pair: makeKeyPair('ed25519'), sign: (text, key) => sign(null, text, key) },
};
const keys = { keys: Object.entries(KINDS).map(([alg, { pair }]) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' })) };
const keySet = createLocalJWKSet(keys);

const claims = { iss: ISSUER, sub: ISSUER, aud: ISSUER, client_id: 'c', jti: 'j-1', iat: NOW - 5, exp: NOW + 200 };
/* An assertion may be signed with any of the four, an access token with three. */
const useOf = (alg) => (alg === 'EdDSA' ? 'assertion' : 'access');
const typOf = (use) => (use === 'access' ? 'at+jwt' : 'client-authentication+jwt');
const encode = (text) => Buffer.from(text).toString('base64url');

function make(alg, header, payload) {
	const input = `${encode(header)}.${encode(payload)}`;
	return `${input}.${KINDS[alg].sign(Buffer.from(input), KINDS[alg].pair.privateKey).toString('base64url')}`;
}
const goodHeader = (alg) => ({ typ: typOf(useOf(alg)), alg, kid: alg });
const good = (alg) => make(alg, JSON.stringify(goodHeader(alg)), JSON.stringify(claims));

/* ---- damage to the text of a token ---- */

const ODD = ['=', '+', '/', ' ', '\n', '\t', '.', '..', '\0', 'A', '_', '%2e', 'é'];
const DAMAGE = [
	(t, at) => t.slice(0, at) + pick(ODD) + t.slice(at),
	(t, at) => t.slice(0, at) + pick(ODD) + t.slice(at + 1),
	(t, at) => t.slice(0, at) + t.slice(at + 1 + chance(3)),
	(t, at) => t.slice(0, at),
	(t, at) => t.slice(0, at) + 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[chance(64)] + t.slice(at + 1),
	(t) => t.slice(0, -1) + 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[chance(64)], /* unused last bits */
	(t) => { const parts = t.split('.'); parts.push(parts.splice(chance(parts.length), 1)[0]); return parts.join('.'); },
	(t) => { const parts = t.split('.'); parts[chance(parts.length)] += '='.repeat(1 + chance(2)); return parts.join('.'); },
	(t) => `${t}.${t.split('.')[2]}`,
	(t) => t.replaceAll('-', '+').replaceAll('_', '/'),
];

/* ---- odd headers and claims, well signed ---- */

const VALUES = ['0', '-1', '1e3', '1800000100.5', '99999999999999999999', 'null', 'true', '[]', '{}', '""', '"x"', `"${ISSUER}"`, `["${ISSUER}"]`,
	`["other","${ISSUER}"]`, String(NOW), String(NOW + 30), String(NOW - 30), String(NOW + 9), '"\\u0000"', '"1800000200"', `["${ISSUER}",1]`];
const NAMES = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'client_id', 'alg', 'typ', 'kid', 'crit', 'b64', 'zip', 'cty', 'jwk', 'jku', 'x5c', 'x5u', 'enc'];
const HEADER_VALUES = [...VALUES, '"none"', '"HS256"', '"ES256"', '"PS256"', '"es256"', '"JWT"', '"AT+JWT"', '"application/at+jwt"', '["exp"]', '["b64"]', 'false'];

/** The text of an object with one member more, another value, one less, or one twice. */
function odd(object, values) {
	const members = Object.entries(object).map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)]);
	const at = chance(members.length);
	switch (chance(5)) {
	case 0: members.splice(at, 1); break;
	case 1: members[at] = [members[at][0], pick(values)]; break;
	case 2: members.push([JSON.stringify(pick(NAMES)), pick(values)]); break;
	case 3: members.push([members[at][0], pick([members[at][1], ...values])]); break;
	default: members.reverse(); break;
	}
	const text = `{${members.map(([name, value]) => `${name}${pick([':', ': ', ' :'])}${value}`).join(',')}}`;
	return chance(20) === 0 ? pick([`${text} `, `${text}x`, `[${text}]`, `\ufeff${text}`, text.slice(0, -1)]) : text;
}

/* ---- both opinions ---- */

async function other(alg, token) {
	const use = useOf(alg);
	try {
		await jwtVerify(token, keySet, {
			algorithms: use === 'access' ? ['ES256', 'RS256', 'PS256'] : ['ES256', 'RS256', 'PS256', 'EdDSA'], issuer: ISSUER, audience: ISSUER,
			currentDate: new Date(NOW * 1000), clockTolerance: SKEW_S, requiredClaims: ['iss', 'sub', 'aud', 'exp', 'jti'],
		});
		return true;
	} catch {
		return false;
	}
}

async function compare(cases) {
	const ours = verdicts(cases.map(({ alg, token }) => ({ use: useOf(alg), keys, token, iss: ISSUER, aud: ISSUER, now: NOW })));
	const count = { both: 0, neither: 0, stricter: 0 };
	for (const [i, { alg, token }] of cases.entries()) {
		const theirs = await other(alg, token);
		assert.ok(theirs || ours[i] !== 'ok', `laxer than jose on ${alg}: ${JSON.stringify(token)}`);
		count[ours[i] === 'ok' ? 'both' : theirs ? 'stricter' : 'neither']++;
	}
	console.log(JSON.stringify(count));
	return count;
}
const each = (makeOne) => Object.keys(KINDS).flatMap((alg) => Array.from({ length: ROUNDS }, () => ({ alg, token: makeOne(alg) })));

test('both take a good token of each algorithm', async () => {
	const count = await compare(Object.keys(KINDS).map((alg) => ({ alg, token: good(alg) })));
	assert.deepEqual(count, { both: Object.keys(KINDS).length, neither: 0, stricter: 0 });
});

test('J: of damaged tokens ours takes none that jose refuses, and none at all that was changed', async () => {
	const cases = each((alg) => { const token = good(alg); return pick(DAMAGE)(token, chance(token.length)); });
	const ours = verdicts(cases.map(({ alg, token }) => ({ use: useOf(alg), keys, token, iss: ISSUER, aud: ISSUER, now: NOW })));
	const count = await compare(cases);
	assert.ok(count.neither > cases.length / 2);
	/* An ECDSA or PSS signature is another one each time: what was changed must not be that token any more. */
	const algs = Object.keys(KINDS).filter((alg) => alg !== 'ES256' && alg !== 'PS256');
	cases.forEach(({ alg, token }, i) => assert.ok(!algs.includes(alg) || ours[i] !== 'ok' || token === good(alg), `taken: ${token}`));
});

test('J: of well-signed tokens with odd headers ours takes none that jose refuses', async () => {
	const count = await compare(each((alg) => make(alg, odd(goodHeader(alg), HEADER_VALUES), JSON.stringify(claims))));
	assert.ok(count.both > 0 && count.neither > 0 && count.stricter > 0, JSON.stringify(count));
});

test('J: of well-signed tokens with odd claims ours takes none that jose refuses', async () => {
	const count = await compare(each((alg) => make(alg, JSON.stringify(goodHeader(alg)), odd(claims, VALUES))));
	assert.ok(count.both > 0 && count.neither > 0, JSON.stringify(count));
});

test('J: a signature of one algorithm is none of another, with any pair of names', async () => {
	const names = [...Object.keys(KINDS), 'none', 'HS256', 'ES384', 'RS512', 'ES256K'];
	const cases = Object.keys(KINDS).flatMap((alg) => names.flatMap((said) => Object.keys(KINDS).filter((kid) => kid !== alg || said !== alg).map((kid) =>
		({ alg, token: make(alg, JSON.stringify({ ...goodHeader(alg), alg: said, kid }), JSON.stringify(claims)) }))));
	assert.equal((await compare(cases)).both, 0);
});
