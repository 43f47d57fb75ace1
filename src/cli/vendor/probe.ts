import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Severity } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { asJson } from '../../control/as-json.ts';
import { ignoreProxyVariables } from '../../upstream/http-request.ts';
import { CHECKS, PROBES } from '../../vendor/probe/checks.ts';
import type { ProbeId } from '../../vendor/probe/checks.ts';
import { PERMISSION, permittedUntil, sameUrl } from '../../vendor/probe/permission.ts';
import type { Permission } from '../../vendor/probe/permission.ts';
import type { ProbeReport } from '../../vendor/probe/result.ts';
import { PROBE_IDS, probeEndpoint } from '../../vendor/probe/run.ts';
import { usageError } from '../arguments.ts';
import { objects, part } from '../json-view.ts';
import { currentKnowledge } from '../knowledge/current.ts';
import { readPlain } from '../plain-file.ts';
import { withProgress } from '../progress.ts';
import type { Call, Verb } from '../verbs.ts';
import { readAccounts } from './accounts-file.ts';
import { readPermission } from './permission.ts';
import { probeKnowledge, probeReach } from './probe-kit.ts';
import { showProbes } from './probe-show.ts';

/** Something failed that is as grave as `--fail-on` says. */
const FOUND = 3;
/** What the worker has, who runs the command as it is. */
const ACCOUNTS_VARIABLE = 'SALLYPORT_PROBE_ACCOUNTS';

const USAGE = `probe VENDOR [--endpoint URL] | --due | --permission FILE
           [--only P01,P02...] [--accounts FILE] [--ca FILE] [--no-report] [--fail-on low|medium|high|critical]
           --due: every endpoint that a permission on record names; --permission: by this one, and without a gate`;

/** What came of one endpoint, and in what it differs from the last time. */
export interface ProbedEndpoint {
  readonly report: ProbeReport;
  /** Absent: no gate was told. */
  readonly changes?: readonly JsonObject[];
}

export const probe: Verb = {
  usage: USAGE,
  options: {
    endpoint: { type: 'string' }, due: { type: 'boolean' }, permission: { type: 'string' }, only: { type: 'string' }, accounts: { type: 'string' },
    ca: { type: 'string' }, 'no-report': { type: 'boolean' }, 'fail-on': { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options } = call;
    const failOn = thresholdOf(options.text('fail-on'));
    const wanted = await permissionsFor(call);
    const file = options.text('permission');
    const run = await prepare(call);
    const probed: ProbedEndpoint[] = [];
    for (const { permission, endpoint } of wanted) {
      const report = await probeOne(call, permission, endpoint, run);
      const isTold = file === undefined && !options.flag('no-report');
      const told = isTold ? await client.send('POST', `/vendors/${encodeURIComponent(report.vendor)}/probes`, asJson(report)) : undefined;
      probed.push({ report, ...(told === undefined ? {} : { changes: objects(part(told, 'changes')) }) });
    }
    showProbes(io, options.json, probed);
    return failOn !== undefined && probed.some(({ report }) => isAsBad(report, failOn)) ? FOUND : 0;
  },
};

interface Prepared {
  readonly knowledge: ReturnType<typeof probeKnowledge>;
  readonly accounts: Awaited<ReturnType<typeof readAccounts>>;
  readonly extraRoots: readonly string[];
  readonly only?: ReadonlySet<ProbeId>;
}

async function prepare({ client, io, options }: Call): Promise<Prepared> {
  // A proxy would be told of every question, and what it lets through would be judged in the vendor's place.
  ignoreProxyVariables();
  const [accounts, ca, only] = [options.text('accounts') ?? io.env[ACCOUNTS_VARIABLE], options.text('ca'), options.text('only')];
  return {
    knowledge: probeKnowledge(await currentKnowledge(client)),
    accounts: accounts === undefined ? {} : await readAccounts(resolve(io.cwd, accounts)),
    extraRoots: ca === undefined ? [] : [await readPlain(resolve(io.cwd, ca), LIMITS.bodyBytesMax)],
    ...(only === undefined ? {} : { only: new Set(only.split(',').map(probeNamed)) }),
  };
}

async function probeOne({ io }: Call, permission: Permission, endpoint: string, { knowledge, accounts, extraRoots, only }: Prepared): Promise<ProbeReport> {
  let at = '';
  const own = Object.hasOwn(accounts, permission.vendor) ? accounts[permission.vendor] : undefined;
  return withProgress(io, () => `probing ${endpoint}: ${at}`, () => probeEndpoint({
    ...probeReach(permission), vendor: permission.vendor, endpoint, permission, knowledge, accounts: own ?? {}, extraRoots, signal: io.signal,
    ...(only === undefined ? {} : { only }),
    onProbe: (id) => {
      at = `${id} ${PROBES[id]}`;
    },
  }));
}

interface Wanted {
  readonly permission: Permission;
  readonly endpoint: string;
}

/** What is to be probed, by which permission. Throws `ERR_USAGE`, `ERR_PROBE_FORBIDDEN` where none is on record. */
async function permissionsFor({ client, io, options }: Call): Promise<readonly Wanted[]> {
  const [file, vendor, endpoint] = [options.text('permission'), options.positionals[0], options.text('endpoint')];
  const isDue = options.flag('due');
  const named = [file !== undefined, vendor !== undefined, isDue].filter(Boolean).length;
  if (named !== 1) throw usageError({ usage: `vendor ${USAGE}` }, 'name a vendor, --due or --permission');
  const all = file === undefined ? await permissionsOnRecord(client) : [await readPermission(resolve(io.cwd, file))];
  const meant = vendor === undefined ? all : all.filter((one) => one.vendor === vendor);
  if (meant.length === 0 && !isDue) {
    throw new SallyportError('ERR_PROBE_FORBIDDEN', 'no permission to probe it is on record', {
      remedy: 'Ask the vendor for leave, and record it with `sallyport vendor permit` (docs/vendor-probes.md).',
    });
  }
  const every = meant.flatMap((permission) => permission.endpoints.map((one) => ({ permission, endpoint: one })));
  const chosen = endpoint === undefined ? every : every.filter((one) => sameUrl(one.endpoint, endpoint));
  if (chosen.length === 0 && !isDue) throw usageError({ usage: `vendor ${USAGE}` }, 'the permission does not name that endpoint');
  // What has ended is not due; a vendor that is named gets told so.
  return isDue ? chosen.filter(({ permission }) => Date.now() < permittedUntil(permission)) : chosen;
}

async function permissionsOnRecord(client: Call['client']): Promise<readonly Permission[]> {
  return objects(part(await client.get('/vendor-permissions'), 'permissions')).map((one) => PERMISSION.parse(one));
}

function probeNamed(name: string): ProbeId {
  const id = PROBE_IDS.find((one) => one === name.trim().toUpperCase());
  if (id !== undefined) return id;
  throw usageError({ usage: `vendor ${USAGE}` }, `there is no probe "${name}": they are ${PROBE_IDS.join(', ')}`);
}

function thresholdOf(word: string | undefined): Severity | undefined {
  if (word === undefined) return undefined;
  const severity = SEVERITIES.find((one) => one === word);
  if (severity === undefined) throw usageError({ usage: `vendor ${USAGE}` }, `--fail-on is one of ${SEVERITIES.join(', ')}`);
  return severity;
}

function isAsBad({ probes }: ProbeReport, least: Severity): boolean {
  const failed = probes.flatMap(({ checks }) => checks).filter(({ outcome }) => outcome === 'fail');
  return failed.some(({ check }) => SEVERITIES.indexOf(CHECKS[check].severity) >= SEVERITIES.indexOf(least));
}
