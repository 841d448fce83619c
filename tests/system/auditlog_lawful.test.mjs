/*
 * auditlog_lawful.test.mjs: `auditlog verify --lawful` on logs that are whole and signed by the right key, but in which
 * somebody looked without a ground. Each such entry is named; the same log without it holds.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { scratch, verify } from './lib/auditlog_run.mjs';
import { activation, fragment, grant, permit, timeText, withdrawal, FIRST_TIME_US } from './make_log.mjs';

const s = scratch();
const OTHER_POLICY = `sha256:${'ab'.repeat(32)}`;
const basis = (text) => JSON.parse(`{${text}`).basis;
const recorded = (id, more) => fragment(id, 'access.recorded', { by: { service: 'svc_tax' }, purpose: 'audit/1', categories: ['income'], action: 'read',
	basis: { type: 'statute', ref: '178-FZ-8' }, policy: JSON.parse(`{${activation(0)}`).policy, ...more });
const outcome = (id, index) => fragment(id, 'access.outcome', { basis: { type: 'entry', index }, facts: { outcome: 'released' } });
const ends = (event, n, id, index) => withdrawal(n, id, index).replace('consent.withdrawn', event);

/* A consent to several, and what one of them does. */
const BOTH = ['svc_benefits_north', 'svc_legacy'];
const shared = (id, recipients, more = {}) => {
	const { ctag, from, until } = basis(grant(7, id));
	return grant(7, id, { ...more, basis: { type: 'consent', ...more.basis, ctag, recipients, from, until } });
};
const sharedRenewal = (id, index, recipients) => shared(id, recipients, { basis: { index } }).replace('consent.granted', 'consent.renewed');
const by = (service, text) => text.replace('"by":{"service":"svc_benefits_north"', `"by":{"service":"${service}"`);

const renewal = (id, index, more = {}) =>
	grant(7, id, { ...more, basis: { type: 'consent', index, ...basis(grant(7, id)), ...more.basis } }).replace('consent.granted', 'consent.renewed');
const mandate = (id, more = {}, { by, ...facts } = {}) => fragment(id, 'mandate.granted', { by: { service: 'svc_portal', ...by && { operator: by } }, about: JSON.parse(`{${grant(5, id)}`).about,
	basis: { type: 'consent', ctag: basis(grant(5, id)).ctag, recipient: 'rep_1', ...more }, facts: { kind: 'power_of_attorney', ...facts } });
const end = (event) => (id, index, reason) => fragment(id, event, { by: { service: 'svc_portal' }, ...reason && { reason }, basis: { type: 'entry', index } });
const revoked = end('mandate.revoked');
const over = end('mandate.ended');
/* What a desk confirmed about person 7, and the consent or withdrawal that follows from it. */
const desk = (id, { n = 7, act = 'give', way = 'code', by = 'opr_1', prepared_by = 'opr_1' } = {}) => fragment(id, 'desk.confirmed', { by: { service: 'authd', operator: by }, about: JSON.parse(`{${grant(n, id)}`).about,
	facts: { organisation: 'org_csp_north', act, channel: 'office', way, prepared_by } });
const HELP = { channel: 'office', confirmation: 'hotp-list', assisted_by: 'opr_1' };
const PAPER = { ...HELP, confirmation: 'paper', second_operator: 'opr_2', paper: '2026-1' };
const tagOf = (n) => basis(grant(n, 1)).ctag;
const helped = (id, facts = HELP, more = {}) => grant(7, id, { facts, ...more });
const second = (id, more) => desk(id, { way: 'paper', by: 'opr_2', ...more });
/* A service asks person n for a consent; a consent that answers it. */
const asked = (n, id, more = {}) => fragment(id, 'consent.requested', { about: aboutOf(n, id), purpose: 'eligibility/3', categories: ['income', 'family'], ...more });
const answering = (n, id, request, more = {}) => grant(n, id, { facts: { request }, ...more });
/* How often a consent may be used: its term begins a second before the log does, and entries are a second apart. */
const START = FIRST_TIME_US - 1_000_000n;
const often = (id, count, per, more = {}) => grant(7, id, { basis: { ...basis(grant(7, id)), from: timeText(START) }, facts: { limit_count: count, limit_per_s: per }, ...more });
const idle = (from, to) => Array.from({ length: to - from }, (_, i) => fragment(from + i, 'auth.login'));
/* The same act, done under a mandate by its representative; facts stand at the end. */
const under = (text, index, operator = 'rep_1') => {
	const { by, ...rest } = JSON.parse(`{${text}`);
	const { id, event, ...more } = rest;
	return JSON.stringify({ id, event, by: { service: by.service, ...(by.operator ?? operator) && { operator: by.operator ?? operator } }, ...more, facts: { mandate: index } }).slice(1);
};
const byRepresentative = (id) => grant(7, id);
const given = (index) => ({ type: 'consent', index, ctag: basis(byRepresentative(index)).ctag });

const registered = (id, more = {}) => fragment(id, 'contract.registered', { by: { service: 'svc_portal' }, about: JSON.parse(`{${permit(7, id, 1)}`).about,
	basis: { type: 'contract', ctag: basis(grant(7, id)).ctag, ref: 'care', recipient: 'svc_benefits_north', ...more } });
