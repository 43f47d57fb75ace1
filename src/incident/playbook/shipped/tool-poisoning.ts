import { contain, holdSecret, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, CLOCKS, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (b) */
export const toolPoisoning: Draft = {
  slug: 'tool-poisoning', name: 'Tool poisoning, rug pull or shadowing', types: ['mitigation', 'investigation', 'remediation'], severity: 85, impact: 40,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'A server\'s definitions hide orders, changed after they were approved, or take the place of another server\'s tool. The server is '
    + 'taken out of service and goes back to the last definitions that people approved.',
  guide: {
    triggers: [{ kind: 'tool-poisoning', severity: 'medium' }],
    severities: severities(
      'a poisoned definition was in service and agents acted by it', 'a definition changed its schema or effect, or shadows a tool that is in use',
      'a poisoned definition was found before anybody could call it',
    ),
    first_minutes: [
      'Take the server out of service: lists hide it, calls to it are denied.', 'Keep both definitions, the approved and the changed.',
      'Drop contexts that have read the changed one: they carry its words.', 'Ask the owner whether they changed it.',
    ],
    evidence: [
      ...EVIDENCE, 'the difference between the approved and the changed definitions', 'the package or image behind the server with its digest',
      'contexts that listed it after the change',
    ],
    eradication: ['Go back to the approved version of the server, or to another server.', 'Reject the changed definitions by name.'],
    recovery_gates: [
      'The server says again exactly what is pinned, or people approved what it says now, word by word.', 'sallyport scan finds nothing in it.',
      'One agent with a canary value uses it for an hour; nothing unusual is found.',
    ],
    communications: [{
      audience: 'the server\'s owner', subject: 'SERVER is out of service: its definitions changed',
      text: 'Since TIME the definitions of SERVER are not those that were approved on DATE. We took it out of service.\nDid you change it? Which '
        + 'version, by whom, from which source?\nIt goes back into service when it says what was approved, or after a new approval.',
    }],
    clocks: [CLOCKS.nis2Early], measures: MEASURES, techniques: ['AML.T0110', 'AML.T0109', 'AML.T0104', 'AML.T0010.005', 'AML.T0053'],
  },
  parts: answer({
    contain: [
      contain('Take the server out of service', 'quarantine-server', 'server'),
      contain('Stop the context that read it', 'kill', 'context'),
    ],
    triage: [
      'Compare the definitions: sallyport server drift. Who changed them, and what do the new words tell a model to do?',
      'Ask the owner before you trust what the server says of itself.',
    ],
    confirmed: [contain('End the context for good', 'drop-context', 'context')],
    widen: [
      contain('Agents that used it wait for approval', 'require-approval', 'agent', 24),
      ...holdSecret('Was the server given a secret of the vault?'),
    ],
    eradicate: [
      {
        who: 'owner', name: 'Back to what was approved',
        does: ['Put the approved version back, from a source whose digest is known.', 'Find out how the change came in, and close that way.'],
      },
      {
        who: 'operations', name: 'Clean up after it',
        does: ['Undo what agents did by the poisoned definition.', 'Reject the candidate, so that it is not approved by mistake: sallyport server show.'],
      },
    ],
    gates: [
      {
        who: 'operations', name: 'Pin and replay',
        does: [
          'Beside the gate, sallyport scan of what it says now finds nothing, and it is what is pinned. In service again, the pin itself denies '
            + 'what is another.',
          'Replay the calls of the incident in a fresh context: each is judged as it should be.',
        ],
      },
      { who: 'owner', name: 'Canary', does: ['Let one agent use it with a canary value before everybody does.'] },
    ],
    lift: [
      lift('The server is in service again', 'quarantine-server', 'server'), lift(
        'Agents act without approval again', 'require-approval', 'agent',
      ), lift('The context is stopped no more', 'kill', 'context'),
    ],
    learn: ['Is the server pinned to a digest? Is a second approval asked for changes of its effects?'],
  }),
};
