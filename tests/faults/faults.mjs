/*
 * faults.mjs: `./run faults [full [HOURS] | sabotage [NAME...]]`. The fault tests by themselves, at length, or against
 * programs in which a promise was broken on purpose: tests that do not notice that are no proof of anything.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const here = join(root, 'tests', 'faults');
const logs = join(root, 'build', 'test-logs');
const TARGETS = ['auditlogd', 'auditlog-signer', 'auditlog', 'powercut', 'unfiltered'];
const SERVER = ['authd', 'authd-keyd', 'authctl'];
const all = readdirSync(here).filter((name) => /^test_.*\.mjs$/.test(name)).map((name) => basename(name, '.mjs')).sort();

/* Where a test is: `test_disk` here, `system/test_limits` beside, `unit/test_fence` a program of Criterion in the build. */
const isUnit = (file) => file.startsWith('unit/');
function commandOf({ file, pattern }, env) {
	if (isUnit(file)) {
		return [join(env.OMBUD_BIN, '..', 'tests', basename(file)), ['--timeout', '300', ...(pattern ? ['--filter', `*/${pattern}`] : [])]];
	}
	const path = file.includes('/') ? join(dirname(here), `${file}.mjs`) : join(here, `${file}.mjs`);
	return [process.execPath, ['--test', '--test-reporter=tap', ...(pattern ? ['--test-name-pattern', pattern] : []), path]];
}

/* One file of tests, its words in a log; what it said about itself. */
function runTests(one, { env = {}, log }) {
	const out = openSync(log, 'w');
	const [command, args] = commandOf(one, env);
	return new Promise((resolve) => {
		const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', out, out] });
		child.on('exit', (code) => {
			const text = readFileSync(log, 'utf8');
			/* A filter that fits no test passes with none. */
			resolve({ passed: code === 0 && !/^\[====\] .*Tested: 0\b/m.test(text), notTried: [...text.matchAll(/NOT TRIED HERE: (.+)/g)].map(([, what]) => what),
				failed: [...text.matchAll(/^(?:not ok \d+ -|\[FAIL\]) (.+)$/gm)].map(([, name]) => name), log });
		});
	});
}

async function everything(env, round) {
	let failed = 0;
	const notTried = new Set();
	for (const file of all) {
		const began = Date.now();
		const got = await runTests({ file }, { env, log: join(logs, `faults-${file}.log`) });
		got.notTried.forEach((what) => notTried.add(what));
		failed += got.passed ? 0 : 1;
		console.log(`${round}${file}: ${got.passed ? 'holds' : `BROKEN: ${got.failed.join('; ')}, see ${got.log}`} (${Math.round((Date.now() - began) / 1000)} s)`);
	}
	notTried.forEach((what) => console.log(`NOT TRIED HERE: ${what}`));
	return failed;
}

async function full(hours) {
	const end = Date.now() + hours * 3600e3;
	let failed = 0, round = 0;
	do {
		failed += await everything({ OMBUD_FAULTS: 'full' }, `round ${++round}, `);
	} while (Date.now() < end);
	return failed;
}

/* ---- sabotage ---- */

/*
 * A patch says in its first lines what it breaks, and which tests notice: `Noticed by: test_disk / an older copy`, or
 * `system/test_limits / words of its name`, or `unit/test_fence / name`.
 */
function readPatch(name) {
	const path = join(here, 'sabotage', name);
	const text = readFileSync(path, 'utf8');
	const noticedBy = [...text.matchAll(/^Noticed by: ([\w/]+)(?: \/ (.+))?$/gm)].map(([, file, pattern]) => ({ file, pattern }));
	return { name: basename(name, '.patch'), path, breaks: /^Breaks: (.+)$/m.exec(text)[1], noticedBy };
}

/* The sources as they are, in a place of their own, so that only what a patch touches is compiled again. */
function copySources(tree) {
	mkdirSync(tree, { recursive: true });
	const files = execFileSync('git', ['ls-files', '-z', 'CMake*', 'cmake', 'auditlog', 'authd', 'tests'], { cwd: root });
	execFileSync('xargs', ['-0', 'cp', '-p', '-u', '--parents', '-t', tree], { cwd: root, input: files });
	spawnSync('cp', ['-p', '-u', '-r', '--parents', 'authd/portal/assets', tree], { cwd: root, stdio: 'ignore' });
}

