/** JSON as plain readonly data. Nothing in Sallyport mutates a decoded value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject | RawNumber;

export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * A number of a *result* whose lexeme would change if it were read as a double (made by `JSON.rawJSON`, so that
 * `JSON.stringify` writes the same digits again). Requests never hold one: `decode` refuses such a number.
 */
export interface RawNumber {
  readonly rawJSON: string;
}

declare global {
  // TC39 "JSON.parse source text access" (stage 4); the runtime has it, TypeScript's library does not yet.
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
