/*
 * fuzz.mjs [SECONDS [NAME...]]: what `./run fuzz` does after building: each target of build/fuzz/tests first on its kept
 * corpus (tests/fuzz/corpus/TARGET) and what earlier runs found (build/fuzz/corpus/TARGET), then SECONDS (10) of
 * libFuzzer, two at a time. Any crash, leak, endless run or unbounded memory fails, with the path of the input. The
 * canary, which has a bug, must be among the dead.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const build = join(root, 'build', 'fuzz');
const CANARY = 'canary';
const INPUT_MOST = 32768;
const MEMORY_MOST_MB = 1024;
const ONE_INPUT_MOST_S = 10;

function usage() {
	console.error('usage: ./run fuzz [SECONDS [NAME...]]');
	process.exit(2);
}

const [secondsText = '10', ...words] = process.argv.slice(2);
if (!/^[1-9]\d{0,5}$/.test(secondsText)) {
	usage();
}
const seconds = Number(secondsText);

function targets() {
	const built = readdirSync(join(root, 'tests', 'fuzz'))
		.filter((name) => /^fuzz_\w+\.c$/.test(name))
		.map((name) => name.slice('fuzz_'.length, -'.c'.length));
	return [CANARY, ...built.filter((name) => words.length === 0 || words.some((word) => name.includes(word)))];
}

function run(name) {
	const kept = join(root, 'tests', 'fuzz', 'corpus', name);
	const found = join(build, 'corpus', name);
	const crashes = join(build, 'crashes', name);
	rmSync(crashes, { recursive: true, force: true });
	mkdirSync(crashes, { recursive: true });
	mkdirSync(found, { recursive: true });
	const args = [`-max_total_time=${seconds}`, '-print_final_stats=1', `-artifact_prefix=${crashes}/`, `-max_len=${INPUT_MOST}`,
		`-timeout=${ONE_INPUT_MOST_S}`, `-rss_limit_mb=${MEMORY_MOST_MB}`, '-use_value_profile=1', found];
	if (existsSync(kept)) {
		args.push(kept);
	}
	return new Promise((resolve, reject) => {
		let output = '';
		const child = spawn(join(build, 'tests', name === CANARY ? name : `fuzz_${name}`), args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
		child.stderr.on('data', (data) => { output = (output + data).slice(-200000); });
		child.on('error', reject);
		child.on('close', (status, signal) => {
			const inputs = readdirSync(crashes).map((file) => relative(root, join(crashes, file)));
			resolve({ name, output, died: status !== 0 || signal !== null, inputs, kept: existsSync(kept) ? readdirSync(kept).length : 0 });
		});
	});
}

const number = (output, pattern) => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);

function row({ name, output, died, kept }) {
	const verdict = name === CANARY ? (died ? 'died, as it must' : 'STILL ALIVE') : died ? 'CRASHED' : kept === 0 ? 'NO CORPUS' : 'ok';
	return [name, kept, number(output, /stat::number_of_executed_units: (\d+)/g), number(output, /stat::average_exec_per_sec: +(\d+)/g),
		number(output, / cov: (\d+)/g), number(output, /stat::new_units_added: +(\d+)/g), number(output, /stat::peak_rss_mb: +(\d+)/g), verdict];
}

function print(cells) {
	const [name, kept, ...rest] = cells.map(String);
	console.log(`${name.padEnd(20)}${kept.padStart(6)}${rest.slice(0, 5).map((cell) => cell.padStart(11)).join('')}  ${rest[5]}`);
}

async function runAll(names) {
	const results = [];
	const waiting = [...names];
	const worker = async () => {
		for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
			const result = await run(name);
			results.push(result);
			print(row(result));
		}
	};
	await Promise.all(Array.from({ length: Math.min(2, availableParallelism?.() ?? cpus().length) }, worker));
	return results;
}

print(['target', 'corpus', 'runs', 'runs/s', 'coverage', 'new', 'MB', '']);
const results = await runAll(targets());
const bad = results.filter((result) => (result.name === CANARY) !== result.died || (result.name !== CANARY && result.kept === 0));
for (const { name, output, inputs } of bad) {
	const why = /^.*(?:ERROR: |SUMMARY: |runtime error: ).*$/m.exec(output)?.[0] ?? '';
	console.log(`${name}: ${why}`);
	inputs.forEach((input) => console.log(`  build/fuzz/tests/fuzz_${name} ${input}`));
}
if (results.length < 2) {
	console.log('no such target');
}
process.exitCode = bad.length > 0 || results.length < 2 ? 1 : 0;
