import type { Detector, Sight } from '../domain/detector.ts';
import { freshViews } from './fresh.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const LEAKING = ['MCP10', 'ASI02', 'AML.T0085.001', 'MCP-T5'] as const;

export const info = {
  facets: ['argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'],
  rules: {
    record: { severity: 'high', what: 'What somebody suffers from or is treated with, beside who that is.', catalogues: LEAKING },
  },
} as const satisfies DetectorInfo<'health'>;

/** Whom it is about: words of records, not of leaflets. */
const WHOM =
  /\b(?:patient(?:in)? ?(?:id|name|no\b|number|#)|patient[:_]|\bmrn\b|medical record (?:no|number)|date of birth|\bdob\b|member id|policy ?holder|geburtsdatum|versichertennummer|fecha de nacimiento|date de naissance|data di nascita)|患者|пациент/gi;
/** What it says of them. */
const WHAT =
  /\b(?:diagnos(?:is|ed|e|tico|tic)|icd-?10|prescri(?:bed|ption)|medication|symptoms?|allerg(?:y|ies|ic)|blood (?:type|pressure)|hba1c|hiv|hepatitis|biopsy|oncolog\w{1,4}|chemotherapy|insulin|diabet\w{1,4}|asthma|depress(?:ion|ive)|pregnan(?:t|cy)|discharge summary|befund|medikament|medicaci[oó]n|ordonnance|terapia)\b|诊断|диагноз|\b[A-TV-Z]\d{2}\.\d{1,2}\b/gi;
/** A script without letters says somebody and two conditions in so few characters. */
const SHORTEST = 8;
const NEAR_CHARS = 600;
/** One word of illness is talk; two different ones beside a person are a record. */
const SAID_MIN = 2;

/** Health records (HIPAA's identifiers beside a condition). By words: raises a label, and nobody should block on it alone. */
export const detector: Detector = {
  id: 'health',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('health', info, { record: { confidentiality: 'restricted', categories: ['phi'] } });
    for (const view of freshViews(sight)) {
      if (view.text.length < SHORTEST) continue;
      const whom = [...view.text.matchAll(WHOM)].map(({ index }) => index);
      if (whom.length === 0) continue;
      const what = [...view.text.matchAll(WHAT)].map(({ 0: word, index }) => ({ word: word.toLowerCase(), start: index, end: index + word.length }));
      let from = 0;
      for (const at of whom) {
        while (from < what.length && (what[from]?.end ?? 0) < at - NEAR_CHARS) from += 1;
        const near = what.slice(from, from + WORDS_NEAR_MAX).filter(({ start }) => start < at + NEAR_CHARS);
        if (new Set(near.map(({ word }) => word)).size < SAID_MIN) continue;
        for (const { start, end } of near) report.add('record', view, start, end);
      }
    }
    return report.findings();
  },
};

const WORDS_NEAR_MAX = 20;
