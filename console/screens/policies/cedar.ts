import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import type { StreamParser } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { tags } from '@lezer/highlight';

const KEYWORDS = /^(?:permit|forbid|when|unless|if|then|else|in|is|has|like)\b/;
const CONSTANTS = /^(?:true|false)\b/;
const VARIABLES = /^(?:principal|action|resource|context)\b/;

/** The words of Cedar, as far as their colours go; what it means is the compiler's to say. */
const PARSER: StreamParser<undefined> = {
  name: 'cedar',
  languageData: { commentTokens: { line: '//' }, closeBrackets: { brackets: ['(', '[', '{', '"'] }, indentOnInput: /^\s*[})\]]$/ },
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match('//')) {
      stream.skipToEnd();
      return 'comment';
    }
    if (stream.match(/^"(?:\\.|[^"\\])*"?/)) return 'string';
    if (stream.match(/^@\w+/)) return 'meta';
    if (stream.match(/^\d+/)) return 'number';
    if (stream.match(KEYWORDS)) return 'keyword';
    if (stream.match(CONSTANTS)) return 'atom';
    if (stream.match(VARIABLES)) return 'variableName';
    if (stream.match(/^[A-Z]\w*(?=::)/)) return 'typeName';
    if (!stream.match(/^\w+/)) stream.next();
    return null;
  },
};

/** Colours of the theme: custom properties reach into the editor's shadow. */
const COLOURS = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--ink-quiet)', fontStyle: 'italic' }, { tag: tags.string, color: 'var(--good)' },
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' }, { tag: tags.meta, color: 'var(--held)' },
  { tag: [tags.number, tags.atom], color: 'var(--info)' }, { tag: tags.typeName, color: 'var(--info)' }, { tag: tags.variableName, fontWeight: '600' },
]);

export const CEDAR: Extension = [StreamLanguage.define(PARSER), syntaxHighlighting(COLOURS)];
