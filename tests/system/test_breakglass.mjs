/*
 * test_breakglass.mjs: emergencies in the whole system: an operator breaks the glass with their own fresh sign-in, looks, and
 * somebody else judges it; and everything that others would try to make of it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, assertProblem, authctl, authctlJson, bearer, entryAt, logEntries, personTokens, settled, signInPerson } from './lib/outsider.mjs';
import { question, sleep, until, useOmbud, wordsOf } from './lib/ombud.mjs';
import { sql } from './lib/database.mjs';

const NORTH = 'org_csp_north';
const TEXT = 'Соседи нашли человека без сознания, скорая спрашивает о болезнях.';
const HOUR = 3600e3;

let issuer;
let service;
let person;
let browser;
let officer;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	officer = await official(started, 'privacy-officer', 'officer_app', 'openid admin');
});

/* Somebody at work with that role and a token for that application: { sub, browser, token, call, pseudonym }. */
async function official(started, role, client, scope, organisation = NORTH) {
	const someone = await addPerson(started, { kind: 'staff', roles: [[organisation, role]] });
	const at = await signInPerson(started, someone);
	const renewed = async () => (await personTokens(started, at, client, scope)).access_token;
	const web = started.web();
	const made = { ...someone, browser: at, token: await renewed() };
	made.renew = async () => { made.token = await renewed(); };
	made.call = (method, path, json) => web.request(method, new URL(path, issuer), { json, headers: bearer(made.token) });
	made.pseudonym = (await authctlJson(started, 'user', 'show', someone.sub)).pseudonym;
	return made;
}

const senior = (started = ombud) => official(started, 'senior-officer', 'emergency_app', 'openid access:emergency');
const entries = () => logEntries(ombud).map(({ entry }) => entry);
const ask = (more = {}) => ({ person: person.sub, category: 'health', purpose: 'disability_support', reason_code: 'urgent_care', text: TEXT, ...more });
const open = (who, more) => who.call('POST', '/access/v1/breakglass', ask(more));
/* The same once more when there was too much to do, or when an equal one was still on its way into the log. */
async function openSoon(who, more) {
	for (;;) {
		const answer = await open(who, more);
		if (answer.status !== 503) {
			return answer;
		}
		await sleep(50 + Math.random() * 200);
	}
}

const close = (who, id) => who.call('POST', `/access/v1/breakglass/${id}/close`, {});

async function opened(who, more) {
	const answer = await open(who, more);
	assert.equal(answer.status, 201, answer.text);
	return answer.json;
}

/* A question of the service about the person, by that operator, under the glass. */
async function look(who, { sub = person.sub, category = 'health', purpose = 'disability_support', by = service, id = 'svc_benefits_north', ...context } = {}) {
	const body = question(sub, { category, purpose, break_glass: true, ...context });
	body.subject.id = id;
	body.subject.properties.operator = who.pseudonym ?? who;
	const { status, json, text } = await by('POST', '/access/v1/evaluation', body);
	assert.equal(status, 200, text);
	return { decision: json.decision, reason: json.context.reason, context: json.context };
}

const refusedLook = async (reason, who, more) => {
	const answer = await look(who, more);
	assert.deepEqual([answer.decision, answer.reason], [false, reason], JSON.stringify(more));
};

/* As if that much time had passed since it was opened: the rows are moved, the clock is not. */
const age = (id, ms) => sql(ombud, `UPDATE breakglass SET opened_us = opened_us - ${ms}000, until_us = until_us - ${ms}000, review_by_us = review_by_us - ${ms}000 WHERE id = '${id}'`);
const review = (who, id, verdict, text = 'Скорая подтвердила, что спрашивала об этом.') => who.call('POST', `/admin/v1/breakglass/${id}/review`, { verdict, text });
const restore = (who, id) => who.call('POST', `/admin/v1/breakglass/${id}/restore`, { text: 'Сотрудник прошёл обучение и знает правила.' });

/* ---- the way it is meant ---- */

