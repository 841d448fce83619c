/*
 * ticket.mjs: what a register has to check before it gives data away. It asks nobody: the public keys were fetched before.
 *
 *	const tickets = new Tickets({ issuer, service: 'svc_tax', keys: jwks });
 *	const permit = await tickets.accept(text, { person, category: 'income', actions: ['read'], key, range });
 *
 * accept() throws a Refusal that says what is wrong, in words for the caller; what it returns may be delivered, once.
 */
import { createHash } from 'node:crypto';
import { EmbeddedJWK, calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose';

const CLOCK_S = 5; /* how far two clocks may be apart */
const REMEMBERED_MOST = 100000;

export class Refusal extends Error {
	constructor(status, reason, text) {
		super(text);
		this.status = status;
		this.reason = reason;
	}
}

const need = (holds, reason, text) => {
	if (!holds) {
		throw new Refusal(403, reason, text);
	}
};

/* Tickets that were used, until they would have expired anyway. When there is no more room nothing is delivered. */
class Used {
	#until = new Map();

	take(id, expires, what) {
		const now = Date.now() / 1000 - CLOCK_S;
		need(!this.#until.has(id), `${what}_used`, `this ${what} was used before`);
		if (this.#until.size >= REMEMBERED_MOST) {
			for (const [old, until] of this.#until) {
				if (until < now) {
					this.#until.delete(old);
				}
			}
		}
		if (this.#until.size >= REMEMBERED_MOST) {
			throw new Refusal(503, 'busy', 'too many tickets at once; try again soon');
		}
		this.#until.set(id, expires);
	}
}

/* The ticket is bound to the key that the caller's access token is bound to: a certificate or a DPoP key. */
function needHolder({ cnf }, { certificate, thumbprint } = {}) {
	need(cnf !== undefined, 'ticket_unbound', 'this register takes only tickets that are bound to a key: use DPoP or a certificate at the token endpoint');
	const shown = cnf['x5t#S256'] !== undefined ? cnf['x5t#S256'] === certificate : cnf.jkt !== undefined && cnf.jkt === thumbprint;
	need(shown, 'wrong_holder', 'the ticket was made for the holder of another key');
}

/* Not more than was asked for and permitted; a ticket without a range has no limit of its own. */
function needRange({ range }, asked) {
	if (range === undefined) {
		return;
	}
	need(asked !== undefined, 'range_missing', `say from when to when; the ticket is for ${range.from} to ${range.to}`);
	need(Date.parse(asked.from) >= Date.parse(range.from) && Date.parse(asked.to) <= Date.parse(range.to), 'range',
		`the ticket is for ${range.from} to ${range.to}`);
}

export class Tickets {
	#keys;
	#used = new Used();
	#proofs = new Used();

	constructor({ issuer, service, keys }) {
		this.issuer = issuer;
		this.service = service;
		this.#keys = createLocalJWKSet(keys);
	}

	/* Signature, kind, issuer, that it is for us, and that it is still good. */
	async #open(text) {
		try {
			return (await jwtVerify(text, this.#keys, { issuer: this.issuer, audience: this.service, typ: 'ombud-ticket+jwt', algorithms: ['ES256'],
				clockTolerance: CLOCK_S, requiredClaims: ['sub', 'client_id', 'jti', 'exp', 'iat', 'purpose', 'categories', 'action', 'log'] })).payload;
		} catch (error) {
			throw new Refusal(403, 'ticket_invalid', `the ticket does not hold: ${error.message}`);
		}
	}

	/* RFC 9449 with the ticket in the place of the access token: the thumbprint of the key that this request was proven with. */
	async thumbprintOf(proof, { method, url, ticket }) {
		try {
			const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256', 'EdDSA', 'PS256'], maxTokenAge: 60,
				clockTolerance: CLOCK_S, requiredClaims: ['jti', 'htm', 'htu', 'ath'] });
			const hash = createHash('sha256').update(ticket ?? '').digest('base64url');
			if (payload.htm !== method || payload.htu !== url || payload.ath !== hash) {
				throw new Error('it is for another request');
			}
			this.#proofs.take(payload.jti, payload.iat + 60, 'proof');
			return await calculateJwkThumbprint(protectedHeader.jwk);
		} catch (error) {
			throw error instanceof Refusal ? error : new Refusal(403, 'proof_invalid', `the DPoP proof does not hold: ${error.message}`);
		}
	}

	/* key: what the caller has proven to hold, { certificate } or { thumbprint }; range: { from, to } that the caller wants. */
	async accept(text, { person, category, actions, key, range }) {
		need(typeof text === 'string' && text.length > 0, 'ticket_missing', 'ask /access/v1/evaluation and send its ticket in the header Ombud-Ticket');
		const permit = await this.#open(text);
		need(permit.sub === person, 'other_person', 'the ticket is about somebody else');
		need(permit.categories.includes(category), 'other_category', `the ticket is for ${permit.categories.join(', ')}`);
		need(actions.includes(permit.action), 'other_action', `the ticket is for ${permit.action}`);
		needHolder(permit, key);
		needRange(permit, range);
		this.#used.take(permit.jti, permit.exp, 'ticket');
		return permit;
	}
}
