import { contain, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, CLOCKS, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (c) */
export const unauthorisedAction: Draft = {
  slug: 'unauthorised-action', name: 'Unauthorised agent action or confused deputy', types: ['mitigation', 'investigation', 'remediation'],
  severity: 80, impact: 45,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'An agent does, or tries to do, what nobody asked it to or what its person may not do, with rights that it was given for something '
    + 'else. The agent is stopped and what it holds is taken back.',
  guide: {
    triggers: [{ kind: 'unauthorised-action', severity: 'medium' }],
    severities: severities(
      'something was destroyed, paid, signed or sent without anybody\'s order', 'rights were used that the person does not have, or for somebody else',
      'attempts were denied, again and again',
    ),
    first_minutes: [
      'Stop the agent everywhere; leave the person their other tools.', 'End its tokens: a stream or a held call ends with them.',
      'Undo or hold what it began: payments, mails, deletions.', 'Ask the person what they asked for.',
    ],
    evidence: [
      ...EVIDENCE, 'the delegation chain of each call: person, agent, actors', 'approvals that were given, by whom, and what they were shown',
      'what the person asked the agent for',
    ],
    eradication: ['Take away the right that made it possible: a role, a ceiling, a connection.', 'Mend or remove the agent.'],
    recovery_gates: [
      'The same call by the same agent is denied now: sallyport policy explain.', 'What it did was undone or accepted by whoever owns it.',
      'Its first day back is with approval.',
    ],
    communications: [{
      audience: 'owner of the data or account', subject: 'An agent acted on ACCOUNT without an order',
      text: 'At TIME the agent AGENT did WHAT on ACCOUNT without an order of a person. It is stopped.\nPlease tell us by TIME whether it is to be '
        + 'undone; we keep the evidence.',
    }],
    clocks: [CLOCKS.gdpr, CLOCKS.sec, CLOCKS.dora], measures: MEASURES, techniques: ['AML.T0053', 'AML.T0012', 'AML.T0101', 'AML.T0098'],
  },
  parts: answer({
    contain: [
      contain('Stop the agent', 'kill', 'agent'),
      contain('End what its person\'s tokens let in', 'revoke-tokens', 'principal'),
    ],
    triage: [
      'Was it asked for? By whom, in which words? Compare with the calls of the exchange.',
      'Which policy let it, or would have: sallyport policy explain.',
    ],
    widen: [
      contain('The server can only be read', 'read-only', 'server', 72),
      contain('Everybody proves anew who they are', 'step-up', 'server', 72),
    ],
    eradicate: [
      {
        who: 'owner', name: 'Undo what it did',
        does: ['Restore what was deleted, recall what was sent, stop what was paid; write down what cannot be undone.'],
      },
      {
        who: 'operations', name: 'Take the right away',
        does: ['Narrow the role or the agent\'s ceiling to what is used: sallyport policy suggest.', 'Gate what destroys and transacts by an approval.'],
      },
    ],
    gates: [
      {
        who: 'operations', name: 'Replay',
        does: [
          'Simulate the incident\'s calls against the new policies: all denied or held.',
          'The agent does its usual work in a fresh context with approval on.',
        ],
      },
    ],
    lift: [
      lift('The agent may act again', 'kill', 'agent'), lift('The server may write again', 'read-only', 'server'),
      lift('Sign-ins as before', 'step-up', 'server'),
    ],
    learn: ['Which ceiling, approval or limit would have made it small?'],
  }),
};
