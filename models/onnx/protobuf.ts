// The small part of the protobuf wire format that an ONNX file needs: varints, length-delimited fields, messages.

/** One encoded field: its bytes, tag included. */
export type Field = Uint8Array;

const text = new TextEncoder();

const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Base-128 digits, low first; a negative number is its 64-bit two's complement, ten digits. */
const varint = (value: number | bigint): number[] => {
  const digits: number[] = [];
  if (typeof value === 'number' && value >= 0 && value < 2 ** 31) {
    let small = value;
    for (; small > 127; small >>= 7) digits.push((small & 127) | 128);
    digits.push(small);
    return digits;
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) digits.push(Number(rest & 127n) | 128);
  return [...digits, Number(rest)];
};

const delimited = (number: number, payload: Uint8Array): Field =>
  concat([Uint8Array.from([...varint((number << 3) | 2), ...varint(payload.length)]), payload]);

/** A whole-number or enum field (wire type 0). */
export const int = (number: number, value: number | bigint): Field => Uint8Array.from([...varint(number << 3), ...varint(value)]);

/** A `float` field (wire type 5). */
export const float = (number: number, value: number): Field => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concat([Uint8Array.from(varint((number << 3) | 5)), bytes]);
};

/** A `string` field. */
export const string = (number: number, value: string): Field => delimited(number, text.encode(value));

/** A `bytes` field. */
export const bytes = (number: number, value: Uint8Array): Field => delimited(number, value);

/** A `repeated int64` field, packed. */
export const ints = (number: number, values: readonly number[]): Field => delimited(number, Uint8Array.from(values.flatMap(varint)));

/** An embedded message. */
export const message = (number: number, fields: readonly Field[]): Field => delimited(number, concat(fields));

/** A whole message without a tag: the file itself. */
export const root = (fields: readonly Field[]): Uint8Array => concat(fields);
