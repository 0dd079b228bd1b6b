// What the inference thread is asked, and what it answers.
import type { IntTensor, Tensor } from '../tensor.ts';

export type Provider = 'cpu' | 'cuda' | 'webgpu' | 'dml' | 'coreml';

/** How the thread opens its sessions. */
export type SessionSettings = {
  readonly provider: Provider;
  /** Which of several devices, from 0. */
  readonly deviceId: number;
  /** Threads within an operator, on the CPU. */
  readonly threads: number;
};

export type Feeds = Readonly<Record<string, Tensor | IntTensor>>;

export type LoadRequest = {
  /** Chosen by the caller; later requests name the session by it. */
  readonly session: number;
  readonly bytes: Uint8Array;
  /** Folder of the external weights; empty when the graph has none. */
  readonly folder: string;
  /**
   * Whether weights stay as the files have them, mapped into memory, so that opening is quick and nothing is held twice; for networks
   * whose convolutions have forms of their own. Default: onnxruntime lays out anew what it can, for speed.
   */
  readonly mapped?: boolean;
  /** Whether it is large: then nothing is reserved beside what a run takes. */
  readonly large?: boolean;
  /** Whether it has to compute in float32: on the CPU, whatever the device is. */
  readonly exact: boolean;
};

/** Whether memory ran out at first, so that all other networks were closed before it was done; they open again with their next run. */
type Room = { readonly alone: boolean };

export type InferenceCalls = {
  readonly load: { readonly input: LoadRequest; readonly output: Room };
  readonly run: {
    readonly input: { readonly session: number; readonly feeds: Feeds; readonly fetch: readonly string[] };
    readonly output: Room & { readonly outputs: Record<string, Tensor> };
  };
  /** Runs a graph without inputs, once, for its output `y`. */
  readonly compute: { readonly input: Pick<LoadRequest, 'bytes' | 'folder'>; readonly output: Tensor };
  readonly unload: { readonly input: { readonly session: number }; readonly output: undefined };
};
