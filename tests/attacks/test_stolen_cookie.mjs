/*
 * test_stolen_cookie.mjs: somebody has a copy of a person's session cookie, from a disk, a backup or a shared computer: it is the
 * same session as the person's own. What ends it, and what it cannot undo.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, signInPerson } from '../system/lib/outsider.mjs';
import { formsOf, until, useOmbud, wordsOf } from '../system/lib/ombud.mjs';

const COOKIE = '__Host-session';

const ombud = useOmbud({ before, after });

/* A browser of the thief's with the cookie as it is at this moment. */
function copyOf(browser) {
	const thief = ombud.browser();
	thief.cookies.set(COOKIE, browser.cookies.get(COOKIE));
	return thief;
}

const formOf = (page, action) => formsOf(page.text).find((one) => one.action.endsWith(action)) ?? assert.fail(`no form ${action}: ${wordsOf(page.text)}`);
const at = async (browser) => new URL((await browser.open('/security')).url).pathname;

test('"this was not me" in the very session whose cookie was copied ends the copy, and the person goes on', async () => {
	const own = await signInPerson(ombud, await addPerson(ombud));
	const thief = copyOf(own);
	assert.equal(await at(thief), '/security');
	const held = await thief.open('/security');
	const page = await own.open('/security');
	const answer = await own.submitOnce(page, formOf(page, '/security/freeze'));
	assert.deepEqual([answer.status, new URL(answer.location ?? answer.url).pathname], [303, '/security'], wordsOf(answer.text));
	assert.equal(await at(own), '/security');
	assert.equal(await at(thief), '/login');
	const undone = await thief.submitOnce(held, formOf(held, '/security/freeze'));
	assert.equal(new URL(undone.location).pathname, '/login', 'a form that the thief had open does nothing, either');
});

/* A person with another password, in the session that set it: { own, thief }. A machine with too much to do answers late, and a client that asks
 * again has a wrong old password by then: another person tries. */
async function changed() {
	const person = await addPerson(ombud);
	const own = await signInPerson(ombud, person);
	const thief = copyOf(own);
	const page = await own.open('/security');
	const answer = await own.submitOnce(page, formOf(page, '/security/password_change'), { old: person.password, new: `${person.password}-anew` });
	return answer.status === 303 && new URL(answer.location).pathname === '/security' ? { own, thief } : undefined;
}

test('a new password ends the copy of the session that it was set in', async () => {
	const { own, thief } = await until('somebody has another password', changed);
	assert.equal(await at(own), '/security');
	assert.equal(await at(thief), '/login');
});

test('a wrong old password gives nobody another cookie', async () => {
	const own = await signInPerson(ombud, await addPerson(ombud));
	const had = own.cookies.get(COOKIE);
	const page = await own.open('/security');
	const answer = await own.submitOnce(page, formOf(page, '/security/password_change'), { old: 'not-it-at-all', new: 'quartz-heron-something-else' });
	assert.equal(answer.status, 403);
	assert.equal(own.cookies.get(COOKIE), had);
	assert.equal(await at(own), '/security');
});

test('of the person and the thief who say "this was not me" at the same moment one goes on, and it is frozen', async () => {
	const person = await addPerson(ombud);
	const own = await signInPerson(ombud, person);
	const thief = copyOf(own);
	const pages = await Promise.all([own, thief].map((browser) => browser.open('/security')));
	await Promise.all([own, thief].map((browser, i) => browser.submitOnce(pages[i], formOf(pages[i], '/security/freeze'))));
	const left = (await Promise.all([own, thief].map(at))).filter((path) => path === '/security');
	assert.equal(left.length, 1);
	const anew = await signInPerson(ombud, person);
	const page = await anew.open('/security');
	assert.equal((await anew.submitOnce(page, formOf(page, '/security/thaw'))).status, 303, 'whoever it was, the person alone thaws');
});

test('the log judges all of it lawful', () => assertLawful(ombud));
