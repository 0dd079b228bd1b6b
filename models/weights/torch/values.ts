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

/** Where an object of torch.nn keeps its tensors and the objects in it. */
const HOLDING = ['_parameters', '_buffers', '_modules'] as const;

/** An object of torch.nn: its attributes as they stand in the pickle. */
export class TorchModule {
  attributes: ReadonlyMap<Pickled, Pickled> = new Map();

  /** What `state_dict()` tells of it, by name; hooks, settings and buffers that are not saved with weights stay out. */
  held(): Map<Pickled, Pickled> {
    const left = this.attributes.get('_non_persistent_buffers_set');
    const unsaved = new Set(Array.isArray(left) ? left : []);
    const entries = HOLDING.flatMap(part => {
      const held = this.attributes.get(part);
      return held instanceof Map ? [...held].filter(([name]) => part !== '_buffers' || !unsaved.has(name)) : [];
    });
    return new Map(entries);
  }

  /** How many entries {@link held} looks at: a pickle may name the same ones over and over. */
  get size(): number {
    const lists = [...HOLDING, '_non_persistent_buffers_set'].map(name => this.attributes.get(name));
    return lists.reduce((sum: number, list) => sum + (list instanceof Map ? list.size : Array.isArray(list) ? list.length : 0), 0);
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
  | TorchModule
  | Pickled[]
  | Map<Pickled, Pickled>;
