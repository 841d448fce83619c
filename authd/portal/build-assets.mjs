/*
 * Makes the generated files of authd/portal/assets from npm packages; `./run build` calls it before CMake embeds them.
 *
 *   govuk.css          the parts of govuk-frontend named in styles/govuk.scss
 *   golos-*.woff2      Golos Text, cut down to the characters of Russian and English, so that the first page stays small
 *   licences.txt       the licences of both, shown at /licences
 *
 * portal.css beside them is ours. Nothing is done while the stamp names the same inputs; --force does it anyway.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, 'node_modules');
const assets = join(here, 'assets');
const stamp = join(modules, '.ombud-assets');

const WEIGHTS = [400, 700];
/* Ranges are inclusive. A character outside of them is drawn in the reader's own typeface, which is only less pretty. */
const SCRIPTS = {
	latin: [[0x20, 0x7e], [0xa0], [0xa7], [0xa9], [0xab], [0xb0], [0xb7], [0xbb], [0xd7], [0x2013, 0x2014], [0x2018, 0x201a],
		[0x201c, 0x201e], [0x2022], [0x2026], [0x20ac], [0x2190, 0x2193], [0x2212]],
	cyrillic: [[0x301], [0x400, 0x45f], [0x490, 0x491], [0x4b0, 0x4b1], [0x2116]],
};

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

const version = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;
const fontName = (script, weight) => `golos-${script}-${weight}.woff2`;

function outputs() {
	const fonts = Object.keys(SCRIPTS).flatMap((script) => WEIGHTS.map((weight) => fontName(script, weight)));
	return ['govuk.css', 'licences.txt', ...fonts];
}

function inputsDigest() {
	const hash = createHash('sha256');
	const styles = readdirSync(join(here, 'styles')).sort().map((name) => join('styles', name));
	for (const name of ['build-assets.mjs', 'package-lock.json', ...styles]) {
		hash.update(name).update('\0').update(readFileSync(join(here, name)));
	}
	return hash.digest('hex');
}

function upToDate(digest) {
	return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest
		&& outputs().every((name) => existsSync(join(assets, name)));
}

async function compileStyle() {
	const sass = await import('sass');
	const { css } = sass.compile(join(here, 'styles', 'govuk.scss'), { loadPaths: [modules], style: 'compressed' });
	/* The brand rules of the library, and our Content-Security-Policy, are kept by what is not in the sheet. */
	for (const unwanted of ['@font-face', 'GDS Transport', 'crown', 'url(', '@import']) {
		if (css.includes(unwanted)) {
			throw new Error(`govuk.css contains ${unwanted}`);
		}
	}
	writeFileSync(join(assets, 'govuk.css'), css);
}

function characters(ranges) {
	let text = '';
	for (const [first, last = first] of ranges) {
		for (let point = first; point <= last; point++) {
			text += String.fromCodePoint(point);
		}
	}
	return text;
}

async function cutFonts() {
	const { default: subset } = await import('subset-font');
	for (const [script, ranges] of Object.entries(SCRIPTS)) {
		for (const weight of WEIGHTS) {
			const source = join(modules, '@fontsource/golos-text/files', `golos-text-${script}-${weight}-normal.woff2`);
			const font = await subset(readFileSync(source), characters(ranges), { targetFormat: 'woff2' });
			writeFileSync(join(assets, fontName(script, weight)), font);
		}
	}
}

function writeLicences() {
	const text = [
		`govuk-frontend ${version('govuk-frontend')} (style sheet)\n`,
		'Copyright (c) 2017 Crown Copyright (Government Digital Service)\n',
		MIT,
		`\nGolos Text ${version('@fontsource/golos-text')} (typeface)\n`,
		readFileSync(join(modules, '@fontsource/golos-text/LICENSE'), 'utf8'),
	];
	writeFileSync(join(assets, 'licences.txt'), text.join('\n'));
}

const digest = inputsDigest();
if (process.argv.includes('--force') || !upToDate(digest)) {
	mkdirSync(assets, { recursive: true });
	await compileStyle();
	await cutFonts();
	writeLicences();
	writeFileSync(stamp, digest);
}
