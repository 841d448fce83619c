/* bench_report.mjs: what was measured, round by round, and the table of medians that comes of it. */

function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/* Three digits that count. */
function short(value) {
	return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

export class Report {
	#rows = new Map();

	constructor(title) {
		this.title = title;
	}

	/*
	 * One round's value of a row. `beside` is [words, name of another row]: the ratio of this row's median to that one's is
	 * printed, too.
	 */
	add(name, unit, value, beside) {
		const row = this.#rows.get(name) ?? { name, unit, values: [], beside };
		row.values.push(value);
		this.#rows.set(name, row);
		process.stderr.write(`${name}: ${short(value)} ${unit}\n`);
	}

	median(name) {
		return median(this.#rows.get(name).values);
	}

	#ratio({ name, beside }) {
		return beside && this.#rows.has(beside[1]) ? this.median(name) / this.median(beside[1]) : undefined;
	}

	result() {
		const rows = [...this.#rows.values()];
		return { title: this.title, rows: rows.map((row) => ({ ...row, median: this.median(row.name), ratio: this.#ratio(row) })) };
	}

	table() {
		const lines = [`\n${this.title}\n`, '| | median | | from .. to |', '|---|---:|---|---:|'];
		for (const { name, unit, values, beside, median: middle, ratio } of this.result().rows) {
			const times = ratio >= 1 ? `${short(ratio)} x` : `${short(100 * ratio)} % of`;
			const words = ratio === undefined ? '' : `, ${times} ${beside[0]}`;
			lines.push(`| ${name} | ${short(middle)} | ${unit}${words} | ${short(Math.min(...values))} .. ${short(Math.max(...values))} |`);
		}
		return `${lines.join('\n')}\n`;
	}
}
