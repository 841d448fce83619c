/*
 * test_cross_product.mjs: X1, the product of states: what may be asked with a token × the state of the person × of the client × of
 * the session × of the token, with one allowed answer each. A disabled, erased, ended or revoked thing that still works on one of
 * the paths is what this finds; so is one that works on none although it should.
 *
 * The rules are the few lines of allowed(). All tokens are got while everything is well; then the states are set; then each
 * cell is asked once.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, asClient, authctlJson, claimsOf, getCode, headOf, signInPerson } from '../system/lib/outsider.mjs';
import { sql } from '../system/lib/database.mjs';
import { calculateThumbprint, clientCredentials, makeKeyPair, makeProof, newProofKey, useOmbud } from '../system/lib/ombud.mjs';

const { SignJWT, importPKCS8 } = await import('jose');

const PEOPLE = ['active', 'disabled', 'erased', 'locked'];
const CLIENTS = ['active', 'disabled', 'key retired', 'not in the log'];
const SESSIONS = ['live', 'ended', 'idle'];
const TOKENS = ['fresh', 'expired', 'revoked', 'for another audience', 'of another client', 'bound, without its key', 'bound, with its key'];
const ELSEWHERE = 'https://registry.example';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SCOPE = 'openid offline_access consent:manage';
const CALLBACK = 'https://localhost:9443/cross';

let issuer;
let web;
let scratch;
let signingKeys; /* of authd-keyd, by kid: how a token is had that ended long ago */
const owners = {}; /* client of each state */
const holders = {}; /* person, session and tokens of each state of both */
const OTHER = 'cross_other';
const proofKey = await newProofKey();

const file = (name, text) => {
	writeFileSync(join(scratch, name), text, { mode: 0o600 });
	return join(scratch, name);
};

async function newKey() {
	const jwk = makeKeyPair('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
	const named = { ...jwk, alg: 'ES256', kid: await calculateThumbprint(jwk) };
	const { d, ...open } = named;
	return { named, set: JSON.stringify({ keys: [{ ...open, use: 'sig' }] }) };
}

/* ---- arranging: everything is well ---- */

async function addClient(ombud, id) {
	const { named, set } = await newKey();
	await authctlJson(ombud, 'client', 'add', id, '--name', id, '--organisation', 'org_csp_north', '--auth', 'private_key_jwt', '--grants',
		`authorization_code refresh_token ${EXCHANGE}`, '--scopes', SCOPE, '--audiences', ELSEWHERE, '--redirect-uri', CALLBACK, '--jwks-file', file(`${id}.jwks`, set));
	return { id, auth: 'private_key_jwt', jwk: named, redirect_uris: [CALLBACK] };
}

/* The demo as one of our clients sees it. */
const viewOf = (ombud, client) => Object.create(ombud, { demo: { value: { ...ombud.demo, clients: { ...ombud.demo.clients, [client.id]: client } } },
	web: { value: () => web } });

async function atToken(client, fields, headers = {}) {
	const { form } = await clientCredentials(issuer, client.id, client);
	return web.post(`${issuer}/oauth2/token`, { headers, form: { ...form, ...fields } });
}

const proof = async () => ({ dpop: await makeProof('POST', `${issuer}/oauth2/token`, { key: proofKey }) });

async function tokenFor(ombud, browser, client, { scope = SCOPE, resource, headers } = {}) {
	const { code, verifier, redirect_uri } = await getCode(viewOf(ombud, client), browser, client.id, { scope, resource });
	const answer = await atToken(client, { grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }, headers);
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
}

/* The same token as keyd would have made it an hour ago. */
async function expired(token) {
	const { kid, alg } = headOf(token);
	const claims = claimsOf(token);
	const old = { ...claims, iat: claims.iat - 3600, exp: claims.exp - 3600 };
	return new SignJWT(old).setProtectedHeader(headOf(token)).sign(await importPKCS8(signingKeys[kid], alg));
}

async function tokensOf(ombud, browser, client, other) {
	const fresh = await tokenFor(ombud, browser, client);
	const revoked = await tokenFor(ombud, browser, client, { scope: 'openid consent:manage' });
	const bound = await tokenFor(ombud, browser, client, { scope: 'openid consent:manage', headers: await proof() });
	assert.equal((await asClient(viewOf(ombud, client), client.id, '/oauth2/revoke', { token: revoked.access_token })).status, 200);
	return {
		refresh: fresh.refresh_token, fresh: fresh.access_token, expired: await expired(fresh.access_token), revoked: revoked.access_token,
		'for another audience': (await tokenFor(ombud, browser, client, { scope: 'openid consent:manage', resource: ELSEWHERE })).access_token,
		'of another client': other, 'bound, without its key': bound.access_token, 'bound, with its key': bound.access_token,
	};
}

async function readSigningKeys(ombud) {
	const config = readFileSync(join(ombud.dir, 'etc', 'authd-keyd.yaml'), 'utf8');
	const keyring = /^keyring: *"?([^"\n]+?)"?$/m.exec(config)[1];
	const keys = {};
	for (const name of readdirSync(keyring).filter((one) => one.endsWith('.pem'))) {
		const key = createPrivateKey(readFileSync(join(keyring, name)));
		keys[await calculateThumbprint(createPublicKey(key).export({ format: 'jwk' }))] = key.export({ type: 'pkcs8', format: 'pem' });
	}
	return keys;
}

