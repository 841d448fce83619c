/*
 * bench_bundle.mjs: a policy bundle with as many rules as are wanted: permissions of a role to read one category for one purpose.
 * Ten categories to a purpose, ten purposes to a service, as many services as purposes, up to 60 roles and 100 organisations in two
 * regions, permissions that are limited to one of them, and separations of duty.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const CATEGORIES = 10;
const PURPOSES_OF_A_SERVICE = 10;
const ROLES = 60;
const ORGANISATIONS = 100;
const LIMITED = 20;
const SEPARATIONS = 16;
const REGIONS = ['RU-SPE', 'RU-TA'];

const range = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const list = (n, make) => `[${range(n, make).join(', ')}]`;
const title = (what, i) => `{ru: Проверить данные номер ${i} для помощи человеку, en: ${what} number ${i} of many}`;
const notice = (words) => `# ${words[0]}\n${words.slice(1).map((heading) => `\n## ${heading}\n\nText.\n`).join('')}`;

const purpose = (i) => `- id: purpose_${i}
  version: 1
  dpv: SocialWelfareEligibilityAssessment
  title: ${title('Purpose', i)}
  why: {ru: Чтобы проверить и не просить у вас справки., en: To check without asking you for papers.}
  if_refused: {ru: Справки нужно будет принести самому., en: You will have to bring papers.}
  categories: ${list(CATEGORIES, (c) => `category_${c}`)}
  basis: {${range(CATEGORIES, (c) => `category_${c}: consent`).join(', ')}}
  actions: [read, verify]
  max_consent: P365D
  retention: P3Y
  storage: [RU]
  notice: {id: ntc_bench, version: 1}
`;

/* Every purpose belongs to one role; a few permissions more hold in one region only. */
const role = (r, roles, purposes) => {
	const own = range(purposes, (p) => p).filter((p) => p % roles === r).map((p) => `purpose_${p}`).join(', ');
	const limited = r < LIMITED ? `    - {action: verify, categories: [category_0], for: [purpose_${r}], regions: [${REGIONS[0]}]}\n` : '';
	return `- id: role_${r}\n  title: ${title('Role', r)}\n  acr: 2\n  may:\n`
		+ `    - {action: read, categories: ${list(CATEGORIES, (c) => `category_${c}`)}, for: [${own}]}\n${limited}`;
};

const service = (s, roles, organisations, purposes) => {
	const asks = range(Math.min(PURPOSES_OF_A_SERVICE, purposes), (i) => (s + i) % purposes);
	const works = [...new Set(asks.map((p) => p % roles))].map((r) => `role_${r}`).join(', ');
	return `- {id: svc_${s}, title: ${title('Service', s)}, organisation: org_${s % organisations}, roles: [${works}], `
		+ `purposes: [${asks.map((p) => `purpose_${p}`).join(', ')}]}\n`;
};

const TEST = `- name: without consent it is refused
  at: 2026-12-10T10:00:00+03:00
  given: {operator: {roles: [role_0]}, acr: 2}
  when: {service: svc_0, action: read, category: category_0, purpose: purpose_0}
  then: {decision: deny, reason: consent_missing}
`;

/* Writes it into the folder `dir`. */
export function makeBundle(dir, rules) {
	const purposes = Math.max(1, Math.floor(rules / CATEGORIES));
	const roles = Math.min(ROLES, purposes);
	const organisations = Math.min(ORGANISATIONS, purposes) + 1; /* one in each region at least */
	const separations = Math.min(SEPARATIONS, Math.floor(roles / 2));
	const files = {
		'bundle.yaml': 'version: 1\ntitle: {ru: Набор для измерений, en: A bundle to measure}\n',
		'categories.yaml': range(CATEGORIES, (c) => `- {id: category_${c}, dpv: Income, title: ${title('Category', c)}}\n`).join(''),
		'statutes.yaml': '- {id: law-1, title: {ru: Закон, en: Law}}\n',
		'purposes.yaml': range(purposes, purpose).join(''),
		'roles.yaml': range(roles, (r) => role(r, roles, purposes)).join('')
			+ '- {id: author, title: {ru: Автор, en: Author}, may: [{action: policy-write}]}\n'
			+ '- {id: approver, title: {ru: Утверждающий, en: Approver}, may: [{action: policy-activate}]}\n',
		'separation.yaml': ['- {static: [author, approver], at_most: 1}\n',
			...range(separations, (i) => `- {static: [role_${2 * i}, role_${2 * i + 1}], at_most: 1}\n`)].join(''),
		'organisations.yaml': range(organisations, (i) => `- {id: org_${i}, name: ${title('Organisation', i)}, kind: state, region: ${REGIONS[i % 2]}, `
			+ `address: "190000, Street ${i}", contact: "o${i}@example.org"}\n`).join(''),
		'services.yaml': range(purposes, (s) => service(s, roles, organisations, purposes)).join(''),
		'notices/ntc_bench/1/ru.md': notice(['Проверка', 'Какие данные', 'Зачем', 'Кто увидит', 'Если вы откажетесь', 'Как отозвать']),
		'notices/ntc_bench/1/en.md': notice(['Check', 'What data', 'What for', 'Who will see', 'If you refuse', 'How to withdraw']),
		'tests/bench.yaml': TEST,
	};
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(dir, name)), { recursive: true });
		writeFileSync(join(dir, name), text);
	}
	return dir;
}
