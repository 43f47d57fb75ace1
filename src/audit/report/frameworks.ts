import type { EvidenceName } from './evidence.ts';

/** What else a control looks at, besides records of some kind. */
export type Concern = 'whole' | 'verified' | 'kept' | 'delivered';

/** One control: its number in the source, what it asks in our words, and which records are evidence of it. */
export interface Control {
  readonly id: string;
  readonly asks: string;
  readonly evidence: readonly EvidenceName[];
  readonly concerns?: readonly Concern[];
  /** What no record of a gate can show. */
  readonly beyond?: string;
}

export interface Framework {
  readonly title: string;
  /** Where the numbers come from, and how well we know them. */
  readonly source: string;
  readonly controls: readonly Control[];
}

const SECOND_HAND = 'Numbers from general knowledge of the published document; it was not read for this mapping. Check them against your copy.';

const FRAMEWORKS = {
  nist80053: {
    title: 'NIST SP 800-53 Rev. 5', source: `NIST Special Publication 800-53 Revision 5, csrc.nist.gov (public domain). ${SECOND_HAND}`,
    controls: [
      { id: 'AC-2', asks: 'accounts and what is issued to them are managed', evidence: ['sign-ins', 'tokens', 'configuration', 'reviews'],
        beyond: 'accounts in your identity provider' },
      { id: 'AC-3', asks: 'access is enforced as decided', evidence: ['decisions', 'outcomes'] },
      { id: 'AC-6', asks: 'no more access than needed', evidence: ['decisions', 'configuration', 'emergency', 'credentials', 'reviews'] },
      { id: 'AU-2', asks: 'which events are logged', evidence: ['decisions', 'outcomes', 'sign-ins', 'configuration'] },
      { id: 'AU-3', asks: 'what each record says', evidence: ['decisions', 'outcomes'] },
      { id: 'AU-6', asks: 'records are reviewed and analysed', evidence: ['findings', 'disclosure'], concerns: ['delivered'],
        beyond: 'that somebody read them' },
      { id: 'AU-8', asks: 'times of records can be trusted', evidence: ['time'], beyond: 'how the clock of the machine is set' },
      { id: 'AU-9', asks: 'records are protected', evidence: ['integrity', 'retention', 'disclosure'], concerns: ['verified', 'whole'] },
      { id: 'AU-9(3)', asks: 'cryptography protects their integrity', evidence: ['integrity'], concerns: ['verified'] },
      { id: 'AU-10', asks: 'who did something cannot deny it', evidence: ['decisions', 'tokens'], concerns: ['verified'] },
      { id: 'AU-11', asks: 'records are kept as long as needed', evidence: ['retention'], concerns: ['kept', 'whole'] },
      { id: 'AU-12', asks: 'records are made wherever they should be', evidence: ['decisions', 'outcomes', 'lifecycle'], concerns: ['whole'],
        beyond: 'calls that do not pass the gate' },
      { id: 'CA-8', asks: 'attacks are tried', evidence: ['practice'], beyond: 'attacks on what lies outside the gate' },
      { id: 'CM-3', asks: 'changes are controlled', evidence: ['configuration', 'approvals'] },
      { id: 'CM-6', asks: 'settings are set and kept', evidence: ['configuration', 'drift', 'files'] },
      { id: 'CM-8', asks: 'what there is, is known', evidence: ['configuration', 'tokens', 'drift', 'inventory'],
        beyond: 'servers and agents where no sensor looks' },
      { id: 'IR-3', asks: 'the answer to incidents is tested', evidence: ['practice'], beyond: 'exercises held elsewhere' },
      { id: 'IR-4', asks: 'incidents are handled', evidence: ['findings', 'incidents', 'responses', 'emergency'], beyond: 'what people did outside' },
      { id: 'IR-5', asks: 'incidents are followed', evidence: ['findings', 'incidents', 'responses'], concerns: ['delivered'] },
      { id: 'IR-6', asks: 'incidents are reported', evidence: ['disclosure', 'incidents'], concerns: ['delivered'],
        beyond: 'that the report was made, and in time' },
      { id: 'IR-8', asks: 'there is a plan for incidents', evidence: ['emergency', 'incidents', 'practice'],
        beyond: 'what of the plan is no playbook' },
      { id: 'SC-7', asks: 'what crosses boundaries is controlled and watched', evidence: ['decisions', 'connections'],
        beyond: 'networks that the gate is not the way through' },
      { id: 'SI-4', asks: 'the system is monitored', evidence: ['findings', 'drift', 'files', 'inventory', 'decisions'], concerns: ['delivered'] },
      { id: 'SI-7', asks: 'software and information keep their integrity', evidence: ['drift', 'files', 'integrity', 'configuration'], concerns: ['verified'] },
      { id: 'SR-3', asks: 'risks of suppliers are controlled', evidence: ['drift', 'approvals', 'sanctioning', 'vendors', 'configuration'],
        beyond: 'contracts' },
      { id: 'SR-6', asks: 'suppliers are assessed', evidence: ['drift', 'sanctioning', 'vendors', 'configuration'],
        beyond: 'suppliers of anything else' },
    ],
  },
  iso42001: {
    title: 'ISO/IEC 42001:2023, Annex A', source: `ISO/IEC 42001:2023 (not free). ${SECOND_HAND}`,
    controls: [
      { id: 'A.6.2.6', asks: 'AI systems are watched in operation', evidence: ['decisions', 'outcomes', 'findings', 'drift', 'files', 'inventory'],
        concerns: ['delivered'],
        beyond: 'quality of what models say' },
      { id: 'A.6.2.8', asks: 'event logs of AI systems are recorded', evidence: ['decisions', 'outcomes', 'lifecycle'],
        concerns: ['whole', 'verified', 'kept'], beyond: 'events inside a model or agent' },
      { id: 'A.8.4', asks: 'incidents are told to those concerned', evidence: ['findings', 'incidents', 'disclosure'], beyond: 'that they were told' },
      { id: 'A.9.4', asks: 'AI systems are used as intended', evidence: ['decisions', 'configuration', 'findings'], beyond: 'what they are intended for' },
      { id: 'A.10.3', asks: 'suppliers fit the organisation’s approach', evidence: ['drift', 'approvals', 'sanctioning', 'vendors', 'configuration'],
        beyond: 'contracts' },
    ],
  },
  soc2: {
    title: 'SOC 2 (AICPA Trust Services Criteria, security)',
      source: `AICPA TSP section 100, 2017 Trust Services Criteria with revised points of focus 2022. ${SECOND_HAND}`,
    controls: [
      { id: 'CC6.1', asks: 'access to systems and data is restricted', evidence: ['decisions', 'credentials', 'tokens'] },
      { id: 'CC6.2', asks: 'who gets access is registered and authorised first', evidence: ['sign-ins', 'tokens', 'consents', 'configuration'],
        beyond: 'accounts in your identity provider' },
      { id: 'CC6.3', asks: 'access follows roles, and is changed and removed', evidence: ['configuration', 'approvals', 'tokens', 'reviews'] },
      { id: 'CC6.6', asks: 'access from and to what lies outside is controlled', evidence: ['decisions', 'connections'] },
      { id: 'CC7.2', asks: 'anomalies are monitored', evidence: ['findings', 'drift', 'files', 'inventory', 'decisions'], concerns: ['delivered'] },
      { id: 'CC7.3', asks: 'security events are evaluated', evidence: ['findings', 'incidents', 'disclosure'], concerns: ['delivered'],
        beyond: 'that somebody evaluated them' },
      { id: 'CC7.4', asks: 'incidents are responded to', evidence: ['incidents', 'responses', 'emergency', 'tokens'], beyond: 'what people did outside' },
      { id: 'CC7.5', asks: 'what was disturbed is restored', evidence: ['configuration', 'lifecycle', 'integrity', 'recovery'], beyond: 'tests of recovery' },
      { id: 'CC8.1', asks: 'changes are authorised', evidence: ['configuration', 'approvals', 'sanctioning'] },
      { id: 'CC9.2', asks: 'risks of vendors are managed', evidence: ['vendors', 'sanctioning'], beyond: 'contracts' },
    ],
  },
  iso27001: {
    title: 'ISO/IEC 27001:2022, Annex A', source: `ISO/IEC 27001:2022 (not free). ${SECOND_HAND}`,
    controls: [
      { id: 'A.5.18', asks: 'rights of access are reviewed', evidence: ['reviews'], beyond: 'rights that are given elsewhere' },
      { id: 'A.5.22', asks: 'services of suppliers are watched', evidence: ['vendors', 'drift'], beyond: 'suppliers of anything else' },
      { id: 'A.5.23', asks: 'cloud services are used securely', evidence: ['decisions', 'configuration', 'drift', 'sanctioning'],
        beyond: 'contracts with providers' },
      { id: 'A.5.24', asks: 'incident handling is prepared', evidence: ['emergency', 'practice'], beyond: 'plans and roles' },
      { id: 'A.5.25', asks: 'security events are assessed', evidence: ['findings', 'incidents', 'disclosure'], beyond: 'that somebody assessed them' },
      { id: 'A.5.26', asks: 'incidents are responded to', evidence: ['incidents', 'responses', 'emergency', 'tokens'], beyond: 'what people did outside' },
      { id: 'A.5.27', asks: 'incidents are learnt from', evidence: ['configuration', 'findings', 'incidents', 'practice'], beyond: 'the lessons' },
      { id: 'A.5.28', asks: 'evidence is collected and preserved', evidence: ['retention', 'disclosure', 'integrity'],
        concerns: ['verified', 'kept', 'whole'] },
      { id: 'A.8.15', asks: 'logs are made, protected and analysed', evidence: ['decisions', 'outcomes', 'integrity'],
        concerns: ['whole', 'verified', 'delivered', 'kept'] },
      { id: 'A.8.16', asks: 'networks and systems are monitored', evidence: ['findings', 'drift', 'files', 'inventory', 'decisions', 'connections'],
        concerns: ['delivered'] },
      { id: 'A.8.17', asks: 'clocks run together', evidence: ['time'], beyond: 'how the clock of the machine is set' },
      { id: 'A.8.32', asks: 'changes are managed', evidence: ['configuration', 'approvals'] },
    ],
  },
} as const satisfies Readonly<Record<string, Framework>>;

export type FrameworkName = keyof typeof FRAMEWORKS;

export const FRAMEWORK_NAMES = ['nist80053', 'iso42001', 'soc2', 'iso27001'] as const satisfies readonly FrameworkName[];

export function frameworkOf(name: FrameworkName): Framework {
  return FRAMEWORKS[name];
}
