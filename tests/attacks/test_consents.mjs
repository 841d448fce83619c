/*
 * test_consents.mjs: consents as somebody would forge, force, widen, replay and overhear them: requests of others, ticks that
 * nobody offered, links that were changed, answers given twice, records and receipts of strangers.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertProblem, authctlJson, bearer, entryAt, logEntries, personTokens, settled, signInPerson, untilEntry, withdrawInBrowser } from '../system/lib/outsider.mjs';
import { auditlog, formsOf, giveConsent, question, useOmbud, waitPublished, wordsOf } from '../system/lib/ombud.mjs';

let issuer;
let service;
let person;
let browser;
let stranger;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	stranger = await signInPerson(started, await addPerson(started));
});

let days = 10;
/* Each request differs from the ones before, so that it is a request of its own. */
async function request(more = {}) {
	const answer = await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'],
		until: new Date(Date.now() + ++days * 86400e3).toISOString(), ...more });
	assert.equal(answer.status, 201, answer.text);
	return answer.json;
}

const state = async (record) => (await service('GET', `/consent/v1/records/${record}`)).json.state;
const all = async (sub = person.sub) => (await service('GET', `/consent/v1/records?person=${sub}&limit=100`)).json.records;
const decide = async (more) => (await service('POST', '/access/v1/evaluation', question(person.sub, more))).json;
const csrfOf = (page) => formsOf(page.text).flatMap(({ fields }) => fields).find(({ name }) => name === 'csrf').value;

/* What a browser would send, with whatever fields the test wants. */
const post = async (path, fields, from = browser) => {
	const csrf = csrfOf(await from.open('/security'));
	return from.post(path, { form: [['csrf', csrf], ...fields], headers: { origin: issuer, 'sec-fetch-site': 'same-origin' } });
};

/* ---- requests of others ---- */

test('the request of another person can neither be seen nor answered, and is as one that is not there', async () => {
	const asked = await request();
	for (const answer of ['give', 'refuse']) {
		const foreign = await post(`/ask/${asked.request_id}`, [['answer', answer]], stranger);
		const unknown = await post('/ask/req_AAAAAAAAAAAAAAAAAAAAAA', [['answer', answer]], stranger);
		assert.equal(foreign.status, 404);
		assert.equal(wordsOf(foreign.text).replaceAll(foreign.header('x-request-id'), ''), wordsOf(unknown.text).replaceAll(unknown.header('x-request-id'),
			''));
	}
	const page = await stranger.get(`/ask/${asked.request_id}`);
	assert.equal(page.status, 404);
	assert.ok(!page.text.includes(person.name));
	assert.deepEqual(await all(), []);
	for (const id of ['x', 'req_', '%00', `${asked.request_id}x`, asked.request_id.toUpperCase(), "' or 1=1--", 'a'.repeat(3000)]) {
		const answer = await browser.get(`/ask/${encodeURIComponent(id)}`);
		assert.ok([400, 404].includes(answer.status), `${id.slice(0, 20)}: ${answer.status}`);
	}
});

test('another service sees neither the request nor what became of it', async () => {
	const asked = await request();
	const added = await authctlJson(ombud, 'client', 'add', 'svc-decisions.example', '--auth', 'client_secret_basic', '--grants', 'client_credentials',
		'--scopes', 'access:evaluate consent:request', '--service', 'svc_decisions_north');
	const token = (await ombud.web().post(`${issuer}/oauth2/token`, { form: { grant_type: 'client_credentials' },
		headers: { authorization: `Basic ${Buffer.from(`${encodeURIComponent(added.client_id)}:${encodeURIComponent(added.client_secret)}`).toString('base64')}` } })).json.access_token;
	const other = (path) => ombud.web().get(`${issuer}${path}`, { headers: bearer(token) });
	const page = await browser.open(asked.form_url);
	await browser.submit(page, { answer: 'give' }, { having: ['answer'] });
	const [{ record_id: record }] = await all();

	assert.deepEqual((await other(`/consent/v1/records?person=${person.sub}`)).json.records, []);
	for (const path of ['', '/receipt']) {
		const foreign = await other(`/consent/v1/records/${record}${path}`);
		const unknown = await other(`/consent/v1/records/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a${path}`);
		assertProblem(foreign, 404);
		assert.equal(foreign.text, unknown.text);
	}
	await withdrawInBrowser(browser, record);
});

