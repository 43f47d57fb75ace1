import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';

/** `*`, or any of `SERVER`, `SERVER=read,write`, `t/TOOLSET=read`, as the API takes it; control checks names and effects. */
export function readAllow(given: readonly string[]): Json {
  if (given.length === 0) {
    throw new SallyportError('ERR_USAGE', '--allow is missing', {
      remedy: 'Name what the agent may do at most: SERVER=read, t/TOOLSET=read,write, or * for whatever its principal may.',
    });
  }
  if (given.length === 1 && given[0] === '*') return '*';
  return given.map((rule) => {
    const [what = '', list] = rule.split(/=(.*)/s);
    if (what === '' || what === '*') {
      throw new SallyportError('ERR_USAGE', `--allow ${rule} names nothing`, { remedy: 'Write SERVER=read or t/TOOLSET=read; * stands alone.' });
    }
    const effects = list === undefined || list === '*' ? '*' : list.split(',').filter((effect) => effect !== '');
    return what.startsWith('t/') ? { toolset: what.slice(2), effects } : { server: what, effects };
  });
}
