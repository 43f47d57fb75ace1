import type { Detector, Sight } from '../domain/detector.ts';
import { argumentsOf } from './arguments.ts';
import { decoded, formOf, isPath, isWithin } from './paths/form.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';
import type { Surroundings } from './surroundings.ts';

const TRAVERSAL = ['MCP05', 'ASI02', 'AML.T0053', 'SAFE-T1105', 'MCP-T3'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    'outside-roots': { severity: 'high', what: 'A path outside the folders that the server may be pointed at.', catalogues: TRAVERSAL },
    traversal: { severity: 'medium', what: 'A path that climbs out of where it starts.', catalogues: TRAVERSAL },
    encoded: { severity: 'high', what: 'A path whose dots or separators are encoded, so that checks miss them.', catalogues: TRAVERSAL },
    nul: { severity: 'critical', what: 'A path that ends for one reader before it ends for another.', catalogues: TRAVERSAL },
    unc: { severity: 'high', what: 'A path on another machine, or in the name space of devices.', catalogues: TRAVERSAL },
    device: { severity: 'high', what: 'A device, a data stream, or a link of the running process in place of a file.', catalogues: TRAVERSAL },
    sensitive: { severity: 'high', what: 'A file that holds credentials.', catalogues: [...TRAVERSAL, 'SAFE-T1502', 'AML.T0055'] },
  },
} as const satisfies DetectorInfo<'paths'>;

const ENCODED = /%(?:2e|2f|5c|25|c0%a[ef]|c1%9c)|\\u00(?:2e|2f|5c)|[\u2024\u2025\u2215\u2044\uff0e\uff0f\uff3c]/i;
const DEVICE = /^\/(?:proc\/(?:self|\d+|thread-self)\/(?:root|cwd|fd|environ|mem|exe|maps)|dev\/(?:fd|tcp|udp|mem|kmem|shm|sd\w+|nvme\w+))(?:\/|$)|(?:^|\/)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.[^/]*)?$|^(?:[a-z]:)?[^:]*\/[^/:]+:[^/:]+(?::\$\w+)?$|^[^/:]+\.\w{1,8}:[^/:]+(?::\$\w+)?$/i;
const SENSITIVE =
  /(?:^|\/)(?:\.ssh\/(?!known_hosts$|config$)|\.aws\/(?:credentials|sso)|\.config\/gcloud\/|\.azure\/|\.kube\/config|\.docker\/config\.json|\.gnupg\/|\.netrc$|\.pgpass$|\.git-credentials$|\.npmrc$|\.pypirc$|\.vault-token$|\.env(?:\.(?!example|sample|template|dist)\w+)?$|id_(?:rsa|dsa|ecdsa|ed25519)$|[^/]+\.(?:pem|p12|pfx|kdbx|keystore|jks)$|credentials\.json$|shadow$|gshadow$|sudoers$|SAM$|Login Data$|cookies\.sqlite$|wallet\.dat$)|^\/etc\/(?:shadow|passwd)$/i;

/** Where the paths of a call lead, told by the paths alone. */
export function createPaths({ roots }: Surroundings): Detector {
  return {
    id: 'paths',
    facets: info.facets,
    detect: (sight: Sight) => {
      const report = createReport('paths', info);
      const allowed = roots[sight.subject.server];
      for (const { view, key, text } of argumentsOf(sight)) {
        if (!isPath(key, text)) continue;
        const { canonical, isAbsolute, climbs, home, unc } = formOf(text);
        const add = (rule: keyof (typeof info)['rules']): void => report.add(rule, view, 0, text.length);
        if (/\0|%00/.test(text) || decoded(text).includes('\0')) add('nul');
        if (ENCODED.test(text) && decoded(text) !== text || /[\u2024\u2025\u2215\u2044\uff0e\uff0f\uff3c]/.test(text)) add('encoded');
        if (climbs) add('traversal');
        if (unc) add('unc');
        if (DEVICE.test(canonical)) add('device');
        if (SENSITIVE.test(canonical)) add('sensitive');
        const leaves = isAbsolute ? !isWithin(canonical, allowed ?? []) : climbs || home;
        if (allowed !== undefined && leaves) add('outside-roots');
      }
      return report.findings();
    },
  };
}
