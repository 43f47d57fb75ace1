/** One command of a line: its program without its folder, and all its words without quotes. */
export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  /** How it is joined to the one before: `|`, `&&`, `;`, `$(`, a redirection; '' for the first. */
  readonly after: string;
}

export interface Line {
  readonly commands: readonly Command[];
  readonly substitutes: boolean;
  /** Files that output goes to. */
  readonly writes: readonly string[];
  readonly isOpen: boolean;
}

const TOKEN = /(\s*\n\s*|;;?|&&|\|\|?&?|&(?!>|\d))|(\d*&?>{1,2}(?!\()\|?&?\d?|<{1,3}(?!\())|(\$\(|`|<\(|>\(|\))|('[^']*'?)|("(?:[^"\\]|\\[\s\S])*"?)|(#[^\n]*)|((?:[^\s|&;<>()$`'"\\#]|\\[\s\S]|\$(?!\())+#*)|(\s+)|([\s\S])/g;
const PREFIX = /^(?:sudo|doas|env|nohup|time|nice|exec|command|xargs|then|do|else|if|while|!|\{|\w+=.*)$/;

/** A shell's line in words and commands: POSIX quoting, operators, substitutions. Not its expansions. Linear. */
export function parseShell(text: string): Line {
  const commands: Command[] = [];
  const writes: string[] = [];
  let words: string[] = [];
  let word = '';
  let [after, redirecting] = ['', ''];
  let [substitutes, isOpen] = [false, false];
  const endWord = (): void => {
    if (word !== '' && redirecting.includes('>')) writes.push(word);
    else if (word !== '') words.push(word);
    if (word !== '') redirecting = '';
    word = '';
  };
  const endCommand = (next: string): void => {
    endWord();
    const start = words.findIndex((one, index) => !PREFIX.test(one) && !(index > 0 && one.startsWith('-') && PREFIX.test(words[index - 1] ?? '')));
    if (words.length > 0) commands.push({ program: programOf(words[Math.max(0, start)] ?? ''), words, after });
    words = [];
    after = next;
  };
  for (const [whole, operator, redirection, substitution, single, double, comment, plain, space] of text.matchAll(TOKEN)) {
    if (operator !== undefined) endCommand(operator.trim() === '' ? '\n' : operator.trim());
    else if (redirection !== undefined) {
      endWord();
      redirecting = redirection;
    } else if (substitution !== undefined) {
      substitutes ||= substitution !== ')';
      endCommand(substitution);
    } else if (single !== undefined || double !== undefined) {
      const inner = whole.slice(1, -1);
      isOpen ||= whole.length < 2 || whole.at(-1) !== whole.at(0);
      substitutes ||= double !== undefined && /\$\(|`/.test(inner);
      word += inner;
    } else if (comment === undefined && (plain !== undefined || space === undefined)) word += whole.replace(/\\([\s\S])/g, '$1');
    else endWord();
  }
  endCommand('');
  return { commands, substitutes, writes, isOpen };
}

function programOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1).replace(/\.exe$/i, '').toLowerCase();
}
