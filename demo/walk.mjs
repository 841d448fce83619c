/*
 * walk.mjs: the main job of Ombud once, over real HTTPS and real forms, each step said in plain words. A step that does not turn
 * out as promised ends the walk with status 1.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditlog, bundlePath, entryBytes, waitPublished } from './auditor.mjs';
import { serviceToken, verifyOffline } from './oauth.mjs';
import { signIn } from './signin.mjs';
import { Web, wordsOf } from './web.mjs';

const PURPOSE = 'eligibility';
const BENEFITS = 'svc_benefits_north';
const TAX = 'svc_tax';

/* What the steps hand on to each other. */
class Walk {
	constructor(demo, say) {
		this.demo = demo;
		this.issuer = demo.issuer;
		this.citizen = demo.people.citizen;
		this.say = say;
		this.web = new Web({ ca: demo.ca });
		this.scratch = mkdtempSync(join(tmpdir(), 'ombud-walk-'));
	}

	close() {
		this.web.close();
		this.browser?.close();
		rmSync(this.scratch, { recursive: true, force: true });
	}

	api(method, path, token, json) {
		return this.web.request(method, new URL(path, this.issuer), { token, json });
	}

	/* The benefits service asks to read the citizen's income. */
	async ask() {
		const answer = await this.api('POST', '/access/v1/evaluation', this.benefitsToken, {
			subject: { type: 'service', id: BENEFITS,
				properties: { operator: this.demo.people.operator.sub, roles: ['intake-officer'], acr: '2' } },
			action: { name: 'read', properties: { purpose: PURPOSE } },
			resource: { type: 'income', id: this.citizen.sub },
			context: { case: '2026-00123' },
		});
		assert.equal(answer.status, 200, answer.text);
		return answer.json;
	}
}

/* ---- the steps: each returns what happened ---- */

async function citizenSignsIn(w) {
	w.browser = await signIn(w.demo, w.citizen, { language: 'en' });
	return `${w.citizen.login} signed in with a password and a code of oathtool; the portal opened ${new URL(w.browser.landed.url).pathname}`;
}

async function serviceGetsToken(w) {
	w.benefitsToken = await serviceToken(w.web, w.demo, BENEFITS);
	const jwks = (await w.web.get(`${w.issuer}/jwks`)).json;
	const { payload, protectedHeader } = await verifyOffline(w.benefitsToken, jwks, { issuer: w.issuer, audience: w.issuer });
	assert.ok(payload.cnf?.jkt, 'the token is bound to a key of the service');
	return `the benefits service proved itself with a signed assertion and got a token (${protectedHeader.typ}, scope "${payload.scope}", `
		+ `${payload.exp - payload.iat} s) that only the holder of its DPoP key can use`;
}

async function refusedWithoutConsent(w) {
	let { decision, context } = await w.ask();
	if (decision) { /* a walk that was cut short left its consent behind */
		await withdraw(w, context.legal_basis.record);
		({ decision, context } = await w.ask());
	}
	assert.equal(decision, false);
	assert.ok(['consent_missing', 'consent_withdrawn'].includes(context.reason), context.reason);
	assert.ok(context.access_request?.form_url, 'a refusal says how to ask the person');
	w.link = context.access_request.form_url;
	return `the service asked to read income for "${PURPOSE}" and was refused: ${context.reason}; the answer carries a link for the person`;
}

async function citizenConsents(w) {
	const page = await w.browser.open(w.link);
	assert.equal(page.status, 200, wordsOf(page.text).slice(0, 300));
	const done = await w.browser.submit(page, { answer: 'give' }, { having: ['answer'] });
	assert.equal(done.status, 200, wordsOf(done.text).slice(0, 300));
	return `${w.citizen.login} opened the link (${new URL(page.url).pathname}), read what it is about and pressed "give"`;
}

async function permittedWithConsent(w) {
	const { decision, context } = await w.ask();
	assert.equal(decision, true, context.reason);
	assert.equal(context.reason, 'consent_valid');
	w.evaluation = context.evaluation_id;
	w.record = context.legal_basis.record;
	w.index = context.log.index;
	w.ticket = context.ticket;
	w.obligation = context.obligations?.[0]?.properties?.url ?? `/access/v1/outcomes/${w.evaluation}`;
	return `the same question is now permitted: ${context.reason}, entry ${w.index} of the log, with a signed ticket`;
}

async function outcomeConfirmed(w) {
	const answer = await w.api('POST', w.obligation, w.benefitsToken, { outcome: 'released', records: 1 });
	assert.ok(answer.status >= 200 && answer.status < 300, answer.text);
	return 'the service confirmed that one record was released';
}

async function citizenSeesIt(w) {
	await waitPublished(w.demo.log.dir, w.index);
	const page = await w.browser.open('/accesses');
	assert.ok(page.text.includes(`/accesses/${w.evaluation}"`), 'the look is on the page');
	const look = await w.browser.open(`/accesses/${w.evaluation}`);
	assert.equal(look.status, 200);
	const words = wordsOf(look.text);
	assert.match(words, /Data was released/);
	const proof = await w.browser.open(`/accesses/${w.evaluation}/proof`);
	assert.match(proof.text, /^c2sp\.org\/tlog-proof@v1\n/);
	return `${w.citizen.login}'s page shows the look: who, what, why, on which ground, and that data was released; it gives the proof to keep`;
}

async function ticketHoldsOffline(w) {
	const jwks = (await w.web.get(`${w.issuer}/jwks`)).json;
	const { payload } = await verifyOffline(w.ticket, jwks, { issuer: w.issuer, typ: 'ombud-ticket+jwt' });
	assert.equal(payload.log?.index, w.index, 'the ticket names the entry');
	await assert.rejects(verifyOffline(`${w.ticket.slice(0, -6)}AAAAAA`, jwks, { issuer: w.issuer }), 'a changed ticket does not hold');
	return `the tax service checked the ticket against the public keys, asking nobody: it holds and names entry ${w.index}`;
}

