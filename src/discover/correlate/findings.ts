import { createHash } from 'node:crypto';
import type { Severity } from '../../domain/finding.ts';
import type { Risk, Sensor } from '../../domain/observation.ts';
import type { AssetStatus } from './asset.ts';
import type { JudgedAsset } from './judge.ts';

export type InventoryRule = Exclude<AssetStatus, 'sanctioned'> | Risk | 'sensor-silent';

/** Something about an asset that somebody should do something about. */
export interface InventoryFinding {
  /** The same as long as the asset and what is wrong with it are. */
  readonly id: string;
  readonly rule: InventoryRule;
  readonly severity: Severity;
  readonly asset: string;
  readonly name: string;
  /** What was seen, a line each. */
  readonly seen: readonly string[];
  readonly remedy: string;
  /** Epoch ms. */
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

const RISKS: Readonly<Record<Risk, readonly [Severity, string]>> = {
  'remote-fetch': ['medium', 'Declare it with an exact version: the gate installs it once, and runs what was checked.'],
  unpinned: ['medium', 'Name an exact version.'],
  'secret-in-clear': ['high', 'Move the secret to the vault: sallyport config seal. Then change it: it was readable.'],
  'readable-by-others': ['medium', 'Take the file from other users: chmod 600.'],
  cleartext: ['high', 'Reach it by https.'],
  shell: ['medium', 'Start the program itself, not a shell with a line.'],
  'broad-folder': ['medium', 'Give it the one folder that it needs.'],
  'auto-approve': ['medium', 'Let the client ask again; what may go unasked is policy of the gate.'],
  'wide-bind': ['high', 'Bind it to 127.0.0.1, or let only the gate reach it: sallyport segment export.'],
  'no-auth': ['high', 'Let it demand a token, or let only the gate reach it: sallyport segment export.'],
  'foreign-origin': ['high', 'Let it refuse Origin and Host headers that are not its own (DNS rebinding).'],
  'dangerous-tools': ['medium', 'Put it behind the gate, and permit its tools one by one.'],
  'old-protocol': ['low', 'Update it: a current revision of the protocol.'],
  advisory: ['high', 'Update to a version without the advisory.'],
  'end-of-life': ['medium', 'Replace it: nobody repairs it any more.'],
  ungovernable: ['medium', 'It goes from vendor to vendor, and no gate sees it: close it by the setting that is named beside it.'],
};

const STATUSES: Readonly<Record<Exclude<AssetStatus, 'sanctioned' | 'rogue'>, readonly [Severity, string]>> = {
  bypassing: ['high', 'Bring the clients to the gate: sallyport discover adopt, or sallyport connect --write.'],
  orphaned: ['low', 'Remove it, or ask its owner why it is there: sallyport server remove.'],
  stale: ['info', 'Nothing, if it was removed on purpose.'],
};

const ROGUE_REMEDY = 'Bring it under the gate (sallyport discover adopt), or stop it and remove it from the client.';

/** What shows that it is there and answers, or is in use: worse than an entry in a file. */
const LIVE: readonly Sensor[] = ['process', 'listener', 'container', 'network', 'log', 'grant', 'connector', 'gate'];
const IN_CODE: readonly Sensor[] = ['code', 'manifest'];

/** The findings of one inventory, the worst first. */
export function findingsOf(assets: readonly JudgedAsset[]): readonly InventoryFinding[] {
  const found = assets.flatMap((asset) => [...statusFindings(asset), ...riskFindings(asset)]);
  return found.toSorted((one, other) => RANK[other.severity] - RANK[one.severity] || other.lastSeenAt - one.lastSeenAt || (one.id < other.id ? -1 : 1));
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };

function statusFindings(asset: JudgedAsset): readonly InventoryFinding[] {
  const { status, why } = asset;
  if (status === undefined || status === 'sanctioned') return [];
  const [severity, remedy] = status === 'rogue' ? [rogueSeverity(asset), ROGUE_REMEDY] : STATUSES[status];
  return [finding(asset, status, severity, [...why, ...placesOf(asset)], remedy)];
}

function rogueSeverity({ sensors }: JudgedAsset): Severity {
  if (sensors.some((sensor) => LIVE.includes(sensor))) return 'high';
  return sensors.every((sensor) => IN_CODE.includes(sensor)) ? 'low' : 'medium';
}

function riskFindings(asset: JudgedAsset): readonly InventoryFinding[] {
  return asset.risks.map((risk) => {
    const [severity, remedy] = RISKS[risk];
    const its = asset.evidence.filter(({ risks, goneAt }) => goneAt === undefined && risks.includes(risk));
    const closes = [...new Set(its.flatMap(({ facts }) => (typeof facts['closes'] === 'string' ? [facts['closes']] : [])))];
    return finding({ ...asset, evidence: its }, risk, severity, placesOf({ evidence: its }), closes.length === 0 ? remedy : `${remedy} ${closes.join(' ')}`);
  });
}

function finding(asset: JudgedAsset, rule: InventoryRule, severity: Severity, seen: readonly string[], remedy: string): InventoryFinding {
  const { id, name, evidence, firstSeenAt, lastSeenAt } = asset;
  return {
    id: createHash('sha256').update(`${id} ${rule}`).digest('hex').slice(0, ID_CHARS), rule, severity, asset: id, name, seen, remedy,
    firstSeenAt: Math.min(firstSeenAt, ...evidence.map((one) => one.firstSeenAt)), lastSeenAt: Math.max(...evidence.map(({ seenAt }) => seenAt), lastSeenAt),
  };
}

const ID_CHARS = 12;
const PLACES_SHOWN_MAX = 5;

/** Where it was seen, each a line; of many the first, and how many more. */
export function placesOf({ evidence }: Pick<JudgedAsset, 'evidence'>): readonly string[] {
  const places = [...new Set(evidence.map(({ sensor, host, place }) => `${sensor}: ${host === undefined || host === place ? '' : `${host}: `}${place}`))];
  const more = places.length - PLACES_SHOWN_MAX;
  return more <= 0 ? places : [...places.slice(0, PLACES_SHOWN_MAX), `and ${more} more`];
}
