/*
 * relying_party.mjs: clients of a test's own: registered in the demo with keys of theirs, and an https server that hears of
 * sign-outs (OpenID Connect Back-Channel Logout) the way a relying party does, checking each token with jose.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { authctlJson, personTokens } from './outsider.mjs';
import { until } from './wait.mjs';

const { createLocalJWKSet, jwtVerify } = await import('jose'); /* after lib, which puts what it needs in place */

export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/*
 * Registers clients and gives something that outsider.mjs takes for an Ombud, with them in demo.clients. They share
 * web_portal's key: { name: [further options of `authctl client add`] }.
 */
export async function withClients(ombud, clients) {
	const known = {};
	for (const [name, options] of Object.entries(clients)) {
		const redirect_uri = `https://localhost:9443/${name}`;
		const { jwk } = ombud.demo.clients.web_portal;
		const { d, ...open } = jwk;
		await authctlJson(ombud, 'client', 'add', name, '--name', name, '--organisation', 'org_csp_north', '--auth', 'private_key_jwt',
			'--grants', 'authorization_code refresh_token', '--scopes', 'openid profile offline_access', '--redirect-uri', redirect_uri,
			'--post-logout-uri', `https://localhost:9443/${name}/bye`, '--jwks-file', scratch(ombud, name, { keys: [open] }), ...options);
		known[name] = { auth: 'private_key_jwt', jwk, redirect_uris: [redirect_uri] };
	}
	return {
		get demo() {
			const { demo } = ombud;
			return { ...demo, clients: { ...demo.clients, ...known } };
		},
		web: (options) => ombud.web(options),
		browser: (options) => ombud.browser(options),
		tokens(browser, client, scope = 'openid') {
			return personTokens(this, browser, client, scope);
		},
	};
}

function scratch(ombud, name, json) {
	const path = join(ombud.dir, `${name}.jwks.json`);
	writeFileSync(path, JSON.stringify(json), { mode: 0o600 });
	return path;
}

/*
 * An https server under the demo's certificate for localhost. `heard` has the claims of every logout token that held, by
 * path; a token that does not hold, or comes twice, is answered 400 and kept in `refused`. `answer` is the status that
 * good ones get (a function of the path).
 */
export class Receiver {
	heard = [];
	refused = [];
	asked = 0;
	answer = () => 200;
	#ids = new Set();
	#algorithms;

	constructor(ombud, algorithms = {}) {
		this.ombud = ombud;
		this.#algorithms = algorithms;
	}

	async start(port = 0) {
		const pki = join(this.ombud.dir, 'pki');
		const files = { key: readFileSync(join(pki, 'server.key')), cert: readFileSync(join(pki, 'server.pem')) };
		this.server = createServer(files, (request, response) => this.#take(request, response));
		await new Promise((resolve, reject) => this.server.once('error', reject).listen(port, '127.0.0.1', resolve));
		({ port: this.port } = this.server.address());
		return this;
	}

	url(path) {
		return `https://localhost:${this.port}/${path}`;
	}

	async stop() {
		this.server?.closeAllConnections();
		await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve()));
		this.server = undefined;
	}

	async #take(request, response) {
		let body = '';
		for await (const part of request) {
			body += part;
		}
		this.asked++;
		const path = request.url.slice(1);
		let status = this.answer(path);
		try {
			if (status === 200) {
				this.heard.push({ path, ...await this.#check(path, request, body) });
			}
		} catch (error) {
			this.refused.push({ path, error, body });
			status = 400;
		}
		response.writeHead(status, { 'cache-control': 'no-store' }).end();
	}

	/* Back-Channel Logout 1.0, 2.6, step by step. */
	async #check(path, request, body) {
		const { issuer } = this.ombud.demo;
		const need = (holds, what) => {
			if (!holds) {
				throw new Error(what);
			}
		};
		need(request.method === 'POST' && request.headers['content-type'] === 'application/x-www-form-urlencoded', 'no form');
		const form = new URLSearchParams(body);
		need([...form.keys()].join() === 'logout_token', `fields: ${[...form.keys()]}`);
		const { json } = await this.ombud.web().get(`${issuer}/jwks`);
		const token = form.get('logout_token');
		const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(json),
			{ issuer, audience: path, typ: 'logout+jwt', algorithms: [this.#algorithms[path] ?? 'RS256'], requiredClaims: ['iat', 'exp', 'jti', 'sub', 'sid', 'events'] });
		need(payload.nonce === undefined, 'a nonce');
		need(JSON.stringify(payload.events) === JSON.stringify({ [LOGOUT_EVENT]: {} }), 'events');
		need(payload.exp - payload.iat <= 120, 'a long life');
		need(!this.#ids.has(payload.jti), 'a replay');
		this.#ids.add(payload.jti);
		return { token, payload, head: protectedHeader };
	}

	/* The token that matches, once it was heard. */
	async until(matches, what) {
		return until(what, () => this.heard.find(matches), { every: 50 }).catch((error) => {
			throw new Error(`not heard: ${error.message}; refused: ${this.refused.map((one) => one.error.message)}`);
		});
	}

	of(path, sid) {
		return this.heard.filter((one) => one.path === path && (sid === undefined || one.payload.sid === sid));
	}
}
