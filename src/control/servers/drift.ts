import type { Json, JsonObject } from '../../domain/json.ts';
import { redact } from '../../domain/redacted.ts';
import type { RawSurface } from '../../registry/surface.ts';
import { compareSurfaces, verdictOf } from '../../registry/drift.ts';
import type { Drift } from '../../registry/drift.ts';
import type { Control } from '../control.ts';
import { findStored, needStored, putStored } from '../stored.ts';
import { countFindings, inspectSurface } from './definitions.ts';
import { shadowsOf } from './shadows.ts';
import { toCandidate } from './surface.ts';

export interface DriftReport {
  readonly space: string;
  readonly server: string;
  readonly node: string;
  readonly raw: RawSurface;
}

/**
 * A gateway saw at a refresh that a server no longer says what was approved. It is compared anew here, kept as the
 * candidate that a person can approve, and recorded once. What is in service does not change.
 */
export async function recordDrift(control: Control, report: DriftReport): Promise<Json> {
  const { space, server: id } = report;
  const server = await needStored(control.store, 'server', space, id);
  const baseline = await findStored(control.store, 'baseline', space, id);
  // It was moved since: what a gateway still saw at the old place says nothing of the new one.
  if (baseline === undefined || server.body.moved === true) return { drift: [] };
  const candidate = toCandidate(report.raw, server.body, control.now(), await shadowsOf(control.store, space, id));
  const drift = compareSurfaces(baseline.body.surface, candidate.surface).map(presentDrift);
  const known = await findStored(control.store, 'drift', space, id);
  if (drift.length > 0 && known?.body.digest !== candidate.digest) {
    await control.record({
      event: 'drift.found', space, principal: 'sallyport|registry', server: id, definition: baseline.body.digest,
      detail: {
        node: report.node, observed: candidate.digest, drift: drift.map(asRecorded),
        findings: countFindings(inspectSurface(id, candidate.surface, control.knowledge.detecting.kit)),
      },
    });
    await control.store.transaction(async (rows) => {
      await putStored(rows, 'drift', space, id, { observedAt: candidate.scannedAt, node: report.node, digest: candidate.digest }, 'gateway');
      await putStored(rows, 'candidate', space, id, candidate, 'gateway');
    });
  }
  return { drift };
}

/** New names are the server's words, which nobody has approved. */
function asRecorded({ name, renamedTo, ...drift }: JsonObject): JsonObject {
  return {
    ...drift, name: typeof name === 'string' ? redact(name) : null, ...(typeof renamedTo === 'string' ? { renamedTo: redact(renamedTo) } : {}),
  };
}

/** A drift as people see it: what, where and how bad; the texts themselves are in the diff. */
export function presentDrift(drift: Drift): JsonObject {
  const { kind, name, fields, renamedTo, copyOf } = drift;
  return {
    kind, name, class: drift.class, verdict: verdictOf(drift), fields,
    ...(renamedTo === undefined ? {} : { renamedTo }), ...(copyOf === undefined ? {} : { copyOf }),
  };
}
