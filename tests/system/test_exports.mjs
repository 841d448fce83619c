/*
 * test_exports.mjs: what others read from here in their own forms: the Estonian data tracker's protocol, OAuth Grant Management,
 * an organisation's own accesses. The clients in here know only what the protocols say.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertProblem, bearer, logEntries, personTokens, signInPerson, untilEntry } from './lib/outsider.mjs';
import { formsOf, giveConsent, question, sleep, useOmbud } from './lib/ombud.mjs';

const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;
let issuer;
let north;
let person;
let browser;
let stranger;

/* ---- a data tracker's client ---- */

/* `token` is whose; `changes` replace header and parameters, undefined ones are left out. */
function tracker(token) {
	return (sub, { header = sub, lang = 'ru', path = '/v2/findUsage', ...parameters } = {}) => {
		const url = new URL(path, issuer);
		for (const [name, value] of Object.entries({ userCode: sub, ...parameters })) {
			if (value !== undefined) {
				url.searchParams.append(name, value);
			}
		}
		return ombud.web().request('GET', String(url), { headers: { ...token && bearer(token), 'accept-language': lang,
			...header !== null && { 'x-road-userid': header } } });
	};
}

const tokenOf = async (of, client = 'web_portal', scope = 'openid audit:read') => (await personTokens(ombud, of, client, scope)).access_token;
const look = async (of, more) => {
	const { json } = await north('POST', '/access/v1/evaluation', question(of.sub, more));
	return json;
};
const times = (answer) => answer.json.usages.map(({ logtime }) => logtime);
let mine;
let foreign;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	north = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	stranger = await addPerson(started);
});

test('findUsage: nothing was looked at yet, and that is said exactly', async () => {
	mine = tracker(await tokenOf(browser));
	foreign = tracker(await tokenOf(await signInPerson(ombud, stranger)));
	const answer = await mine(person.sub);
	assert.equal(answer.status, 200, answer.text);
	assert.deepEqual(answer.json, { totalUsages: 0, usages: [] });
});

