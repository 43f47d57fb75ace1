import { contain, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (f) */
export const rogueServer: Draft = {
  slug: 'rogue-server', name: 'Rogue server found outside the gate', types: ['mitigation', 'investigation', 'remediation'], severity: 60, impact: 25,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'A server that nobody registered is used, on a laptop, a network or in code. It is denied where clients have a place for that, its '
    + 'host is blocked, and it is adopted or removed.',
  guide: {
    triggers: [{ kind: 'rogue-server', severity: 'medium' }],
    severities: severities(
      'it is open to the network and reaches restricted data', 'several people use it, or it goes to a stranger\'s host', 'one person tried it',
    ),
    first_minutes: [
      'Find who uses it and what for: most are helpful, none is checked.', 'Deny it at endpoints before it is talked about.',
      'Block its host for local servers.',
      'Do not scan what is not yours.',
    ],
    evidence: [...EVIDENCE, 'what every sensor saw of it, with dates', 'the entries of clients that start or reach it', 'what credentials it was given'],
    eradication: ['Adopt it behind the gate, or remove it from every client.', 'End the credentials that it was given.'],
    recovery_gates: ['Sensors see it no more, or only through the gate.', 'If it was adopted: its definitions are approved and scanned.'],
    communications: [{
      audience: 'people who use it', subject: 'SERVER goes through the gate from now on',
      text: 'You use SERVER, which is not registered. It is blocked since TIME.\nIf you need it, ask for it with `sallyport registry request`; we '
        + 'answer by TIME. Please do not go round the block.',
    }],
    clocks: [], measures: MEASURES, techniques: ['AML.T0104', 'AML.T0081', 'AML.T0010.005'],
  },
  parts: answer({
    contain: [
      contain('Block its host', 'block-host', 'host'),
      contain('Deny it at endpoints', 'deny-at-endpoints', 'host'),
    ],
    triage: [
      'Is it ours, a vendor\'s or a stranger\'s? sallyport discover inventory shows who saw it.',
      'What was it given: credentials, files, data of which labels?',
    ],
    widen: [contain('End tokens of who used it', 'revoke-tokens', 'principal')],
    eradicate: [
      {
        who: 'owner', name: 'Adopt it or remove it',
        does: ['sallyport discover adopt brings it behind the gate; else remove it from every client that has it.'],
      },
      { who: 'operations', name: 'End what it was given', does: ['Rotate credentials that it has seen.'] },
    ],
    gates: [
      {
        who: 'operations', name: 'Sensors see it no more',
        does: ['A whole scan of the hosts concerned shows it gone, or behind the gate.', 'If adopted: scanned, pinned, tried with a canary value.'],
      },
    ],
    lift: [lift('Its host may be reached again', 'block-host', 'host'), lift('It is allowed at endpoints', 'deny-at-endpoints', 'host')],
    learn: ['Why was the gate not the easy way? Shorten the request for a server.'],
  }),
};