async function withdraw(w, record) {
	let page = await w.browser.open(`/consents/${record}`);
	for (let clicks = 0; clicks < 2 && page.status === 200; clicks++) {
		let form;
		try {
			form = w.browser.findForm(page, { action: '/withdraw' });
		} catch {
			break; /* no form to withdraw any more: it is done */
		}
		page = await w.browser.follow(await w.browser.submitOnce(page, form));
	}
	assert.equal(page.status, 200, wordsOf(page.text).slice(0, 300));
}

async function citizenWithdraws(w) {
	await withdraw(w, w.record);
	return `${w.citizen.login} withdrew the consent, without giving a reason`;
}

async function refusedAfterWithdrawal(w) {
	const { decision, context } = await w.ask();
	assert.equal(decision, false);
	assert.equal(context.reason, 'consent_withdrawn');
	return 'the service asked once more and was refused: consent_withdrawn';
}

async function statutoryAccessRecorded(w) {
	const token = await serviceToken(w.web, w.demo, TAX);
	const answer = await w.api('POST', '/audit/v1/entries', token, { entries: [{
		id: randomUUID(), event: 'access.recorded', person: w.citizen.sub, purpose: PURPOSE, categories: ['income'], action: 'read',
		basis: { type: 'statute', ref: '178-FZ-8' }, detail: 'Сверка сведений о доходах по запросу',
	}] });
	assert.equal(answer.status, 200, answer.text);
	w.recorded = answer.json.receipts[0].index;
	return `the tax service recorded a look of its own that a statute allows: entry ${w.recorded}`;
}

async function logVerifies(w) {
	w.size = await waitPublished(w.demo.log.dir, w.recorded);
	await waitPublished(w.demo.log.dir, w.recorded, 'checkpoint.witnessed');
	const { status, text } = await auditlog('verify', w.demo.log.dir, '--key', w.demo.log.vkey, '--witness', w.demo.log.witness_policy);
	assert.equal(status, 0, text);
	const cosigned = /^witness\s+(\d+ of \d+)/m.exec(text)?.[1];
	return `an auditor's tool recomputed the published log, which ${cosigned} witnesses have cosigned: ${/^checked\s+(.*)$/m.exec(text)?.[1] ?? text}`;
}

async function proofHoldsOffline(w) {
	const proof = join(w.scratch, 'look.tlog-proof');
	const entry = join(w.scratch, 'look.json');
	const made = await auditlog('prove', w.demo.log.dir, String(w.index), '-o', proof);
	assert.equal(made.status, 0, made.text);
	writeFileSync(entry, entryBytes(w.demo.log.dir, w.index, w.size));
	const good = await auditlog('check', proof, '--entry', entry, '--key', w.demo.log.vkey);
	assert.equal(good.status, 0, good.text);
	writeFileSync(entry, readFileSync(entry, 'utf8').replace('"permit"', '"refuse"'));
	const bad = await auditlog('check', proof, '--entry', entry, '--key', w.demo.log.vkey);
	assert.equal(bad.status, 1, `a changed entry must not pass: ${bad.text}`);
	return `a proof for entry ${w.index} was made and holds offline; with one word of the entry changed it does not`;
}

async function tamperingIsFound(w) {
	const copy = join(w.scratch, 'log');
	cpSync(w.demo.log.dir, copy, { recursive: true, filter: (path) => !/\/(wal|index)(\/|$)/.test(path.slice(w.demo.log.dir.length)) });
	w.size = await waitPublished(copy, w.index);
	const path = join(copy, bundlePath(w.index, w.size));
	const bytes = readFileSync(path);
	const at = bytes.indexOf(entryBytes(w.demo.log.dir, w.index, w.size)) + 100;
	bytes[at] ^= 1;
	writeFileSync(path, bytes);
	const { status, text } = await auditlog('verify', copy, '--key', w.demo.log.vkey);
	assert.equal(status, 1, `the change went unnoticed: ${text}`);
	const last = text.split('\n').at(-1);
	assert.match(last, new RegExp(`\\b${w.index}\\b`), `the place is not named: ${last}`);
	return `one byte of a copy of the log was changed, and the tool names the place: ${last}`;
}

const STEPS = [
	['Sign in', citizenSignsIn],
	['A service gets a token', serviceGetsToken],
	['A look without consent', refusedWithoutConsent],
	['Consent', citizenConsents],
	['A look with consent', permittedWithConsent],
	['Outcome', outcomeConfirmed],
	['The person sees it', citizenSeesIt],
	['The register checks the ticket', ticketHoldsOffline],
	['Withdrawal', citizenWithdraws],
	['A look after the withdrawal', refusedAfterWithdrawal],
	['A look on another ground', statutoryAccessRecorded],
	['The log is verified', logVerifies],
	['A proof, offline', proofHoldsOffline],
	['A forged log', tamperingIsFound],
];

/* Walks; { status, record } where record is the consent that was given and withdrawn. afterwards gets the citizen's browser. */
export async function walk(demo, say, afterwards) {
	const w = new Walk(demo, say);
	try {
		for (const [number, [title, step]] of STEPS.entries()) {
			try {
				say(`${String(number + 1).padStart(2)}. ${title}: ${await step(w)}`);
			} catch (error) {
				console.error(`${String(number + 1).padStart(2)}. ${title}: this did not turn out as promised: ${error.message}`);
				return { status: 1 };
			}
		}
		say('The walk is done: every step turned out as promised.');
		await afterwards?.(w.browser);
		return { status: 0, record: w.record };
	} finally {
		w.close();
	}
}
