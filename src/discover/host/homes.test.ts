import { expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homesOf } from './homes.ts';

test('homes are those of people, of folders where homes are, and that of who looks, each once; the root of the disk is none', () => {
  const root = mkdtempSync('/tmp/sp-homes-');
  try {
    for (const folder of ['etc', 'home/ada', 'home/late', 'srv/looks', 'var/daemon']) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'etc/passwd'), 'ada:x:1000:1000::/home/ada:/bin/sh\ndaemon:x:2:2::/var/daemon:/bin/false\ngone:x:1001:1001::/home/gone:/bin/sh\n');
    const found = (folder?: string): readonly string[] => homesOf(root, 'linux', folder === undefined ? undefined : { folder, user: 'who' })
      .map((home) => `${home.user} ${home.folder.slice(root.length)}`);
    expect(found()).toEqual(['ada /home/ada', 'late /home/late']);
    expect(found(join(root, 'srv/looks'))).toEqual(['ada /home/ada', 'who /srv/looks', 'late /home/late']);
    expect(found(join(root, 'home/ada'))).toEqual(['ada /home/ada', 'late /home/late']);
    expect(found('/')).toEqual(['ada /home/ada', 'late /home/late']);
    // A disk that is mounted here may have anything there.
    renameSync(join(root, 'etc/passwd'), join(root, 'etc/before'));
    Bun.spawnSync(['mkfifo', join(root, 'etc/passwd')]);
    expect(found()).toEqual(['ada /home/ada', 'late /home/late']);
  } finally {
    rmSync(root, { recursive: true });
  }
});
