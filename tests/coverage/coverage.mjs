/*
 * coverage.mjs: how much of the decision core its tests reach: lines, branches and MC/DC (each condition shown to change
 * the outcome by itself), measured by clang's instrumentation. `./run coverage` calls it; exit status 1 below 100 %.
 *
 *	coverage.mjs [--build build/release] [--without TEST]
 *
 * Only the measured files and their tests are compiled here; everything else comes from the libraries of the build.
 * --without leaves a test out (a Criterion pattern): what that makes of the figures shows that they are measured.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const VERSION = 19; /* the first clang of Debian 12 that measures MC/DC */
const MEASURED = ['authd/access/decision.c'];
const TESTS = readdirSync('tests/unit').filter((name) => /^test_decision(_\w+)?\.c$/.test(name)).sort().map((name) => `tests/unit/${name}`);
/* What the programs are linked with, as CMakeLists.txt says it. */
const PACKAGES = [...readFileSync('CMakeLists.txt', 'utf8').matchAll(/^pkg_check_modules\(\w+ (?:REQUIRED )?IMPORTED_TARGET (.+)\)$/gm)]
	.flatMap(([, names]) => names.split(' ')).map((name) => name.replace(/[<>=].*/, ''));
const OTHERS = ['-lzxcvbn', '-lfido2', '-lcbor', '-lpthread'];
const INSTRUMENT = ['-fprofile-instr-generate', '-fcoverage-mapping', '-fcoverage-mcdc'];

const { values } = parseArgs({
	options: { build: { type: 'string', default: 'build/release' }, without: { type: 'string', default: '' } },
});

const run = (program, args, options = {}) =>
	execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
const packages = (what) => run('pkg-config', [what, ...PACKAGES]).trim().split(/\s+/);
const base = (path) => path.replace(/^.*\/|\.c$/g, '');

function compile(dir, source, extra) {
	const object = join(dir, `${base(source)}.o`);
	run(`clang-${VERSION}`, ['-std=gnu17', '-D_GNU_SOURCE', '-O0', '-g', '-I.', `-I${values.build}/generated`,
		...packages('--cflags'), ...extra, '-c', source, '-o', object]);
	return object;
}

function link(dir, test, measured) {
	const program = join(dir, base(test));
	const libraries = readdirSync(values.build).filter((name) => /^lib.*\.a$/.test(name)).map((name) => join(values.build, name));
	run(`clang-${VERSION}`, ['-fprofile-instr-generate', compile(dir, test, []), ...measured, '-Wl,--start-group',
		...libraries, '-Wl,--end-group', ...packages('--libs'), ...OTHERS, '-o', program]);
	return program;
}

/* Each test is a process of its own, and leaves a profile of its own. */
function measure(dir) {
	const measured = MEASURED.map((source) => compile(dir, source, INSTRUMENT));
	const programs = TESTS.map((test) => link(dir, test, measured));
	for (const program of programs) {
		const filter = values.without ? ['--filter', `!(${values.without})`] : [];
		run(program, ['--quiet', ...filter], { env: { ...process.env, LLVM_PROFILE_FILE: join(dir, '%p.profraw') } });
	}
	const profiles = readdirSync(dir).filter((name) => name.endsWith('.profraw')).map((name) => join(dir, name));
	const merged = join(dir, 'all.profdata');
	run(`llvm-profdata-${VERSION}`, ['merge', '-o', merged, ...profiles]);
	return { programs, merged };
}

function report({ programs, merged }) {
	const args = [programs[0], ...programs.slice(1).flatMap((program) => ['-object', program]),
		`-instr-profile=${merged}`, ...MEASURED];
	const { data } = JSON.parse(run(`llvm-cov-${VERSION}`, ['export', '--summary-only', '--show-mcdc-summary', ...args]));
	return { args, files: data[0].files };
}

const KINDS = { functions: 'functions', lines: 'lines', branches: 'branches', mcdc: 'MC/DC conditions' };

function say({ files }) {
	let whole = files.length === MEASURED.length;
	for (const { filename, summary } of files) {
		console.log(MEASURED.find((path) => filename.endsWith(path)) ?? filename);
		for (const [key, title] of Object.entries(KINDS)) {
			const { count, covered } = summary[key];
			console.log(`  ${title.padEnd(18)}${String(covered).padStart(5)} of ${String(count).padStart(5)}   ${(100 * covered / count).toFixed(2)} %`);
			whole &&= count > 0 && covered === count;
		}
	}
	return whole;
}

const dir = mkdtempSync(join(tmpdir(), 'ombud-coverage-'));
try {
	const found = report(measure(dir));
	if (!say(found)) {
		process.exitCode = 1;
		console.log(run(`llvm-cov-${VERSION}`, ['show', '--show-mcdc', '--show-branches=count', ...found.args]));
	}
} finally {
	rmSync(dir, { recursive: true });
}