/* ---- arranging: then the states ---- */

async function setPerson(ombud, state, { person }) {
	if (state === 'disabled') {
		await authctlJson(ombud, 'user', 'disable', person.sub);
	} else if (state === 'erased') {
		await authctlJson(ombud, 'subject', 'erase', person.sub, '--confirm', person.sub);
	} else if (state === 'locked') { /* as after too many wrong codes */
		sql(ombud, `UPDATE totp SET locked = 1, failures = 10 WHERE sub = '${person.sub}'`);
	}
}

async function setSession(ombud, state, { sid }) {
	if (state === 'ended') {
		await authctlJson(ombud, 'session', 'end', sid);
	} else if (state === 'idle') { /* as if nobody had touched it for longer than it may */
		sql(ombud, `UPDATE session SET seen_us = seen_us - idle_us_limit - 1000000 WHERE sid = '${sid}'`);
	}
}

async function setClient(ombud, state, client) {
	if (state === 'disabled') {
		await authctlJson(ombud, 'client', 'disable', client.id);
	} else if (state === 'key retired') {
		await authctlJson(ombud, 'client', 'rotate', client.id, '--jwks-file', file(`${client.id}.new`, (await newKey()).set));
	} else if (state === 'not in the log') { /* as between a change of it and that change's entry */
		sql(ombud, `UPDATE client SET log_index = NULL WHERE client_id = '${client.id}'`);
	}
}

const nameOf = (person, session) => `${person}, ${session}`;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	scratch = mkdtempSync(join(tmpdir(), 'ombud-cross-'));
	signingKeys = await readSigningKeys(started);
	for (const state of CLIENTS) {
		owners[state] = await addClient(started, `cross_${CLIENTS.indexOf(state)}`);
	}
	const other = await addClient(started, OTHER);
	for (const state of PEOPLE) {
		for (const session of SESSIONS) {
			const person = await addPerson(started);
			const browser = await signInPerson(started, person);
			const another = (await tokenFor(started, browser, other, { scope: 'openid consent:manage' })).access_token;
			const holder = { person, browser, sid: claimsOf(another).sid, tokens: {} };
			for (const client of CLIENTS) {
				holder.tokens[client] = await tokensOf(started, browser, owners[client], another);
			}
			holders[nameOf(state, session)] = holder;
		}
	}
	for (const state of PEOPLE) {
		for (const session of SESSIONS) {
			const holder = holders[nameOf(state, session)];
			if (['active', 'locked'].includes(state)) { /* disabling and erasing end every session, whatever it was */
				await setSession(started, session, holder);
			}
			await setPerson(started, state, holder);
		}
	}
	for (const state of CLIENTS) {
		await setClient(started, state, owners[state]);
	}
});
after(() => scratch && rmSync(scratch, { recursive: true, force: true }));

