/*
 * test_recipients.mjs: one consent for several services. The notice says who may be named together; the person reads all the
 * names and says one yes; each of them then gets the data, how often counts for all together, and a withdrawal ends it for
 * all. Whoever is not among them gets what somebody gets of whom nobody knows.
 */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertProblem, authctl, personTokens, signInPerson, withdrawInBrowser } from './lib/outsider.mjs';
import { giveConsent, until, useOmbud, wordsOf } from './lib/ombud.mjs';
import { directoryWith } from './lib/bundles.mjs';
import { expand, recordOf } from './lib/dpv.mjs';
import { sql } from './lib/database.mjs';

const NORTH = 'svc_benefits_north';
const LEGACY = 'svc_legacy';
const DECISIONS = 'svc_decisions_north';
const ALL = [NORTH, LEGACY, DECISIONS];
const PARALLEL = 200;
const ALLOWED = 7;

/* The shipped purpose for several, once more with a limit. */
function bundle() {
	const dir = directoryWith([{ id: 'shared_limit', more: `  frequency: {count: ${ALLOWED}, per: P1M}` }]);
	const at = (name) => join(dir, 'policies', name);
	const edit = (name, from, to) => writeFileSync(at(name), readFileSync(at(name), 'utf8').replace(from, to));
	writeFileSync(at('notices/ntc_shared_limit/1/recipients.yaml'), `[${NORTH}, ${LEGACY}]\n`);
	edit('services.yaml', 'roles: [intake-officer]\n  purposes: [housing_subsidy, large_family]',
		'roles: [intake-officer, housing-clerk]\n  purposes: [housing_subsidy, large_family, shared_limit]');
	/* By itself and with a password alone, as the demo's client of the Housing Committee signs in. */
	appendFileSync(at('roles.yaml'), `
- id: housing-clerk
  title: {ru: Специалист по жилью, en: Housing clerk}
  may:
    - {action: read, categories: [family, housing], for: [large_family]}
    - {action: read, categories: [income], for: [shared_limit]}
`);
	return dir;
}

const dir = bundle();
let north;
let legacy;
let tax;
const ombud = useOmbud({ before, after }, async (started) => {
	north = await started.service(NORTH);
	legacy = await started.service(LEGACY);
	tax = await started.service('svc_tax');
}, { dir });
after(() => rmSync(dir, { recursive: true, force: true }));

const someone = async () => {
	const person = await addPerson(ombud);
	return { ...person, browser: await signInPerson(ombud, person) };
};
const CLIENT = { [NORTH]: NORTH, [LEGACY]: 'svc-legacy.example', svc_tax: 'svc_tax' };
const looks = async (service, id, person, { purpose = 'large_family', category = 'family' } = {}) => service('POST', '/access/v1/evaluation', {
	subject: { type: 'service', id: CLIENT[id] }, action: { name: 'read', properties: { purpose } },
	resource: { type: category, id: person } });
const may = async (service, id, person, more) => {
	const { status, json, text } = await looks(service, id, person, more);
	assert.equal(status, 200, text);
	return { permit: json.decision, ...json.context };
};
const ask = (person, more = {}) => north('POST', '/consent/v1/requests', { person, purpose: 'large_family', categories: ['family', 'income'], ...more });
const give = (person, more = {}) => giveConsent(ombud, north, person.browser, person.sub,
	{ purpose: 'large_family', categories: ['family', 'income'], recipients: [NORTH, LEGACY], ...more });
const get = (id, accept, rest = '') => north('GET', `/consent/v1/records/${id}${rest}`, undefined, accept ? { headers: { accept } } : {});

/* ---- asking ---- */

test('only recipients that the notice names together can be asked for, each once, the one that asks among them', async () => {
	const { sub } = await someone();
	for (const [recipients, why, more] of [
		[[LEGACY, DECISIONS], /must name the service that asks/],
		[[NORTH, LEGACY, NORTH], /repetition/],
		[[NORTH, 'svc_tax'], /does not name all of these/],
		[[NORTH, 'svc_nobody'], /does not name all of these/],
		[[NORTH, ''], /recipients/],
		[[NORTH, 7], /recipients/],
		[NORTH, /recipients/],
		[Array.from({ length: 9 }, (_, i) => `svc_${i}`), /recipients/],
		[[NORTH, LEGACY], /does not name all of these/, { purpose: 'eligibility', categories: ['income'] }],
		[[NORTH, LEGACY], /not declared that purpose/, { purpose: 'volunteer_visit', categories: ['contacts'] }],
	]) {
		const answer = await ask(sub, { recipients, ...more });
		assertProblem(answer, 400, 'invalid_request');
		assert.match(answer.json.detail, why, JSON.stringify(recipients));
	}
	assert.deepEqual(sql(ombud, `SELECT request_id FROM consent_request WHERE sub = '${sub}'`), []);
});

