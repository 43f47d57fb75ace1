import type { Detector, Sight } from '../domain/detector.ts';
import { argumentsOf } from './arguments.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';
import { targetOf } from './ssrf/address.ts';
import type { Surroundings } from './surroundings.ts';
import { urlsIn } from './urls.ts';

const FORGERY = ['MCP05', 'ASI02', 'AML.T0053', 'SAFE-T1102', 'MCP-T8'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    metadata: { severity: 'critical', what: 'An address at which a cloud tells a machine its credentials.', catalogues: [...FORGERY, 'AML.T0055'] },
    loopback: { severity: 'high', what: 'An address of the server\'s own machine, in any spelling.', catalogues: FORGERY },
    private: { severity: 'high', what: 'An address that the public net does not route.', catalogues: FORGERY },
    'internal-name': { severity: 'medium', what: 'A name that only an internal network knows.', catalogues: FORGERY },
    rebinding: { severity: 'high', what: 'A name that leads to whatever address its owner says, each time anew.', catalogues: FORGERY },
    scheme: { severity: 'high', what: 'A scheme by which a fetch reads files or speaks another protocol.', catalogues: FORGERY },
  },
} as const satisfies DetectorInfo<'ssrf'>;

const SCHEMES = new Set(['gopher', 'dict', 'ldap', 'ldaps', 'tftp', 'jar', 'netdoc', 'phar', 'expect', 'php', 'sftp', 'smb']);
const CALLED = /(?:^|_)(?:ur[il]|host|hostname|endpoint|address|ip|server|proxy|callback|webhook|link|href|src|domain|target|origin|base_url|remote|site|website|page|feed|image|image_url)s?$/;
/** A value that is a host, with a port or a path at most. */
const BARE = /^(?:[^\s/@]{1,64}@)?(\[[0-9a-f:.%]+\]|[\w.-]{1,253}|[0-9a-f:.]{2,45}|[^\s/:?#@]{1,253})(?::\d{1,5})?(?:[/?#]\S*)?$/i;

/** Where a server would be sent to fetch something. The gate's own connections have their own guard (upstream/ssrf). */
export function createSsrf({ privateTargets, roots }: Surroundings): Detector {
  return {
    id: 'ssrf',
    facets: info.facets,
    detect: (sight: Sight) => {
      const report = createReport('ssrf', info);
      if (privateTargets.has(sight.subject.server)) return [];
      // Where folders are declared, files are meant, and whether they are in those is said of paths.
      const hasRoots = roots[sight.subject.server] !== undefined;
      for (const { view, key, text } of argumentsOf(sight)) {
        const isCalled = CALLED.test(key);
        const whole = text.trim();
        const urls = urlsIn(text).filter(({ start, end }) => isCalled || (start <= 1 && end >= whole.length - 1));
        for (const { scheme, host, start, end } of urls) {
          const target = targetOf(host);
          if (SCHEMES.has(scheme) || (scheme === 'file' && isCalled && !hasRoots)) report.add('scheme', view, start, end, scheme);
          // A file has no other host than this machine; where it is, is said of paths.
          if (target !== undefined && scheme !== 'file') report.add(target, view, start, end);
        }
        const bare = urls.length === 0 && isCalled ? BARE.exec(whole)?.[1] : undefined;
        const target = bare === undefined ? undefined : targetOf(bare.replace(/^\[|\]$/g, ''));
        if (target !== undefined) report.add(target, view, 0, text.length);
      }
      return report.findings();
    },
  };
}
