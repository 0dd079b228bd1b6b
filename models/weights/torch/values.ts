// What a pickle is read into.
import type { WeightType } from '../weight-source.ts';
import type { Rule } from './globals.ts';

/** Numbers somewhere in the file, which a tensor is a window on. */
export class Storage {
  readonly dtype: WeightType;
  readonly key: string;
  /** Elements. */
  readonly count: number;

  constructor(dtype: WeightType, key: string, count: number) {
    this.dtype = dtype;
    this.key = key;
    this.count = count;
  }
}

/** A tensor as the pickle describes it; its numbers are not checked yet. */
export class TensorClaim {
  readonly storage: Storage;
  readonly offset: Pickled;
  readonly size: Pickled;
  readonly stride: Pickled;

  constructor(storage: Storage, offset: Pickled, size: Pickled, stride: Pickled) {
    this.storage = storage;
    this.offset = offset;
    this.size = size;
    this.stride = stride;
  }
}

/** A name of the closed list. */
export class Global {
  readonly name: string;
  readonly is: { readonly dtype: WeightType } | { readonly rule: Rule };

  constructor(name: string, is: { readonly dtype: WeightType } | { readonly rule: Rule }) {
    this.name = name;
    this.is = is;
  }
}

/** Something that was called or built and that no weight depends on. */
export class Opaque {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object of torch.nn as data: its tensors, and those of the objects in it, by the names that `state_dict()` gives them. */
export class TorchModule extends Map<Pickled, Pickled> {
  /** Takes the tensors out of an object's attributes; hooks, settings and buffers that are not saved with weights stay behind. */
  fill(attributes: ReadonlyMap<Pickled, Pickled>): void {
    const left = attributes.get('_non_persistent_buffers_set');
    for (const part of ['_parameters', '_buffers', '_modules']) {
      const held = attributes.get(part);
      if (!(held instanceof Map)) continue;
      for (const [name, value] of held) if (part !== '_buffers' || !Array.isArray(left) || !left.includes(name)) this.set(name, value);
    }
  }
}

/** Lists, tuples and sets are arrays, dictionaries maps. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Storage
  | TensorClaim
  | Global
  | Opaque
  | Pickled[]
  | Map<Pickled, Pickled>;
