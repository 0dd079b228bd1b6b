// Runs the nodes of a plan in this process: each when what it reads is there, as many at once as its resource allows.
import { setMaxListeners } from 'node:events';
import { deferred } from './deferred.ts';
import { demandOf } from './demand.ts';
import { stepOf } from './key.ts';
import { lifetimesOf } from './lifetimes.ts';
import type { Maker } from './maker.ts';
import type { Plan, PlanNode } from './plan.ts';
import type { NodeRef, Ref } from './ref.ts';
import { type InOrder, runInOrder } from './run-in-order.ts';
import type { Step } from './step.ts';

/** Reads an output of a node that is done. */
export type Read = (output: string) => Promise<unknown>;

export type ExecutorOptions = InOrder & {
  readonly maker: Maker;
  /** Ends the run: nothing begins any more. */
  readonly signal: AbortSignal;
  /** Steps that run whether or not their outputs are there. */
  forced?(step: Step): boolean;
  /** Nodes beside the wanted ones of which it is told, too, that they need not run. */
  readonly watched?: ReadonlySet<PlanNode>;
  onStart?(node: PlanNode): void;
  /** Awaited before the nodes that read this one begin. `found`: it was not run, as what is wanted of it was there. */
  onDone?(node: PlanNode, found: boolean, read: Read): void | Promise<void>;
};

/** A run in progress. */
export type Execution = {
  /** A value that is wanted, when it is there. Rejects when anything failed. */
  value<T>(ref: Ref<T>): Promise<T>;
  /** Settles when everything wanted is there, or something has failed and nothing runs any more. */
  readonly finished: Promise<void>;
};

const hasAll = async (maker: Maker, node: PlanNode, outputs: ReadonlySet<string>): Promise<boolean> => {
  for (const output of outputs) if (!(await maker.has({ node: node.id, output }))) return false;
  return true;
};

/** Makes what is wanted of a plan. Nodes that are ready begin in the plan's order: results come in the order in which they are used. */
export const execute = (plan: Plan, wanted: readonly NodeRef[], options: ExecutorOptions): Execution => {
  const { steps, maker, signal, forced, watched, onStart, onDone } = options;
  setMaxListeners(0, signal);
  const read =
    (node: PlanNode): Read =>
    output =>
      maker.value({ node: node.id, output });
  const ready = new Map(plan.nodes.map(({ id }) => [id, deferred()]));
  for (const { promise } of ready.values()) promise.catch(() => undefined); // every failure is told once, through `finished`

  const run = async (): Promise<void> => {
    const demand = await demandOf(plan, wanted, { steps, has: maker.has, ...(forced && { forced }) });
    const { nodes } = demand;
    const lifetimes = await lifetimesOf(plan, steps, maker, new Set(nodes.keys()));
    const asked = new Set(wanted.map(({ node }) => node));
    for (const node of plan.nodes) {
      if (nodes.has(node)) continue;
      signal.throwIfAborted();
      ready.get(node.id)!.resolve();
      if (asked.has(node.id) || watched?.has(node)) await onDone?.(node, true, read(node));
    }
    await runInOrder(
      demand,
      async (node, begun) => {
        signal.throwIfAborted();
        const outputs = nodes.get(node)!;
        // Another run over the same store may have made it since.
        const found = !forced?.(stepOf(steps, node)) && (await hasAll(maker, node, outputs));
        if (!found) {
          onStart?.(node);
          await maker.make(node, outputs, begun);
        }
        await onDone?.(node, found, read(node));
        await lifetimes.done(node);
        ready.get(node.id)!.resolve();
      },
      options,
    );
    await lifetimes.sweep();
  };
  const finished = run().catch(error => {
    for (const { reject } of ready.values()) reject(error);
    throw error;
  });
  finished.catch(() => undefined); // also told to whoever awaits it
  return {
    value: async <T>(ref: Ref<T>) => {
      await ready.get(ref.node)!.promise;
      return (await maker.value(ref)) as T;
    },
    finished,
  };
};
