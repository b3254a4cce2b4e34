import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Histogram } from './histogram.ts';

/** What a summary shows at a step. */
export type SummaryValue = { readonly tag: string } & (
  | { readonly scalar: number }
  | { readonly histogram: Histogram }
  | { readonly image: EncodedImage }
);

export interface EncodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly png: Uint8Array;
}

/** Makes an empty message; the class comes from a package that is loaded when it is first needed. */
export type NewMessage = () => BinaryWriter;

/**
 * An `Event` of TensorBoard with the first line of a file.
 *
 * Messages: tensorboard/compat/proto/event.proto and summary.proto of github.com/tensorflow/tensorboard. The numbers
 * below are those of their fields; they are few and only ever written, so that no code is generated from them.
 */
export function versionEvent(message: NewMessage, wallTime: number): Uint8Array {
  return message().tag(1, FIXED64).double(wallTime).tag(3, BYTES).string('brain.Event:2').finish();
}

/** An `Event` with values at a step. */
export function summaryEvent(
  message: NewMessage,
  wallTime: number,
  step: number,
  values: readonly SummaryValue[],
): Uint8Array {
  const event = message().tag(1, FIXED64).double(wallTime).tag(2, VARINT).int64(step).tag(5, BYTES).fork();
  for (const value of values) writeValue(event.tag(1, BYTES).fork(), value).join();
  return event.join().finish();
}

/** Wire types of protocol buffers: what the package calls WireType.Varint, Bit64, LengthDelimited and Bit32. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** `Summary.Value` */
function writeValue(writer: BinaryWriter, value: SummaryValue): BinaryWriter {
  writer.tag(1, BYTES).string(value.tag);
  if ('scalar' in value) return writer.tag(2, FIXED32).float(value.scalar);
  if ('image' in value) return writeImage(writer.tag(4, BYTES).fork(), value.image).join();
  return writeHistogram(writer.tag(5, BYTES).fork(), value.histogram).join();
}

/** `Summary.Image`; its colour space is the number of channels. */
function writeImage(writer: BinaryWriter, { width, height, channels, png }: EncodedImage): BinaryWriter {
  writer.tag(1, VARINT).int32(height).tag(2, VARINT).int32(width);
  return writer.tag(3, VARINT).int32(channels).tag(4, BYTES).bytes(png);
}

/** `HistogramProto` */
function writeHistogram(writer: BinaryWriter, histogram: Histogram): BinaryWriter {
  const { min, max, count, sum, sumOfSquares, limits, counts } = histogram;
  [min, max, count, sum, sumOfSquares].forEach((number, i) => {
    writer.tag(i + 1, FIXED64).double(number);
  });
  writeDoubles(writer.tag(6, BYTES).fork(), limits).join();
  return writeDoubles(writer.tag(7, BYTES).fork(), counts).join();
}

/** A packed list. */
function writeDoubles(writer: BinaryWriter, numbers: readonly number[]): BinaryWriter {
  for (const number of numbers) writer.double(number);
  return writer;
}
