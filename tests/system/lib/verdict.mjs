/* verdict.mjs: asks authd/jose (tests/system/jose_verdict.c) for its word on many tokens and signatures at once. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const bin = process.env.OMBUD_BIN ?? join(root, 'build', 'release', 'bin');

/** One word for each question, in their order: "ok" or a status. */
export function verdicts(questions) {
	const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
	const ran = spawnSync(join(dirname(bin), 'tests', 'jose_verdict'), { input, encoding: 'utf8', maxBuffer: 1 << 28 });
	if (ran.status !== 0) {
		throw new Error(`jose_verdict: ${ran.error ?? ran.signal ?? ran.status}\n${ran.stderr}`);
	}
	const words = ran.stdout.split('\n').slice(0, -1);
	if (words.length !== questions.length) {
		throw new Error(`jose_verdict: ${words.length} answers to ${questions.length} questions`);
	}
	return words;
}
