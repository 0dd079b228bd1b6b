// A network that answers with NaN has a damaged weight more often than not: finds it, so that the message can name it.
import { open } from 'node:fs/promises';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { Tensor } from '../tensor.ts';
import { type TensorInfo, WeightError, type WeightType } from '../weights/weight-source.ts';

/** A loop, as this looks at every number of every picture: `every` with a function takes twenty times as long. */
const allFinite = (data: Float32Array): boolean => {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
};

/**
 * Passes when every number of the outputs is finite, which costs one look at each. Otherwise throws a WeightError that names the
 * first weight that holds NaN or infinity, or says that none does.
 * @param graphs the network that made the outputs, and those that worked with it
 */
export const checkFinite = async (graphs: readonly NetworkGraph[], outputs: Readonly<Record<string, Tensor>>): Promise<void> => {
  const bad = Object.entries(outputs).find(([, { data }]) => !allFinite(data));
  if (!bad) return;
  for (const info of graphs.flatMap(graph => graph.weights)) {
    if (await holdsNonFinite(info)) throw new WeightError(`${info.file}: ${info.name} holds NaN or infinity; the file is damaged`);
  }
  throw new WeightError(
    `${graphs[0]?.name}: ${bad[0]} holds NaN or infinity although all weights are finite: an input is, or a value overflowed`,
  );
};

/** Bits of the exponent in the upper bytes of each type; all set means NaN or infinity. */
const EXPONENTS: Partial<Record<WeightType, { readonly bytes: 2 | 4 | 8; readonly mask: number }>> = {
  F64: { bytes: 8, mask: 0x7ff0 },
  F32: { bytes: 4, mask: 0x7f80 },
  BF16: { bytes: 2, mask: 0x7f80 },
  F16: { bytes: 2, mask: 0x7c00 },
};

const CHUNK = 1 << 22; // bytes read at once, a multiple of every element's size

const holdsNonFinite = async ({ file, offset, length, dtype }: TensorInfo): Promise<boolean> => {
  const kind = EXPONENTS[dtype];
  if (!kind) return false;
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(Math.min(CHUNK, length));
    for (let at = 0; at < length; at += CHUNK) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK, length - at), offset + at);
      for (let end = kind.bytes; end <= bytesRead; end += kind.bytes) {
        if ((buffer.readUInt16LE(end - 2) & kind.mask) === kind.mask) return true;
      }
    }
    return false;
  } finally {
    await handle.close();
  }
};
