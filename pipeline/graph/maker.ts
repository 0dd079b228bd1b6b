// The values of a plan: found on the shelf, or made by running their steps.
import { RerenderError } from '../../config/errors.ts';
import { stepOf } from './key.ts';
import type { PlanNode } from './plan.ts';
import type { NodeRef } from './ref.ts';
import { PartMissing, type Shelf } from './shelf.ts';
import type { StepTable } from './step.ts';
import { untilAborted } from './until-aborted.ts';

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

/** The inputs that a node has read ahead, and what it made of them. */
export type Begun = { readonly inputs: Results; readonly made: unknown };

/** What a run of a node returned, or is given. */
type Results = Readonly<Record<string, unknown>>;

/** Nodes that run now, by their keys and outputs, and the signal that ends each. */
export type Making = Map<string, { readonly results: Promise<Results>; readonly signal: AbortSignal }>;

export type Maker = {
  /** Whether an output need not be made. */
  has(ref: NodeRef): Promise<boolean>;
  /** The value of an output. One that is gone or damaged is made again, and so is what it is made of. */
  value(ref: NodeRef): Promise<unknown>;
  /** Runs a node and keeps its outputs; of the series only those in `outputs`. */
  make(node: PlanNode, outputs: ReadonlySet<string>, begun?: Begun): Promise<Results>;
  /** What a node can have before all that it reads is there, for `make`. Nothing where that fails: it is told when the node is made. */
  ahead(node: PlanNode): Promise<Begun | undefined>;
  /** The plan needs the output no longer. */
  release(ref: NodeRef): Promise<void>;
};

/** How often in a row a damaged series is made again before that counts as a fault of the disk. */
const ATTEMPTS = 8;

/** What a step is given of a node, beside its inputs. */
const givenOf = ({ steps, held, signal }: MakerOptions, node: PlanNode) => ({
  params: node.params,
  options: node.options,
  use: Object.fromEntries(stepOf(steps, node).uses.map(name => [name, held[name]])),
  signal,
});

/** Runs a node with inputs that are there. */
const runNode = async (options: MakerOptions, node: PlanNode, inputs: Results, outputs: ReadonlySet<string>, ahead: unknown) => {
  const { steps, shelf, signal, onProgress } = options;
  const checkpoint = shelf.checkpoint(node);
  const writers = shelf.writers(node, outputs);
  const call = {
    ...givenOf(options, node),
    inputs,
    ahead,
    write: Object.fromEntries(writers.map(({ output, write }) => [output, write])),
    progress: (done: number, total?: number, look?: () => Promise<unknown>) => onProgress?.(node, done, total, look),
    checkpoint,
  };
  const results = await stepOf(steps, node).run(call as never);
  signal.throwIfAborted();
  for (const { finish } of writers) await finish();
  for (const [output, value] of Object.entries(results)) await shelf.put({ node: node.id, output }, value);
  await checkpoint.drop();
  return results;
};

/** Some inputs of a node. */
const readInputs = async (steps: StepTable, node: PlanNode, names: readonly string[], value: Maker['value']): Promise<Results> => {
  const { inputs } = stepOf(steps, node);
  const read = async (name: string): Promise<[string, unknown]> => {
    const values = await Promise.all(node.inputs[name]!.map(value));
    return [name, inputs[name]!.arity === 'many' ? values : values[0]];
  };
  return Object.fromEntries(await Promise.all(names.map(read)));
};

export const makerOf = (options: MakerOptions): Maker => {
  const { steps, shelf, signal, making = new Map() as Making } = options;

  const inputsOf = (node: PlanNode, names: readonly string[]): Promise<Results> => readInputs(steps, node, names, ref => value(ref));

  /** A series that turns out to be damaged while the node reads it is made again first, with the same result. */
  const attempt = async (node: PlanNode, outputs: ReadonlySet<string>, begun: Begun | undefined, attempts = ATTEMPTS): Promise<Results> => {
    const rest = Object.keys(node.inputs).filter(name => !(name in (begun?.inputs ?? {})));
    try {
      return await runNode(options, node, { ...begun?.inputs, ...(await inputsOf(node, rest)) }, outputs, begun?.made);
    } catch (error) {
      if (!(error instanceof PartMissing)) throw error;
      if (attempts === 0) throw new RerenderError(error.code, error.kind, error.message, { cause: error }); // its readers do not try again
      await make(shelf.nodeOf(error.ref), new Set([error.ref.output]));
      return attempt(node, outputs, undefined, attempts - 1);
    }
  };

  /**
   * Two that ask for the same at once get the same. Where another maker's run is stopped, this one begins its own; where this one is
   * stopped, the other goes on.
   */
  const make: Maker['make'] = async (node, outputs, begun) => {
    const place = shelf.nameOf(node, outputs);
    const present = making.get(place);
    if (present) {
      return untilAborted(present.results, signal).catch(error => {
        if (signal.aborted || present.signal === signal || !present.signal.aborted) throw error;
        return make(node, outputs, begun);
      });
    }
    const results = attempt(node, outputs, begun).finally(() => making.delete(place));
    making.set(place, { results, signal });
    return results;
  };

  const value: Maker['value'] = async ref => {
    const found = await shelf.take(ref);
    if (found !== undefined) return found;
    const results = await make(shelf.nodeOf(ref), new Set([ref.output]));
    return ref.output in results ? results[ref.output] : shelf.series(ref);
  };

  const ahead: Maker['ahead'] = async node => {
    const { needs, run } = stepOf(steps, node).ahead!;
    try {
      const inputs = await inputsOf(node, needs);
      return { inputs, made: await run?.({ ...givenOf(options, node), inputs } as never) };
    } catch {
      return undefined;
    }
  };

  return { has: shelf.has, value, make, ahead, release: shelf.release };
};
