import type { Subject } from '../domain/detector.ts';
import { isArray } from '../domain/json.ts';
import type { Pin, Surface } from '../domain/server.ts';

/** What is inspected of a server before anybody approves it: everything that it says of itself, each item by itself. */
export function definitionSubjects(server: string, { instructions, tools, prompts, templates, pages = [] }: SaidOfItself): readonly Subject[] {
  const said = instructions?.definition['instructions'];
  const listed = (list: string, pins: readonly Pin[]): readonly Subject[] =>
    pins.map(({ name, definition }, index) => ({ facet: 'definition', json: definition, at: `/${list}/${index}`, server, name }));
  return [
    ...(said === undefined ? [] : [{ facet: 'instructions' as const, json: said, at: '/instructions', server, name: '' }]),
    ...listed('tools', tools), ...listed('prompts', prompts), ...listed('resourceTemplates', templates),
    ...pages.flatMap(({ name, definition: { contents } }, index) => (isArray(contents) ? contents : []).map((json, part) =>
      ({ facet: 'interface' as const, json, at: `/pages/${index}/contents/${part}`, server, name }))),
  ];
}

type SaidOfItself = Pick<Surface, 'instructions' | 'tools' | 'prompts' | 'templates' | 'pages'>;
