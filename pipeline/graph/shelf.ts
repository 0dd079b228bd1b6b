// Where the outputs of a plan lie: at hand, in the store, or, part by part, as a series.
import { RerenderError } from '../../config/errors.ts';
import { artifactKey, type Keys, stepOf } from './key.ts';
import type { Plan, PlanNode } from './plan.ts';
import { packValue, type Series, unpackValue } from './port.ts';
import type { Recent } from './recent.ts';
import type { NodeRef } from './ref.ts';
import type { Checkpoint, Output, StepTable } from './step.ts';
import type { ArtifactStore } from './store.ts';

export type ShelfOptions = {
  readonly plan: Plan;
  readonly steps: StepTable;
  readonly keys: Keys;
  readonly store: ArtifactStore;
  /** For outputs that live until their last reader. */
  readonly readersStore: ArtifactStore;
  readonly recent: Recent;
  /** Values that were stored a moment ago, as they are: mostly they are read soon, and unpacking them takes longer than making room. */
  readonly stored?: Recent;
};

/** A part of a series is gone or damaged. */
export class PartMissing extends RerenderError {
  readonly ref: NodeRef;

  constructor(ref: NodeRef, part: number) {
    super('STATES_GONE', 'failure', `the ${ref.output} of ${ref.node} disappear or are damaged again and again (part ${part}): run again`);
    this.ref = ref;
  }
}

/** An output: its step's name, its declaration, its key and its store. */
type Place = { readonly ref: NodeRef; readonly step: string; readonly output: Output; readonly key: string; readonly store: ArtifactStore };

/** The parts of a series lie under keys of their own; under the key of the output lies the list of their numbers. */
const partKey = ({ step, key }: Place, part: number): string => artifactKey(step, 0, { series: key, part });

const partsOf = async ({ store, key }: Place): Promise<readonly number[] | undefined> => {
  const bytes = await store.get(key);
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as number[]);
};

const hasSeries = async (place: Place): Promise<boolean> => {
  const parts = await partsOf(place);
  for (const part of parts ?? []) if (!(await place.store.has(partKey(place, part)))) return false;
  return parts !== undefined;
};

const seriesAt = (place: Place): Series<unknown> => ({
  id: place.key,
  read: async part => {
    const bytes = await place.store.get(partKey(place, part));
    if (bytes) return unpackValue(place.output.port, bytes);
    await place.store.remove(partKey(place, part)); // damaged: it must not be found again
    throw new PartMissing(place.ref, part);
  },
});

/** Where a node writes the parts of a series; the series is there when it is finished. */
export type SeriesWriter = {
  readonly output: string;
  write(part: number, value: unknown): Promise<void>;
  finish(): Promise<void>;
};

const writerAt = (place: Place): SeriesWriter => {
  const parts: number[] = [];
  return {
    output: place.ref.output,
    write: async (part, value) => {
      await place.store.put(partKey(place, part), await packValue(place.output.port, value));
      parts.push(part);
    },
    finish: () => place.store.put(place.key, Buffer.from(JSON.stringify(parts))),
  };
};

const checkpointAt = (store: ArtifactStore, key: string): Checkpoint & { drop(): Promise<void> } => {
  let saved = false;
  return {
    load: async () => {
      const bytes = await store.get(key);
      saved = bytes !== undefined;
      return bytes;
    },
    save: async bytes => {
      saved = true;
      await store.put(key, bytes);
    },
    drop: async () => {
      if (saved) await store.release(key);
    },
  };
};

export type Shelf = {
  nodeOf(ref: NodeRef): PlanNode;
  /** What making these outputs of a node is called: the same in every plan that makes the same. */
  nameOf(node: PlanNode, outputs: ReadonlySet<string>): string;
  has(ref: NodeRef): Promise<boolean>;
  /** The value of an output, or undefined where there is none that is whole. */
  take(ref: NodeRef): Promise<unknown>;
  /** A series that has just been written: reading a part that is gone already says so. */
  series(ref: NodeRef): Series<unknown>;
  put(ref: NodeRef, value: unknown): Promise<void>;
  /** Writers of those series of a node that are asked for. */
  writers(node: PlanNode, outputs: ReadonlySet<string>): readonly SeriesWriter[];
  /** Where a node leaves what it has; dropped when it is done. */
  checkpoint(node: PlanNode): Checkpoint & { drop(): Promise<void> };
  /** The plan needs the output no longer. */
  release(ref: NodeRef): Promise<void>;
};

export const openShelf = ({ plan, steps, keys, store, readersStore, recent, stored }: ShelfOptions): Shelf => {
  const nodes = new Map(plan.nodes.map(node => [node.id, node]));
  const placeOf = (ref: NodeRef): Place => {
    const { name: step, outputs } = stepOf(steps, nodes.get(ref.node)!);
    const output = outputs[ref.output]!;
    return { ref, step, output, key: keys(ref), store: output.keep === 'readers' ? readersStore : store };
  };
  return {
    nodeOf: ({ node }) => nodes.get(node)!,
    nameOf: (node, outputs) =>
      [...outputs]
        .sort()
        .map(output => keys({ node: node.id, output }))
        .join(' '),
    has: async ref => {
      const place = placeOf(ref);
      if (place.output.keep === 'memory') return recent.get(place.key) !== undefined;
      return place.output.port.series ? hasSeries(place) : place.store.has(place.key);
    },
    take: async ref => {
      const place = placeOf(ref);
      if (place.output.keep === 'memory') return recent.get(place.key);
      if (place.output.port.series) return (await hasSeries(place)) ? seriesAt(place) : undefined;
      const whole = stored?.get(place.key);
      if (whole !== undefined && (await place.store.has(place.key))) return whole;
      const bytes = await place.store.get(place.key);
      return bytes && unpackValue(place.output.port, bytes);
    },
    series: ref => seriesAt(placeOf(ref)),
    put: async (ref, value) => {
      const { output, key, store } = placeOf(ref);
      if (output.keep === 'memory') return recent.set(key, value);
      await store.put(key, await packValue(output.port, value));
      stored?.set(key, value);
    },
    writers: (node, outputs) =>
      Object.entries(stepOf(steps, node).outputs)
        .filter(([name, { port }]) => port.series && outputs.has(name))
        .map(([output]) => writerAt(placeOf({ node: node.id, output }))),
    checkpoint: node => {
      const [output] = Object.keys(stepOf(steps, node).outputs);
      return checkpointAt(store, artifactKey('checkpoint', 0, { of: keys({ node: node.id, output: output! }) }));
    },
    release: async ref => {
      const place = placeOf(ref);
      if (place.output.keep === 'memory') return;
      for (const part of place.output.port.series ? ((await partsOf(place)) ?? []) : []) await place.store.release(partKey(place, part));
      await place.store.release(place.key);
    },
  };
};
