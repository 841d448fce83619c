/*
 * demo.mjs: what `./run demo` and `./run stop` do once everything is built. The daemons are run by supervise.mjs in a process of
 * its own; this one shows what happens, walks the main job, and waits for Ctrl-C.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from './launch.mjs';
import { endAll } from './reaper.mjs';
import { represent } from './represent.mjs';
import { layout, programs, root } from './state.mjs';
import { codeAt, currentStep } from './totp.mjs';
import { walk } from './walk.mjs';

const OPTIONS = {
	from: { type: 'string' }, dir: { type: 'string' }, port: { type: 'string' }, db: { type: 'string' },
	once: { type: 'boolean', default: false }, detach: { type: 'boolean', default: false },
	fresh: { type: 'boolean', default: false }, quiet: { type: 'boolean', default: false },
};

class Usage extends Error {}

function readOptions() {
	let parsed;
	try {
		parsed = parseArgs({ options: OPTIONS, allowPositionals: true });
	} catch (error) {
		throw new Usage(error.message);
	}
	const { values, positionals: [command, ...rest] } = parsed;
	if (rest.length > 0) {
		throw new Usage(`what is "${rest[0]}"?`);
	}
	if (values.port !== undefined && !(/^\d{1,5}$/.test(values.port) && Number(values.port) < 65536)) {
		throw new Usage('--port takes a number from 0 to 65535');
	}
	if (values.db !== undefined && !['sqlite', 'postgres'].includes(values.db)) {
		throw new Usage('--db takes sqlite or postgres');
	}
	const dir = values.dir === undefined ? join(root, 'build', 'demo') : resolve(values.from ?? '.', values.dir);
	return { ...values, command, dir };
}

async function printInvitation(demo, dir) {
	console.log(`\nThe portal: ${demo.issuer}/login   (authority of its certificate: ${demo.ca})`);
	console.log('People of the demonstration; the codes hold for half a minute, `oathtool --totp -b SECRET` makes new ones:\n');
	console.log(`  ${'who'.padEnd(10)} ${'login'.padEnd(16)} ${'password'.padEnd(36)} ${'code'.padEnd(7)} secret`);
	for (const [who, { login, password, totp_secret: secret }] of Object.entries(demo.people)) {
		console.log(`  ${who.padEnd(10)} ${login.padEnd(16)} ${password.padEnd(36)} ${await codeAt(secret, currentStep() + 1)}  ${secret}`);
	}
	console.log(`
What to try:
  sign in as citizen and open ${demo.issuer}/accesses: who looked at the data, why, and whether the log proves it
  ${join(programs, 'auditlog')} verify '${demo.log.dir}' --key '${demo.log.vkey}' --witness '${demo.log.witness_policy}'
  ${join(programs, 'authctl')} --socket '${demo.socket.admin}' status
  everything a script needs: ${join(dir, 'demo.json')}`);
}

/* The walk, and what it leaves for scripts in demo.json; its exit status. */
async function show(running, say, leave) {
	const { status, record } = await walk(running.read(), say, leave);
	if (record) {
		await running.describe({ consent_id: record, denied_category: 'health' });
	}
	return status;
}

async function start(options) {
	const say = options.quiet ? () => {} : (text) => console.log(text);
	const running = await launch(options, say);
	let asked = false;
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.on(signal, async () => {
			asked = true;
			await running.stop();
			process.exit(0);
		});
	}

	const leave = async (citizen) => {
		await represent(running.read(), citizen);
		say('anna represents her daughter masha, and boris for one purpose: see /representatives.');
	};
	const status = await show(running, say, options.once ? undefined : leave).catch(async (error) => {
		await running.stop(); /* a demo that could not be shown does not stay, and its starter does not wait for it */
		throw error;
	});
	if (options.once) {
		await running.stop();
		return status;
	}
	if (!options.quiet) {
		await printInvitation(running.read(), running.dir);
	}
	if (options.detach) {
		await running.detach();
		return status;
	}
	say('\nCtrl-C ends it.');
	await running.ended;
	if (asked) {
		return 0;
	}
	console.error(`the supervisor ended; see ${running.log}`);
	return 1;
}

async function stop({ dir }) {
	if (!existsSync(dir) || !await endAll(layout(realpathSync(dir)))) {
		console.log(`nothing runs on ${dir}`);
	}
	return 0;
}

try {
	const options = readOptions();
	process.exitCode = await (options.command === 'stop' ? stop(options) : start(options));
} catch (error) {
	console.error(`run: ${error.message}`);
	process.exitCode = error instanceof Usage ? 2 : 1;
}