test('an equal request is the same one in any order; with other recipients it is another one; one alone is as none', async () => {
	const { sub } = await someone();
	const id = async (recipients) => (await ask(sub, recipients && { recipients })).json.request_id;
	const both = await id([NORTH, LEGACY]);
	assert.equal(await id([LEGACY, NORTH]), both);
	assert.notEqual(await id(ALL), both);
	const alone = await id();
	assert.notEqual(alone, both);
	assert.equal(await id([NORTH]), alone);
});

test('out of a refusal, too, several can be asked for', async () => {
	const { sub } = await someone();
	const refused = { subject: { type: 'service', id: CLIENT[NORTH] }, action: { name: 'read', properties: { purpose: 'shared_limit' } },
		resource: { type: 'income', id: sub } };
	const both = await north('POST', '/access/v1/requests', { ...refused, recipients: [NORTH, LEGACY] });
	assert.equal(both.status, 201, both.text);
	const same = await north('POST', '/consent/v1/requests', { person: sub, purpose: 'shared_limit', categories: ['income'], recipients: [LEGACY, NORTH] });
	assert.equal(same.json.request_id, both.json.request_id);
	assertProblem(await north('POST', '/access/v1/requests', { ...refused, recipients: [NORTH, 'svc_tax'] }), 400, 'invalid_request');
});

test('of somebody unknown the answer is the same', async () => {
	const answers = [];
	for (const person of [(await someone()).sub, 'sub_nobody']) {
		for (const recipients of [ALL, [...ALL, 'svc_tax']]) {
			const { status, json } = await ask(person, { recipients });
			answers.push([status, Object.keys(json).sort(), json.state, json.detail]);
		}
	}
	assert.deepEqual(answers.slice(0, 2), answers.slice(2));
});

/* ---- the page, and what comes of a yes ---- */

test('the page names every service and its organisation before the person answers, in both languages', async () => {
	const person = await someone();
	const { json } = await ask(person.sub, { recipients: ALL });
	for (const [lang, names] of [['ru', ['Центр социальной поддержки «Северный»', 'Пособия, Север', 'Решения о выплатах, Север', 'Жилищный комитет', 'Жилищный учёт', 'Согласие одно на все эти службы']],
		['en', ['Social Support Centre North', 'Benefits North', 'Payment decisions North', 'Housing Committee', 'Housing records', 'one consent for all these services']]]) {
		for (const path of [json.form_url, `${json.form_url}/document`]) {
			const page = wordsOf((await person.browser.open(`${path}?lang=${lang}`)).text);
			const wanted = path === json.form_url ? names : [names[0], names[3]];
			for (const name of wanted) {
				assert.ok(page.includes(name), `${lang} ${path}: ${name}`);
			}
		}
	}
	const list = wordsOf((await person.browser.open('/consents?lang=en')).text);
	assert.ok(list.includes('Housing records'));
});

test('every recipient gets the data from the next decision, nobody else does, and a withdrawal ends it for all at once', async () => {
	const person = await someone();
	const before = await may(legacy, LEGACY, person.sub);
	assert.deepEqual([before.permit, before.reason], [false, 'consent_missing']);
	const id = await give(person);
	for (const [service, name] of [[north, NORTH], [legacy, LEGACY]]) {
		const { permit, reason, legal_basis: basis } = await may(service, name, person.sub);
		assert.deepEqual([permit, reason, basis.record], [true, 'consent_valid', id], name);
	}
	await withdrawInBrowser(person.browser, id);
	for (const [service, name] of [[north, NORTH], [legacy, LEGACY]]) {
		const { permit, reason } = await may(service, name, person.sub);
		assert.deepEqual([permit, reason], [false, 'consent_withdrawn'], name);
	}
});

