/*
 * test_records.mjs: what people and programs take home of a consent: the document of 152-FZ 9, the receipt in its four forms,
 * JSON-LD of the Data Privacy Vocabulary, the check code; and everybody who wants more of them than there is.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, assertProblem, bearer, personTokens, reconfigure, signInPerson, withdrawInBrowser } from './lib/outsider.mjs';
import { sql } from './lib/database.mjs';
import { expand, recordOf } from './lib/dpv.mjs';
import { auditlog, formsOf, giveConsent, question, until, useOmbud, withinTerm, wordsOf } from './lib/ombud.mjs';

const FORMS = ['application/json', 'text/html', 'text/plain', 'application/ld+json'];
const EVIL = '<script>alert(1)</script>"\'>&@id';
let issuer;
let service;
let person;
let browser;
let stranger;
let record;
let scratch;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	scratch = mkdtempSync(join(tmpdir(), 'ombud-records-'));
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	stranger = await signInPerson(started, await addPerson(started));
	record = await giveConsent(started, service, browser, person.sub, { optional: ['family'], give: ['family'] });
});
after(() => rmSync(scratch, { recursive: true, force: true }));

const path = (id, rest = '') => `/consent/v1/records/${id}${rest}`;
const get = (what, accept, headers = {}) => service('GET', what, undefined, { headers: { ...accept === undefined ? {} : { accept }, ...headers } });
const later = (days) => new Date(Date.now() + days * 86400e3).toISOString();
const give = (more = {}) => giveConsent(ombud, service, browser, person.sub, { until: later(20), ...more });
const file = (name, text) => {
	writeFileSync(join(scratch, name), text);
	return join(scratch, name);
};
const holds = async ({ proof, entry }) => (await auditlog('check', file('proof', proof), '--entry', file('entry', entry), '--key', ombud.demo.log.vkey)).status === 0;
const check = (code) => ombud.web().get(`${issuer}/check?code=${encodeURIComponent(code)}&lang=en`);
const bring = (text) => ombud.web().post(`${issuer}/check?lang=en`, { form: { receipt: typeof text === 'string' ? text : JSON.stringify(text) } });

/* ---- the document ---- */

function assertNineItems(page) {
	assert.equal(page.status, 200, page.text.slice(0, 300));
	const numbers = [...page.text.matchAll(/id="item-(\d)">\s*(\d)\. ([^<]+)</g)];
	assert.deepEqual(numbers.map(([, id, shown]) => [id, shown]), Array.from({ length: 9 }, (_, n) => [String(n + 1), String(n + 1)]));
	assert.ok(numbers.every(([, , , title]) => !/document_/.test(title) && title.trim().length > 5));
}

test('the document has the nine items of 152-FZ 9(4) in their order, in both languages, with the particulars that were signed', async () => {
	for (const lang of ['ru', 'en']) {
		const page = await browser.open(`/consents/${record}/document?lang=${lang}`);
		assertNineItems(page);
		const { json } = await get(path(record));
		const words = wordsOf(page.text);
		for (const said of [person.name, person.profile.address, person.profile.document.number, person.profile.document.issuer, json.controller.address,
			json.purpose.title[lang], json.data[0].title[lang], json.data[1].title[lang], json.code, record, '152-']) {
			assert.ok(words.includes(said), `${lang}: ${said}`);
		}
		assert.match(page.text, /<svg class="portal-qr"[^>]* role="img" aria-label="[^"]*[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}"/);
		assert.doesNotMatch(page.text, /<script|style=/);
	}
});

test('the document of a request shows what would be signed, and says that it is not', async () => {
	const asked = (await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], optional: ['family'], until: later(9) })).json;
	const page = await browser.open(`/ask/${asked.request_id}/document?lang=en`);
	assertNineItems(page);
	assert.match(wordsOf(page.text), /has not been given/);
	assert.ok(page.text.includes(person.name) && !/check\?code/.test(page.text));
	for (const other of [`/ask/${asked.request_id}/document`, `/consents/${record}/document`]) {
		assert.equal((await stranger.open(other)).status, 404);
		assert.match((await ombud.browser().get(other)).location ?? '', /\/login/);
	}
});

