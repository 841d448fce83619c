/*
 * bench.mjs: `./run bench WHAT`. What is measured is in bench_*.mjs. Each round measures everything once, so that whatever else
 * the machine does falls on all alike; the medians of the rounds are printed as a table and kept in build/bench/WHAT.json.
 * No test asserts a time.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../demo/state.mjs';
import { benchDecisions, DECISION_PARTS } from './bench_decisions.mjs';
import { benchLog, LOG_PARTS } from './bench_log.mjs';
import { Report } from './bench_report.mjs';

const BENCHES = { log: { parts: LOG_PARTS, run: benchLog }, decisions: { parts: DECISION_PARTS, run: benchDecisions } };

class Usage extends Error {}

function readOptions() {
	const number = (text, name) => {
		if (!/^[1-9]\d{0,11}$/.test(text)) {
			throw new Usage(`--${name} takes a number`);
		}
		return Number(text);
	};
	/* sizes rise, so that the last ones compared are the smallest and the largest */
	const sizes = (text, name) => text.split(',').map((one) => number(one, name)).sort((a, b) => a - b);
	let parsed;
	try {
		parsed = parseArgs({ allowPositionals: true, options: {
			entries: { type: 'string', default: '500000' }, people: { type: 'string', default: '100,1000,10000,100000,1000000' },
			rules: { type: 'string', default: '10,100,1000,10000' }, runs: { type: 'string', default: '3' },
			seconds: { type: 'string', default: '2' }, dir: { type: 'string', default: tmpdir() },
			out: { type: 'string', default: join(root, 'build', 'bench') }, only: { type: 'string', multiple: true },
		} });
	} catch (error) {
		throw new Usage(error.message);
	}
	const { values, positionals: [what, ...rest] } = parsed;
	if (!BENCHES[what] || rest.length > 0) {
		throw new Usage(`bench takes one of: ${Object.keys(BENCHES).join(', ')}`);
	}
	const unknown = (values.only ?? []).find((part) => !BENCHES[what].parts.includes(part));
	if (unknown !== undefined) {
		throw new Usage(`the parts of ${what} are ${BENCHES[what].parts.join(', ')}`);
	}
	return { ...values, what, entries: number(values.entries, 'entries'), people: sizes(values.people, 'people'), rules: sizes(values.rules, 'rules'),
		runs: number(values.runs, 'runs'), seconds: number(values.seconds, 'seconds') };
}

try {
	const options = readOptions();
	const machine = `${cpus().length} x ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
	const report = new Report(`${options.what}, ${machine}, ${new Date().toISOString().slice(0, 10)}`);
	const dir = mkdtempSync(join(options.dir, 'ombud-bench-'));
	try {
		await BENCHES[options.what].run({ ...options, dir }, report);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
	mkdirSync(options.out, { recursive: true });
	writeFileSync(join(options.out, `${options.what}.json`), `${JSON.stringify(report.result(), null, '\t')}\n`);
	process.stdout.write(report.table());
	process.exit(0);
} catch (error) {
	console.error(`run: bench: ${error instanceof Usage ? error.message : error.stack}`);
	process.exit(error instanceof Usage ? 2 : 1);
}
