/** A file with the folders it was dropped in, as `cats/1.jpg`. */
export interface FoundFile {
  readonly file: File;
  readonly path: string;
}

/** So that a slip does not read a whole disk. */
const MOST_FILES = 100_000;

/**
 * All files of a drop, those in folders too.
 *
 * @throws Error when there are more than a browser should hold
 */
export async function filesOfDrop(transfer: DataTransfer): Promise<FoundFile[]> {
  // Entries must be taken before the event is over.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const found: FoundFile[] = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

/** The files of an input, with the folders chosen if it chooses folders. */
export function filesOfInput(input: HTMLInputElement): FoundFile[] {
  return [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

async function walk(entry: FileSystemEntry, found: FoundFile[]): Promise<void> {
  if (found.length > MOST_FILES) {
    throw new Error(`that is more than ${MOST_FILES.toLocaleString('en')} files. Drop a smaller folder.`);
  }
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    found.push({ file, path: entry.fullPath.replace(/^\//, '') });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // Browsers hand folders out in pieces; an empty one is the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return;
    for (const inner of entries) await walk(inner, found);
  }
}
