/*
 * dpv.mjs: a consent record read back out of its JSON-LD, by a processor that nobody here wrote: what the expanded form says,
 * in the words of our record. Written from the vocabularies alone.
 */
import jsonld from 'jsonld';

const NAMESPACES = { dcat: 'http://www.w3.org/ns/dcat#', dct: 'http://purl.org/dc/terms/', dpv: 'https://w3id.org/dpv#', loc: 'https://w3id.org/dpv/loc#',
	odrl: 'http://www.w3.org/ns/odrl/2/', rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#', skos: 'http://www.w3.org/2004/02/skos/core#',
	spdx: 'http://spdx.org/rdf/terms#' };
const full = (name) => name.replace(/^(\w+):/, (whole, prefix) => NAMESPACES[prefix] ?? whole);

const STATES = { ConsentRequested: 'requested', ConsentGiven: 'given', ConsentRefused: 'refused', ConsentRequestDeferred: 'deferred', ConsentWithdrawn: 'withdrawn',
	ConsentExpired: 'expired', ConsentRevoked: 'revoked', ConsentInvalidated: 'invalidated', RenewedConsentGiven: 'renewed' };
const ACTIONS = { Collect: 'collect', Access: 'read', Assess: 'verify', Store: 'store', Alter: 'update', Transfer: 'transfer', Erase: 'destroy' };
const short = (iri) => iri.slice(NAMESPACES.dpv.length);

const all = (node, name) => node?.[full(name)] ?? [];
const one = (node, name) => all(node, name)[0];
const value = (node, name) => one(node, name)?.['@value'];
const link = (node, name) => one(node, name)?.['@id'];
const words = (node, name) => Object.fromEntries(all(node, name).map((each) => [each['@language'], each['@value']]));
const sha256 = (node) => value(one(node, 'spdx:checksum'), 'spdx:checksumValue');
const ofType = (node, name, type) => all(node, name).find((each) => each['@type'].includes(full(type)));
const without = (object) => Object.fromEntries(Object.entries(object).filter(([, each]) => each !== undefined));

/* Nothing may be fetched: a document that needs the network is refused. */
export const offline = { documentLoader: (url) => { throw new Error(`it wants ${url}`); } };
export const expand = async (document) => (await jsonld.expand(document, { ...offline, safe: true }))[0];

const body = (node) => ({ id: value(node, 'dct:identifier'), name: words(node, 'dpv:hasName').ru, name_en: words(node, 'dpv:hasName').en,
	address: value(node, 'dpv:hasAddress'), contact: value(node, 'dpv:hasContact') });
const party = (node) => without({ service: value(one(node, 'dpv:hasService'), 'dct:identifier'), organisation: value(node, 'dct:identifier'),
	name: words(node, 'dpv:hasName').ru, name_en: words(node, 'dpv:hasName').en,
	title: all(one(node, 'dpv:hasService'), 'dct:title').length > 0 ? words(one(node, 'dpv:hasService'), 'dct:title') : undefined });
const datum = (node) => ({ category: value(node, 'dct:identifier'), dpv: link(node, 'skos:broader'), title: words(node, 'dct:title'),
	required: link(node, 'dpv:hasNecessity') === full('dpv:Required'), special: node['@type'].includes(full('dpv:SpecialCategoryPersonalData')) });
const place = (node) => node['@id']?.slice(NAMESPACES.loc.length) ?? value(node, 'dct:title');

function event(node) {
	const log = one(node, 'dct:provenance');
	return without({ seq: value(node, 'dct:identifier'), state: STATES[short(node['@type'][0])], at: value(node, 'dpv:isIndicatedAtTime'),
		by: value(node, 'dpv:isIndicatedBy'), method: value(node, 'dpv:hasIndicationMethod'), acr: value(node, 'dct:conformsTo'),
		log: log && { index: value(log, 'dct:identifier'), leaf: Buffer.from(sha256(log), 'hex').toString('base64') } });
}

function limits(rule) {
	const by = (name) => all(rule, 'odrl:constraint').find((each) => link(each, 'odrl:leftOperand') === full(name));
	const range = one(rule, 'dct:temporal');
	return without({ mode: value(rule, 'dct:type'), fetch: value(rule, 'dct:accrualPeriodicity'),
		frequency: by('odrl:count') && { count: value(by('odrl:count'), 'odrl:rightOperand'), per: value(by('odrl:timeInterval'), 'odrl:rightOperand') },
		data_range: range && { from: value(range, 'dcat:startDate'), to: value(range, 'dcat:endDate') }, data_life: value(rule, 'dpv:hasDuration') });
}

