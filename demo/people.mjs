/*
 * people.mjs: who and what the demonstration knows: people with their roles, clients, the policy bundle. All of it goes through
 * `authctl` and the admin socket, as an administrator would do it; what is there already is left as it is.
 */
import { execFile } from 'node:child_process';
import { X509Certificate, randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sleep } from './child.mjs';
import { calculateThumbprint, makeKeyPair } from './oauth.mjs';

const run = promisify(execFile);

/* ---- the tables ---- */

const NORTH = 'org_csp_north';

/* A consent names the person and an identity document (152-FZ 9(4) item 1); who gives one has them all. */
const passport = (number, issued, issuer) => ({ type: 'паспорт гражданина РФ', number, issued, issuer });

/* The insurance numbers are made up; their check digits are right. */
export const PEOPLE = {
	citizen: { login: 'anna', kind: 'adult', snils: '131-452-763 32', name: 'Анна Сергеевна Иванова', address: 'г. Северный, ул. Садовая, д. 4, кв. 12',
		document: passport('45 12 345678', '2012-06-19', 'Отдел внутренних дел г. Северный') },
	citizen2: { login: 'boris', kind: 'adult', snils: '142-563-874 68', name: 'Борис Петрович Ким', address: 'г. Северный, пр. Мира, д. 18',
		document: passport('45 14 112233', '2014-02-07', 'Отдел внутренних дел г. Северный') },
	child: { login: 'masha', kind: 'child', snils: '153-674-985 03', name: 'Мария Ивановна Иванова', address: 'г. Северный, ул. Садовая, д. 4, кв. 12',
		document: { type: 'свидетельство о рождении', number: 'IV-АБ 123456', issued: '2016-09-12', issuer: 'Отдел ЗАГС г. Северный' } },
	operator: { login: 'olga.desk', kind: 'staff', snils: '164-785-196 12', name: 'Ольга Николаевна Белова', roles: [[NORTH, 'intake-officer']] },
	operator2: { login: 'pavel.desk', kind: 'staff', snils: '175-896-217 30', name: 'Павел Андреевич Соколов', roles: [[NORTH, 'intake-officer']] },
	senior: { login: 'svetlana.senior', kind: 'staff', snils: '186-917-328 21', name: 'Светлана Юрьевна Орлова', roles: [[NORTH, 'senior-officer']] },
	auditor: { login: 'audit', kind: 'staff', snils: '197-128-439 03', name: 'Тимур Рашидович Галиев', roles: [[NORTH, 'auditor']] },
	admin: { login: 'admin', kind: 'staff', snils: '118-239-541 59', name: 'Вера Олеговна Лебедева', roles: [[NORTH, 'admin']] },
	author: { login: 'policy.author', kind: 'staff', snils: '129-341-652 59', name: 'Людмила Фёдоровна Рябова', roles: [[NORTH, 'policy-author']] },
	approver: { login: 'policy.approver', kind: 'staff', snils: '141-452-763 40', name: 'Андрей Викторович Тарасов', roles: [[NORTH, 'policy-approver']] },
	dpo: { login: 'dpo', kind: 'staff', snils: '152-563-874 76', name: 'Игорь Львович Зимин', roles: [[NORTH, 'privacy-officer']] },
};

const PORTAL = 'https://localhost:9443';
const GRANT = 'urn:ietf:params:oauth:grant-type';

