/*
 * seeds.mjs BIN_DIR: writes tests/fuzz/corpus anew from real samples: a log made by the second writer
 * (tests/system/make_log.mjs), proofs made by `auditlog` in BIN_DIR, and texts as clients and operators write them. The
 * first byte of many inputs says what the rest is: see each target. What a fuzzer found later is added beside them by
 * hand, under the name of what it showed.
 */
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeWithMaps } from '../system/lib/tag_maps.mjs';
import { fragment, grant, makeLog, newSigner, permit, sampleEntries, signatureLine } from '../system/make_log.mjs';
import { sha256 } from '../system/verify_log.mjs';

const corpus = join(dirname(fileURLToPath(import.meta.url)), 'corpus');
const bin = process.argv[2];
const dir = mkdtempSync(join(tmpdir(), 'ombud-seeds-'));

/** One file: parts are texts, byte values and buffers. */
function seed(target, name, ...parts) {
	mkdirSync(join(corpus, target), { recursive: true });
	writeFileSync(join(corpus, target, name), Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part)))));
}

function u(bits, ...values) {
	return Buffer.concat(values.map((value) => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigUInt64BE(BigInt(value));
		return bytes.subarray(8 - bits / 8);
	}));
}
const block = (text) => Buffer.concat([u(32, Buffer.byteLength(text)), Buffer.from(text)]);
const tool = (...args) => {
	const ran = spawnSync(join(bin, 'auditlog'), args, { encoding: 'utf8' });
	if (ran.status !== 0) throw new Error(`auditlog ${args.join(' ')}: ${ran.stderr}`);
	return ran.stdout;
};

/* A fixed key: the same corpus each time, as far as proofs go. */
const signer = newSigner('log.example.org/fuzz', 1, sha256('log'));
const witness = newSigner('witness.example.org', 4, sha256('witness'));
const log = makeLog(join(dir, 'log'), { size: 20, signer, witnesses: [witness] });
const tag = sha256('tag 0').subarray(0, 16).toString('base64url');
const NOV = BigInt(Date.UTC(2026, 10, 1)) * 1000n;
const look = (us, id) => ({ us, text: fragment(id, 'auth.login', { about: [{ tag, sealed: tag }] }) });
const mapped = makeLog(join(dir, 'mapped'), { lines: composeWithMaps([look(NOV - 5n, 1), look(NOV, 2), { us: NOV + 1n, map: '2026-10', closed: true }, look(NOV + 2n, 3), { us: NOV + 3n, map: '2026-11' }]), signer });
const text = log.checkpoint.slice(0, log.checkpoint.indexOf('\n\n') + 1);
const empty = 'log.example.org/fuzz\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n';