/* A service proposes it first; the two entries may have changed places on their way (LAWFUL_ORDER_GRACE_US). */
const proposes = (text, id) => `${JSON.stringify({ id: JSON.parse(`{${fragment(id, 'auth.login')}`).id }).slice(1, -1)}${text.slice(text.indexOf(',"event"'))}`.replace('contract.registered', 'contract.proposed');
const withProposals = (fragments) => [...fragments, ...fragments.filter((text) => text.includes('"contract.registered"') && text.includes('"ctag"'))
	.map((text, i) => proposes(text, fragments.length + i))];
const byContract = (n, id, index, more = {}) => permit(n, id, index, { basis: { type: 'contract', index, ctag: basis(grant(n, id)).ctag, ref: 'care', ...more }, reason: 'contract' });
const endsContract = (n, id, index) => withdrawal(n, id, index).replace('consent.withdrawn', 'contract.ended');
const aboutOf = (n, id) => [{ tag: JSON.parse(`{${permit(n, id, 1)}`).about[0].tag }];
const objects = (n, id, more = {}) => fragment(id, 'objection.set', { by: { service: 'svc_portal' }, about: aboutOf(n, id), purpose: 'eligibility/3', ...more });
const lifts = (event, n, id, index) => fragment(id, event, { by: { service: 'svc_portal' }, about: aboutOf(n, id), basis: { type: 'entry', index } });
const blocks = (n, id, more = {}) => fragment(id, 'restriction.set', { by: { service: 'svc_portal' }, about: aboutOf(n, id), ...more });
const refusal = (n, id, reason) => permit(n, id, 1, { decision: 'refuse', reason, basis: undefined });
/* An emergency of person 7 for opr_51ac (index 2 in most cases), a look under it, and what is said about it. */
const OPERATOR = { service: 'svc_benefits_north', operator: 'opr_51ac' };
const ctagOf = (n) => basis(grant(n, 1)).ctag;
const QUOTA = { review_within_s: 86_400, quota_count: 5, quota_per_s: 2_592_000 };
const opened = (id, { n = 7, from = FIRST_TIME_US - 1_000_000n, until = FIRST_TIME_US + 3_600_000_000n, by = OPERATOR, facts, ...more } = {}) => fragment(id, 'breakglass.used', { by, about: JSON.parse(`{${permit(n, id, 1)}`).about,
	purpose: 'eligibility/3', categories: ['income'], action: 'read', basis: { type: 'break_glass', ctag: ctagOf(n), recipient: by.service, from: timeText(from), until: timeText(until) }, policy: JSON.parse(`{${activation(0)}`).policy, facts: { ...QUOTA, ...facts }, ...more });
const look = (id, index, { n = 7, ...more } = {}) => permit(n, id, index, { reason: 'break_glass', basis: { type: 'break_glass', index, ctag: ctagOf(n), ref: 'bg_1' }, ...more });
const said = (event, id, index, facts = { operator: 'opr_51ac' }, by = { service: 'svc_admin', operator: 'opr_dpo' }) =>
	fragment(id, `breakglass.${event}`, { by, basis: { type: 'entry', index, ctag: ctagOf(7) }, facts });
const judged = (id, index, verdict, by) => said('reviewed', id, index, { operator: 'opr_51ac', verdict }, by);
const closedBy = (id, index, by = OPERATOR) => fragment(id, 'breakglass.closed', { by, basis: { type: 'entry', index, ctag: ctagOf(7) } });
/* Another policy than that of index 0, by one person alone; then by two people, of whom opr_author proposes and opr_approver activates. */
const ALONE = { how: 'alone', why: 'exercise' };
const activated = (id, facts = ALONE) => activation(id, { policy: OTHER_POLICY, by: { service: 'svc_admin', operator: 'root' }, facts });
const FIRST_POLICY = JSON.parse(`{${activation(0)}`).policy;
const DIFF = 'cd'.repeat(32);
const proposed = (id, { by = 'opr_author', base = FIRST_POLICY, ...more } = {}) => fragment(id, 'policy.proposed', { by: { service: 'authd', operator: by }, policy: OTHER_POLICY,
	facts: { proposal: 'p1', diff: DIFF, base }, ...more });
const approved = (id, index, { by = 'opr_approver', author = 'opr_author', diff = DIFF, ...more } = {}) => fragment(id, 'policy.activated', { by: { service: 'authd', operator: by },
	basis: index === undefined ? undefined : { type: 'entry', index }, policy: OTHER_POLICY, facts: { how: 'two_people', author, proposal: 'p1', diff }, ...more });
const takenBack = (id, index) => fragment(id, 'policy.withdrawn', { by: { service: 'authd', operator: 'opr_author' }, basis: { type: 'entry', index }, facts: { proposal: 'p1' } });
/* A death of person 7: put forward by opr_1, confirmed by opr_2; the same for taking it back; an heir. */
const CERTIFICATE = 'ef'.repeat(32);
const putForward = (id, { n = 7, by = 'opr_1', event = 'death.proposed', about = aboutOf(n, id), document = CERTIFICATE, index, wait_s = event === 'death.proposed' ? 0 : undefined } = {}) => fragment(id, event, {
	by: { service: 'svc_portal', operator: by }, ...about && { about }, ...index !== undefined && { basis: { type: 'entry', index } }, facts: { document, wait_s } });
const died = (id, index, { n = 7, by = 'opr_2', first = 'opr_1', document = CERTIFICATE, event = 'death.registered' } = {}) => fragment(id, event, {
	by: { service: 'svc_portal', operator: by }, about: aboutOf(n, id), ...index !== undefined && { basis: { type: 'entry', index } }, facts: { proposed_by: first, document } });
const doubt = (id, index, more) => putForward(id, { event: 'death.undo_proposed', index, ...more });
const undone = (id, index, more) => died(id, index, { event: 'death.undone', ...more });
const answered = (event, id, index, n = 7) => fragment(id, `death.${event}`, { by: { service: 'svc_portal' }, about: aboutOf(n, id), basis: { type: 'entry', index } });
const act = (event, id, more) => fragment(id, event, { by: { service: 'svc_portal' }, about: aboutOf(7, id), ...more });
const heir = (id, death, { n = 7, ...more } = {}) => fragment(id, 'mandate.granted', { by: { service: 'svc_portal', operator: 'opr_2' }, about: aboutOf(n, id),
	basis: { type: 'consent', ctag: basis(grant(5, id)).ctag, recipient: 'rep_1' }, facts: { kind: 'heir', registered_by: 'opr_1', ...death !== undefined && { death }, ...more } });
const byHeir = (event, id, index) => under(act(event, id), index);
/* Twelve entries, and with them twelve seconds: what was under way has ended. */
const later = (from) => Array.from({ length: 12 }, (_, i) => fragment(from + i, 'auth.login'));

const late = FIRST_TIME_US + 2_000_000n;

/* Index 0 activates the policy, 1 is the grant of person 7; what follows is the case. */
const log = (...more) => s.log({ fragments: withProposals([activation(0), grant(7, 1), ...more]) });
const bare = (...more) => s.log({ fragments: [activation(0), grant(7, 1), ...more] });
const consentOf = (n) => basis(permit(n, 9, 1));

const lawful = {
	'a permit on a consent that holds': [permit(7, 2, 1)],
	'two permits, then the withdrawal': [permit(7, 2, 1), permit(7, 3, 1), withdrawal(7, 4, 1)],
	'a permit for every category that was granted': [permit(7, 2, 1, { categories: ['family', 'income'] })],
	'a refusal after the withdrawal': [withdrawal(7, 2, 1), permit(7, 3, 1, { decision: 'refuse', reason: 'consent_withdrawn', basis: undefined })],
	'a new consent after the withdrawal': [withdrawal(7, 2, 1), grant(7, 3), permit(7, 4, 3)],
	'a renewed consent': [renewal(2, 1), permit(7, 3, 2)],
	'a permit that was under way during the renewal': [renewal(2, 1), permit(7, 3, 1)],
	'a consent renewed twice, with less': [renewal(2, 1), renewal(3, 2, { categories: ['income'] }), permit(7, 4, 3)],
	'what a representative did within the mandate': [mandate(2), under(permit(7, 3, 1, { by: { service: 'svc_benefits_north', operator: 'rep_1' } }), 2), under(withdrawal(7, 4, 1), 2), revoked(5, 2)],
	'a yes that a representative gave, after the mandate was revoked': [mandate(2), under(byRepresentative(3), 2), revoked(4, 2, 'resigned'), permit(7, 5, 3, { basis: given(3) })],
	'a yes that a representative gave, after the mandate ran out': [mandate(2), under(byRepresentative(3), 2), over(4, 2, 'expired'), permit(7, 5, 3, { basis: given(3) })],
	'a person\'s own yes, after a mandate was disputed': [mandate(2), revoked(3, 2, 'disputed'), permit(7, 4, 1)],
	'an erasure announced a moment ago': [fragment(2, 'subject.erasing')],
	'a consent that was asked for, refused, and given later': [asked(8, 2), ends('consent.refused', 8, 3, 2), grant(8, 4), permit(8, 5, 4)],
	'a statute': [permit(7, 2, 1, { basis: { type: 'statute', ref: '178-FZ-8' }, reason: 'statute' })],
	'an access that another service recorded': [recorded(2)],
	'an emergency': [opened(2), look(3, 2), look(4, 2)],
	'an emergency that was judged justified, and another one': [opened(2), judged(3, 2, 'justified'), opened(4), look(5, 4)],
	'a look in the last moment of an emergency': [opened(2, { until: late + 1_000_001n }), look(3, 2)],
	'a look before the emergency was closed': [opened(2), look(3, 2), closedBy(4, 2)],
	'an emergency after the right was given back': [opened(2), judged(3, 2, 'unjustified'), said('restored', 4, 2), ...later(5), opened(17), look(18, 17)],
	'an emergency after a late review': [opened(2), said('suspended', 3, 2), judged(4, 2, 'justified'), ...later(5), opened(17), look(18, 17)],
	'a look that was under way when the right was suspended': [opened(2), said('suspended', 3, 2), look(4, 2)],
	'a look after a review in time': [opened(2, { facts: { review_within_s: 1 } }), judged(3, 2, 'justified'), ...later(4), opened(16), look(17, 16)],
	'a look that was under way when the review was due': [opened(2, { facts: { review_within_s: 1 } }), ...later(3).slice(0, 8), look(11, 2)],
	'an emergency of another operator than one not judged in time': [opened(2, { facts: { review_within_s: 1 } }), ...later(3), opened(15, { by: { ...OPERATOR, operator: 'opr_2' } })],
	'an emergency of another operator than the suspended one': [opened(2), judged(3, 2, 'unjustified'), ...later(4), opened(16, { by: { ...OPERATOR, operator: 'opr_2' } }), look(17, 16, { by: { ...OPERATOR, operator: 'opr_2' } })],
	'an emergency about somebody who is not known': [opened(2, { about: undefined })],
	'one outcome for each of two permits': [permit(7, 2, 1), permit(7, 3, 1), outcome(4, 3), outcome(5, 2)],
	'a decision that was under way when the policy changed': [activated(2), permit(7, 3, 1)],
	'a permit under the new policy': [activated(2), permit(7, 3, 1, { policy: OTHER_POLICY })],
	'a policy that one person proposed and another activated': [proposed(2), approved(3, 2), permit(7, 4, 1, { policy: OTHER_POLICY })],
	'a proposal that was taken back, and the same again': [proposed(2), takenBack(3, 2), proposed(4), approved(5, 4)],
	'a proposal that nobody took up': [proposed(2), permit(7, 3, 1)],
	'a parent whom one official registered and another confirmed': [mandate(2, {}, { by: 'opr_2', kind: 'parent', registered_by: 'opr_1' }), under(permit(7, 3, 1, { by: { service: 'svc_benefits_north', operator: 'rep_1' } }), 2)],
	'a permit by a registered contract': [registered(2), byContract(7, 3, 2), endsContract(7, 4, 2)],
	'a refusal behind an objection': [objects(7, 2), refusal(7, 3, 'objection')],
	'a permit for another person behind an objection': [grant(8, 2), objects(7, 3), permit(8, 4, 2)],
	'a permit for another category behind a narrow objection': [objects(7, 2, { categories: ['family'] }), permit(7, 3, 1)],
	'a permit after the objection was lifted': [objects(7, 2), lifts('objection.lifted', 7, 3, 2), permit(7, 4, 1)],
	'an emergency while all is blocked': [blocks(7, 2), opened(3), look(4, 3)],
	'a permit after the block was lifted': [blocks(7, 2), lifts('restriction.lifted', 7, 3, 2), permit(7, 4, 1)],
	'a permit after the term of the block': [blocks(7, 2, { basis: { type: 'entry', index: 0, until: timeText(FIRST_TIME_US) } }), permit(7, 3, 1)],
	'a death that two officials registered, and what ends with it': [putForward(2), died(3, 2), ends('consent.revoked', 7, 4, 1)],
	'a sign-in and a token that were under way at the death': [putForward(2), died(3, 2), act('auth.login', 4), act('token.issued', 5)],
	'a death that the person spoke against, and another': [putForward(2), answered('contested', 3, 2), act('auth.login', 4), putForward(5), died(6, 5)],
	'a death that was declined': [putForward(2), answered('declined', 3, 2), ...later(4), act('auth.login', 16), permit(7, 17, 1)],
	'a statute after a death': [putForward(2), died(3, 2), permit(7, 4, 1, { basis: { type: 'statute', ref: '400-FZ-10' }, reason: 'statute' })],
	'a refusal after a death': [putForward(2), died(3, 2), refusal(7, 4, 'restricted_person')],
	'what others do after a death': [grant(8, 2), putForward(3), died(4, 3), ...later(5), permit(8, 17, 2)],
	'a mistake that two officials took back, and a new consent': [putForward(2), died(3, 2), ends('consent.revoked', 7, 4, 1), doubt(5, 3), undone(6, 5), ...later(7), act('auth.login', 19), grant(7, 20), permit(7, 21, 20)],
	'an heir who looks at documents': [putForward(2), died(3, 2), heir(4, 3), byHeir('profile.read', 5, 4), over(6, 4, 'expired')],
	'an erasure that was finished': [fragment(2, 'subject.erasing'), fragment(3, 'subject.erased', { basis: { type: 'entry', index: 2 } })],
};

const MORE_LAWFUL = {
	'a consent that the person confirmed with a code at a desk': [desk(2), helped(3), permit(7, 4, 3)],
	'a consent on a paper that a second operator saw': [second(2), helped(3, { ...PAPER, assisted_tag: tagOf(1), second_tag: tagOf(2) }), permit(7, 4, 3)],
	'a consent on paper of before operators had tags': [second(2), helped(3, PAPER), permit(7, 4, 3)],
	'a consent by help that was renewed by help': [desk(2), helped(3), desk(4), renewal(5, 3, { facts: HELP }), permit(7, 6, 5)],
	'a withdrawal that the desk confirmed': [desk(2, { act: 'withdraw' }), withdrawal(7, 3, 1, { facts: HELP })],
	'two consents, each confirmed': [desk(2), desk(3), helped(4), helped(5), permit(7, 6, 5)],
	'a representative at a desk': [mandate(2), second(3), helped(4, { mandate: 2, ...PAPER, assisted_tag: tagOf(1), second_tag: tagOf(2), giver_tag: tagOf(3) }, { by: { service: 'svc_portal', operator: 'rep_1' } })],
	'a consent to two services, and a permit for each': [shared(2, BOTH), permit(7, 3, 2), by('svc_legacy', permit(7, 4, 2)), withdrawal(7, 5, 2)],
	'as many permits as a consent to two services allows, spread over both': [shared(2, BOTH, { facts: { limit_count: 2, limit_per_s: 0 } }), permit(7, 3, 2), by('svc_legacy', permit(7, 4, 2))],
	'a consent to two services that was renewed for both': [shared(2, BOTH), sharedRenewal(3, 2, BOTH), permit(7, 4, 3), by('svc_legacy', permit(7, 5, 2))],
	'a consent to two services that was renewed for one': [shared(2, BOTH), renewal(3, 2), permit(7, 4, 3)],
	'as many permits as a consent allows': [often(2, 3, 3600), permit(7, 3, 2), permit(7, 4, 2), permit(7, 5, 2)],
	'one permit for ever': [often(2, 1, 0), permit(7, 3, 2)],
	'a permit in each window': [often(2, 1, 100), permit(7, 3, 2), ...idle(4, 120), permit(7, 120, 2)],
	'a permit of the window before, written in the next one': [often(2, 1, 100), ...idle(3, 100), permit(7, 100, 2), permit(7, 101, 2)],
	'a permit of the next window, written at the end of the one before': [often(2, 1, 100), permit(7, 3, 2), ...idle(4, 95), permit(7, 95, 2)],
	'a refusal and a recorded access use up nothing': [often(2, 1, 3600), permit(7, 3, 2), refusal(7, 4, 'limit_frequency'), permit(7, 5, 2, { decision: undefined, reason: undefined }).replace('access.decided', 'access.recorded')],
};
Object.assign(lawful, MORE_LAWFUL);

const unlawful = {
	'a consent by help that no desk confirmed': [/no desk confirmed it before/, helped(2)],
	'a consent by help that was confirmed afterwards': [/no desk confirmed it before/, helped(2), desk(3)],
	'a consent by help that was confirmed for another person': [/no desk confirmed it before/, desk(2, { n: 8 }), helped(3)],
	'a consent by help that another operator prepared': [/no desk confirmed it before/, desk(2, { by: 'opr_3', prepared_by: 'opr_3' }), helped(3)],
	'a code that another operator heard': [/no desk confirmed it before/, desk(2, { by: 'opr_2' }), helped(3)],
	'a consent where a withdrawal was confirmed': [/no desk confirmed it before/, desk(2, { act: 'withdraw' }), helped(3)],
	'one confirmation for two consents': [/entry 4: .*no desk confirmed it before/, desk(2), helped(3), helped(4)],
	'a paper that was confirmed as a code': [/no desk confirmed it before/, desk(2, { by: 'opr_2' }), helped(3, PAPER)],
	'a paper that another second operator saw': [/no desk confirmed it before/, second(2, { by: 'opr_3' }), helped(3, PAPER)],
	'a paper without a second operator': [/a paper that no second operator confirmed/, second(2), helped(3, { ...PAPER, second_operator: undefined })],
	'a paper that the first operator confirmed': [/second operator is the first one/, second(2, { by: 'opr_1' }), helped(3, { ...PAPER, second_operator: 'opr_1' })],
	'a paper that the first operator confirmed under another name': [/second operator is the first one/, second(2), helped(3, { ...PAPER, assisted_tag: tagOf(1), second_tag: tagOf(1) })],
	'a paper that the person confirmed as the second operator': [/second operator is the person themselves/, second(2), helped(3, { ...PAPER, assisted_tag: tagOf(1), second_tag: tagOf(7) })],
	'a paper that the representative confirmed as the second operator': [/second operator is the representative/, mandate(2), second(3),
		helped(4, { mandate: 2, ...PAPER, assisted_tag: tagOf(1), second_tag: tagOf(3), giver_tag: tagOf(3) }, { by: { service: 'svc_portal', operator: 'rep_1' } })],
	'an operator who helped themselves': [/with the help of whoever did it/, desk(2), helped(3, { ...HELP, assisted_tag: tagOf(7) })],
	'a second operator without a paper': [/no paper that they would have seen/, desk(2), helped(3, { ...HELP, second_operator: 'opr_2' })],
	'help by nobody': [/does not say whose/, desk(2), helped(3, { ...HELP, assisted_by: undefined })],
	'a withdrawal by help that nobody confirmed': [/no desk confirmed it before/, desk(2), withdrawal(7, 3, 1, { facts: HELP })],
	'a permit more than a consent allows': [/the consent of entry 2 may be used 2 times in 3600 seconds, and was/, often(2, 2, 3600), permit(7, 3, 2), permit(7, 4, 2), permit(7, 5, 2)],
	'a second permit on what is for once': [/may be used 1 times, and was/, often(2, 1, 0), permit(7, 3, 2), ...idle(4, 40), permit(7, 40, 2)],
	'a second permit in a later window': [/entry 122: .*may be used 1 times in 100 seconds/, often(2, 1, 100), permit(7, 3, 2), ...idle(4, 120), permit(7, 120, 2), idle(121, 122)[0], permit(7, 122, 2)],
	'the room of the window before, taken twice': [/entry 102: .*may be used 1 times/, often(2, 1, 100), ...idle(3, 100), permit(7, 100, 2), permit(7, 101, 2), permit(7, 102, 2)],
	'the room of the next window, taken before and in it': [/entry 130: .*may be used 1 times/, often(2, 1, 100), permit(7, 3, 2), ...idle(4, 95), permit(7, 95, 2), ...idle(96, 130), permit(7, 130, 2)],
	'a permit more after a renewal': [/the consent of entry 3 may be used 1 times/, often(2, 1, 3600), renewal(3, 2, { facts: { limit_count: 1, limit_per_s: 3600 } }), permit(7, 4, 3), permit(7, 5, 3)],
	'a death that one official registered alone': [/without a second official/, putForward(2), died(3, 2, { by: 'opr_1' })],
	'a death that nobody put forward': [/a death that nobody put forward \(index 1\)/, died(2, 1)],
	'a death confirmed from another document': [/another document than entry 2/, putForward(2), died(3, 2, { document: 'ab'.repeat(32) })],
	'a death confirmed as if somebody else had put it forward': [/another official/, putForward(2), died(3, 2, { first: 'opr_9' })],
	'a death after "I am alive"': [/entry 3 closed what entry 2 put forward/, putForward(2), answered('contested', 3, 2), died(4, 2)],
	'a death that was declined, confirmed all the same': [/entry 3 closed what entry 2/, putForward(2), answered('declined', 3, 2), died(4, 2)],
	'a death of another person than was put forward': [/it is about another person than entry 2/, putForward(2), died(3, 2, { n: 8 })],
	'"I am alive" said by another person': [/it is about another person than entry 2/, putForward(2), answered('contested', 3, 2, 8)],
	'the death of another person taken back': [/the death of another person \(entry 3\)/, putForward(2), died(3, 2), doubt(4, 3, { n: 8 }), undone(5, 4, { n: 8 })],
	'a death registered twice from one proposal': [/entry 3 closed what entry 2/, putForward(2), died(3, 2), died(4, 2)],
	'a death put forward without a document': [/but not of whose, by whom or from which document/, putForward(2, { document: '' }).replace('"document":""', '"paper":"1"')],
	'a death of nobody': [/but not of whose/, putForward(2, { about: null })],
	'a sign-in after the death': [/the person had died \(entry 3\)/, putForward(2), died(3, 2), ...later(4), act('auth.login', 16)],
	'a token after the death': [/had died/, putForward(2), died(3, 2), ...later(4), act('token.issued', 16)],
	'a refreshed token after the death': [/had died/, putForward(2), died(3, 2), ...later(4), act('token.refreshed', 16)],
	'a code after the death': [/had died/, putForward(2), died(3, 2), ...later(4), act('token.code_issued', 16)],
	'a device let in after the death': [/had died/, putForward(2), died(3, 2), ...later(4), act('token.device_approved', 16)],
	'a consent after the death': [/had died/, putForward(2), died(3, 2), ...later(4), grant(7, 16)],
	'a contract after the death': [/had died/, putForward(2), died(3, 2), ...later(4), registered(16)],
	'a permit by consent after the death, that very moment': [/by consent, but the person had died \(entry 3\)/, putForward(2), died(3, 2), permit(7, 4, 1)],
	'a permit by contract after the death': [/by contract, but the person had died/, registered(2), putForward(3), died(4, 3), byContract(7, 5, 2)],
	'an emergency after the death': [/by vital, but the person had died/, putForward(2), died(3, 2), permit(7, 4, 1, { basis: { type: 'vital' }, reason: 'vital_interest' })],
	'somebody is to represent the dead': [/represent a person who had died/, putForward(2), died(3, 2), ...later(4), mandate(16, {}, {}).replace(/"about":\[[^\]]*\]/, `"about":${JSON.stringify(aboutOf(7, 16))}`)],
	'a death taken back by one official alone': [/without a second official/, putForward(2), died(3, 2), doubt(4, 3), undone(5, 4, { by: 'opr_1' })],
	'a death taken back that nobody doubted': [/put something else forward/, putForward(2), undone(3, 2)],
	'a death taken back twice': [/a death that does not stand \(index 3\)/, putForward(2), died(3, 2), doubt(4, 3), undone(5, 4), doubt(6, 3), undone(7, 6)],
	'a permit on a consent that a death had ended, after it was taken back': [/was revoked by entry 4/, putForward(2), died(3, 2), ends('consent.revoked', 7, 4, 1), doubt(5, 3), undone(6, 5), permit(7, 7, 1)],
	'an heir of the living': [/an heir of somebody whose death does not stand/, heir(2, 1)],
	'an heir who names no death': [/an heir of somebody whose death does not stand \(index 0\)/, putForward(2), died(3, 2), heir(4)],
	'an heir of another person than the dead': [/an heir of somebody whose death does not stand/, putForward(2), died(3, 2), heir(4, 3, { n: 8 })],
	'an heir after the death was taken back': [/whose death does not stand/, putForward(2), died(3, 2), doubt(4, 3), undone(5, 4), heir(6, 3)],
	'an heir whom one official registered alone': [/no second official confirmed/, putForward(2), died(3, 2), heir(4, 3, { registered_by: 'opr_2' })],
	'an heir who gives a consent': [/an heir did more than look/, putForward(2), died(3, 2), heir(4, 3), under(grant(7, 5), 4)],
	'an heir who withdraws': [/an heir did more than look/, putForward(2), died(3, 2), heir(4, 3), under(withdrawal(7, 5, 1), 4)],
	'an heir who asks': [/an heir did more than look/, putForward(2), died(3, 2), heir(4, 3), byHeir('question.opened', 5, 4)],
	'an heir who gets a token': [/an heir did more than look/, putForward(2), died(3, 2), heir(4, 3), byHeir('token.issued', 5, 4)],
	'an heir who goes on after the death was taken back': [/an heir of somebody who lives \(entry 6\)/, putForward(2), died(3, 2), heir(4, 3), doubt(5, 3), undone(6, 5), byHeir('profile.read', 7, 4)],
	'a permit after the withdrawal': [/consent of entry 1 was withdrawn by entry 2/, withdrawal(7, 2, 1), permit(7, 3, 1)],
	'a permit after the consent was said to be expired': [/was expired by entry 2/, ends('consent.expired', 7, 2, 1), permit(7, 3, 1)],
	'a permit after a revocation': [/was revoked by entry 2/, ends('consent.revoked', 7, 2, 1), permit(7, 3, 1)],
	'a permit after the term': [/outside the term/, grant(7, 2, { basis: { ...basis(grant(7, 2)), until: timeText(late) } }), permit(7, 3, 2)],
	'a permit before the term': [/outside the term/, grant(7, 2, { basis: { ...basis(grant(7, 2)), from: '2027-01-01T00:00:00.000000Z' } }), permit(7, 3, 2)],
	'another person\'s consent': [/consent of another person/, permit(8, 2, 1)],
	'one consent for the data of two people': [/about 2 people by the consent of one/, permit(7, 2, 1, { about: [7, 8].flatMap((n) => JSON.parse(`{${permit(n, 2, 1)}`).about) })],
	'a permit that is about nobody': [/about nobody/, permit(7, 2, 1, { about: undefined })],
	'another purpose': [/for research\/1, but the consent of entry 1 is for eligibility\/3/, permit(7, 2, 1, { purpose: 'research/1' })],
	'another version of the purpose': [/for eligibility\/4/, permit(7, 2, 1, { purpose: 'eligibility/4' })],
	'a category beyond the consent': [/does not cover the category disability/, permit(7, 2, 1, { categories: ['income', 'disability'] })],
	'no category at all': [/does not cover/, permit(7, 2, 1, { categories: undefined })],
	'another service': [/by svc_bank, but the consent of entry 1 is for svc_benefits_north/, permit(7, 2, 1, { by: { service: 'svc_bank' } })],
	'a consent that is not there yet': [/cites no earlier grant/, permit(7, 2, 3), grant(7, 3)],
	'an entry that grants nothing': [/cites no earlier grant/, permit(7, 2, 0)],
	'a recorded access without a ground': [/rests on nothing/, recorded(2, { basis: undefined })],
	'a policy that was never active': [/a policy that was not active/, permit(7, 2, 1, { policy: OTHER_POLICY })],
	'no policy': [/no policy/, permit(7, 2, 1, { policy: undefined })],
	'an emergency that is never to be judged': [/does not say within which time/, opened(2, { facts: { review_within_s: undefined } })],
	'an emergency to be judged when nobody lives any more': [/does not say within which time/, opened(2, { facts: { review_within_s: 99_999_999_999 } })],
	'a look by who was not judged in time, though no entry suspends them': [/whose emergency of entry 2 nobody had judged in time/, opened(2, { facts: { review_within_s: 1 } }), opened(3), ...later(4), look(16, 3)],
	'an emergency of who was not judged in time': [/whose emergency of entry 2 nobody had judged in time/, opened(2, { facts: { review_within_s: 1 } }), ...later(3), opened(15)],
	'an outcome without a permit': [/no earlier entry permits/, outcome(2, 1)],
	'an outcome of a refusal': [/no earlier entry permits/, permit(7, 2, 1, { decision: 'refuse', basis: undefined }), outcome(3, 2)],
	'a second outcome': [/second outcome of the access of entry 2/, permit(7, 2, 1), outcome(3, 2), outcome(4, 2)],
	'the end of a consent that never was': [/never granted/, withdrawal(7, 2, 0)],
	'the end of another person\'s consent': [/another person/, withdrawal(8, 2, 1)],
	'a permit that cites itself': [/cites no earlier grant \(index 2\)/, permit(7, 2, 2)],
	'a permit by consent that names none': [/it names none/, recorded(2, { basis: { type: 'consent' } })],
	'a permit on a consent that was refused': [/cites no earlier grant/, asked(8, 2), ends('consent.refused', 8, 3, 2), permit(8, 4, 3)],
	'a permit on a consent that was invalidated': [/was invalidated by entry 2/, ends('consent.invalidated', 7, 2, 1), permit(7, 3, 1)],
	'an emergency under a policy that was never active': [/a policy that was not active/, opened(2), look(3, 2, { policy: OTHER_POLICY })],
	'an emergency look that cites nothing': [/cites no earlier emergency/, permit(7, 2, 1, { basis: { type: 'break_glass' } })],
	'an emergency look that cites a consent': [/cites no earlier emergency/, look(2, 1)],
	'an emergency look before its emergency': [/cites no earlier emergency/, look(2, 3), opened(3)],
	'an emergency look at another person': [/about another person/, opened(2), look(3, 2, { n: 8 })],
	'an emergency look without the tie to the person': [/about another person/, opened(2), look(3, 2, { basis: { type: 'break_glass', index: 2 } })],
	'an emergency look at another category': [/does not cover the category health/, opened(2), look(3, 2, { categories: ['health'] })],
	'an emergency look for another purpose': [/is for eligibility\/3/, opened(2), look(3, 2, { purpose: 'research/1' })],
	'an emergency look through another service': [/is for svc_benefits_north/, opened(2), look(3, 2, { by: { ...OPERATOR, service: 'svc_bank' } })],
	'an emergency look by another operator': [/is of opr_51ac/, opened(2), look(3, 2, { by: { ...OPERATOR, operator: 'opr_2' } })],
	'an emergency look by nobody': [/is of opr_51ac/, opened(2), look(3, 2, { by: { service: OPERATOR.service } })],
	'an emergency look at its end': [/outside the term/, opened(2, { until: late + 1_000_000n }), look(3, 2)],
	'an emergency look after it was closed': [/was closed by entry 3/, opened(2), closedBy(3, 2), look(4, 2)],
	'an emergency look after the right was suspended': [/entry 3 suspended/, opened(2), said('suspended', 3, 2), ...later(4), look(16, 2)],
	'an emergency opened after the right was suspended': [/entry 3 suspended/, opened(2), said('suspended', 3, 2), ...later(4), opened(16)],
	'an emergency opened after an unjustified one': [/entry 3 suspended/, opened(2), judged(3, 2, 'unjustified'), ...later(4), opened(16)],
	'a suspension that a review of another emergency does not lift': [/entry 4 suspended/, opened(2), opened(3), judged(4, 2, 'unjustified'), judged(5, 3, 'justified'), ...later(6), opened(18)],
	'an emergency without an end': [/without an operator, a person or an end/, opened(2, { basis: { type: 'break_glass', ctag: ctagOf(7) } })],
	'an emergency of nobody': [/without an operator/, opened(2, { by: { service: 'svc_benefits_north' } })],
	'an emergency closed by another operator': [/of another operator/, opened(2), closedBy(3, 2, { ...OPERATOR, operator: 'opr_2' })],
	'the end of an emergency that never was': [/never was/, closedBy(2, 1)],
	'the review of an emergency that never was': [/never was/, judged(2, 1, 'justified')],
	'an emergency judged by its operator': [/judged by the operator whose it was/, opened(2), judged(3, 2, 'justified', OPERATOR)],
	'a right that its operator gave back': [/given back by the operator/, opened(2), judged(3, 2, 'unjustified'), said('restored', 4, 2, { operator: 'opr_51ac' }, OPERATOR)],
	'a permit on the consent that a renewal replaced, for more than that gave': [/does not cover the category/, renewal(2, 1), permit(7, 3, 1, { categories: ['health'] })],
	'a permit on a consent whose renewal was withdrawn': [/was withdrawn by entry 3/, renewal(2, 1), withdrawal(7, 3, 2), permit(7, 4, 1)],
	'a statute under a policy that was never active': [/a policy that was not active/, permit(7, 2, 1, { basis: { type: 'statute', ref: '178-FZ-8' }, policy: OTHER_POLICY })],
	'an outcome that cites itself': [/no earlier entry permits/, outcome(2, 2)],
	'an outcome before its permit': [/no earlier entry permits/, outcome(2, 3), permit(7, 3, 1)],
	'the renewal of a consent that never was': [/renews a consent that was never granted/, renewal(2, 0)],
	'the renewal of a withdrawn consent': [/which was withdrawn by entry 2/, withdrawal(7, 2, 1), renewal(3, 1)],
	'a renewal for another purpose': [/for another purpose/, renewal(2, 1, { purpose: 'research/1' })],
	'a renewal for another recipient': [/for another recipient/, renewal(2, 1, { basis: { recipient: 'svc_bank' } })],
	'a permit for a service that is not among the recipients': [/by svc_benefits_north, which is not among the recipients of the consent of entry 2/, shared(2, ['svc_legacy', 'svc_tax']), permit(7, 3, 2)],
	'a permit for a service whose name another recipient begins with': [/by svc_leg, which is not among the recipients/, shared(2, ['svc_legacy', 'svc_tax']), by('svc_leg', permit(7, 3, 2))],
	'a renewal that adds a recipient': [/for another recipient/, shared(2, BOTH), sharedRenewal(3, 2, [...BOTH, 'svc_tax'])],
	'a renewal for several of what was for one': [/for another recipient/, sharedRenewal(2, 1, BOTH)],
	'a permit for the recipient that a renewal left out': [/by svc_legacy, but the consent of entry 3 is for svc_benefits_north/, shared(2, BOTH), renewal(3, 2), by('svc_legacy', permit(7, 4, 3))],
	'one permit more, by another of the recipients': [/may be used 2 times, and was/, shared(2, BOTH, { facts: { limit_count: 2, limit_per_s: 0 } }), permit(7, 3, 2), by('svc_legacy', permit(7, 4, 2)), permit(7, 5, 2)],
	'a permit for one of the recipients after the withdrawal': [/was withdrawn by entry 3/, shared(2, BOTH), withdrawal(7, 3, 2), by('svc_legacy', permit(7, 4, 2))],
	'a renewal that widens': [/for the category disability, too/, renewal(2, 1, { categories: ['income', 'disability'] })],
	'an act after the mandate was revoked': [/the mandate of entry 2 was revoked by entry 3/, mandate(2), revoked(3, 2), under(withdrawal(7, 4, 1), 2)],
	'an act after the term of the mandate': [/outside the term of the mandate/, mandate(2, { until: timeText(late) }), under(withdrawal(7, 3, 1), 2)],
	'an act under a mandate that never was': [/no earlier entry grants/, under(withdrawal(7, 2, 1), 0)],
	'an act under somebody else\'s mandate': [/by rep_2, but the mandate of entry 2 is for rep_1/, mandate(2), under(permit(7, 3, 1, { by: { service: 'svc_benefits_north', operator: 'rep_2' } }), 2)],
	'an act after the mandate ended': [/the mandate of entry 2 was expired by entry 3/, mandate(2), over(3, 2, 'expired'), under(withdrawal(7, 4, 1), 2)],
	'an act under a mandate by nobody': [/by opr_51ac, but the mandate of entry 2 is for rep_1/, mandate(2), under(permit(7, 3, 1), 2, '')],
	'a permit by a parent\'s yes after the child came of age': [/the consent of entry 3 was given under the mandate of entry 2, which was voided by entry 4/,
		mandate(2), under(byRepresentative(3), 2), over(4, 2, 'majority'), permit(7, 5, 3, { basis: given(3) })],
	'a permit by a yes under a mandate that was disputed': [/which was voided by entry 4/,
		mandate(2), under(byRepresentative(3), 2), revoked(4, 2, 'disputed'), permit(7, 5, 3, { basis: given(3) })],
	'the end of a mandate that never was': [/ends a mandate that was never granted/, revoked(2, 1)],
	'a policy that nobody proposed': [/that nobody proposed/, approved(2)],
	'a policy that rests on something else than a proposal': [/that nobody proposed/, approved(2, 1)],
	'a policy that was activated before it was proposed': [/that nobody proposed/, approved(2, 3), proposed(3)],
	'a policy that says nothing of how it was agreed': [/not how that was agreed/, activated(2, { version: 8 })],
	'a second first policy': [/and is not the first/, activated(2, { how: 'bootstrap' })],
	'a policy activated alone by nobody': [/not by whom/, activation(2, { policy: OTHER_POLICY, facts: ALONE })],
	'a policy activated by who proposed it': [/by who proposed it \(entry 2\)/, proposed(2), approved(3, 2, { by: 'opr_author' })],
	'another policy than the one that was proposed': [/proposed another policy/, proposed(2), approved(3, 2, { policy: `sha256:${'ef'.repeat(32)}` })],
	'a proposal that was taken back': [/entry 3 closed the proposal of entry 2/, proposed(2), takenBack(3, 2), approved(4, 2)],
	'a proposal that is used twice': [/entry 3 closed the proposal of entry 2/, proposed(2), approved(3, 2), approved(4, 2)],
	'an activation that names another author': [/another author or other changes/, proposed(2), approved(3, 2, { author: 'opr_other' })],
	'other changes than the approver read': [/another author or other changes/, proposed(2), approved(3, 2, { diff: 'ee'.repeat(32) })],
	'a proposal on top of a policy that was replaced since': [/on top of a policy that was replaced/, proposed(2), activation(3, { policy: `sha256:${'ef'.repeat(32)}`, by: { service: 'svc_admin', operator: 'root' }, facts: ALONE }), approved(4, 2)],
	'the end of a proposal that never was': [/takes back what was never proposed/, takenBack(2, 1)],
	'a proposal of nobody': [/without saying who/, proposed(2, { by: undefined, policy: undefined })],
	'a consent that nobody can find who is said to have given it': [/about 0 people/, grant(8, 2, { about: undefined })],
	'a consent of two': [/about 2 people/, grant(8, 2, { about: [7, 8].flatMap((n) => JSON.parse(`{${grant(n, 2)}`).about) })],
	'a look that is hidden among those at somebody else': [/about another person than the consent of entry 1/, permit(7, 2, 1, { about: JSON.parse(`{${permit(8, 2, 1)}`).about })],
	'a mandate about nobody': [/about 0 people/, mandate(2).replace(/"about":\[[^\]]*\],/, '')],
	'a contract about nobody': [/about 0 people/, registered(2).replace(/"about":\[[^\]]*\],/, '')],
	'a parent whom one official registered and confirmed': [/no second official/, mandate(2, {}, { by: 'opr_1', kind: 'parent', registered_by: 'opr_1' })],
	'a guardian whom nobody confirmed': [/no second official/, mandate(2, {}, { kind: 'guardian', registered_by: 'opr_1' })],
	'a mandate of no kind': [/no second official/, mandate(2, {}, { kind: 'none' })],
	'an objection that an entry about somebody else lifts': [/had objected/, objects(7, 2), lifts('objection.lifted', 8, 3, 2), permit(7, 4, 1)],
	'a contract that was never registered': [/never registered \(index 1\)/, byContract(7, 2, 1)],
	'a contract that the permit does not name': [/it names none/, permit(7, 2, 1, { basis: { type: 'contract', ref: 'care' } })],
	'another person\'s contract': [/contract of another person/, registered(2), byContract(8, 3, 2)],
	'another kind of contract': [/by rent, but the contract of entry 2 is care/, registered(2), byContract(7, 3, 2, { ref: 'rent' })],
	'a contract with another service': [/is with svc_bank/, registered(2, { recipient: 'svc_bank' }), byContract(7, 3, 2)],
	'a contract that was ended': [/contract of entry 2 was ended by entry 3/, registered(2), endsContract(7, 3, 2), byContract(7, 4, 2)],
	'a contract that is over': [/outside the term of the contract/, registered(2, { until: timeText(late) }), byContract(7, 3, 2)],
	'a permit behind an objection': [/the person had objected to it \(entry 2\)/, objects(7, 2), permit(7, 3, 1)],
	'a permit behind an objection to this category': [/had objected/, objects(7, 2, { categories: ['income'] }), permit(7, 3, 1)],
	'an objection that only another entry lifts': [/had objected/, objects(7, 2), objects(8, 3), lifts('objection.lifted', 8, 4, 3), permit(7, 5, 1)],
	'a permit by statute while all is blocked': [/all about the person was blocked/, blocks(7, 2), permit(7, 3, 1, { basis: { type: 'statute', ref: '178-FZ-8' } })],
	'an objection that never was is lifted': [/lifts what was never forbidden/, lifts('objection.lifted', 7, 2, 1)],
	'an objection about nobody': [/not whose, or not what/, objects(7, 2, { about: undefined })],
	'an erasure that was not announced': [/never announced/, fragment(2, 'subject.erased', { basis: { type: 'entry', index: 1 } })],
};

