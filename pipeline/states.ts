// What key frames leave for later ones, step by step: in memory up to a limit, and always on disk, so that a run can go on after any stop.
import { RerenderError } from '../config/errors.ts';
import { fromHalf, toHalf } from '../models/math/half.ts';
import { type Tensor, tensor } from '../models/tensor.ts';
import type { Memory, StepMemory } from '../stages/keyframes/memory.ts';
import { type ArtifactStore, artifactKey } from './store.ts';
import { VERSIONS } from './versions.ts';

/** A key frame (by the key of its artifact) as what it is read. */
export type Kept = { readonly key: string; readonly as: 'anchor' | 'previous' };

export type States = {
  remember(kept: Kept, step: number, memory: StepMemory): Promise<void>;
  /** The memory of a key frame. Reading a step that is gone or damaged throws. */
  memory(kept: Kept): Memory;
  /** Whether all of these steps are there. */
  has(kept: Kept, steps: readonly number[]): Promise<boolean>;
  /** Drops them, from memory and disk. */
  forget(kept: Kept, steps: readonly number[]): Promise<void>;
};

type StatesOptions = { readonly limit: number; readonly half: boolean; readonly kept: Readonly<Record<string, unknown>> };

/** The states of a key frame are gone or damaged; whoever asked for them draws that key frame once more. */
export class StatesError extends RerenderError {
  /** The key of the key frame's artifact. */
  readonly key: string;

  constructor(key: string, step: number) {
    super(
      'STATES_GONE',
      'failure',
      `the attention states of a key frame disappear or are damaged again and again (step ${step}): run again`,
    );
    this.key = key;
  }
}

type Part = { readonly layer: number | 'clean'; readonly dims: readonly number[]; readonly half: boolean };

const pack = ({ states = [], clean }: StepMemory, half: boolean): Uint8Array => {
  const parts: { part: Part; data: Float32Array | Uint16Array }[] = states.flatMap((state, layer) =>
    state ? [{ part: { layer, dims: state.dims, half }, data: half ? toHalf(state.data) : state.data }] : [],
  );
  if (clean) parts.push({ part: { layer: 'clean', dims: clean.dims, half: false }, data: clean.data });
  const head = Buffer.from(`${JSON.stringify(parts.map(({ part }) => part))}\n`);
  return Buffer.concat([head, ...parts.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))]);
};

const unpack = (bytes: Uint8Array): StepMemory => {
  const end = bytes.indexOf(10);
  const parts = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as Part[];
  const states: (Tensor | undefined)[] = [];
  let clean: Tensor | undefined;
  let at = end + 1;
  for (const { layer, dims, half } of parts) {
    const length = dims.reduce((n, d) => n * d, 1) * (half ? 2 : 4);
    const { buffer } = Uint8Array.from(bytes.subarray(at, at + length)); // a copy: aligned
    const value = tensor(dims, half ? fromHalf(new Uint16Array(buffer, 0, length / 2)) : new Float32Array(buffer, 0, length / 4));
    if (layer === 'clean') clean = value;
    else states[layer] = value;
    at += length;
  }
  return { ...(states.length > 0 && { states: Array.from(states) }), ...(clean && { clean }) };
};

/**
 * Kept on disk rather than drawn again: a key frame's states follow from those of the key frames before it, so that making one again means to
 * draw its shot from the anchor on. What finds no room in memory when it is made is read from disk whenever it is needed; nothing that is
 * in memory leaves for something newer, as every step of the anchor is read once a key frame, in order.
 * @param limit bytes in memory
 * @param kept the settings that decide what of a key frame is kept: what another setting left behind is not taken for it
 */
export const openStates = (store: ArtifactStore, { limit, half, kept: what }: StatesOptions): States => {
  const held = new Map<string, Uint8Array>();
  let total = 0;
  const keyOf = ({ key, as }: Kept, step: number): string => artifactKey('states', VERSIONS.keyframes, { key, as, step, half, what });
  const drop = (key: string): void => {
    total -= held.get(key)?.length ?? 0;
    held.delete(key);
  };
  return {
    remember: async (kept, step, memory) => {
      const key = keyOf(kept, step);
      const bytes = pack(memory, half);
      drop(key);
      if (total + bytes.length <= limit) {
        held.set(key, bytes);
        total += bytes.length;
      }
      await store.put(key, bytes);
    },
    memory: kept => ({
      id: `${kept.as} ${kept.key}`,
      read: async step => {
        const key = keyOf(kept, step);
        const bytes = held.get(key) ?? (await store.get(key));
        if (bytes) return unpack(bytes);
        await store.remove(key); // damaged: `has` must not find it
        throw new StatesError(kept.key, step);
      },
    }),
    has: async (kept, steps) => {
      for (const step of steps) if (!held.has(keyOf(kept, step)) && !(await store.has(keyOf(kept, step)))) return false;
      return true;
    },
    forget: async (kept, steps) => {
      for (const step of steps) {
        drop(keyOf(kept, step));
        await store.release(keyOf(kept, step));
      }
    },
  };
};
