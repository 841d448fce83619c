/*
 * register.mjs: a small register of incomes that shows how data is held behind Ombud: nothing leaves without a ticket, the
 * ticket is checked offline, what is delivered is no more than what was permitted, and the outcome is confirmed.
 *
 *	GET  /income/<person>?from=…&to=…        the months        a ticket for `read`
 *	GET  /income/<person>/below?amount=N     yes or no alone   a ticket for `read` or `verify`
 *	GET  /check                              for a reverse proxy in front of files: 204 or 403 (register.conf)
 *
 * The ticket comes in the header Ombud-Ticket; the caller shows the certificate that it is bound to, or
 * a DPoP proof with the ticket in the token's place. By hand, beside a demo:
 *
 *	node tests/e2e/register/register.mjs build/demo/demo.json 9444
 */
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serviceToken } from '../../../demo/oauth.mjs';
import { Web } from '../../../demo/web.mjs';
import { Refusal, Tickets } from './ticket.mjs';

const CONFIRM_TRIES = 5;

/* What the register knows: by month, in roubles. Everybody of the demo earns the same. */
const incomeOf = () => [['2026-08', 41200], ['2026-09', 39800], ['2026-10', 42100]].map(([month, amount]) => ({ month, amount }));

const thumbprintOf = (der) => createHash('sha256').update(der).digest('base64url');

/* Behind a proxy of our own the certificate comes in a header, as nginx writes it; else from the connection. */
function certificateOf(request) {
	const forwarded = request.headers['x-client-certificate'];
	if (request.fromProxy && forwarded) {
		try {
			return thumbprintOf(new X509Certificate(decodeURIComponent(forwarded)).raw);
		} catch {
			return undefined;
		}
	}
	const { raw } = request.socket.getPeerCertificate?.() ?? {};
	return raw && thumbprintOf(raw);
}

function rangeOf(query) {
	const [from, to] = [query.get('from'), query.get('to')];
	if (from === null && to === null) {
		return undefined;
	}
	if (Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to))) {
		throw new Refusal(400, 'bad_range', 'from and to must be dates: 2026-08-01');
	}
	return { from, to };
}

const within = ({ month }, range) => range === undefined ||
	(Date.parse(`${month}-01`) >= Date.parse(range.from) && Date.parse(`${month}-01`) <= Date.parse(range.to));

export class Register {
	#tickets;
	#proxySecret;
	#pending = new Set();
	delivered = []; /* ids of the decisions it delivered on */

	/* demo: what demo.json says; proxySecret: what our own proxy shows to be believed about certificates. */
	constructor(demo, { service = 'svc_tax', proxySecret } = {}) {
		this.demo = demo;
		this.service = service;
		this.#proxySecret = proxySecret;
		this.web = new Web({ ca: demo.ca });
	}

	/* Fetches the keys (again when they are rotated: once a day is enough); asks nothing afterwards. */
	async refreshKeys() {
		const { json } = await this.web.get(`${this.demo.issuer}/jwks`);
		this.#tickets = new Tickets({ issuer: this.demo.issuer, service: this.service, keys: json });
	}

