import { z } from 'zod';

const FILE = z.object({ file: z.string(), text: z.string() });

/** The space as files: `sallyport.yaml`, the policies that it names, and roots of certificates where it has some. */
export const MANIFEST_FILES = z.object({ text: z.string(), policies: z.array(FILE), extraRoots: FILE.nullable() }).meta({
  examples: [{
    text: 'apiVersion: sallyport/v1\npolicies: [policy.cedar]\n', policies: [{ file: 'policy.cedar', text: 'permit (principal, action, resource);\n' }],
    extraRoots: null,
  }],
});
export type ManifestFiles = z.infer<typeof MANIFEST_FILES>;
