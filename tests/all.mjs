/*
 * all.mjs: runs every suite through ctest and adds up what they say. `./run test [NAME...]` calls it after building.
 *
 * The unit tests run in the sanitizer build, the tests of the whole system on the release build. The output of each suite is
 * kept in build/test-logs. A suite counts as one failure more when it ends badly without naming a failed test: a
 * crash, a time limit, a leak or a complaint of a sanitizer.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const logs = join(root, 'build', 'test-logs');
const jobs = availableParallelism?.() ?? cpus().length;

const STAGES = [
	{ title: 'unit tests, sanitizers on', build: 'asan', label: 'unit', jobs },
	{ title: 'fuzz corpora, sanitizers on', build: 'asan', label: 'fuzz', jobs },
	/* Sanitizers need system calls that the sandbox forbids. */
	{ title: 'unit tests of the sandbox, release build', build: 'release', label: 'unit', jobs, only: ['unit.test_sandbox', 'unit.test_privdrop'] },
	/* They wait more than they compute: for the next one-time code, for checkpoints, for terms to end. */
	{ title: 'tests of the whole system, release build', build: 'release', label: 'system', jobs: 2 * jobs },
];

/* What a suite's last lines may look like; each adds to what went well and what did not. */
const SUMMARIES = [
	{ pattern: /Tested: \d+ \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)/, passed: [1], failed: [2, 3] },
	{ pattern: /^# pass (\d+)\n# fail (\d+)\n# cancelled (\d+)/m, passed: [1], failed: [2, 3] },
	{ pattern: /^(\d+) passed, (\d+) failed$/m, passed: [1], failed: [2] },
];
const COMPLAINTS = /ERROR: (Address|Leak|Thread)Sanitizer|^.*: runtime error: /m;

function plain(text) {
	return text.replace(/\x1b\[[0-9;]*m/g, '');
}

function tally(output, ended) {
	const sum = (found, groups) => groups.reduce((total, group) => total + Number(found[group]), 0);
	let passed = 0;
	let failed = 0;
	for (const { pattern, ...groups } of SUMMARIES) {
		const found = pattern.exec(output);
		if (found) {
			passed += sum(found, groups.passed);
			failed += sum(found, groups.failed);
			break;
		}
	}
	const bad = !ended.startsWith('Test Passed') || COMPLAINTS.test(output) || passed + failed === 0;
	return { passed, failed: bad && failed === 0 ? 1 : failed };
}

/* What a suite says of the claims that did not hold: of node's runner each `not ok` with its error, of Criterion its lines. */
const CLAIMS = /^ *not ok [\s\S]*?^ *\.\.\.$|^\[(?:----|FAIL|CRASH|ERR )\].*$|^.*(?:runtime error|ERROR: \w+Sanitizer).*$/gm;
const CLAIM_LINES = 40; /* of a suite, at most: the rest is in its log */

function claimsOf(output) {
	const lines = [...output.matchAll(CLAIMS)].flatMap(([claim]) => claim.split('\n'));
	return lines.slice(0, CLAIM_LINES).map((line) => `    ${line}`);
}

/* ctest keeps the whole output of each suite, one after the other, in LastTest.log. */
function* suites(text) {
	const section = /^\d+\/\d+ Testing: (.+)\n[\s\S]*?^Output:\n-+\n([\s\S]*?)<end of output>\n[^\n]*\n-+\n([^\n]*)/gm;
	for (const [, name, output, ended] of text.matchAll(section)) {
		yield { name, output: plain(output), ended };
	}
}

function run(command, args) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
		child.on('error', reject);
		child.on('exit', resolve);
	});
}

/* What ctest is to run of a stage: what the stage is limited to, and of that what was asked for by name. */
function filterOf(only, names) {
	const asked = (name) => names.length === 0 || names.some((word) => name.includes(word));
	if (only) {
		const wanted = only.filter(asked);
		return ['-R', wanted.length > 0 ? `^(${wanted.join('|')})$` : '^$'];
	}
	return names.length > 0 ? ['-R', names.map((name) => name.replace(/[^\w.]/g, '.')).join('|')] : [];
}

async function runStage({ build, label, jobs: parallel, only }, names) {
	const directory = join(root, 'build', build);
	const log = join(directory, 'Testing', 'Temporary', 'LastTest.log');
	const filter = filterOf(only, names);
	rmSync(log, { force: true });
	await run('ctest', ['--test-dir', directory, '-L', label, '-j', String(parallel), '--no-tests=ignore', ...filter]);
	try {
		return readFileSync(log, 'utf8');
	} catch {
		return ''; /* no suite of that name in this stage */
	}
}

const total = { passed: 0, failed: 0, suites: 0 };
const failures = [];
const notTried = new Set();
const names = process.argv.slice(2);

mkdirSync(logs, { recursive: true });
for (const stage of STAGES) {
	console.log(`== ${stage.title}`);
	for (const { name, output, ended } of suites(await runStage(stage, names))) {
		const { passed, failed } = tally(output, ended);
		for (const [, what] of output.matchAll(/NOT TRIED HERE: (.+)/g)) {
			notTried.add(what);
		}
		const log = join(logs, `${name}${stage.only ? '.release' : ''}.log`);
		writeFileSync(log, output);
		total.passed += passed;
		total.failed += failed;
		total.suites += 1;
		if (failed > 0) {
			failures.push(`${name}: ${failed} failed (${ended || 'no end'}), see ${log}`, ...claimsOf(output));
		}
	}
}

for (const what of notTried) {
	console.log(`NOT TRIED HERE: ${what}`);
}
for (const line of failures) {
	console.log(line);
}
if (total.suites === 0) {
	console.log('no suite ran');
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
