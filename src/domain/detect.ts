import type { Facet } from './detector.ts';
import type { JsonObject } from './json.ts';

/** `off`: it does not look. `shadow`: it looks, what it finds is on record apart, and neither policy nor labels nor anything else sees it. */
export const DETECTOR_MODES = ['on', 'shadow', 'off'] as const;
export type DetectorMode = (typeof DETECTOR_MODES)[number];

/** What it means that a detector failed: `refuse`: the message is not inspected, and so is refused; `permit`: that is a finding, and nothing more. */
export const FAILURE_MEANINGS = ['refuse', 'permit'] as const;
export type FailureMeaning = (typeof FAILURE_MEANINGS)[number];

/** By detector id; what is not named is on. */
export type DetectorModes = Readonly<Record<string, DetectorMode>>;

/** What detectors are told of one server; it goes before what the space says. */
export interface ServerDetect {
  readonly detectors?: DetectorModes;
  readonly onFailure?: FailureMeaning;
  /** Folders, absolute, that its paths must stay in. */
  readonly roots?: readonly string[];
  /** It may be pointed at addresses of the company's own networks. */
  readonly privateTargets?: boolean;
  /** By tool: a JSON Schema that its arguments must keep to besides the pinned one. */
  readonly arguments?: Readonly<Record<string, JsonObject>>;
}

/** A judge outside this process: what it is asked, and what its silence means. */
export interface RemoteSettings {
  readonly url: string;
  /** `chat`: an OpenAI-compatible completion. `classify`: a classification endpoint (`inputs` → labels with scores). */
  readonly kind: 'chat' | 'classify';
  readonly model?: string;
  /** Of `classify`: the label whose score counts. */
  readonly label?: string;
  /** The least score, 0..1, that is a finding. */
  readonly score: number;
  /** Reference to the bearer token; control alone can read it. */
  readonly secret?: string;
  readonly allowPrivate?: boolean;
  readonly facets: readonly Facet[];
  readonly timeoutMs: number;
  readonly perMinute: number;
  readonly bytesPerMinute: number;
  readonly charsMax: number;
  readonly onFailure: FailureMeaning;
}

/** A detector of one's own: a module that runs in a thread beside the path. */
export interface PluginSettings {
  readonly id: string;
  /** Absolute path of one JavaScript module, and the SHA-256 of its bytes (hex): no other is run. */
  readonly module: string;
  readonly sha256: string;
  readonly facets: readonly Facet[];
  readonly timeoutMs: number;
  readonly memoryBytesMax: number;
  readonly onFailure: FailureMeaning;
}

/** What one space says of detection. */
export interface SpaceDetect {
  readonly detectors?: DetectorModes;
  readonly onFailure?: FailureMeaning;
  /** Hosts that data may go to: `api.example.com`, or `*.example.com` for all below. */
  readonly trustedHosts?: readonly string[];
  /** Hosts that a containment blocks: whatever names one is a finding, trusted or not. */
  readonly blockedHosts?: readonly string[];
  readonly resultCharsMax?: number;
  readonly servers?: Readonly<Record<string, ServerDetect>>;
  readonly remote?: RemoteSettings;
  readonly plugins?: readonly PluginSettings[];
}

/** What holds for a detector at one server. */
export function modeOf({ detectors, servers }: Pick<SpaceDetect, 'detectors' | 'servers'>, server: string, detector: string): DetectorMode {
  return servers?.[server]?.detectors?.[detector] ?? detectors?.[detector] ?? 'on';
}

/** By space; what is not said is as it ships. */
export type DetectSettings = Readonly<Record<string, SpaceDetect>>;
