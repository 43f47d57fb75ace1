/** The whole look of the sign-in pages: no framework, no fonts and images from anywhere, light and dark by the reader's own setting. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #f4f6f8; --card: #ffffff; --ink: #17202b; --soft: #566373; --line: #d5dce4; --brand: #0b5c70; --brand-ink: #ffffff;
  --tint: #eef5f7; --warn: #8a4b00; --warn-tint: #fff4e3; --warn-line: #e9c48c; --bad: #a3131f; --bad-tint: #fdecec; --bad-line: #eeb4b4; --good: #176339;
  --good-tint: #e8f5ed;
  --shadow: 0 1px 2px rgb(16 24 40 / 6%), 0 12px 32px -12px rgb(16 24 40 / 18%); }
@media (prefers-color-scheme: dark) { :root { --paper: #0f151b; --card: #18212a; --ink: #e8edf2; --soft: #9fadbb; --line: #303d49; --brand: #63c3d8;
  --brand-ink: #06222a;
  --tint: #1a2c34; --warn: #f2bd6f; --warn-tint: #2e2413; --warn-line: #5d4a24; --bad: #ff9b9b; --bad-tint: #341a1c; --bad-line: #6b3135; --good: #7fd6a3;
  --good-tint: #162b20;
  --shadow: 0 12px 32px -12px rgb(0 0 0 / 60%); } }
* { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", sans-serif; background: var(--paper); color: var(--ink); }
body { margin: 0; min-height: 100vh; display: grid; grid-template-rows: 1fr auto; justify-items: center; padding: 2.5rem 1rem 1.25rem; }
main { width: 100%; max-width: 27rem; align-self: center; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: 1.75rem 1.75rem 2rem; box-shadow: var(--shadow); }
main.wide { max-width: 37rem; }
.brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1.4rem; font-weight: 650; letter-spacing: .01em; color: var(--ink); }
.brand svg { width: 1.5rem; height: 1.5rem; color: var(--brand); flex: none; }
.brand small { margin-left: auto; font-weight: 400; color: var(--soft); font-size: .8rem; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .4rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: .95rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 .9rem; } p.lead strong { color: var(--ink); } p.lead { color: var(--soft); margin-bottom: 1.35rem; overflow-wrap: anywhere; }
  .soft { color: var(--soft); font-size: .875rem; }
form + p.soft { margin-top: 1rem; } input + p.soft { margin-top: .35rem; }
label { display: block; font-size: .875rem; font-weight: 550; margin: .9rem 0 .3rem; }
input[type=text], input[type=password], select, textarea { width: 100%; font: inherit; padding: .6rem .75rem; color: inherit; background: var(--card);
  border: 1px solid var(--soft); border-radius: 8px; }
.code { text-align: center; } .code code { font-size: 1.6rem; letter-spacing: .12em; font-weight: 600; }
.code input { font: 600 1.35rem/1.4 ui-monospace, "SF Mono", "Liberation Mono", monospace; letter-spacing: .14em; text-align: center;
  text-transform: uppercase; }
input:focus-visible, select:focus-visible, textarea:focus-visible, button:focus-visible, a:focus-visible,
  summary:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
button, a.button { display: block; width: 100%; margin-top: 1.1rem; padding: .68rem 1rem; font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; cursor: pointer;
  color: var(--brand-ink); background: var(--brand); border: 1px solid var(--brand); border-radius: 8px; }
button:hover, a.button:hover { filter: brightness(1.08); }
button.plain, a.button.plain { color: var(--ink); background: transparent; border-color: var(--soft); }
button.danger { color: #ffffff; background: #a3131f; border-color: #a3131f; }
button.link { display: inline; width: auto; margin: 0; padding: 0; color: var(--brand); background: none; border: 0; text-decoration: underline;
  font-weight: 500; }
a { color: var(--brand); }
.or { display: flex; align-items: center; gap: .75rem; margin: 1.4rem 0 .4rem; color: var(--soft); font-size: .8rem; }
  .or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin-top: 1.4rem; } .pair button, .pair a.button { margin: 0; }
.note { border: 1px solid var(--line); background: var(--tint); border-radius: 10px; padding: .8rem .95rem; margin: 0 0 1rem; font-size: .92rem;
  overflow-wrap: anywhere; } .note p:last-child { margin: 0; } .note strong { display: block; }
.note.warn { background: var(--warn-tint); border-color: var(--warn-line); } .note.warn strong { color: var(--warn); }
.note.bad { background: var(--bad-tint); border-color: var(--bad-line); } .note.bad strong { color: var(--bad); }
.note.good { background: var(--good-tint); border-color: var(--good); } .note.good strong { color: var(--good); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .45rem 1.1rem; margin: 0 0 1.2rem; font-size: .92rem; } dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; }
ul.plain { list-style: none; padding: 0; margin: 0 0 1rem; } ul.plain > li { padding: .7rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere;
  } ul.plain > li:first-child { border-top: 0; }
.effect { display: grid; grid-template-columns: 1fr auto; gap: .15rem 1rem; } .effect > .soft { grid-column: 1 / -1; }
.tag { display: inline-block; align-self: start; padding: .08rem .55rem; border-radius: 99px; font-size: .76rem; font-weight: 600;
  border: 1px solid var(--line); color: var(--soft); white-space: nowrap; }
.tag.bad { color: var(--bad); border-color: var(--bad-line); background: var(--bad-tint); } .tag.warn { color: var(--warn); border-color: var(--warn-line);
  background: var(--warn-tint); }
.tag.good { color: var(--good); border-color: var(--good); background: var(--good-tint); }
ol.whole { list-style: none; margin: 0 0 1.2rem; padding: .7rem .9rem; border: 1px solid var(--line); border-radius: 8px; background: var(--tint);
  font: .82rem/1.55 ui-monospace, "SF Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
ol.whole .more { color: var(--good); } ol.whole .less { color: var(--bad); } ol.whole mark { color: var(--bad); background: var(--bad-tint); font-weight: 700; }
main.wide.call { max-width: 54rem; }
code { font: .9em ui-monospace, "SF Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .8rem; text-align: center; } .row { display: flex; justify-content: space-between;
  align-items: baseline; gap: 1rem; }
[hidden] { display: none; }
@media (max-width: 30rem) { main { padding: 1.35rem 1.1rem 1.5rem; } .pair { grid-template-columns: 1fr; } dl { grid-template-columns: 1fr; gap: .1rem; }
  dd { margin-bottom: .5rem; } }
`;
