import type { Place, Subject } from '../domain/detector.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';

/** The strings of a subject and its long numbers, in reading order; undefined when there are more of them than are ever inspected. */
export function placesOf({ json, at }: Subject): readonly Place[] | undefined {
  const places: Place[] = [];
  let bytes = 0;
  const add = (pointer: string, key: string, text: string, isName: boolean): void => {
    places.push({ pointer, key, text, isName });
    bytes += text.length;
  };
  const visit = (value: Json, pointer: string, key: string): boolean => {
    if (places.length > LIMITS.inspectedStringsMax || bytes > LIMITS.inspectedCharsMax) return false;
    if (typeof value === 'string') {
      add(pointer, key, value, false);
    } else if (typeof value === 'number' || JSON.isRawJSON(value)) {
      const digits = typeof value === 'number' ? String(value) : value.rawJSON;
      if (digits.length >= TELLING_DIGITS_MIN) add(pointer, key, digits, false);
    } else if (isArray(value)) {
      return value.every((item, index) => visit(item, `${pointer}/${index}`, key));
    } else if (isObject(value)) {
      for (const [name, item] of Object.entries(value)) {
        const below = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        if (!PLAIN_NAME.test(name)) add(below, name, name, true);
        if (!visit(item, below, name)) return false;
      }
    }
    return true;
  };
  const whole = visit(json, at, '');
  return whole && places.length <= LIMITS.inspectedStringsMax && bytes <= LIMITS.inspectedCharsMax ? places : undefined;
}

/** Shorter numbers name nobody and nothing: cards, accounts and telephone numbers have more digits. */
const TELLING_DIGITS_MIN = 9;

/** A name that can hold no message, and no key: everything else that names a property is read like its value. */
const PLAIN_NAME = /^[A-Za-z_$](?:[A-Za-z_$.-]{0,31}|[\w$.-]{0,14})$/;
