/*
 * test_conformance_config.mjs: what the OpenID suite looks at before anybody signs in: the discovery document, member by member, the
 * key set, and what a rotation leaves of it (Config OP plan, FAPI 2.0 discovery, OpenID Connect Discovery 3, RFC 8414 2).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rotateKey } from './lib/outsider.mjs';
import { until, useOmbud } from './lib/ombud.mjs';

let issuer;
let web;
let document;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	document = (await web.get(`${issuer}/.well-known/openid-configuration`)).json;
});

const list = (pattern) => (value) => Array.isArray(value) && value.length > 0 && new Set(value).size === value.length && value.every((one) => pattern.test(one));
const address = (value) => value.startsWith(`${issuer}/`) && new URL(value).hash === '' && new URL(value).search === '';
const flag = (value) => typeof value === 'boolean';
const methods = list(/^(private_key_jwt|tls_client_auth|self_signed_tls_client_auth|client_secret_basic|client_secret_post|none)$/);
const algs = list(/^(RS256|ES256|PS256|EdDSA|Ed25519)$/);

/* Every member that the IANA registry of authorization server metadata has and that we name, with what it must look like. */
const MEMBERS = {
	issuer: (value) => value === issuer, authorization_endpoint: address, token_endpoint: address, userinfo_endpoint: address, jwks_uri: address,
	revocation_endpoint: address, introspection_endpoint: address, end_session_endpoint: address, device_authorization_endpoint: address,
	grant_management_endpoint: address, grant_management_actions_supported: list(/^(query|revoke)$/), grant_management_action_required: flag,
	pushed_authorization_request_endpoint: address, require_pushed_authorization_requests: flag,
	response_types_supported: list(/^code$/), response_modes_supported: list(/^query$/), subject_types_supported: list(/^(public|pairwise)$/),
	grant_types_supported: list(/^(authorization_code|client_credentials|refresh_token|urn:ietf:params:oauth:grant-type:(device_code|token-exchange))$/),
	scopes_supported: list(/^[\x21\x23-\x5b\x5d-\x7e]+$/), claims_supported: list(/^[a-z_]+$/), acr_values_supported: list(/^[123]$/),
	claims_parameter_supported: flag, request_parameter_supported: flag, request_uri_parameter_supported: flag,
	authorization_response_iss_parameter_supported: flag, authorization_details_types_supported: list(/^[a-z_]+$/),
	code_challenge_methods_supported: list(/^S256$/), prompt_values_supported: list(/^(none|login|consent|select_account)$/),
	token_endpoint_auth_methods_supported: methods, introspection_endpoint_auth_methods_supported: methods, revocation_endpoint_auth_methods_supported: methods,
	token_endpoint_auth_signing_alg_values_supported: algs, introspection_endpoint_auth_signing_alg_values_supported: algs,
	revocation_endpoint_auth_signing_alg_values_supported: algs,
	id_token_signing_alg_values_supported: algs, userinfo_signing_alg_values_supported: algs, dpop_signing_alg_values_supported: algs,
	tls_client_certificate_bound_access_tokens: flag, ui_locales_supported: list(/^[a-z]{2}(-[A-Z]{2})?$/),
	backchannel_logout_supported: flag, backchannel_logout_session_supported: flag,
};

test('the discovery document is JSON at its two places, for the very issuer that was asked', async () => {
	for (const place of ['openid-configuration', 'oauth-authorization-server']) {
		const answer = await web.get(`${issuer}/.well-known/${place}`);
		assert.equal(answer.status, 200);
		assert.match(answer.header('content-type'), /^application\/json(;|$)/);
		assert.match(answer.header('cache-control'), /max-age=\d+/);
		assert.deepEqual(answer.json, document);
	}
	const { protocol, search, hash } = new URL(document.issuer);
	assert.deepEqual([protocol, search, hash], ['https:', '', '']);
});

test('every member of the discovery document is a registered one, and is what its specification says', () => {
	for (const [name, value] of Object.entries(document)) {
		assert.ok(MEMBERS[name], `${name} is in no registry`);
		assert.ok(MEMBERS[name](value), `${name}: ${JSON.stringify(value)}`);
	}
});

