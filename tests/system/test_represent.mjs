/*
 * test_represent.mjs: a client that a representative let act for others: tokens under a mandate, what they open, that they end with
 * it, and what would be tried with them. On both databases.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, asClient, assertLawful, authctl, assertOAuthError, bearer, claimsOf, logEntries, personTokens, signInPerson, untilEntry } from './lib/outsider.mjs';
import { sql } from './lib/database.mjs';
import { formsOf, useOmbud, wordsOf } from './lib/ombud.mjs';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const DAY = 86400e3;
const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;
const SCOPE = 'openid consent:manage audit:read represent';

let north;
let principal;
let helper;
let own; /* browsers */
let theirs;
let token; /* the helper's, for family_app */
let mandate; /* for eligibility: sees, withdraws */

const formOf = (page, name) => formsOf(page.text).find(({ action }) => action.includes(name)) ?? assert.fail(`no form ${name}: ${wordsOf(page.text)}`);
const send = async (browser, path, name, fields = {}) => {
	const page = await browser.open(path);
	return browser.submitOnce(page, formOf(page, name), fields);
};

/* From one browser to another; the mandate's id is the one that the client is told then. */
async function give(from, to, { purpose = ['eligibility'], action = ['see', 'withdraw'] } = {}) {
	const before = (await mandates()).map(({ mandate: id }) => id);
	const offered = await send(from, '/representatives', '/offer', { purpose, action, until: UNTIL });
	const code = /<code[^>]*id="code">([^<]+)</.exec(offered.text)?.[1];
	assert.equal((await send(to, '/representatives', '/accept', { code })).status, 303);
	return (await mandates()).find(({ mandate: id }) => !before.includes(id))?.mandate;
}

const api = (access, method, path) => ombud.web().request(method, new URL(path, ombud.demo.issuer), { headers: bearer(access) });
const mandates = async () => {
	const answer = await api(token, 'GET', '/consent/v1/mandates');
	assert.equal(answer.status, 200, answer.text);
	return answer.json.mandates;
};
const exchange = (fields, client = 'family_app') => asClient(ombud, client, '/oauth2/token', { grant_type: EXCHANGE, subject_token: token,
	subject_token_type: ACCESS_TOKEN, ...fields });
const acting = async (fields = {}) => {
	const answer = await exchange({ mandate, ...fields });
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
};
const isActive = async (access) => (await asClient(ombud, 'svc_legacy', '/oauth2/introspect', { token: access })).json;

async function consent(purpose) {
	const asked = await north('POST', '/consent/v1/requests', { person: principal.sub, purpose, categories: ['income'],
		until: new Date(Date.now() + 30 * DAY).toISOString() });
	assert.equal(asked.status, 201, asked.text);
	const given = await send(own, new URL(asked.json.form_url).pathname, '/ask/', { answer: 'give' });
	assert.equal(given.status, 303, given.text);
	return given.location.split('/').at(-1);
}

const ombud = useOmbud({ before, after }, async (started) => {
	north = await started.service('svc_benefits_north');
	principal = await addPerson(started);
	helper = await addPerson(started);
	own = await signInPerson(started, principal);
	theirs = await signInPerson(started, helper);
	token = (await personTokens(started, theirs, 'family_app', SCOPE)).access_token;
});

test('a token under a mandate is the represented person\'s, says who acts by the name of this one mandate, and so does its entry', async () => {
	mandate = await give(own, theirs);
	const answer = await acting();
	const [from, made] = [claimsOf(token), claimsOf(answer.access_token)];
	assert.equal(made.sub, principal.sub);
	assert.match(made.act.sub, /^rep_/);
	assert.equal(made.act.act, undefined);
	assert.deepEqual(made.roles, []);
	assert.equal(made.scope, 'consent:manage audit:read', 'letting further clients act is not in it');
	assert.ok(made.exp <= from.exp);
	assert.deepEqual([answer.refresh_token, answer.id_token], [undefined, undefined]);
	const seen = await isActive(answer.access_token);
	assert.deepEqual([seen.active, seen.act, seen.sub], [true, made.act, principal.sub]);
	const { entry } = await untilEntry(ombud, 'the token', ({ id }) => id === made.jti);
	const { index, entry: granted } = await untilEntry(ombud, 'the mandate', (one) => one.event === 'mandate.granted');
	assert.deepEqual([entry.facts.act, entry.by.operator, entry.facts.mandate], [made.act.sub, made.act.sub, index]);
	assert.equal(granted.basis.recipient, made.act.sub);
	assert.doesNotMatch(JSON.stringify(entry), new RegExp(`${helper.sub}|${principal.sub}`));
});

