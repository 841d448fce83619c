/*
 * browser_client.test.mjs: oidc-client-ts in Chromium: an application that is nothing but a page on an origin of its own signs a
 * person in, with bearer tokens and with tokens bound to a key that never leaves the browser, and a page elsewhere reads nothing.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { addPerson, authctlJson, claimsOf } from '../system/lib/outsider.mjs';
import { nextCode, useOmbud } from '../system/lib/ombud.mjs';

const CHROMIUM = process.env.OMBUD_CHROMIUM ?? '/usr/bin/chromium';
const LIBRARY = readFileSync(createRequire(import.meta.url).resolve('oidc-client-ts').replace(/dist.*/, 'dist/browser/oidc-client-ts.min.js'), 'utf8');

/* The application: the library, what it is registered as, and where it keeps what it has got. */
const page = (issuer, { dpop }) => `<!doctype html><html lang="en"><title>Application</title><script src="/library.js"></script><script>
window.manager = new oidc.UserManager({ authority: ${JSON.stringify(issuer)}, client_id: ${JSON.stringify(dpop ? 'spa-dpop' : 'spa')},
	redirect_uri: location.origin + location.pathname, post_logout_redirect_uri: location.origin + '/out', response_type: 'code',
	scope: 'openid profile offline_access', loadUserInfo: ${!dpop}, automaticSilentRenew: false, monitorSession: false,
	${dpop ? 'dpop: { bind_authorization_code: true, store: new oidc.IndexedDbDPoPStore() },' : ''} });
const plain = (user) => ({ profile: user.profile, access_token: user.access_token, id_token: user.id_token, refresh_token: user.refresh_token,
	token_type: user.token_type, scope: user.scope });
window.ready = new URLSearchParams(location.search).has('code') || new URLSearchParams(location.search).has('error')
	? manager.signinCallback().then(plain) : Promise.resolve(null);
/* The library asks userinfo without a proof; the application does it itself. */
window.about = async (user, url) => (await fetch(url, { headers: { authorization: user.token_type + ' ' + user.access_token,
	...(user.token_type === 'DPoP' ? { dpop: await manager.dpopProof(url, await manager.getUser()) } : {}) } })).json();
window.renew = () => manager.signinSilent().then(plain);
</script></html>`;

let browser;
let site; /* the application's origin */
let foreign; /* somebody else's */
const servers = [];

async function serve(pki, answer) {
	const server = https.createServer({ cert: readFileSync(join(pki, 'server.pem')), key: readFileSync(join(pki, 'server.key')) }, (request, response) => {
		const { pathname } = new URL(request.url, 'https://localhost');
		response.setHeader('content-type', pathname.endsWith('.js') ? 'text/javascript' : 'text/html');
		response.end(pathname === '/library.js' ? LIBRARY : answer(pathname));
	});
	servers.push(server);
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	return `https://localhost:${server.address().port}`;
}