/* ---- asking ---- */

/* A bound token goes with a proof by its own key, for `target`, or as if there were no such thing. */
async function asToken(path, token, state, { target = `${issuer}${path}`, headers = {} } = {}) {
	const shown = state === 'bound, with its key'
		? { authorization: `DPoP ${token}`, dpop: await makeProof('GET', target, { token, key: proofKey }) }
		: { authorization: `Bearer ${token}` };
	return web.get(`${issuer}${path}`, { headers: { ...headers, ...shown } });
}

/* What a proxy says of the request that it asks about. */
const PROXIED = { target: 'https://desk.example/report', headers: { 'x-original-method': 'GET', 'x-forwarded-proto': 'https',
	'x-forwarded-host': 'desk.example', 'x-original-uri': '/report' } };

const passed = ({ status, text }) => {
	assert.ok([200, 401].includes(status), `${status} ${text.slice(0, 200)}`);
	return status === 200 ? 'yes' : 'no';
};
const activity = (answer) => (answer.status === 200 ? (answer.json.active ? 'yes' : 'no') : `${answer.status} ${answer.json.error}`);

/* Each gives what came: 'yes', 'no', or the words of a refused client. */
const USES = {
	'GET /oauth2/userinfo': async (c) => passed(await asToken('/oauth2/userinfo', c.token, c.state.token)),
	'GET /consent/v1/records': async (c) => passed(await asToken('/consent/v1/records', c.token, c.state.token)),
	'GET /verify': async (c) => passed(await asToken('/verify', c.token, c.state.token, PROXIED)),
	'introspection by its client': async (c) => activity(await asClient(c.view, c.client.id, '/oauth2/introspect', { token: c.token })),
	'introspection by a service': async (c) => activity(await asClient(ombud, 'svc_legacy', '/oauth2/introspect', { token: c.token })),
	'introspection by another client': async (c) => activity(await asClient(ombud, 'web_portal', '/oauth2/introspect', { token: c.token })),
	'exchange by its client': async (c) => {
		const answer = await atToken(c.client, { grant_type: EXCHANGE, subject_token: c.token, subject_token_type: ACCESS_TOKEN, scope: 'consent:manage',
			...c.state.token === 'for another audience' ? { audience: ELSEWHERE } : {} }, c.state.token === 'bound, with its key' ? await proof() : {});
		return answer.status === 200 ? 'yes' : answer.json.error === 'invalid_request' && answer.status === 400 ? 'no' : `${answer.status} ${answer.json.error}`;
	},
};

/* ---- what is allowed ---- */

const personStands = ({ person }) => person === 'active' || person === 'locked'; /* a lock is about signing in anew */
/* Silence ends what a browser may do; a token of five minutes ends by itself, and with the session's end. */
const sessionStands = ({ person, session }) => session !== 'ended' || !personStands({ person });
/* Tokens go on when a client changes its keys. */
const clientStands = ({ client, token }) => token === 'of another client' || ['active', 'key retired'].includes(client);
const tokenStands = ({ token }) => !['expired', 'revoked'].includes(token);
const stands = (state) => personStands(state) && sessionStands(state) && clientStands(state) && tokenStands(state);
const clientSpeaks = ({ client }) => client === 'active'; /* with the key that it had */
const yes = (is) => (is ? 'yes' : 'no');

