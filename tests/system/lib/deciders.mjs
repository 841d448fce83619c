/* deciders.mjs: many who ask for the same decision again and again, each on a connection that stays open. */
import { question, until } from './ombud.mjs';

/*
 * `count` loops, spread over the services (functions of Ombud.service or Node.service). answers holds for each decision when it
 * was asked and answered (performance.now()), by which service, and what was said; errors what got no decision; busy counts
 * those that were told to come again.
 */
export class Deciders {
	answers = [];
	errors = [];
	busy = 0;
	#going = true;
	#loops;

	constructor(services, person, count = 64, wanted = {}) {
		this.#loops = Array.from({ length: count }, (_, i) => this.#decide(services[i % services.length], i % services.length, question(person, wanted)));
	}

	async #decide(service, by, asked) {
		while (this.#going) {
			const began = performance.now();
			try {
				const { status, json } = await service('POST', '/access/v1/evaluation', asked);
				const context = json?.context;
				if (status === 200) {
					this.answers.push({ began, ended: performance.now(), by, permit: json.decision, reason: context.reason,
						index: context.log.index, record: context.legal_basis?.record });
				} else if (status === 503) {
					this.busy += 1; /* it permits nothing, and says nothing of the person */
				} else {
					this.errors.push({ began, by, status, reason: json?.reason ?? json?.error });
				}
			} catch (error) {
				this.errors.push({ began, by, status: 0, reason: error.message });
			}
		}
	}

	get permits() {
		return this.answers.filter(({ permit }) => permit);
	}

	get refusals() {
		return this.answers.filter(({ permit }) => !permit);
	}

	/* Waits until `holds` of the answers so far. */
	async until(holds) {
		await until('enough answers', () => holds(this), { every: 5 }).catch((error) => {
			throw new Error(`${error.message}: ${this.permits.length} permits, ${this.refusals.length} refusals and `
				+ `${JSON.stringify(this.errors.slice(-3))}`);
		});
	}

	async stop() {
		this.#going = false;
		await Promise.all(this.#loops);
	}
}
