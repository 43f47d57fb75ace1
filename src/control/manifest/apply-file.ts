import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Control } from '../control.ts';
import { applyManifest } from './apply.ts';
import { readManifestFiles } from './files.ts';

/** Applies the manifest that control was started with. One that is bad is reported loudly; what was in force stays in force. */
export async function applyManifestFile(control: Control, file: string, report: (line: string) => void): Promise<void> {
  try {
    await applyManifest({ admin: { id: 'sallyport|manifest', may: ['change'] }, space: DEFAULT_SPACE }, await readManifestFiles(file), false, control);
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    control.snapshots.tell('manifest', error.message);
    report(`${error.code}: ${error.message}`);
    if (error.remedy !== undefined) report(error.remedy);
    const kept = control.snapshots.current;
    report(kept === undefined ? 'nothing is in force: everything is denied' : `${file} is not applied; snapshot ${kept.version} stays in force`);
  }
}
