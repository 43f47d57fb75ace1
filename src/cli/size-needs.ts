import FIGURES from './size-figures.json' with { type: 'json' };

/** What somebody plans. What is left out is as it is by default, or as it was measured. */
export interface Wanted {
  readonly callsPerDay: number;
  readonly days?: number;
  readonly payloadDays?: number;
  /** Whether results are kept, too. */
  readonly results: boolean;
  /** The busiest second, as a multiple of the average. */
  readonly peak?: number;
  readonly argumentBytes?: number;
  readonly resultBytes?: number;
  readonly diskBytes?: number;
}

/** Bytes and cores. */
export interface Needed {
  readonly callsPerDay: number;
  readonly days: number;
  readonly payloadDays: number;
  readonly results: boolean;
  readonly disk: { readonly records: number; readonly log: number; readonly index: number; readonly payloads: number; readonly total: number };
  readonly cpu: { readonly callsPerSecondMean: number; readonly callsPerSecondPeak: number; readonly gatewayCores: number; readonly ledgerCores: number };
  /** For how long `diskBytes` is enough. */
  readonly daysOnDisk?: number;
  readonly source: string;
}

const DAY_S = 86_400;
const DAYS = 400;
const PAYLOAD_DAYS = 30;
const PEAK = 5;
const MICROSECONDS = 1e6;
/** Sealed payloads are base64 on the disk. */
const BASE64 = 4 / 3;

/** Straight lines through what the bench measured (docs/audit/telemetry.md has the formulas). */
export function need({ callsPerDay, days = DAYS, payloadDays = PAYLOAD_DAYS, results, peak = PEAK, argumentBytes, resultBytes, diskBytes }: Wanted): Needed {
  const { call, diskBytesPerCall: each, cpuUsPerCall } = FIGURES;
  const moreArguments = ((argumentBytes ?? call.argumentBytes) - call.argumentBytes) * BASE64;
  const envelope = each.payloads - call.argumentBytes * BASE64;
  const payload = Math.max(0, each.payloads + moreArguments) + (results ? (resultBytes ?? call.resultBytes) * BASE64 + Math.max(0, envelope) : 0);
  const standing = each.records + each.log + each.index;
  const kept = Math.min(payloadDays, days);
  const payloads = callsPerDay * kept * payload;
  const disk = {
    records: callsPerDay * days * each.records, log: callsPerDay * days * each.log, index: callsPerDay * days * each.index, payloads,
    total: callsPerDay * days * standing + payloads,
  };
  const mean = callsPerDay / DAY_S;
  const cores = (us: number): number => (mean * peak * us) / MICROSECONDS;
  return {
    callsPerDay, days, payloadDays: kept, results, disk,
    cpu: { callsPerSecondMean: mean, callsPerSecondPeak: mean * peak, gatewayCores: cores(cpuUsPerCall.gateway), ledgerCores: cores(cpuUsPerCall.ledger) },
    ...(diskBytes === undefined ? {} : { daysOnDisk: daysOn(diskBytes, callsPerDay * standing, callsPerDay * payload, payloadDays) }),
    source: `${FIGURES.measuredAt} on ${FIGURES.machine}`,
  };
}

/** Payloads grow until the first of them expire; records go on. */
function daysOn(diskBytes: number, standingADay: number, payloadADay: number, payloadDays: number): number {
  const untilFull = diskBytes / (standingADay + payloadADay);
  return Math.floor(untilFull <= payloadDays ? untilFull : (diskBytes - payloadADay * payloadDays) / standingADay);
}
