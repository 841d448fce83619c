/*
 * test_representative_order.mjs: a mandate's end holds from the next act on, and the log proves it: while 24 connections do what a
 * representative may do, changing things, reading and downloading, the mandate is taken back or frozen, and nothing done under it
 * stands behind that entry, not even what was under way.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formsOf, question, sleep, untilServed, useOmbud, waitPublished } from './lib/ombud.mjs';
import { addPerson, asClient, assertLawful, authctlJson, bearer, logEntries, personTokens, signInPerson, untilEntry } from './lib/outsider.mjs';

const LOOPS = 24;
const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

let north;

const ombud = useOmbud({ before, after }, async (started) => {
	north = await started.service('svc_benefits_north');
});

const send = async (browser, path, name, fields = {}) => {
	const page = await browser.open(path);
	const form = formsOf(page.text).find(({ action }) => action.includes(name)) ?? assert.fail(`no form ${name} at ${path}: ${page.status}`);
	return browser.submitOnce(page, form, fields);
};

const ask = async (person, more = {}) => {
	const asked = await north('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], until: UNTIL, ...more });
	assert.equal(asked.status, 201, asked.text);
	return new URL(asked.json.form_url).pathname;
};

/* Two people, one of whom acts for the other in a browser and with a token; the index of their mandate. */
async function appoint() {
	const [principal, helper] = [await addPerson(ombud), await addPerson(ombud)];
	const [own, theirs] = [await signInPerson(ombud, principal), await signInPerson(ombud, helper)];
	const offered = await send(own, '/representatives', '/offer', { purpose: ['eligibility', 'monthly_check'], action: ['see', 'give', 'withdraw', 'ask', 'object'], until: UNTIL });
	assert.equal((await send(theirs, '/representatives', '/accept', { code: /<code[^>]*id="code">([^<]+)</.exec(offered.text)[1] })).status, 303);
	const [{ id, log_index: index }] = (await authctlJson(ombud, 'mandate', 'list', '--represented', principal.sub)).records;
	const { access_token: subject_token } = await personTokens(ombud, theirs, 'family_app', 'openid consent:manage audit:read represent');
	const exchanged = await asClient(ombud, 'family_app', '/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token,
		subject_token_type: ACCESS_TOKEN, mandate: id });
	assert.equal(exchanged.status, 200, exchanged.text);
	assert.equal((await send(theirs, '/representatives', '/act', { id })).status, 303);
	return { principal, helper, own, theirs, index, token: exchanged.json.access_token };
}

/* What the representative does, again and again: each a function that answers. */
async function actsOf({ principal, theirs, token }) {
	const given = await send(theirs, await ask(principal), '/ask/', { answer: 'give' });
	const record = given.location.split('/').at(-1);
	const look = (await north('POST', '/access/v1/evaluation', question(principal.sub))).json.context.evaluation_id;
	const asks = await theirs.open(`/accesses/${look}`);
	assert.equal((await send(theirs, '/objections', '/objections/set', { what: 'monthly_check' })).status, 303);
	const objections = await theirs.open('/objections');
	const waiting = await theirs.open(await ask(principal, { purpose: 'monthly_check' }));
	const form = (page, name) => formsOf(page.text).find(({ action }) => action.includes(name));
	const get = (path) => () => theirs.get(new URL(path, ombud.demo.issuer));
	const api = (method, path, json) => () => ombud.web().request(method, new URL(path, ombud.demo.issuer), { headers: bearer(token), json });
	return {
		object: () => theirs.submitOnce(objections, form(objections, '/set'), { what: 'monthly_check' }),
		lift: () => theirs.submitOnce(objections, form(objections, '/lift')),
		question: () => theirs.submitOnce(asks, form(asks, '/question'), { kind: 'question', text: 'Зачем это смотрели сегодня?' }),
		answer: () => theirs.submitOnce(waiting, form(waiting, '/ask/'), { answer: 'later' }),
		consents: get('/consents'), document: get(`/consents/${record}/document`), receipt: get(`/consents/${record}/receipt`), accesses: get('/accesses'),
		records: api('GET', `/consent/v1/records?person=${principal.sub}`), withdraw: api('POST', `/consent/v1/records/${record}/withdraw`, {}),
	};
}