test('a service that is not among the recipients gets what it gets of somebody unknown', async () => {
	const person = await someone();
	await give(person, { recipients: [NORTH, DECISIONS] });
	const same = ({ json: { context, decision } }) => {
		const { evaluation_id: _, log, access_request: link, ...rest } = context;
		return { decision, ...rest, log: Object.keys(log), link: Object.keys(link ?? {}) };
	};
	for (const [service, name] of [[legacy, LEGACY], [tax, 'svc_tax']]) {
		assert.deepEqual(same(await looks(service, name, person.sub)), same(await looks(service, name, 'sub_nobody')), name);
	}
});

test('a recipient of one person\'s consent is none of another\'s, nor for another category or purpose', async () => {
	const [one, two] = [await someone(), await someone()];
	await give(one);
	await give(two, { recipients: undefined });
	assert.equal((await may(legacy, LEGACY, one.sub)).permit, true);
	assert.deepEqual((({ permit, reason }) => [permit, reason])(await may(legacy, LEGACY, two.sub)), [false, 'consent_missing']);
	assert.equal((await may(legacy, LEGACY, one.sub, { category: 'housing' })).reason, 'consent_scope');
	assert.equal((await may(legacy, LEGACY, one.sub, { purpose: 'housing_subsidy', category: 'family' })).permit, false);
});

/* ---- the papers ---- */

test('record, document, receipts, linked data, check, grant, list and export name every recipient', async () => {
	const person = await someone();
	const id = await give(person, { recipients: ALL });
	const { json: record } = await get(id);
	assert.deepEqual(record.recipients.map(({ service }) => service), ALL);
	assert.deepEqual([record.controller.id, record.other_controllers.map((each) => each.id)], ['org_csp_north', ['org_housing']]);
	assert.ok(record.other_controllers[0].address.length > 5 && record.other_controllers[0].contact.length > 5);
	assert.deepEqual(recordOf(await expand((await get(id, 'application/ld+json')).json)), record);
	for (const page of [await person.browser.open(`/consents/${id}/document?lang=en`), await person.browser.open(`/consents/${id}/receipt?lang=en`),
		await person.browser.open(`/consents/${id}?lang=en`), await ombud.web().get(`${ombud.demo.issuer}/check?code=${record.code}&lang=en`)]) {
		assert.equal(page.status, 200);
		for (const name of ['Social Support Centre North', 'Housing Committee']) {
			assert.ok(wordsOf(page.text).includes(name), `${page.url}: ${name}`);
		}
	}
	for (const accept of ['text/plain', 'text/html']) {
		const text = (await get(id, accept, '/receipt')).text;
		assert.ok(record.recipients.every(({ title }) => text.includes(title.ru) || text.includes(title.en)), text.slice(0, 400));
	}
	const receipt = (await get(id, 'application/json', '/receipt')).json;
	assert.deepEqual(JSON.parse(receipt.log.entry).basis.recipients, ALL);
	assert.equal(JSON.parse(receipt.log.entry).basis.recipient, undefined);
	const bring = (changed) => ombud.web().post(`${ombud.demo.issuer}/check?lang=en`, { form: { receipt: JSON.stringify(changed) } });
	assert.equal((await bring(receipt)).status, 200);
	const forged = structuredClone(receipt);
	forged.record.recipients.pop();
	assert.equal((await bring(forged)).status, 400);
	const grant = (await north('GET', `/grants/${id}`)).json;
	assert.deepEqual(grant.authorization_details[0].recipients, ALL);
	const { records } = (await north('GET', `/consent/v1/records?person=${person.sub}`)).json;
	assert.deepEqual(records[0].recipients, ALL);
});

/* ---- limits ---- */

