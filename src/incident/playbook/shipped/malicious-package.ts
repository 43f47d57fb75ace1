import { contain, holdSecret, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, CLOCKS, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (g) */
export const maliciousPackage: Draft = {
  slug: 'malicious-package', name: 'Malicious package or grave vulnerability', types: ['mitigation', 'investigation', 'remediation'], severity: 85, impact: 45,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'What a server runs from is malicious, was taken over, or has a vulnerability that is used. Its servers stop, what they were given '
    + 'is taken back, and they come back from a version whose digest is known.',
  guide: {
    triggers: [{ kind: 'malicious-package', severity: 'medium' }],
    severities: severities(
      'malicious code ran with secrets or reached hosts that it should not', 'a version in use is malicious, or its vulnerability is used in the wild',
      'a version in use has a grave vulnerability that needs more to be reached',
    ),
    first_minutes: [
      'Stop the server; do not upgrade it first.', 'Take back its credentials: assume that they were read.', 'Block what it tried to reach.',
      'Find every place that runs the package, outside the gate too.',
    ],
    evidence: [
      ...EVIDENCE, 'the package by name, version and digest, kept where nothing runs it', 'what it tried to reach: refusals of egress',
      'the advisory with its date',
    ],
    eradication: ['Remove the version everywhere; rebuild hosts where it ran outside a sandbox.', 'Rotate what it could read.'],
    recovery_gates: [
      'The fixed version is pinned by digest, its provenance was checked, it is older than the cooling-off '
        + 'time.', 'Nothing of it tries to reach the blocked hosts in a day of watching.',
      'Definitions are the approved ones.',
    ],
    communications: [{
      audience: 'people who run it', subject: 'Stop using PACKAGE VERSION now',
      text: 'PACKAGE VERSION is malicious / vulnerable (ADVISORY). Stop it, do not upgrade in place, and tell us on which machines it '
        + 'ran.\nThrough the gate it is stopped since TIME. Credentials that it could read are being rotated.',
    }],
    clocks: [CLOCKS.gdpr, CLOCKS.nis2Early, CLOCKS.nis2], measures: MEASURES, techniques: ['AML.T0010.005', 'AML.T0104', 'AML.T0110'],
  },
  parts: answer({
    contain: [
      contain('Take the server out of service', 'quarantine-server', 'server'),
      contain('Block what it reached for', 'block-host', 'host'),
    ],
    triage: [
      'Does the advisory fit the version that runs, by digest? Is what is vulnerable reached at all?',
      'What did it reach, or try to: refusals of egress.',
    ],
    confirmed: [contain('End its connected accounts', 'revoke-credential', 'server'), ...holdSecret('Which secret could it read?')],
    widen: [
      contain('Deny it at endpoints', 'deny-at-endpoints', 'server'),
      contain('End the context that it answered', 'drop-context', 'context'),
    ],
    eradicate: [
      {
        who: 'operations', name: 'Out, everywhere',
        does: [
          'Remove the version from servers, clients and images: sallyport discover code.', 'Rebuild machines where it ran outside a sandbox.',
          'Rotate what it could read.',
        ],
      },
      { who: 'owner', name: 'A version to trust', does: ['Choose the fixed version or another package; check its provenance.'] },
    ],
    gates: [
      {
        who: 'operations', name: 'Pin, watch, canary',
        does: ['Pinned by digest, provenance checked, definitions approved.', 'A day with a canary value and no refusal of egress.'],
      },
    ],
    lift: [
      lift('The server is in service again', 'quarantine-server', 'server'),
      lift('Hosts may be reached again', 'block-host', 'host'), lift('It is allowed at endpoints', 'deny-at-endpoints', 'server'),
    ],
    learn: ['How long between the advisory and our knowing? Is the bundle of knowledge fresh?'],
  }),
};
