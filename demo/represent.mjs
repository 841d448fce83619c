/*
 * represent.mjs: what the demonstration is left with for whoever tries it: citizen is the parent of child, by two officials, and
 * holds a power of attorney of citizen2 for one purpose. Whatever stands already is left alone.
 */
import assert from 'node:assert/strict';
import { signIn } from './signin.mjs';

const PURPOSE = 'eligibility';
const PAPER = { kind: 'parent', document: 'Свидетельство о рождении', number: 'IV-АБ 123456', issued: '2016-09-12', issuer: 'ЗАГС Приморского района', zone: 'Europe/Moscow' };

const year = () => new Date().getUTCFullYear();

async function send(browser, path, action, fields = {}) {
	const page = await browser.open(path);
	const answer = await browser.submitOnce(page, browser.findForm(page, { action }), fields);
	assert.ok([200, 303].includes(answer.status), `${action}: ${answer.status} ${answer.text}`);
	return answer;
}

async function registerParent(browsers, { child, citizen }) {
	await send(browsers.operator, '/desk/mandates', '/register', { ...PAPER, person: child.login, representative: citizen.login, born: `${year() - 10}-09-01` });
	const { text } = await browsers.operator2.open('/desk/mandates');
	await send(browsers.operator2, /href="(\/desk\/mandates\/[^"]+)"/.exec(text)[1], '/confirm');
}

async function givePower(browsers) {
	const { text } = await send(browsers.citizen2, '/representatives', '/offer', { purpose: [PURPOSE], action: ['see', 'give', 'withdraw'],
		until: `${year() + 1}-12-31` });
	await send(browsers.citizen, '/representatives', '/accept', { code: /<code[^>]*id="code">([^<]+)</.exec(text)[1] });
}

/* citizen: a browser in which they are signed in. True when there was something to do. */
export async function represent(demo, citizen) {
	const { text } = await citizen.open('/representatives');
	if (text.includes('action="/representatives/act"')) {
		return false;
	}
	const browsers = { citizen };
	try {
		for (const name of ['citizen2', 'operator', 'operator2']) {
			browsers[name] = await signIn(demo, demo.people[name], { language: 'en' });
		}
		await registerParent(browsers, demo.people);
		await givePower(browsers);
	} finally {
		Object.values(browsers).filter((one) => one !== citizen).forEach((one) => one.close());
	}
	return true;
}
