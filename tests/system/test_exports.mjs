/*
 * test_exports.mjs: what others read from here in their own forms: the Estonian data tracker's protocol, OAuth Grant Management,
 * an organisation's own accesses. The clients in here know only what the protocols say.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, adminToken, assertProblem, authctl, authctlJson, bearer, leafOf, logEntries, newSnils, personTokens, signInPerson, untilEntry } from './lib/outsider.mjs';
import { formsOf, giveConsent, question, useOmbud } from './lib/ombud.mjs';

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

test('findUsage: a code may be country and number, as the protocol has it; of somebody else it is refused as one that nobody has', async () => {
	const mine = newSnils();
	const theirs = newSnils();
	await addPerson(ombud, { snils: theirs.text });
	const one = await addPerson(ombud, { snils: mine.text });
	const ask = tracker(await tokenOf(await signInPerson(ombud, one)));
	for (const code of [one.sub, `RU${mine.digits}`]) {
		for (const header of [one.sub, `RU${mine.digits}`]) {
			const answer = await ask(code, { header });
			assert.equal(answer.status, 200, answer.text);
		}
	}
	const plain = (answer) => answer.text.replace(/"instance":"[^"]*"|"request_id":"[^"]*"/g, '');
	const nobody = await ask(`RU${newSnils().digits}`, { header: one.sub });
	for (const code of [`RU${theirs.digits}`, `RU${mine.digits.slice(0, 10)}${(Number(mine.digits[10]) + 1) % 10}`, 'sub_nobody']) {
		const answer = await ask(code, { header: one.sub });
		assert.deepEqual([answer.status, plain(answer)], [403, plain(nobody)], code);
	}
	assert.equal((await ask(one.sub, { header: `RU${theirs.digits}` })).status, 403);
	assert.ok(!logEntries(ombud).some(({ bytes }) => String(bytes).includes(mine.digits)));
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
});

/* ---- OAuth Grant Management ---- */

const managed = async (of) => {
	const token = await tokenOf(of, 'mobile_app', 'openid consent:manage');
	return (method, id) => ombud.web().request(method, `${issuer}/grants/${id}`, { headers: bearer(token) });
};
const granted = async () => {
	const someone = await addPerson(ombud);
	const at = await signInPerson(ombud, someone);
	const id = await giveConsent(ombud, north, at, someone.sub, { categories: ['income'], optional: ['family'] });
	return { someone, id, at, theirs: await managed(at) };
};
const ends = () => logEntries(ombud).filter(({ entry }) => /^consent\.(withdrawn|revoked)$/.test(entry.event)).length;

test('grants: the metadata names what there is', async () => {
	const { json } = await ombud.web().get(`${issuer}/.well-known/oauth-authorization-server`);
	assert.deepEqual(json.grant_management_actions_supported, ['query', 'revoke']);
	assert.equal(json.grant_management_endpoint, `${issuer}/grants`);
	assert.equal(json.grant_management_action_required, false);
});

test('grants: the service that holds it and the person see what is granted; nobody else', async () => {
	const { id, theirs } = await granted();
	const answer = await north('GET', `/grants/${id}`);
	assert.equal(answer.status, 200, answer.text);
	assert.deepEqual(answer.json, { scopes: [], claims: [], authorization_details: [{ type: 'personal_data', purpose: 'eligibility', categories: ['income'], consent_id: id }] });
	assert.deepEqual((await theirs('GET', id)).json, answer.json);
	await untilEntry(ombud, 'the reading', ({ event, by }) => event === 'consent.read' && by.service === 'svc_benefits_north');

	const strange = await managed(await signInPerson(ombud, stranger));
	const tax = await ombud.service('svc_tax');
	for (const method of ['GET', 'DELETE']) {
		assertProblem(await strange(method, id), 404);
		assertProblem(await tax(method, `/grants/${id}`), 403);
		assertProblem(await north(method, '/grants/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a'), 404);
		assert.equal((await ombud.web().request(method, `${issuer}/grants/${id}`, {})).status, 401);
	}
	const posted = await north('POST', `/grants/${id}`, {});
	assert.equal(posted.status, 405);
	assert.equal(posted.header('allow'), 'GET, HEAD, DELETE');
	assert.equal((await theirs('GET', id)).status, 200, 'it stands');
});

