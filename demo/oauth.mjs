/* oauth.mjs: how a service of the demo gets its token, and how a ticket is checked without asking anybody. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, webcrypto } from 'node:crypto';

/* node 18 keeps these behind a switch; jose looks for them where browsers have them. */
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const { SignJWT, createLocalJWKSet, importJWK, jwtVerify } = await import('jose');

/*
 * A key pair, as generateKeyPairSync() takes its parameters. Through PEM: node 20 deadlocks when it collects the garbage of the
 * generation while it exports the very key that came of it (both take the key's lock; seen as starts that never ended).
 */
export function makeKeyPair(type, options = {}) {
	const pem = generateKeyPairSync(type, { ...options, publicKeyEncoding: { type: 'spki', format: 'pem' },
		privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }).privateKey;
	return { privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) };
}

/* What RFC 7638 3.2 names of each kind of key, in the order of the alphabet. */
const THUMBPRINT_MEMBERS = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] };

/* RFC 7638. */
export function calculateThumbprint(jwk) {
	const members = THUMBPRINT_MEMBERS[jwk.kty].map((name) => [name, jwk[name]]);
	return createHash('sha256').update(JSON.stringify(Object.fromEntries(members))).digest('base64url');
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/* RFC 7523: a fresh, short-lived assertion for the issuer alone. `changes` overrides claims, for tests of refusals. */
export async function clientAssertion(issuer, clientId, jwk, changes = {}) {
	const now = Math.floor(Date.now() / 1000);
	const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat: now, exp: now + 60, ...changes };
	return new SignJWT(claims).setProtectedHeader({ alg: jwk.alg ?? 'ES256', kid: jwk.kid, typ: 'JWT' })
		.sign(await importJWK(jwk, jwk.alg ?? 'ES256'));
}

/* ---- proof of possession (RFC 9449) ---- */

const RSA = ['rsa', { modulusLength: 2048 }];
const ED25519 = ['ed25519'];
const KEY_TYPES = { ES256: ['ec', { namedCurve: 'P-256' }], RS256: RSA, PS256: RSA, EdDSA: ED25519, Ed25519: ED25519 };

/* A key pair that tokens are bound to: { alg, privateKey, jwk, jkt }. */
export function newProofKey(alg = 'ES256') {
	const { privateKey, publicKey } = makeKeyPair(...KEY_TYPES[alg]);
	const jwk = publicKey.export({ format: 'jwk' });
	return { alg, privateKey, publicKey, jwk, jkt: calculateThumbprint(jwk) };
}

/* The key of this process' services. */
export const ownProofKey = newProofKey();

export const hashOf = (token) => createHash('sha256').update(token).digest('base64url');

/* A proof for one request. `claims` and `head` override, undefined ones are left out: for tests of refusals. */
export async function makeProof(method, url, { token, key = ownProofKey, nonce, claims = {}, head = {}, signer = key.privateKey } = {}) {
	const { origin, pathname } = new URL(url);
	return new SignJWT({ jti: randomUUID(), htm: method, htu: `${origin}${pathname}`, iat: Math.floor(Date.now() / 1000),
		...(token === undefined ? {} : { ath: hashOf(token) }), ...(nonce === undefined ? {} : { nonce }), ...claims })
		.setProtectedHeader({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...head }).sign(signer);
}

const confirmation = (token) => {
	try {
		return JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).cnf ?? {};
	} catch {
		return {};
	}
};

/* How a token is sent: a bound one with a proof for this request, another one as it is. */
export async function tokenHeaders(method, url, token, key = ownProofKey) {
	if (confirmation(token).jkt !== key.jkt) {
		return { authorization: `Bearer ${token}` };
	}
	return { authorization: `DPoP ${token}`, dpop: await makeProof(method, url, { token, key }) };
}

/* ---- clients ---- */

/* The client's part of a token request: a form's fields and headers, by how it authenticates. */
export async function clientCredentials(issuer, clientId, client) {
	if (client.auth === 'private_key_jwt') {
		return { headers: {}, form: { client_id: clientId, client_assertion_type: ASSERTION_TYPE,
			client_assertion: await clientAssertion(issuer, clientId, client.jwk) } };
	}
	if (client.auth === 'client_secret_basic') {
		const pair = [client.client_id ?? clientId, client.client_secret].map(encodeURIComponent).join(':');
		return { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }, form: {} };
	}
	return { headers: {}, form: { client_id: clientId } };
}

/* The proof that a `fapi` client adds where it gets a token. */
export const proofHeader = async (client, url, key = ownProofKey) => (client.fapi ? { dpop: await makeProof('POST', url, { key }) } : {});

/* The answer of the token endpoint to a client_credentials request; a `fapi` client shows its key. */
export async function requestToken(web, issuer, clientId, client, fields = {}) {
	const { headers, form } = await clientCredentials(issuer, clientId, client);
	const speaker = client.auth === 'tls_client_auth' ? web.showing(client) : web;
	const url = `${issuer}/oauth2/token`;
	return speaker.post(url, { headers: { ...headers, ...await proofHeader(client, url) },
		form: { grant_type: 'client_credentials', ...form, ...fields } });
}

/* A token for a service of demo.json; an Error when it is refused. */
export async function serviceToken(web, demo, name, fields = {}) {
	const client = demo.clients[name];
	const answer = await requestToken(web, demo.issuer, client.client_id ?? name, client, fields);
	if (answer.status !== 200) {
		throw new Error(`${name} got no token: ${answer.status} ${answer.text}`);
	}
	return answer.json.access_token;
}

/* Checks a signed token against a JWK Set that was fetched before; nothing is asked over the network. */
export async function verifyOffline(token, jwks, options) {
	return jwtVerify(token, createLocalJWKSet(jwks), { algorithms: ['ES256', 'RS256'], ...options });
}
