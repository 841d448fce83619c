/*
 * web.mjs: an HTTPS client on node:https, with the demo's own authority, cookies and forms.
 *
 * Web asks once and gives back what was answered. Browser is one person's: it keeps cookies, follows redirects within the
 * issuer, and fills in forms as a page offers them.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tokenHeaders } from './oauth.mjs';

const ANSWER_MAX = 32 << 20;

function headerValues(headers, name) {
	const value = headers[name.toLowerCase()];
	return value === undefined ? [] : [].concat(value);
}

export class Answer {
	constructor(url, message, bytes) {
		this.url = url;
		this.status = message.statusCode;
		this.headers = message.headers;
		this.bytes = bytes;
	}

	get text() {
		return this.bytes.toString('utf8');
	}

	get json() {
		return JSON.parse(this.text);
	}

	header(name) {
		return headerValues(this.headers, name).join(', ') || undefined;
	}

	get location() {
		const to = this.header('location');
		return to === undefined ? undefined : new URL(to, this.url).href;
	}
}

export class Web {
	#shown = {}; /* by certificate and key */

	/* options: ca (path), cert and key (paths) of a client certificate, timeout in ms, agent (false: a connection each). */
	constructor({ ca, cert, key, timeout = 60000, agent } = {}) {
		const file = (path) => (path === undefined ? undefined : readFileSync(path));
		this.timeout = timeout;
		this.tls = { ca: file(ca), cert: file(cert), key: file(key) };
		this.agent = agent ?? new https.Agent({ keepAlive: true, maxSockets: 64, ...this.tls });
	}

	/* The same authority and limits with a client certificate (paths); closed with this one. */
	showing({ cert, key }) {
		const name = `${cert} ${key}`;
		const tls = { ca: this.tls.ca, cert: readFileSync(cert), key: readFileSync(key) };
		this.#shown[name] ??= Object.assign(new Web({ timeout: this.timeout, agent: new https.Agent({ keepAlive: true, ...tls }) }), { tls });
		return this.#shown[name];
	}

	close() {
		Object.values(this.#shown).forEach((web) => web.close());
		this.agent?.destroy?.();
	}

	/*
	 * body: a Buffer or string; form: an object or pairs; json: any value; token: an access token, sent with a proof when it is
	 * bound to this process' key. socket: path of a unix socket instead of a host.
	 */
	async request(method, address, { token, ...options } = {}) {
		if (token === undefined) {
			return this.#send(method, address, options);
		}
		return this.#send(method, address, { ...options, headers: { ...await tokenHeaders(method, address, token), ...options.headers } });
	}

	#send(method, address, { headers = {}, body, form, json, timeout = this.timeout, socket }) {
		const url = new URL(address);
		const sent = { ...headers };
		if (form !== undefined) {
			body = new URLSearchParams(form).toString();
			sent['content-type'] ??= 'application/x-www-form-urlencoded';
		} else if (json !== undefined) {
			body = JSON.stringify(json);
			sent['content-type'] ??= 'application/json';
		}
		if (body !== undefined && sent['transfer-encoding'] === undefined) {
			sent['content-length'] ??= Buffer.byteLength(body);
		}
		const library = url.protocol === 'https:' ? https : http;
		const how = socket ? { socketPath: socket } : { agent: library === https ? this.agent : undefined, ...this.tls };
		return new Promise((resolve, reject) => {
			const request = library.request(url, { method, headers: sent, ...how }, (message) => {
				const parts = [];
				let size = 0;
				message.on('data', (part) => {
					parts.push(part);
					size += part.length;
					if (size > ANSWER_MAX) {
						request.destroy(new Error(`${method} ${url}: the answer is too long`));
					}
				});
				message.on('end', () => resolve(new Answer(url.href, message, Buffer.concat(parts))));
				message.on('error', reject);
			});
			const limit = setTimeout(() => {
				request.destroy(new Error(`${method} ${url}: no answer in ${timeout} ms`));
			}, timeout);
			request.on('close', () => clearTimeout(limit));
			request.on('error', reject);
			request.end(body);
		});
	}

	get(url, options) {
		return this.request('GET', url, options);
	}

	post(url, options) {
		return this.request('POST', url, options);
	}

	/* fetch() as OAuth libraries want it from us, on this client's authority and certificate. */
	fetch = async (input, init = {}) => {
		const { method = 'GET', headers, body } = init;
		const sent = Object.fromEntries(new Headers(headers ?? {}));
		const answer = await this.request(method, String(input.url ?? input), {
			headers: sent, body: body === undefined || body === null ? undefined : String(body),
		});
		const got = new Headers();
		for (const [name, value] of Object.entries(answer.headers)) {
			for (const one of [].concat(value)) {
				got.append(name, one);
			}
		}
		const hollow = [204, 205, 304].includes(answer.status) || answer.bytes.length === 0;
		return new Response(hollow ? null : answer.bytes, { status: answer.status, headers: got });
	};
}

/* ---- cookies ---- */

class CookieJar {
	#cookies = new Map();

	keep(lines) {
		for (const line of lines) {
			const [pair, ...attributes] = line.split(';').map((part) => part.trim());
			const at = pair.indexOf('=');
			const name = pair.slice(0, at);
			const age = attributes.find((one) => /^max-age=/i.test(one));
			if (age && Number(age.slice('max-age='.length)) <= 0) {
				this.#cookies.delete(name);
			} else {
				this.#cookies.set(name, { value: pair.slice(at + 1), attributes });
			}
		}
	}

	get(name) {
		return this.#cookies.get(name)?.value;
	}

	set(name, value) {
		this.#cookies.set(name, { value, attributes: [] });
	}

