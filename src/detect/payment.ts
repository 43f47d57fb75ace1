import type { Detector, Sight, View } from '../domain/detector.ts';
import { luhn, mod97 } from './checksums.ts';
import { contextOf, digitsOf, saysNumbers } from './digits.ts';
import type { Digits } from './digits.ts';
import { CARD_RANGES, IBAN_LENGTHS } from './payment/issuers.ts';
import { freshViews } from './fresh.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const LEAKING = ['MCP10', 'ASI02', 'AML.T0085.001', 'MCP-T5'] as const;

export const info = {
  facets: ['argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'],
  rules: {
    card: { severity: 'high', what: 'A payment card number of a known issuer, with a valid check digit.', catalogues: LEAKING },
    'security-code': { severity: 'high', what: 'The security code of a card, which nobody may keep.', catalogues: LEAKING },
    iban: { severity: 'medium', what: 'A bank account number (IBAN) with valid check digits.', catalogues: LEAKING },
  },
} as const satisfies DetectorInfo<'payment'>;

const CARD = { confidentiality: 'restricted', categories: ['pci'] } as const;
const LABELS = { card: CARD, 'security-code': CARD, iban: { confidentiality: 'confidential', categories: ['pii'] } } as const;

const CARD_WORDS = /card|visa|master|amex|credit|debit|\bpan\b|\bcc\b|payment|karte|tarjeta|carte|cart[aã]o|kaart|карт|卡/i;
const RANGES_OF = Map.groupBy(CARD_RANGES, ({ first }) => first.charAt(0));
const ONE_DIGIT = /^(\d)\1+$/;
const CARD_SHAPES = new Set(['4-4-4-4', '4-6-5', '4-6-4', '4-4-4-4-3', '4-4-4-1']);
const IBAN = /(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])/gi;
const SECURITY_CODE = /\b(?:cvv2?|cvc2?|card (?:verification|security) (?:code|value))["']?[ \t:=#-]{1,4}["']?(\d{3,4})\b/gi;
const CODE_KEY = /\/(?:(?:card[_-]?)?cv[vc]2?|card[_-]?(?:verification|security)[_-]?(?:code|value))$/i;

/** Payment data (PCI DSS: account data; ISO 13616: IBAN). */
export const detector: Detector = {
  id: 'payment',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('payment', info, LABELS);
    for (const view of freshViews(sight)) {
      if (isField(view)) report.add('security-code', view, 0, view.text.length);
      if (!saysNumbers(view)) continue;
      for (const number of digitsOf(view)) {
        if (isCard(number) && (CARD_SHAPES.has(number.shape) || CARD_WORDS.test(contextOf(view, number.start)))) report.add('card', view, number.start,
          number.end);
      }
      for (const { 0: written, index } of view.text.matchAll(IBAN)) {
        const length = ibanLength(written);
        if (length > 0) report.add('iban', view, index, index + length);
      }
      securityCodes(view, (start, end) => report.add('security-code', view, start, end));
    }
    return report.findings();
  },
};

/** A value of a form that is called a security code. */
function isField({ text, spansOf }: View): boolean {
  return /^\d{3,4}$/.test(text) && CODE_KEY.test(spansOf(0, text.length)[0]?.at ?? '');
}

function isCard({ digits, separators }: Digits): boolean {
  if (separators.length > 1 || digits.length < 12) return false;
  const ranges = RANGES_OF.get(digits.charAt(0));
  return ranges?.some(({ first, last, lengths }) => lengths.includes(digits.length) && within(digits, first, last)) === true
    && !ONE_DIGIT.test(digits) && luhn(digits);
}

function within(digits: string, first: string, last: string): boolean {
  const front = digits.slice(0, first.length);
  return front >= first && front <= last;
}

/** How much of what is written is an IBAN; 0: nothing. What follows one after a space may look like more of it. */
function ibanLength(written: string): number {
  const wanted = IBAN_LENGTHS[written.slice(0, 2).toUpperCase()];
  if (wanted === undefined) return 0;
  let [at, count, code] = [0, 0, ''];
  for (; at < written.length && count < wanted; at += 1) {
    if (written.charAt(at) === ' ') continue;
    code += written.charAt(at).toUpperCase();
    count += 1;
  }
  if (count < wanted || (at < written.length && written.charAt(at) !== ' ')) return 0;
  const digits = (code.slice(4) + code.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return mod97(digits) === 1 ? at : 0;
}

function securityCodes(view: View, found: (start: number, end: number) => void): void {
  for (const { 0: whole, 1: code = '', index } of view.text.matchAll(SECURITY_CODE)) found(index + whole.length - code.length, index + whole.length);
}