/* ---- which text was in front of them ---- */

test('a language that was changed in another tab, or by a link of somebody else, does not change which text the record says was read', async () => {
	const asked = await request();
	const page = await browser.open(`/ask/${asked.request_id}?lang=ru`);
	const form = formsOf(page.text).find(({ action }) => action === `/ask/${asked.request_id}`);
	const shown = form.fields.find(({ name }) => name === 'notice').value;
	await browser.open('/consents?lang=en');
	const given = await browser.submitOnce(page, form, { answer: 'give' });
	assert.equal(given.status, 303, given.text);
	const { notice } = (await service('GET', `/consent/v1/records/${given.location.split('/').at(-1)}`)).json;
	assert.deepEqual([notice.lang, notice.sha256], ['ru', shown]);
	await browser.open('/consents?lang=ru');
});

test('a form that names a text that was never shown gives nothing', async () => {
	const asked = await request();
	for (const notice of ['0'.repeat(64), 'x', `${'0'.repeat(63)}G`]) {
		const answer = await post(`/ask/${asked.request_id}`, [['answer', 'give'], ['notice', notice]]);
		assert.equal(answer.status, 409, answer.text);
	}
	assert.equal((await browser.get(`/ask/${asked.request_id}`)).status, 200, 'still open');
});

test('a renewal names the text that was read, not the language of the button', async () => {
	const { record_id: id, notice: before_ } = await (async () => {
		const records = (await all()).filter((one) => one.state === 'given');
		return (await service('GET', `/consent/v1/records/${records[0].record_id}`)).json;
	})();
	await browser.open('/consents?lang=en');
	const page = await browser.open(`/consents/${id}`);
	const renewed = await browser.submitOnce(page, formsOf(page.text).find(({ action }) => action.endsWith('/renew')));
	assert.equal(renewed.status, 303, renewed.text);
	await browser.open('/consents?lang=ru');
	const { notice, renews } = (await service('GET', `/consent/v1/records/${renewed.location.split('/').at(-1)}`)).json;
	assert.deepEqual([notice, renews], [before_, id]);
	await withdrawInBrowser(browser, renewed.location.split('/').at(-1));
});

/* ---- what is agreed to ---- */

test('what is optional is agreed to only when it is ticked, and nothing is ticked beforehand', async () => {
	const asked = await request({ optional: ['family'] });
	const page = await browser.open(asked.form_url);
	const boxes = formsOf(page.text).flatMap(({ fields }) => fields).filter(({ kind }) => kind === 'checkbox');
	assert.ok(boxes.length > 0 && boxes.every(({ checked }) => !checked));

	await browser.submit(page, { answer: 'give' }, { having: ['answer'] });
	const [first] = await all();
	assert.deepEqual((await service('GET', `/consent/v1/records/${first.record_id}`)).json.data.map(({ category }) => category), ['income']);
	assert.equal((await decide({ category: 'family' })).decision, false);
	assert.equal((await decide({ category: 'income' })).decision, true);

	const wide = await request({ optional: ['family'] });
	await browser.submit(await browser.open(wide.form_url), { answer: 'give', category: ['family'] }, { having: ['answer'] });
	assert.equal((await decide({ category: 'family' })).decision, true);
	for (const { record_id: id } of await all()) {
		await withdrawInBrowser(browser, id);
	}
});

test('a tick that was not on the page is refused whole', async () => {
	const asked = await request({ optional: ['family'] });
	for (const categories of [['health'], ['disability'], ['contacts'], ['family', 'health'], ['nothing'], [''], ['FAMILY'], ['family,health'], ['*'],
		['income', 'housing']]) {
		const answer = await post(`/ask/${asked.request_id}`, [['answer', 'give'], ...categories.map((one) => ['category', one])]);
		assert.equal(answer.status, 400, `${categories}: ${answer.status} ${answer.location}`);
	}
	const many = await post(`/ask/${asked.request_id}`, [['answer', 'give'], ...Array.from({ length: 150 }, () => ['category', 'family'])]);
	assert.ok([400, 303].includes(many.status));
	if (many.status === 400) {
		assert.ok((await all()).every((one) => one.state !== 'given'));
		assert.equal((await browser.get(`/ask/${asked.request_id}`)).status, 200, 'still open');
	}
});

