import type { Detector } from '../domain/detector.ts';
import { detector as annotations, info as annotationsInfo } from './annotations.ts';
import { info as crossServerInfo } from './cross-server.ts';
import { info as nameCollisionInfo } from './name-collision.ts';
import { info as toxicCombinationInfo } from './toxic-combination.ts';
import { detector as agentConfig, info as agentConfigInfo } from './agent-config.ts';
import { detector as command, info as commandInfo } from './command.ts';
import { createCost, info as costInfo } from './cost.ts';
import { createEgress, info as egressInfo } from './egress.ts';
import { createPaths, info as pathsInfo } from './paths.ts';
import { detector as sourceCode, info as sourceCodeInfo } from './source-code.ts';
import { createSsrf, info as ssrfInfo } from './ssrf.ts';
import { detector as generatedCode, info as generatedCodeInfo } from './generated-code.ts';
import { detector as generatedFormula, info as generatedFormulaInfo } from './generated-formula.ts';
import { detector as generatedHtml, info as generatedHtmlInfo } from './generated-html.ts';
import { detector as generatedShell, info as generatedShellInfo } from './generated-shell.ts';
import { detector as generatedSql, info as generatedSqlInfo } from './generated-sql.ts';
import { detector as hiddenChannels, info as hiddenChannelsInfo } from './hidden-channels.ts';
import { detector as health, info as healthInfo } from './health.ts';
import { detector as instructions, info as instructionsInfo } from './instructions.ts';
import { detector as payment, info as paymentInfo } from './payment.ts';
import { createPersonalData, info as personalDataInfo } from './personal-data.ts';
import { createSchema, info as schemaInfo } from './schema.ts';
import { SHIPPED_KIT } from './edition/kit.ts';
import type { Kit } from './edition/kit.ts';
import { createSecrets, info as secretsInfo } from './secrets.ts';
import { createTextModel, info as textModelInfo } from './text-model.ts';
import { detector as toolPoisoning, info as toolPoisoningInfo } from './tool-poisoning.ts';
import { UNINFORMED } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Every detector, in the order in which they look: one a file; its id, its file and its row have one name. `kit`: what ages of them, as an
 * edition brings it.
 */
export function detectorsWith(around: Surroundings, kit: Kit = SHIPPED_KIT): readonly Detector[] {
  return [
    hiddenChannels, toolPoisoning, instructions, annotations,
    createSecrets(around, kit.secretsIn), createPersonalData(around), payment, health, sourceCode,
    createEgress(around), createPaths(around), createSsrf(around), command, agentConfig, createSchema(around), createCost(around),
    generatedSql, generatedShell, generatedFormula, generatedHtml, generatedCode,
    createTextModel(kit.model),
  ];
}

/** The detectors where nothing is known besides the message. */
export const DETECTORS: readonly Detector[] = detectorsWith(UNINFORMED);

/** What each of them can report. */
export const DETECTOR_INFO = {
  'hidden-channels': hiddenChannelsInfo,
  'tool-poisoning': toolPoisoningInfo,
  annotations: annotationsInfo,
  'name-collision': nameCollisionInfo,
  'cross-server': crossServerInfo,
  'toxic-combination': toxicCombinationInfo,
  instructions: instructionsInfo,
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
  schema: schemaInfo,
  cost: costInfo,
  'generated-sql': generatedSqlInfo,
  'generated-shell': generatedShellInfo,
  'generated-formula': generatedFormulaInfo,
  'generated-html': generatedHtmlInfo,
  'generated-code': generatedCodeInfo,
  'text-model': textModelInfo,
};