function giver(node, subject) {
	const representative = one(node, 'dpv:hasRepresentative');
	const paper = one(representative, 'dpv:hasJustification');
	return representative ? { who: 'representative', party: value(representative, 'dct:identifier'), authority: { type: value(paper, 'dct:type'),
		issued: value(paper, 'dct:issued'), valid_until: value(paper, 'dct:valid'), verified_by: value(paper, 'dct:source'), sealed: true } }
		: { who: 'self', party: subject };
}

function assistance(node) {
	const how = one(node, 'dct:provenance');
	const sheet = one(how, 'dct:source');
	return how && without({ channel: value(how, 'dct:title'), operator: value(how, 'dct:creator'), organisation: value(how, 'dct:publisher'),
		confirmation: value(how, 'dct:type'), confirmed_at: value(how, 'dct:date'), second_operator: value(how, 'dct:contributor'),
		paper: sheet && without({ number: value(sheet, 'dct:identifier'), date: value(sheet, 'dct:date'), kept: value(sheet, 'dct:spatial'), scan_sha256: sha256(sheet) }) });
}

/* The record that an expanded dpv:ConsentRecord tells of. */
export function recordOf(node) {
	const process = one(node, 'dpv:hasProcess');
	const [subject, notice, purpose] = [one(node, 'dpv:hasDataSubject'), one(node, 'dpv:hasNotice'), one(process, 'dpv:hasPurpose')];
	const profiles = all(node, 'dct:conformsTo').map((each) => each['@id']);
	const [record_id, code] = all(node, 'dct:identifier').map((each) => each['@value']);
	const events = all(node, 'dpv:hasConsentStatus').map(event).sort((a, b) => a.seq - b.seq);
	const right = (type) => link(all(process, 'dpv:hasRight').find((each) => value(each, 'dct:type') === type), 'dpv:isExercisedAt');
	const control = one(process, 'dpv:hasConsentControl');
	const period = one(node, 'dct:temporal');
	return without({
		schema: profiles.at(-1), conforms_to: profiles.slice(0, -1), record_id, code, state: events.at(-1).state, jurisdiction: place(one(node, 'dpv:hasJurisdiction')),
		renews: link(node, 'dct:replaces')?.split('/').pop(),
		subject: { id: value(subject, 'dct:identifier'), kind: short(subject['@type'].at(-1)).toLowerCase(),
			sealed_identity: { alg: value(subject, 'dct:format'), kid: value(subject, 'dct:source'), sha256: sha256(subject) } },
		given_by: giver(node, value(subject, 'dct:identifier')), assisted: assistance(node),
		notice: { id: value(notice, 'dct:identifier'), version: value(notice, 'dcat:version'), lang: value(notice, 'dct:language'), sha256: sha256(notice), url: notice['@id'] },
		purpose: { code: value(purpose, 'dct:identifier'), version: value(purpose, 'dcat:version'), activity: link(purpose, 'dct:isPartOf'),
			dpv: link(purpose, 'skos:broader'), title: words(purpose, 'dct:title') },
		legal_basis: { type: 'consent', ref: value(one(node, 'dpv:hasApplicableLaw'), 'dct:title'), dpv: link(node, 'dpv:hasLegalBasis') },
		data: all(process, 'dpv:hasPersonalData').map(datum), actions: all(process, 'dpv:hasProcessing').map((each) => ACTIONS[short(each['@id'])]),
		methods: { automated: link(process, 'dpv:hasAutomationLevel') !== full('dpv:NotAutomated'),
			sole_automated_decision: link(process, 'dpv:hasContext') === full('dpv:AutomatedDecisionMaking') },
		recipients: all(process, 'dpv:hasRecipient').map(party), providers: all(process, 'dpv:hasDataSource').map(party),
		controller: body(one(process, 'dpv:hasDataController')),
		other_controllers: all(process, 'dpv:hasDataController').length > 1 ? all(process, 'dpv:hasDataController').slice(1).map(body) : undefined, processors: all(process, 'dpv:hasDataProcessor').map(body),
		limits: limits(one(process, 'dpv:hasPermission')),
		storage: { location: all(ofType(process, 'dpv:hasStorageCondition', 'dpv:StorageLocation'), 'dpv:hasLocation').map(place),
			retention: value(ofType(process, 'dpv:hasStorageCondition', 'dpv:StorageDuration'), 'dpv:hasDuration') },
		validity: { from: value(period, 'dcat:startDate'), until: value(period, 'dcat:endDate') },
		withdrawal: { methods: all(control, 'dct:type').map((each) => each['@value']), effect: value(control, 'dct:description'),
			destroy_within: value(ofType(process, 'dpv:hasStorageCondition', 'dpv:StorageDeletion'), 'dpv:hasDuration') },
		rights: { access: right('access'), question: right('question'), authority: value(one(process, 'dpv:hasAuthority'), 'dpv:hasName') },
		events,
	});
}
