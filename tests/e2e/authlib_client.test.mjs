/*
 * authlib_client.test.mjs: Debian's python3-authlib as a relying party and as a resource server: discovery by its own checks, code
 * flow and client_credentials with private_key_jwt, ID and access tokens validated, renewal, revocation.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addPerson, authctlJson, signInPerson } from '../system/lib/outsider.mjs';
import { calculateThumbprint, makeKeyPair, useOmbud } from '../system/lib/ombud.mjs';

const PYTHON = process.env.OMBUD_PYTHON ?? '/usr/bin/python3'; /* Debian's, which has Debian's packages */
const CALLBACK = 'https://localhost:9443/python';

const ombud = useOmbud({ before, after });

/* Registers py-web with a new key, whose private part it returns. */
async function register() {
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-authlib-'));
	const jwk = { ...makeKeyPair('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), alg: 'ES256' };
	jwk.kid = await calculateThumbprint(jwk);
	const { d, ...open } = jwk;
	try {
		writeFileSync(join(scratch, 'jwks'), JSON.stringify({ keys: [open] }));
		await authctlJson(ombud, 'client', 'add', 'py-web', '--name', 'Сайт на Python', '--organisation', 'org_csp_north', '--service', 'svc_benefits_north',
			'--auth', 'private_key_jwt', '--redirect-uri', CALLBACK, '--grants', 'authorization_code refresh_token client_credentials',
			'--scopes', 'openid profile offline_access access:evaluate', '--jwks-file', join(scratch, 'jwks'));
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
	return jwk;
}

test('authlib takes the metadata, signs a person in, validates every token, renews, revokes, and gets a token of its own', async () => {
	const { issuer, ca } = ombud.demo;
	const jwk = await register();
	const person = await addPerson(ombud);
	const browser = await signInPerson(ombud, person);
	const child = spawn(PYTHON, ['-W', 'error::UserWarning', fileURLToPath(new URL('authlib_client.py', import.meta.url))], {
		stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, REQUESTS_CA_BUNDLE: ca }, /* which would win over what the session says */
	});
	let trouble = '';
	child.stderr.on('data', (part) => { trouble += part; });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const hear = async () => {
		const { value, done } = await lines.next();
		assert.ok(!done, trouble);
		return JSON.parse(value);
	};

	child.stdin.write(`${JSON.stringify({ issuer, ca, client_id: 'py-web', jwk, redirect_uri: CALLBACK })}\n`);
	const { url } = await hear();
	const answer = await browser.open(url);
	assert.equal(answer.status, 303, answer.text.slice(0, 200));
	child.stdin.end(`${answer.location}\n`);
	const found = await hear();

	assert.equal(trouble, '', 'nothing to warn of');
	assert.equal(found.id_token.sub, person.sub);
	assert.equal(found.id_token.aud, 'py-web');
	assert.deepEqual(found.userinfo, { sub: person.sub, name: person.name });
	assert.equal(found.access.typ, 'at+jwt');
	assert.equal(found.access.claims.sub, person.sub);
	assert.equal(found.renewed.sub, person.sub);
	assert.notEqual(found.renewed.jti, found.access.claims.jti);
	assert.equal(found.after_revocation, 401);
	assert.equal(found.service.claims.sub, 'svc:py-web');
	assert.equal(found.service.claims.scope, 'access:evaluate');
});