test('it opens what the mandate is for, and nothing of another purpose', async () => {
	const [eligible, monthly] = [await consent('eligibility'), await consent('monthly_check')];
	const { access_token: access } = await acting();
	const list = await api(access, 'GET', '/consent/v1/records');
	assert.equal(list.status, 200, list.text);
	assert.deepEqual(list.json.records.map(({ record_id: id }) => id), [eligible]);
	const first = await api(access, 'GET', '/consent/v1/records?limit=1');
	assert.deepEqual([first.json.records.map(({ record_id: id }) => id), first.json.next], [[eligible], ''], 'no page or cursor tells of others');
	assert.equal((await api(access, 'GET', `/consent/v1/records/${eligible}`)).status, 200);
	for (const [method, path] of [['GET', monthly], ['GET', `${monthly}/receipt`], ['POST', `${monthly}/withdraw`]]) {
		assert.equal((await api(access, method, `/consent/v1/records/${path}`)).status, 404, path);
	}
	assert.equal((await api(access, 'GET', '/audit/v1/proof')).status, 403, 'a month cannot be shown in part');
	assert.equal((await api(access, 'POST', `/consent/v1/records/${eligible}/withdraw`)).status, 200);
	const { entry } = await untilEntry(ombud, 'the withdrawal', (one) => one.event === 'consent.withdrawn');
	assert.equal(entry.by.operator, claimsOf(access).act.sub);
	const looks = logEntries(ombud).filter(({ entry: one }) => one.event === 'profile.read' && one.by.operator === claimsOf(access).act.sub);
	assert.ok(looks.length >= 2, 'what was read is an entry, too');
});

test('where a mandate has no say such a token opens nothing', async () => {
	const { access_token: access } = await acting();
	for (const [method, path] of [['GET', '/oauth2/userinfo'], ['GET', '/consent/v1/mandates'], ['GET', '/consent/v1/contracts'],
		['POST', '/consent/v1/restriction/lift'], ['GET', '/verify']]) {
		const answer = await api(access, method, path);
		assert.ok([401, 403].includes(answer.status), `${method} ${path}: ${answer.status} ${answer.text}`);
	}
});

test('a mandate that only sees withdraws nothing', async () => {
	const sees = await give(own, theirs, { action: ['see'] });
	const record = await consent('eligibility');
	const { access_token: access } = await acting({ mandate: sees });
	assert.equal((await api(access, 'GET', `/consent/v1/records/${record}`)).status, 200);
	assert.equal((await api(access, 'POST', `/consent/v1/records/${record}/withdraw`)).status, 403);
});

/* Each row of identity/acting.c that a token opens, asked well: [method, path, body or headers] by an eligible and a foreign record. */
const rowsOf = (record, theme) => ({
	see: [['GET', '/consent/v1/records'], ['GET', `/consent/v1/records/${record}`], ['GET', `/consent/v1/records/${record}/receipt`], ['GET', '/grants'],
		['GET', `/grants/${record}`], ['GET', `/v2/findUsage?userCode=${principal.sub}`], ['GET', '/v2/usagePeriod']],
	object: [['GET', '/consent/v1/objections'], ['POST', '/consent/v1/objections', { purpose: theme }], ['POST', '/consent/v1/objections/lift', { purpose: theme }]],
	withdraw: [['DELETE', `/grants/${record}`]],
});
const asked = (access, [method, path, json]) => ombud.web().request(method, new URL(path, ombud.demo.issuer),
	{ headers: { ...bearer(access), 'x-road-userid': principal.sub }, json });
