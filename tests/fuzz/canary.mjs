/* canary.mjs BINARY: the canary must die, say why, and leave the input that it died of. Otherwise no target would. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const dir = mkdtempSync(join(tmpdir(), 'ombud-canary-'));
const crash = join(dir, 'crash');
try {
	const died = spawnSync(process.argv[2], ['tests/fuzz/corpus/canary', '200000', crash], { encoding: 'utf8' });
	assert.notEqual(died.status, 0, 'it went on');
	/* Not printed: a complaint of a sanitizer counts as a failure. */
	assert.match(died.stderr, /heap-buffer-overflow/);
	assert.match(died.stdout, /0 passed, 1 failed/);
	assert.equal(readFileSync(crash, 'latin1').slice(0, 3), 'BUG');
	console.log('1 passed, 0 failed');
} catch (error) {
	console.log(`${String(error.message).replace(/ERROR: /g, '')}\n0 passed, 1 failed`);
	process.exitCode = 1;
} finally {
	rmSync(dir, { recursive: true });
}