/* `id` is the client's identifier where it is not the name; `service` is its row in policies/services.yaml. */
export const CLIENTS = {
	svc_benefits_north: { auth: 'private_key_jwt', service: 'svc_benefits_north', fapi: true, roles: ['intake-officer'],
		grants: 'client_credentials', scopes: 'access:evaluate consent:request', redirect_uris: [`${PORTAL}/back`] },
	svc_tax: { auth: 'tls_client_auth', service: 'svc_tax', provides: ['income'],
		grants: 'client_credentials', scopes: 'access:evaluate audit:write' },
	svc_legacy: { auth: 'client_secret_basic', id: 'svc-legacy.example', service: 'svc_legacy',
		grants: 'client_credentials', scopes: 'access:evaluate' },
	web_portal: { name: 'Кабинет заявителя', auth: 'private_key_jwt', redirect_uris: [`${PORTAL}/cb`], post_logout_redirect_uris: [`${PORTAL}/`],
		grants: 'authorization_code refresh_token', scopes: 'openid profile offline_access consent:manage audit:read' },
	family_app: { name: 'Приложение для семьи', auth: 'private_key_jwt', redirect_uris: [`${PORTAL}/family`],
		grants: `authorization_code ${GRANT}:token-exchange`, scopes: 'openid consent:manage audit:read represent' },
	web_fapi: { name: 'Кабинет ведомства', auth: 'private_key_jwt', fapi: true, redirect_uris: [`${PORTAL}/fapi`],
		grants: 'authorization_code refresh_token', scopes: 'openid profile offline_access' },
	mobile_app: { name: 'Мобильное приложение', auth: 'none', native: true, redirect_uris: ['http://127.0.0.1/cb'],
		grants: 'authorization_code refresh_token', scopes: 'openid offline_access consent:manage' },
	kiosk: { name: 'Киоск в зале ожидания', auth: 'none', grants: `refresh_token ${GRANT}:device_code`, scopes: 'openid profile offline_access consent:manage' },
	emergency_app: { auth: 'private_key_jwt', service: 'svc_benefits_north', redirect_uris: [`${PORTAL}/emergency`],
		grants: 'authorization_code', scopes: 'openid access:emergency' },
	officer_app: { name: 'Рабочее место ответственного за данные', auth: 'private_key_jwt', redirect_uris: [`${PORTAL}/officer`],
		grants: 'authorization_code', scopes: 'openid admin' },
	answers_app: { auth: 'private_key_jwt', service: 'svc_benefits_north',
		grants: 'client_credentials', scopes: 'question:answer' },
	desk_app: { name: 'Рабочее место окна приёма', auth: 'private_key_jwt', redirect_uris: [`${PORTAL}/desk`],
		grants: `authorization_code ${GRANT}:token-exchange`, scopes: 'openid consent:manage' },
};

/* Who gets a client certificate of an auditor. */
export const AUDITORS = ['auditor'];

/* ---- secrets, made once per DIR ---- */

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const WORDS = ['amber', 'basil', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron', 'inlet', 'jetty', 'krill', 'larch', 'mango', 'nylon',
	'olive', 'prism', 'quartz', 'raven', 'sepia', 'tulip', 'umber', 'violet', 'willow', 'zephyr'];

const totpSecret = () => Array.from(randomBytes(32), (byte) => BASE32[byte % 32]).join('');
const password = () => `${Array.from({ length: 4 }, () => WORDS[randomInt(WORDS.length)]).join('-')}-${randomInt(1000, 10000)}`;