	get names() {
		return [...this.#cookies.keys()];
	}

	clear() {
		this.#cookies.clear();
	}

	get header() {
		return [...this.#cookies].map(([name, { value }]) => `${name}=${value}`).join('; ');
	}
}

/* ---- pages ---- */

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*)\s*\/?>/g;
const ATTRIBUTE = /([^\s=>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

export function unescapeHtml(text) {
	return text.replace(/&(#x[0-9a-f]+|#[0-9]+|[a-z]+);/gi, (all, name) => {
		if (name[0] !== '#') {
			return ENTITIES[name.toLowerCase()] ?? all;
		}
		return String.fromCodePoint(name[1].toLowerCase() === 'x' ? parseInt(name.slice(2), 16) : Number(name.slice(1)));
	});
}

function attributesOf(text) {
	const found = {};
	for (const [, name, double, single, bare] of text.matchAll(ATTRIBUTE)) {
		found[name.toLowerCase()] = unescapeHtml(double ?? single ?? bare ?? '');
	}
	return found;
}

/* What a browser would offer to fill in: forms with their fields in order; buttons are fields of kind "button". */
export function formsOf(html) {
	const forms = [];
	let form = null;
	let select = null;
	for (const tag of html.matchAll(TAG)) {
		const [whole, closing, rawName, rawAttributes] = tag;
		const name = rawName.toLowerCase();
		const attributes = attributesOf(rawAttributes);
		if (name === 'form') {
			form = closing ? null : { action: attributes.action ?? '', method: (attributes.method ?? 'get').toUpperCase(),
				id: attributes.id ?? attributes.name ?? '', fields: [] };
			if (form) {
				forms.push(form);
			}
		} else if (form && closing && name === 'select') {
			select = null;
		} else if (form && !closing) {
			const field = { name: attributes.name, value: attributes.value ?? '', checked: 'checked' in attributes };
			if (name === 'input') {
				form.fields.push({ ...field, kind: attributes.type ?? 'text' });
			} else if (name === 'button') {
				form.fields.push({ ...field, kind: 'button' });
			} else if (name === 'select') {
				select = { ...field, kind: 'select' };
				form.fields.push(select);
			} else if (name === 'option' && select && ('selected' in attributes || select.value === '')) {
				select.value = attributes.value ?? '';
			} else if (name === 'textarea') {
				const from = tag.index + whole.length;
				const text = unescapeHtml(html.slice(from, html.indexOf('</textarea', from)));
				form.fields.push({ ...field, kind: 'textarea', value: text });
			}
		}
	}
	return forms;
}

/* The words of a page, for a person at a terminal and for tests. */
export function wordsOf(html) {
	const bare = html.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
	return unescapeHtml(bare).replace(/\s+/g, ' ').trim();
}

function fieldsToSend(form, filled) {
	const pairs = [];
	const given = new Map(Object.entries(filled));
	for (const { name, value, kind, checked } of form.fields) {
		if (!name || given.has(name) || kind === 'button' || kind === 'submit') {
			continue;
		}
		if ((kind !== 'checkbox' && kind !== 'radio') || checked) {
			pairs.push([name, value]);
		}
	}
	for (const [name, value] of given) {
		for (const one of [].concat(value)) {
			pairs.push([name, one]);
		}
	}
	return pairs;
}

export class Browser extends Web {
	cookies = new CookieJar();
	language = 'ru';

	constructor(issuer, options) {
		super(options);
		this.issuer = issuer;
	}

	async request(method, address, options = {}) {
		const url = new URL(address, this.issuer);
		const headers = { accept: 'text/html,application/xhtml+xml', 'accept-language': this.language, ...options.headers };
		if (this.cookies.header) {
			headers.cookie ??= this.cookies.header;
		}
		const answer = await super.request(method, url, { ...options, headers });
		this.cookies.keep(headerValues(answer.headers, 'set-cookie'));
		return answer;
	}

	/* Follows redirects while they stay with the issuer; the last answer may be a redirect to somebody else. */
	async follow(answer) {
		for (let hop = 0; hop < 10 && answer.status >= 300 && answer.status < 400 && answer.location; hop++) {
			if (new URL(answer.location).origin !== new URL(this.issuer).origin) {
				return answer;
			}
			answer = await this.get(answer.location);
		}
		return answer;
	}

	async open(address) {
		return this.follow(await this.get(new URL(address, this.issuer)));
	}

	/* The form that has all the named fields, or the one whose action ends so; an Error says what the page had instead. */
	findForm(page, { having = [], action } = {}) {
		const forms = formsOf(page.text);
		const found = forms.find((form) => having.every((name) => form.fields.some((field) => field.name === name))
			&& (action === undefined || new URL(form.action, page.url).pathname.endsWith(action)));
		if (!found) {
			const seen = forms.map((form) => `${form.method} ${form.action} (${form.fields.map((field) => field.name)})`);
			throw new Error(`${page.url} (${page.status}) has no form with ${having} ${action ?? ''}; forms: ${seen.join('; ') || 'none'}; `
				+ wordsOf(page.text).slice(0, 300));
		}
		return found;
	}

	/* Posts a form as a browser would; no redirect is followed. */
	async submitOnce(page, form, filled = {}) {
		const url = new URL(form.action || page.url, page.url);
		const headers = { origin: url.origin, referer: page.url, 'sec-fetch-site': 'same-origin' };
		const pairs = fieldsToSend(form, filled);
		if (form.method === 'POST') {
			return this.post(url, { form: pairs, headers });
		}
		url.search = new URLSearchParams(pairs).toString();
		return this.get(url);
	}

	/* Fills in the form that has these fields, and goes where the answer leads. */
	async submit(page, filled, { having = Object.keys(filled), action } = {}) {
		return this.follow(await this.submitOnce(page, this.findForm(page, { having, action }), filled));
	}
}