test('what the form does not ask for cannot be said in it', async () => {
	const asked = await request({ until: new Date(Date.now() + 86400e3).toISOString() });
	const answer = await post(`/ask/${asked.request_id}`, [['answer', 'give'], ['until', '2099-01-01'], ['purpose', 'housing_subsidy'], ['service', 'svc_tax'],
		['person', 'x'], ['state', 'given']]);
	if (answer.status === 303) {
		const [record] = (await all()).filter((one) => one.state === 'given');
		assert.ok(Date.parse(record.until) < Date.now() + 2 * 86400e3);
		assert.equal(record.purpose, 'eligibility');
		assert.equal(record.service, 'svc_benefits_north');
		await withdrawInBrowser(browser, record.record_id);
	} else {
		assert.equal(answer.status, 400);
	}
	for (const bad of [[], [['answer', '']], [['answer', 'GIVE']], [['answer', 'given']], [['answer', 'give'], ['answer', 'refuse']]]) {
		const open = await request();
		assert.equal((await post(`/ask/${open.request_id}`, bad)).status, 400, JSON.stringify(bad));
	}
	assert.ok((await all()).every((one) => one.state !== 'given'));
});

test('looking at the page, or following a link to it, agrees to nothing', async () => {
	const asked = await request();
	for (const path of [`/ask/${asked.request_id}`, `/ask/${asked.request_id}?answer=give`,
		`/ask/${asked.request_id}?answer=give&category=family&csrf=${csrfOf(await browser.open('/security'))}`]) {
		const page = await browser.get(path);
		assert.equal(page.status, 200);
		assert.match(page.header('content-security-policy'), /frame-ancestors 'none'/);
	}
	assert.ok((await all()).every((one) => one.state !== 'given'));
	assert.equal((await decide()).decision, false);
});

/* ---- once ---- */

test('a request is answered once: twelve at the same moment make one record, and no does not become yes', async () => {
	const asked = await request();
	const answers = await Promise.all(Array.from({ length: 12 }, () => post(`/ask/${asked.request_id}`, [['answer', 'give']])));
	assert.ok(answers.every(({ status }) => [303, 409].includes(status)), answers.map(({ status }) => status).join());
	const given = (await all()).filter((one) => one.state === 'given');
	assert.equal(given.length, 1);
	const late = await post(`/ask/${asked.request_id}`, [['answer', 'refuse']]);
	assert.ok([303, 409, 410].includes(late.status), `${late.status}`);
	assert.equal(await state(given[0].record_id), 'given', 'a late no is a withdrawal, and has its own page');
	await withdrawInBrowser(browser, given[0].record_id);

	const refused = await request();
	assert.equal((await post(`/ask/${refused.request_id}`, [['answer', 'refuse']])).status, 303);
	const again = await post(`/ask/${refused.request_id}`, [['answer', 'give']]);
	assert.ok([303, 409, 410].includes(again.status), `${again.status}`);
	assert.ok((await all()).every((one) => one.state !== 'given'));
	await untilEntry(ombud, 'consent.refused', ({ event }) => event === 'consent.refused');
});

test('a give and a refuse at the same moment: one of them holds', async () => {
	for (let round = 0; round < 5; round++) {
		const asked = await request();
		const size = logEntries(ombud).length;
		const [give, refuse] = await Promise.all(['give', 'refuse'].map((answer) => post(`/ask/${asked.request_id}`, [['answer', answer]])));
		assert.ok([give, refuse].every(({ status }) => [303, 409].includes(status)));
		const given = (await all()).filter((one) => one.state === 'given');
		await settled(ombud);
		const events = logEntries(ombud, size).map(({ entry }) => entry.event).filter((event) => /consent\.(granted|refused)/.test(event));
		assert.equal(events.length, 1, events.join());
		assert.equal(events[0] === 'consent.granted', given.length === 1);
		for (const { record_id: id } of given) {
			await withdrawInBrowser(browser, id);
		}
	}
});

