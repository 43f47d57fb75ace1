/**
 * oidc-provider tells its developer about defaults on the console, one of them already when it is loaded. Those are no
 * errors, and an operator's log is no place for them; import this before anything that may load it.
 */
for (const channel of ['info', 'warn'] as const) {
  const print = console[channel].bind(console);
  console[channel] = (...words: readonly unknown[]) => {
    if (typeof words[0] !== 'string' || !words[0].includes('oidc-provider ')) print(...words);
  };
}
