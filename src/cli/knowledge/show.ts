import type { AdvisoryMatch } from '../../knowledge/advisories.ts';
import { knowledgeOf, shippedTables } from '../../knowledge/table.ts';
import { show } from '../command.ts';
import { table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const shown: Verb = {
  usage: 'show',
  run: ({ io, options }) => {
    const { sequence, issuedAt, advisories, vendorEndpoints, clientNames, endOfLife, discovery } = shippedTables();
    const counts = {
      advisories: advisories.length, vendorEndpoints: vendorEndpoints.length, clientNames: clientNames.length,
      revisions: endOfLife.revisions.length, deprecated: endOfLife.deprecated.length, markers: discovery.markers.length,
    };
    show(io, options.json, { sequence, issuedAt, counts }, () => table(['what', 'holds'], [
      ['edition', `${sequence}, of ${issuedAt}`], ...Object.entries(counts),
    ]));
    return Promise.resolve(0);
  },
};

export const asked: Verb = {
  usage: `ask ECOSYSTEM NAME [VERSION]
          ECOSYSTEM: npm, pypi, go, cargo, nuget, maven, …; app for a program that is in no registry. Without VERSION, what any has`,
  run: ({ io, options, need }) => {
    const found = knowledgeOf(shippedTables()).advisoriesFor(need(0, 'the ecosystem').toLowerCase(), need(1, 'the package'), options.positionals[2]);
    show(io, options.json, { advisories: found.map((match) => ({ ...match, aliases: [...match.aliases] })) }, () => describe(found));
    return Promise.resolve(found.some(({ certainty }) => certainty === 'affected') ? 1 : 0);
  },
};

function describe(found: readonly AdvisoryMatch[]): string {
  return table(['advisory', 'severity', 'this version', 'fixed in', 'what'], found.map(({ id, severity, certainty, fixedIn, summary }) => [
    id, severity.toLowerCase(), certainty, fixedIn ?? 'none named', summary,
  ]));
}
