// How a device is written.

/** `auto` tries this machine's in turn; `cuda:1` is the second CUDA device. */
export type DeviceName = 'auto' | 'cpu' | 'cuda' | 'webgpu' | 'dml' | 'coreml' | `cuda:${number}`;

export const DEVICE_RULE = 'auto, cpu, cuda, cuda:N with N from 0, webgpu, dml or coreml';

/** The device of a name; undefined where there is none of that name. */
export const parseDevice = (name: string): DeviceName | undefined =>
  /^(auto|cpu|webgpu|dml|coreml|cuda(:(0|[1-9]\d{0,2}))?)$/.test(name) ? (name as DeviceName) : undefined;
