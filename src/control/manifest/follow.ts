import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Control } from '../control.ts';
import { applyManifest } from './apply.ts';
import { readManifest } from './files.ts';
import { digestOfFiles, originOf, type Origin } from './on-disk.ts';

/** The manifest that control was started with, as it lies on the disk. */
export interface OnDisk {
  readonly file: string;
  /** `applied`: it is what is in force. `changed`: somebody changed it since, and nobody applied it. `bad`: it cannot be read, or says something wrong. */
  readonly state: 'applied' | 'changed' | 'bad';
  /** Takes effect by itself whenever it is changed. */
  readonly watched: boolean;
  readonly digest?: string;
  readonly origin?: Origin;
  readonly problem?: string;
}

export interface FollowOptions {
  readonly file: string;
  readonly watch: boolean;
  /** Who changed it when, where control is shown a copy. */
  readonly origin?: Origin | undefined;
}

/** Follows the manifest that control was started with: what is done when it is another than the one in force. */
export interface ManifestFollower {
  readonly seen: () => OnDisk | undefined;
  /** Looks at the file once; applies it if it may. Never throws what is wrong with the file: it says so. `isStart`: control has just started. */
  look(isStart?: boolean): Promise<void>;
}

/** Who applies what nobody sent: the two-person rule holds for it as for a person. */
export const MANIFEST_ADMIN = 'sallyport|manifest';

export function followManifest(control: Control, { file, watch, origin: given }: FollowOptions): ManifestFollower {
  let seen: OnDisk | undefined;
  /** What was said last, and what could not be applied: neither again and again. */
  let told = '';
  let failed = '';

  const bring = async (isStart: boolean): Promise<OnDisk> => {
    const { files, paths } = await readManifest(file);
    const [digest, origin] = [digestOfFiles(files), given ?? await originOf(paths)];
    const found = { file, watched: watch, digest, origin };
    const { applied, isUntouched } = control.configuration;
    if (applied?.digest === digest) return { ...found, state: 'applied' };
    if (!watch && !(isStart && isUntouched)) return { ...found, state: 'changed' };
    if (failed === digest && seen !== undefined) return seen;
    failed = digest;
    const by = { admin: { id: MANIFEST_ADMIN, may: ['change'] as const }, space: DEFAULT_SPACE };
    await applyManifest(by, files, { dryRun: false, origin, reason: watch ? 'watched file' : 'first start' }, control);
    failed = '';
    const why = watch ? 'it is watched, and whoever may write it decides what is in force' : 'nothing was configured before';
    control.report(`applied ${whoseAndWhen(found)}: ${why}`);
    return { ...found, state: 'applied' };
  };

  const notice = async (now: OnDisk): Promise<void> => {
    const line = `${whoseAndWhen(now)} is not what is in force, and takes no effect by itself`;
    control.snapshots.tell('manifest', `${line}: see sallyport config diff`);
    if (told === line) return;
    told = line;
    control.report(`${line}. See: sallyport config diff. Apply it: sallyport apply -f ${file}`);
    await control.record({
      event: 'config.noticed', space: DEFAULT_SPACE, principal: MANIFEST_ADMIN, principalKind: 'workload',
      detail: { file, digest: now.digest ?? '', owner: now.origin?.owner ?? '', uid: now.origin?.uid ?? -1, changedAt: now.origin?.changedAt ?? 0 },
    }).catch(() => undefined);
  };

  return {
    seen: () => seen,
    look: async (isStart = false) => {
      try {
        seen = await bring(isStart);
        if (seen.state === 'changed') await notice(seen);
        if (seen.state === 'applied') control.snapshots.tell('manifest');
      } catch (error) {
        if (!(error instanceof SallyportError)) throw error;
        seen = { ...await markOf(file), file, watched: watch, state: 'bad', problem: error.message };
        if (told !== error.message) sayBad(control, file, error);
        told = error.message;
      }
    },
  };
}

function sayBad(control: Control, file: string, error: SallyportError): void {
  control.snapshots.tell('manifest', error.message);
  control.report(`${error.code}: ${error.message}`);
  if (error.remedy !== undefined) control.report(error.remedy);
  const kept = control.snapshots.current;
  control.report(kept === undefined ? 'nothing is in force: everything is denied' : `${file} is not applied; snapshot ${kept.version} stays in force`);
}

async function markOf(file: string): Promise<Pick<OnDisk, 'origin'>> {
  return originOf([file]).then((origin) => ({ origin }), () => ({}));
}

function whoseAndWhen({ file, origin }: Pick<OnDisk, 'file' | 'origin'>): string {
  if (origin === undefined) return file;
  return `${origin.file} (of ${origin.owner}, changed ${new Date(origin.changedAt).toISOString()})`;
}
