import cliProgress from 'cli-progress';
import type { DownloadProgress } from 'fathom/node';
import type { Terminal } from './terminal.ts';
import { byteSize } from './units.ts';

/** Shows downloads: a bar on a terminal, one line a file elsewhere. Call `stop` when they are over. */
export function downloadProgress(terminal: Terminal): {
  onProgress: (progress: DownloadProgress) => void;
  stop: () => void;
} {
  let file: string | undefined;
  let bar: cliProgress.SingleBar | undefined;
  const stop = () => {
    bar?.stop();
    bar = undefined;
    process.off('exit', stop);
  };
  return {
    onProgress(progress) {
      const { received, total } = progress;
      if (file !== progress.file) {
        stop();
        file = progress.file;
        if (!terminal.stream.isTTY) {
          terminal.say(`downloading ${progress.url} (${byteSize(total)})`);
        } else {
          process.on('exit', stop);
          bar = new cliProgress.SingleBar({
            stream: terminal.stream,
            hideCursor: true,
            barCompleteChar: '█',
            barIncompleteChar: '░',
            barsize: BAR_LENGTH,
            format: `${file}  {bar}  {size}  {eta_formatted} left`,
          });
          bar.start(total, 0, { size: sizeOf(0, total) });
        }
      }
      bar?.update(received, { size: sizeOf(received, total) });
      if (received === total) stop();
    },
    stop,
  };
}

const BAR_LENGTH = 24;

function sizeOf(received: number, total: number): string {
  return `${byteSize(received)} of ${byteSize(total)}`;
}
