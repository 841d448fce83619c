/*
 * test_log_away.mjs: when the log cannot be written (its daemon hangs, its disk is full), decisions, tokens and sign-ins are
 * refused with 503 within two seconds, nothing is permitted, and after the fault has ended all is well again by itself.
 *
 * A time says something of the program only beside what else takes time on the machine: the two seconds are counted from what the
 * same kinds of requests took a moment before, tenfold, and of three tries the quickest counts.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { auditlog, codeAt, currentStep, giveConsent, question, requestToken, sleep, startOmbud, untilServed, waitPublished } from '../system/lib/ombud.mjs';
import { notTried } from './lib/scale.mjs';
import { whyNoStrace } from './lib/trace.mjs';

const LIMIT_MS = 2000;
const TRIES = 3;
const MARGIN = 10;

let running;
let mounted;

after(async () => {
	await running?.stop();
	if (mounted) {
		spawnSync('umount', ['-l', mounted]);
		rmSync(join(mounted, '..'), { recursive: true, force: true });
	}
});

/* Everything that must not be released without its entry, as functions that give an answer. */
async function requestsOf(ombud) {
	const { issuer, clients, people } = ombud.demo;
	const service = await ombud.service('svc_benefits_north');
	const browser = await ombud.signIn('citizen');
	const consent = await giveConsent(ombud, service, browser, people.citizen.sub);
	const web = ombud.web({ agent: false });
	return {
		consent, service, browser,
		sends: {
			decision: () => service('POST', '/access/v1/evaluation', question(people.citizen.sub)),
			token: () => requestToken(web, issuer, 'svc_benefits_north', clients.svc_benefits_north),
			'sign-in': () => passwordThenCode(ombud, people.citizen2),
			entry: () => service('POST', '/access/v1/evaluation', question(people.citizen.sub, { category: 'disability' })),
		},
	};
}

/* The answer of the step of the sign-in that had to be recorded. */
async function passwordThenCode(ombud, person) {
	const browser = ombud.browser();
	const page = await browser.open('/login');
	const after = await browser.submitOnce(page, browser.findForm(page, { having: ['login', 'password'] }), { login: person.login, password: person.password });
	if (after.status === 503) {
		return after;
	}
	const otp = await browser.follow(after);
	return browser.submitOnce(otp, browser.findForm(otp, { having: ['code'] }), { code: await codeAt(person.totp_secret, currentStep()) });
}

async function timed(send) {
	const began = Date.now();
	const answer = await send();
	return { answer, took: Date.now() - began };
}

/* How long a decision, a token and a wrong password take together where all is well, as things are. */
async function paceOf(ombud, sends) {
	const began = Date.now();
	await sends.decision();
	await sends.token();
	const browser = ombud.browser();
	const page = await browser.open('/login');
	await browser.submitOnce(page, browser.findForm(page, { having: ['login', 'password'] }), { login: ombud.demo.people.senior.login, password: 'not the password' });
	return Date.now() - began;
}

function assertRefused(what, { answer }) {
	assert.equal(answer.status, 503, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
	assert.ok(!/"decision":true|access_token/.test(answer.text), what);
	assert.ok(!(answer.headers['set-cookie'] ?? []).some((line) => /^__Host-session=[^;]/.test(line)), `${what} gave a session`);
}

/* Each is refused, every time, and the quickest of some tries within two seconds of work that is not the machine's. */
async function everythingIsRefused(sends, pace) {
	for (const [what, send] of Object.entries(sends)) {
		let quickest = Infinity;
		for (let tries = 0; tries < TRIES && quickest >= LIMIT_MS; tries++) {
			const one = await timed(send);
			assertRefused(what, one);
			quickest = Math.min(quickest, one.took);
		}
		console.log(`# ${what}: refused after ${quickest} ms, at a pace of ${pace} ms`);
		assert.ok(quickest < LIMIT_MS + MARGIN * pace, `${what} took ${quickest} ms at a pace of ${pace} ms`);
	}
}

async function backByItself(sends) {
	const began = Date.now();
	for (const what of ['decision', 'token']) {
		await untilServed(`${what} is back`, async () => (await sends[what]()).status === 200);
	}
	console.log(`# back after ${Date.now() - began} ms`);
}

async function logHolds(ombud, sends) {
	const { json } = await sends.decision();
	const { dir, vkey } = ombud.demo.log;
	await waitPublished(dir, json.context.log.index);
	const { status, text } = await auditlog('verify', dir, '--key', vkey);
	assert.equal(status, 0, text);
}

test('a log that hangs: refused within two seconds, back by itself', async () => {
	running = await startOmbud({ patient: false });
	const { sends } = await requestsOf(running);
	const { auditlogd } = running.demo.pids;
	const pace = await paceOf(running, sends);

	process.kill(auditlogd, 'SIGSTOP');
	await everythingIsRefused(sends, pace);
	process.kill(auditlogd, 'SIGCONT');
	await backByItself(sends);
	await logHolds(running, sends);
});

/* Every flush of a running daemon takes so long from now on, until the function that this gives is called. */
async function slowFlushes(pid, ms) {
	const slow = spawn('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', `inject=fdatasync:delay_enter=${ms * 1000}`, '-p', String(pid)],
		{ stdio: 'ignore' });
	const ended = new Promise((resolve) => slow.on('exit', resolve));
	for (let i = 0; !/TracerPid:\t[1-9]/.test(readFileSync(`/proc/${pid}/status`, 'utf8')); i++) {
		assert.ok(i < 100 && slow.exitCode === null, 'strace is not there');
		await sleep(20);
	}
	return async () => {
		slow.kill('SIGINT');
		await ended;
	};
}

