import { contain, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, CLOCKS, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (a) */
export const promptInjection: Draft = {
  slug: 'prompt-injection', name: 'Prompt injection, direct or by a tool result', types: ['mitigation', 'investigation', 'remediation'], severity: 80,
  impact: 30,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'Somebody\'s words, in a prompt or in what a tool returned, steer an agent. Stops the agent\'s memory from being used further and '
    + 'makes what it does wait for people.',
  guide: {
    triggers: [{ kind: 'prompt-injection', severity: 'medium' }],
    severities: severities(
      'an agent obeyed: something was written, sent or paid after the injected text', 'an agent holds injected text and may communicate, write or pay',
      'injected text was found and nothing acted on it',
    ),
    first_minutes: [
      'Stop the context, not the person: what it has read cannot be taken back out of it.', 'Make the agent wait for approval wherever else it acts.',
      'Find the text: which tool, which result, which source behind it.', 'Look for the same source in other contexts.',
    ],
    evidence: [
      ...EVIDENCE, 'the result that carried the text, and the source behind it (a page, a ticket, a mail)', 'calls of the context after it was read',
    ],
    eradication: ['Remove or clean the source, or have its owner do it.', 'Purge the agent\'s own memory and files of what it kept.'],
    recovery_gates: [
      'The text is replayed through the gate and is blocked or spotlighted now.', 'A fresh context reads the same source and does nothing it was not asked to.',
      'What the agent kept in memory or files holds none of it.',
    ],
    communications: [{
      audience: 'the person whose agent it is', subject: 'Your assistant read something harmful',
      text: 'At TIME your assistant read text in WHERE that tried to give it orders. We stopped that conversation; please do not continue it or '
        + 'copy from it.\nStart a new one when we tell you. Tell us if it did something you did not ask for.',
    }],
    clocks: [CLOCKS.gdpr, CLOCKS.nis2Early],
    measures: MEASURES, techniques: ['AML.T0051.000', 'AML.T0051.001', 'AML.T0053', 'AML.T0080', 'AML.T0099'],
  },
  parts: answer({
    contain: [
      contain('Stop the poisoned context', 'kill', 'context'),
      contain('The agent waits for approval', 'require-approval', 'agent', 24),
    ],
    triage: [
      'Read the finding and the result that it points at: is it an instruction to a model, or text about such instructions?',
      'See what the context did after it was read: sallyport audit sessions.',
    ],
    confirmed: [contain('End the poisoned context for good', 'drop-context', 'context')],
    widen: [
      contain('The server that carried it can only be read', 'read-only', 'server', 72),
      contain('Look closer at what it returns', 'raise-inspection', 'server', 72),
    ],
    eradicate: [
      {
        who: 'owner', name: 'Remove the source',
        does: [
          'Remove or clean what carried the text; if it is not yours, block it.',
          'Undo what the agent wrote or sent on its orders, or tell those who got it.',
        ],
      },
      {
        who: 'operations', name: 'Clean what the agent kept',
        does: ['Empty the agent\'s memory and check the files that it obeys: sallyport config audit.'],
      },
    ],
    gates: [
      {
        who: 'operations', name: 'Replay',
        does: [
          'Replay the result through the gate: it must be blocked, redacted or spotlighted.',
          'Let a fresh context read the cleaned source with a canary value: nothing may leave.',
        ],
      },
    ],
    lift: [
      lift('The agent acts without approval again', 'require-approval', 'agent'), lift('The server may write again', 'read-only', 'server'),
      lift('Inspection as before', 'raise-inspection', 'server'), lift('The context is stopped no more', 'kill', 'context'),
    ],
    learn: [
      'Add the text and its twin to the vectors that detectors are tried against.',
      'Would a label on the source, or a destination without provenance, have stopped it earlier?',
    ],
  }),
};