test('withdrawn is withdrawn: not given again by the old form, not withdrawn twice, not by a stranger', async () => {
	const record = await giveConsent(ombud, service, browser, person.sub);
	const foreign = await post(`/consents/${record}/withdraw`, [], stranger);
	const unknown = await post('/consents/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a/withdraw', [], stranger);
	assert.deepEqual([foreign.status, unknown.status], [404, 404]);
	assert.equal(await state(record), 'given');

	const answers = await Promise.all(Array.from({ length: 8 }, () => post(`/consents/${record}/withdraw`, [])));
	assert.ok(answers.every(({ status }) => status === 303), answers.map(({ status }) => status).join());
	const { events } = (await service('GET', `/consent/v1/records/${record}`)).json;
	assert.deepEqual(events.map((one) => one.state), ['requested', 'given', 'withdrawn']);
	for (const event of events) {
		const { entry } = await entryAt(ombud, event.log.index);
		assert.match(entry.event, /^consent\./);
	}
	assert.equal((await decide()).context.reason, 'consent_withdrawn');
	const page = await browser.open(`/consents/${record}`);
	assert.ok(!formsOf(page.text).some(({ action }) => action.endsWith('/withdraw')), 'no form to withdraw what is withdrawn');
});

/* ---- links of refusals ---- */

test('the link of a refusal makes a request of whoever opens it, and only as it was made', async () => {
	const { context } = await decide({ purpose: 'housing_subsidy', category: 'family' });
	const link = new URL(context.access_request.form_url);

	assert.ok(!link.href.includes(person.sub) && !link.href.includes(person.login), 'it names nobody');
	for (const [name, value] of [['category', 'income'], ['purpose', 'eligibility'], ['client', 'svc_tax'], ['until', String(2e9)], ['mac', 'A'.repeat(43)],
		['mac', ''], ['client', 'web_portal']]) {
		const bent = new URL(link);
		bent.searchParams.set(name, value);
		const answer = await browser.get(bent);
		assert.equal(answer.status, 400, `${name}=${value}: ${answer.status}`);
	}
	for (const name of [...link.searchParams.keys()]) {
		const cut = new URL(link);
		cut.searchParams.delete(name);
		assert.equal((await browser.get(cut)).status, 400, `without ${name}`);
		const twice = new URL(link);
		twice.searchParams.append(name, link.searchParams.get(name));
		assert.equal((await browser.get(twice)).status, 400, `${name} twice`);
	}
	const page = await stranger.open(link);
	assert.equal(page.status, 200);
	await stranger.submit(page, { answer: 'give' }, { having: ['answer'] });
	assert.equal((await decide({ purpose: 'housing_subsidy', category: 'family' })).decision, false, "a stranger's yes is the stranger's");
	const nobody = await ombud.browser().open(link);
	assert.match(nobody.url, /\/login/);
});

/* ---- who may be asked ---- */

test('without particulars there is no consent that holds: it cannot be given', async () => {
	const { sub } = await authctlJson(ombud, 'user', 'add', '--login', `bare.${days}`, '--kind', 'adult', '--name', 'Без Документа');
	const asked = await service('POST', '/consent/v1/requests', { person: sub, purpose: 'eligibility', categories: ['income'] });
	assert.ok([201, 400, 404].includes(asked.status));
	assert.equal((await all(sub)).filter((one) => one.state === 'given').length, 0);
});

test('a disabled person is asked nothing, and what they gave permits nothing', async () => {
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	await giveConsent(ombud, service, theirs, someone.sub);
	await authctlJson(ombud, 'user', 'disable', someone.sub);

	assert.equal((await service('POST', '/access/v1/evaluation', question(someone.sub))).json.decision, false);
	const asked = await service('POST', '/consent/v1/requests', { person: someone.sub, purpose: 'eligibility', categories: ['income'] });
	assert.equal(asked.status, 201, 'as if there were nobody, and nobody is told');
});

