import { catalog, entry, forget, importVerb, release } from './registry/catalog.ts';
import { exportVerb, list, publishVerb, sbom, status } from './registry/listings.ts';
import { approve, refuse, request, requests, review, showRequest, withdraw } from './registry/requests.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('registry', 'What is sanctioned, published for clients; what people ask for; what other registries have', {
  list, publish: publishVerb, status, export: exportVerb, sbom,
  request, requests, show: showRequest, review, approve, refuse, withdraw,
  import: importVerb, catalog, entry, release, forget,
});