const statusesOf = async (access, rows) => {
	const said = [];
	for (const row of rows) {
		const answer = await asked(access, row);
		said.push(`${row[0]} ${row[1].split('?')[0]} ${answer.status}${answer.status === 403 ? ` ${answer.json.reason}` : ''}`);
	}
	return said;
};
const refusedAs = (rows) => rows.map(([method, path]) => `${method} ${path.split('?')[0]} 403 representative_invalid`);

test('each row that a token opens is open by a mandate for it and shut by any other', async () => {
	const [eligible, foreign] = [await consent('eligibility'), await consent('monthly_check')];
	const all = await give(own, theirs, { purpose: ['eligibility', 'housing_subsidy'], action: ['see', 'object', 'withdraw'] });
	const { access_token: access } = await acting({ mandate: all });
	const rows = rowsOf(eligible, 'housing_subsidy');
	for (const answer of await statusesOf(access, [...rows.see, ...rows.object])) {
		assert.match(answer, / 200$/);
	}
	const listed = (await asked(access, ['GET', '/grants'])).json;
	assert.ok(JSON.stringify(listed).includes(eligible) && !JSON.stringify(listed).includes(foreign));

	/* another theme */
	assert.deepEqual(await statusesOf(access, [['GET', `/grants/${foreign}`], ['DELETE', `/grants/${foreign}`]]), [`GET /grants/${foreign} 404`, `DELETE /grants/${foreign} 404`]);
	assert.deepEqual(await statusesOf(access, rowsOf(foreign, 'monthly_check').object.slice(1)), refusedAs(rowsOf(foreign, 'monthly_check').object.slice(1)));

	/* a power of attorney without this right */
	const only = { see: await give(own, theirs, { action: ['see'] }), object: await give(own, theirs, { action: ['object'] }) };
	for (const [right, id] of Object.entries(only)) {
		const { access_token: narrow } = await acting({ mandate: id });
		const shut = Object.entries(rows).filter(([name]) => name !== right).flatMap(([, list]) => list);
		const refused = (await statusesOf(narrow, shut)).filter((one) => !one.endsWith('403 representative_invalid') && !one.endsWith('403 insufficient_scope'));
		assert.deepEqual(refused, [], `by a mandate that may ${right}`);
	}

	/* its term is over, it is frozen, the child is of age: at this instant; soon upkeep ends the token, too, of what is over */
	const past = (Date.now() - 1000) * 1000;
	for (const what of ['until_us', 'frozen_us', 'majority_us']) {
		const over = await give(own, theirs, { purpose: ['eligibility', 'housing_subsidy'], action: ['see', 'object', 'withdraw'] });
		const { access_token: late } = await acting({ mandate: over });
		assert.match((await statusesOf(late, rows.see))[0], / 200$/);
		sql(ombud, `UPDATE mandate SET from_us = 1, ${what} = ${past} WHERE mandate_id = '${over}'`);
		const opened = (await statusesOf(late, Object.values(rows).flat())).filter((one) => !/ (403 representative_invalid|401)$/.test(one));
		assert.deepEqual(opened, [], what);
	}
	assert.deepEqual(await statusesOf(access, rows.withdraw), [`DELETE /grants/${eligible} 204`]);
});

