/*
 * wait.mjs: how tests wait: for a state, never for a time. What is claimed of speed is nowhere a deadline: PATIENCE_MS only ends
 * a test that would hang for ever, on however slow a machine.
 */
import assert from 'node:assert/strict';

export const PATIENCE_MS = 180e3;

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/* Looks again and again until `holds` gives something true, and gives that; an Error names `what` never came. */
export async function until(what, holds, { every = 100, patience = PATIENCE_MS } = {}) {
	for (const end = performance.now() + patience; ; await sleep(every)) {
		const found = await holds();
		if (found) {
			return found;
		}
		assert.ok(performance.now() < end, `${what}: not in ${patience / 1000} s`);
	}
}

/* The same for what may be refused or broken for a moment, as after a daemon was killed: an Error is one more look. */
export async function untilServed(what, ask, { every = 50 } = {}) {
	let last;
	return until(what, () => ask().catch((error) => { last = error; }), { every }).catch((error) => {
		throw last ? new Error(`${error.message}; at last: ${last.message}`) : error;
	});
}