/* "This was not me" of person 7, a mandate for them, what clients get; a statute that may be used so often. */
const froze = (id, more) => act('auth.frozen', id, more);
const mandateOf7 = (id) => mandate(id).replace(/"about":\[[^\]]*\]/, `"about":${JSON.stringify(aboutOf(7, id))}`);
const STATUTE = { basis: { type: 'statute', ref: '178-FZ-8' }, reason: 'statute' };
const limited = (n, id, count, per, more = {}) => permit(n, id, 1, { ...STATUTE, facts: { limit_count: count, limit_per_s: per }, ...more });
const ofQuota = (id, count, more = {}) => opened(id, { from: FIRST_TIME_US + BigInt(id) * 1_000_000n, facts: { quota_count: count, quota_per_s: 60 }, ...more });
/* A question of person 7 and what becomes of it. */
const asks = (id, n = 7) => fragment(id, 'question.opened', { by: { service: 'svc_portal' }, about: aboutOf(n, id), basis: { type: 'entry', index: 1 }, facts: { kind: 'question' } });
const turn = (event, id, index, n = 7) => fragment(id, `question.${event}`, { by: { service: 'svc_portal' }, about: aboutOf(n, id), basis: { type: 'entry', index }, facts: { kind: 'question' } });
const declined = (id) => registered(id).replace('contract.registered', 'contract.declined');
const proposal = (id, more) => registered(id, more).replace('contract.registered', 'contract.proposed');
const made = (id, by, prepared_by) => fragment(id, 'desk.account_made', { by: { service: 'authd', operator: by }, about: aboutOf(9, id), facts: { organisation: 'org_csp_north', prepared_by } });

