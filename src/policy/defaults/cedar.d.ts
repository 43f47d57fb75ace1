/** Cedar text, as it stands in its file. */
declare module '*.cedar' {
  const text: string;
  export = text;
}