test('requests need the scope of a service; a person or a client without it cannot ask in its name', async () => {
	const token = (await personTokens(ombud, browser, 'web_portal', 'openid consent:manage')).access_token;
	const body = { person: person.sub, purpose: 'eligibility', categories: ['income'] };
	const legacy = await ombud.service('svc_legacy');

	assertProblem(await ombud.web().post(`${issuer}/consent/v1/requests`, { headers: bearer(token), json: body }), 403);
	assertProblem(await legacy('POST', '/consent/v1/requests', body), 403);
	assertProblem(await ombud.web().post(`${issuer}/consent/v1/requests`, { json: body }), 401);
	for (const extra of [{ client_id: 'svc_tax' }, { service: 'svc_tax' }, { state: 'given' }, { record_id: crypto.randomUUID() }, { given_by: {} }]) {
		assertProblem(await service('POST', '/consent/v1/requests', { ...body, ...extra }), 400);
	}
});

/* ---- what a page shows ---- */

test('what a service writes is shown as text, in the page and in the record', async () => {
	const evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>{{csrf}}';
	const asked = await request({ case: evil });
	const page = await browser.open(asked.form_url);

	assert.ok(!page.text.includes('<script>alert') && !page.text.includes('<img src=x'));
	assert.ok(wordsOf(page.text).includes('{{csrf}}'), 'no template within a value');
	await browser.submit(page, { answer: 'give' }, { having: ['answer'] });
	const [record] = (await all()).filter((one) => one.state === 'given');
	for (const path of [`/consents/${record.record_id}`, `/consents/${record.record_id}/receipt`, '/consents', '/accesses']) {
		const shown = await browser.open(path);
		assert.ok(!shown.text.includes('<script>alert') && !shown.text.includes('<img src=x'), path);
	}
	await withdrawInBrowser(browser, record.record_id);
});

test('words that a service wrote to run backwards are shown in the order in which they were written', async () => {
	const page = await browser.open((await request({ case: '2026-1\u202e\u2066\u200f0009' })).form_url);

	assert.ok(!/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(page.text));
	assert.ok(page.text.includes('2026-1\ufffd\ufffd\ufffd0009'));
});

test('a service that asks without end drives no other word out of the list of messages', async () => {
	const flooded = await addPerson(ombud);
	const reader = await signInPerson(ombud, flooded);
	for (let round = 0; round < 3; round++) {
		const asked = await Promise.all(Array.from({ length: 10 }, (_, i) => request({ person: flooded.sub, case: `2026-${round}${i}` })));
		assert.equal(new Set(asked.map(({ request_id }) => request_id)).size, 10, 'each is a request, and the service learns nothing of the list');
	}
	const told = (await reader.open('/inbox')).text.match(/href="\/ask\//g).length;
	assert.equal(told, 20);
});

test('after all of this the log holds lawfully, and names nobody', async () => {
	const { dir, vkey } = ombud.demo.log;
	await waitPublished(dir, (await decide()).context.log.index);
	const { status, text } = await auditlog('verify', dir, '--key', vkey, '--lawful');

	assert.equal(status, 0, text);
	for (const { entry: { about, ...said } } of logEntries(ombud)) {
		assert.doesNotMatch(JSON.stringify(said), /Проверкин|sub_|alert\(1\)|127\.0\.0\.1/);
	}
	assert.equal(logEntries(ombud).filter(({ entry }) => entry.event === 'log.started').length, 1, 'nothing was started again');
});

test('a service that reads a record leaves an entry about the person before it has the answer', async () => {
	const record = await giveConsent(ombud, service, browser, person.sub);
	const size = logEntries(ombud).length;
	assert.equal((await service('GET', `/consent/v1/records/${record}`)).status, 200);
	const { entry } = await untilEntry(ombud, 'consent.read', ({ event, index, about }) => index >= size && event === 'consent.read' && about !== undefined);
	assert.equal(entry.by.service, 'svc_benefits_north');
	assert.equal(entry.about.length, 1);
});

test('the receipt of a withdrawn consent proves the withdrawal too', async () => {
	const record = await giveConsent(ombud, service, browser, person.sub);
	await withdrawInBrowser(browser, record);
	const receipt = (await service('GET', `/consent/v1/records/${record}/receipt`)).json;
	assert.equal(JSON.parse(receipt.log.entry).event, 'consent.granted');
	assert.equal(JSON.parse(receipt.withdrawal.entry).event, 'consent.withdrawn');
	assert.match(receipt.withdrawal.proof, /^c2sp\.org\/tlog-proof@v1\n/);
});
