/*
 * test_consent_tending.mjs: what ends or reminds by itself does so once, whoever looks: two nodes over one PostgreSQL, and a node that
 * is killed between its commit and the log. Terms of seconds.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from './lib/database.mjs';
import { Node } from './lib/nodes.mjs';
import { addPerson, assertLawful, logEntries, signInPerson } from './lib/outsider.mjs';
import { database, giveConsent, sleep, until, useOmbud } from './lib/ombud.mjs';

let service;
let person;
let browser;
let node; /* the second one; SQLite has one process only */

after(() => node?.stop());
const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	if (database === 'postgres') {
		node = await new Node(started, 'second').start();
	}
});
const DAY = 86400e6;
let days = 40;
const later = () => new Date(Date.now() + ++days * 86400e3).toISOString();
const ask = async () => (await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], until: later() })).json.request_id;
const marks = (list) => list.map((one) => `'${one}'`).join(', ');
const indexOf = (table, key, id) => Number(sql(ombud, `SELECT log_index FROM ${table} WHERE ${key} = '${id}'`)[0][0]);

/* Some of each kind, and what must come of them: [event, index that it rests on] each once. */
async function some(count) {
	const consents = [];
	const requests = [];
	const reminded = [];
	for (let i = 0; i < count; i++) {
		consents.push(await giveConsent(ombud, service, browser, person.sub, { until: later() }));
		requests.push(await ask());
	}
	reminded.push(await giveConsent(ombud, service, browser, person.sub, { until: later() }));
	return { consents: [...new Set(consents)], requests, reminded,
		wanted: [...consents.map((id) => ['consent.expired', indexOf('consent', 'record_id', id)]), ...requests.map((id) => ['consent.request_expired', indexOf('consent_request', 'request_id', id)]),
			...reminded.map((id) => ['notice.sent', indexOf('consent', 'record_id', id)])] };
}

/* The terms of all of them are over, or near, at one moment. */
function letThemEnd({ consents, requests, reminded }, at) {
	sql(ombud, `UPDATE consent SET until_us = ${at} WHERE record_id IN (${marks(consents)})`);
	sql(ombud, `UPDATE consent_request SET expires_us = ${at} WHERE request_id IN (${marks(requests)})`);
	sql(ombud, `UPDATE consent SET from_us = ${at - 300 * DAY}, until_us = ${at + 20 * DAY} WHERE record_id IN (${marks(reminded)})`);
}

const found = ([event, index]) => logEntries(ombud).filter(({ entry }) => entry.event === event && entry.basis?.index === index).length;

async function assertOnce({ wanted, consents, requests }) {
	await until('each has its entry', () => wanted.every((one) => found(one) > 0)).catch((error) => {
		throw new Error(`${error.message}: ${JSON.stringify(wanted.map((one) => [...one, found(one)]))}`);
	});
	await sleep(3000);
	assert.deepEqual(wanted.map((one) => [...one, found(one)]), wanted.map((one) => [...one, 1]));
	const ended = (table, key, list) => sql(ombud, `SELECT DISTINCT state FROM ${table} WHERE ${key} IN (${marks(list)})`);
	assert.deepEqual(ended('consent', 'record_id', consents), [['expired']]);
	assert.deepEqual(ended('consent_request', 'request_id', requests), [['expired']]);
	assert.deepEqual(sql(ombud, `SELECT record_id FROM consent_event WHERE state = 'expired' AND record_id IN (${marks(consents)}) GROUP BY record_id HAVING count(*) <> 1`), []);
	assert.deepEqual(sql(ombud, `SELECT count(*) FROM consent WHERE record_id IN (${marks(consents)}) AND withdraw_index IS NULL`), [['0']], 'each knows its entry');
}

test('on as many nodes as there are, each end and each reminder is one entry', async () => {
	const all = await some(8);
	letThemEnd(all, (Date.now() + 2000) * 1000);
	await assertOnce(all);
	assert.equal(sql(ombud, `SELECT count(*) FROM inbox WHERE sub = '${person.sub}' AND kind = 'consent_expired'`)[0][0], String(all.consents.length));
});

test('nodes that are killed between the commit and the log leave neither two entries nor none', async () => {
	const all = await some(4);
	const { auditlogd } = ombud.demo.pids;
	process.kill(auditlogd, 'SIGSTOP');
	try {
		letThemEnd(all, Date.now() * 1000 - 1);
		await until('a term ends without the log',
			() => sql(ombud, `SELECT count(*) FROM consent WHERE state = 'expired' AND record_id IN (${marks(all.consents)})`)[0][0] !== '0');
		process.kill(ombud.demo.pids.authd, 'SIGKILL');
		if (node) {
			process.kill(node.process.pid, 'SIGKILL');
		}
	} finally {
		process.kill(auditlogd, 'SIGCONT');
	}
	if (node) {
		await node.gone;
		await node.start();
	}
	await assertOnce(all);
});

test('the log of all this is lawful', async () => {
	await assertLawful(ombud);
});
