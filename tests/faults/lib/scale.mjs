/*
 * scale.mjs: how much the fault tests do. `./run faults` and `./run test` take a sample; `./run faults full` sets
 * OMBUD_FAULTS=full and takes all of it. What chance decides follows from OMBUD_SEED, which is printed: it repeats a run.
 */
import { randomInt } from 'node:crypto';

export const full = process.env.OMBUD_FAULTS === 'full';
export const seed = Number(process.env.OMBUD_SEED ?? randomInt(2 ** 32));

/* mulberry32: small, and the same everywhere. */
export function chance(from = seed) {
	let state = from >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		below: (n) => Math.floor(next() * n),
		between: (low, high) => low + next() * (high - low),
		/* n of the list, spread evenly, the first and the last among them. */
		sample: (list, n) => (list.length <= n ? [...list] : Array.from({ length: n }, (_, i) =>
			list[Math.round((i * (list.length - 1)) / (n - 1))])),
		pick: (list) => list[Math.floor(next() * list.length)],
	};
}

/* What this machine does not let us try is said where nobody overlooks it: tests/all.mjs repeats these lines at its end. */
export function notTried(t, what) {
	console.log(`NOT TRIED HERE: ${what}`);
	t.skip(what);
}
