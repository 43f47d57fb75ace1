/**
 * What lets a gateway know a secret of the vault, or a canary, again without holding it: keyed digests of its shingles (runs of
 * letters and digits, lower case, whatever stands between them left out), made by control.
 */
export interface KnownSecrets {
  /** HMAC-SHA-256 key, base64url; a new one for every set, so that two sets tell nobody what they share. */
  readonly key: string;
  readonly secrets: readonly KnownSecret[];
}

export interface KnownSecret {
  /** What findings call it: the entry's name in the vault, never a value. */
  readonly name: string;
  readonly kind: 'vault' | 'canary';
  /** Letters and digits in each shingle, 10..12. */
  readonly length: number;
  /** How many different shingles must be met for the secret to be. */
  readonly needed: number;
  /** 16 bytes each, base64url: a rolling hash by which it is looked up (4) and the digest that it must have (12). */
  readonly shingles: readonly string[];
}
