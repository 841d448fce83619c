/* test_walk.mjs: the walk of `./run demo` holds, also a second time on the same state. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { walk } from '../../demo/walk.mjs';
import { useOmbud } from './lib/ombud.mjs';

const ombud = useOmbud({ before, after });

for (const time of ['first', 'second']) {
	test(`every step turns out as promised the ${time} time`, async () => {
		const said = [];
		const { status, record } = await walk(ombud.demo, (text) => said.push(text));

		assert.equal(status, 0, said.join('\n'));
		assert.match(record, /^[0-9a-f-]{36}$/);
	});
}
