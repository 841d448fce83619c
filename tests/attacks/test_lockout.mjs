/*
 * test_lockout.mjs: somebody who only knows a name types wrong passwords without end. The account waits for strangers, and its
 * owner signs in all the same, on a browser in which they have been before.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, signInPerson } from '../system/lib/outsider.mjs';
import { PATIENCE_MS, signInThrough, useOmbud } from '../system/lib/ombud.mjs';

const WRONG = 8; /* after five an account begins to wait; at eight it waits for seconds */

let owner;
let browser;

const ombud = useOmbud({ before, after }, async (started) => {
	owner = await addPerson(started);
	browser = await signInPerson(started, owner);
});

/* The answer of the first step. One that found no place to be hashed is asked again: it says nothing about the password. */
async function tryPassword(theirs, password) {
	for (;;) {
		const page = await theirs.open('/login?again=1');
		const form = theirs.findForm(page, { having: ['login', 'password'] });
		const answer = await theirs.submitOnce(page, form, { login: owner.login, password });
		if (answer.status !== 503) {
			return answer;
		}
	}
}

async function makeItWait() {
	const stranger = ombud.browser();
	for (let i = 0; i < WRONG; i++) {
		assert.equal((await tryPassword(stranger, `wrong password ${i}`)).status, 401);
	}
	return stranger;
}

/*
 * What `tries` answers while the account waits. The wait is short, and on a busy machine it may be over before everybody has been
 * heard: then 303 says nothing, and all is done again. Without any wait it would be 303 each time.
 */
async function whileItWaits(tries) {
	for (let round = 0; ; round++) {
		const answers = await tries(await makeItWait());
		if (round === 9 || answers.every(({ status }) => status !== 303)) {
			return answers.map(({ status }) => status);
		}
	}
}

test('while an account waits, a stranger is refused with the right password as with a wrong one', async () => {
	const answers = await whileItWaits(async (stranger) => [await tryPassword(stranger, owner.password)]);

	assert.deepEqual(answers, [401], 'at this moment no password helps a stranger');
});

test('its owner need not wait, on a browser in which they have signed in before', async () => {
	await makeItWait();
	assert.equal((await tryPassword(browser, owner.password)).status, 303);
	assert.equal((await tryPassword(browser, 'wrong password')).status, 401, 'the right password is needed all the same');
});

test('that browser helps nobody else, and a cookie that somebody made up helps nobody', async () => {
	const other = await addPerson(ombud);
	const othersBrowser = await signInPerson(ombud, other);
	const answers = await whileItWaits((stranger) => {
		stranger.cookies.set('__Host-browser', '4102444800.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
		return Promise.all([stranger, othersBrowser].map((theirs) => tryPassword(theirs, owner.password)));
	});

	assert.deepEqual(answers, [401, 401], "neither a made-up proof nor another person's");
});

test('tries while it waits do not make it wait longer: it ends within a minute, whatever is tried', async () => {
	const stranger = await makeItWait();
	const newBrowser = ombud.browser();
	const began = Date.now();
	let landed;

	/* The stranger goes on all the time, a little slower than the owner, so that the address keeps its tries. */
	for (let i = 0; !landed && Date.now() - began < PATIENCE_MS; i++) {
		if (i % 4 === 0) {
			await tryPassword(stranger, 'still wrong').catch(() => {});
		}
		await new Promise((resolve) => { setTimeout(resolve, 400); });
		const answer = await tryPassword(newBrowser, owner.password);
		if (answer.status === 303) {
			landed = await newBrowser.follow(answer);
		}
	}
	assert.ok(landed, 'the owner got in on a new browser, too');
	landed = await signInThrough(ombud.browser(), owner).catch(() => landed);
	assert.ok(landed);
});
