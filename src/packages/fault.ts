import { SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';

export type PackageCode = Extract<ErrorCode, `ERR_PACKAGE_${string}`>;

const REMEDIES: Readonly<Record<PackageCode, string>> = {
  ERR_PACKAGE_UNKNOWN: 'Check the name and the version; a mirror may not hold it yet.',
  ERR_PACKAGE_UNREACHABLE:
    'Packages are fetched when a server is declared, never when it starts: let control reach the registry (packages.npm, packages.pypi, network.proxy), '
    + 'then declare it again.',
  ERR_PACKAGE_INVALID: 'The registry contradicts itself: ask whoever runs it, and don\'t install this version from elsewhere.',
  ERR_PACKAGE_INTEGRITY: 'What was sent is not what was published: treat the registry, or the way to it, as broken into until it is explained.',
  ERR_PACKAGE_ARCHIVE: 'No honest package needs this: take another version, or report it to the registry.',
  ERR_PACKAGE_UNSUPPORTED: 'Take another version of it, or install it by hand and name its program with an absolute path.',
  ERR_PACKAGE_TOO_NEW: 'Wait, take an older version, or accept it by name: sallyport exception add --package NAME --rule cooling-off.',
  ERR_PACKAGE_PROVENANCE:
    'Take a version whose provenance can be verified; for packages without any: packages.provenance, or sallyport exception add --package NAME '
    + '--rule provenance.',
  ERR_PACKAGE_TAMPERED:
    'Something else than Sallyport wrote to the package store: find out what, remove the entry\'s folder below packages in its home, then '
    + 'sallyport server upgrade ID.',
  ERR_PACKAGE_MISSING: 'Fetch it anew: sallyport server upgrade ID --to VERSION. Where nothing else changed it is the same entry, and stays approved.',
  ERR_PACKAGE_RUNTIME: 'Install what it names on the machine that runs the runner, then try again.',
};

/** What is wrong with a package, in one form. `what` names it (`npm:zod@4.0.0`); the message never repeats what a registry said beyond names. */
export function packageFault(code: PackageCode, what: string, why: string, internal?: string): SallyportError {
  return new SallyportError(code, `${what}: ${why}`, { remedy: REMEDIES[code], dispatched: false, ...(internal === undefined ? {} : { internal }) });
}
