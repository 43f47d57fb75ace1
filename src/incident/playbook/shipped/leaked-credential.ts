import { contain, holdSecret, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, CLOCKS, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (e) */
export const leakedCredential: Draft = {
  slug: 'leaked-credential', name: 'Credential leaked in a configuration or a message', types: ['mitigation', 'investigation', 'remediation'],
  severity: 80, impact: 35,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'A key or token stands in a client\'s file, a repository, an argument or a result. It is ended first and looked for afterwards; a '
    + 'secret that was seen is never used again.',
  guide: {
    triggers: [{ kind: 'leaked-credential', severity: 'medium' }],
    severities: severities(
      'it was used by somebody else, or opens production data', 'it left the company, or its owner cannot be found', 'it stands where only its owner reads',
    ),
    first_minutes: [
      'End it where it was issued; taking it out of the file is not enough.', 'Rotate it in the vault, so that what needs it goes on.',
      'Look for its use from places that are not yours.', 'Never paste it into a ticket or a chat: name it by its id.',
    ],
    evidence: [
      ...EVIDENCE, 'the file or message by place and digest, never the value', 'uses of the credential since it was issued', 'who could read the place',
    ],
    eradication: ['Remove it from the file, its history and its backups.', 'Seal the file\'s secrets: sallyport config seal.'],
    recovery_gates: [
      'The old value is refused by its issuer.', 'Nothing finds it any more: sallyport config audit, and a scan of the repository.',
      'What needs a credential gets it from the vault.',
    ],
    communications: [{
      audience: 'owner of the credential', subject: 'A credential of yours was found in the open',
      text: 'The credential ID was found at PLACE on DATE. It was ended at TIME; a new one is in the vault.\nPlease tell us where else it was '
        + 'used, and from when to when you know its uses to be yours.',
    }],
    clocks: [CLOCKS.gdpr, CLOCKS.nis2Early], measures: MEASURES, techniques: ['AML.T0098', 'AML.T0083', 'AML.T0012'],
  },
  parts: answer({
    contain: [
      contain('What let it in is good no more', 'kill', 'credential'),
      contain('End tokens of whoever it is of', 'revoke-tokens', 'principal'),
      contain('Stop the context that has seen it', 'kill', 'context'),
    ],
    triage: ['Is it real, and whose? An example or a test value is a false alarm.', 'Who has read the place since when? See its uses at the issuer.'],
    confirmed: [...holdSecret('Which secret was seen?'), contain('End the context for good', 'drop-context', 'context')],
    widen: [
      contain('The server can only be read', 'read-only', 'server', 72),
      contain('Look closer at what it returns', 'raise-inspection', 'server', 72),
    ],
    eradicate: [
      {
        who: 'operations', name: 'A new one',
        does: ['Rotate it in the vault and end the old one at its issuer: sallyport vault set.', 'Try the old value: it must be refused.'],
      },
      { who: 'owner', name: 'Out of the file', does: ['Remove it from the file, its history and backups; seal what must stay: sallyport config seal.'] },
    ],
    gates: [
      {
        who: 'operations', name: 'Nothing finds it',
        does: ['sallyport config audit and a scan of the repository find nothing.', 'The server works with the new one, in a fresh context.'],
      },
    ],
    lift: [
      lift('What let it in is good again', 'kill', 'credential'), lift('The server may write again', 'read-only', 'server'),
      lift('Inspection as before', 'raise-inspection', 'server'), lift('The context is stopped no more', 'kill', 'context'),
    ],
    learn: ['Why did it stand there: what would have been the easy way to do it right?'],
  }),
};