test('grants: the service ends what it was given, once; the person is told, and the next decision knows', async () => {
	const { someone, id, at, theirs } = await granted();
	assert.equal((await look(someone)).decision, true);
	const before = ends();
	const answer = await north('DELETE', `/grants/${id}`);
	assert.equal(answer.status, 204, answer.text);
	assert.equal(answer.text, '');
	assert.equal((await look(someone)).decision, false);
	for (const again of [await north('DELETE', `/grants/${id}`), await theirs('DELETE', id), await north('GET', `/grants/${id}`)]) {
		assertProblem(again, 404);
	}
	assert.equal((await north('GET', `/consent/v1/records/${id}`)).json.state, 'revoked');
	assert.match((await at.open('/inbox')).text, new RegExp(id));
	await untilEntry(ombud, 'its end', ({ event }) => event === 'consent.revoked');
	assert.equal(ends() - before, 1);
});

test('grants: the person\'s own client takes it back, and that is a withdrawal', async () => {
	const { someone, id, theirs } = await granted();
	assert.equal((await theirs('DELETE', id)).status, 204);
	assertProblem(await theirs('DELETE', id), 404);
	assert.equal((await look(someone)).context.reason, 'consent_withdrawn');
	assert.equal((await north('GET', `/consent/v1/records/${id}`)).json.state, 'withdrawn');
});

test('grants: of a service and a person who end it at once, and of replays, one does', async () => {
	for (let round = 0; round < 4; round++) {
		const { someone, id, theirs } = await granted();
		const before = ends();
		const answers = await Promise.all([north('DELETE', `/grants/${id}`), theirs('DELETE', id), north('DELETE', `/grants/${id}`), theirs('DELETE', id)]);
		assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 404, 404, 404], answers.map(({ text }) => text).join());
		assert.equal((await look(someone)).decision, false);
		await untilEntry(ombud, 'the look behind it', ({ event, decision }) => event === 'access.decided' && decision === 'refuse');
		assert.ok(ends() - before <= 1);
	}
});

/* ---- an organisation's own accesses ---- */

const own = async (query = '', as = north) => {
	const answer = await as('GET', `/access/v1/entries${query}`);
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
};
const everything = async (query = '', as = north) => {
	const records = [];
	for (let next = ''; ;) {
		const page = await own(`?limit=7&cursor=${next}${query}`, as);
		records.push(...page.records);
		assert.ok(page.records.length <= 7);
		if (page.next === '') {
			return records;
		}
		({ next } = page);
	}
};

test('entries: a service reads exactly what the log has of it, page by page', async () => {
	const { records } = await own('?limit=1');
	const newest = records[0].log.index;
	await untilEntry(ombud, 'the newest', ({ index }) => index === newest);
	const wanted = logEntries(ombud).filter(({ index, entry }) => index <= newest && entry.by.service === 'svc_benefits_north' &&
		['access.decided', 'access.recorded', 'breakglass.used'].includes(entry.event)).reverse();
	const got = await everything();
	assert.ok(got.length > 7, `${got.length}: more than a page`);
	assert.deepEqual(got.map(({ id, log }) => [id, log.index]), wanted.map(({ index, entry }) => [entry.id, index]));
	for (const [i, one] of got.entries()) {
		const { entry, bytes } = wanted[i];
		assert.deepEqual([one.at, one.decision, one.reason, one.purpose, one.categories, one.service], [entry.time, entry.decision, entry.reason, entry.purpose,
			entry.categories, 'svc_benefits_north']);
		assert.equal(one.log.leaf, leafOf(bytes));
		assert.equal(one.tag, entry.decision === 'refuse' ? undefined : entry.about[0].tag);
	}
	assert.ok(!JSON.stringify(got).includes('sub_'), 'nobody in clear');
});

test('entries: filters cut, and what waits for its outcome is found and goes when it is said', async () => {
	const all = await everything();
	for (const [query, keeps] of [['&decision=permit', ({ decision }) => decision === 'permit'], ['&decision=refuse', ({ decision }) => decision === 'refuse'],
		['&category=family', ({ categories }) => categories.includes('family')], ['&purpose=eligibility', ({ purpose }) => purpose.startsWith('eligibility/')],
		['&purpose=housing_subsidy', () => false], ['&operator=opr_nobody', () => false], [`&since=${all[5].at}`, ({ at }) => at >= all[5].at],
		[`&until=${all[5].at}`, ({ at }) => at < all[5].at], [`&since=${all[9].at}&until=${all[3].at}`, ({ at }) => at >= all[9].at && at < all[3].at],
		['&until=2020-01-01', () => false], ['&since=2090-01-01', () => false], ['&service=svc_benefits_north', () => true], ['&service=svc_tax', () => false]]) {
		assert.deepEqual((await everything(query)).map(({ id }) => id), all.filter(keeps).map(({ id }) => id), query);
	}
	const waiting = await everything('&unconfirmed=true');
	assert.ok(waiting.length > 0 && waiting.every(({ confirmed }) => confirmed === false));
	assert.equal((await north('POST', `/access/v1/outcomes/${waiting[0].id}`, { outcome: 'released', records: 3 })).status, 200);
	assert.deepEqual((await everything('&unconfirmed=true')).map(({ id }) => id), waiting.slice(1).map(({ id }) => id));
	const said = (await everything()).find(({ id }) => id === waiting[0].id);
	assert.deepEqual([said.confirmed, said.outcome, said.records], [true, 'released', 3]);
});

