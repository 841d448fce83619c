/*
 * first_decision.test.mjs: authd/SERVICES.md as its reader goes through it: each block of commands in one shell, in their order, and the
 * person's part in a browser where the text says so.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { programs } from '../../demo/state.mjs';
import { useOmbud } from '../system/lib/ombud.mjs';

const root = resolve(dirname(new URL(import.meta.url).pathname), '../..');
const END = '== end of the block ==';

let dir, shell, port;
const ombud = useOmbud({ before, after }, async () => {
	dir = mkdtempSync(join(tmpdir(), 'ombud-first-'));
	/* What the text calls by relative names: the tree as it is, keys and answers in a place of their own. */
	for (const name of ['tests', 'demo', 'node_modules', 'policies']) {
		symlinkSync(join(root, name), join(dir, name));
	}
	const server = createServer();
	await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
	({ port } = server.address());
	await new Promise((done) => { server.close(done); });
});
after(() => {
	shell?.kill();
	rmSync(dir, { recursive: true, force: true });
});

function blocks() {
	const text = readFileSync(join(root, 'authd/SERVICES.md'), 'utf8');
	return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, commands]) => commands);
}

/* Runs one block in the shell of all blocks; its output. A failing command ends the shell, and the test. */
function run(commands) {
	return new Promise((done, fail) => {
		let output = '';
		const listen = (part) => {
			output += part;
			if (output.includes(END)) {
				shell.stdout.off('data', listen);
				done(output.slice(0, output.indexOf(END)));
			}
		};
		shell.stdout.on('data', listen);
		shell.once('exit', (code) => fail(new Error(`the shell ended with ${code}: ${output}`)));
		shell.stdin.write(`${commands}\necho '${END}'\n`);
	});
}

test('whoever follows SERVICES.md gets from nothing to data, and the log shows it', async () => {
	const [start, variables, register, token, question, request, again, data, check, ...rest] = blocks();
	assert.equal(rest.length, 0, 'a block that nobody runs');
	assert.equal(start.trim(), './run demo --detach');
	shell = spawn('bash', ['-e', '-o', 'pipefail'], { cwd: dir, stdio: ['pipe', 'pipe', 'inherit'] });
	await run(variables.replace('$PWD/build/demo', `'${ombud.dir}'`).replace('$PWD/build/release/bin', `'${programs}'`)
		.replaceAll('$DEMO/demo.json', '"$DEMO"/demo.json'));
	await run('DEMO_LINK=$PWD/running; ln -s "$DEMO" $DEMO_LINK; DEMO=$DEMO_LINK; cp "$CA" ca.pem; CA=ca.pem');

	assert.match(await run(register), /housing-desk/);
	await run(token);
	const refused = JSON.parse(await run(question));
	assert.deepEqual([refused.decision, refused.reason], [false, 'consent_missing']);
	assert.ok(Number.isSafeInteger(refused.log));

	const address = (await run(request)).trim();
	assert.ok(address.startsWith(`${ombud.demo.issuer}/ask/`), address);
	const browser = await ombud.signIn('citizen2');
	await browser.submit(await browser.open(address), { answer: 'give' }, { having: ['answer'] });

	const permitted = JSON.parse(await run(again));
	assert.deepEqual([permitted.decision, permitted.reason], [true, 'consent_valid']);
	assert.ok(permitted.obligations.includes('destroy'));

	const months = JSON.parse((await run(data.replaceAll('9444', String(port)))).trim().split('\n').at(-1));
	assert.equal(months.length, 3);
	assert.match(await run(check), /holds|lawful/i);
	const seen = await browser.open('/accesses?lang=en');
	assert.match(seen.text, /housing/i);
});
