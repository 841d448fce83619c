/* test_coverage.mjs: the decision core is reached whole by its tests, and the measurement would notice if it were not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { test } from 'node:test';

const build = process.env.OMBUD_BIN ? dirname(process.env.OMBUD_BIN) : 'build/release';
const coverage = (...args) =>
	spawnSync('node', ['tests/coverage/coverage.mjs', '--build', build, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });

test('every line, branch and condition of the decision is tested (MC/DC)', () => {
	const { status, stdout, stderr } = coverage();
	assert.equal(status, 0, stdout + stderr);
	assert.match(stdout, /authd\/access\/decision\.c\n(  .*100\.00 %\n){4}$/);
});

test('with tests left out, less than all is measured and the command fails', () => {
	const { status, stdout } = coverage('--without', '@(decision_model/*|decision/a_re*)');
	assert.equal(status, 1);
	const [, conditions] = /MC\/DC conditions +\d+ of +\d+ +([\d.]+) %/.exec(stdout);
	assert.ok(Number(conditions) < 100, conditions);
});
