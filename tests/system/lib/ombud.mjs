/*
 * ombud.mjs: what tests of the whole system start from: a demo of their own, on a fresh directory and a free port, with the
 * database that OMBUD_DB names, run by the same supervisor as `./run demo`.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditlog } from '../../../demo/auditor.mjs';
import { launch } from '../../../demo/launch.mjs';
import { requestToken } from '../../../demo/oauth.mjs';
import { Browser, Web } from '../../../demo/web.mjs';
import { signInThrough } from '../../../demo/signin.mjs';
import { sleep, until } from './wait.mjs';

export { auditlog, entryBytes, publishedSize, waitPublished } from '../../../demo/auditor.mjs';
export * from '../../../demo/oauth.mjs';
export { signIn, signInThrough } from '../../../demo/signin.mjs';
export { codeAt, currentStep, nextCode } from '../../../demo/totp.mjs';
export { Answer, Browser, Web, formsOf, wordsOf } from '../../../demo/web.mjs';
export * from './wait.mjs';

export const database = process.env.OMBUD_DB ?? 'sqlite';

/* ---- a busy machine ---- */

const BUSY_TRIES = 20;
const BUSY_WAIT_MS = 250;

/* A daemon that a test has stopped or killed: what is refused then is an answer to judge. */
const standsStill = (pid) => {
	try {
		return /^State:\s+[TtZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return true;
	}
};

/* What says 503 though nobody has stopped anything is a machine with too much to do: a client asks again, and so do tests. */
async function askedAgain(ask, isBusy, demo) {
	for (let tries = 1; ; tries++) {
		const answer = await ask();
		if (!isBusy(answer) || tries === BUSY_TRIES || Object.values(demo().pids).some(standsStill)) {
			return answer;
		}
		await sleep(BUSY_WAIT_MS);
	}
}

/* What can be sent once only: proofs and assertions that the caller has made. */
const isForOnce = ({ headers = {}, form = {} }) => headers.dpop !== undefined || new URLSearchParams(form).has('client_assertion');

/* Clients that ask again; `patience` gives demo.json as it is now. */
const patient = (Client) => class extends Client {
	async request(method, address, options = {}) {
		const ask = () => super.request(method, address, options);
		return this.patience && !isForOnce(options) ? askedAgain(ask, ({ status }) => status === 503, this.patience) : ask();
	}
};
const PatientWeb = patient(Web);
const PatientBrowser = patient(Browser);

/* A running demo as a test sees it. */
export class Ombud {
	#running;
	#clients = [];
	#patience;

	constructor(running, isPatient = true) {
		this.#running = running;
		this.#patience = isPatient ? () => this.demo : undefined;
		this.dir = running.dir;
	}

	#keep(client) {
		this.#clients.push(client);
		return Object.assign(client, { patience: this.#patience });
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
		return this.#keep(new PatientWeb({ ca: this.demo.ca, ...options }));
	}

	browser(options = {}) {
		return this.#keep(new PatientBrowser(this.demo.issuer, { ca: this.demo.ca, ...options }));
	}

	/* A browser in which one of demo.people is signed in. */
	async signIn(name, { language = 'ru' } = {}) {
		const browser = this.browser();
		browser.language = language;
		browser.landed = await signInThrough(browser, this.demo.people[name]);
		return browser;
	}

	/* As serviceToken() of demo/oauth.mjs: with a new assertion for each try. */
	async #tokenOf(web, name, fields) {
		const client = this.demo.clients[name];
		const ask = () => requestToken(web, this.demo.issuer, client.client_id ?? name, client, fields);
		const answer = this.#patience ? await askedAgain(ask, ({ status }) => status === 503, this.#patience) : await ask();
		if (answer.status !== 200) {
			throw new Error(`${name} got no token: ${answer.status} ${answer.text}`);
		}
		return answer.json.access_token;
	}

	/* A function (method, path, json) that calls the API as one of demo.clients. */
	async service(name, fields) {
		const web = this.web();
		const { issuer } = this.demo;
		const token = await this.#tokenOf(web, name, fields);
		const call = (method, path, json, options = {}) => web.request(method, new URL(path, issuer), {
			json, token, ...options,
		});
		return Object.assign(call, { token });
	}

	/* Waits until the daemon of that name runs under another pid than `old`. */
	restarted(name, old) {
		return until(`${name} is started again`, () => {
			const pid = this.demo.pids[name];
			return pid !== old && pid;
		}, { every: 20 });
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
 * false: for tests that damage the log, or have a service record what it should not have done. Its clients ask again when the
 * machine is busy, unless `options.patient` is false: for tests of what is refused, and when.
 */
export async function startOmbud({ lawful = true, patient: isPatient = true, ...options } = {}) {
	const own = options.dir === undefined;
	const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'ombud test '));
	chmodSync(dir, 0o711); /* the database's user passes through it */
	const ombud = new Ombud(await launch({ port: 0, db: database, ...options, dir }), isPatient);
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
