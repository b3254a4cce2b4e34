/**
 * What packed bytes hold. A small file may unpack into gigabytes: it ends where there is more than `most`.
 *
 * @throws Error with a message for the user when they are damaged, or too much
 */
export async function inflate(
  bytes: Uint8Array<ArrayBuffer>,
  format: CompressionFormat,
  most: number,
  where: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error(
        `${where}: the packed data is damaged. The file may have been cut off; fetch it again.`,
      );
    });
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw tooLarge(where, size, most);
    }
    parts.push(value);
  }
}

export function tooLarge(where: string, bytes: number, most: number): Error {
  return new Error(
    `${where}: expected at most ${most >> 20} MB; received ${Math.round(bytes / 2 ** 20)} MB or more. Use a smaller part of the data.`,
  );
}
