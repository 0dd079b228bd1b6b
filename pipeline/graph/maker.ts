// The values of a plan: found in memory or in the store, or made by running their steps.
import { RerenderError } from '../../config/errors.ts';
import { artifactKey, type Keys, stepOf } from './key.ts';
import type { NodeRef, Plan, PlanNode } from './plan.ts';
import { packValue, type Series, unpackValue } from './port.ts';
import type { Recent } from './recent.ts';
import type { Checkpoint, Output, StepTable } from './step.ts';
import type { ArtifactStore } from './store.ts';

export type MakerOptions = {
  readonly plan: Plan;
  readonly steps: StepTable;
  readonly keys: Keys;
  /** What the steps use, by the names in their `uses`. */
  readonly held: Readonly<Record<string, unknown>>;
  readonly store: ArtifactStore;
  /** For outputs that live until their last reader. */
  readonly readersStore: ArtifactStore;
  readonly recent: Recent;
  readonly signal: AbortSignal;
  onProgress?(node: PlanNode, done: number, total?: number, look?: () => Promise<unknown>): void;
};

export type Maker = {
  /** Whether an output need not be made. */
  has(ref: NodeRef): Promise<boolean>;
  /** The value of an output. One that is gone or damaged is made again, and so is what it is made of. */
  value(ref: NodeRef): Promise<unknown>;
  /** Runs a node and keeps its outputs; of the series only those in `outputs`. */
  make(node: PlanNode, outputs: ReadonlySet<string>): Promise<Readonly<Record<string, unknown>>>;
  /** The plan needs the output no longer. */
  release(ref: NodeRef): Promise<void>;
};

/** How often in a row a damaged series is made again before that counts as a fault of the disk. */
const ATTEMPTS = 8;

/** A part of a series is gone or damaged. */
class PartMissing extends RerenderError {
  readonly ref: NodeRef;

  constructor(ref: NodeRef, part: number) {
    super('STATES_GONE', 'failure', `the ${ref.output} of ${ref.node} disappear or are damaged again and again (part ${part}): run again`);
    this.ref = ref;
  }
}

