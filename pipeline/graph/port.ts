// What goes along the edges of a plan: values of one type, and how they become bytes.

type Bytes = Uint8Array;

/** Parts of a value that a step makes one after the other, and that others read as they need them: no part is kept in memory for long. */
export type Series<P> = {
  /** The same for two series of the same parts. */
  readonly id: string;
  /** A part by its number. Rejects when it is gone or damaged: the runner then makes the series again. */
  read(part: number): Promise<P>;
};

/** A type of value. A series has a codec for its parts. One without a codec stays in this process. */
export type Port<T> = {
  readonly name: string;
  readonly series: boolean;
  readonly pack?: (value: never) => Bytes | Promise<Bytes>;
  readonly unpack?: (bytes: Bytes) => unknown;
  /** For the type checker alone. */
  readonly type?: T;
};

type Codec<T> = { readonly pack: (value: T) => Bytes | Promise<Bytes>; readonly unpack: (bytes: Bytes) => T | Promise<T> };

/** Values that may lie in a store. */
export const storedPort = <T>(name: string, codec: Codec<T>): Port<T> => ({ name, series: false, ...codec });

/** Values that stay in memory and are made again when they are not there. */
export const memoryPort = <T>(name: string): Port<T> => ({ name, series: false });

/** Values whose parts lie in a store. */
export const seriesPort = <P>(name: string, codec: Codec<P>): Port<Series<P>> => ({ name, series: true, ...codec });

/** Whatever JSON can hold. */
export const jsonCodec = <T>(): Codec<T> => ({
  pack: value => Buffer.from(JSON.stringify(value)),
  unpack: bytes => JSON.parse(Buffer.from(bytes).toString()) as T,
});

export const packValue = async (port: Port<unknown>, value: unknown): Promise<Bytes> => {
  if (!port.pack) throw new Error(`a ${port.name} has no bytes`);
  return port.pack(value as never);
};

export const unpackValue = async (port: Port<unknown>, bytes: Bytes): Promise<unknown> => {
  if (!port.unpack) throw new Error(`a ${port.name} has no bytes`);
  return port.unpack(bytes);
};
