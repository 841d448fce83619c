/*
 * test_receipts.mjs: what a service gets for an entry: durable at once, sealed within a second by id or index, as long as the log
 * lives; and nobody gets it for somebody else's entry.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertProblem, authctlJson, bearer, entryAt, leafOf, personTokens, settled, signInPerson } from './lib/outsider.mjs';
import { auditlog, publishedSize, question, useOmbud } from './lib/ombud.mjs';

const GROWTH = 5000;
let tax;
let north;
let scratch;

const ombud = useOmbud({ before, after }, async (started) => {
	tax = await started.service('svc_tax');
	north = await started.service('svc_benefits_north');
	scratch = mkdtempSync(join(tmpdir(), 'ombud-receipts-'));
});
after(() => rmSync(scratch, { recursive: true, force: true }));

const recorded = (person, id = randomUUID()) => ({ id, event: 'access.recorded', person, purpose: 'eligibility', categories: ['disability'],
	action: 'read', basis: { type: 'statute', ref: '178-FZ-8' }, detail: 'по обращению' });
const append = async (entries) => {
	const answer = await tax('POST', '/audit/v1/entries', { entries });
	assert.equal(answer.status, 200, answer.text);
	return answer.json.receipts;
};
const file = (name, bytes) => {
	writeFileSync(join(scratch, name), bytes);
	return join(scratch, name);
};
const holds = async (proof, entry) => auditlog('check', file('proof', proof), '--entry', file('entry', entry), '--key', ombud.demo.log.vkey);

let first;

test('an entry is durable at once and sealed within a bounded wait, by id and by index', async () => {
	const { citizen } = ombud.demo.people;
	const [receipt] = await append([recorded(citizen.sub)]);
	first = receipt;
	for (const name of [receipt.id, receipt.index]) {
		const answer = await tax('GET', `/audit/v1/entries/${name}/proof?wait=1`);
		assert.equal(answer.status, 200, answer.text);
		const { id, index, leaf, entry, proof, text } = answer.json;
		assert.deepEqual([id, index, leaf], [receipt.id, receipt.index, receipt.leaf]);
		assert.equal(leafOf(Buffer.from(entry)), leaf);
		assert.ok(text.includes(String(index)) && text.includes('auditlog check'));
		const checked = await holds(proof, entry);
		assert.equal(checked.status, 0, checked.text);
	}
});

test('the parts are files that auditlog check takes as they are, and a page that people read in their language', async () => {
	const part = (name, headers) => tax('GET', `/audit/v1/entries/${first.id}/proof?part=${name}`, undefined, { headers });
	const [proof, entry] = [await part('proof'), await part('entry')];
	assert.equal((await holds(proof.bytes, entry.bytes)).status, 0);
	const damaged = Buffer.from(entry.bytes);
	damaged[damaged.length - 20] ^= 1;
	assert.equal((await holds(proof.bytes, damaged)).status, 1, 'another entry is not proved by it');
	assert.match((await part('text', { 'accept-language': 'ru' })).text, /Подтверждение записи/);
	assert.match((await part('text', { 'accept-language': 'en' })).text, /Receipt of an entry/);
	assertProblem(await part('leaf'), 400, 'invalid_request');
});

test('a decision has a receipt, too, for the service that asked', async () => {
	const { citizen } = ombud.demo.people;
	const { json } = await north('POST', '/access/v1/evaluation', question(citizen.sub));
	const answer = await north('GET', `/audit/v1/entries/${json.context.evaluation_id}/proof?wait=1`);
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.index, json.context.log.index);
	assert.equal((await holds(answer.json.proof, answer.json.entry)).status, 0);
});

test('an entry of somebody else looks like one that nobody has', async () => {
	const { citizen } = ombud.demo.people;
	const { json } = await north('POST', '/access/v1/evaluation', question(citizen.sub));
	const without = (answer) => JSON.stringify({ ...answer.json, instance: undefined, request_id: undefined });
	const foreign = await tax('GET', `/audit/v1/entries/${json.context.evaluation_id}/proof?wait=1`);
	const unknown = await tax('GET', `/audit/v1/entries/${randomUUID()}/proof?wait=1`);
	assertProblem(foreign, 404);
	assertProblem(unknown, 404);
	assert.equal(without(foreign).replace(/[0-9a-f-]{36}/g, ''), without(unknown).replace(/[0-9a-f-]{36}/g, ''));
	for (const name of [json.context.log.index, 0, publishedSize(ombud.demo.log.dir) + 1e6, '-1', '1e3', 'x', `${first.index}x`]) {
		assertProblem(await tax('GET', `/audit/v1/entries/${name}/proof`), 404);
	}
});

test('receipts are not for people, nor for whoever has no token', async () => {
	assertProblem(await ombud.web().get(`${ombud.demo.issuer}/audit/v1/entries/${first.id}/proof`), 401);
	const { access_token } = await personTokens(ombud, await signInPerson(ombud, await addPerson(ombud)), 'web_portal', 'openid');
	const answer = await ombud.web().get(`${ombud.demo.issuer}/audit/v1/entries/${first.id}/proof`, { headers: bearer(access_token) });
	assertProblem(answer, 403, 'insufficient_scope');
});

test('a receipt holds, and can be had anew, when the log has grown by thousands of entries and its segments have rotated', async () => {
	const { citizen } = ombud.demo.people;
	const { dir, vkey } = ombud.demo.log;
	const old = (await tax('GET', `/audit/v1/entries/${first.id}/proof?wait=1`)).json;
	const segments = readdirSync(join(dir, 'wal')).sort();
	for (let n = 0; n < GROWTH; n += 500) {
		await append(Array.from({ length: 500 }, () => ({ ...recorded(citizen.sub), detail: 'длинное пояснение '.repeat(40) })));
	}
	await append([recorded(citizen.sub)]);
	assert.notDeepEqual(readdirSync(join(dir, 'wal')).sort(), segments, 'other segments than before');
	const fresh = (await tax('GET', `/audit/v1/entries/${first.index}/proof?wait=1`)).json;
	assert.equal(fresh.entry, old.entry);
	assert.notEqual(fresh.proof, old.proof);
	for (const { proof, entry } of [old, fresh]) {
		const checked = await holds(proof, entry);
		assert.equal(checked.status, 0, checked.text);
	}
	assert.equal((await entryAt(ombud, first.index)).bytes.toString(), old.entry);
	await settled(ombud);
	const verified = await auditlog('verify', dir, '--key', vkey, '--lawful');
	assert.equal(verified.status, 0, verified.text);
});

test('both entries of an erasure are exported with proofs that hold offline, from either index', async () => {
	const { dir, vkey } = ombud.demo.log;
	const person = await addPerson(ombud);
	const { erasing_receipt, erased_receipt } = await authctlJson(ombud, 'subject', 'erase', person.sub, '--confirm', person.sub);
	await entryAt(ombud, erased_receipt.index);
	for (const [n, { index }] of [erasing_receipt, erased_receipt].entries()) {
		const act = join(scratch, `act${n}`);
		const made = await auditlog('export', dir, '--erasure', String(index), '-o', act, '--key', vkey);
		assert.equal(made.status, 0, made.text);
		for (const name of ['erasing', 'erased']) {
			const checked = await auditlog('check', join(act, `${name}.tlog-proof`), '--entry', join(act, `${name}.json`), '--key', vkey);
			assert.equal(checked.status, 0, checked.text);
		}
		const swapped = await auditlog('check', join(act, 'erasing.tlog-proof'), '--entry', join(act, 'erased.json'), '--key', vkey);
		assert.equal(swapped.status, 1);
		assert.ok(readdirSync(act).includes('README.txt'));
	}
	const nothing = await auditlog('export', dir, '--erasure', '1', '-o', join(scratch, 'none'), '--key', vkey);
	assert.equal(nothing.status, 1, nothing.text);
	assert.equal((await auditlog('export', dir, '--erasure', 'x', '-o', join(scratch, 'none'), '--key', vkey)).status, 2);
	assert.equal((await auditlog('export', dir, '--erasure', '1', '--key', vkey)).status, 2);
});
