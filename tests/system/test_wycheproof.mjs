/*
 * test_wycheproof.mjs: the Wycheproof vectors for JWS, ECDSA over P-256 in the P-1363 form and Ed25519, where they are:
 * in tests/vectors or in ../shared/vectors beside this repository, under their own names. What is invalid there is
 * refused here, what is valid is taken where the key is one that we use. The vectors are not ours to ship; that the runner
 * itself can tell good from bad is shown on a few made here.
 */
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { verdicts } from './lib/verdict.mjs';
import { makeKeyPair } from '../../demo/oauth.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const places = [join(root, 'tests', 'vectors'), join(root, '..', 'shared', 'vectors')].filter(existsSync);
const url = (hex) => Buffer.from(hex, 'hex').toString('base64url');

/* Each file: how a group and a test of it become a question. */
const FILES = {
	'ecdsa_secp256r1_sha256_p1363_test.json': (group, { msg, sig }) => ({ alg: 'ES256', key: bare(group.publicKeyJwk ?? group.jwk), bytes: url(msg), signature: url(sig) }),
	'ed25519_test.json': (group, { msg, sig }) => ({ alg: 'EdDSA', key: bare(group.publicKeyJwk ?? group.jwk), bytes: url(msg), signature: url(sig) }),
	'json_web_signature_test.json': (group, { jws }) => {
		const [header, payload, signature, ...more] = String(jws).split('.');
		let alg;
		try {
			({ alg } = JSON.parse(Buffer.from(header, 'base64url')));
		} catch { /* refused with the rest */ }
		return { alg: more.length > 0 || typeof alg !== 'string' ? 'none' : alg, key: bare(group.public ?? group.private), bytes: Buffer.from(`${header}.${payload}`).toString('base64url'), signature: signature ?? '' };
	},
};
/* What decides is in the numbers of the key; members that some groups leave out or add are not the matter here. */
const bare = ({ kty, crv, x, y, n, e, k, alg } = {}) => ({ kty, crv, x, y, n, e, k, ...(['ES256', 'RS256', 'PS256', 'EdDSA'].includes(alg) && { alg }) });

/** How many of a file were valid and taken, and everything that went wrong. */
function run(name, { testGroups }) {
	const cases = testGroups.flatMap((group) => group.tests.map((one) => ({ one, question: FILES[name](group, one) })));
	const words = verdicts(cases.map(({ question }) => question));
	const wrong = [];
	let taken = 0;
	cases.forEach(({ one }, i) => {
		taken += one.result === 'valid' && words[i] === 'ok';
		/* Of JWS there are algorithms and keys that we do not use: not refused for the signature, but not taken either. */
		const lost = one.result === 'valid' && words[i] !== 'ok' && (name !== 'json_web_signature_test.json' || words[i] === 'unauthenticated');
		if ((one.result === 'invalid' && words[i] === 'ok') || lost) {
			wrong.push(`${name} ${one.tcId} ${one.comment}: ${one.result}, and ${words[i]}`);
		}
	});
	return { count: cases.length, taken, wrong };
}

function find(name) {
	for (const place of places) {
		const found = readdirSync(place, { recursive: true }).find((path) => String(path).split('/').at(-1) === name);
		if (found) return join(place, String(found));
	}
	return undefined;
}

for (const name of Object.keys(FILES)) {
	const path = find(name);
	if (!path) console.log(`NOT TRIED HERE: Wycheproof ${name}: not in tests/vectors`);
	test(`Wycheproof ${name}`, { skip: !path && 'the vectors are not here' }, () => {
		const { count, taken, wrong } = run(name, JSON.parse(readFileSync(path, 'utf8')));
		assert.deepEqual(wrong, []);
		assert.ok(taken > 0, `none of ${count} was taken`);
	});
}

const hex = (text) => Buffer.from(text).toString('hex');
const flipped = (text, at) => (at < text.length ? text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1) : `${text}00`);

test('the runner tells good signatures from bad ones, P-1363 and Ed25519', () => {
	const p256 = makeKeyPair('ec', { namedCurve: 'P-256' });
	const ed = makeKeyPair('ed25519');
	const made = [
		['ecdsa_secp256r1_sha256_p1363_test.json', p256, sign('sha256', 'message', { key: p256.privateKey, dsaEncoding: 'ieee-p1363' })],
		['ed25519_test.json', ed, sign(null, Buffer.from('message'), ed.privateKey)],
	];
	for (const [name, { publicKey }, signature] of made) {
		const sig = signature.toString('hex');
		const bad = [flipped(sig, 0), flipped(sig, 127), flipped(sig, 200), sig.slice(2), '', '00'.repeat(64), '00'.repeat(32) + sig.slice(64), sig.slice(0, 64) + '00'.repeat(32)];
		const tests = [{ tcId: 0, msg: hex('message'), sig, result: 'valid' }, ...bad.map((one, i) => ({ tcId: i + 1, msg: hex('message'), sig: one, result: 'invalid' })),
			{ tcId: 99, msg: hex('massage'), sig, result: 'invalid' }];
		const testGroups = [{ publicKeyJwk: publicKey.export({ format: 'jwk' }), tests }];
		assert.deepEqual(run(name, { testGroups }), { count: tests.length, taken: 1, wrong: [] }, name);
		assert.equal(run(name, { testGroups: [{ ...testGroups[0], tests: [{ ...tests[0], result: 'invalid' }] }] }).wrong.length, 1, 'it notices');
	}
});

test('the runner tells good JWS from bad ones', () => {
	const { publicKey, privateKey } = makeKeyPair('rsa', { modulusLength: 2048 });
	const input = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from('foo').toString('base64url')}`;
	const jws = `${input}.${sign('sha256', input, privateKey).toString('base64url')}`;
	const bad = [`${jws}A`, `${jws}.`, jws.slice(0, -4), `${input}.`, jws.replace(/^[^.]*/, Buffer.from('{"alg":"none"}').toString('base64url')), 'x'];
	const tests = [{ tcId: 0, jws, result: 'valid' }, ...bad.map((one, i) => ({ tcId: i + 1, jws: one, result: 'invalid' }))];
	assert.deepEqual(run('json_web_signature_test.json', { testGroups: [{ public: publicKey.export({ format: 'jwk' }), tests }] }), { count: tests.length, taken: 1, wrong: [] });
});