test('findUsage: looks newest first, with an exact total, by offset and limit', async () => {
	await giveConsent(ombud, north, browser, person.sub, { categories: ['income', 'family'] });
	for (const category of ['income', 'family', 'income', 'disability', 'income']) {
		assert.equal((await look(person, { category })).decision, true);
	}
	assert.equal((await look(person, { category: 'health' })).decision, false);
	const all = await mine(person.sub);
	assert.equal(all.json.totalUsages, 5, 'a refused attempt is no usage');
	assert.deepEqual(times(all), times(all).toSorted().reverse());
	for (const usage of all.json.usages) {
		assert.deepEqual(Object.keys(usage).toSorted(), ['action', 'logtime', 'receiverCode', 'receiverName', 'receiverSystem']);
		assert.deepEqual([usage.receiverCode, usage.receiverSystem], ['org_csp_north', 'svc_benefits_north']);
		assert.match(usage.logtime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
		assert.ok(usage.receiverName.length > 3);
	}
	const part = await mine(person.sub, { offset: 1, limit: 2 });
	assert.deepEqual(part.json, { totalUsages: 5, usages: all.json.usages.slice(1, 3) });
	assert.deepEqual((await mine(person.sub, { offset: 5 })).json, { totalUsages: 5, usages: [] });
	assert.deepEqual((await mine(person.sub, { offset: 2147483647, limit: 1000 })).json, { totalUsages: 5, usages: [] });
});

test('findUsage: action is what the look was for, in the language that was asked for', async () => {
	const [russian, english] = await Promise.all(['ru', 'en-GB'].map((lang) => mine(person.sub, { lang, limit: 1 })));
	assert.match(russian.json.usages[0].action, /[а-я]{4}.*: /);
	assert.match(english.json.usages[0].action, /^[A-Z][a-z]+.*: [A-Za-z]/);
	assert.doesNotMatch(english.json.usages[0].action, /[а-яА-Я]/);
});

test('findUsage: a period cuts, whatever the offset its ends are written with', async () => {
	const all = (await mine(person.sub)).json.usages;
	const from = all[3].logtime;
	const until = all[1].logtime;
	const [inside, offset] = await Promise.all([mine(person.sub, { periodStart: from, periodEnd: until }),
		mine(person.sub, { periodStart: new Date(Date.parse(from) - 1 + 3 * 3600e3).toISOString().replace('Z', '+03:00'),
			periodEnd: new Date(Date.parse(until) + 1 - 5 * 3600e3).toISOString().replace('Z', '-05:00') })]);
	assert.deepEqual(inside.json, { totalUsages: 3, usages: all.slice(1, 4) });
	assert.equal(offset.status, 200, offset.text);
	for (const usage of all.slice(1, 4)) {
		assert.ok(offset.json.usages.some(({ logtime }) => logtime === usage.logtime));
	}
	assert.deepEqual((await mine(person.sub, { periodEnd: '2020-01-01T00:00:00Z', periodStart: '2019-01-01T00:00:00Z' })).json, { totalUsages: 0, usages: [] });
	assert.equal((await mine(person.sub, { periodStart: '2001-01-01T00:00:00Z' })).json.totalUsages, all.length);
});

test('findUsage: what does not follow the protocol is 400', async () => {
	for (const changes of [{ offset: -1 }, { offset: '2147483648' }, { offset: '99999999999999999999999' }, { offset: '1e1' }, { offset: '' }, { limit: 0 },
		{ limit: 1001 }, { limit: -5 }, { limit: '0x10' }, { limit: '' }, { periodStart: 'yesterday' }, { periodEnd: '2026-13-01T00:00:00Z' }, { periodStart: '' },
		{ periodStart: '2026-02-01T00:00:00Z', periodEnd: '2026-01-01T00:00:00Z' }, { periodStart: '2026-01-01T00:00:00+25:00' }, { userCode: undefined },
		{ userCode: '' }, { userCode: 'x'.repeat(129) }, { header: null }, { header: 'x'.repeat(200) }]) {
		assertProblem(await mine(person.sub, changes), 400);
	}
});

test('findUsage: another one\'s code, a header of somebody else, and nobody at all are refused alike', async () => {
	const answers = [];
	for (const [sub, header] of [[stranger.sub, person.sub], [person.sub, stranger.sub], [stranger.sub, stranger.sub], ['sub_nobody', person.sub],
		['EE12345678901', person.sub], [person.sub, 'EE12345678901'], [`pw_${'A'.repeat(32)}`, person.sub]]) {
		const answer = await mine(sub, { header });
		assertProblem(answer, 403);
		answers.push(JSON.stringify({ ...answer.json, instance: 0, request_id: 0 }));
	}
	assert.equal(new Set(answers).size, 1, answers.join('\n'));
	assert.equal((await foreign(stranger.sub)).json.totalUsages, 0);
});

test('findUsage: only a person\'s token with audit:read for this very server opens it', async () => {
	assert.equal((await tracker(null)(person.sub)).status, 401);
	assert.equal((await tracker('abc.def.ghi')(person.sub)).status, 401);
	assertProblem(await tracker(await tokenOf(browser, 'mobile_app', 'openid consent:manage'))(person.sub), 403);
	assertProblem(await tracker(await tokenOf(browser, 'web_portal', 'openid'))(person.sub), 403);
	const service = await north('GET', `/v2/findUsage?userCode=${person.sub}`);
	assertProblem(service, 403);
});

test('findUsage: that it was asked is an entry about the person, and counts for nothing', async () => {
	const total = (await mine(person.sub)).json.totalUsages;
	const { entry } = await untilEntry(ombud, 'the reading', ({ event, facts }) => event === 'profile.read' && facts?.page === '/v2/findUsage');
	assert.equal(entry.about.length, 1);
	assert.equal((await mine(person.sub)).json.totalUsages, total);
	assert.ok(!JSON.stringify(logEntries(ombud).at(-1).entry).includes(person.sub));
});

test('findUsage: what may not be seen yet or at all is neither listed nor counted: the list on /accesses is the measure', async () => {
	const listed = (await browser.open('/accesses')).text.match(/href="\/accesses\/[0-9a-f-]{36}"/g) ?? [];
	assert.equal(new Set(listed).size, (await mine(person.sub)).json.totalUsages);
});

/* ---- represented people ---- */

const formOf = async (of, name) => {
	const page = await of.open('/representatives');
	return { page, form: formsOf(page.text).find(({ action }) => action.includes(name)) ?? assert.fail(page.text) };
};

async function appoint(from, to, fields) {
	const { page, form } = await formOf(from, '/offer');
	const offered = await from.submitOnce(page, form, { action: ['see'], until: UNTIL, ...fields });
	const code = /<code[^>]*id="code">([^<]+)</.exec(offered.text)?.[1] ?? assert.fail(offered.text);
	const accepting = await formOf(to, '/accept');
	assert.equal((await to.submitOnce(accepting.page, accepting.form, { code })).status, 303);
}

test('findUsage: who represents somebody sees what the mandate is for, and nobody else\'s', async () => {
	const helper = await addPerson(ombud);
	const other = await addPerson(ombud);
	const theirs = await signInPerson(ombud, helper);
	const asHelper = tracker(await tokenOf(theirs));
	assertProblem(await asHelper(person.sub, { header: helper.sub }), 403);

	await appoint(browser, theirs, { purpose: ['eligibility'] });
	const seen = await asHelper(person.sub, { header: helper.sub });
	assert.equal(seen.status, 200, seen.text);
	assert.equal(seen.json.totalUsages, (await mine(person.sub)).json.totalUsages);
	const { entry } = await untilEntry(ombud, 'who read it', ({ event, by }) => event === 'profile.read' && by.operator?.startsWith('rep_'));
	assert.ok(Number.isInteger(entry.facts.mandate));
	assertProblem(await asHelper(person.sub, { header: person.sub }), 403);
	assertProblem(await mine(helper.sub, { header: person.sub }), 403);
	assert.equal((await asHelper(helper.sub)).json.totalUsages, 0);

	await appoint(await signInPerson(ombud, other), theirs, { purpose: ['housing_subsidy'] });
	assert.equal((await look(other, { category: 'disability' })).decision, true);
	assert.deepEqual((await asHelper(other.sub, { header: helper.sub })).json, { totalUsages: 0, usages: [] });
});

/* ---- since when, and whether at all ---- */

test('usagePeriod: since the first entry that the log keeps', async () => {
	const { status, json } = await mine(person.sub, { path: '/v2/usagePeriod' });
	assert.equal(status, 200);
	assert.deepEqual(json, { periodStart: logEntries(ombud)[0].entry.time });
	assert.equal((await tracker(null)(person.sub, { path: '/v2/usagePeriod' })).status, 401);
});

test('heartbeat: says OK to anybody, and nothing else', async () => {
	const { status, json } = await ombud.web().request('GET', `${issuer}/v2/heartbeat`, {});
	assert.equal(status, 200);
	assert.deepEqual(json, { status: 'OK', message: '' });
	await sleep(0);
});