Object.assign(lawful, {
	'a death after the time that the person had to say that they live': [putForward(2, { wait_s: 20 }), ...idle(3, 22), died(22, 2)],
	'a death taken back at once': [putForward(2, { wait_s: 5 }), ...idle(3, 7), died(7, 2), doubt(8, 7), undone(9, 8)],
	'as many looks by statute as may be, in each window': [limited(7, 2, 2, 3600), limited(7, 3, 2, 3600), limited(8, 4, 2, 3600)],
	'looks by statute of two services and two purposes': [limited(7, 2, 1, 3600), limited(7, 3, 1, 3600, { by: { service: 'svc_tax' } }), limited(7, 4, 1, 3600, { purpose: 'audit/1' })],
	'looks that the person sees later, each under a tag of its own': [limited(7, 2, 1, 3600, { facts: { limit_count: 1, limit_per_s: 3600, shown: 'withheld' } }), limited(7, 3, 1, 3600, { facts: { limit_count: 1, limit_per_s: 3600, shown: 'withheld' } })],
	'a look by consent that the person sees later': [permit(7, 2, 1, { about: aboutOf(8, 2), facts: { shown: 'delayed' } })],
	'as many emergencies as the quota has': [ofQuota(2, 2), ofQuota(3, 2)],
	'an emergency more when the time of the quota is over': [ofQuota(2, 1), ...idle(3, 62), ofQuota(62, 1)],
	'an emergency more of another operator': [ofQuota(2, 1), ofQuota(3, 1, { by: { ...OPERATOR, operator: 'opr_2' } })],
	'an emergency that had to wait for the log, behind a later one': [ofQuota(2, 2), ofQuota(3, 2, { from: FIRST_TIME_US + 1_000_000n })],
	'a freeze, a sign-in, a new client and the thawing': [froze(2), act('auth.login', 3), act('token.code_issued', 4), act('token.issued', 5), ...later(6), act('token.refreshed', 18), act('auth.thawed', 19)],
	'a right given back by an entry that overtook the one that took it': [opened(2), said('restored', 3, 2), judged(4, 2, 'unjustified'), ofQuota(5, 5)],
	'a lifting that was under way when the freeze was begun anew': [froze(2), act('auth.login', 3), froze(4), act('auth.thawed', 5)],
	'a token that was under way at the freeze': [froze(2), act('token.refreshed', 3)],
	'a new device after the freeze': [froze(2), act('token.device_approved', 3), ...later(4), act('token.issued', 16)],
	'a representative after the thawing': [mandateOf7(2), froze(3), act('auth.login', 4), act('auth.thawed', 5), under(act('profile.read', 6), 2)],
	'a mandate that was given after the freeze': [froze(2), mandateOf7(3), under(act('profile.read', 4), 3)],
	'a frozen mandate that is revoked': [mandateOf7(2), froze(3), under(revoked(4, 2), 2)],
	'the person\'s own consent while frozen': [mandateOf7(2), froze(3), permit(7, 4, 1)],
	'a thawing of what was frozen in another month': [act('auth.thawed', 2)],
	'a consent that answers a request': [asked(7, 2), answering(7, 3, 2), permit(7, 4, 3)],
	'a consent for less than was asked': [asked(7, 2), answering(7, 3, 2, { categories: ['income'] })],
	'a consent to two services for which one of them asked': [asked(7, 2), shared(3, BOTH, { facts: { request: 2 } }), by('svc_legacy', permit(7, 4, 3))],
	'a request that was put off and then answered': [asked(7, 2), ends('consent.deferred', 7, 3, 2), answering(7, 4, 2)],
	'a request that was put off by an entry that came late': [asked(7, 2), answering(7, 3, 2), ends('consent.deferred', 7, 4, 2)],
	'a request that nobody answered': [asked(7, 2), ends('consent.request_expired', 7, 3, 2)],
	'a contract that was declined, and the same again': [proposal(2), declined(3), registered(4)],
	'a question, an answer, another question, and a complaint': [asks(2), turn('taken', 3, 2), turn('answered', 4, 2), turn('followed', 5, 2), turn('read', 6, 2), turn('answered', 7, 2), turn('escalated', 8, 2), turn('answered', 9, 2)],
	'an answer whose entry came behind the next question\'s': [asks(2), turn('followed', 3, 2), turn('answered', 4, 2), turn('answered', 5, 2)],
	'an account that two officials made': [made(2, 'opr_2', 'opr_1')],
});

