/* disk.mjs: disks of our own: an ext4 or xfs image on a loop device, or memory; and a power failure for them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { programs } from '../../../demo/state.mjs';
import { sleep } from '../../system/daemon_run.mjs';

const run = (command, ...args) => execFileSync(command, args, { stdio: 'pipe' });
const MAKE = { ext4: (image, more) => run('mkfs.ext4', '-q', '-F', ...more, image), xfs: (image, more) => run('mkfs.xfs', '-q', '-f', ...more, image) };

const disks = new Set();
process.on('exit', () => disks.forEach((disk) => disk.remove()));

export class Disk {
	/* kind: ext4, xfs (at least 300 MB) or tmpfs. `beside` is where the image lies, if it is to be a bad place. */
	constructor(kind, { megabytes, make = [], beside, options = [] } = {}) {
		this.kind = kind;
		this.scratch = mkdtempSync(join(tmpdir(), 'ombud-disk-'));
		this.dir = join(this.scratch, 'disk');
		this.options = kind === 'tmpfs' ? [`size=${megabytes}m`, ...options] : ['loop', ...options];
		this.image = kind === 'tmpfs' ? 'ombud-test' : join(beside ?? this.scratch, 'image');
		mkdirSync(this.dir);
		disks.add(this);
		if (kind !== 'tmpfs') {
			run('truncate', '-s', `${megabytes}M`, this.image);
			MAKE[kind](this.image, make);
		}
		this.mount();
	}

	mount() {
		run('mount', '-t', this.kind, '-o', this.options.join(','), this.image, this.dir);
		this.mounted = true;
	}

	async unmount() {
		for (let i = 0; spawnSync('umount', [this.dir]).status !== 0; i++) {
			if (i === 100) {
				throw new Error(`${this.dir} cannot be unmounted`);
			}
			await sleep(20);
		}
		this.mounted = false;
	}

	/* The power fails now. */
	cut() {
		run(join(dirname(programs), 'tests', 'powercut'), this.dir);
	}

	remove() {
		if (this.mounted) {
			spawnSync('umount', ['-l', this.dir]);
		}
		disks.delete(this);
		rmSync(this.scratch, { recursive: true, force: true });
	}
}

/* Why no disk of this kind can be had here; undefined when it can. */
export function whyNoDisk(kind) {
	if (process.getuid() !== 0) {
		return `${kind} disks of our own need root`;
	}
	try {
		new Disk(kind, { megabytes: kind === 'xfs' ? 320 : 16 }).remove();
		return undefined;
	} catch (error) {
		return `${kind} disks of our own cannot be mounted: ${String(error.stderr ?? error.message).trim()}`;
	}
}
