import { html, raw } from '../domain/markup.ts';
import type { Html } from '../domain/markup.ts';

const STYLE = `body{margin:0;background:#f4f6f9;color:#1c2430;font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:980px;margin:0 auto;padding:28px 20px 60px}h1{font-size:24px;margin:0 0 2px}h2{font-size:17px;margin:28px 0 8px}
h3{font-size:14px;margin:18px 0 6px}
.sub,.small{color:#56606e}.small{font-size:13px}.said{background:#fff;border-left:4px solid #33557a;padding:10px 14px}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dde3ea}th{text-align:left;font-weight:600;font-size:13px;color:#56606e}
td,th{padding:7px 10px;border-top:1px solid #edf0f4;vertical-align:top;overflow-wrap:anywhere}
th,.k{overflow-wrap:normal}
.number{text-align:right;white-space:nowrap}.log{font:12px/1.4 ui-monospace,monospace}
.good{color:#1b6e3c}.fair{color:#8a5a00}.poor{color:#b3261e}.line{border-bottom:1px solid #b8c0cc;height:26px;margin:0}
svg{display:block;width:100%;height:auto}
@media print{body{background:#fff}.sheet{break-before:page}}`;

/** A page that needs nothing else: no script, no request. */
export function page(title: string, body: Html): Html {
  return html`${raw('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${raw(STYLE)}</style></head><body><main>${body}</main></body></html>
`;
}