test('nobody else\'s mandate, no client that was not let, no scope that was not given', async () => {
	const stranger = await signInPerson(ombud, await addPerson(ombud));
	const { access_token: strange } = await personTokens(ombud, stranger, 'family_app', SCOPE);
	const { access_token: silent } = await personTokens(ombud, theirs, 'family_app', 'openid consent:manage');
	const { access_token: portal } = await personTokens(ombud, theirs, 'web_portal', 'openid consent:manage');
	const { access_token: mine } = await personTokens(ombud, own, 'family_app', SCOPE);
	const { access_token: made } = await acting();
	for (const fields of [{ subject_token: strange }, { subject_token: silent }, { subject_token: portal }, { subject_token: mine },
		{ subject_token: made }, { subject_token: made, mandate: undefined }, { mandate: 'mnd_nothing' }, { mandate: '' },
		{ actor_token: made, actor_token_type: ACCESS_TOKEN }]) {
		const all = Object.fromEntries(Object.entries({ mandate, ...fields }).filter(([, value]) => value !== undefined));
		assertOAuthError(await exchange(all), 400, 'invalid_request');
	}
	assertOAuthError(await exchange({ mandate }, 'desk_app'), 400, 'invalid_request');
	for (const scope of ['represent', 'openid', 'admin', 'consent:request']) {
		assertOAuthError(await exchange({ mandate, scope }), 400, 'invalid_scope');
	}
	assertOAuthError(await exchange({ mandate, audience: 'https://other.example' }), 400, 'invalid_target');
	const plain = await exchange({});
	assert.equal(plain.status, 200, plain.text);
	assertOAuthError(await exchange({ subject_token: plain.json.access_token, mandate }), 400, 'invalid_request');
	assert.doesNotMatch(plain.json.scope, /represent/);
});

test('64 exchanges while the mandate is taken back: no token that came out holds afterwards, and none comes out any more', async () => {
	const { access_token: standing } = await acting();
	const page = await own.open('/representatives');
	const ends = formsOf(page.text).filter(({ action }) => action.includes('/end'));
	const racing = Array.from({ length: 64 }, () => exchange({ mandate }));
	for (const form of ends) {
		assert.equal((await own.submitOnce(page, form)).status, 303);
	}
	const made = (await Promise.all(racing)).filter(({ status }) => status === 200).map(({ json }) => json.access_token);
	for (const access of [standing, ...made]) {
		assert.deepEqual(await isActive(access), { active: false });
		assert.equal((await api(access, 'GET', '/consent/v1/records')).status, 401);
	}
	assertOAuthError(await exchange({ mandate }), 400, 'invalid_request');
	assert.deepEqual(await mandates(), []);
});

test('who is erased represents nobody, and nobody represents them; the other sees that it is over', async () => {
	for (const erased of ['who gave', 'who acts']) {
		const [giver, actor] = [await addPerson(ombud), await addPerson(ombud)];
		const [from, to] = [await signInPerson(ombud, giver), await signInPerson(ombud, actor)];
		await give(from, to);
		const access = (await personTokens(ombud, to, 'family_app', SCOPE)).access_token;
		const [{ mandate: id }] = (await api(access, 'GET', '/consent/v1/mandates')).json.mandates;
		const under = await acting({ mandate: id, subject_token: access });
		assert.equal((await api(under.access_token, 'GET', '/consent/v1/records')).status, 200);

		const gone = erased === 'who gave' ? giver : actor;
		const { status, err } = await authctl(ombud, 'subject', 'erase', gone.sub, '--confirm', gone.sub);
		assert.equal(status, 0, err);
		assert.equal((await isActive(under.access_token)).active, false, erased);
		assert.equal((await api(under.access_token, 'GET', '/consent/v1/records')).status, 401, erased);
		assert.equal((await exchange({ mandate: id, subject_token: access })).status, 400, erased);
		assert.deepEqual(sql(ombud, `SELECT state, document FROM mandate WHERE mandate_id = '${id}'`).map(([state, document]) => [state, document || '']), [['ended', '']]);
		const page = await (erased === 'who gave' ? to : from).open('/representatives');
		assert.equal(page.status, 200);
		assert.ok(!formsOf(page.text).some(({ action }) => action.endsWith('/act') || action.endsWith('/end')), `${erased}: ${wordsOf(page.text)}`);
	}
});

test('signing out ends what was made of the session', async () => {
	mandate = await give(own, theirs);
	const { access_token: access } = await acting();
	assert.equal((await isActive(access)).active, true);
	await send(theirs, '/security', '/sign-out');
	assert.deepEqual(await isActive(access), { active: false });
});

test('the log judges all of it lawful', () => assertLawful(ombud));
