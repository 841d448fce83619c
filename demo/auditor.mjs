/* auditor.mjs: the auditor's tool on the published log, as somebody outside would use it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sleep } from './child.mjs';
import { programs } from './state.mjs';

/* { status, text } of one `auditlog` command; text is both of its outputs. */
export function auditlog(...args) {
	return new Promise((resolve, reject) => {
		const child = spawn(join(programs, 'auditlog'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
		let text = '';
		child.stdout.on('data', (part) => { text += part; });
		child.stderr.on('data', (part) => { text += part; });
		child.on('error', reject);
		child.on('close', (status) => resolve({ status, text: text.trim() }));
	});
}

export const publishedSize = (logDirectory, name = 'checkpoint') => Number(readFileSync(join(logDirectory, name), 'utf8').split('\n')[1]);

const PUBLISHED_MS = 120e3; /* many times what it takes: a checkpoint is there within a second */

/*
 * Waits until the signed log holds the entry of that index; the size of the log. An Error when that never comes. With the name
 * `checkpoint.witnessed`: until its witnesses have cosigned that.
 */
export async function waitPublished(logDirectory, index, name = 'checkpoint') {
	const until = Date.now() + PUBLISHED_MS;
	for (;;) {
		const size = existsSync(join(logDirectory, name)) ? publishedSize(logDirectory, name) : 0;
		if (size > index) {
			return size;
		}
		if (Date.now() > until) {
			throw new Error(`entry ${index} is not in a signed ${name} after ${PUBLISHED_MS / 1000} s (size ${size})`);
		}
		await sleep(50);
	}
}

/* The hash tile's or bundle's place in the published directory: C2SP tlog-tiles. */
export function bundlePath(index, size) {
	const number = Math.floor(index / 256);
	const groups = String(number).padStart(Math.ceil(String(number).length / 3) * 3, '0').match(/.{3}/g);
	const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
	const width = size - number * 256;
	return `tile/entries/${name}${width < 256 ? `.p/${width}` : ''}`;
}

/* A partial bundle goes as soon as the full one is there, which begins with the same bytes (C2SP tlog-tiles, "Partial Tiles"). */
function readBundle(logDirectory, index, size) {
	const path = join(logDirectory, bundlePath(index, size));
	try {
		return readFileSync(path);
	} catch (error) {
		if (error.code !== 'ENOENT' || !path.includes('.p/')) {
			throw error;
		}
		return readFileSync(dirname(path).replace(/\.p$/, ''));
	}
}

/* The stored bytes of one entry, read from the published files. */
export function entryBytes(logDirectory, index, size) {
	const bundle = readBundle(logDirectory, index, size);
	let at = 0;
	for (let i = index % 256; i > 0; i--) {
		at += 2 + bundle.readUInt16BE(at);
	}
	return bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at));
}
