import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Call, Verb } from '../verbs.ts';
import { LOOK_OPTIONS, LOOK_USAGE, look } from './look.ts';

export const logs: Verb = {
  usage: `logs FILE... [--gate ADDRESS]... [--format NAME] [--host NAME] ${LOOK_USAGE}
    reads Zeek (JSON and TSV), Suricata EVE, Squid, Envoy, nginx, CoreDNS, Cloudflare Gateway, Zscaler, also gzipped;
    exports of grants (Entra, Google, Okta) and of connectors: --format chatgpt, claude, microsoft-365
    --gate: where your gate runs, by name or address, with the port of its door if that is not 443: what comes from there or goes there does not go around it
    --host: the server whose log it is, where the log names none`,
  options: { ...LOOK_OPTIONS, format: { type: 'string' }, host: { type: 'string' }, gate: { type: 'string', multiple: true } },
  run: async (call) => {
    const files = filesOf(call);
    const [{ lookAtLogs }, { currentKnowledge }] = await Promise.all([import('../../discover/logs/look.ts'), import('../knowledge/current.ts')]);
    const { vendorOf, vendorEndpoints } = await currentKnowledge(call.client);
    const vendors = vendorEndpoints.map(({ url, host, isDedicated }) => isDedicated ? `https://${host}` : url);
    return look(call, 'reading logs', lookAtLogs(files, {
      vendorOf, vendors, machine: hostname(), gates: call.options.list('gate'), signal: call.io.signal,
        now: Date.now, ...named(call, 'format'), ...named(call, 'host'),
    }));
  },
};

function filesOf({ options, need, io }: Call): readonly string[] {
  need(0, 'a log to read');
  return options.positionals.map((file) => resolve(io.cwd, file));
}

function named(call: Call, option: 'format' | 'host'): Readonly<Partial<Record<'format' | 'host', string>>> {
  const value = call.options.text(option);
  return value === undefined ? {} : { [option]: value };
}
