/* database.mjs: the demo's database as its operator sees it, with the database's own tools: sqlite3 and psql. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const afterColon = (text) => text.slice(text.indexOf(':') + 1);
export const isSqlite = (ombud) => ombud.demo.db.startsWith('sqlite:');
export const sqliteFile = (ombud) => afterColon(ombud.demo.db);

/* The rows of one statement as arrays of text. */
export function sql(ombud, statement) {
	const text = isSqlite(ombud)
		? execFileSync('sqlite3', ['-cmd', '.timeout 60000', '-separator', '|', sqliteFile(ombud), statement], { encoding: 'utf8' })
		: execFileSync('psql', ['-X', '-q', '-A', '-t', '-d', afterColon(ombud.demo.db), '-c', statement], { encoding: 'utf8' });
	return text.split('\n').filter(Boolean).map((line) => line.split('|'));
}

/* Files of the database in which these bytes stand. Only SQLite's are small and few enough to be read whole. */
export function filesWith(ombud, bytes) {
	const folder = dirname(sqliteFile(ombud));
	return readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile() && readFileSync(join(folder, name)).includes(bytes));
}
