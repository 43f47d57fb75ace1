/** Services whose purpose is that anybody may take delivery: of requests, files, messages or DNS questions. */
const SINK =
  /(?:^|\.)(?:webhook\.site|webhookinbox\.com|requestbin\.(?:com|net)|requestcatcher\.com|pipedream\.net|beeceptor\.com|hookbin\.com|postb\.in|typedwebhook\.tools|webhook-test\.com|burpcollaborator\.net|oastify\.com|oast\.(?:pro|live|site|online|fun|me)|interact\.sh|interactsh\.com|dnslog\.(?:cn|link)|canarytokens\.com|ceye\.io|requestrepo\.com|ngrok\.io|ngrok\.app|ngrok-free\.(?:app|dev)|trycloudflare\.com|localtunnel\.me|loca\.lt|serveo\.net|bore\.pub|localhost\.run|pastebin\.com|paste\.ee|hastebin\.com|ghostbin\.com|dpaste\.(?:org|com)|termbin\.com|transfer\.sh|file\.io|0x0\.st|catbox\.moe|anonfiles\.com|gofile\.io|tmpfiles\.org|bashupload\.com|temp\.sh|grabify\.link|iplogger\.(?:org|com))$/;
const SINK_PATH = /^(?:discord(?:app)?\.com\/api\/webhooks\/|api\.telegram\.org\/bot|hooks\.slack\.com\/|script\.google\.com\/macros\/s\/|docs\.google\.com\/forms\/d\/[^/]+\/formResponse)/;

export function isSink(host: string, rest: string): boolean {
  return SINK.test(host) || SINK_PATH.test(host + rest);
}

/** Whether a host is one of those, or below one that begins with `*.`. */
export function isTrusted(host: string, trusted: ReadonlySet<string>): boolean {
  if (trusted.has(host)) return true;
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) if (trusted.has(`*${host.slice(dot)}`)) return true;
  return false;
}
