/** An address as it stands in a text. */
export interface Written {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly scheme: string;
  /** Without user, port and brackets, in lower case. */
  readonly host: string;
  /** Path, query and fragment. */
  readonly rest: string;
}

const SCHEME_MAX = 20;
const SCHEME = /[A-Za-z0-9+.-]/;
const BODY = /[^\s"'<>`\\^|]{1,4096}/y;
const HOST = /^(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)/;

/** Every address with `//`. Each `://` is looked at once; one ends where prose would end it. */
export function urlsIn(text: string): readonly Written[] {
  const found: Written[] = [];
  let from = 0;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', Math.max(from, at + 3))) {
    let start = at;
    while (start > Math.max(from, at - SCHEME_MAX) && SCHEME.test(text.charAt(start - 1))) start -= 1;
    if (start === at) continue;
    BODY.lastIndex = at + 3;
    const body = BODY.exec(text)?.[0];
    if (body === undefined) continue;
    const kept = trimmed(body);
    const end = at + 3 + kept.length;
    const authority = HOST.exec(kept);
    found.push({
      start, end, text: text.slice(start, end), scheme: text.slice(start, at).toLowerCase(),
      host: (authority?.[1] ?? '').replace(/^\[|\]$|\.$/g, '').toLowerCase(), rest: kept.slice(authority?.[0].length ?? 0),
    });
    from = end;
  }
  return found;
}

/** Without what belongs to the sentence around it: a closing bracket that was never opened, full stops, commas. */
function trimmed(body: string): string {
  const open = body.indexOf('(');
  const close = body.indexOf(')');
  const cut = close >= 0 && (open < 0 || open > close) ? body.slice(0, close) : body;
  return cut.replace(/[.,;:!?\]}*_]{1,8}$/, '');
}
