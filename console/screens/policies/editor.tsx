import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import type { Text } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import type { Checked, Vocabulary } from '../../../src/control/policies/answer.ts';
import { showHidden } from '../../../src/domain/hidden.ts';
import { CEDAR } from './cedar.ts';
import { complete } from './completion.ts';

export interface EditorProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What is wrong, of this file alone. */
  readonly complaints: Checked['diagnostics'];
  readonly vocabulary: Vocabulary | undefined;
  /** Where to go; a new one each time somebody asks for it. */
  readonly place: { readonly line: number; readonly column: number } | undefined;
}

const LOOKS = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--ground)', fontSize: '13px', height: '100%' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-1px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-gutters': { color: 'var(--ink-quiet)', backgroundColor: 'var(--sunk)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--chosen)' },
  '.cm-tooltip': { color: 'var(--ink)', backgroundColor: 'var(--raised)', border: '1px solid var(--line-strong)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { color: 'var(--ink)', backgroundColor: 'var(--chosen)' },
  '.cm-completionDetail': { color: 'var(--ink-quiet)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--chosen)', color: 'inherit' },
});

/**
 * A text of policies, with colours, completion and marks where the compiler complains. It lives in a shadow root, so that its
 * styles need no element that the page's policy would refuse. Tab leaves it, as it does every field.
 */
export function Editor(props: EditorProps): ReactNode {
  const { label, value, complaints, vocabulary, place } = props;
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const words = useRef(new Compartment());

  useEffect(() => {
    const host = box.current;
    if (host === null) return undefined;
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const made = new EditorView({
      root, parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          lineNumbers(), lintGutter(), history(), drawSelection(), bracketMatching(), closeBrackets(), highlightActiveLine(), CEDAR, LOOKS,
          EditorView.lineWrapping, EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }), words.current.of([]),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
          EditorView.updateListener.of((update) => {
            const text = update.state.doc.toString();
            if (update.docChanged && text !== latest.current.value) latest.current.onChange(text);
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [label]);

  useEffect(() => {
    const now = view.current?.state.doc;
    if (now !== undefined && now.toString() !== value) view.current?.dispatch({ changes: { from: 0, to: now.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const override = vocabulary === undefined ? [] : [complete(vocabulary)];
    view.current?.dispatch({ effects: words.current.reconfigure(autocompletion({ override, icons: false, interactionDelay: 0 })) });
  }, [vocabulary]);

  useEffect(() => {
    const { state } = view.current ?? {};
    if (state !== undefined) view.current?.dispatch(setDiagnostics(state, complaints.map((one) => markOf(state.doc, one))));
  }, [complaints]);

  useEffect(() => {
    if (place === undefined || view.current === undefined) return;
    view.current.dispatch({ selection: { anchor: offsetOf(view.current.state.doc, place) }, scrollIntoView: true });
    view.current.focus();
  }, [place]);

  return <div ref={box} className="policies-editor" />;
}

function markOf(doc: Text, { line, column, severity, message, remedy, code }: Checked['diagnostics'][number]): Diagnostic {
  const from = offsetOf(doc, { line, column });
  const word = /^[\w:"/.-]+/.exec(doc.sliceString(from, doc.lineAt(from).to))?.[0].length ?? 1;
  return { from, to: Math.min(doc.length, from + word), severity, message: showHidden(`${message} (${remedy})`), source: code };
}

/** Where a place of the compiler's is in the text as it is by now. */
function offsetOf(doc: Text, { line, column }: { readonly line: number; readonly column: number }): number {
  const at = doc.line(Math.max(1, Math.min(doc.lines, line)));
  return Math.min(at.to, at.from + Math.max(0, column - 1));
}
