/** A whole number with separators: 60,000. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A share as percentage: 0.9871 → '98.71 %'. */
export function percent(share: number, digits = 2): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(digits)} %` : '–';
}

/** A duration: 420 ms, 5.2 s, 1 min 40 s, 2 h 5 min. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
  if (milliseconds < 10) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < MINUTE) return `${(milliseconds / SECOND).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / SECOND);
  if (milliseconds < HOUR) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Time left, which nobody wants to the tenth: 5 s, 1 min 40 s. */
export function timeLeft(milliseconds: number): string {
  if (milliseconds < MINUTE) return `${Math.ceil(milliseconds / SECOND)} s`;
  return duration(milliseconds);
}

/** A number of bytes: 9.9 MB. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
