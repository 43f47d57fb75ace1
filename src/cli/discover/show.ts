import { ASSET_STATUSES } from '../../discover/correlate/asset.ts';
import type { Asset } from '../../discover/correlate/asset.ts';
import { findingsOf } from '../../discover/correlate/findings.ts';
import type { InventoryFinding } from '../../discover/correlate/findings.ts';
import { takeInventory } from '../../discover/correlate/judge.ts';
import type { JudgedAsset } from '../../discover/correlate/judge.ts';
import { toCycloneDx } from '../../discover/cyclonedx.ts';
import type { Seen } from '../../discover/reports.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Severity } from '../../domain/finding.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Unseen } from '../../domain/observation.ts';
import type { Runs } from '../../domain/runs.ts';
import { jsonText, show } from '../command.ts';
import { text } from '../json-view.ts';
import { plain, table } from '../terminal.ts';
import type { Call } from '../verbs.ts';
import type { Difference } from './differences.ts';

/** What one run saw, put together. */
export interface SeenHere {
  readonly assets: readonly JudgedAsset[];
  readonly findings: readonly InventoryFinding[];
  /** Names of which nothing else was seen. */
  readonly hints: number;
  readonly unseen: readonly Unseen[];
  /** Whether a gate said how servers stand to its registry. */
  readonly isCompared: boolean;
}

/** Something is as bad as `--fail-on` says. */
const FOUND = 3;
/** Not everything could be looked at. */
const UNSEEN = 4;

/** What one run saw by itself; with an `inventory` of control's, how each stands there. */
export function seenHere({ observations, unseen }: Seen, inventory?: readonly JsonObject[]): SeenHere {
  const { assets, hints } = takeInventory(observations.map((one) => ({ ...one, firstSeenAt: one.seenAt })), [], Date.now());
  const byKey = new Map((inventory ?? []).flatMap((asset) => textsOf(asset['keys']).map((key) => [key, asset] as const)));
  // On which host and of whom stands beside each.
  const parts = assets.filter(({ kind }) => kind === 'server' || kind === 'client');
  const judged = parts.map((asset) => compared(asset, asset.keys.map((key) => byKey.get(key)).find((one) => one !== undefined)));
  return { assets: judged, findings: findingsOf(judged), hints: hints.length, unseen, isCompared: inventory !== undefined };
}

/** As control says it stands; by itself no run knows what is registered. */
function compared(asset: JudgedAsset, known: JsonObject | undefined): JudgedAsset {
  const { status: alone, ...rest } = asset;
  const status = ASSET_STATUSES.find((one) => alone !== undefined && one === known?.['status']);
  return { ...rest, why: textsOf(known?.['why']), servers: textsOf(known?.['servers']), ...(status === undefined ? {} : { status }) };
}

/** Prints what one run saw. Everything that strangers wrote is inert (`table` and `plain`). The exit code. */
export function showSeen({ io, options }: Call, seen: SeenHere, threshold: Severity | undefined): number {
  const { assets, findings, hints, unseen, isCompared } = seen;
  if (options.flag('cyclonedx')) io.out(`${jsonText(toCycloneDx(assets, Date.now()), 2)}\n`);
  else show(io, options.json, asJson({ assets, findings, hints, unseen }), () => `${describeAssets(assets)}${describeFindings(findings)}`);
  if (!isCompared && assets.length > 0) io.note('No gate was asked: which of these are sanctioned is not known.');
  for (const line of describeUnseen(unseen)) io.note(line);
  if (threshold !== undefined && findings.some(({ severity }) => rank(severity) >= rank(threshold))) return FOUND;
  return unseen.length === 0 ? 0 : UNSEEN;
}

/** Prints what is another than before. Nothing new is no news. */
export function showChanges({ io, options }: Pick<Call, 'io' | 'options'>, differences: readonly Difference[], unseen: readonly Unseen[]): number {
  show(io, options.json, asJson({ changes: differences, unseen }), () => (differences.length === 0 ? 'Nothing changed.\n' : table(
    ['what', 'was', 'is', 'seen at'], differences.map(({ was, is, asset }) => [
      text(asset['name']), was ?? 'not there', is ?? 'part of another, or forgotten', textsOf(asset['places']).join('\n'),
    ]))));
  for (const line of describeUnseen(unseen)) io.note(line);
  return unseen.length === 0 ? 0 : UNSEEN;
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

function asJson(value: object): Json {
  return JSON.parse(JSON.stringify(value));
}

function describeAssets(assets: readonly JudgedAsset[]): string {
  return table(['what', 'stands', 'seen by', 'where', 'sure', 'wrong with it'], assets.map((asset) => [
    `${asset.kind} ${asset.name}\n${whatOf(asset)}`, [asset.status ?? '', ...asset.why].join('\n'), asset.sensors.join(', '),
    placesOf(asset).join('\n'), `${asset.confidence} %`, asset.risks.join(', '),
  ]));
}

function whatOf({ runs, keys, name }: Asset): string {
  const what = runs === undefined ? keys[0] ?? '' : describeRuns(runs);
  return what === name ? '' : what;
}

const PLACES_SHOWN_MAX = 3;

function placesOf({ evidence }: Asset): readonly string[] {
  const places = [...new Set(evidence.map(({ host, place }) => (host === undefined || host === place ? place : `${host}: ${place}`)))];
  const more = places.length - PLACES_SHOWN_MAX;
  return more <= 0 ? places : [...places.slice(0, PLACES_SHOWN_MAX), `and ${more} more`];
}

function describeFindings(findings: readonly Pick<InventoryFinding, 'severity' | 'rule' | 'name' | 'remedy'>[]): string {
  if (findings.length === 0) return '';
  return `\n${table(['severity', 'what is wrong', 'with', 'do'], findings.map(({ severity, rule, name, remedy }) => [severity, rule, name, remedy]))}`;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function describeRuns(runs: Runs): string {
  if (runs.kind === 'remote') return runs.url;
  if (runs.kind === 'package') return `${runs.ecosystem} ${runs.name}${runs.version === undefined ? '' : `@${runs.version}`}`;
  if (runs.kind === 'shell') return `shell: ${runs.line}`;
  if (runs.kind === 'program') return runs.script === undefined ? runs.program : `${runs.program} ${runs.script}`;
  return `the gate${runs.server === undefined ? '' : `: ${runs.server}`}`;
}

/** A line for each reason: many places that cannot be seen for one reason are one line. */
export function describeUnseen(unseen: readonly Unseen[]): readonly string[] {
  const byReason = Map.groupBy(unseen, ({ reason }) => reason);
  return [...byReason].map(([reason, places]) => {
    const first = plain(places[0]?.place ?? '');
    return `not seen: ${first}${places.length > 1 ? ` and ${places.length - 1} more` : ''}: ${plain(reason)}`;
  });
}
