import { contain, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, CLOCKS, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (h) */
export const exfiltration: Draft = {
  slug: 'exfiltration', name: 'Data leaves by a chain of tools', types: ['mitigation', 'investigation', 'remediation'], severity: 90, impact: 50,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'One tool reads what is confidential, another brings it out: each allowed by itself. The context is stopped, the way out is closed, '
    + 'and what left is found by what the context carried.',
  guide: {
    triggers: [{ kind: 'exfiltration', severity: 'medium' }],
    severities: severities(
      'restricted data, secrets or data about people left', 'confidential data was on its way and something of it may have left',
      'it was stopped before anything left',
    ),
    first_minutes: [
      'Stop the context and close the way out; reading may go on.', 'Find what it carried: labels and sources of the context.',
      'Find where it went; ask the recipient to delete it where that is possible.',
      'Start the clocks if data about people may be concerned.',
    ],
    evidence: [
      ...EVIDENCE, 'what the context had read, by source and label', 'the destination and what was sent there: sizes, digests, never contents',
      'the policies that let each step pass',
    ],
    eradication: ['Close the chain: the two tools never meet in one context without approval.', 'Have what left deleted, in writing.'],
    recovery_gates: [
      'The same chain with canary values is stopped at the gate.', 'Destinations need provenance.', 'Recipients have answered, or legal has closed it.',
    ],
    communications: [{
      audience: 'recipient of the data', subject: 'Please delete what you received from us by mistake',
      text: 'On TIME something was sent to you from WHERE that was not meant for you.\nPlease do not open or pass it on, delete it, and confirm to '
        + 'us by TIME that you did.',
    }],
    clocks: [
      CLOCKS.gdpr, CLOCKS.nis2Early, CLOCKS.nis2, CLOCKS.sec, CLOCKS.dora,
    ], measures: MEASURES, techniques: ['AML.T0086', 'AML.T0024', 'AML.T0057', 'AML.T0025'],
  },
  parts: answer({
    contain: [
      contain('Stop the context', 'kill', 'context'),
      contain('The tool that sends waits for approval', 'require-approval', 'tool', 72),
      contain('Block the destination', 'block-host', 'host'),
    ],
    triage: [
      'What had the context read, with which labels? Where did it go?',
      'Was the destination asked for by the person, or did it come from what was read?',
    ],
    confirmed: [contain('End the context for good', 'drop-context', 'context')],
    widen: [
      contain('Stop the agent', 'kill', 'agent'),
      contain('The server can only be read', 'read-only', 'server', 72),
    ],
    eradicate: [
      {
        who: 'operations', name: 'Close the chain',
        does: ['Forbid the combination: sallyport policy analyse shows the cheapest cut.', 'Ask for provenance of destinations where the tool sends.'],
      },
      { who: 'legal', name: 'Get it back', does: ['Ask recipients to delete what left, and to confirm it.'] },
    ],
    gates: [{ who: 'operations', name: 'Replay', does: ['The chain with canary values is stopped, and found.', 'Usual work of the same people passes.'] }],
    lift: [
      lift('The agent may act again', 'kill', 'agent'), lift('The tool sends without approval again', 'require-approval', 'tool'),
      lift('The server may write again', 'read-only', 'server'), lift('The destination may be reached again', 'block-host', 'host'),
      lift('The context is stopped no more', 'kill', 'context'),
    ],
    learn: ['Which label was missing or too low? Classify the source.'],
  }),
};