test('what a relying party cannot do without is named: RS256, code, openid, S256, public subjects', () => {
	for (const name of ['issuer', 'authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri', 'response_types_supported', 'subject_types_supported',
		'id_token_signing_alg_values_supported', 'scopes_supported', 'claims_supported', 'grant_types_supported']) {
		assert.ok(document[name], name);
	}
	assert.ok(document.id_token_signing_alg_values_supported.includes('RS256'));
	assert.ok(document.scopes_supported.includes('openid'));
	assert.ok(document.subject_types_supported.includes('public'));
	for (const claim of ['sub', 'iss', 'auth_time', 'acr', 'name']) {
		assert.ok(document.claims_supported.includes(claim), claim);
	}
	assert.ok(!document.id_token_signing_alg_values_supported.includes('none') && !document.userinfo_signing_alg_values_supported.includes('none'));
	assert.equal(document.request_parameter_supported, false);
	assert.equal(document.request_uri_parameter_supported, false, 'the default of this one would be true');
});

test('what a FAPI 2.0 client looks for is named: PAR, iss, bindings, asymmetric authentication, no weak algorithm', () => {
	assert.equal(document.authorization_response_iss_parameter_supported, true);
	assert.equal(document.tls_client_certificate_bound_access_tokens, true);
	assert.ok(document.pushed_authorization_request_endpoint);
	assert.deepEqual(document.code_challenge_methods_supported, ['S256']);
	assert.ok(document.token_endpoint_auth_methods_supported.includes('private_key_jwt'));
	assert.ok(document.token_endpoint_auth_methods_supported.includes('tls_client_auth'));
	for (const alg of document.dpop_signing_alg_values_supported) {
		assert.match(alg, /^(PS256|ES256|EdDSA|Ed25519)$/);
	}
});

test('every endpoint that is named is there, and takes what it is for', async () => {
	for (const [name, value] of Object.entries(document).filter(([name]) => /_endpoint$/.test(name))) {
		/* A grant's own address is below that of all (OAuth Grant Management). */
		const at = name === 'grant_management_endpoint' ? `${value}/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a` : value;
		const got = await web.get(at);
		const posted = await web.post(at, { form: {} });
		assert.ok([got, posted].some(({ status }) => ![404, 405].includes(status)), name);
		assert.ok([got, posted].every(({ status }) => status < 500), name);
	}
	for (const name of ['token_endpoint', 'pushed_authorization_request_endpoint', 'revocation_endpoint', 'introspection_endpoint', 'device_authorization_endpoint']) {
		const answer = await web.get(document[name]);
		assert.equal(answer.status, 405, name);
		assert.match(answer.header('allow'), /POST/);
	}
});

/* RFC 7517, RFC 7518 6: what a public key of each kind consists of. */
const SHAPES = { EC: { crv: /^P-256$/, x: /^[\w-]{43}$/, y: /^[\w-]{43}$/ }, RSA: { n: /^[\w-]{342,}$/, e: /^AQAB$/ } };

function assertKeys({ keys }) {
	assert.ok(keys.length >= 3);
	assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length, 'each kid once');
	for (const { kty, kid, use, alg, ...parts } of keys) {
		assert.match(kid, /^[\w-]{43}$/);
		assert.equal(use, 'sig');
		assert.match(alg, /^(RS256|PS256|ES256)$/);
		assert.deepEqual(Object.keys(parts).sort(), Object.keys(SHAPES[kty]).sort(), 'the public parts and nothing else');
		for (const [name, pattern] of Object.entries(SHAPES[kty])) {
			assert.match(parts[name], pattern, `${kid} ${name}`);
		}
	}
}

test('every key has its own kid, its use, its algorithm, the parts of its kind and nothing private', async () => {
	const answer = await web.get(document.jwks_uri);
	assert.equal(answer.status, 200);
	assert.match(answer.header('content-type'), /^application\/(jwk-set\+)?json/);
	assertKeys(answer.json);
	assert.ok(answer.json.keys.some(({ alg, kty }) => alg === 'RS256' && kty === 'RSA'));
});

test('after a rotation the new key is in the set and the old one still is', async () => {
	const keys = async () => (await web.get(document.jwks_uri)).json;
	const old = await keys();
	const kid = await rotateKey(ombud, 'RS256');
	const now = await until('the new one', async () => { const set = await keys(); return set.keys.some((key) => key.kid === kid) && set; });
	assertKeys(now);
	assert.ok(!old.keys.some((key) => key.kid === kid));
	for (const key of old.keys) {
		assert.deepEqual(now.keys.find((one) => one.kid === key.kid), key, 'the old one');
	}
});
