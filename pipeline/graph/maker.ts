// The values of a plan: found on the shelf, or made by running their steps.
import { RerenderError } from '../../config/errors.ts';
import { stepOf } from './key.ts';
import type { PlanNode } from './plan.ts';
import type { NodeRef } from './ref.ts';
import { PartMissing, type Shelf } from './shelf.ts';
import type { StepTable } from './step.ts';

export type MakerOptions = {
  readonly steps: StepTable;
  readonly shelf: Shelf;
  /** What the steps use, by the names in their `uses`. */
  readonly held: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** What other makers over the same shelf are making: none makes the same at the same time. Default: nobody else. */
  readonly making?: Making;
  onProgress?(node: PlanNode, done: number, total?: number, look?: () => Promise<unknown>): void;
};

/** What a run of a node returned. */
type Results = Readonly<Record<string, unknown>>;

/** Nodes that run now, by their keys and outputs, and the signal that ends each. */
export type Making = Map<string, { readonly results: Promise<Results>; readonly signal: AbortSignal }>;

export type Maker = {
  /** Whether an output need not be made. */
  has(ref: NodeRef): Promise<boolean>;
  /** The value of an output. One that is gone or damaged is made again, and so is what it is made of. */
  value(ref: NodeRef): Promise<unknown>;
  /** Runs a node and keeps its outputs; of the series only those in `outputs`. */
  make(node: PlanNode, outputs: ReadonlySet<string>): Promise<Results>;
  /** The plan needs the output no longer. */
  release(ref: NodeRef): Promise<void>;
};

/** How often in a row a damaged series is made again before that counts as a fault of the disk. */
const ATTEMPTS = 8;

/** Runs a node with inputs that are there. */
const runNode = async (
  { steps, shelf, held, signal, onProgress }: MakerOptions,
  node: PlanNode,
  inputs: Results,
  outputs: ReadonlySet<string>,
): Promise<Results> => {
  const step = stepOf(steps, node);
  const checkpoint = shelf.checkpoint(node);
  const writers = shelf.writers(node, outputs);
  const call = {
    params: node.params,
    inputs,
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
  for (const [output, value] of Object.entries(results)) await shelf.put({ node: node.id, output }, value);
  await checkpoint.drop();
  return results;
};

export const makerOf = (options: MakerOptions): Maker => {
  const { steps, shelf, signal, making = new Map() as Making } = options;

  const inputsOf = async (node: PlanNode): Promise<Results> => {
    const { inputs } = stepOf(steps, node);
    const read = async ([name, refs]: [string, readonly NodeRef[]]): Promise<[string, unknown]> => {
      const values = await Promise.all(refs.map(value));
      return [name, inputs[name]!.arity === 'many' ? values : values[0]];
    };
    return Object.fromEntries(await Promise.all(Object.entries(node.inputs).map(read)));
  };

  /** A series that turns out to be damaged while the node reads it is made again first, with the same result. */
  const attempt = async (node: PlanNode, outputs: ReadonlySet<string>, attempts = ATTEMPTS): Promise<Results> => {
    try {
      return await runNode(options, node, await inputsOf(node), outputs);
    } catch (error) {
      if (!(error instanceof PartMissing)) throw error;
      if (attempts === 0) throw new RerenderError(error.code, error.kind, error.message, { cause: error }); // its readers do not try again
      await make(shelf.nodeOf(error.ref), new Set([error.ref.output]));
      return attempt(node, outputs, attempts - 1);
    }
  };

  /** Two that ask for the same at once get the same; where another maker's run is stopped, this one begins its own. */
  const make: Maker['make'] = async (node, outputs) => {
    const place = shelf.nameOf(node, outputs);
    const present = making.get(place);
    if (present) {
      return present.results.catch(error => {
        if (present.signal === signal || !present.signal.aborted) throw error;
        signal.throwIfAborted();
        return make(node, outputs);
      });
    }
    const results = attempt(node, outputs).finally(() => making.delete(place));
    making.set(place, { results, signal });
    return results;
  };

  const value: Maker['value'] = async ref => {
    const found = await shelf.take(ref);
    if (found !== undefined) return found;
    const results = await make(shelf.nodeOf(ref), new Set([ref.output]));
    return ref.output in results ? results[ref.output] : shelf.series(ref);
  };

  return { has: shelf.has, value, make, release: shelf.release };
};
