/*
 * test_log_away.mjs: when the log cannot be written (its daemon hangs, its disk is full), decisions, tokens and sign-ins are
 * refused with 503 within two seconds, nothing is permitted, and five seconds after the fault ends all is well again.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { auditlog, codeAt, currentStep, giveConsent, question, requestToken, sleep, startOmbud, waitPublished } from '../system/lib/ombud.mjs';
import { notTried } from './lib/scale.mjs';
import { whyNoStrace } from './lib/trace.mjs';

const LIMIT_MS = 2000;
const BACK_MS = 5000;

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

async function everythingIsRefused(sends) {
	for (const [what, send] of Object.entries(sends)) {
		const { answer, took } = await timed(send);
		assert.equal(answer.status, 503, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
		assert.ok(took < LIMIT_MS, `${what} took ${took} ms`);
		assert.ok(!/"decision":true|access_token/.test(answer.text), what);
		assert.ok(!(answer.headers['set-cookie'] ?? []).some((line) => /^__Host-session=[^;]/.test(line)), `${what} gave a session`);
	}
}

async function backInTime(sends) {
	const until = Date.now() + BACK_MS;
	for (const what of ['decision', 'token']) {
		for (;;) {
			const answer = await sends[what]().catch(() => undefined);
			if (answer?.status === 200) {
				break;
			}
			assert.ok(Date.now() < until, `${what} is not back after ${BACK_MS} ms: ${answer?.status}`);
			await sleep(50);
		}
	}
}

async function logHolds(ombud, sends) {
	const { json } = await sends.decision();
	const { dir, vkey } = ombud.demo.log;
	await waitPublished(dir, json.context.log.index);
	const { status, text } = await auditlog('verify', dir, '--key', vkey);
	assert.equal(status, 0, text);
}

test('a log that hangs: refused within two seconds, back within five', { timeout: 120e3 }, async () => {
	running = await startOmbud();
	const { sends } = await requestsOf(running);
	const { auditlogd } = running.demo.pids;

	process.kill(auditlogd, 'SIGSTOP');
	await everythingIsRefused(sends);
	process.kill(auditlogd, 'SIGCONT');
	await backInTime(sends);
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

test('a disk that takes five seconds for a flush: refused within two seconds, back within five', { timeout: 120e3 }, async (t) => {
	const why = whyNoStrace();
	if (why) {
		notTried(t, `a slow disk under a whole Ombud (${why})`);
		return;
	}
	const { sends } = await requestsOf(running);
	const faster = await slowFlushes(running.demo.pids.auditlogd, 5000);
	try {
		/* Not the sign-in: the log answers STATUS all the while, so each request waits its full time for the entry, and there
		 * the hash of a password comes on top of it. */
		const { decision, token, entry } = sends;
		await everythingIsRefused({ decision, token, entry });
	} finally {
		await faster();
	}
	await backInTime(sends);
	await logHolds(running, sends);
});

test('a withdrawal made while the log hangs holds at once', { timeout: 120e3 }, async () => {
	const { consent, browser, sends } = await requestsOf(running);
	const { auditlogd } = running.demo.pids;
	let page = await browser.open(`/consents/${consent}`);

	process.kill(auditlogd, 'SIGSTOP');
	for (let click = 0; click < 2 && page.status === 200; click++) {
		page = await browser.submitOnce(page, browser.findForm(page, { action: '/withdraw' })).then((answer) => browser.follow(answer));
	}
	process.kill(auditlogd, 'SIGCONT');
	await backInTime(sends);
	const { json } = await sends.decision();
	assert.equal(json.decision, false);
	assert.equal(json.context.reason, 'consent_withdrawn');
	await running.stop();
	running = undefined;
});

test('keys that hang: refused within two seconds, back within five', { timeout: 120e3 }, async () => {
	running = await startOmbud();
	const { sends } = await requestsOf(running);
	const keyd = running.demo.pids['authd-keyd'];

	process.kill(keyd, 'SIGSTOP');
	for (const what of ['decision', 'token']) {
		const { answer, took } = await timed(sends[what]);
		assert.equal(answer.status, 503, what);
		assert.ok(took < LIMIT_MS, `${what} took ${took} ms`);
	}
	process.kill(keyd, 'SIGCONT');
	await backInTime(sends);
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

test('a full disk: refused within two seconds, back within five', { timeout: 180e3 }, async (t) => {
	const dir = mkdtempSync(join(tmpdir(), 'ombud-disk-'));
	mounted = smallDisk(dir, 96);
	if (!mounted) {
		t.skip('mounting is not allowed here');
		return;
	}
	running = await startOmbud({ dir });
	const { sends } = await requestsOf(running);

	fill(mounted);
	/* What is reserved ahead may still be used up; then the refusals begin, and they begin in time. */
	for (let asked = 0; ; asked++) {
		const { answer, took } = await timed(sends.decision);
		assert.ok(took < LIMIT_MS, `a decision took ${took} ms`);
		if (answer.status === 503) {
			break;
		}
		assert.equal(answer.status, 200, answer.text);
		assert.ok(asked < 200000, 'the disk is full and decisions go on');
	}
	await everythingIsRefused(sends);
	rmSync(join(mounted, 'ballast'));
	await backInTime(sends);
	await logHolds(running, sends);
	await running.stop();
	running = undefined;
});