test('an operator breaks the glass, looks, and closes it; everybody concerned knows', async () => {
	const who = await senior();
	await refusedLook('consent_missing', who);
	const glass = await opened(who);
	assert.ok(Math.abs(Date.parse(glass.until) - Date.now() - HOUR) < 60e3);
	assert.ok(Math.abs(Date.parse(glass.review_by) - Date.now() - 24 * HOUR) < 60e3);
	const used = (await entryAt(ombud, glass.log.index)).entry;
	assert.equal(used.event, 'breakglass.used');
	assert.deepEqual([used.by.operator, used.by.service, used.by.roles], [who.pseudonym, 'svc_benefits_north', ['senior-officer']]);
	assert.deepEqual([used.purpose.split('/')[0], used.categories, used.facts.reason_code], ['disability_support', ['health'], 'urgent_care']);
	assert.ok(!JSON.stringify(used).includes('сознания'), 'the words are sealed');

	const seen = await look(who);
	assert.deepEqual([seen.decision, seen.reason, seen.context.legal_basis.type, seen.context.legal_basis.ref], [true, 'break_glass', 'break_glass', glass.id]);
	const { entry } = await entryAt(ombud, seen.context.log.index);
	assert.deepEqual([entry.basis.type, entry.basis.index, entry.basis.ctag], ['break_glass', glass.log.index, used.basis.ctag]);
	const asked = seen.context.obligations.map((o) => o.properties.action);
	assert.ok(asked.includes('person_is_told') && asked.includes('review'), asked);

	assert.equal((await close(who, glass.id)).status, 200);
	await refusedLook('consent_missing', who);
	assertProblem(await close(who, glass.id), 404);
});

test('the person reads it at once: in the inbox, in the list, with the words and the review', async () => {
	const who = await senior();
	const glass = await opened(who, { category: 'contacts' });
	await look(who, { category: 'contacts' });
	const told = sql(ombud, `SELECT count(*) FROM inbox WHERE sub = '${person.sub}' AND kind = 'emergency_look'`);
	assert.ok(Number(String(told).trim()) >= 1, String(told));
	assert.ok(Number(String(sql(ombud, `SELECT count(*) FROM inbox WHERE sub = '${officer.sub}' AND kind = 'emergency_to_review'`)).trim()) >= 1);
	const page = await browser.open(`/accesses/${glass.log.index}`);
	assert.equal(page.status, 200);
	const words = wordsOf(page.text);
	for (const part of ['Экстренный доступ', TEXT, 'Старший специалист', 'Срочно нужна медицинская помощь', 'ещё не проверен']) {
		assert.ok(words.includes(part), `${part}: ${words.slice(0, 3000)}`);
	}
	assert.equal((await review(officer, glass.id, 'justified')).status, 200);
	const after = wordsOf((await browser.open(`/accesses/${glass.log.index}`)).text);
	assert.ok(after.includes('был нужен'), after.slice(0, 3000));
	const list = wordsOf((await browser.open('/accesses')).text);
	assert.ok(list.includes('Экстренный доступ') && list.includes('был нужен'), list.slice(0, 3000));
	assert.equal(Number(String(sql(ombud, `SELECT count(*) FROM inbox WHERE sub = '${person.sub}' AND kind = 'emergency_reviewed'`)).trim()), 1);
});

test('an equal one is returned, not doubled, whoever races', async () => {
	const who = await senior();
	const answers = await Promise.all(Array.from({ length: 16 }, () => openSoon(who)));
	assert.equal(new Set(answers.map((a) => a.json.id)).size, 1);
	assert.equal(answers.filter((a) => a.status === 201).length, 1);
	assert.equal(answers.filter((a) => a.status === 200).length, 15);
});

/* ---- the quota ---- */

test('of 200 at once exactly as many pass as the quota has', async () => {
	const who = await senior();
	const tried = await Promise.all(Array.from({ length: 200 }, (_, i) => openSoon(who, { person: `sub_quota_${i}` })));
	assert.equal(tried.filter((a) => a.status === 201).length, 5);
	tried.filter((a) => a.status !== 201).forEach((a) => assertProblem(a, 403, 'breakglass_quota'));
	await settled(ombud);
	assert.equal(entries().filter((e) => e.event === 'breakglass.used' && e.by.operator === who.pseudonym).length, 5);
	assertProblem(await open(who), 403, 'breakglass_quota');
});