const MORE_UNLAWFUL = {
	'a death before the time that the person had to say that they live': [/had 60 seconds from entry 2 on to say that they live/, putForward(2, { wait_s: 60 }), ...idle(3, 22), died(22, 2)],
	'a look by statute more than its policy allows': [/by statute, which svc_benefits_north may use 2 times in 3600 seconds/, limited(7, 2, 2, 3600), limited(7, 3, 2, 3600), limited(7, 4, 2, 3600)],
	'a look in vital interest more than once': [/by vital, which/, ...[2, 3].map((id) => limited(7, id, 1, 3600, { basis: { type: 'vital' }, reason: 'vital_interest' }))],
	'a look by contract more than once': [/by contract, which/, proposal(2), registered(3), ...[4, 5].map((id) => byContract(7, id, 3).replace(/}$/, ',"facts":{"limit_count":1,"limit_per_s":3600}}'))],
	'one limit for two versions of a purpose': [/may use 1 times/, limited(7, 2, 1, 3600), limited(7, 3, 1, 3600, { purpose: 'eligibility/4' })],
	'an emergency more than the quota has': [/opr_51ac, who may open 2 emergencies in 60 seconds/, ofQuota(2, 2), ofQuota(3, 2), ofQuota(4, 2)],
	'an emergency about two categories': [/one person, one category and one purpose/, opened(2, { categories: ['income', 'family'] })],
	'an emergency about two people': [/one person, one category and one purpose/, opened(2, { about: [...aboutOf(7, 2), ...aboutOf(8, 2)] })],
	'an emergency of two days': [/longer than a day/, opened(2, { until: FIRST_TIME_US + 172_800_000_000n })],
	'an emergency that begins tomorrow': [/does not begin when it is opened/, opened(2, { from: FIRST_TIME_US + 86_400_000_000n, until: FIRST_TIME_US + 90_000_000_000n })],
	'an emergency that began a month ago, where the quota does not look': [/does not begin when it is opened/, opened(2, { from: FIRST_TIME_US - 2_592_000_000_000n })],
	'a right given back twice before it was taken': [/entry 3 had given that right back/, opened(2), said('restored', 3, 2), said('restored', 4, 2), judged(5, 2, 'unjustified')],
	'a representative while the person is frozen': [/the mandate of entry 2 was frozen by entry 3/, mandateOf7(2), froze(3), under(act('profile.read', 4), 2)],
	'a representative who withdraws while the person is frozen': [/was frozen by entry 3/, mandateOf7(2), froze(3), under(withdrawal(7, 4, 1), 2)],
	'a token of a representative while the person is frozen': [/was frozen by entry 3/, mandateOf7(2), froze(3), under(act('token.issued', 4), 2)],
	'a permit on a representative\'s yes while the person is frozen': [/given under a mandate that entry 4 froze/, mandateOf7(2), under(byRepresentative(3), 2), froze(4), permit(7, 5, 3, { basis: given(3) })],
	'a client of before the freeze that goes on': [/took the access of every client/, act('token.code_issued', 2), froze(3), ...later(4), act('token.refreshed', 16)],
	'a client of before the freeze that goes on after the thawing': [/took the access of every client/, froze(2), act('auth.login', 3), act('auth.thawed', 4), ...later(5), act('token.issued', 17)],
	'a freeze that is lifted without a sign-in': [/without a sign-in since/, act('auth.login', 2), froze(3), act('auth.thawed', 4)],
	'a freeze of nobody': [/but not whose/, froze(2, { about: undefined })],
	'a freeze begun anew, lifted by the sign-in of before': [/without a sign-in since/, froze(2), act('auth.login', 3), froze(4), ...later(5), act('auth.thawed', 17)],
	'a representative after a freeze begun anew, whose lifting was overtaken': [/was frozen by entry 5/, mandateOf7(2), froze(3), act('auth.login', 4), froze(5), act('auth.thawed', 6), under(act('profile.read', 7), 2)],
	'an answer to a request that never was': [/a request that was never made \(index 1\)/, answering(7, 2, 1)],
	'a refusal of a request that never was': [/a request that was never made/, ends('consent.refused', 7, 2, 1)],
	'a refusal that names no request': [/but not which/, ends('consent.refused', 7, 2, 1).replace(/,"basis":{[^}]*}/, '')],
	'a request answered twice': [/entry 3 had answered the request of entry 2/, asked(7, 2), answering(7, 3, 2), answering(7, 4, 2)],
	'a consent after the request was refused': [/entry 3 had answered/, asked(7, 2), ends('consent.refused', 7, 3, 2), answering(7, 4, 2)],
	'a consent after the request had ended': [/entry 3 had answered/, asked(7, 2), ends('consent.request_expired', 7, 3, 2), answering(7, 4, 2)],
	'an answer to the request of another person': [/to another person/, asked(8, 2), answering(7, 3, 2)],
	'a consent for another purpose than was asked': [/for another purpose/, asked(7, 2, { purpose: 'research/1' }), answering(7, 3, 2)],
	'a consent for another service than asked': [/others than who had asked for it, svc_bank/, asked(7, 2, { by: { service: 'svc_bank' } }), answering(7, 3, 2)],
	'a consent to two services of which none had asked': [/others than who had asked for it/, asked(7, 2), shared(3, ['svc_legacy', 'svc_tax'], { facts: { request: 2 } })],
	'a consent for more than was asked': [/it gives family, for which entry 2 had not asked/, asked(7, 2, { categories: ['income'] }), answering(7, 3, 2)],
	'a contract of other terms than were proposed': [/another contract than that of entry 2/, proposal(2, { until: timeText(late) }), registered(3)],
	'a contract with another service than proposed it': [/another contract/, proposal(2, { recipient: 'svc_bank' }), registered(3)],
	'a contract that is proposed once more': [/once more/, proposal(2), proposal(3)],
	'an answer to a question that nobody asked': [/a question that nobody asked \(index 1\)/, turn('answered', 2, 1)],
	'a question that another person follows up': [/another person's question \(entry 2\)/, asks(2), turn('answered', 3, 2), turn('followed', 4, 2, 8)],
	'a question of nobody': [/a question of nobody/, asks(2).replace(/"about":\[[^\]]*\],/, '')],
	'an account that one official made alone': [/no second official/, made(2, 'opr_1', 'opr_1')],
	'an account that one official is said to have made': [/no second official/, made(2, 'opr_1', undefined)],
};
Object.assign(unlawful, MORE_UNLAWFUL);

