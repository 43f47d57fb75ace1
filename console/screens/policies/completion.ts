import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Vocabulary } from '../../../src/control/policies/answer.ts';

const WORDS = ['permit', 'forbid', 'when', 'unless', 'principal', 'action', 'resource', 'context', 'in', 'is', 'has', 'like', 'true', 'false'];
const ANNOTATIONS = ['@id', '@reason', '@only', '@approve', '@limit', '@redact', '@notify', '@expires'];
const LINE_CHARS = 300;

/** What can stand at the cursor, by the words of the space: ids after `Type::"`, attributes after `context.`, values after `== "`. */
export function complete({ actions, entities, attributes }: Vocabulary): (context: CompletionContext) => CompletionResult | null {
  const types = ['Action', ...Object.keys(entities)];
  return (context) => {
    const before = context.state.sliceDoc(Math.max(context.state.doc.lineAt(context.pos).from, context.pos - LINE_CHARS), context.pos);
    const give = (typed: string, options: readonly Completion[]): CompletionResult | null =>
      (options.length === 0 ? null : { from: context.pos - typed.length, options: [...options], validFor: /^[\w/@. -]*$/ });

    const entity = /\b([A-Z]\w*)::"([^"]*)$/.exec(before);
    if (entity !== null) return give(entity[2] ?? '', namesOf('constant', entity[1] === 'Action' ? actions : entities[entity[1] ?? ''] ?? []));
    const value = /\b(principal|resource|context)\.(\w+)\s*(?:[=!]=\s*|\.contains\()"([^"]*)$/.exec(before);
    if (value !== null) return give(value[3] ?? '', namesOf('constant', known(attributes, value[1])[value[2] ?? '']?.values ?? []));
    const attribute = /\b(principal|resource|context)\.(\w*)$/.exec(before);
    if (attribute !== null) {
      return give(attribute[2] ?? '', Object.entries(known(attributes, attribute[1])).map(([label, { type }]) => ({ label, type: 'property', detail: type })));
    }
    const word = /@?\w+$/.exec(before)?.[0] ?? '';
    if (word === '' && !context.explicit) return null;
    return give(word, [
      ...namesOf('keyword', WORDS), ...namesOf('annotation', ANNOTATIONS),
      ...types.map((label) => ({ label: `${label}::""`, type: 'type' })),
    ]);
  };
}

function namesOf(type: string, labels: readonly string[]): readonly Completion[] {
  return labels.map((label) => ({ label, type }));
}

function known(attributes: Vocabulary['attributes'], of: string | undefined): Vocabulary['attributes']['context'] {
  return of === 'principal' || of === 'resource' || of === 'context' ? attributes[of] : {};
}