test('what the document says stays what was signed when the profile changes later', async () => {
	const before = wordsOf((await browser.open(`/consents/${record}/document?lang=en`)).text);
	assert.ok(before.includes(person.profile.address));
	const exported = (await browser.submitOnce(await browser.open('/export'), browser.findForm(await browser.open('/export'), { action: '/export' }), { format: 'json' })).json;
	const [own] = exported.consents.filter(({ record_id: id }) => id === record);
	assert.equal(own.identity.address, person.profile.address, 'the export has what was signed');
	assert.ok(own.receipt.proofs.length >= 1 && own.receipt.code === own.record.code, 'and the receipt');
	assert.equal(own.jsonld['@type'], 'dpv:ConsentRecord', 'and the form for programs');
});

test('nobody gives a consent whose document would lack an item: nothing is stored, nothing permits', async () => {
	const lacking = await addPerson(ombud, { particulars: { address: '' } });
	const theirs = await signInPerson(ombud, lacking);
	const asked = await service('POST', '/consent/v1/requests', { person: lacking.sub, purpose: 'eligibility', categories: ['income'], until: later(5) });
	const page = await theirs.open(asked.json.form_url);
	const answer = await theirs.submitOnce(page, theirs.findForm(page, { having: ['answer'] }), { answer: 'give' });
	assert.equal(answer.status, 400, answer.text.slice(0, 300));
	for (const table of ['consent', 'consent_identity']) {
		assert.deepEqual(sql(ombud, `SELECT record_id FROM ${table} WHERE sub = '${lacking.sub}'`), []);
	}
	assert.equal((await service('POST', '/access/v1/evaluation', question(lacking.sub))).json.decision, false);
});

/* ---- JSON-LD ---- */

test('JSON-LD: the record comes back whole out of a processor that fetches nothing and drops nothing', async () => {
	const plain = await get(path(record));
	const linked = await get(path(record), 'application/ld+json');
	assert.match(linked.header('content-type'), /^application\/ld\+json/);
	const node = await expand(linked.json);
	assert.deepEqual(node['@type'], ['https://w3id.org/dpv#ConsentRecord']);
	assert.ok(node['http://purl.org/dc/terms/conformsTo'].some(({ '@id': id }) => id === 'https://w3id.org/dpv/schema/dpv-27560#record'));
	assert.deepEqual(recordOf(node), plain.json);
	assert.equal((await get(path(record), 'application/ld+json')).text, linked.text, 'the same bytes each time');
});

