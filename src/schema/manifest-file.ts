import * as z from "zod";

/** A file beside the manifest. The build puts its {@link FileContent} in its place. */
export class ManifestFile {
  /** Relative to the manifest's folder. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** What a {@link ManifestFile} holds: UTF-8 text, or other bytes in base64. */
export type FileContent = string | { readonly base64: string };

/** Schema of a path below the manifest's folder, such as `"./mocks/product.json"`. The build reads the file. */
export function manifestFile(): z.ZodType<ManifestFile, string> {
  return z
    .string()
    .regex(/^(?!\/|[A-Za-z]:)[^\\]+$/, "is no relative path: write it from the manifest's folder, with /")
    .transform((path) => new ManifestFile(path));
}
