import { artefactsOf } from '../../exercise/artefact.ts';
import type { Artefacts } from '../../exercise/artefact.ts';
import type { Pack } from '../../exercise/pack.ts';
import { packMarkdown, packPage } from '../../exercise/print.ts';
import { runDrill } from '../../roles/drill/drill.ts';
import type { Range } from '../../roles/range/range.ts';
import type { Io } from '../command.ts';
import { withProgress } from '../progress.ts';
import type { Verb } from '../verbs.ts';
import { packOf } from './packs.ts';
import { hand } from './write.ts';

/** As long as nothing more is written down in it, what an inject set off is over. */
const QUIET_MS = 700;
const QUIET_MOST = 12;

export const print: Verb = {
  usage: 'print PACK|FILE.yaml [--markdown] [--out FILE] [--plain]',
  options: { markdown: { type: 'boolean' }, out: { type: 'string' }, plain: { type: 'boolean' } },
  run: async ({ io, options, need }) => {
    const pack = await packOf(need(0, 'the pack'));
    const artefacts = options.flag('plain') ? {} : await rehearsed(pack, io);
    await hand(io, options, options.flag('markdown') ? packMarkdown(pack, artefacts) : packPage(pack, artefacts));
    return 0;
  },
};

/** What a gate of its own writes down when everything of the pack really happens, and nobody does anything about it. */
async function rehearsed(pack: Pack, io: Io): Promise<Artefacts> {
  let now = 'the gate of the exercise starts';
  const { ends, records } = await withProgress(io, () => now, () => runDrill({
    pack, minuteMs: 0, signal: io.signal,
    onInject: async ({ title }, range) => {
      now = title;
      await quiet(range);
    },
  }));
  return artefactsOf(pack, ends, records);
}

async function quiet(range: Range): Promise<void> {
  let before = -1;
  for (let looks = 0; looks < QUIET_MOST; looks += 1) {
    const { length } = await range.records();
    if (length === before) return;
    before = length;
    await Bun.sleep(QUIET_MS);
  }
}