	async #permit(request, person, actions, range) {
		request.fromProxy = this.#proxySecret !== undefined && request.headers['x-proxy-secret'] === this.#proxySecret;
		const { 'ombud-ticket': ticket, dpop } = request.headers;
		const { origin, pathname } = new URL(request.url, this.address);
		const thumbprint = dpop && await this.#tickets.thumbprintOf(dpop, { method: request.method, url: `${origin}${pathname}`, ticket });
		return this.#tickets.accept(ticket, { person, category: 'income', actions, range, key: { certificate: certificateOf(request), thumbprint } });
	}

	/* Tells what became of the permit; the person reads it beside the look. Tried again for a while: it is our duty. */
	async #confirm(id, outcome, records) {
		for (let tries = 1; tries <= CONFIRM_TRIES; tries++) {
			try {
				const token = await serviceToken(this.web, this.demo, this.service);
				const answer = await this.web.showing(this.demo.clients[this.service]).post(`${this.demo.issuer}/access/v1/outcomes/${id}`,
					{ token, json: { outcome, records } });
				if (answer.status < 500) {
					return answer.status;
				}
			} catch {
				/* it is away: again */
			}
			await new Promise((resolve) => { setTimeout(resolve, 200 * 2 ** tries); });
		}
		return 0;
	}

	/* For the answer that was sent: in the background, and awaited at the end. */
	#told(permit, records) {
		this.delivered.push(permit.jti);
		const task = this.#confirm(permit.jti, records > 0 ? 'released' : 'empty', records).finally(() => this.#pending.delete(task));
		this.#pending.add(task);
	}

	async #months(request, url, person) {
		const range = rangeOf(url.searchParams);
		const permit = await this.#permit(request, person, ['read'], range);
		const months = incomeOf(person).filter((row) => within(row, range));
		return { permit, body: { person, months }, records: months.length };
	}

	/* Who only needs to know whether it is enough does not see the sum. */
	async #below(request, url, person) {
		const amount = Number(url.searchParams.get('amount'));
		if (!Number.isSafeInteger(amount) || amount <= 0) {
			throw new Refusal(400, 'bad_amount', 'amount must be a whole number of roubles');
		}
		const range = rangeOf(url.searchParams);
		const permit = await this.#permit(request, person, ['read', 'verify'], range);
		const months = incomeOf(person).filter((row) => within(row, range));
		return { permit, body: { person, below: months.every((row) => row.amount < amount) }, records: 1 };
	}

	/* The file that the proxy wants to deliver: /files/<person>.json. */
	async #file(request) {
		const [, person] = /^\/files\/([\w-]+)\.json$/.exec(request.headers['x-original-uri'] ?? '') ?? [];
		if (person === undefined) {
			throw new Refusal(403, 'no_such_file', 'only /files/<person>.json is kept here');
		}
		return { permit: await this.#permit(request, person, ['read'], undefined), records: 1 };
	}

	async #answer(request) {
		const url = new URL(request.url, 'https://register');
		const routes = [
			[/^\/income\/([\w-]+)$/, (person) => this.#months(request, url, person)],
			[/^\/income\/([\w-]+)\/below$/, (person) => this.#below(request, url, person)],
			[/^\/check$/, () => this.#file(request)],
		];
		for (const [pattern, handle] of routes) {
			const found = pattern.exec(url.pathname);
			if (found && request.method === 'GET') {
				return handle(found[1]);
			}
		}
		throw new Refusal(404, 'not_found', 'there is /income/<person> and /income/<person>/below');
	}

	async handle(request, response) {
		response.setHeader('cache-control', 'no-store');
		try {
			const { permit, body, records } = await this.#answer(request);
			response.on('finish', () => this.#told(permit, records));
			response.writeHead(body ? 200 : 204, body ? { 'content-type': 'application/json' } : {});
			response.end(body && JSON.stringify(body));
		} catch (error) {
			const refusal = error instanceof Refusal ? error : new Refusal(500, 'failed', 'the register failed; nothing was delivered');
			response.writeHead(refusal.status, { 'content-type': 'application/problem+json' });
			response.end(JSON.stringify({ status: refusal.status, reason: refusal.reason, detail: refusal.message }));
		}
	}

	/* Listens on the loopback with the demo's certificate; resolves with the address. */
	async listen(port = 0) {
		const pki = join(this.demo.ca, '..');
		await this.refreshKeys();
		this.server = https.createServer({ cert: readFileSync(join(pki, 'server.pem')), key: readFileSync(join(pki, 'server.key')),
			requestCert: true, rejectUnauthorized: false /* whose it is says the ticket, by its thumbprint */, minVersion: 'TLSv1.3' },
		(request, response) => this.handle(request, response));
		await new Promise((resolve) => { this.server.listen(port, '127.0.0.1', resolve); });
		this.address = `https://localhost:${this.server.address().port}`;
		return this.address;
	}

	/* Resolves when every outcome was told. */
	async settled() {
		await Promise.all(this.#pending);
	}

	async close() {
		await this.settled();
		this.server?.closeAllConnections();
		this.server?.close();
		this.web.close();
	}
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
	const [, , demo, port] = process.argv;
	const register = new Register(JSON.parse(readFileSync(demo, 'utf8')));
	console.log(await register.listen(Number(port ?? 0)));
}
