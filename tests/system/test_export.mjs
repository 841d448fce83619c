/*
 * test_export.mjs: everything that is known of a person, as a file: all of it, readable, nobody else's, no secret, and an entry
 * of the log before anything leaves.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from './lib/database.mjs';
import { addPerson, authctl, logEntries, personTokens, settled, signInPerson, untilEntry } from './lib/outsider.mjs';
import { giveConsent, question, until, useOmbud } from './lib/ombud.mjs';

let service;
let scratch;
let person;
let other;
let browser;
let record;

const ombud = useOmbud({ before, after }, async (started) => {
	scratch = mkdtempSync(join(tmpdir(), 'ombud-export-'));
	service = await started.service('svc_benefits_north');
	[person, other] = [await addPerson(started), await addPerson(started)];
	browser = await signInPerson(started, person);
	record = await giveConsent(started, service, browser, person.sub);
	await giveConsent(started, service, await signInPerson(started, other), other.sub);
	for (const { sub } of [person, other]) {
		await service('POST', '/access/v1/evaluation', question(sub, { case: `дело о ${sub}` }));
	}
	await personTokens(started, browser, 'web_portal', 'openid');
});
after(() => rmSync(scratch, { recursive: true, force: true }));

const download = async (format, fields = {}) => {
	const page = await browser.open('/export');
	return browser.submitOnce(page, browser.findForm(page, { action: '/export' }), { format, ...fields });
};
const exported = (name, ...args) => authctl(ombud, 'subject', 'export', person.sub, '-o', join(scratch, name), ...args);

function assertWhole(data) {
	assert.equal(data.format, 'ombud-own-data/1');
	assert.equal(data.complete, true);
	assert.equal(data.person.sub, person.sub);
	assert.equal(data.person.profile.name, person.name);
	assert.equal(data.person.profile.document.number, person.profile.document.number);
	assert.equal(data.factors.totp.length, 1);
	assert.ok(data.sessions.length >= 1 && data.clients.length >= 1);
	assert.deepEqual(data.consents.map(({ record_id, state }) => [record_id, state]), [[record, 'given']]);
	assert.ok(data.consents[0].record.events.length >= 2, 'with its history');
	assert.equal(data.requests.length, 1);
	const events = new Set(data.entries.map(({ event }) => event));
	for (const event of ['admin.changed', 'auth.login', 'consent.requested', 'consent.granted', 'access.decided']) {
		assert.ok(events.has(event), `${event} is missing among ${[...events]}`);
	}
	assert.ok(data.entries.some(({ detail }) => JSON.stringify(detail ?? '').includes(`дело о ${person.sub}`)), 'what was sealed is opened');
}

function assertNobodyElses(text) {
	for (const secret of [other.sub, other.login, other.name, person.password, person.totp_secret, '$argon2', 'secret_sealed']) {
		assert.ok(!text.includes(secret), secret);
	}
	const key = sql(ombud, "SELECT sub FROM person_key WHERE wrapped_key IS NULL");
	assert.deepEqual(key, []);
}

test('a person downloads everything about themselves, for programs and for reading', async () => {
	const machine = await download('json');
	assert.equal(machine.status, 200, machine.text.slice(0, 300));
	assert.match(machine.header('content-disposition'), /attachment; filename="my-data\.json"/);
	assertWhole(machine.json);
	assertNobodyElses(machine.text);
	const page = await download('html');
	assert.equal(page.status, 200, page.text.slice(0, 300));
	for (const word of [person.name, person.profile.document.number, record, `дело о ${person.sub}`]) {
		assert.ok(page.text.includes(word), word);
	}
	assert.doesNotMatch(page.text, /event_|own_|export_/, 'every text is there');
	assertNobodyElses(page.text);
});

test('every entry of the log that carries a tag of the person is in it, once, and no other', async () => {
	const { json } = await download('json');
	await settled(ombud);
	const tags = new Set(sql(ombud, `SELECT tag FROM person_tag WHERE sub = '${person.sub}'`).map(([tag]) => tag));
	const newest = Math.max(...json.entries.map(({ index }) => index));
	const wanted = logEntries(ombud).filter(({ index, entry }) => index <= newest && entry.about?.some(({ tag }) => tags.has(tag)));
	assert.deepEqual(json.entries.map(({ index }) => index), wanted.map(({ index }) => index).reverse());
	for (const { index, entry } of json.entries) {
		assert.equal(entry, wanted.find((one) => one.index === index).bytes.toString(), 'byte for byte, so that it can be checked');
	}
});

test('the export is an entry that the person sees, before it leaves', async () => {
	const before = logEntries(ombud).length;
	const { json } = await download('json');
	assert.ok(json.entries.some(({ event, index }) => event === 'profile.read' && index >= before - 1), 'it is in its own export');
	assert.equal((await exported('seen.json')).status, 0);
	const tags = sql(ombud, `SELECT tag FROM person_tag WHERE sub = '${person.sub}'`).map(([tag]) => tag);
	await untilEntry(ombud, 'the administrator exported, for the person to see', (entry) => entry.event === 'admin.read' &&
		JSON.stringify(entry).includes('subject.exported') && tags.includes(entry.about?.[0].tag));
});

test('without a log nothing is exported', async () => {
	const { auditlogd } = ombud.demo.pids;
	const page = await browser.open('/export');
	process.kill(auditlogd, 'SIGSTOP');
	try {
		const answer = await browser.submitOnce(page, browser.findForm(page, { action: '/export' }), { format: 'json' });
		assert.equal(answer.status, 503);
		assert.ok(!answer.text.includes(person.profile.document.number));
		assert.equal((await exported('away.json')).status, 3);
	} finally {
		process.kill(auditlogd, 'SIGCONT');
	}
	await until('the log is back', async () => (await exported('back.json')).status === 0);
});

test('an administrator exports into a new file that nobody else may read, whole', async () => {
	assert.equal((await exported('whole.json')).status, 0);
	assertWhole(JSON.parse(readFileSync(join(scratch, 'whole.json'), 'utf8')));
	assert.equal(statSync(join(scratch, 'whole.json')).mode & 0o777, 0o600);
	assert.equal((await exported('page.html', '--format', 'html', '--lang', 'en')).status, 0);
	assert.match(readFileSync(join(scratch, 'page.html'), 'utf8'), /Download everything about me/);
	writeFileSync(join(scratch, 'mine'), 'mine');
	assert.equal((await exported('mine')).status, 3);
	assert.equal(readFileSync(join(scratch, 'mine'), 'utf8'), 'mine');
});

test('months limit the entries; what is no month, no format or nobody is refused', async () => {
	const none = await download('json', { from: '2001-01', to: '2001-12' });
	assert.deepEqual(none.json.entries, []);
	assert.equal(none.json.person.sub, person.sub);
	assert.equal((await download('json', { from: 'x' })).status, 400);
	assert.equal((await download('xml')).status, 400);
	assert.equal((await exported('a', '--from', '2026')).status, 1);
	assert.equal((await authctl(ombud, 'subject', 'export', 'sub_nobody', '-o', join(scratch, 'b'))).status, 1);
	const gone = await addPerson(ombud);
	assert.equal((await authctl(ombud, 'subject', 'erase', gone.sub, '--confirm', gone.sub)).status, 0);
	assert.equal((await authctl(ombud, 'subject', 'export', gone.sub, '-o', join(scratch, 'c'))).status, 1);
});

test('an old session is not enough, and neither is a form from elsewhere', async () => {
	const page = await browser.open('/export');
	const form = browser.findForm(page, { action: '/export' });
	sql(ombud, `UPDATE session SET auth_us = auth_us - 1000000 * 60 * 11 WHERE sub = '${person.sub}'`);
	const stale = await browser.submitOnce(page, form, { format: 'json' });
	assert.equal(stale.status, 303);
	const again = await browser.open('/export');
	assert.throws(() => browser.findForm(again, { action: '/export' }));
	assert.match(again.text, /\/login\?again=1/);
	const forged = await ombud.browser().open('/export');
	assert.match(forged.url, /\/login/);
	const fresh = await signInPerson(ombud, person);
	const without = await fresh.open('/export');
	const bare = { ...fresh.findForm(without, { action: '/export' }) };
	const answer = await fresh.submitOnce(without, bare, { format: 'json', csrf: 'x' });
	assert.equal(answer.status, 403);
});
