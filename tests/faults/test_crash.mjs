/*
 * test_crash.mjs: under parallel load, auditlogd, authd and authd-keyd are killed (kill -9) at random, again and again. Whatever
 * was answered in between is in the log, at its index, with its leaf hash; the log verifies; service comes back by itself.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { auditlog, entryBytes, giveConsent, publishedSize, question, requestToken, sleep, until, useOmbud } from '../system/lib/ombud.mjs';
import { settled } from '../system/lib/outsider.mjs';

const ROUNDS = Number(process.env.OMBUD_CRASH_ROUNDS ?? 50);
const ASKING = 8;
const VICTIMS = ['auditlogd', 'authd', 'authd-keyd'];

const ombud = useOmbud({ before, after }, undefined, { patient: false });

const leafOf = (entry) => createHash('sha256').update(Buffer.from([0])).update(entry).digest('base64');

/* Asks on and on until told to stop; keeps every answer that was released, and counts the others. */
class Load {
	released = [];
	tokens = [];
	refusedAsUnavailable = 0;
	broken = 0;
	strange = [];
	#going = true;

	constructor(person) {
		this.person = person;
		this.workers = Array.from({ length: ASKING }, (_, i) => (i % 4 === 3 ? this.#fetchTokens() : this.#ask()));
	}

	/* One try; undefined when nobody answered or the answer was 503. */
	async #attempt(send) {
		try {
			const answer = await send();
			if (answer.status === 503) {
				this.refusedAsUnavailable += 1;
				return undefined;
			}
			return answer;
		} catch {
			this.broken += 1;
			return undefined;
		}
	}

	async #newToken(web) {
		const { issuer, clients } = ombud.demo;
		const answer = await this.#attempt(() => requestToken(web, issuer, 'svc_benefits_north', clients.svc_benefits_north));
		if (answer && answer.status !== 200) {
			this.strange.push(`token: ${answer.status} ${answer.text}`);
		}
		return answer?.status === 200 ? answer.json.access_token : undefined;
	}

	async #ask() {
		const web = ombud.web({ timeout: 4000 });
		const { issuer } = ombud.demo;
		let token;
		while (this.#going) {
			token ??= await this.#newToken(web);
			const answer = token && await this.#attempt(() => web.post(`${issuer}/access/v1/evaluation`, {
				token, json: question(this.person),
			}));
			if (answer?.status === 200) {
				this.released.push(answer.json);
			} else {
				if (answer) {
					this.strange.push(`decision: ${answer.status} ${answer.text}`);
				}
				await sleep(20);
			}
		}
	}

	async #fetchTokens() {
		const web = ombud.web({ timeout: 4000 });
		while (this.#going) {
			const token = await this.#newToken(web);
			if (token) {
				this.tokens.push(JSON.parse(Buffer.from(token.split('.')[1], 'base64url')));
			}
			await sleep(10);
		}
	}

	async stop() {
		this.#going = false;
		await Promise.all(this.workers);
	}
}

/* How many ms until a decision is answered again after now. */
async function untilServed(load) {
	const began = Date.now();
	const have = load.released.length;
	await until('service after the kill', () => load.released.length > have, { every: 10 });
	return Date.now() - began;
}

test(`nothing that was released is missing after ${ROUNDS} kills under load`, { timeout: 15 * 60e3 }, async (t) => {
	const person = ombud.demo.people.citizen.sub;
	const service = await ombud.service('svc_benefits_north');
	const browser = await ombud.signIn('citizen');
	await giveConsent(ombud, service, browser, person);

	const load = new Load(person);
	let slowest = 0;
	for (let round = 0; round < ROUNDS; round++) {
		await sleep(Math.random() * 400);
		const victim = VICTIMS[Math.floor(Math.random() * VICTIMS.length)];
		const { pids } = ombud.demo;
		process.kill(pids[victim], 'SIGKILL');
		await ombud.restarted(victim, pids[victim]);
		slowest = Math.max(slowest, await untilServed(load));
	}
	await load.stop();
	t.diagnostic(`${load.released.length} decisions and ${load.tokens.length} tokens released, ${load.refusedAsUnavailable} refused with 503, `
		+ `${load.broken} connections broken, slowest return ${slowest} ms`);

	assert.deepEqual(load.strange.slice(0, 5), []);
	assert.ok(load.released.length > ROUNDS, 'the load got answers');
	await everythingIsInTheLog(load);
});

async function everythingIsInTheLog(load) {
	const { dir, vkey } = ombud.demo.log;
	/* Not only up to the last decision: a token that was asked for beside it may stand behind it, in a batch not yet signed for. */
	await settled(ombud);
	const size = publishedSize(dir);
	const verified = await auditlog('verify', dir, '--key', vkey);
	assert.equal(verified.status, 0, verified.text);

	const ids = new Set();
	for (const { decision, context } of load.released) {
		const bytes = entryBytes(dir, context.log.index, size);
		const entry = JSON.parse(bytes);
		assert.equal(leafOf(bytes), context.log.leaf);
		assert.equal(entry.id, context.evaluation_id);
		assert.equal(entry.decision === 'permit', decision);
	}
	for (let index = 0; index < size; index++) {
		ids.add(JSON.parse(entryBytes(dir, index, size)).id);
	}
	for (const { jti } of load.tokens) {
		assert.ok(ids.has(jti), `token ${jti} has no entry`);
	}
}
