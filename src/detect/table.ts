import type { Detector } from '../domain/detector.ts';
import { detector as hiddenChannels, info as hiddenChannelsInfo } from './hidden-channels.ts';
import { detector as health, info as healthInfo } from './health.ts';
import { detector as payment, info as paymentInfo } from './payment.ts';
import { createPersonalData, info as personalDataInfo } from './personal-data.ts';
import { createSecrets, info as secretsInfo } from './secrets.ts';
import { detector as toolPoisoning, info as toolPoisoningInfo } from './tool-poisoning.ts';
import { UNINFORMED } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

/** Every detector, in the order in which they look: one a file; its id, its file and its row have one name. */
export function detectorsWith(around: Surroundings): readonly Detector[] {
  return [
    hiddenChannels, toolPoisoning,
    createSecrets(around), createPersonalData(around), payment, health,
  ];
}

/** The detectors where nothing is known besides the message. */
export const DETECTORS: readonly Detector[] = detectorsWith(UNINFORMED);

/** What each of them can report. */
export const DETECTOR_INFO = {
  'hidden-channels': hiddenChannelsInfo,
  'tool-poisoning': toolPoisoningInfo,
  secrets: secretsInfo,
  'personal-data': personalDataInfo,
  payment: paymentInfo,
  health: healthInfo,
};
