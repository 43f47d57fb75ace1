import { createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/** Put before the bytes that are signed: a recovery key signs nothing else. */
const PURPOSE = 'sallyport/recovery-order/v1\n';
const SIGNERS_MIN = 2;
const ORDER_CHARS_MAX = 20_000;
/** ASN.1 in front of the 32 bytes of an Ed25519 public key (RFC 8410, section 4). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

const ORDER = z.strictObject({
  format: z.literal('sallyport-recovery/1'),
  id: z.uuid(),
  /** `installationOf` control's key. */
  installation: z.string().max(100),
  /** Roles may go back from a snapshot of at most this version … */
  from: z.int().min(0),
  /** … to one of at least this. */
  to: z.int().min(0),
  /** Which restore it is about (`Snapshot.restoredAt`); 0: none, the ledger's alone. */
  restoredAt: z.int().min(0),
  /** The checkpoint that the ledger goes on from; root in base64. Absent: the ledger is as it was. */
  ledger: z.strictObject({ origin: z.string().max(300), size: z.int().min(0), root: z.string().max(100) }).exactOptional(),
  reason: z.string().min(1).max(2_000),
  createdAt: z.int(),
  /** Epoch ms. */
  expiresAt: z.int(),
});
/** What two people order after a restore: by how much roles may go back, once, and until when. */
export type RecoveryOrder = z.infer<typeof ORDER>;

const SIGNED = z.strictObject({
  order: z.string().max(ORDER_CHARS_MAX),
  signatures: z.array(z.strictObject({ by: z.string().max(100), signature: z.string().max(200) })).max(16).readonly(),
});

/** An order with whoever signed it. */
export interface VerifiedOrder extends RecoveryOrder {
  /** In order of name. */
  readonly signers: readonly string[];
}

/** Recovery keys: public halves (32 bytes, base64) by whose they are. */
export type RecoveryKeys = Readonly<Record<string, string>>;

export interface OrderTerms {
  readonly keys: RecoveryKeys;
  readonly installation: string;
  readonly now: number;
}

/** An order as a file that nobody has signed yet. The exact text of `order` is what is signed. */
export function writeOrder(order: Omit<RecoveryOrder, 'format'>): string {
  return fileOf({ order: JSON.stringify(ORDER.parse({ format: 'sallyport-recovery/1', ...order })), signatures: [] });
}

/** What an order says, whoever signed it. Throws `ERR_RECOVERY_ORDER`. */
export function readOrder(text: string): { readonly order: RecoveryOrder; readonly signers: readonly string[] } {
  const { order, signatures } = readFile(text);
  return { order: parse(ORDER, order), signers: signatures.map(({ by }) => by) };
}

/** The same file with one more signature, in place of any that this person gave before. */
export function signOrder(text: string, by: string, key: KeyObject): string {
  const { order, signatures } = readFile(text);
  parse(ORDER, order);
  const signature = sign(null, Buffer.from(PURPOSE + order), key).toString('base64');
  return fileOf({ order, signatures: [...signatures.filter((one) => one.by !== by), { by, signature }] });
}

/**
 * Holds an order to its terms: this installation, now, and good signatures of two different people whose keys are known.
 * Signatures of anybody else count for nothing. Throws `ERR_RECOVERY_ORDER`. That it is used once is its user's to see to.
 */
export function verifyOrder(text: string, { keys, installation, now }: OrderTerms): VerifiedOrder {
  const { order: bytes, signatures } = readFile(text);
  const order = parse(ORDER, bytes);
  if (order.installation !== installation) throw refused('it is for another installation');
  if (now >= order.expiresAt) throw refused('it has expired');
  if (order.expiresAt - order.createdAt > LIMITS.recoveryOrderMsMax) throw refused('it is good for too long');
  const good = signatures.filter(({ by, signature }) => {
    const key = Object.hasOwn(keys, by) ? publicKeyOf(keys[by]) : undefined;
    return key !== undefined && verify(null, Buffer.from(PURPOSE + bytes), key, Buffer.from(signature, 'base64'));
  });
  const signers = [...new Set(good.map(({ by }) => by))].toSorted();
  // By their bytes: base64 has several texts for one key.
  const distinct = new Set(signers.map((by) => Buffer.from(keys[by] ?? '', 'base64').toString('hex')));
  if (distinct.size < SIGNERS_MIN) throw refused(`it has the good signatures of ${distinct.size} of the people whose keys are known, and takes ${SIGNERS_MIN}`);
  return { ...order, signers };
}

/** 32 bytes, base64, as it stands in sallyport.yaml. */
export function publicHalf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(SPKI.length).toString('base64');
}

/** The key of which `publicHalf` is the text; undefined where it is none. */
export function publicKeyOf(publicKey: string | undefined): KeyObject | undefined {
  const bytes = Buffer.from(publicKey ?? '', 'base64');
  return bytes.length === 32 ? createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' }) : undefined;
}

function fileOf(signed: z.infer<typeof SIGNED>): string {
  return `${JSON.stringify(signed, undefined, 2)}\n`;
}

function readFile(text: string): z.infer<typeof SIGNED> {
  if (text.length > 2 * ORDER_CHARS_MAX) throw refused('it is too large');
  return parse(SIGNED, text);
}

function parse<T>(shape: z.ZodType<T>, text: string): T {
  try {
    const read = shape.safeParse(JSON.parse(text), { reportInput: false });
    if (read.success) return read.data;
  } catch {
    // Told below.
  }
  throw refused('it is no recovery order');
}

function refused(why: string): SallyportError {
  return new SallyportError('ERR_RECOVERY_ORDER', `the recovery order is refused: ${why}`, {
    remedy: 'Draft it with `sallyport recovery order draft` at the restored control, and have two people sign it with their recovery keys.',
  });
}