test(`${PARALLEL} decisions at once by two recipients: exactly ${ALLOWED} are permitted, and the log says the same`, { timeout: 240_000 }, async () => {
	const person = await someone();
	await giveConsent(ombud, north, person.browser, person.sub, { purpose: 'shared_limit', categories: ['income'], recipients: [NORTH, LEGACY] });
	const about = { purpose: 'shared_limit', category: 'income' };
	const answers = await Promise.all(Array.from({ length: PARALLEL }, (_, i) =>
		i % 2 ? looks(north, NORTH, person.sub, about) : looks(legacy, LEGACY, person.sub, about)));
	const told = answers.filter(({ status }) => status === 200).map(({ json }) => json);
	const busy = answers.length - told.length;
	let permits = told.filter(({ decision }) => decision).length;
	for (let i = 0; i < 2 * ALLOWED && permits < ALLOWED && busy > 0; i++) { /* a machine that is busy says so, and permits nothing */
		permits += (await may(legacy, LEGACY, person.sub, about)).permit ? 1 : 0;
	}
	assert.equal(permits, ALLOWED);
	for (const [service, name] of [[north, NORTH], [legacy, LEGACY]]) {
		assert.deepEqual((({ permit, reason }) => [permit, reason])(await may(service, name, person.sub, about)), [false, 'limit_frequency']);
	}
});

/* ---- who else may do what with it ---- */

test('the person\'s question who may see it lists every recipient; renewal keeps them; a recipient cannot end it', async () => {
	const person = await someone();
	const id = await give(person);
	const token = (await personTokens(ombud, person.browser, 'web_portal', 'openid consent:manage audit:read')).access_token;
	const found = await ombud.web().request('POST', `${ombud.demo.issuer}/access/v1/search/subject`, { token, json: {
		subject: { type: 'service' }, action: { name: 'read', properties: { purpose: 'large_family' } }, resource: { type: 'family', id: person.sub } } });
	assert.equal(found.status, 200, found.text);
	assert.deepEqual(found.json.results.map((each) => each.id).sort(), [NORTH, LEGACY].sort());
	const page = await person.browser.open(`/consents/${id}`);
	await person.browser.submit(page, {}, { action: `/consents/${id}/renew` });
	const [renewed] = (await north('GET', `/consent/v1/records?person=${person.sub}&state=given`)).json.records;
	assert.notEqual(renewed.record_id, id);
	assert.deepEqual(renewed.recipients, [NORTH, LEGACY]);
	await until('the renewed consent counts', async () => (await may(legacy, LEGACY, person.sub)).legal_basis?.record === renewed.record_id);
	/* LEGACY has no scope for records at all; one that has and is not the one that asked is refused by name. */
	sql(ombud, `UPDATE consent SET service = '${LEGACY}' WHERE record_id = '${renewed.record_id}'`);
	assertProblem(await north('POST', `/consent/v1/records/${renewed.record_id}/revoke`, { why: 'purpose_reached' }), 403, 'access_denied');
	assertProblem(await north('DELETE', `/grants/${renewed.record_id}`), 403, 'access_denied');
	sql(ombud, `UPDATE consent SET service = '${NORTH}' WHERE record_id = '${renewed.record_id}'`);
	assert.equal((await may(legacy, LEGACY, person.sub)).permit, true);
	assert.equal((await north('POST', `/consent/v1/records/${renewed.record_id}/revoke`, { why: 'purpose_reached' })).status, 200);
	assert.equal((await may(legacy, LEGACY, person.sub)).reason, 'consent_withdrawn');
});

/* ---- attacks on the bundle: last, for it changes the rules ---- */

test('recipients that are not there or do not ask for the purpose are refused by place; who comes or goes is said', async () => {
	const own = mkdtempSync(join(tmpdir(), 'ombud-recipients-'));
	const policies = join(own, 'policies');
	cpSync(join(dir, 'policies'), policies, { recursive: true });
	const list = join(policies, 'notices/ntc_large_family/1/recipients.yaml');
	const shipped = readFileSync(list, 'utf8');
	try {
		for (const [text, why] of [
			[`- ${NORTH}\n- svc_nobody\n`, /recipients\.yaml:2:3: unknown service svc_nobody/],
			[`- ${NORTH}\n- svc_tax\n`, /recipients\.yaml:2:3: the service svc_tax does not declare the purpose large_family/],
			[`- ${NORTH}\n`, /recipients\.yaml:1:1: a list of 2 to 8 services/],
			[`- ${NORTH}\n- ${NORTH}\n`, /recipients\.yaml:2:3: service svc_benefits_north stands here twice/],
			[`[${Array.from({ length: 9 }, (_, i) => `svc_${i}`).join(', ')}]\n`, /a list of 2 to 8 services/],
			[`a: b\n`, /a list of 2 to 8 services/],
		]) {
			writeFileSync(list, text);
			const { status, out, err } = await authctl(ombud, 'policy', 'check', policies);
			assert.notEqual(status, 0);
			assert.match(`${out}${err}`, why);
		}
		writeFileSync(list, shipped.replace(`- ${DECISIONS}\n`, ''));
		assert.match((await authctl(ombud, 'policy', 'check', policies)).err, /recipients\.yaml:\d+:\d+: no consent for this purpose is for svc_decisions_north among others/);
		rmSync(join(policies, 'tests', 'recipients.yaml')); /* claims about whom it no longer names */
		const diff = async (lang) => (await authctl(ombud, 'policy', 'diff', join(dir, 'policies'), policies, '--lang', lang)).out;
		assert.match(await diff('en'), /“Support a large family”: the service “Payment decisions North” \(Social Support Centre North\) no longer gets the data by one consent/);
		assert.match(await diff('ru'), /служба «Решения о выплатах, Север» \(Центр социальной поддержки «Северный»\) больше не получает данные/);
	} finally {
		rmSync(own, { recursive: true, force: true });
	}
});