for (const [what, more] of Object.entries(lawful)) {
	test(`lawful: ${what}`, () => {
		const ran = verify(log(...more), '--lawful');
		assert.equal(ran.status, 0, ran.out + ran.err);
		assert.match(ran.last, /every permit had its ground/);
	});
}

for (const [what, [why, ...more]] of Object.entries(unlawful)) {
	test(`unlawful and named: ${what}`, () => {
		const made = log(...more);
		const ran = verify(made, '--lawful');
		assert.equal(ran.status, 1, ran.out + ran.err);
		assert.match(ran.last, why);
		assert.match(ran.last, /: entry \d+: unlawful: /);
		assert.equal(JSON.parse(verify(made, '--lawful', '--json').out).lawful.unlawful, 1);
		assert.equal(verify(made).status, 0, 'the log itself is whole');
	});
}

test('a permit that names no ground at all is not even an entry', () => {
	for (const basisOf of [undefined, { type: 'statute' }, { type: 'consent', index: 1 }, { type: 'entry', index: 1 }]) {
		const ran = verify(log(permit(7, 2, 1, { basis: basisOf })), '--lawful');
		assert.equal(ran.status, 1);
		assert.match(ran.last, /: entry 2: it is not written as an entry must be/);
	}
});

test('a proposal is not activated a month later', () => {
	const slow = (gap) => s.log({ fragments: [activation(0), proposed(1), approved(2, 1)], gap });
	assert.equal(verify(slow(29n * 86_400_000_000n), '--lawful').status, 0);
	const late = verify(slow(31n * 86_400_000_000n), '--lawful');
	assert.equal(late.status, 1);
	assert.match(late.last, /too old/);
});