const ombud = useOmbud({ before, after }, async (started) => {
	const pki = join(started.dir, 'pki');
	site = await serve(pki, (path) => page(started.demo.issuer, { dpop: path === '/bound' }));
	foreign = await serve(pki, () => '<!doctype html><html lang="en"><title>Elsewhere</title></html>');
	for (const [id, path, ...more] of [['spa', '/plain'], ['spa-dpop', '/bound', '--dpop-bound']]) {
		await authctlJson(started, 'client', 'add', id, '--name', `Приложение ${id}`, '--organisation', 'org_csp_north', '--auth', 'none', '--redirect-uri', `${site}${path}`,
			'--post-logout-uri', `${site}/out`, '--grants', 'authorization_code refresh_token', '--scopes', 'openid profile offline_access', ...more);
	}
	/* Chromium's own sandbox needs what a container often withholds; it meets nothing here but our own pages. */
	browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
after(async () => {
	await browser?.close();
	for (const server of servers) {
		server.closeAllConnections();
		server.close();
	}
});

async function openWindow() {
	const context = await browser.newContext({ ignoreHTTPSErrors: true });
	context.setDefaultTimeout(20000);
	const window = await context.newPage();
	window.complaints = [];
	window.on('console', (message) => {
		if (/CORS|Access-Control|Content Security Policy|Refused to/.test(message.text())) {
			window.complaints.push(message.text());
		}
	});
	return window;
}

/* From the application to Ombud's pages and back; what the library then holds. */
async function signIn(window, path, person) {
	await window.goto(`${site}${path}`);
	await Promise.all([window.waitForURL(/\/login\?/), window.evaluate(() => { window.manager.signinRedirect(); })]);
	await window.fill('[name=login]', person.login);
	await window.fill('[name=password]', person.password);
	await window.click('main button');
	for (let attempt = 0; attempt < 2 && window.url().includes('/login/otp'); attempt++) {
		await window.fill('[name=code]', await nextCode(person.totp_secret));
		await window.click('main button');
	}
	for (let pages = 0; pages < 2 && !window.url().startsWith(site); pages++) {
		await window.click('[name=answer][value=give]');
	}
	await window.waitForURL(`${site}${path}?**`);
	return window.evaluate(() => window.ready);
}

/* What a script on that window's page gets to see of an answer. */
const read = (window, url, options = {}) => window.evaluate(async ([address, how]) => {
	try {
		const answer = await fetch(address, how);
		return { status: answer.status, text: await answer.text() };
	} catch (error) {
		return { error: error.name };
	}
}, [url, options]);

for (const [path, type] of [['/plain', 'Bearer'], ['/bound', 'DPoP']]) {
	test(`a page signs a person in, renews, revokes and signs out, with ${type} tokens`, async () => {
		const person = await addPerson(ombud);
		const window = await openWindow();
		const user = await signIn(window, path, person);
		assert.equal(user.profile.sub, person.sub);
		const about = await window.evaluate(([held, url]) => window.about(held, url), [user, `${ombud.demo.issuer}/oauth2/userinfo`]);
		assert.deepEqual(about, { sub: person.sub, name: person.name }, 'userinfo was read across origins');
		assert.equal(user.token_type, type);
		assert.equal(claimsOf(user.access_token).cnf !== undefined, type === 'DPoP');

		const again = await window.evaluate(() => window.renew());
		assert.notEqual(again.access_token, user.access_token);
		assert.notEqual(again.refresh_token, user.refresh_token, 'a public client\'s refresh token changes');
		await window.evaluate(() => window.manager.revokeTokens());
		const gone = await read(window, `${ombud.demo.issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${again.access_token}` } });
		assert.equal(gone.status, 401, 'the page can read why');
		assert.deepEqual(window.complaints, []);

		await Promise.all([window.waitForURL(/\/out|\/oauth2\/logout/), window.evaluate((hint) => { window.manager.signoutRedirect({ id_token_hint: hint }); }, again.id_token ?? user.id_token)]);
		await window.waitForURL(`${site}/out**`);
		await window.goto(`${ombud.demo.issuer}/me`);
		assert.match(window.url(), /\/login/, 'nobody is signed in any more');
		await window.context().close();
	});
}

test('a page elsewhere reads nothing, whatever it has stolen', async () => {
	const { issuer } = ombud.demo;
	const window = await openWindow();
	const user = await signIn(window, '/plain', await addPerson(ombud));
	const thief = await window.context().newPage();
	await thief.goto(foreign);
	const stolen = { authorization: `Bearer ${user.access_token}` };
	assert.equal((await read(window, `${issuer}/oauth2/userinfo`, { headers: stolen })).status, 200, 'the application itself may');
	assert.deepEqual(await read(thief, `${issuer}/oauth2/userinfo`, { headers: stolen }), { error: 'TypeError' });
	assert.deepEqual(await read(thief, `${issuer}/oauth2/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'spa',
		refresh_token: 'x' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } }), { error: 'TypeError' });
	for (const page of [window, thief]) {
		for (const path of ['/oauth2/authorize', '/me', '/login']) {
			assert.deepEqual(await read(page, `${issuer}${path}`, { credentials: 'include' }), { error: 'TypeError' }, path);
		}
		assert.equal((await read(page, `${issuer}/jwks`)).status, 200);
	}
});