export const makerOf = ({ plan, steps, keys, held, store, readersStore, recent, signal, onProgress }: MakerOptions): Maker => {
  const nodes = new Map(plan.nodes.map(node => [node.id, node]));
  const nodeOf = ({ node }: NodeRef): PlanNode => nodes.get(node)!;
  const outputOf = (ref: NodeRef): Output => stepOf(steps, nodeOf(ref)).outputs[ref.output]!;
  const storeOf = ({ keep }: Output): ArtifactStore => (keep === 'readers' ? readersStore : store);
  const partKey = (ref: NodeRef, part: number): string => artifactKey(nodeOf(ref).step, 0, { series: keys(ref), part });
  const running = new Map<string, Promise<Readonly<Record<string, unknown>>>>();

  /** The numbers of the parts of a series; undefined when it was never complete. */
  const partsOf = async (ref: NodeRef): Promise<readonly number[] | undefined> => {
    const bytes = await readersStore.get(keys(ref));
    return bytes && (JSON.parse(Buffer.from(bytes).toString()) as number[]);
  };
  const hasSeries = async (ref: NodeRef): Promise<boolean> => {
    const parts = await partsOf(ref);
    for (const part of parts ?? []) if (!(await readersStore.has(partKey(ref, part)))) return false;
    return parts !== undefined;
  };
  const seriesOf = (ref: NodeRef): Series<unknown> => ({
    id: keys(ref),
    read: async part => {
      const bytes = await readersStore.get(partKey(ref, part));
      if (bytes) return unpackValue(outputOf(ref).port, bytes);
      await readersStore.remove(partKey(ref, part)); // damaged: `has` must not find it
      throw new PartMissing(ref, part);
    },
  });

  const checkpointOf = (node: PlanNode): Checkpoint & { drop(): Promise<void> } => {
    const [output] = Object.keys(stepOf(steps, node).outputs);
    const key = artifactKey('checkpoint', 0, { of: keys({ node: node.id, output: output! }) });
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

  /** For each wanted series where its parts go, and which have gone there. */
  const writersOf = (node: PlanNode, outputs: ReadonlySet<string>) => {
    const series = Object.entries(stepOf(steps, node).outputs).filter(([name, { port }]) => port.series && outputs.has(name));
    return series.map(([output, { port }]) => {
      const ref = { node: node.id, output };
      const parts: number[] = [];
      const write = async (part: number, value: unknown): Promise<void> => {
        await readersStore.put(partKey(ref, part), await packValue(port, value));
        parts.push(part);
      };
      return { ref, output, write, finish: () => readersStore.put(keys(ref), Buffer.from(JSON.stringify(parts))) };
    });
  };

  const inputsOf = async (node: PlanNode): Promise<Record<string, unknown>> => {
    const { inputs } = stepOf(steps, node);
    const read = async ([name, refs]: [string, readonly NodeRef[]]): Promise<[string, unknown]> => {
      const values = await Promise.all(refs.map(value));
      return [name, inputs[name]!.arity === 'many' ? values : values[0]];
    };
    return Object.fromEntries(await Promise.all(Object.entries(node.inputs).map(read)));
  };

  const makeOnce = async (node: PlanNode, outputs: ReadonlySet<string>): Promise<Readonly<Record<string, unknown>>> => {
    const step = stepOf(steps, node);
    const checkpoint = checkpointOf(node);
    const writers = writersOf(node, outputs);
    const call = {
      params: node.params,
      inputs: await inputsOf(node),
      options: node.options,
      use: Object.fromEntries(step.uses.map(name => [name, held[name]])),
      write: Object.fromEntries(writers.map(({ output, write }) => [output, write])),
      progress: (done: number, total?: number, look?: () => Promise<unknown>) => onProgress?.(node, done, total, look),
      checkpoint,
      signal,
    };
    const results = await step.run(call as never);
    signal.throwIfAborted();
    for (const { finish } of writers) await finish();
    for (const [output, result] of Object.entries(results)) {
      const { port, keep } = step.outputs[output]!;
      const key = keys({ node: node.id, output });
      if (keep === 'memory') recent.set(key, result);
      else await storeOf(step.outputs[output]!).put(key, await packValue(port, result));
    }
    await checkpoint.drop();
    return results;
  };

  const makeWhole = async (
    node: PlanNode,
    outputs: ReadonlySet<string>,
    attempts = ATTEMPTS,
  ): Promise<Readonly<Record<string, unknown>>> => {
    try {
      return await makeOnce(node, outputs);
    } catch (error) {
      if (!(error instanceof PartMissing)) throw error;
      if (attempts === 0) throw new RerenderError(error.code, error.kind, error.message, { cause: error }); // its readers do not try again
      await make(nodeOf(error.ref), new Set([error.ref.output]));
      return makeWhole(node, outputs, attempts - 1);
    }
  };

  /** Two that ask for the same at once get the same. */
  const make: Maker['make'] = (node, outputs) => {
    const place = JSON.stringify([node.id, [...outputs].sort()]);
    const present = running.get(place);
    if (present) return present;
    const made = makeWhole(node, outputs).finally(() => running.delete(place));
    running.set(place, made);
    return made;
  };

  const value: Maker['value'] = async ref => {
    const output = outputOf(ref);
    const key = keys(ref);
    const again = async () => (await make(nodeOf(ref), new Set([ref.output])))[ref.output];
    if (output.keep === 'memory') return recent.get(key) ?? again();
    if (output.port.series) {
      if (!(await hasSeries(ref))) await again();
      return seriesOf(ref);
    }
    const bytes = await storeOf(output).get(key);
    return bytes ? unpackValue(output.port, bytes) : again();
  };

  return {
    has: async ref => {
      const output = outputOf(ref);
      if (output.keep === 'memory') return recent.get(keys(ref)) !== undefined;
      return output.port.series ? hasSeries(ref) : storeOf(output).has(keys(ref));
    },
    value,
    make,
    release: async ref => {
      const output = outputOf(ref);
      if (output.keep === 'memory') return;
      for (const part of output.port.series ? ((await partsOf(ref)) ?? []) : []) await readersStore.release(partKey(ref, part));
      await storeOf(output).release(keys(ref));
    },
  };
};