test('what one person activated alone is lawful, and counted where everybody reads it', () => {
	const ran = verify(log(activated(2)), '--lawful');
	assert.equal(ran.status, 0);
	assert.match(ran.out, /1 policies were activated by one person alone/);
	assert.equal(JSON.parse(verify(log(activated(2)), '--lawful', '--json').out).lawful.alone, 1);
	assert.doesNotMatch(verify(log(), '--lawful').out, /alone/);
});

test('a policy loses its force ten seconds after another became active', () => {
	const slow = (gap) => s.log({ fragments: [activation(0), grant(7, 1), activated(2), permit(7, 3, 1)], gap });
	assert.equal(verify(slow(9_000_000n), '--lawful').status, 0);
	assert.equal(verify(slow(11_000_000n), '--lawful').status, 1);
});

test('a consent that was renewed may be cited for ten seconds, no longer', () => {
	const slow = (gap) => s.log({ fragments: [activation(0), grant(7, 1), renewal(2, 1), permit(7, 3, 1)], gap });
	assert.equal(verify(slow(9_000_000n), '--lawful').status, 0);
	const late = verify(slow(11_000_000n), '--lawful');
	assert.equal(late.status, 1);
	assert.match(late.last, /was renewed by entry 2/);
});

test('every unlawful entry is listed, the first of them last', () => {
	const ran = verify(log(permit(8, 2, 1), permit(7, 3, 1), permit(9, 4, 1)), '--lawful');
	assert.equal(ran.status, 1);
	assert.match(ran.out, /bad {4}entry 2: .*\nbad {4}entry 4: /);
	assert.match(ran.last, /: entry 2: /);
	assert.equal(consentOf(8).ctag === consentOf(9).ctag, false);
});

test('a long history is judged across bundles and threads', () => {
	const fragments = [activation(0), grant(7, 1)];
	for (let i = 2; i < 1000; i++) {
		fragments.push(permit(7, i, 1));
	}
	fragments.push(withdrawal(7, 1000, 1), permit(7, 1001, 1));
	const ran = verify(s.log({ fragments }), '--lawful', '--jobs', '4');
	assert.equal(ran.status, 1);
	assert.match(ran.last, /: entry 1001: /);
});

test('an erasure that is not finished a day later is named, and one that was finished too late', () => {
	const days = 2n * 86_400_000_000n;
	const open = verify(s.log({ fragments: [fragment(0, 'subject.erasing'), fragment(1, 'auth.login')], gap: days }), '--lawful');
	assert.equal(open.status, 1);
	assert.match(open.last, /entry 0: unlawful: .*not finished within a day/);
	const slow = verify(s.log({ fragments: [fragment(0, 'subject.erasing'), fragment(1, 'subject.erased', { basis: { type: 'entry', index: 0 } })], gap: days }), '--lawful');
	assert.equal(slow.status, 1);
	assert.match(slow.last, /entry 1: unlawful: .*later than a day/);
});

test('an emergency that nobody judged, and whose operator no entry suspends, is named a day after its term of review; so is what comes later than that', () => {
	const day = 86_400_000_000n;
	const used = opened(1, { facts: { review_within_s: 3600 } });
	const run = (gap, ...more) => verify(s.log({ fragments: [activation(0), used, ...more], gap }), '--lawful');
	const last = fragment(2, 'auth.login');
	assert.equal(run(day, last).status, 0, 'there is an hour left to say so');
	const silent = run(2n * day, last);
	assert.equal(silent.status, 1);
	assert.match(silent.last, /entry 1: unlawful: .*nobody judged in time/);
	assert.equal(run(day, said('suspended', 2, 1), last).status, 0);
	assert.equal(run(day, judged(2, 1, 'unjustified'), last).status, 0);
	for (const late of [said('suspended', 2, 1), judged(2, 1, 'justified')]) {
		assert.match(run(2n * day, late).last, /entry 2: unlawful: .*more than a day before/);
	}
});

test('a renewal that is none grants nothing: the permit on it is named as well', () => {
	const ran = verify(log(withdrawal(7, 2, 1), renewal(3, 1), permit(7, 4, 3)), '--lawful');
	assert.match(ran.out, /entry 3: unlawful: it renews/);
	assert.match(ran.out, /entry 4: unlawful: a permit by consent that cites no earlier grant/);
	assert.match(ran.last, /entry 3: /);
});

test('counts are said, also as JSON', () => {
	const made = log(mandate(2), permit(7, 3, 1), outcome(4, 3), withdrawal(7, 5, 1), fragment(6, 'subject.erasing'));
	const { lawful: l } = JSON.parse(verify(made, '--lawful', '--json').out);
	assert.deepEqual([l.permits, l.outcomes, l.granted, l.ended, l.policies, l.mandates, l.erasures, l.erasing, l.unlawful], [1, 1, 1, 1, 1, 1, 1, 1, 0]);
	assert.match(verify(made, '--lawful').out, /1 consents granted, 1 ended, 1 policies activated, 1 erasures \(1 not done yet\), 1 mandates/);
});

/* What may still be on its way to the log is not judged before a day has passed: each entry is 2 days after the one before. */
const day = 86_400_000_000n;
const slow = (...fragments) => verify(s.log({ fragments: [activation(0), ...fragments], gap: 2n * day }), '--lawful');

for (const [what, why, ...fragments] of [
	['a contract that no service proposed', /entry 2: unlawful: it answers a contract that no service proposed/, registered(2)],
	['two answers to one question', /entry 4: unlawful: .* more often than that was asked/, asks(2), turn('answered', 3, 2), turn('answered', 4, 2)],
	['a right given back that nobody had taken', /entry 4: unlawful: a right given back that the emergency of entry 2 had not taken/, opened(2), judged(3, 2, 'justified'), said('restored', 4, 2)],
	['a following question where there was no answer', /entry 3: unlawful: .* more often than that was asked or answered/, asks(2), turn('followed', 3, 2)],
]) {
	test(`${what}: not judged while what it answers may be on its way, unlawful after a day`, () => {
		const young = verify(bare(...fragments), '--lawful');
		assert.equal(young.status, 0, young.last);
		assert.match(young.out, /1 entries cannot/);
		const old = slow(fragment(1, 'auth.login'), ...fragments, fragment(fragments.length + 2, 'auth.login'));
		assert.equal(old.status, 1);
		assert.match(old.last, why);
	});
}

