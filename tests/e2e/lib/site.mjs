/* site.mjs: somebody else's server in front of a service: a free port, its configuration, and waiting until it listens. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { connect, createServer } from 'node:net';
import { sleep } from '../../system/lib/wait.mjs';

export async function freePort() {
	const server = createServer();
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	const { port } = server.address();
	await new Promise((resolve) => { server.close(resolve); });
	return port;
}

/* A configuration with its places in @…@ filled in; one that is not there is an Error. */
export const filled = (file, places) => readFileSync(file, 'utf8').replace(/@([A-Z_]+)@/g, (all, place) => {
	assert.ok(places[place] !== undefined, `${file}: ${all}`);
	return places[place];
});

/* Waits until something listens; `alive()` false, or too long, is an Error with `log()` in it. */
export async function listens(port, alive, log) {
	for (let tries = 0; tries < 2000 && alive(); tries++) {
		const up = await new Promise((resolve) => {
			const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
			socket.on('error', () => resolve(false));
		});
		if (up) {
			return;
		}
		await sleep(50);
	}
	throw new Error(`nothing listens on ${port}: ${log()}`);
}

/* A service that believes what it reads, and answers what that was: { port, close() }. */
export async function startService() {
	const server = http.createServer((request, response) => {
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers }));
	});
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	return { port: server.address().port, close() {
		server.closeAllConnections();
		server.close();
	} };
}