/* Loops over the acts until `stop`: { done, errors }. */
function loopOver(acts) {
	const said = { done: 0, errors: [] };
	let going = true;
	const loops = Array.from({ length: LOOPS }, async (_, i) => {
		const names = Object.keys(acts);
		for (let at = i; going; at++) {
			const name = names[at % names.length];
			const { status, text } = await acts[name]().catch((error) => ({ status: 0, text: String(error) }));
			if (status === 0 || status >= 500) {
				said.errors.push(`${name}: ${status} ${text.slice(0, 200)}`);
			}
			said.done++;
		}
	});
	said.stop = async () => {
		going = false;
		await Promise.all(loops);
	};
	return said;
}

const more = async (loops, count, limit = 60000) => {
	const [from, end] = [loops.done, Date.now() + limit];
	while (loops.done < from + count) {
		assert.ok(Date.now() < end, `only ${loops.done - from} acts; ${loops.errors.slice(0, 3)}`);
		await sleep(5);
	}
};

const actedUnder = (index, from = 0) => logEntries(ombud, from).filter(({ entry }) => entry.facts?.mandate === index);

/* While it goes on, `end` ends the mandate by an entry with this event. */
async function round(event, end, { crashes = false } = {}) {
	const people = await appoint();
	const loops = loopOver(await actsOf(people));
	try {
		await more(loops, 150);
		await end(people);
		await more(loops, 100);
	} finally {
		await loops.stop();
	}
	assert.ok(crashes || loops.errors.length === 0, loops.errors.join('\n'));
	const ended = await untilEntry(ombud, event, (entry) => entry.event === event);
	const probe = await north('POST', '/access/v1/evaluation', question(people.principal.sub));
	await waitPublished(ombud.demo.log.dir, probe.json.context.log.index);
	const events = new Set(actedUnder(people.index).map(({ entry }) => entry.event));
	for (const one of ['profile.read', 'objection.set', 'objection.lifted', 'question.opened', 'consent.withdrawn', 'consent.deferred']) {
		assert.ok(events.has(one), `${one} is among what was done: ${[...events]}`);
	}
	assert.deepEqual(actedUnder(people.index, ended.index + 1), [], `behind entry ${ended.index}`);
	return people;
}

for (let number = 1; number <= 3; number++) {
	test(`nothing that a representative does stands behind the end of their mandate, round ${number}`, { timeout: 120000 }, async () => {
		const { principal, theirs } = await round('mandate.revoked', async ({ own }) => {
			assert.equal((await send(own, '/representatives', '/end')).status, 303);
		});
		assert.doesNotMatch((await theirs.open('/consents')).text, new RegExp(principal.name), 'and they see their own again');
	});
}

test('nor behind the freezing of whom they represent', { timeout: 120000 }, async () => {
	await round('auth.frozen', async ({ own }) => {
		assert.equal((await send(own, '/security', '/freeze')).status, 303);
	});
});

test('nor behind an end after authd was killed with acts under way', { timeout: 180000 }, async () => {
	await round('mandate.revoked', async ({ own }) => {
		const { authd } = ombud.demo.pids;
		process.kill(authd, 'SIGKILL');
		await ombud.restarted('authd', authd);
		const page = await untilServed('a page after the new start', async () => {
			const answer = await own.open('/representatives');
			assert.equal(answer.status, 200);
			return answer;
		});
		assert.equal((await own.submitOnce(page, formsOf(page.text).find(({ action }) => action.includes('/end')))).status, 303);
	}, { crashes: true });
});

test('the whole log is lawful', () => assertLawful(ombud));
