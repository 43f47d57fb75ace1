import { show } from '../command.ts';
import { part, text } from '../json-view.ts';
import { plain } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const added: Verb = {
  usage: `add ID --name NAME --owner WHO --purpose WHAT --url URL... --confidentiality public|internal|confidential|restricted [--category NAME]...
          [--tier standard|critical] [--incident CONTACT]... [--contract CONTACT]... [--limit 600/min] [--runs PACKAGE-URL]...`,
  options: {
    name: { type: 'string' }, owner: { type: 'string' }, purpose: { type: 'string' }, url: { type: 'string', multiple: true },
    confidentiality: { type: 'string' }, category: { type: 'string', multiple: true }, tier: { type: 'string' },
    incident: { type: 'string', multiple: true }, contract: { type: 'string', multiple: true }, limit: { type: 'string' },
    runs: { type: 'string', multiple: true },
  },
  run: async ({ io, options, client, need, needText }) => {
    const limit = options.text('limit');
    const answer = await client.send('POST', '/vendors', {
      id: need(0, 'the vendor\'s id'), name: needText('name'), owner: needText('owner'), purpose: needText('purpose'), tier: options.text('tier') ?? 'standard',
      endpoints: options.list('url').map((url) => ({ url })),
      data: { confidentiality: needText('confidentiality'), categories: [...options.list('category')] },
      contacts: { contract: [...options.list('contract')], incident: [...options.list('incident')] }, runs: [...options.list('runs')],
      ...(limit === undefined ? {} : { limit }),
    });
    const id = plain(text(part(answer, 'id')));
    show(io, options.json, answer, () => `Vendor ${id} is declared. It has disclosed nothing: have it answer with  sallyport vendor link ${id}\n`);
    return 0;
  },
};

export const removed: Verb = {
  usage: 'remove ID',
  run: async ({ io, options, client, need }) => {
    const answer = await client.send('DELETE', `/vendors/${encodeURIComponent(need(0, 'the vendor'))}`);
    show(io, options.json, answer, () => `Vendor ${plain(text(part(answer, 'id')))} is removed, with what it disclosed.\n`);
    return 0;
  },
};
