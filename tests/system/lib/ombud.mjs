/*
 * ombud.mjs: what tests of the whole system start from: a demo of their own, on a fresh directory and a free port, with the
 * database that OMBUD_DB names, run by the same supervisor as `./run demo`.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../../demo/child.mjs';
import { auditlog } from '../../../demo/auditor.mjs';
import { launch } from '../../../demo/launch.mjs';
import { serviceToken } from '../../../demo/oauth.mjs';
import { Browser, Web } from '../../../demo/web.mjs';
import { signIn } from '../../../demo/signin.mjs';

export { auditlog, entryBytes, publishedSize, waitPublished } from '../../../demo/auditor.mjs';
export { sleep } from '../../../demo/child.mjs';
export * from '../../../demo/oauth.mjs';
export { signIn, signInThrough } from '../../../demo/signin.mjs';
export { codeAt, currentStep, nextCode } from '../../../demo/totp.mjs';
export { Answer, Browser, Web, formsOf, wordsOf } from '../../../demo/web.mjs';

export const database = process.env.OMBUD_DB ?? 'sqlite';

/* A running demo as a test sees it. */
export class Ombud {
	#running;
	#clients = [];

	constructor(running) {
		this.#running = running;
		this.dir = running.dir;
	}

	/* demo.json as it is now. */
	get demo() {
		return this.#running.read();
	}

	get supervisor() {
		return this.#running.pid;
	}

	/* A client that trusts the demo's authority; closed with the demo. */
	web(options = {}) {
		const web = new Web({ ca: this.demo.ca, ...options });
		this.#clients.push(web);
		return web;
	}

	browser(options = {}) {
		const browser = new Browser(this.demo.issuer, { ca: this.demo.ca, ...options });
		this.#clients.push(browser);
		return browser;
	}

	/* A browser in which one of demo.people is signed in. */
	async signIn(name, options) {
		const browser = await signIn(this.demo, this.demo.people[name], options);
		this.#clients.push(browser);
		return browser;
	}

	/* A function (method, path, json) that calls the API as one of demo.clients. */
	async service(name, fields) {
		const web = this.web();
		const { issuer } = this.demo;
		const token = await serviceToken(web, this.demo, name, fields);
		const call = (method, path, json, options = {}) => web.request(method, new URL(path, issuer), {
			json, token, ...options,
		});
		return Object.assign(call, { token });
	}

	/* Waits until the daemon of that name runs under another pid than `old`. */
	async restarted(name, old, limit = 60e3) {
		const until = Date.now() + limit;
		while (Date.now() < until) {
			const pid = this.demo.pids[name];
			if (pid && pid !== old) {
				return pid;
			}
			await sleep(20);
		}
		throw new Error(`${name} was not started again in ${limit} ms`);
	}

	async stop() {
		this.#clients.forEach((client) => client.close());
		await this.#running.stop();
	}
}

/* Whatever a test did: the log that it leaves is whole, and every permit in it had its ground. */
async function assertLawfulEnd({ dir, vkey }) {
	const { status, text } = await auditlog('verify', dir, '--key', vkey, '--lawful', '--strict');
	assert.equal(status, 0, `the log that this test leaves: ${text}`);
}

/*
 * Starts a demo; `options.dir` keeps it on a directory of the caller's. Its log is judged at the end, unless `options.lawful` is
 * false: for tests that damage the log, or have a service record what it should not have done.
 */
export async function startOmbud({ lawful = true, ...options } = {}) {
	const own = options.dir === undefined;
	const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'ombud test '));
	chmodSync(dir, 0o711); /* the database's user passes through it */
	const ombud = new Ombud(await launch({ port: 0, db: database, ...options, dir }));
	const { stop } = ombud;
	ombud.stop = async () => {
		const { log } = ombud.demo;
		await stop.call(ombud);
		try {
			if (own && lawful) {
				await assertLawfulEnd(log);
			}
		} finally {
			if (own && !process.env.OMBUD_KEEP) {
				rmSync(dir, { recursive: true, force: true });
			}
		}
	};
	return ombud;
}

/* For `before` and `after` of node:test: one demo for all tests of a file; `arrange` runs when it is ready. */
export function useOmbud({ before, after }, arrange = () => {}, options = {}) {
	const shared = {};
	before(async () => {
		shared.ombud = await startOmbud(options);
		await arrange(shared.ombud);
	});
	after(async () => { await shared.ombud?.stop(); });
	return new Proxy(shared, { get: (target, name) => {
		const value = target.ombud[name];
		return typeof value === 'function' ? value.bind(target.ombud) : value;
	} });
}

/* ---- the main job in short, for tests that are about something else ---- */

export const question = (person, { category = 'income', purpose = 'eligibility', ...context } = {}) => ({
	subject: { type: 'service', id: 'svc_benefits_north', properties: { acr: '2' } },
	action: { name: 'read', properties: { purpose } },
	resource: { type: category, id: person },
	context,
});

/* The service asks, the person gives in the portal; the consent record's id. */
export async function giveConsent(ombud, service, browser, person, { categories = ['income'], optional = [], give = [], until, ...more } = {}) {
	const asked = await service('POST', '/consent/v1/requests', {
		person, purpose: 'eligibility', categories, optional, ...more,
		until: until ?? new Date(Date.now() + 30 * 86400e3).toISOString(),
	});
	if (asked.status !== 201 && asked.status !== 200) {
		throw new Error(`the request for consent was refused: ${asked.status} ${asked.text}`);
	}
	const page = await browser.open(asked.json.form_url);
	await browser.submit(page, { answer: 'give', ...(give.length > 0 ? { category: give } : {}) }, { having: ['answer'] });
	const records = await service('GET', `/consent/v1/records?person=${encodeURIComponent(person)}&state=given`);
	return records.json.records[0].record_id;
}
