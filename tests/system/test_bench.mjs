/* test_bench.mjs: `./run bench` measures what it says it measures. How fast anything is, is asserted nowhere. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../../demo/state.mjs';

const out = mkdtempSync(join(tmpdir(), 'ombud-bench-out-'));
after(() => rmSync(out, { recursive: true, force: true }));
const bench = (...args) => spawnSync(process.execPath, [join(root, 'tests/bench/bench.mjs'), ...args], { encoding: 'utf8' });

const PARTS = {
	socket: ['append, 1 caller', 'append, 256 callers: p99', 'append, 4 callers, batches of 1000', 'one flush after the other'],
	long: ['filling with 3,000', 'verify --jobs 1', 'verify --jobs 2', 'start after a stop', 'start after kill -9 under load'],
	postgres: ['PostgreSQL chain, 1 caller', 'PostgreSQL chain, 4 callers, batches of 256'],
	web: ['POST /audit/v1/entries, 16 connections', 'idle memory of all processes'],
};

test('every part of the bench of the log gives its figures, as a table and as JSON', () => {
	const answer = bench('log', '--entries', '3000', '--runs', '1', '--seconds', '1', '--out', out);
	assert.equal(answer.status, 0, answer.stderr);
	const { rows } = JSON.parse(readFileSync(join(out, 'log.json'), 'utf8'));
	for (const name of Object.values(PARTS).flat()) {
		const row = rows.find((candidate) => candidate.name === name);
		assert.ok(row && row.values.length === 1 && row.median > 0, `${name}: ${JSON.stringify(row)}`);
		assert.ok(answer.stdout.includes(`| ${name} | `), `${name} is in the table`);
	}
});

const DECISIONS = {
	rules: ['decision without a database, 10 rules', 'decision without a database, by rules', 'walk through the permissions, 100 rules', 'SHA-256 of an entry',
		'loading a bundle of 100 rules', 'memory of a bundle of 100 rules', 'tests of a bundle of 100 rules: each'],
	sqlite: ['decision, SQLite, 20 people', 'decision, SQLite, 200 people: p99', 'decision, SQLite, 100 rules', 'look-up by primary key, SQLite, 200 people',
		'decision, SQLite, by people', 'decision, SQLite, by rules', 'SQLite: a million people with a consent each', 'a consent record within it'],
	postgres: ['decision, PostgreSQL, 20 people', 'decision, PostgreSQL, by people', 'decision, PostgreSQL, by rules', 'PostgreSQL: a million people with a consent each'],
	web: ['POST /access/v1/evaluation, SQLite, 20 people', 'POST /access/v1/evaluation, SQLite, 200 people: p50', 'POST /access/v1/evaluation, PostgreSQL, 200 people: p99',
		'POST /access/v1/evaluation, PostgreSQL, decisions/s by people', 'memory of authd at most, PostgreSQL, 200 people'],
};
const SMALL = ['--people', '200,20', '--rules', '10,100', '--runs', '1', '--seconds', '1', '--out', out];

test('every part of the bench of decisions gives its figures, smallest to largest', () => {
	const answer = bench('decisions', ...SMALL);
	assert.equal(answer.status, 0, answer.stderr);
	const { rows } = JSON.parse(readFileSync(join(out, 'decisions.json'), 'utf8'));
	for (const name of Object.values(DECISIONS).flat()) {
		const row = rows.find((candidate) => candidate.name === name);
		assert.ok(row && row.values.length > 0 && row.median > 0, `${name}: ${JSON.stringify(row)}`);
		assert.ok(answer.stdout.includes(`| ${name} | `), `${name} is in the table`);
	}
	/* What is meant to grow with the rules is seen to grow: the bench can tell. */
	assert.ok(rows.find(({ name }) => name === 'walk through the permissions, by rules').median > 1);
});

test('one part alone is measured when asked for, and what is no bench, number or option is refused', () => {
	const answer = bench('log', '--only', 'long', '--entries', '3000', '--runs', '1', '--seconds', '1', '--out', out);
	assert.equal(answer.status, 0, answer.stderr);
	assert.ok(answer.stdout.includes(PARTS.long[1]) && !answer.stdout.includes(PARTS.socket[0]));
	for (const args of [['nothing'], ['log', '--runs', 'many'], ['log', '--only', 'nothing'], ['log', '--faster'], ['decisions', '--people', '10,few'],
		['decisions', '--only', 'long']]) {
		assert.equal(bench(...args).status, 2, args.join(' '));
	}
});

test('a load generator that nobody answers fails, instead of measuring nothing', () => {
	assert.throws(() => execFileSync(join(root, 'build/release/tests/log_load'), ['append', join(out, 'no.sock'), '1', '1'], { stdio: 'pipe' }), { status: 3 });
});