test('a contract that was proposed in the other order holds, too late or answered twice it does not', () => {
	assert.equal(verify(bare(proposal(2), registered(3)), '--lawful').status, 0);
	assert.equal(verify(bare(registered(2), proposal(3)), '--lawful').status, 0, 'the two changed places on their way');
	const late = verify(s.log({ fragments: [activation(0), registered(1), proposal(2)], gap: 2n * 86_400_000_000n }), '--lawful');
	assert.match(late.last, /answered more than a day before \(entry 1\)/);
	const twice = verify(bare(registered(2), registered(3)), '--lawful');
	assert.match(twice.last, /entry 3: unlawful: the contract was answered before \(entry 2\)/);
});

test('an entry that mends the order of a question a day later comes too late', () => {
	const ran = verify(s.log({ fragments: [activation(0), asks(1), turn('followed', 2, 1), turn('answered', 3, 1)], gap: 2n * 86_400_000_000n }), '--lawful');
	assert.equal(ran.status, 1);
	assert.match(ran.last, /entry 2: unlawful: .*more than a day later/);
});

/* From one month into the next: a day of the log is a second of the others. Tags change with the month, what is cited does not. */
const days = (...fragments) => verify(s.log({ fragments: [activation(0), grant(7, 1, { basis: { ...basis(grant(7, 1)), until: '2029-01-01T00:00:00.000000Z' } }), ...fragments], gap: day }), '--lawful');
const agreed = (text) => text.replaceAll(/"until":"[^"]*"/g, '"until":"2029-01-01T00:00:00.000000Z"');
const otherMonth = (text, id) => text.replace(/"about":\[[^\]]*\]/, `"about":${JSON.stringify(aboutOf(70, id))}`);

test('the dead are known in later months by what was given or used in the month of the death', () => {
	/* entries 2 and 3 are of November, 20 of December, when the person has another tag */
	const fill = idle(4, 20);
	const given = days(putForward(2), died(3, 2), ...fill, otherMonth(permit(7, 20, 1), 20));
	assert.equal(given.status, 1);
	assert.match(given.last, /entry 20: unlawful: the consent of entry 1 was of somebody who had died \(entry 3\)/);
	/* given in another month than the death, and used in that of the death */
	const used = days(...idle(2, 10), otherMonth(permit(7, 10, 1), 10), putForward(11, { n: 70 }), died(12, 11, { n: 70 }), ...idle(13, 45), permit(7, 45, 1, { about: aboutOf(71, 45) }));
	assert.equal(used.status, 1);
	assert.match(used.last, /entry 45: unlawful: the consent of entry 1 was of somebody who had died \(entry 12\)/);
	const contract = days(agreed(proposal(2)), agreed(registered(3)), putForward(4), died(5, 4), ...idle(6, 20), otherMonth(byContract(7, 20, 3), 20));
	assert.match(contract.last, /entry 20: unlawful: the contract of entry 3 was of somebody who had died/);
	const represented = days(mandateOf7(2), putForward(3), died(4, 3), ...idle(5, 20), under(otherMonth(act('profile.read', 20), 20), 2));
	assert.match(represented.last, /entry 20: unlawful: the mandate of entry 2 was for somebody who had died/);
	/* what another person with that consent's like does, and what was taken back, stays lawful */
	assert.equal(days(putForward(2, { n: 8 }), died(3, 2, { n: 8 }), ...fill, otherMonth(permit(7, 20, 1), 20)).status, 0);
	assert.equal(days(putForward(2), died(3, 2), doubt(4, 3), undone(5, 4), ...idle(6, 20), otherMonth(permit(7, 20, 1), 20)).status, 0);
});

/* Logs of before a fact was written: entries without it are not judged for it, until entries have it, and a week more. */
const silent = (id, more) => putForward(id, { ...more, wait_s: null }).replace('"wait_s":null', '"other":1');
const noQuota = (id, more) => opened(id, { facts: { quota_count: undefined, quota_per_s: undefined }, ...more });
const at = (id, gap) => FIRST_TIME_US + BigInt(id) * gap;

test('a death of before entries said how long the person has is not judged for it; one of after is', () => {
	const old = verify(log(silent(2), died(3, 2), putForward(4, { n: 8, wait_s: 0 }), died(5, 4, { n: 8 }), silent(6, { n: 9 }), died(7, 6, { n: 9 })), '--lawful', '--json');
	assert.equal(old.status, 0, old.last);
	assert.equal(JSON.parse(old.out).lawful.not_judged, 2);
	assert.equal(JSON.parse(old.out).lawful.shortest_death_wait_s, 0, 'of those that said it');
	const after = days(putForward(2, { n: 8 }), ...idle(3, 9), silent(9), ...idle(10, 11), silent(11, { n: 9 }));
	assert.equal(after.status, 1);
	assert.match(after.last, /entry 11: unlawful: it does not say how long/);
	assert.doesNotMatch(after.out, /entry 9: unlawful/, 'a node that was brought up to date later');
});

test('an emergency of before entries named a quota is not judged for it, and counts for those that do', () => {
	const lasting = { until: FIRST_TIME_US + 2n * day };
	const old = verify(log(noQuota(2, lasting), look(3, 2), noQuota(4)), '--lawful', '--json');
	assert.equal(old.status, 0, old.last);
	assert.equal(JSON.parse(old.out).lawful.not_judged, 2);
	const counted = verify(log(noQuota(2), noQuota(3), ofQuota(4, 2)), '--lawful');
	assert.match(counted.last, /entry 4: unlawful: by opr_51ac, who may open 2 emergencies/);
	const of = (id, make) => make(id, { by: { service: 'svc_benefits_north', operator: `opr_${id}` }, from: at(id, day), until: at(id, day) + 3_600_000_000n, facts: make === noQuota ? { quota_count: undefined, quota_per_s: undefined } : undefined });
	const reviewed = (id, index) => said('reviewed', id, index, { operator: `opr_${index}`, verdict: 'justified' });
	const after = days(of(2, opened), reviewed(3, 2), ...idle(4, 10), of(10, noQuota), reviewed(11, 10));
	assert.equal(after.status, 1);
	assert.match(after.last, /entry 10: unlawful: .*how many its operator may open/);
});

test('a freeze says nothing in another month, in which the person has another tag', () => {
	assert.equal(days(mandateOf7(2), froze(3), ...idle(4, 20), under(otherMonth(act('profile.read', 20), 20), 2)).status, 0);
});

test('many people and services with limits of their own are judged in bounded time', () => {
	const fragments = [activation(0)];
	for (let i = 1; i < 3000; i++) {
		fragments.push(limited(i % 1500, i, 2, 86_400));
	}
	assert.equal(verify(s.log({ fragments }), '--lawful').status, 0);
	fragments.push(limited(7, 3000, 2, 86_400));
	assert.match(verify(s.log({ fragments }), '--lawful').last, /entry 3000: unlawful: by statute/);
});

test('who was said to be dead had so long to say that they live: the shortest time is said', () => {
	const of = (wait_s) => verify(log(putForward(2, { wait_s }), ...idle(3, 40), died(40, 2)), '--lawful', '--json').out;
	assert.equal(JSON.parse(of(30)).lawful.shortest_death_wait_s, 30);
	assert.equal(JSON.parse(of(0)).lawful.shortest_death_wait_s, 0);
	assert.equal(JSON.parse(verify(log(), '--lawful', '--json').out).lawful.shortest_death_wait_s, undefined);
});

/* ---- every event has a row that says what is held against it ---- */

const source = (path) => readFileSync(new URL(`../../auditlog/${path}`, import.meta.url), 'utf8');
const catalogue = [...source('core/entry.h').matchAll(/^\tX\((\w+), "([a-z_.]+)"/gm)].map(([, id, name]) => ({ id, name }));

/* The rows of the man page: the events in the head of each, and the first word of what follows. */
function rows() {
	const page = source('man/auditlog.5').replaceAll('\\-', '-');
	const table = page.slice(page.indexOf('.SS What --lawful holds'), page.indexOf('.SS What no replay'));
	return [...table.matchAll(/^\.TP\n\.B ([a-z_. ]+)\n(\S+)/gm)].flatMap(([, events, word]) => events.split(' ').map((name) => ({ name, nothing: word.startsWith('Nothing') })));
}

test('every event of the catalogue has one row in auditlog.5 that says what is held against it', () => {
	assert.ok(catalogue.length > 90);
	assert.deepEqual(rows().map(({ name }) => name).sort(), catalogue.map(({ name }) => name).sort());
});

test('the rows that say "nothing" are those of the events that the judge has no rule for, and it reads what it has rules for', () => {
	const judge = source('tool/lawful.c');
	const table = judge.slice(judge.indexOf('} rules[] = {'), judge.indexOf('lawful_absorb(void'));
	const ruled = new Set([...table.matchAll(/\{ ENTRY_(\w+), /g)].map(([, id]) => id));
	assert.ok(ruled.size > 50);
	const read = new Set([...source('tool/deed.c').matchAll(/\[ENTRY_(\w+)\] = true/g)].map(([, id]) => id));
	assert.deepEqual([...ruled].sort(), [...read].sort());
	const said = new Map(rows().map(({ name, nothing }) => [name, nothing]));
	for (const { id, name } of catalogue) {
		assert.equal(said.get(name), !ruled.has(id), name);
	}
});

test('whoever reads of an unlawful entry reads what to do', () => {
	const ran = verify(log(permit(8, 2, 1)), '--lawful');
	assert.match(ran.out, /Keep this copy as evidence, .*ask the operator/);
	assert.match(ran.last, /: entry 2: unlawful: it cites the consent of another person \(entry 1, another ctag\)/);
});