test('JSON-LD: every name is of a vocabulary that others keep', async () => {
	const known = /^(https:\/\/w3id\.org\/dpv(\/[a-z/]+)?#|http:\/\/purl\.org\/dc\/terms\/|http:\/\/www\.w3\.org\/ns\/(dcat#|odrl\/2\/)|http:\/\/www\.w3\.org\/(1999|2001|2004)\/|http:\/\/spdx\.org\/rdf\/terms#)/;
	const walk = (node) => {
		for (const [name, values] of Object.entries(node)) {
			assert.ok(name.startsWith('@') || known.test(name), name);
			for (const each of name === '@type' ? [].concat(values) : []) {
				assert.match(each, known);
			}
			(Array.isArray(values) ? values : []).filter((each) => each instanceof Object).forEach(walk);
		}
	};
	walk(await expand((await get(path(record), 'application/ld+json')).json));
	walk(await expand((await get(path(record, '/receipt'), 'application/ld+json')).json));
});

test('JSON-LD: words of a policy cannot become names, types or addresses', async () => {
	const { json } = await get(path(record), 'application/ld+json');
	const names = new Set();
	const collect = (node) => Object.entries(node).forEach(([name, each]) => {
		names.add(name);
		if (each instanceof Object) {
			collect(each);
		}
	});
	collect(json);
	const { json: plain } = await get(path(record));
	for (const said of [plain.purpose.title.ru, plain.controller.name, plain.subject.id, plain.code]) {
		assert.ok(!names.has(said), said);
	}
	assert.ok([...names].every((name) => /^(@\w+|\w+:\w+|\d+|dcat|dct|dpv|loc|odrl|rdf|skos|spdx|xsd)$/.test(name)), [...names].join(' '));
});

/* ---- forms ---- */

test('a receipt comes in four forms, and all four say the same', async () => {
	/* The log goes on meanwhile: what is compared was proven under the same checkpoints, whose sizes all four have. */
	const sizesIn = (answer) => [...new Set([...answer.text.matchAll(/tlog-proof@v1[\s\S]*?localhost\/ombud-demo\s*(?:\\n)*(\d+)/g)].map(([, size]) => size))].join();
	const [json, page, text, linked] = await until('four of the same checkpoints', async () => {
		const four = await Promise.all(FORMS.map((form) => get(path(record, '/receipt'), form)));
		const sizes = four.map(sizesIn);
		return sizes[0] !== '' && sizes.every((size) => size === sizes[0]) && four;
	});
	for (const [n, answer] of [json, page, text, linked].entries()) {
		assert.equal(answer.status, 200, answer.text.slice(0, 300));
		assert.ok(answer.header('content-type').startsWith(FORMS[n]));
		assert.match(answer.header('vary') ?? '', /Accept/);
	}
	const { record: full, code, check: where, proofs } = json.json;
	const node = await expand(linked.json);
	assert.deepEqual(recordOf(node['http://purl.org/dc/terms/hasPart'][0]), full);
	assert.equal(node['http://purl.org/dc/terms/identifier'][0]['@value'], code);
	assert.deepEqual(node['http://purl.org/dc/terms/provenance'].map((each) => each['http://www.w3.org/1999/02/22-rdf-syntax-ns#value'][0]['@value']), proofs.map(({ proof }) => proof));
	const facts = [code, record, full.purpose.title.ru, full.controller.name, full.controller.address, ...full.data.map(({ title }) => title.ru), full.validity.from, full.validity.until,
		full.notice.url, full.rights.question, full.rights.authority, String(full.events[1].log.index), full.events[0].at, full.events[1].at, where,
		...proofs.flatMap(({ entry, proof }) => [entry, proof.trim()])];
	const shown = page.text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
	for (const fact of facts) {
		assert.ok(text.text.includes(fact), `text/plain lacks ${fact}`);
		assert.ok(shown.includes(fact), `text/html lacks ${fact}`);
	}
	for (const answer of [json, page, text, linked]) {
		assert.ok(!answer.text.includes(person.name) && !answer.text.includes(person.profile.document.number), 'a service gets no particulars');
	}
});

test('what is accepted decides; what nobody has is 406 with what there is', async () => {
	const rows = [[undefined, 0], ['*/*', 0], ['text/*;q=0.5, text/html;q=0.1', 2], ['text/html;q=0.2, application/ld+json;q=0.9', 3], ['application/json;q=0, */*;q=0.1', 1],
		['text/html, application/xhtml+xml, */*;q=0.8', 1]];
	for (const [accept, form] of rows) {
		const answer = await get(path(record, '/receipt'), accept);
		assert.ok(answer.header('content-type').startsWith(FORMS[form]), `${accept}: ${answer.header('content-type')}`);
	}
	for (const accept of ['application/pdf', 'text/html;q=0', '*/*;q=0', 'application/json;q=7', 'text/html;level=1;q=0', `${'x/y,'.repeat(300)}`]) {
		const answer = await get(path(record, '/receipt'), accept);
		assertProblem(answer, 406, 'not_acceptable');
		FORMS.forEach((form) => assert.ok(answer.json.detail.includes(form)));
	}
	assertProblem(await get(path(record), 'text/html;q=1, text/plain'), 406, 'not_acceptable');
});

test('an ETag is of the bytes: it serves until something happens, and no other record has it', async () => {
	const id = await give();
	const first = await get(path(id));
	const tag = first.header('etag');
	assert.match(tag, /^"[0-9a-f]{64}"$/);
	assert.equal((await get(path(id), undefined, { 'if-none-match': tag })).status, 304);
	assert.notEqual((await get(path(id), 'application/ld+json')).header('etag'), tag);
	assert.equal((await get(path(record), undefined, { 'if-none-match': tag })).status, 200);
	await withdrawInBrowser(browser, id);
	const after = await get(path(id), undefined, { 'if-none-match': tag });
	assert.equal(after.status, 200);
	assert.equal(after.json.state, 'withdrawn');
});

test('given, withdrawn, renewed, revoked, expired: each has its receipt, whose proofs hold offline', async () => {
	const ends = {
		given: async () => {},
		withdrawn: (id) => withdrawInBrowser(browser, id),
		renewed: async (id) => browser.submit(await browser.open(`/consents/${id}`), {}, { action: '/renew' }),
		revoked: (id) => service('POST', path(id, '/revoke'), { why: 'purpose_reached' }),
		expired: async (id) => {
			await until('it ends', async () => (await get(path(id))).json.state === 'expired');
		},
	};
	const events = { given: 'consent.granted', withdrawn: 'consent.withdrawn', renewed: 'consent.renewed', revoked: 'consent.revoked', expired: 'consent.expired' };
	for (const [state, end] of Object.entries(ends)) {
		const id = state === 'expired' ? (await withinTerm((term) => give({ until: new Date(term).toISOString() }))).done : await give();
		await end(id);
		const { json } = await get(path(id, '/receipt'));
		assert.equal(json.record.state, state);
		assert.deepEqual(json.proofs.map((each) => each.state), state === 'given' ? ['given'] : ['given', state]);
		assert.equal(JSON.parse(json.proofs.at(-1).entry).event, events[state]);
		for (const proof of json.proofs) {
			assert.ok(await holds(proof), `${state}: ${proof.state}`);
		}
		assert.ok(!await holds({ proof: json.proofs[0].proof, entry: json.proofs[0].entry.replace('eligibility', 'eligibilitY') }));
		const judged = await bring(json);
		assert.equal(judged.status, 200, `${state}: ${wordsOf(judged.text).slice(0, 400)}`);
		assert.match(wordsOf(judged.text), /nothing in it was changed/);
		if (state === 'given' || state === 'renewed') {
			const [now] = (await service('GET', `/consent/v1/records?person=${person.sub}&state=given`)).json.records;
			await withdrawInBrowser(browser, now.record_id);
		}
	}
	record = await give({ optional: ['family'], give: ['family'] });
});

test('the person reads the same with a client of theirs, and as pages and files in the portal', async () => {
	const { access_token: token } = await personTokens(ombud, browser, 'web_portal', 'openid consent:manage');
	const own = await ombud.web().get(`${issuer}${path(record, '/receipt')}`, { headers: { ...bearer(token), accept: 'application/ld+json' } });
	assert.equal(own.status, 200, own.text);
	const page = await browser.open(`/consents/${record}/receipt?lang=en`);
	assert.ok(page.text.includes(person.name), 'with the particulars');
	const [json, proof, entry, linked] = await Promise.all(['json', 'proof', 'entry', 'ld'].map((as) => browser.get(`/consents/${record}/receipt?as=${as}`)));
	assert.match(json.header('content-disposition'), /attachment; filename="consent-[0-9A-Z-]{12}\.json"/);
	assert.ok(await holds({ proof: proof.bytes, entry: entry.bytes }));
	assert.equal((await expand(linked.json))['@type'][0], 'https://w3id.org/dpv#ConsentReceipt');
	assert.equal((await browser.get(`/consents/${record}/receipt?as=exe`)).status, 400);
	assert.equal((await stranger.get(`/consents/${record}/receipt?as=json`)).status, 404);
});

/* ---- the code ---- */

test('anybody may check a code: state, purpose, organisation, dates, place in the log; and nobody is named', async () => {
	const { json: full } = await get(path(record));
	const page = await check(full.code);
	assert.equal(page.status, 200);
	const words = wordsOf(page.text);
	for (const said of [full.purpose.title.en, full.controller.name_en, String(full.events[1].log.index), full.code]) {
		assert.ok(words.includes(said), said);
	}
	for (const secret of [person.name, person.sub, person.profile.document.number, person.login, record]) {
		assert.ok(!page.text.includes(secret), secret);
	}
	assert.equal((await check(full.code.toLowerCase().replaceAll('-', ' '))).status, 200);
});

test('a code that there is not answers like any other that there is not, and one with a slip says so', async () => {
	const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
	const { json: full } = await get(path(record));
	const times = (v) => { const doubled = v << 1; return doubled & 32 ? doubled ^ 37 : doubled; };
	const made = (seed) => {
		const symbols = Array.from({ length: 9 }, (_, n) => (seed * 7 + n * 11 + n * n) % 32);
		const last = symbols.reduce((sum, symbol) => times(sum) ^ symbol, 0);
		return [...symbols, times(last)].map((symbol) => alphabet[symbol]).join('');
	};
	const shapes = new Set();
	for (let seed = 1; seed < 6; seed++) {
		const code = made(seed);
		const page = await check(code);
		assert.equal(page.status, 404, code);
		shapes.add(page.text.replaceAll(code, 'CODE').replace(/[0-9a-f-]{36}/g, ''));
	}
	assert.equal(shapes.size, 1, 'all of them look the same');
	const bare = full.code.replaceAll('-', '');
	for (let n = 0; n < bare.length; n++) {
		const slip = bare.slice(0, n) + alphabet[(alphabet.indexOf(bare[n]) + 5) % 32] + bare.slice(n + 1);
		assert.equal((await check(slip)).status, 400, slip);
	}
	for (const typed of [EVIL, '%', "' or 1=1--", '٠٠٠٠', 'x'.repeat(60)]) {
		const page = await check(typed);
		assert.equal(page.status, 400);
		assert.ok(!page.text.includes('<script>alert'));
	}
	assert.equal((await check('x'.repeat(5000))).status, 400);
});

/* ---- a receipt that somebody brings ---- */

test('a receipt that was changed, cut, forged or is of nobody is not ours, and which of these is not said', async () => {
	const { json } = await get(path(record, '/receipt'));
	assert.match(wordsOf((await bring(json)).text), /nothing in it was changed/);
	const changed = (change) => {
		const copy = structuredClone(json);
		change(copy);
		return copy;
	};
	const wrong = {
		purpose: changed((copy) => { copy.record.purpose.code = 'housing'; }),
		category: changed((copy) => { copy.record.data.pop(); }),
		recipient: changed((copy) => { copy.record.recipients[0].service = 'svc_tax'; }),
		term: changed((copy) => { copy.record.validity.until = '2099-01-01T00:00:00Z'; }),
		'what no entry names': changed((copy) => { copy.record.storage.retention = 'P99Y'; }),
		controller: changed((copy) => { copy.record.controller.name = EVIL; }),
		state: changed((copy) => { copy.record.state = 'withdrawn'; }),
		entry: changed((copy) => { copy.proofs[0].entry = copy.proofs[0].entry.replace('"consent.granted"', '"consent.renewed"'); }),
		root: changed((copy) => { copy.proofs[0].proof = copy.proofs[0].proof.replace(/^(index \d+\n)([A-Za-z0-9+/])/m, (all, index, first) => index + (first === 'A' ? 'B' : 'A')); }),
		'a code of somebody else': changed((copy) => { copy.code = copy.record.code = '0000-0000-00'; }),
		leaf: changed((copy) => { copy.record.events[1].log.leaf = Buffer.alloc(32).toString('base64'); }),
	};
	const seen = new Set();
	for (const [what, receipt] of Object.entries(wrong)) {
		const page = await bring(receipt);
		assert.equal(page.status, 400, what);
		assert.match(wordsOf(page.text), /is not ours, or something in it was changed/, what);
		assert.ok(!page.text.includes('<script>alert'), what);
		/* What was pasted comes back in its field; everything else is the same. */
		seen.add(page.text.replace(/(<textarea[^>]*>)[^]*?<\/textarea>/, '$1').replace(/[0-9a-f-]{36}/g, ''));
	}
	assert.equal(seen.size, 1, 'one answer for all of them');
	for (const text of ['', '{}', '[]', 'null', '{"record":{},"code":"","proofs":[]}', '{"a":'.repeat(500), `{"record":{"code":"${EVIL}"}}`, 'x'.repeat(60000)]) {
		const page = await bring(text);
		assert.equal(page.status, 400, text.slice(0, 40));
		assert.match(wordsOf(page.text), /not the file of a receipt/);
	}
	assert.equal((await bring('x'.repeat(70000))).status, 413);
	assert.equal((await bring('x'.repeat(400000))).status, 413);
});

test('an older receipt of a consent that ended since is still ours, and the page says how it is now', async () => {
	const id = await give();
	const { json: old } = await get(path(id, '/receipt'));
	await withdrawInBrowser(browser, id);
	const page = await bring(old);
	assert.equal(page.status, 200);
	assert.match(wordsOf(page.text), /This receipt is ours.*The consent is not in force/);
	record = await give({ optional: ['family'], give: ['family'] });
});

/* ---- strangers ---- */

test('the record and receipt of somebody else are like ones that there are not, in every form', async () => {
	const { access_token: token } = await personTokens(ombud, stranger, 'web_portal', 'openid consent:manage');
	for (const form of FORMS) {
		for (const rest of ['', '/receipt']) {
			const [foreign, unknown] = await Promise.all([record, randomUUID()].map((id) => ombud.web().get(`${issuer}${path(id, rest)}`, { headers: { ...bearer(token), accept: form } })));
			assertProblem(foreign, 404);
			assert.equal(foreign.text.replace(/[0-9a-f-]{36}/g, ''), unknown.text.replace(/[0-9a-f-]{36}/g, ''));
		}
	}
});

test('words of a service do not become markup in any form', async () => {
	const asked = await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], until: later(11), case: EVIL });
	assert.equal(asked.status, 201, asked.text);
	for (const page of [await browser.open(asked.json.form_url), await browser.open(`/ask/${asked.json.request_id}/document`)]) {
		assert.ok(!page.text.includes('<script>alert'));
	}
	assert.equal((await service('POST', '/access/v1/evaluation', question(person.sub))).json.decision, true);
	assert.ok(formsOf((await browser.open(`/consents/${record}`)).text).length > 0);
});

/* Last: it uses up what this address may guess, which in a demonstration is far more than anywhere else. */
test('nobody finds a code by trying', async () => {
	await reconfigure(ombud, (text) => text.replace(/^wrong_tries: .*$/m, 'wrong_tries: 20'));
	let refused;
	for (let n = 0; n < 60 && !refused; n++) {
		const page = await check('0000-0000-00');
		assert.ok([404, 429].includes(page.status));
		refused = page.status === 429 ? page : undefined;
	}
	assert.ok(refused, 'it goes on for ever');
	assert.ok(Number(refused.header('retry-after')) >= 1);
});
