import { contain, holdSecret, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, CLOCKS, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (i) */
export const gatewayCompromise: Draft = {
  slug: 'gateway-compromise', name: 'The gate itself may be compromised', types: ['mitigation', 'investigation', 'remediation'], severity: 95, impact: 95,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'A role of Sallyport, its store, its log or its configuration is not what it should be. Everything stops, by two people; the log is '
    + 'checked from outside; the roles come back from a release that verifies.',
  guide: {
    triggers: [{ kind: 'gateway-compromise', severity: 'high' }],
    severities: severities(
      'the log, the keys or the configuration do not verify', 'a role does what it should not, or another role says so',
      'a sign that has a harmless explanation, not found yet',
    ),
    first_minutes: [
      'Stop everything at the gate. If control cannot be trusted, stop the roles by the machine\'s own '
        + 'means.', 'Do not change anything on the machine: take its disk and memory first.',
      'Verify the log with a checkpoint that was kept elsewhere.', 'Talk by a channel that does not go through it.',
    ],
    evidence: [
      ...EVIDENCE, 'checkpoints kept by gateways, control and witnesses', 'images of disks and memory', 'doctor --verify of every machine',
      'versions of the configuration with their signatures',
    ],
    eradication: [
      'Install the roles anew from a release that verifies, on clean machines.',
      'New keys for every role that may have been reached; all vaulted secrets rotated.',
    ],
    recovery_gates: [
      'doctor --verify passes on every machine.', 'The log verifies from the last checkpoint that is trusted, or the break in it is written '
        + 'down.', 'The configuration is the last one that two people know to be theirs.',
      'Secrets were rotated; old role certificates are refused.',
    ],
    communications: [{
      audience: 'management and people who use agents', subject: 'Agents are stopped',
      text: 'Since TIME no agent can use tools: we have reason to think that the system that guards them is not sound.\nDo not connect agents '
        + 'directly. We write again every HOUR hours by this channel.',
    }],
    clocks: [CLOCKS.nis2Early, CLOCKS.nis2, CLOCKS.gdpr, CLOCKS.sec, CLOCKS.dora], measures: MEASURES, techniques: ['AML.T0012', 'AML.T0081', 'AML.T0101'],
  },
  parts: answer({
    contain: [contain('Stop everything', 'kill', 'all'), contain('Call people', 'page', 'incident')],
    triage: [
      'sallyport doctor --verify and sallyport audit verify, from another machine and with a checkpoint kept elsewhere.',
      'Which role, since when, with which keys?',
    ],
    widen: [...holdSecret('Which secret could be read first of all?')],
    eradicate: [
      {
        who: 'operations', name: 'Clean machines',
        does: [
          'Install the roles from a release that verifies; join them with new certificates: sallyport link.',
          'Revoke the certificates of the old ones.',
        ],
      },
      {
        who: 'operations', name: 'New keys and secrets',
        does: ['Rotate role keys, issuer keys and every vaulted secret.', 'Bring back the configuration that two people know: sallyport config history.'],
      },
    ],
    gates: [
      {
        who: 'lead', name: 'Everything verifies',
        does: ['doctor --verify on every machine; the log from the last trusted checkpoint; the configuration\'s chain.'],
      },
      { who: 'operations', name: 'Canary', does: ['One server and one agent first, with canary values, for an hour.'] },
    ],
    lift: [lift('Everything may go on', 'kill', 'all')],
    learn: ['Which room held, and which did not? Update the threat model.'],
  }),
};