/* What the noticing tests need besides. */
function targetsFor(tests) {
	const files = tests.map(({ file }) => file);
	const units = files.filter(isUnit).map((file) => basename(file));
	return [...new Set([...TARGETS, ...units, ...(files.some((file) => file.includes('/') && !isUnit(file)) ? SERVER : [])])];
}

function compile(tree, targets, log) {
	const jobs = String(availableParallelism?.() ?? cpus().length);
	const ccache = spawnSync('ccache', ['--version']).status === 0 ? ['-DCMAKE_C_COMPILER_LAUNCHER=ccache'] : [];
	const out = openSync(log, 'w');
	for (const [command, args] of [['cmake', ['--preset', 'release', ...ccache]], ['ninja', ['-C', 'build/release', '-j', jobs, ...targets]]]) {
		if (spawnSync(command, args, { cwd: tree, stdio: ['ignore', out, out], env: { ...process.env, CCACHE_BASEDIR: tree } }).status !== 0) {
			throw new Error(`it does not compile, see ${log}`);
		}
	}
}

/* In no repository: git would take the paths for those of ours. */
function apply(tree, patch, ...how) {
	execFileSync('git', ['apply', ...how, patch.path], { cwd: tree, env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(tree) } });
}

async function noticed(tests, env, name) {
	const got = [];
	for (const one of tests) {
		got.push({ ...one, ...(await runTests(one, { env, log: join(logs, `sabotage-${name}-${basename(one.file)}${got.length}.log`) })) });
	}
	return got;
}

async function sabotage(names) {
	const tree = join(root, 'build', 'sabotage', 'tree');
	const env = { OMBUD_BIN: join(tree, 'build', 'release', 'bin') };
	const patches = readdirSync(join(here, 'sabotage')).filter((name) => name.endsWith('.patch')).sort().map(readPatch)
		.filter(({ name }) => names.length === 0 || names.some((word) => name.includes(word)));
	let failed = 0;
	copySources(tree);
	const targets = targetsFor(patches.flatMap(({ noticedBy }) => noticedBy));
	compile(tree, targets, join(logs, 'sabotage-build.log'));
	/* Without a patch they hold, all that the patches name. */
	const wanted = new Map(patches.flatMap(({ noticedBy }) => noticedBy).map((one) => [`${one.file} ${one.pattern}`, one]));
	for (const { file, pattern, passed, log, notTried } of await noticed(wanted.values(), env, 'nothing')) {
		if (!passed || notTried.length > 0) {
			failed += 1;
			console.log(`nothing broken: ${file}${pattern ? ` / ${pattern}` : ''}: ${passed ? 'cannot be tried here' : 'BROKEN'}, see ${log}`);
		}
	}
	for (const patch of patches) {
		apply(tree, patch);
		try {
			compile(tree, targets, join(logs, `sabotage-${patch.name}-build.log`));
			for (const { file, passed, failed: which, log } of await noticed(patch.noticedBy, env, patch.name)) {
				failed += passed ? 1 : 0;
				console.log(`${patch.name} (${patch.breaks}): ${file} ${passed ? `DID NOT NOTICE, see ${log}` : `noticed: ${which[0] ?? 'it ended'}`}`);
			}
		} finally {
			apply(tree, patch, '-R');
		}
	}
	console.log(`${patches.length} promises broken, ${failed === 0 ? 'every one noticed' : `${failed} not noticed as they should be`}`);
	return failed;
}

mkdirSync(logs, { recursive: true });
const [how = 'short', ...rest] = process.argv.slice(2);
const ways = { short: () => everything({}, ''), full: () => full(Number(rest[0] ?? 0)), sabotage: () => sabotage(rest) };
if (!ways[how]) {
	console.error('usage: ./run faults [full [HOURS] | sabotage [NAME...]]');
	process.exit(2);
}
process.exitCode = (await ways[how]()) === 0 ? 0 : 1;