test('whether the person exists cannot be learned by opening', async () => {
	const who = await senior();
	const known = await opened(who);
	const nobody = await opened(who, { person: 'sub_nobody_at_all' });
	assert.deepEqual(Object.keys(known), Object.keys(nobody));
	await refusedLook('consent_missing', who, { sub: 'sub_nobody_at_all' });
	const about = async ({ log: { index } }) => (await entryAt(ombud, index)).entry.about.map(({ tag, sealed }) => [tag.length, sealed.length]);
	assert.deepEqual(await about(nobody), await about(known), 'nor does the log, which everybody may read, say that there is no such person');
});

/* ---- what others would make of it ---- */

test('it is for one operator, person, category and purpose, and for looking', async () => {
	const who = await senior();
	const other = await senior();
	const stranger = await addPerson(ombud);
	await opened(who);
	assert.equal((await look(who)).decision, true);
	await refusedLook('consent_missing', other);
	await refusedLook('consent_missing', who, { sub: stranger.sub });
	await refusedLook('consent_missing', who, { category: 'contacts' });
	await refusedLook('consent_missing', who, { category: 'disability', purpose: 'eligibility' });
	await refusedLook('role_missing', 'opr_nobody');
	const body = question(person.sub, { category: 'health', purpose: 'disability_support', break_glass: true });
	body.subject.properties.operator = who.pseudonym;
	body.action.name = 'update';
	assert.equal((await service('POST', '/access/v1/evaluation', body)).json.decision, false);
	delete body.subject.properties.operator;
	body.action.name = 'read';
	assert.equal((await service('POST', '/access/v1/evaluation', body)).json.decision, false, 'a service by itself has no emergency');
});

test('without saying so the open glass is not used', async () => {
	const who = await senior();
	await opened(who);
	const body = question(person.sub, { category: 'health', purpose: 'disability_support' });
	body.subject.properties.operator = who.pseudonym;
	assert.equal((await service('POST', '/access/v1/evaluation', body)).json.decision, false);
});

test('after its hour it gives nothing', async () => {
	const who = await senior();
	const glass = await opened(who);
	age(glass.id, HOUR);
	await refusedLook('consent_missing', who);
	assertProblem(await close(who, glass.id), 404);
	assert.notEqual((await opened(who)).id, glass.id, 'a new one');
});

test('what does not belong together is refused before anything happens', async () => {
	const who = await senior();
	const by = (e) => e.event === 'breakglass.used' && e.by.operator === who.pseudonym;
	for (const [more, status, reason] of [
		[{ text: 'слишком коротко' }, 400], [{ text: `${' '.repeat(60)}срочно` }, 400], [{ text: 'а'.repeat(1001) }, 400], [{ text: 7 }, 400],
		[{ reason_code: 'curiosity' }, 400], [{ category: 'income' }, 400], [{ purpose: 'volunteer_visit' }, 400], [{ purpose: 'nothing' }, 400],
		[{ category: 'nothing' }, 400], [{ extra: 1 }, 400], [{ category: 'income', purpose: 'eligibility' }, 403, 'role_missing'],
	]) {
		assertProblem(await open(who, more), status, reason ?? 'invalid_request');
	}
	assertProblem(await open(who, { person: who.sub }), 403, 'own_matter');
	await settled(ombud);
	assert.equal(entries().filter(by).length, 0);
});

test('neither a service nor somebody without the role nor a token without the scope breaks it', async () => {
	const intake = await official(ombud, 'intake-officer', 'emergency_app', 'openid access:emergency');
	assertProblem(await open(intake), 403, 'role_missing');
	assertProblem(await service('POST', '/access/v1/breakglass', ask()), 403, 'insufficient_scope');
	const plain = await official(ombud, 'senior-officer', 'emergency_app', 'openid');
	assertProblem(await open(plain), 403, 'insufficient_scope');
	await authctlJson(ombud, 'client', 'add', 'glass_by_itself', '--auth', 'client_secret_basic', '--grants', 'client_credentials',
		'--scopes', 'access:emergency', '--service', 'svc_benefits_north').then(async (made) => {
		const web = ombud.web();
		const pair = Buffer.from(`glass_by_itself:${made.client_secret}`).toString('base64');
		const got = await web.post(`${issuer}/oauth2/token`, { headers: { authorization: `Basic ${pair}` }, form: { grant_type: 'client_credentials', scope: 'access:emergency' } });
		assert.equal(got.status, 200, got.text);
		assertProblem(await web.request('POST', new URL('/access/v1/breakglass', issuer), { json: ask(), headers: bearer(got.json.access_token) }), 403, 'access_denied');
	});
});

