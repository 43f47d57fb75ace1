/** One file of an archive. Folders follow from paths; nothing else (links, devices) is ever let through. */
export interface Member {
  /** As the archive says, with `/` between its parts. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** Why an archive is refused; whoever unpacks it says which package it is. */
export class ArchiveProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ArchiveProblem';
  }
}
