/* blind.mjs: whether two kinds of questions can be told apart: by bytes, by work, by time. */

/* What differs from one answer to the next about the same person, with its length kept. */
const MASKS = [
	[/"(evaluation_id|search_id)":"[0-9a-f-]{36}"/g, '"$1":"#"'], [/"index":\d+/g, '"index":0'], [/"leaf":"[A-Za-z0-9+/]{43}="/g, '"leaf":"#"'],
	[/(until=)\d{10}(&amp;|&)/g, '$1#$2'], [/(mac=)[A-Za-z0-9_-]{43}/g, '$1#'], [/req_[A-Za-z0-9_-]{22}/g, 'req_#'],
	[/"expires_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g, '"expires_at":"#"'],
];
export const masked = (text) => MASKS.reduce((so_far, [pattern, by]) => so_far.replace(pattern, by), text);

const HEADERS = ['date', 'x-request-id', 'content-length'];
export const headersOf = (answer) => Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !HEADERS.includes(name)));

/* What one question costs inside: [statements, calls of the keys]. */
export async function workOf(ombud, web, ask) {
	const read = async () => {
		const text = (await web.request('GET', 'http://localhost/metrics', { socket: ombud.demo.socket.admin })).text;
		return ['ombud_store_statements_total', 'ombud_keys_requests_total'].map((name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)[1]));
	};
	const from = await read();
	await ask();
	return (await read()).map((value, i) => value - from[i]);
}

/* The least of some tries, so that what runs beside them does not count. */
export const least = (list) => list[0].map((_, i) => Math.min(...list.map((one) => one[i])));

/*
 * Both kinds of each pair cost the same at the least, as far as they were tried. What runs beside a question adds to a try and never
 * takes away, so that kinds which differ never agree, and others do when they were tried often enough.
 */
export const agree = (...pairs) => pairs.every((kinds) => new Set(Object.values(kinds).map((tries) => String(least(tries)))).size === 1);
export const FEW = 4;
export const MANY = 24;

/*
 * The times of two kinds of questions, asked in turn, come from one distribution when the rank sum lies within six standard
 * deviations of what chance gives: chance alone goes beyond that twice in 10^9 tries, on however noisy a machine, because noise
 * falls on both kinds alike. A difference that a service could use (a hundred questions, a tenth of a spread) lies far outside.
 */
export function deviation(a, b) {
	const all = [...a.map((value) => [value, 0]), ...b.map((value) => [value, 1])].sort(([x], [y]) => x - y);
	const sum = all.reduce((total, [, who], rank) => total + (who === 0 ? rank + 1 : 0), 0);
	const [n, m] = [a.length, b.length];
	return (sum - n * (n + m + 1) / 2) / Math.sqrt(n * m * (n + m + 1) / 12);
}