test('a sign-in that is too old is sent to sign in again (RFC 9470)', async () => {
	const who = await senior();
	sql(ombud, `UPDATE session SET auth_us = auth_us - 400000000 WHERE sub = '${who.sub}'`);
	await who.renew();
	const answer = await open(who);
	assertProblem(answer, 401, 'insufficient_user_authentication');
	assert.match(answer.headers['www-authenticate'], /insufficient_user_authentication.*max_age="300"/);
});

/* ---- review ---- */

test('an officer reads the words and the looks, and judges once', async () => {
	const who = await senior();
	const glass = await opened(who);
	const { context } = await look(who);
	const shown = await officer.call('GET', `/admin/v1/breakglass/${glass.id}`);
	assert.equal(shown.status, 200, shown.text);
	assert.deepEqual([shown.json.text, shown.json.operator, shown.json.person, shown.json.state], [TEXT, who.pseudonym, person.sub, 'waiting']);
	assert.deepEqual(shown.json.looks.map((l) => [l.index, l.category, l.decision]), [[context.log.index, 'health', 'permit']]);
	assert.equal(shown.json.operator_30_days.opened, 1);
	assertProblem(await review(officer, glass.id, 'perhaps'), 400, 'invalid_request');
	assertProblem(await review(officer, glass.id, 'justified', 'ok'), 400, 'invalid_request');
	assert.equal((await review(officer, glass.id, 'justified')).json.state, 'justified');
	assertProblem(await review(officer, glass.id, 'unjustified'), 409, 'already_used');
	assertProblem(await restore(officer, glass.id), 409, 'conflict');
	assertProblem(await review(officer, 'bg_nothing', 'justified'), 404);
});

test('nobody judges themselves, nor without the role', async () => {
	const who = await senior();
	const glass = await opened(who);
	await authctlJson(ombud, 'role', 'assign', '--sub', who.sub, '--organisation', NORTH, '--role', 'privacy-officer');
	const token = (await personTokens(ombud, who.browser, 'officer_app', 'openid admin')).access_token;
	const both = { call: (method, path, json) => ombud.web().request(method, new URL(path, issuer), { json, headers: bearer(token) }) };
	assertProblem(await review(both, glass.id, 'justified'), 403, 'own_matter');
	const auditor = await official(ombud, 'auditor', 'officer_app', 'openid admin');
	assertProblem(await review(auditor, glass.id, 'justified'), 403, 'role_missing');
	assertProblem(await auditor.call('GET', `/admin/v1/breakglass/${glass.id}`), 403, 'role_missing');
	assertProblem(await who.call('GET', `/admin/v1/breakglass/${glass.id}`), 403, 'insufficient_scope');
	assert.equal((await review(officer, glass.id, 'justified')).status, 200);
});

test('not reviewed in a day: the right is gone at that instant, the log says so, and a review brings it back', async () => {
	const who = await senior();
	const glass = await opened(who);
	const second = await opened(who, { category: 'contacts' });
	age(glass.id, 24 * HOUR);
	await refusedLook('consent_missing', who, { category: 'contacts' });
	assertProblem(await open(who, { person: 'sub_other' }), 403, 'breakglass_suspended');
	const said = await until('its entry', () => entries().find((e) => e.event === 'breakglass.suspended' && e.basis.index === glass.log.index));
	assert.deepEqual([said.facts.operator, said.facts.why], [who.pseudonym, 'not_reviewed']);
	await sleep(2500);
	assert.equal(entries().filter((e) => e.event === 'breakglass.suspended' && e.basis.index === glass.log.index).length, 1);
	assert.equal((await authctlJson(ombud, 'breakglass', 'list', '--state', 'overdue', '--all')).records.some((r) => r.id === glass.id), true);
	assert.equal((await review(officer, glass.id, 'justified')).status, 200);
	assert.equal((await look(who, { category: 'contacts' })).decision, true);
	assert.equal((await open(who, { category: 'contacts' })).json.id, second.id);
});

