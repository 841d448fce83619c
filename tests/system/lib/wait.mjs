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

/*
 * For what must happen within a term: act(end) is given an instant so many ms from now and says whether it was in time; when it was
 * not, because the machine had other things to do, it is asked again with twice the term. The instant, and what act gave.
 */
export async function withinTerm(act, first = 4000) {
	for (let ms = first; ; ms *= 2) {
		const end = Date.now() + ms;
		const done = await act(end).catch((error) => {
			if (Date.now() < end || ms > PATIENCE_MS) {
				throw error; /* it was not for want of time */
			}
		});
		if (done && Date.now() < end) {
			return { end, done };
		}
		assert.ok(ms < PATIENCE_MS, `not in a term of ${ms} ms`);
	}
}

/* The same for what may be refused or broken for a moment, as after a daemon was killed: an Error is one more look. */
export async function untilServed(what, ask, { every = 50 } = {}) {
	let last;
	return until(what, () => ask().catch((error) => { last = error; }), { every }).catch((error) => {
		throw last ? new Error(`${error.message}; at last: ${last.message}`) : error;
	});
}
