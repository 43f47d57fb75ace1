import type { Sight, View } from '../domain/detector.ts';

/** One argument value as it stands, or as it reads when something that hides it is undone. */
export interface Argument {
  readonly view: View;
  /** The name of its property, in lower case, words joined by `_`. */
  readonly key: string;
  readonly text: string;
}

/** Values that are longer are texts: no path, address or flag. */
const CHARS_MAX = 4_096;
const REMEMBERED = new WeakMap<Sight, readonly Argument[]>();

/** The short values of a call. */
export function argumentsOf(sight: Sight): readonly Argument[] {
  const known = REMEMBERED.get(sight);
  if (known !== undefined) return known;
  const names = new Set(sight.places.filter(({ isName }) => isName).map(({ pointer, text }) => `${pointer}\n${text}`));
  const found = sight.views.flatMap((view): readonly Argument[] => {
    if (view.text.length > CHARS_MAX || view.text === '' || view.via.includes('joined') || view.via.includes('rot13')) return [];
    const pointer = view.spansOf(0, view.text.length)[0]?.at ?? '';
    if (view.via.length === 0 && names.has(`${pointer}\n${view.text}`)) return [];
    return [{ view, key: keyOf(pointer), text: view.text }];
  });
  REMEMBERED.set(sight, found);
  return found;
}

/** The nearest property name of a pointer: `/params/arguments/filePaths/0` is `file_paths`. */
function keyOf(pointer: string): string {
  const name = pointer.split('/').findLast((part) => !/^\d*$/.test(part)) ?? '';
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[-. ]/g, '_').toLowerCase();
}

const EXECUTES = /(?:^|[_.-])(?:exec(?:ute)?|run|shell|bash|sh|zsh|powershell|cmd|command|terminal|spawn|eval|script|process|git|docker|kubectl|npm|pip|ssh|sql|query|python|node)(?:$|[_.-])/;
const READS = /^(?:read|get|list|search|view|stat|find|head|tail|cat|open|show|fetch|load|describe|count|check|exists|grep|glob|diff|tree|info)(?:$|[_.-])/;

/** A tool's own name, in words joined by `_`; a dispatcher's prefix is part of it. */
function wordsOf({ subject }: Sight): string {
  return subject.name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

/** Whether a tool starts programs, as far as its name says. */
export function executes(sight: Sight): boolean {
  return EXECUTES.test(wordsOf(sight));
}

/**
 * Whether a tool only reads: its name says so. An annotation alone does not count: servers write those (MCP, "annotations are hints").
 */
export function readsOnly(sight: Sight): boolean {
  return READS.test(wordsOf(sight).replace(/^.*(?:__|\/)/, ''));
}
