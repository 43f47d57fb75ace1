import type { PackagePin } from '../domain/server.ts';

/** The package URL of a pin (the purl specification's types npm, pypi and oci). */
export function purlOf({ ecosystem, name, version }: Pick<PackagePin, 'ecosystem' | 'name' | 'version'>): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  if (ecosystem !== 'oci') return `pkg:${ecosystem}/${path}@${encodeURIComponent(version)}`;
  const image = name.split('/').at(-1) ?? name;
  const home = name.includes('/') ? `?repository_url=${encodeURIComponent(name)}` : '';
  return `pkg:oci/${encodeURIComponent(image)}@${encodeURIComponent(version)}${home}`;
}