const RULES = {
	'GET /oauth2/userinfo': (s) => yes(stands(s) && !['for another audience', 'bound, without its key'].includes(s.token)),
	'GET /consent/v1/records': (s) => yes(stands(s) && !['for another audience', 'bound, without its key'].includes(s.token)),
	'GET /verify': (s) => yes(stands(s) && !['for another audience', 'bound, without its key'].includes(s.token)),
	/* Whether it is bound is told (cnf); the key is asked for where it is used. */
	/* The owner may ask about its own token, whomever it is for; a service about those that are for it. */
	'introspection by its client': (s) => (clientSpeaks(s) ? yes(stands(s) && s.token !== 'of another client') : '401 invalid_client'),
	'introspection by a service': (s) => yes(stands(s) && s.token !== 'for another audience'),
	'introspection by another client': () => 'no',
	'exchange by its client': (s) => (clientSpeaks(s) ? yes(stands(s) && s.token !== 'bound, without its key') : '401 invalid_client'),
};

function* cells() {
	for (const person of PEOPLE) {
		for (const session of SESSIONS) {
			for (const client of CLIENTS) {
				for (const token of TOKENS) {
					yield { person, session, client, token };
				}
			}
		}
	}
}

async function atOnce(list, work, many = 16) {
	const rest = [...list];
	await Promise.all(Array.from({ length: many }, async () => {
		for (let one = rest.shift(); one !== undefined; one = rest.shift()) {
			await work(one);
		}
	}));
}

const wordsOf = (state) => Object.entries(state).map(([name, value]) => `${name} ${value}`).join('; ');

for (const [use, ask] of Object.entries(USES)) {
	test(`X1: ${use}: each state of person, session, client and token has its one answer`, async (t) => {
		const surprises = [];
		const seen = { yes: 0, other: 0 };
		await atOnce(cells(), async (state) => {
			const holder = holders[nameOf(state.person, state.session)];
			const client = owners[state.client];
			const got = await ask({ state, client, view: viewOf(ombud, client), token: holder.tokens[state.client][state.token] });
			seen[got === 'yes' ? 'yes' : 'other']++;
			if (got !== RULES[use](state)) {
				surprises.push(`${wordsOf(state)}: ${got} instead of ${RULES[use](state)}`);
			}
		});
		assert.deepEqual(surprises, []);
		assert.equal(seen.yes + seen.other, PEOPLE.length * SESSIONS.length * CLIENTS.length * TOKENS.length);
		assert.ok(seen.yes > 0 || use === 'introspection by another client', 'something is allowed');
		t.diagnostic(`${seen.yes} of ${seen.yes + seen.other} cells allowed`);
	});
}

test('X1: a refresh token: each state of person, session and client has its one answer', async () => {
	await atOnce([...cells()].filter(({ token }) => token === 'fresh'), async (state) => {
		const answer = await atToken(owners[state.client], { grant_type: 'refresh_token', refresh_token: holders[nameOf(state.person, state.session)].tokens[state.client].refresh });
		/* Lasting access goes on after signing out; its token then names no session. */
		const wanted = !clientSpeaks(state) ? '401 invalid_client' : personStands(state) ? '200' : '400 invalid_grant';
		assert.equal([answer.status, answer.json.error].filter(Boolean).join(' '), wanted, wordsOf(state));
		if (answer.status === 200) {
			assert.equal(claimsOf(answer.json.access_token).sid === undefined, state.session === 'ended', wordsOf(state));
		}
	});
});

test('X1: the session\'s cookie and a new sign-in: each state of person and session has its one answer', async () => {
	for (const person of PEOPLE) {
		for (const session of SESSIONS) {
			const holder = holders[nameOf(person, session)];
			const alive = personStands({ person }) && session === 'live';
			const page = await holder.browser.request('GET', '/consents');
			assert.equal(page.status, alive ? 200 : 303, nameOf(person, session));
		}
	}
	for (const person of PEOPLE) {
		const anew = signInPerson(ombud, holders[nameOf(person, 'idle')].person);
		await (person === 'active' ? anew : assert.rejects(anew, undefined, `${person} may not sign in`));
	}
});

test('X1: after all of this the log holds and every permit had its ground', async () => {
	await assertLawful(ombud);
});