seed('checkpoint', 'file', 0, log.checkpoint);
seed('checkpoint', 'text', 1, text);
seed('checkpoint', 'empty', 1, empty);
seed('checkpoint', 'extended', 1, text, 'more\n');
seed('note', 'note', 0, log.checkpoint);
seed('note', 'vkey', 1, log.vkey);
seed('note', 'cosigner', 1, witness.vkey);
seed('note', 'signer', 2, signer.text);
seed('note', 'trust', 3, `# ours\n${log.vkey}\n${newSigner('other.example', 1, sha256('2')).vkey}\n`);
seed('cosign', 'line', 0, signatureLine(witness, empty));
seed('cosign', 'among', 2 + 4 * 30, signatureLine(witness, empty), signatureLine(signer, empty));
seed('cosign', 'late', 2 + 4 * 60, 'x\n');
seed('cosign', 'size', 1, '4711\n');
for (const path of ['tile/0/000', 'tile/1/x001/x234/067.p/17', 'tile/entries/x001/005.p/255', 'tile/7/x123/x456/x789/x012/x345/678']) {
	seed('tile', path.replaceAll('/', '-'), 0, path);
}
const small = Buffer.concat(log.lines.slice(0, 4).flatMap((line) => [u(16, line.length), line]));
seed('tile', 'bundle', 1, small);
seed('tile', 'hashes', 2, 0, 2, 1, Buffer.concat(log.leaves));
log.lines.slice(0, 7).forEach((line, i) => seed('entry', `line-${i}`, 1, line));
const facts = { outcome: 'released', records: 1 };
seed('entry', 'grant', 0, grant(1, 2));
seed('entry', 'permit', 0, permit(1, 2, 3));
seed('entry', 'facts', 0, fragment(4, 'access.outcome', { facts }));
seed('entry', 'escaped', 0, fragment(5, 'access.outcome', { facts: { text: 'a"b\\c' } }));
seed('entry', 'map', 1, mapped.lines[3]);
tool('prove', log.dir, '7', '--key', log.vkey, '-o', join(dir, 'proof'));
const proof = readFileSync(join(dir, 'proof'));
seed('proof', 'file', 0, proof);
seed('proof', 'lines', 1, `${log.leaves.slice(0, 3).map((hash) => hash.toString('base64')).join('\n')}\n\n`);
seed('proof', 'merkle', 2, u(64, 5), log.leaves[0], log.leaves[1]);
seed('proof', 'strange', 3, u(64, 3, 8), ...log.leaves.slice(0, 3));
seed('proof', 'made', 4, 5, 9, 'twenty-two small leaves');
for (const [name, who, month] of [['all', tag, '2026-11'], ['none', 'AAAAAAAAAAAAAAAAAAAAAA', '2026-10']]) {
	tool('prove', mapped.dir, '--key', mapped.vkey, '--tag', who, '--month', month, '-o', join(dir, 'map'));
	seed('mapproof', name, 0, readFileSync(join(dir, 'map')));
}
seed('mapproof', 'closed', 1, mapped.lines[2]);
seed('mapproof', 'open', 1, mapped.lines[4]);
seed('mapproof', 'month', 2, '2026-11');
const second = newSigner('second.example.org', 4, sha256('second'));
const policy = `log ${log.vkey} https://log.example.org\nwitness a ${witness.vkey} https://a.example\nwitness b ${second.vkey}\n# two\ngroup both all a b\ngroup g 1 both b\nquorum g\n`;
seed('quorum', 'policy', 0, policy);
seed('quorum', 'none', 0, `log ${log.vkey}\nquorum none\n`);
seed('quorum', 'list', 1, `# ours\nlog ${log.vkey} /var/lib/log\nlog ${newSigner('o.example', 1, sha256('o')).vkey} https://o.example/log\n`);
seed('segment', 'made', 1, u(64, 41), u(16, 99), 'the payload of a record');
seed('segment', 'zeroes', 0, Buffer.alloc(64));
seed('segment', 'record', 0, 'OWLR', u(32, 5), u(64, 0), u(32, 1), Buffer.alloc(32), 'entry', u(32, 0));
seed('wal', 'good', 0, 'G\x05');
seed('wal', 'torn', 0, 'G\x03OWLR\0\0\0\x09rest');
seed('wal', 'zeroes', 0, 'G\x01', Buffer.alloc(80));
seed('wal', 'between', 0, 'G\x01xxxxG\x01');
seed('wal', 'head', 21, 'G\x01');
seed('append', 'fragment', 0, permit(1, 2, 3));
seed('append', 'own', 0, fragment(1, 'log.started', { by: { service: 'auditlogd' } }));
seed('append', 'receipts', 1, u(16, 2), Buffer.alloc(144, 7));
seed('append', 'entry', 2, u(64, 4), log.lines[4]);
seed('append', 'indices', 3, u(16, 3), u(64, 9, 5, 1));
seed('append', 'mapped', 4, 1, u(64, 3), block('absent 2 1\n'));
seed('append', 'state', 5, u(64, 9, 8), 1, block('ok'), u(32, 2, 2), u(64, 0, 9, 1795300000), 0);
const frame = (type, id, payload) => Buffer.concat([u(32, 10 + payload.length), u(16, type), u(64, id), Buffer.from(payload)]);
seed('msg', 'two', 3, frame(1, 1, 'hello'), frame(8, 2, ''));
seed('msg', 'cut', 9, frame(1, 1, 'hello').subarray(0, 12));
seed('msg', 'long', 0, u(32, 0xffffffff), 'xxxxxxxxxxxxxxxx');
seed('conf', 'daemon', 'log_dir: /var/lib/ombud-log\nlimits: {entries: 1000, age: PT10M}\nusers:\n  - authd\n  - "root"\nwitness: false\n');
seed('conf', 'alias', 'a: &x 1\nb: *x\n');
seed('conf', 'tag', 'a: !!int 08\n');
seed('conf', 'block', 'text: |\n  one\n  two\nflow: [1, {a: b}]\n');
seed('conf', 'twice', 'a: 1\na: 2\n');
seed('conf', 'time', '2026-11-22T10:00:00.123456+03:00');
seed('witness', 'request', 0, `old 0\n\n${log.checkpoint}`);
seed('witness', 'proof', 0, `old 3\n${log.leaves[0].toString('base64')}\n\n${log.checkpoint}`);
seed('witness', 'first', 1, 0, 5, 7);
seed('witness', 'same', 1, 5, 5, 7);
seed('witness', 'more', 1, 5, 9, 7, ...log.leaves.slice(0, 4));

