/*
 * test_completeness.mjs: a person downloads the proof that no entry about them is missing, and checks it without us: with
 * `auditlog check`, and with a checker that shares no code with it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, bearer, personTokens, settled, signInPerson } from './lib/outsider.mjs';
import { auditlog, question, sleep, until, useOmbud } from './lib/ombud.mjs';
import { checkMapProof } from './lib/tag_maps.mjs';

const dir = mkdtempSync(join(tmpdir(), 'ombud-complete-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
const month = new Date().toISOString().slice(0, 7);
const MAP_AGE_MS = 1000; /* log.map_age of the demo */
let service, browser; /* of citizen: signing in again would wait for another code */
const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	browser = await started.signIn('citizen');
});

/* The proof as the person's browser gets it, with the tag that it names. */
async function download(browser, query = '') {
	await sleep(MAP_AGE_MS + 100);
	const answer = await browser.open(`/accesses/proof${query}`);
	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.headers['content-disposition'], /^attachment; filename="accesses-\d{4}-\d\d\.map-proof"$/);
	return { text: answer.text, tag: /^tag (\S{22})$/m.exec(answer.text)[1] };
}
async function check({ text, tag }, ...more) {
	const file = join(dir, 'proof');
	writeFileSync(file, text);
	return auditlog('check', file, '--tag', tag, '--key', ombud.demo.log.vkey, ...more);
}
const indicesIn = ({ text, tag }) => checkMapProof(text, tag, ombud.demo.log.vkey).parts.flatMap((part) => part.indices);

test('the file lists every entry about the person, and both checkers accept it', async () => {
	const { sub } = ombud.demo.people.citizen;
	const before = indicesIn(await download(browser));
	const { json } = await service('POST', '/access/v1/evaluation', question(sub));
	const refused = await service('POST', '/access/v1/evaluation', question(sub, { category: 'family' }));
	assert.ok(json.context && refused.json.context);
	const proof = await download(browser);
	const now = indicesIn(proof);
	assert.deepEqual(now.slice(0, before.length), before);
	assert.ok(now.length >= before.length + 2, `${before.length} → ${now.length}`);
	const ran = await check(proof, '--month', month);
	assert.equal(ran.status, 0, ran.text);
	assert.match(ran.text, new RegExp(`HOLDS: ${now.length} entries carry`));
});

test('what the page says to run holds', async () => {
	const page = await browser.open('/accesses');
	assert.match(page.text, new RegExp(`href="/accesses/proof\\?month=${month}"`));
	const [, tag, key] = /auditlog check accesses-\S+\.map-proof --tag (\S+) --month \S+ --key (?:'|&#39;|&#x27;)([^'&]+)/.exec(page.text);
	const proof = await download(browser, `?month=${month}`);
	assert.equal(proof.tag, tag);
	const file = join(dir, 'page');
	writeFileSync(file, proof.text);
	assert.equal((await auditlog('check', file, '--tag', tag, '--month', month, '--key', key)).status, 0);
});

test('one person cannot check with, or get, another\'s', async () => {
	const mine = await download(browser), theirs = await download(await ombud.signIn('citizen2'));
	assert.notEqual(mine.tag, theirs.tag);
	assert.equal((await check({ text: mine.text, tag: theirs.tag })).status, 1);
	const stranger = ombud.browser();
	const answer = await stranger.open('/accesses/proof');
	assert.doesNotMatch(answer.text, /ombud-map-proof/);
});

test('somebody new has a proof, too', async () => {
	const proof = await download(await signInPerson(ombud, await addPerson(ombud)));
	assert.equal((await check(proof)).status, 0);
	assert.ok(indicesIn(proof).length >= 1); /* the sign-in */
});

test('a month without a map, or that is none, is said to be so', async () => {
	assert.equal((await browser.open('/accesses/proof?month=2001-02')).status, 404);
	assert.equal((await browser.open('/accesses/proof?month=2026-13')).status, 400);
});

test('a person\'s own token with audit:read gets it; other tokens do not', async () => {
	const url = `${ombud.demo.issuer}/audit/v1/proof?month=${month}`;
	const { access_token } = await personTokens(ombud, browser, 'web_portal', 'openid audit:read');
	const answer = await ombud.web().get(url, { headers: bearer(access_token) });
	assert.equal(answer.status, 200, answer.text);
	assert.equal((await check({ text: answer.text, tag: /^tag (\S+)$/m.exec(answer.text)[1] })).status, 0);
	const narrow = await personTokens(ombud, browser, 'web_portal', 'openid');
	assert.equal((await ombud.web().get(url, { headers: bearer(narrow.access_token) })).status, 403);
	assert.equal((await service('GET', '/audit/v1/proof')).status, 403);
});

test('while the log cannot be written there is no proof, and afterwards there is', async () => {
	const pid = ombud.demo.pids.auditlogd;
	process.kill(pid, 'SIGSTOP');
	try {
		assert.equal((await browser.open('/accesses/proof')).status, 503);
	} finally {
		process.kill(pid, 'SIGCONT');
	}
	await until('the log is back', async () => (await browser.open('/accesses/proof')).status === 200);
	assert.equal((await check(await download(browser))).status, 0);
});

test('the whole log holds with its maps', async () => {
	await settled(ombud);
	const { status, text } = await auditlog('verify', ombud.demo.log.dir, '--key', ombud.demo.log.vkey, '--lawful');
	assert.equal(status, 0, text);
	assert.match(text, /maps {5}[1-9]\d* made once more/);
});
