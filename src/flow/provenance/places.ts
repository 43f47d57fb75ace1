import { isArray, isObject, type Json } from '../../domain/json.ts';

/** Whether the pinned schema names that place itself; properties and items only. */
export function knows(schema: Json | undefined, pointer: string): boolean {
  let here = schema;
  let isNamed = true;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const { properties, items } = isObject(here) ? here : {};
    isNamed = isObject(properties) && Object.hasOwn(properties, name);
    here = isNamed && isObject(properties) ? properties[name] : isArray(items) ? items[0] : items;
  }
  return isNamed;
}

/** A place among arguments as a record may name it: only names of the pinned schema, and positions; the rest is `*`. */
export function placeIn(schema: Json | undefined, pointer: string): string {
  let here = schema;
  const steps = pointer.split('/').slice(1).map((step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const { properties, items } = isObject(here) ? here : {};
    const isKnown = isObject(properties) && Object.hasOwn(properties, name);
    here = isKnown && isObject(properties) ? properties[name] : isArray(items) ? items[0] : items;
    return isKnown || /^\d{1,6}$/.test(step) ? step : '*';
  });
  return steps.map((step) => `/${step}`).join('');
}