test('entries: nobody reads another organisation\'s, and nonsense is 400', async () => {
	const tax = await ombud.service('svc_tax');
	assert.ok((await everything('', tax)).every(({ service }) => service === 'svc_tax'));
	assert.deepEqual(await everything('&service=svc_benefits_north', tax), []);
	const [position] = [(await own('?limit=1')).next];
	assert.ok((await own(`?cursor=${position}`, tax)).records.every(({ service }) => service === 'svc_tax'), 'a cursor of another is a place and no right');
	for (const query of ['?limit=0', '?limit=101', '?limit=-1', '?cursor=abc', '?cursor=AAAAAAAAAAAA', '?decision=maybe', '?since=today', '?purpose=',
		'?since=2026-02-01&until=2026-01-01', `?category=${'x'.repeat(200)}`]) {
		assertProblem(await north('GET', `/access/v1/entries${query}`), 400);
	}
	for (const token of [await tokenOf(browser), await tokenOf(browser, 'mobile_app', 'openid consent:manage')]) {
		assertProblem(await ombud.web().request('GET', `${issuer}/access/v1/entries`, { headers: bearer(token) }), 403);
	}
	assert.equal((await ombud.web().request('GET', `${issuer}/access/v1/entries`, {})).status, 401);
	await untilEntry(ombud, 'the reading', ({ event, by, facts }) => event === 'admin.read' && facts?.what === 'access.entries' && by.service === 'svc_tax');
});

/* ---- whom to tell ---- */

test('affected: whom a service asked about in a time, for privacy officers, and on record', async () => {
	const someone = await addPerson(ombud);
	const since = new Date().toISOString();
	for (const category of ['disability', 'disability', 'health']) {
		await look(someone, { category });
	}
	await look(person, { category: 'disability' });
	const until = new Date(Date.now() + 1).toISOString();
	await look(stranger, { category: 'disability' });

	const found = await authctlJson(ombud, 'report', 'affected', '--service', 'svc_benefits_north', '--since', since, '--until', until);
	const of = ({ sub }) => found.records.find((one) => one.person === sub);
	assert.deepEqual([of(someone).looks, of(someone).refused, of(person).looks], [2, 1, 1], JSON.stringify(found));
	assert.deepEqual([found.people, found.entries, found.erased], [2, 4, 0]);
	assert.ok(of(someone).first >= since && of(someone).first < of(someone).last && of(someone).last < until);
	await untilEntry(ombud, 'the reading', ({ event, facts }) => event === 'admin.read' && facts?.what === 'people.affected' && facts.service === 'svc_benefits_north');
	for (const args of [['--service', 'svc_tax', '--since', since, '--until', until], ['--service', 'svc_nothing', '--since', since, '--until', until],
		['--service', 'svc_benefits_north', '--operator', 'opr_nobody', '--since', since, '--until', until]]) {
		assert.equal((await authctlJson(ombud, 'report', 'affected', ...args)).people, 0);
	}
	for (const args of [['--since', since, '--until', until], ['--service', 'svc_tax', '--since', since]]) {
		assert.equal((await authctl(ombud, 'report', 'affected', ...args)).status, 2);
	}
	assert.equal((await authctl(ombud, 'report', 'affected', '--service', 'svc_tax', '--since', until, '--until', since)).status, 1);
});

test('affected: nobody but a privacy officer of the organisation reads it', async () => {
	const period = 'since=2026-01-01&until=2090-01-01';
	const answers = async (roles, service) => {
		const officer = await addPerson(ombud, { kind: 'staff', roles });
		const token = await adminToken(ombud, await signInPerson(ombud, officer));
		return ombud.web().request('GET', `${issuer}/admin/v1/affected?service=${service}&${period}`, { headers: bearer(token) });
	};
	assert.equal((await answers([['org_csp_north', 'privacy-officer']], 'svc_benefits_north')).status, 200);
	assertProblem(await answers([['org_csp_north', 'privacy-officer']], 'svc_tax'), 404);
	assertProblem(await answers([['org_csp_north', 'auditor']], 'svc_benefits_north'), 403);
	assertProblem(await north('GET', `/admin/v1/affected?service=svc_benefits_north&${period}`), 403);
});
