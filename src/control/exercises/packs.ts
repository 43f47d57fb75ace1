import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Pack } from '../../exercise/pack.ts';
import { shippedPacks } from '../../exercise/packs/table.ts';
import { parseManifestText } from '../../registry/manifest-text.ts';
import type { Paper } from './schema.ts';

let shipped: readonly Pack[] | undefined;

function packs(): readonly Pack[] {
  shipped ??= shippedPacks(parseManifestText);
  return shipped;
}

/** What people who hold an exercise need of each pack; the stage and its steps are the range's. */
export function presentPacks(): Json {
  return packs().map(({ id, version, title, kind, minutes, objectives, techniques, hotWash, injects, wrong }) => ({
    id, version, title, kind, minutes, objectives, techniques, hotWash,
    injects: injects.map((inject) => ({
      id: inject.id, title: inject.title, at: inject.at,
      expected: inject.expected.map((one) => ({ id: one.id, area: one.area, what: one.what, within: one.within, points: one.points })),
    })),
    wrong: wrong.map((one) => ({ id: one.id, what: one.what, minus: one.minus })),
  }));
}

/** The shipped pack of an exercise, once everything that was said of it is in it. Throws `ERR_NOT_FOUND`, `ERR_REQUEST_INVALID`. */
export function packFor(id: string, { answers, wrong }: Paper): Pack {
  const pack = packs().find((one) => one.id === id);
  if (pack === undefined) {
    throw new SallyportError('ERR_NOT_FOUND', 'the pack of this exercise does not ship', { remedy: 'Use `sallyport exercise score --pack FILE`.' });
  }
  const known = pack.injects.flatMap(({ expected }) => expected.map((one) => one.id));
  const stranger = Object.keys(answers).find((one) => !known.includes(one)) ?? wrong.find((one) => !pack.wrong.some((own) => own.id === one));
  if (stranger === undefined) return pack;
  throw new SallyportError('ERR_REQUEST_INVALID', `body: the pack has no ${stranger}`, { remedy: 'See `sallyport exercise show`, or docs/exercises.md.' });
}
