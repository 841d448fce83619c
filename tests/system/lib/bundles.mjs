/*
 * bundles.mjs: the shipped bundle of policies with purposes of a test's own, in place before a demo starts on its directory:
 * whatever a test must have as data and the shipped bundle has no reason to have.
 */
import { appendFileSync, chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../demo/state.mjs';

/* One purpose about income, for svc_benefits_north and its intake officers. more: lines of YAML besides. */
const purpose = ({ id, basis = 'consent', more = '' }) => `
- id: ${id}
  version: 1
  dpv: SocialWelfareEligibilityAssessment
  title: {ru: "Проверка ${id}", en: "Check ${id}"}
  why: {ru: Чтобы проверить доход., en: To check the income.}
  if_refused: {ru: Доход нужно будет подтвердить самому., en: You will have to prove your income yourself.}
  categories: [income]
  basis: {income: ${basis}}
  actions: [read, verify]
  max_consent: P365D
  retention: P1Y
  storage: [RU]
  notice: {id: ntc_${id}, version: 1}
${more}`;

function addNotice(policies, id) {
	const from = join(policies, 'notices', 'ntc_monthly_check');
	const to = join(policies, 'notices', `ntc_${id}`);
	cpSync(from, to, { recursive: true });
	for (const version of readdirSync(to)) {
		for (const language of readdirSync(join(to, version))) {
			const path = join(to, version, language);
			writeFileSync(path, readFileSync(path, 'utf8').replaceAll('monthly_check', id));
		}
	}
}

/* Adds them to a bundle's files. */
export function addPurposes(policies, purposes) {
	const ids = purposes.map(({ id }) => id).join(', ');
	const edit = (file, from, to) => {
		const path = join(policies, file);
		const text = readFileSync(path, 'utf8');
		if (!text.includes(from)) {
			throw new Error(`${file} has no ${from}`);
		}
		writeFileSync(path, text.replace(from, to));
	};
	for (const one of purposes) {
		appendFileSync(join(policies, 'purposes.yaml'), purpose(one));
		addNotice(policies, one.id);
	}
	edit('services.yaml', 'monthly_check', `monthly_check, ${ids}`);
	edit('roles.yaml', '{action: read, categories: [income], for: [monthly_check', `{action: read, categories: [income], for: [monthly_check, ${ids}`);
}

/* A directory for startOmbud({ dir }) with that bundle in it; the caller removes it. */
export function directoryWith(purposes) {
	const dir = mkdtempSync(join(tmpdir(), 'ombud bundle '));
	chmodSync(dir, 0o711);
	mkdirSync(join(dir, 'policies'));
	cpSync(join(root, 'policies'), join(dir, 'policies'), { recursive: true });
	addPurposes(join(dir, 'policies'), purposes);
	return dir;
}
