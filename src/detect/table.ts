import type { Detector } from '../domain/detector.ts';
import { detector as agentConfig, info as agentConfigInfo } from './agent-config.ts';
import { detector as command, info as commandInfo } from './command.ts';
import { createCost, info as costInfo } from './cost.ts';
import { createEgress, info as egressInfo } from './egress.ts';
import { createPaths, info as pathsInfo } from './paths.ts';
import { detector as sourceCode, info as sourceCodeInfo } from './source-code.ts';
import { createSsrf, info as ssrfInfo } from './ssrf.ts';
import { detector as hiddenChannels, info as hiddenChannelsInfo } from './hidden-channels.ts';
import { detector as health, info as healthInfo } from './health.ts';
import { detector as payment, info as paymentInfo } from './payment.ts';
import { createPersonalData, info as personalDataInfo } from './personal-data.ts';
import { createSecrets, info as secretsInfo } from './secrets.ts';
import { createTextModel, info as textModelInfo } from './text-model.ts';
import { MODEL } from './text-model/weights.ts';
import { detector as toolPoisoning, info as toolPoisoningInfo } from './tool-poisoning.ts';
import { UNINFORMED } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

/** Every detector, in the order in which they look: one a file; its id, its file and its row have one name. */
export function detectorsWith(around: Surroundings): readonly Detector[] {
  return [
    hiddenChannels, toolPoisoning,
    createSecrets(around), createPersonalData(around), payment, health, sourceCode,
    createEgress(around), createPaths(around), createSsrf(around), command, agentConfig, createCost(around),
    createTextModel(MODEL),
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
  'source-code': sourceCodeInfo,
  egress: egressInfo,
  paths: pathsInfo,
  ssrf: ssrfInfo,
  command: commandInfo,
  'agent-config': agentConfigInfo,
  cost: costInfo,
  'text-model': textModelInfo,
};