test('a disk that takes five seconds for a flush: refused within two seconds, back by itself', async (t) => {
	const why = whyNoStrace();
	if (why) {
		notTried(t, `a slow disk under a whole Ombud (${why})`);
		return;
	}
	const { sends } = await requestsOf(running);
	const pace = await paceOf(running, sends);
	const faster = await slowFlushes(running.demo.pids.auditlogd, 5000);
	try {
		/* Not the sign-in: the log answers STATUS all the while, so each request waits its full time for the entry, and there
		 * the hash of a password comes on top of it. */
		const { decision, token, entry } = sends;
		await everythingIsRefused({ decision, token, entry }, pace);
	} finally {
		await faster();
	}
	await backByItself(sends);
	await logHolds(running, sends);
});

test('a withdrawal made while the log hangs holds at once', async () => {
	const { consent, browser, sends } = await requestsOf(running);
	const { auditlogd } = running.demo.pids;
	let page = await browser.open(`/consents/${consent}`);

	process.kill(auditlogd, 'SIGSTOP');
	for (let click = 0; click < 2 && page.status === 200; click++) {
		page = await browser.submitOnce(page, browser.findForm(page, { action: '/withdraw' })).then((answer) => browser.follow(answer));
	}
	process.kill(auditlogd, 'SIGCONT');
	await backByItself(sends);
	const { json } = await sends.decision();
	assert.equal(json.decision, false);
	assert.equal(json.context.reason, 'consent_withdrawn');
	await running.stop();
	running = undefined;
});

test('keys that hang: refused within two seconds, back by itself', async () => {
	running = await startOmbud({ patient: false });
	const { sends } = await requestsOf(running);
	const keyd = running.demo.pids['authd-keyd'];
	const pace = await paceOf(running, sends);

	process.kill(keyd, 'SIGSTOP');
	await everythingIsRefused({ decision: sends.decision, token: sends.token }, pace);
	process.kill(keyd, 'SIGCONT');
	await backByItself(sends);
	await running.stop();
	running = undefined;
});

/* A disk of its own for DIR/log; undefined where mounting is not allowed. */
function smallDisk(dir, megabytes) {
	const log = join(dir, 'log');
	mkdirSync(log, { mode: 0o700 });
	const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'ombud-test', log]);
	return status === 0 ? log : undefined;
}

/* Takes every free byte. */
function fill(log) {
	const file = openSync(join(log, 'ballast'), 'w');
	const zeros = Buffer.alloc(64 << 10);
	try {
		for (;;) {
			writeSync(file, zeros);
		}
	} catch (error) {
		assert.equal(error.code, 'ENOSPC');
	} finally {
		closeSync(file);
	}
}

test('a full disk: refused within two seconds, back by itself', async (t) => {
	const dir = mkdtempSync(join(tmpdir(), 'ombud-disk-'));
	mounted = smallDisk(dir, 96);
	if (!mounted) {
		t.skip('mounting is not allowed here');
		return;
	}
	running = await startOmbud({ dir, patient: false });
	const { sends } = await requestsOf(running);
	const pace = await paceOf(running, sends);

	fill(mounted);
	/* What is reserved ahead may still be used up; then the refusals begin. */
	for (let asked = 0; ; asked++) {
		const answer = await sends.decision();
		if (answer.status === 503) {
			break;
		}
		assert.equal(answer.status, 200, answer.text);
		assert.ok(asked < 200000, 'the disk is full and decisions go on');
	}
	await everythingIsRefused(sends, pace);
	rmSync(join(mounted, 'ballast'));
	await backByItself(sends);
	await logHolds(running, sends);
	await running.stop();
	running = undefined;
});
