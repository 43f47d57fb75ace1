import type { Detector, Sight, View } from '../domain/detector.ts';
import { freshViews } from './fresh.ts';
import { contextOf, digitsOf, saysNumbers } from './digits.ts';
import { NATIONAL_CODES, codesIn } from './personal-data/codes.ts';
import { emailsIn, phonesIn } from './personal-data/contacts.ts';
import { NATIONAL_NUMBERS } from './personal-data/numbers.ts';
import { peopleIn } from './personal-data/people.ts';
import { createReport } from './report.ts';
import type { Report } from './report.ts';
import type { DetectorInfo } from './rules.ts';
import type { Surroundings } from './surroundings.ts';

const LEAKING = ['MCP10', 'ASI02', 'AML.T0085.001', 'MCP-T5'] as const;

export const info = {
  facets: ['argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'],
  rules: {
    'national-id': { severity: 'high', what: 'A number by which a state knows a person, with valid check digits.', catalogues: LEAKING },
    email: { severity: 'info', what: 'An e-mail address of a person.', catalogues: LEAKING },
    phone: { severity: 'info', what: 'A telephone number.', catalogues: LEAKING },
    name: { severity: 'info', what: 'A name of the connected directory.', catalogues: LEAKING },
    bulk: { severity: 'medium', what: 'Data of many people at once.', catalogues: [...LEAKING, 'SAFE-T1801'] },
  },
} as const satisfies DetectorInfo<'personal-data'>;

const PII = { confidentiality: 'internal', categories: ['pii'] } as const;
const SENSITIVE = { confidentiality: 'confidential', categories: ['pii'] } as const;
const LABELS = { 'national-id': SENSITIVE, email: PII, phone: PII, name: PII, bulk: SENSITIVE } as const;
/** Different addresses, numbers or names in one message: more people than anybody asks for one by one. */
const BULK_MIN = 25;

/** Those that are known by the sizes of their groups. */
const SHAPED = Map.groupBy(NATIONAL_NUMBERS.flatMap((one) => one.shapes.map((shape) => ({ ...one, shape }))), ({ shape }) => shape);

/** What is about people, where a check or a word beside it says so. */
export function createPersonalData({ people }: Surroundings): Detector {
  return {
    id: 'personal-data',
    facets: info.facets,
    detect: (sight: Sight) => {
      const report = createReport('personal-data', info, LABELS);
      for (const view of freshViews(sight)) {
        if (!saysNumbers(view)) continue;
        numbers(view, report);
        for (const [start, end] of emailsIn(view)) report.add('email', view, start, end);
        for (const [start, end] of phonesIn(view)) report.add('phone', view, start, end);
        if (people !== undefined) for (const [start, end] of peopleIn(view.text, people)) report.add('name', view, start, end);
      }
      if (report.count('email') + report.count('phone') + report.count('national-id') + report.count('name') >= BULK_MIN) report.note('bulk', sight.subject.at);
      return report.findings();
    },
  };
}

function numbers(view: View, report: Report<'personal-data'>): void {
  // Most views speak of no such number: said once of the whole view, that spares a look before each of its numbers.
  const before = contextOf(view, 0);
  const named = NATIONAL_NUMBERS.filter(({ context }) => context.test(view.text) || context.test(before));
  for (const { digits, shape, separators, start, end } of digitsOf(view)) {
    const number = SHAPED.get(shape)?.find((one) => one.length === digits.length
      && (one.separators === undefined || isOf(separators, one.separators)) && one.valid(digits))
      ?? named.find((one) => one.length === digits.length && one.valid(digits) && one.context.test(contextOf(view, start)));
    if (number !== undefined) report.add('national-id', view, start, end, number.id);
  }
  for (const { 0: written, index } of codesIn(view.text)) {
    const code = written.replace(/ |(?<=\d)-(?=[A-Z]$)/gi, '').toUpperCase();
    const known = NATIONAL_CODES.find(({ form, valid, context }) =>
      form.test(code) && valid(code) && (context === undefined || written === written.toUpperCase() && context.test(contextOf(view, index))));
    if (known !== undefined) report.add('national-id', view, index, index + written.length, known.id);
  }
}

function isOf(separators: string, between: string): boolean {
  return separators !== '' && Array.from(separators).every((one) => between.includes(one));
}
