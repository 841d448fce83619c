/*
 * bench_peers.mjs: what the log is measured against, on the same machine in the same minute: the disk's own flushes, SHA-256 alone,
 * and a table of PostgreSQL in which a trigger chains each row to the one before it.
 */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../demo/state.mjs';
import { load } from './bench_run.mjs';

const run = promisify(execFile);

/* Flushes a second of so many bytes each, and how long one takes. */
export const flushes = (dir, bytes, seconds) => load('log_load', 'flush', dir, bytes, seconds);

/* Hashes a second over so many bytes each, by the processor's time. */
export async function sha256Rate(bytes) {
	const { stdout } = await run('openssl', ['speed', '-mr', '-evp', 'sha256', '-bytes', String(bytes), '-seconds', '1']);
	return Number(stdout.match(/^\+F:.*:([\d.]+)$/m)[1]) / bytes;
}

/*
 * The chain needs one writer at a time: an advisory lock is held to the end of the transaction. What it gives is a chain, but
 * no tree, no signature and no proof.
 */
const SCHEMA = `
create table chain (id bigint primary key, at timestamptz not null, entry text not null, hash bytea not null);
create table chain_tip (one int primary key, id bigint not null, hash bytea not null);
insert into chain_tip values (1, 0, '\\x00');
create function chain_next() returns trigger language plpgsql as $$
declare tip chain_tip%rowtype;
begin
	perform pg_advisory_xact_lock(1);
	select * into tip from chain_tip where one = 1;
	new.id := tip.id + 1;
	new.at := clock_timestamp();
	new.hash := sha256(tip.hash || convert_to(new.id::text || new.at::text || new.entry, 'UTF8'));
	update chain_tip set id = new.id, hash = new.hash where one = 1;
	return new;
end $$;
create trigger chain_next before insert on chain for each row execute function chain_next();`;

export class ChainTable {
	#dir;
	#bin;

	constructor(dir, bytes) {
		this.#dir = dir;
		this.#bin = join('/usr/lib/postgresql', readdirSync('/usr/lib/postgresql').sort((a, b) => a - b).pop(), 'bin');
		this.connection = execFileSync(join(root, 'tests', 'pg.sh'), ['start', dir], { encoding: 'utf8' }).trim();
		execFileSync('psql', ['-Xq', '-d', this.connection, '-c', SCHEMA]);
		this.entry = 'x'.repeat(bytes);
	}

	/* Rows a second of so many connections that commit so many rows at once. */
	async rate(connections, batch, seconds) {
		const script = join(this.#dir, '..', 'chain.sql');
		writeFileSync(script, batch === 1 ? `insert into chain (entry) values ('${this.entry}');\n`
			: `insert into chain (entry) select '${this.entry}' from generate_series(1, ${batch});\n`);
		const { stdout } = await run(join(this.#bin, 'pgbench'), ['-n', '-M', 'prepared', '-f', script, '-c', connections, '-j', 1, '-T', seconds,
			this.connection].map(String));
		return Number(stdout.match(/^tps = ([\d.]+)/m)[1]) * batch;
	}

	drop() {
		execFileSync(join(root, 'tests', 'pg.sh'), ['drop', this.#dir]);
	}
}