function privateJwk() {
	const jwk = makeKeyPair('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
	return { ...jwk, kid: calculateThumbprint(jwk), alg: 'ES256', use: 'sig' };
}

const publicPart = ({ d, ...jwk }) => jwk;

/* ---- authctl ---- */

const TRIES = 10;

class Authctl {
	constructor(at) {
		this.at = at;
		this.scratch = mkdtempSync(join(at.secrets, 'ctl-'));
		this.files = 0;
	}

	/* Secrets and particulars go to authctl in a file, never on its command line. */
	file(text) {
		const path = join(this.scratch, `${this.files++}`);
		writeFileSync(path, text, { mode: 0o600 });
		return path;
	}

	async json(...args) {
		const { stdout } = await run(this.at.program('authctl'), ['--socket', this.at.socket('admin'), ...args, '--json'], { encoding: 'utf8' });
		return stdout.trim() === '' ? {} : JSON.parse(stdout);
	}

	/* The same, undefined when authctl says that it does not hold (exit status 1: no such row). */
	async find(...args) {
		try {
			return await this.json(...args);
		} catch (error) {
			if (error.code === 1) {
				return undefined;
			}
			throw error;
		}
	}

	/*
	 * What the arguments do, or what find() then finds: a machine that is too busy says that nobody waited for it (exit status 3),
	 * and may have done it all the same.
	 */
	async insist(args, find) {
		for (let tries = 1; ; tries++) {
			try {
				return (tries > 1 && await find()) || await this.json(...args);
			} catch (error) {
				const found = tries > 1 && error.code === 1 && await find(); /* the try before was done at last */
				if (found) {
					return found;
				}
				if (error.code !== 3 || tries === TRIES) {
					throw error;
				}
				await sleep(tries * 500);
			}
		}
	}

	close() {
		rmSync(this.scratch, { recursive: true, force: true });
	}
}

async function addPerson(ctl, person, secrets, isNew) {
	const find = () => ctl.find('user', 'show', '--login', person.login);
	const known = isNew ? undefined : await find();
	if (known) {
		return known.sub;
	}
	const { name, address, document, snils } = person;
	const { sub } = await ctl.insist(['user', 'add', '--login', person.login, '--kind', person.kind,
		'--profile-file', ctl.file(JSON.stringify({ name, address, document, snils })), '--password-file', ctl.file(secrets.password), '--totp-secret-file', ctl.file(secrets.totp_secret)], find);
	return sub;
}

/* The one URI that certs/dev-pki wrote into a service's certificate. */
function certificateUri(path) {
	return /^URI:(\S+)$/.exec(new X509Certificate(readFileSync(path)).subjectAltName)[1];
}

async function addClient(ctl, id, client, secrets, isNew) {
	if (!isNew && await ctl.find('client', 'show', id)) {
		return;
	}
	const options = ['--auth', client.auth, '--grants', client.grants, '--scopes', client.scopes,
		...client.service ? ['--service', client.service] : ['--name', client.name, '--organisation', NORTH]];
	if (client.fapi) {
		options.push('--fapi');
	}
	if (client.native) {
		options.push('--native');
	}
	if (client.auth === 'tls_client_auth') {
		options.push('--tls-san', certificateUri(secrets.cert));
	}
	if (secrets.jwk) {
		options.push('--jwks-file', ctl.file(JSON.stringify({ keys: [publicPart(secrets.jwk)] })));
	}
	if (secrets.client_secret) {
		options.push('--secret-file', ctl.file(secrets.client_secret));
	}
	for (const uri of client.redirect_uris ?? []) {
		options.push('--redirect-uri', uri);
	}
	for (const uri of client.post_logout_redirect_uris ?? []) {
		options.push('--post-logout-uri', uri);
	}
	await ctl.insist(['client', 'add', id, ...options], () => ctl.find('client', 'show', id));
}

/* ---- everything ---- */

/* One after the other: authd hashes only a few passwords at once, and answers 503 to whoever would wait too long. */
async function loadEveryone(ctl, state) {
	const people = {};
	for (const [name, person] of Object.entries(PEOPLE)) {
		const isNew = state.get(`person.${name}`) === undefined; /* nobody has tried to add them before */
		const secrets = state.remember(`person.${name}`, () => ({ password: password(), totp_secret: totpSecret() }));
		const sub = await addPerson(ctl, person, secrets, isNew);
		for (const [organisation, role] of person.roles ?? []) {
			await ctl.insist(['role', 'assign', '--sub', sub, '--organisation', organisation, '--role', role], async () => undefined);
		}
		people[name] = { login: person.login, ...secrets, sub, snils: person.snils };
	}
	return people;
}

/* A certificate is renewed by the PKI; where it lies stays. */
const SECRETS = {
	tls_client_auth: async (at, name) => ({ cert: join(at.pki, `service-${name}.pem`), key: join(at.pki, `service-${name}.key`) }),
	private_key_jwt: async () => ({ jwk: privateJwk() }),
	client_secret_basic: async () => ({ client_secret: randomBytes(32).toString('base64url') }),
	none: async () => ({}),
};

async function loadClients(ctl, state) {
	const clients = {};
	for (const [name, client] of Object.entries(CLIENTS)) {
		const { id, name: title, service, grants, scopes, ...shown } = client;
		const kept = state.get(`client.${name}`);
		const made = kept ?? await SECRETS[client.auth](ctl.at, name);
		const secrets = state.remember(`client.${name}`, () => made);
		await addClient(ctl, id ?? name, client, secrets, kept === undefined);
		clients[name] = { ...shown, ...(id ? { client_id: id } : {}), ...secrets };
	}
	return clients;
}

/* Loads what is not there yet; the members of demo.json that scripts sign in and ask with. */
export async function loadPeople(at, state, demo, say) {
	const ctl = new Authctl(at);
	try {
		const policy = await ctl.json('policy', 'activate', '--alone', '--why', 'demonstration');
		const people = await loadEveryone(ctl, state);
		const clients = await loadClients(ctl, state);
		say(`policy version ${policy.version} is active; ${Object.keys(people).length} people and ${Object.keys(clients).length} clients are known`);
		return { people, clients, purposes: ['eligibility'], limits: { frequency: 'monthly_check', range: 'income_history' } };
	} finally {
		ctl.close();
	}
}
