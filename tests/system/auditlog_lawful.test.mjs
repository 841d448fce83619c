/*
 * auditlog_lawful.test.mjs: `auditlog verify --lawful` on logs that are whole and signed by the right key, but in which
 * somebody looked without a ground. Each such entry is named; the same log without it holds.
 */
import assert from 'node:assert/strict';
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

/* Index 0 activates the policy, 1 is the grant of person 7; what follows is the case. */
const log = (...more) => s.log({ fragments: [activation(0), grant(7, 1), ...more] });
const consentOf = (n) => basis(permit(n, 9, 1));

const lawful = {
	'a permit on a consent that holds': [permit(7, 2, 1)],
	'two permits, then the withdrawal': [permit(7, 2, 1), permit(7, 3, 1), withdrawal(7, 4, 1)],
	'a permit for every category that was granted': [permit(7, 2, 1, { categories: ['family', 'income'] })],
	'a refusal after the withdrawal': [withdrawal(7, 2, 1), permit(7, 3, 1, { decision: 'refuse', reason: 'consent_withdrawn', basis: undefined })],
	'a new consent after the withdrawal': [withdrawal(7, 2, 1), grant(7, 3), permit(7, 4, 3)],
	'a renewed consent': [grant(7, 2).replace('consent.granted', 'consent.renewed'), permit(7, 3, 2)],
	'a statute': [permit(7, 2, 1, { basis: { type: 'statute', ref: '178-FZ-8' }, reason: 'statute' })],
	'an access that another service recorded': [recorded(2)],
	'an emergency': [permit(7, 2, 1, { basis: { type: 'break_glass' }, reason: 'break_glass' })],
	'one outcome for each of two permits': [permit(7, 2, 1), permit(7, 3, 1), outcome(4, 3), outcome(5, 2)],
	'a decision that was under way when the policy changed': [activation(2, { policy: OTHER_POLICY }), permit(7, 3, 1)],
	'a permit under the new policy': [activation(2, { policy: OTHER_POLICY }), permit(7, 3, 1, { policy: OTHER_POLICY })],
	'an erasure that was finished': [fragment(2, 'subject.erasing'), fragment(3, 'subject.erased', { basis: { type: 'entry', index: 2 } })],
};

const late = FIRST_TIME_US + 2_000_000n;
const unlawful = {
	'a permit after the withdrawal': [/consent of entry 1 was withdrawn by entry 2/, withdrawal(7, 2, 1), permit(7, 3, 1)],
	'a permit after the consent was said to be expired': [/was expired by entry 2/, ends('consent.expired', 7, 2, 1), permit(7, 3, 1)],
	'a permit after a revocation': [/was revoked by entry 2/, ends('consent.revoked', 7, 2, 1), permit(7, 3, 1)],
	'a permit after the term': [/outside the term/, grant(7, 2, { basis: { ...basis(grant(7, 2)), until: timeText(late) } }), permit(7, 3, 2)],
	'a permit before the term': [/outside the term/, grant(7, 2, { basis: { ...basis(grant(7, 2)), from: '2027-01-01T00:00:00.000000Z' } }), permit(7, 3, 2)],
	'another person\'s consent': [/consent of another person/, permit(8, 2, 1)],
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
	'an outcome without a permit': [/no earlier entry permits/, outcome(2, 1)],
	'an outcome of a refusal': [/no earlier entry permits/, permit(7, 2, 1, { decision: 'refuse', basis: undefined }), outcome(3, 2)],
	'a second outcome': [/second outcome of the access of entry 2/, permit(7, 2, 1), outcome(3, 2), outcome(4, 2)],
	'the end of a consent that never was': [/never granted/, withdrawal(7, 2, 0)],
	'the end of another person\'s consent': [/another person/, withdrawal(8, 2, 1)],
	'an erasure that was not finished': [/begun and not finished/, fragment(2, 'subject.erasing')],
	'an erasure that was not announced': [/never announced/, fragment(2, 'subject.erased', { basis: { type: 'entry', index: 1 } })],
};

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

test('a policy loses its force ten seconds after another became active', () => {
	const slow = (gap) => s.log({ fragments: [activation(0), grant(7, 1), activation(2, { policy: OTHER_POLICY }), permit(7, 3, 1)], gap });
	assert.equal(verify(slow(9_000_000n), '--lawful').status, 0);
	assert.equal(verify(slow(11_000_000n), '--lawful').status, 1);
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
