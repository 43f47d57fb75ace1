import type { Detector } from '../domain/detector.ts';
import { detector as hiddenChannels, info as hiddenChannelsInfo } from './hidden-channels.ts';

/** Every detector, in the order in which they look: one a file; its id, its file and its row have one name. */
export const DETECTORS: readonly Detector[] = [hiddenChannels];

/** What each of them can report. */
export const DETECTOR_INFO = {
  'hidden-channels': hiddenChannelsInfo,
};
