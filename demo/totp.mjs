/*
 * totp.mjs: codes from the real `oathtool`, one step each: a step is accepted once, so the next sign-in of the same person
 * takes the next step (within the window of one) or waits for it.
 */
import { spawn } from 'node:child_process';

const STEP_MS = 30000;
const lastStep = new Map();

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* The code of one time step; the secret goes through a pipe, never over the command line. */
export function codeAt(secret, step) {
	const at = new Date(step * STEP_MS).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
	return new Promise((resolve, reject) => {
		const child = spawn('oathtool', ['--totp', '--base32', '--now', at, '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
		let text = '';
		child.stdout.on('data', (part) => { text += part; });
		child.on('error', reject);
		child.on('close', (status) => (status === 0 ? resolve(text.trim()) : reject(new Error(`oathtool ended with ${status}`))));
		child.stdin.end(`${secret}\n`);
	});
}

export const currentStep = () => Math.floor(Date.now() / STEP_MS);

/* A code that this process has not used before. */
export async function nextCode(secret) {
	const wanted = Math.max(currentStep(), (lastStep.get(secret) ?? 0) + 1);
	lastStep.set(secret, wanted);
	while (currentStep() < wanted - 1) {
		await sleep(Math.max((wanted - 1) * STEP_MS - Date.now(), 0) + 50);
	}
	return codeAt(secret, wanted);
}
