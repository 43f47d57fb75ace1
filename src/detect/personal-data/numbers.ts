import { isDay, luhn, mod11And10, mod97, verhoeff, weighted } from '../checksums.ts';

/** A national number that is written in digits. */
export interface NationalNumber {
  /** `de-steuer-id`. */
  readonly id: string;
  readonly length: number;
  /** Shapes that only this number has: they need no word beside them. */
  readonly shapes: readonly string[];
  /** What is written between the groups, where that is fixed. */
  readonly separators?: string;
  readonly valid: (digits: string) => boolean;
  /** What it is called where it is written without its shape. */
  readonly context: RegExp;
}

/** Sixteen countries; each with its check digits, or where there are none (United States) with the ranges that were ever issued. */
export const NATIONAL_NUMBERS: readonly NationalNumber[] = [
  {
    id: 'us-ssn', length: 9, shapes: ['3-2-4'], separators: '-', context: /\bssn\b|social.?security/i,
    valid: (d) => !/^(?:000|666|9)/.test(d) && !/^...00|0000$/.test(d) && !['078051120', '219099999', '123456789', '111223333', '111111111'].includes(d),
  },
  {
    id: 'uk-nhs', length: 10, shapes: [], context: /\bnhs\b/i,
    valid: (d) => (11 - (weighted(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(d[9]),
  },
  {
    id: 'de-steuer-id', length: 11, shapes: ['2-3-3-3'], separators: ' ', context: /steuer.{0,4}(?:id|nummer)|idnr|\btin\b|tax.?id/i,
    valid: (d) => !d.startsWith('0') && mod11And10(d) && new Set(d.slice(0, 10)).size < 10,
  },
  {
    id: 'fr-nir', length: 15, shapes: ['1-2-2-2-3-3-2', '15'], context: /\bnir\b|s[eé]curit[eé] sociale|\binsee\b|\bnss\b/i,
    valid: (d) => /^[12]\d\d(?:0[1-9]|1[0-2]|[2-4]\d)\d{10}$/.test(d) && 97 - mod97(d.slice(0, 13)) === Number(d.slice(13)),
  },
  {
    id: 'pl-pesel', length: 11, shapes: [], context: /pesel/i,
    valid: (d) => isDay(String(Number(d.slice(2, 4)) % 20), d.slice(4, 6)) && (10 - (weighted(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(d[10]),
  },
  {
    id: 'nl-bsn', length: 9, shapes: [], context: /\bbsn\b|burgerservice|sofi.?nummer/i,
    valid: (d) => weighted(d, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && Number(d) > 0,
  },
  {
    id: 'be-rrn', length: 11, shapes: ['2-2-2-3-2'], separators: '-.', context: /rijksregister|registre national|\binsz\b|\bniss\b|\brrn\b/i,
    valid: (d) => isDay(d.slice(2, 4), d.slice(4, 6)) && ['', '2'].some((century) => 97 - mod97(century + d.slice(0, 9)) === Number(d.slice(9))),
  },
  {
    id: 'se-personnummer', length: 10, shapes: ['6-4'], separators: '-', context: /person\s?nummer|person-?nr|samordningsnummer/i,
    valid: (d) => (isDay(d.slice(2, 4), d.slice(4, 6)) || isDay(d.slice(2, 4), d.slice(4, 6), 60)) && luhn(d),
  },
  {
    id: 'se-personnummer', length: 12, shapes: ['8-4'], separators: '-', context: /person\s?nummer|person-?nr|samordningsnummer/i,
    valid: (d) => /^(?:18|19|20)/.test(d) && isDay(d.slice(4, 6), d.slice(6, 8)) && luhn(d.slice(2)),
  },
  {
    id: 'br-cpf', length: 11, shapes: ['3-3-3-2'], separators: '.-', context: /\bcpf\b/i,
    valid: (d) => new Set(d).size > 1 && cpfDigit(d, 9) === Number(d[9]) && cpfDigit(d, 10) === Number(d[10]),
  },
  { id: 'in-aadhaar', length: 12, shapes: [], context: /aadha?ar|\buidai\b|आधार/i, valid: (d) => /^[2-9]/.test(d) && verhoeff(d) },
  { id: 'ca-sin', length: 9, shapes: [], context: /\bsin\b|social.?insurance|assurance sociale/i, valid: (d) => !/^[08]/.test(d) && luhn(d) },
  { id: 'ch-ahv', length: 13, shapes: ['3-4-4-2', '13'], context: /\bahv\b|\bavs\b/i, valid: (d) => d.startsWith('756') && ean13(d) },
  { id: 'au-tfn', length: 9, shapes: [], context: /\btfn\b|tax.?file/i, valid: (d) => weighted(d, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0 },
  { id: 'tr-tckn', length: 11, shapes: [], context: /\btckn\b|t\.?c\.? kimlik/i, valid: (d) => !d.startsWith('0') && tckn(d) },
  {
    id: 'cn-rin', length: 18, shapes: ['18'], context: /身份证/,
    valid: (d) => /^[1-8]\d{5}(?:19|20)/.test(d) && isDay(d.slice(10, 12), d.slice(12, 14)) && chineseDigit(d) === d[17],
  },
];

function cpfDigit(digits: string, count: number): number {
  const rest = (weighted(digits, Array.from({ length: count }, (_, index) => count + 1 - index)) * 10) % 11;
  return rest === 10 ? 0 : rest;
}

function ean13(digits: string): boolean {
  return weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;
}

function tckn(digits: string): boolean {
  const tenth = (weighted(digits, [7, -1, 7, -1, 7, -1, 7, -1, 7]) % 10 + 10) % 10;
  return tenth === Number(digits[9]) && weighted(digits, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) % 10 === Number(digits[10]);
}

/** ISO 7064 MOD 11-2 (GB 11643); the check is a digit or X. */
function chineseDigit(digits: string): string {
  return '10X98765432'.charAt(weighted(digits, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11);
}