test('a suspended recipient gets nothing and the others go on; a notice without one ends the consent for all, and the next is without it', async () => {
	const at = (name) => join(dir, 'policies', name);
	const edit = (name, from, to) => {
		assert.ok(readFileSync(at(name), 'utf8').includes(from), `${name}: ${from}`);
		writeFileSync(at(name), readFileSync(at(name), 'utf8').replace(from, to));
	};
	const activate = async () => {
		const number = Number(/^version: (\d+)/m.exec(readFileSync(at('bundle.yaml'), 'utf8'))[1]);
		edit('bundle.yaml', `version: ${number}`, `version: ${number + 1}`);
		const { status, err } = await authctl(ombud, 'policy', 'activate', '--alone', '--why', 'exercise');
		assert.equal(status, 0, err);
	};
	const person = await someone();
	const id = await give(person, { recipients: [NORTH, LEGACY] });
	['recipients.yaml', 'others.yaml'].forEach((name) => rmSync(at(`tests/${name}`))); /* claims about what changes now */
	edit('services.yaml', '- id: svc_legacy\n', '- id: svc_legacy\n  suspended: true\n');
	await activate();
	assert.deepEqual((({ permit, reason }) => [permit, reason])(await may(legacy, LEGACY, person.sub)), [false, 'service_suspended']);
	assert.equal((await may(north, NORTH, person.sub)).permit, true);
	edit('services.yaml', '- id: svc_legacy\n  suspended: true\n', '- id: svc_legacy\n');
	await activate();
	assert.equal((await may(legacy, LEGACY, person.sub)).permit, true);

	/* The list of a version that was shown does not change; another version does, and is another agreement. */
	const list = 'notices/ntc_large_family/1/recipients.yaml';
	const shipped = readFileSync(at(list), 'utf8');
	writeFileSync(at(list), shipped.replace(`- ${LEGACY}\n`, ''));
	const refused = await authctl(ombud, 'policy', 'activate', '--alone', '--why', 'exercise');
	assert.notEqual(refused.status, 0);
	writeFileSync(at(list), shipped);
	cpSync(at('notices/ntc_large_family/1'), at('notices/ntc_large_family/2'), { recursive: true });
	writeFileSync(at('notices/ntc_large_family/2/recipients.yaml'), shipped.replace(`- ${LEGACY}\n`, ''));
	edit('purposes.yaml', 'notice: {id: ntc_large_family, version: 1}', 'notice: {id: ntc_large_family, version: 2}');
	edit('purposes.yaml', '- id: large_family\n  version: 1', '- id: large_family\n  version: 2');
	await activate();
	for (const [service, name] of [[north, NORTH], [legacy, LEGACY]]) {
		const { permit, legal_basis: basis } = await may(service, name, person.sub);
		assert.deepEqual([permit, basis], [false, undefined], name);
	}
	assert.match((await ask(person.sub, { recipients: [NORTH, LEGACY] })).json.detail, /does not name all of these/);
	const next = await give(person, { recipients: [NORTH, DECISIONS] });
	assert.notEqual(next, id);
	assert.equal((await may(north, NORTH, person.sub)).permit, true);
	assert.equal((await may(legacy, LEGACY, person.sub)).permit, false);
});