test('unjustified: suspended until somebody else gives the right back', async () => {
	const who = await senior();
	const glass = await opened(who);
	assert.equal((await look(who)).decision, true);
	assert.equal((await review(officer, glass.id, 'unjustified')).status, 200);
	await refusedLook('consent_missing', who);
	assertProblem(await open(who), 403, 'breakglass_suspended');
	assert.equal((await restore(officer, glass.id)).status, 200);
	assert.equal((await look(who)).decision, true);
	assertProblem(await restore(officer, glass.id), 409, 'conflict');
});

test('authctl lists, shows, reviews and restores', async () => {
	const who = await senior();
	const glass = await opened(who);
	const list = await authctlJson(ombud, 'breakglass', 'list', '--operator', who.pseudonym);
	assert.deepEqual(list.records.map((r) => [r.id, r.state, r.open]), [[glass.id, 'waiting', true]]);
	assert.equal((await authctlJson(ombud, 'breakglass', 'show', glass.id)).text, TEXT);
	const plain = await authctl(ombud, 'breakglass', 'show', glass.id);
	assert.match(plain.out ?? plain.stdout, /reason: +urgent_care/);
	const judged = await authctlJson(ombud, 'breakglass', 'review', glass.id, '--verdict', 'unjustified', '--text', 'Никто не спрашивал об этом человеке.');
	assert.equal(judged.state, 'unjustified');
	assert.notEqual((await authctlJson(ombud, 'breakglass', 'restore', glass.id, '--text', 'Сотрудник прошёл обучение заново.')).restored, null);
});

/* ---- vital interest: no glass to break, but nothing in silence either ---- */

test('whoever looks for vital interest says so, and the person hears of it before the answer', async () => {
	const { client_secret: secret } = await authctlJson(ombud, 'client', 'add', 'charity_home', '--auth', 'client_secret_basic', '--grants', 'client_credentials',
		'--scopes', 'access:evaluate', '--service', 'svc_charity_home');
	const web = ombud.web();
	const got = await web.post(`${issuer}/oauth2/token`, { headers: { authorization: `Basic ${Buffer.from(`charity_home:${secret}`).toString('base64')}` },
		form: { grant_type: 'client_credentials' } });
	const by = (method, path, json) => web.request(method, new URL(path, issuer), { json, headers: bearer(got.json.access_token) });
	const ofCharity = await addPerson(ombud, { kind: 'staff', roles: [['org_fund_home', 'privacy-officer']] });
	const told = (sub, kind) => Number(String(sql(ombud, `SELECT count(*) FROM inbox WHERE sub = '${sub}' AND kind = '${kind}'`)).trim());
	const body = (context) => ({ ...question(person.sub, { category: 'contacts', purpose: 'emergency_aid', ...context }), subject: { type: 'service', id: 'charity_home' } });
	const before = told(person.sub, 'emergency_look');
	const silent = await by('POST', '/access/v1/evaluation', body({}));
	assert.deepEqual([silent.status, silent.json.decision], [200, false], silent.text);
	assert.equal((await by('POST', '/access/v1/evaluation', body({ emergency: true, dry_run: true }))).json.decision, true);
	assert.equal(told(person.sub, 'emergency_look'), before, 'neither a refusal nor a question of what would be');
	const seen = await by('POST', '/access/v1/evaluation', body({ emergency: true }));
	assert.deepEqual([seen.json.decision, seen.json.context.reason], [true, 'vital_interest'], seen.text);
	assert.ok(seen.json.context.obligations.some((o) => o.properties.action === 'person_is_told'));
	assert.equal(told(person.sub, 'emergency_look'), before + 1);
	assert.equal(told(ofCharity.sub, 'vital_look'), 1);
});

test('the log agrees with all of it', async () => {
	await assertLawful(ombud);
});
