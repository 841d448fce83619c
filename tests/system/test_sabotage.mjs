/*
 * test_sabotage.mjs: the patches that break promises on purpose (tests/faults/sabotage) still apply to the sources as they are,
 * and name tests that exist. That each is noticed is shown by `./run faults sabotage`.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = join(root, 'tests', 'faults', 'sabotage');
const patches = readdirSync(folder).filter((name) => name.endsWith('.patch'));

test('there are patches for the promises of the log and of the decision', () => {
	assert.ok(patches.length >= 27, `${patches.length} patches`);
});

for (const patch of patches) {
	test(`${patch} applies, and those who have to notice it exist`, () => {
		const { status, stderr } = spawnSync('git', ['apply', '--check', join(folder, patch)], { cwd: root, encoding: 'utf8' });
		assert.equal(status, 0, stderr);
		const text = readFileSync(join(folder, patch), 'utf8');
		assert.match(text, /^Breaks: .+$/m);
		const noticing = [...text.matchAll(/^Noticed by: ([\w/]+)(?: \/ (.+))?$/gm)];
		assert.ok(noticing.length > 0, 'nobody is said to notice');
		for (const [, file, pattern] of noticing) {
			const path = join(root, 'tests', file.includes('/') ? '' : 'faults', file.startsWith('unit/') ? `${file}.c` : `${file}.mjs`);
			assert.ok(existsSync(path), `${path} does not exist`);
			assert.ok(!pattern || pattern.split('|').every((words) => readFileSync(path, 'utf8').includes(words)), `no test of ${file} is called ${pattern}`);
		}
	});
}
