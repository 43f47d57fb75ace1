import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject } from '../../src/domain/json.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';

const RULES = join(import.meta.dir, '..', '..', 'deploy', 'ids', 'suricata');

/** As little as Suricata needs to read requests and to write EVE. */
function settings(folder: string): string {
  return `%YAML 1.1
---
vars:
  address-groups: { HOME_NET: any, EXTERNAL_NET: any }
default-log-dir: ${folder}
stats: { enabled: no }
outputs:
  - eve-log: { enabled: yes, filetype: regular, filename: eve.json, types: [ { alert: { metadata: yes } }, { http: { extended: yes,
    dump-all-headers: request } }, tls, dns ] }
logging: { default-log-level: notice, outputs: [ { console: { enabled: yes } } ] }
app-layer:
  protocols:
    http: { enabled: yes, libhtp: { default-config: { personality: IDS, request-body-limit: 100kb, response-body-limit: 100kb } } }
    tls: { enabled: yes }
    dns: { udp: { enabled: yes }, tcp: { enabled: yes } }
classification-file: /etc/suricata/classification.config
reference-config-file: /etc/suricata/reference.config
`;
}

export interface Watched {
  /** What it said of itself: complaints about rules and settings. */
  readonly complaints: readonly string[];
  /** EVE, one event a line. */
  readonly eve: string;
  readonly events: readonly JsonObject[];
}

/** The real Suricata with one of our files of rules, over a capture. */
export function watch(rules: 'mcp.rules' | 'mcp-names.rules', capture: Buffer): Watched {
  if (Bun.which('suricata') === null) throw new Error('Suricata is not installed: run scripts/system');
  const folder = mkdtempSync(join(tmpdir(), 'suricata-'));
  try {
    writeFileSync(join(folder, 'capture.pcap'), capture);
    writeFileSync(join(folder, 'suricata.yaml'), settings(folder));
    // One thread, so that nothing depends on which of them sees what first; sums were not made.
    const command = ['suricata', '-c', join(folder, 'suricata.yaml'), '-S', join(RULES, rules), '-r', join(folder, 'capture.pcap'), '-l', folder, '-k', 'none'];
    const run = Bun.spawnSync([...command, '--runmode', 'single'], { stderr: 'pipe' });
    const said = `${run.stdout.toString()}${run.stderr.toString()}`;
    if (run.exitCode !== 0) throw new Error(`suricata: ${said}`);
    const eve = readFileSync(join(folder, 'eve.json'), 'utf8');
    return {
      complaints: said.split('\n').filter((line) => /^[WE]: /.test(line)), eve,
      events: eve.split('\n').filter((line) => line !== '').map((line): Json => JSON.parse(line)).filter(isObject),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
