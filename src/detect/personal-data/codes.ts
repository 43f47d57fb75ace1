import { isDay } from '../checksums.ts';

/** A national number with letters in it: `ids` by what a candidate's form says, and whether its check holds. */
export interface NationalCode {
  readonly id: string;
  readonly form: RegExp;
  readonly valid: (code: string) => boolean;
  /** What stands beside it, where its form alone says too little. */
  readonly context?: RegExp;
}

/** The forms below, each found from its digits on, which are rarer than letters. */
const FORMS: readonly { readonly hint: RegExp; readonly form: RegExp }[] = [
  { hint: /\d{6}/, form: /(?<![A-Z0-9])(?:[XYZ]\d{7}-?[A-Z]|\d{8}-?[A-Z]|\d{6}[-+A-FU-Y]\d{3}[\dA-Y]|\d{17}X)(?![A-Z0-9])/gi },
  { hint: /\d{2} ?\d{2} ?\d{2} ?[A-D]/i, form: /(?<![A-Z0-9])[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Z0-9])/gi },
  { hint: /\d[A-Z][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]/i,
    form: /(?<![A-Z0-9])[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z](?![A-Z0-9])/gi },
];

/** Everything of one of the forms. */
export function codesIn(text: string): readonly RegExpExecArray[] {
  return FORMS.flatMap(({ hint, form }) => (hint.test(text) ? [...text.matchAll(form)] : []));
}

const DNI = 'TRWAGMYFPDXBNJZSQVHLCKE';
const HETU = '0123456789ABCDEFHJKLMNPRSTUVWXY';
/** Values of letters at odd places (first, third, …); digits count as the first ten. */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

export const NATIONAL_CODES: readonly NationalCode[] = [
  { id: 'uk-nino', form: /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/, valid: () => true,
    context: /\bnino\b|national.?insurance|\bni (?:no|number)|insurance.?number/i },
  { id: 'it-codice-fiscale', form: /^[A-Z]{6}[\dLMNP-V]{2}[A-Z][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]$/, valid: codiceFiscale },
  {
    id: 'es-dni', form: /^[XYZ\d]\d{7}[A-Z]$/,
    valid: (code) => DNI.charAt(Number(code.slice(0, 8).replace('X', '0').replace('Y', '1').replace('Z', '2')) % 23) === code[8],
    context: /\bdni\b|\bnie\b|\bnif\b|documento|identidad/i,
  },
  {
    id: 'fi-hetu', form: /^\d{6}[-+A-FU-Y]\d{3}[\dA-Y]$/,
    valid: (code) => isDay(code.slice(2, 4), code.slice(0, 2)) && HETU.charAt(Number(code.slice(0, 6) + code.slice(7, 10)) % 31) === code[10],
  },
  { id: 'cn-rin', form: /^[1-8]\d{16}X$/, valid: (code) => isDay(code.slice(10, 12), code.slice(12, 14)) },
];

function codiceFiscale(code: string): boolean {
  let sum = 0;
  for (let index = 0; index < 15; index += 1) {
    const letter = code.charCodeAt(index);
    const value = letter >= 65 ? letter - 65 : letter - 48;
    sum += index % 2 === 0 ? (ODD[value] ?? 0) : value;
  }
  return sum % 26 === code.charCodeAt(15) - 65;
}
