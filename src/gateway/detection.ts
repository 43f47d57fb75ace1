import { digestOfDetection, kitOf, SHIPPED_KIT } from '../detect/edition/kit.ts';
import type { Kit } from '../detect/edition/kit.ts';
import { SallyportError } from '../domain/errors.ts';
import type { DetectionEdition } from '../domain/snapshot.ts';

/** By what this gateway inspects: `digest` empty and `sequence` 0 for what ships. */
export interface InspectsBy {
  readonly digest: string;
  readonly sequence: number;
}

export interface DetectionParts {
  /** What the newest snapshot names; undefined: what ships. */
  readonly wanted: () => DetectionEdition | undefined;
  /** Says by what it inspects, and asks for the text of a digest: undefined where it wants none. */
  readonly ask: (by: InspectsBy, digest: string | undefined) => Promise<string | undefined>;
  /** Told once of each reason for which something that is named is not used. */
  readonly kept: (by: InspectsBy, wanted: DetectionEdition, why: SallyportError) => void;
}

/** What this gateway makes its detectors of: what control's signature names, or else the last that was good. */
export interface DetectionKeeper {
  readonly kit: () => Kit;
  /** Looks what is wanted, and takes it where it is what was signed. Never rejects. */
  tend(): Promise<void>;
}

export function createDetectionKeeper({ wanted, ask, kept }: DetectionParts): DetectionKeeper {
  let kit = SHIPPED_KIT;
  let by: InspectsBy = { digest: '', sequence: 0 };
  let told = '';
  let tending: Promise<void> | undefined;
  const take = async (edition: DetectionEdition | undefined): Promise<void> => {
    const next = edition === undefined ? SHIPPED_KIT : kitOf(await fetched(edition, by, ask));
    // Something newer was named meanwhile: that is fetched next.
    if ((wanted()?.digest ?? '') !== next.digest) return;
    kit = next;
    by = { digest: next.digest, sequence: edition?.sequence ?? 0 };
    told = '';
  };
  const tend = async (): Promise<void> => {
    const edition = wanted();
    if ((edition?.digest ?? '') !== kit.digest) {
      await take(edition).catch((error: unknown) => {
        const why = error instanceof SallyportError ? error : new SallyportError('ERR_INTERNAL', 'what detectors are made of could not be made');
        const problem = `${edition?.digest ?? ''} ${why.code} ${why.message}`;
        if (edition !== undefined && problem !== told) kept(by, edition, why);
        told = problem;
      });
    }
    await ask(by, undefined).catch(() => undefined);
  };
  return {
    kit: () => kit,
    tend: () => {
      tending ??= tend().finally(() => {
        tending = undefined;
      });
      return tending;
    },
  };
}

async function fetched({ digest }: DetectionEdition, by: InspectsBy, ask: DetectionParts['ask']): Promise<string> {
  const text = await ask(by, digest);
  if (text !== undefined && digestOfDetection(text) === digest) return text;
  throw new SallyportError('ERR_VERIFY_FAILED', 'what control gave for detection is not what its snapshot names', {
    remedy: 'See `sallyport status`; roll back with `sallyport knowledge rollback`, or restore control from a backup.',
  });
}