const token = (header, claims) => [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + `.${crypto.createHash('sha512').update('x').digest('base64url')}`;
const claims = { iss: 'https://id.example.org', aud: 'https://id.example.org', sub: 'sub_1', client_id: 'c', jti: 'j', iat: 1799999990, exp: 1800000200 };
seed('jws', 'token', 0, token({ typ: 'at+jwt', alg: 'ES256', kid: 'k' }, claims));
['at+jwt', 'at+jwt', 'JWT', 'ombud-ticket+jwt', 'JWT', 'dpop+jwt'].forEach((typ, use) => seed('jws', `signed-${use}`, 0x80 + use, JSON.stringify({ typ, alg: 'ES256' }), 0, JSON.stringify(claims)));
seed('form', 'login', 0, 'login=anna%40example.org&password=a+b%C3%A9&csrf=x');
seed('form', 'ask', 1, 'category=income&category=family&answer=give');
seed('json', 'object', '{"id":"a","list":["b","c"],"n":3,"on":true,"in":{"id":"d"}}');
seed('json', 'array', '[1,-2.5e3,"\\u0416",null,[[]]]');
seed('http_parse', 'get', 7, 'GET /me?lang=ru HTTP/1.1\r\nHost: id.example.org\r\nCookie: a=b\r\n\r\n');
seed('http_parse', 'post', 13, 'POST /login HTTP/1.1\r\nHost: id.example.org\r\nContent-Length: 5\r\n\r\nlogin');
seed('http_parse', 'chunked', 2, 'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');

const proofClaims = { jti: 'j-1', htm: 'POST', htu: 'https://id.example.org/oauth2/token', iat: 1800000000 };
const { publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };
const rsa = { ...crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }), kid: 'two' };
const ed = crypto.generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
seed('dpop', 'address', 0, 'HTTPS://ID.example.org:443/oauth2/%74oken?x#y');
seed('dpop', 'port', 0, 'http://[::1]:8080');
seed('dpop', 'proof', 1, token({ typ: 'dpop+jwt', alg: 'ES256', jwk }, proofClaims));
seed('dpop', 'claims', 2, JSON.stringify(proofClaims));
[jwk, rsa, ed].forEach((key, i) => seed('jwk', `key-${i}`, JSON.stringify(key)));
seed('jwk', 'private', JSON.stringify({ ...jwk, d: jwk.x }));
seed('jwk', 'set', JSON.stringify({ keys: [jwk, rsa, ed] }));
seed('cookie', 'one', 0, '__Host-lang=ru; __Host-session=abc.def-ghi_~; x=y');
seed('cookie', 'tossed', 0, '__Host-session=a; __Host-session=b');
seed('cookie', 'address', 1, 'https://app.example.org:8443/jwks?a=b');
seed('cookie', 'user', 1, 'https://a:b@app.example.org/');
const PERSON = ['sub_1', 'AAAA'];
const messages = {
	2: [Buffer.concat([u(8, 1), u(64, 41), Buffer.alloc(64, 7)]), fragment(1, 'token.issued'), '{"iss":"x"}'],
	3: ['sub_1'], 4: [...PERSON, '0190f3b2-7c1e-7d43-9a55-000000000001', '2026-11', '"id":', 'details'], 5: [...PERSON, '2026-11', 'con_1'],
	6: [...PERSON, '0190f3b2-7c1e-7d43-9a55-000000000001', '"id":', 'AAAA'], 7: ['', '', 'table', 'column', 'key', 'value'],
	8: ['', '', 'table', 'column', 'key', 'AAAA'], 9: ['sub_1'], 10: ['sub_1', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'], 12: ['pepper:'],
};
for (const [type, blocks] of Object.entries(messages)) {
	seed('vault', `message-${type}`, Number(type), ...blocks.map((part) => (Buffer.isBuffer(part) ? part : block(part))));
}
seed('vault', 'message-11', 11, block('sub_1'), block('AAAA'), block('123456'), u(64, 0));
seed('vault', 'message-13', 13, u(32, 300), u(64, 41), Buffer.alloc(64, 7), block(fragment(1, 'key.rotated', { facts: { alg: 'ES256' } })), block('ES256'));
seed('vault', 'message-1', 1);
seed('vault', 'field', 0x80, 'a name');
/* The gate's clock stands a second behind the id of these entries. */
const born = Math.floor(0x0190f3b27c1e / 1000);
const gate = (use, name, event, members, more) => {
	const rest = fragment(1, event, members).slice('"id":"0190f3b2-7c1e-7d43-9a55-000000000001"'.length);
	seed('gate', name, use, u(16, Buffer.byteLength(rest)), rest, JSON.stringify({ iss: 'https://id.example.org', sub: 'sub_1', jti: '0190f3b2-7c1e-7d43-9a55-000000000001', iat: born, exp: born + 100, ...more }));
};
gate(1, 'access', 'token.issued', {}, { client_id: 'svc_benefits_north', aud: 'https://id.example.org' });
gate(3, 'id', 'token.refreshed', {}, { aud: 'svc_benefits_north' });
gate(8, 'logout', 'auth.logout_sent', {}, { aud: 'svc_benefits_north' });
gate(11, 'userinfo', 'profile.read', {}, { aud: 'svc_benefits_north' });
gate(2, 'ticket', 'access.decided', { purpose: 'eligibility/3', categories: ['income'], action: 'read', decision: 'permit', reason: 'statute', basis: { type: 'statute', ref: '178-FZ-8' } },
	{ client_id: 'svc_benefits_north', aud: 'svc_tax', log: { index: 41 }, purpose: 'eligibility/3', categories: ['income'], action: 'read' });
const details = '[{"type":"personal_data","purpose":"eligibility","categories":["income"]}]';
const good = 'redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256';
seed('authorize', 'plain', 0, good, '&scope=openid&state=x&nonce=y');
seed('authorize', 'full', 0, good, `&scope=openid+profile+offline_access&prompt=login+consent&max_age=60&acr_values=2&ui_locales=ru&resource=https%3A%2F%2Fapi.example&authorization_details=${encodeURIComponent(details)}`);
seed('authorize', 'claims', 1, '{"id_token":{"acr":{"essential":true,"values":["2","3"]},"sub":{"value":"s"}},"userinfo":{"name":null}}');
seed('authorize', 'details', 2, details);
seed('authorize', 'code', 3, '7f3a-19c2-k8');
seed('authorize', 'pushed', 3, `urn:ietf:params:oauth:request_uri:${sha256('u').toString('base64url')}`);
seed('authorize', 'verifier', 3, sha256('verifier').toString('hex'));
['bundle', 'categories', 'statutes', 'purposes', 'roles', 'separation', 'services', 'organisations', 'tests/regions'].forEach((name, i) =>
	seed('policy', name.replace('/', '-'), i, readFileSync(join(corpus, '..', '..', '..', 'policies', `${name}.yaml`))));
seed('policy', 'request', 0, '{"subject":{"id":"svc_benefits_north","properties":{"operator":"o","roles":["intake-officer"],"acr":"2"}},',
	'"action":{"name":"read","properties":{"purpose":"eligibility"}},"resource":{"type":"disability"},"context":{"time":"2026-12-10"}}');

rmSync(dir, { recursive: true });

/* ---- receipts that strangers bring, and records as they leave ---- */

{
	const record = {
		schema: 'https://h.example/schemas/consent-record/1', conforms_to: ['urn:ru:152-fz:9.4'], record_id: '0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', code: '0000-0000-00',
		state: 'given', jurisdiction: 'RU', subject: { id: 'sub_1', kind: 'adult', sealed_identity: { alg: 'A256GCM', kid: 'sk_1', sha256: '0'.repeat(64) } },
		given_by: { who: 'self', party: 'sub_1' }, notice: { id: 'n', version: 1, lang: 'ru', sha256: '0'.repeat(64), url: 'https://h.example/notices/n/1/ru' },
		purpose: { code: 'check', version: 1, activity: 'https://h.example/activities/check/1', dpv: 'https://w3id.org/dpv#Purpose', title: { ru: 'Цель', en: 'Purpose' } },
		legal_basis: { type: 'consent', ref: '152-ФЗ', dpv: 'https://w3id.org/dpv#Consent' },
		data: [{ category: 'income', dpv: 'https://w3id.org/dpv/pd#Income', title: { ru: 'Доход', en: 'Income' }, required: true, special: false }], actions: ['read'],
		recipients: [{ service: 'svc_a', organisation: 'org_a', name: 'А' }], controller: { id: 'org_a', name: 'А', address: 'г. А', contact: '+7' },
		limits: { mode: 'view', fetch: 'once', frequency: { count: 1, per: 'P30D' }, data_life: 'P3Y' }, storage: { location: ['RU'], retention: 'P3Y' },
		validity: { from: '2026-11-22T00:00:00Z', until: '2027-11-22T00:00:00Z' },
		events: [{ seq: 1, state: 'given', at: '2026-11-22T00:00:00Z', by: 'sub_1', log: { index: 0, leaf: Buffer.alloc(32).toString('base64') } }],
	};
	const proof = 'c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— log.example AAAA\n';
	seed('receipt', 'record', 1, JSON.stringify(record));
	seed('receipt', 'receipt', 0, JSON.stringify({ record, code: record.code, proofs: [{ state: 'given', index: 0, entry: '{}', proof }] }));
}
