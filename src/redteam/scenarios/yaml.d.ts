/** YAML text, as it stands in its file. */
declare module '*.yaml' {
  const text: string;
  export = text;
}
