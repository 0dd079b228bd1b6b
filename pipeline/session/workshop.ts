// Everything that the steps of a plan work with, opened once: it serves many plans, one after the other or at once.
import { setMaxListeners } from 'node:events';
import type { Options } from '../../config/options.ts';
import { openFlow } from '../../stages/flow/flow.ts';
import { openVision } from '../../stages/vision/vision.ts';
import { type Demand, demandOf } from '../graph/demand.ts';
import { type Execution, execute, type Read } from '../graph/executor.ts';
import { heldStore } from '../graph/held-store.ts';
import type { Identities } from '../graph/key.ts';
import type { PlanNode } from '../graph/plan.ts';
import { type Recent, recentValues } from '../graph/recent.ts';
import type { NodeRef, Ref } from '../graph/ref.ts';
import type { Step } from '../graph/step.ts';
import type { ArtifactStore } from '../graph/store.ts';
import type { Images } from '../steps/held.ts';
import { STEPS } from '../steps/table.ts';
import { type Bound, bindPlan, type Open } from './bind.ts';
import { openClip } from './clip.ts';
import type { OpenedControl } from './controls.ts';
import { type Models, openModels } from './models.ts';
import type { Planned } from './planned.ts';
import { openPropagator } from './propagator.ts';
import type { Scope } from './scope.ts';
import type { ShelvedClip } from './shelves.ts';
import type { Source } from './source.ts';
import { openSupplied, type Supplied } from './supplied.ts';
import { openWorkDir, type WorkDir } from './work-dir.ts';

/** Who hears of a run, and what it makes anew. */
export type RunHooks = {
  /** Steps that run whether or not their outputs are there. */
  forced?(step: Step): boolean;
  /** Nodes beside the wanted ones of which it is told, too, that they need not run. */
  readonly watched?: ReadonlySet<PlanNode>;
  onStart?(node: PlanNode): void;
  /** Awaited before what reads the node begins. */
  onDone?(node: PlanNode, found: boolean, read: Read): void | Promise<void>;
  onProgress?(node: PlanNode, done: number, total?: number, look?: () => Promise<unknown>): void;
};

/** A run in progress. Closing it stops it, and waits until nothing of it runs any more. */
export type Run = Execution & {
  /** The result is complete and needs these no longer: a store that goes with the run drops them now. */
  release(refs: readonly NodeRef[]): Promise<void>;
  close(): Promise<void>;
};

export type Workshop = {
  readonly models: Models;
  /** Finished parts. */
  readonly store: ArtifactStore;
  readonly supplied: Supplied;
  /** Starts making what is wanted of a plan. */
  run(planned: Planned, wanted: readonly NodeRef[], hooks?: RunHooks): Promise<Run>;
  /** One value of a plan: found, or made. */
  get<T>(planned: Planned, ref: Ref<T>, hooks?: RunHooks): Promise<T>;
  /** What would have to run. */
  demand(planned: Planned, wanted: readonly NodeRef[], forced?: RunHooks['forced']): Promise<Demand>;
  /** What the plan's leaves are known by here: two places with the same identities give the same bytes. */
  identities(planned: Planned): Promise<Identities>;
};

/** Bytes of values at hand: latents, control images and motion of a few key frames. */
const AT_HAND = 64 * 2 ** 20;

/** Bytes of what was stored last: some intervals of frames, which the encoder waits for, and key frames, which others look at. */
const STORED = 48 * 2 ** 20;

/** What several workshops may share; whoever opened the models closes them. */
export type Shared = {
  readonly models: Models;
  /** Values at hand, by their keys: what prompts become, for one. */
  readonly recent: Recent;
  /** Where finished parts lie, in place of the folder that the options name; and how frames of the clip are read for a plan. */
  readonly place?: {
    workDir(clip: ShelvedClip | undefined): Promise<WorkDir>;
    readonly clip?: typeof openClip;
  };
};

/** Opens what several workshops share, in a scope that closes it. */
export const openShared = async (scope: Scope, warn: (message: string) => void): Promise<Shared> => ({
  models: await scope.use(openModels({ warn, signal: scope.signal })),
  recent: recentValues(AT_HAND),
});

export type WorkshopOptions = {
  /** Of the session: what stays the same for all plans. */
  readonly options: Options;
  readonly source?: Source;
  readonly images?: Images;
  readonly warn: (message: string) => void;
  /** Whether the U-Net tells what FreeU sees and makes. */
  readonly probes?: boolean;
  /** In place of what `control` names. */
  readonly controls?: readonly OpenedControl[] | undefined;
  /** What other workshops share. Without it the workshop has its own. */
  readonly shared?: Shared | undefined;
};

/** Opens all that does not depend on a plan; no model is opened before a plan needs one. */
const openAll = async (scope: Scope, { options, source, images, warn, probes, controls, shared }: WorkshopOptions): Promise<Open> => {
  const clip = source && { digest: source.identity.digest, path: source.info.path };
  const { store, near = store, lasting } = await scope.use(shared?.place ? shared.place.workDir(clip) : openWorkDir(options, clip, warn));
  return {
    source,
    images,
    supplied: openSupplied(),
    warn,
    store,
    lasting,
    readersStore: heldStore(near, options.bankMemory * 2 ** 20),
    openClip: shared?.place?.clip ?? openClip,
    recent: shared?.recent ?? recentValues(AT_HAND),
    stored: recentValues(STORED),
    making: new Map(),
    models: shared?.models ?? (await scope.use(openModels({ warn, signal: scope.signal, controls, ...(probes && { probes }) }))),
    vision: await scope.use(openVision()),
    flow: await scope.use(openFlow({ workers: 2 })), // to the anchor and to the key frame before
    propagator: await scope.use(openPropagator(options)),
  };
};

/** Starts a run that its own failure, or its closing, stops. */
const startRun = async (open: Open, signal: AbortSignal, planned: Planned, wanted: readonly NodeRef[], hooks: RunHooks): Promise<Run> => {
  const { forced, watched, onStart, onDone, onProgress } = hooks;
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  setMaxListeners(0, stop);
  const bound = await bindPlan(open, planned, stop, onProgress);
  const execution = execute(planned.plan, wanted, {
    steps: STEPS,
    maker: bound.maker,
    limits: { inference: 1, cpu: open.propagator.jobs },
    signal: stop,
    abort: reason => failure.abort(reason),
    ...(forced && { forced }),
    ...(watched && { watched }),
    ...(onStart && { onStart }),
    ...(onDone && { onDone }),
  });
  return {
    ...execution,
    release: async refs => {
      if (!open.lasting) await Promise.all(refs.map(bound.maker.release));
    },
    close: async () => {
      failure.abort(new Error('the run is closed')); // of no effect on one that has finished
      await execution.finished.catch(() => undefined); // told to whoever awaits it
      await bound.close();
    },
  };
};

/** Opens a workshop in a scope, which closes it. */
export const openWorkshop = async (scope: Scope, options: WorkshopOptions): Promise<Workshop> => {
  const { signal } = scope;
  setMaxListeners(0, signal); // every frame's work listens to it
  const open = await openAll(scope, options);
  const run: Workshop['run'] = (planned, wanted, hooks = {}) => startRun(open, signal, planned, wanted, hooks);
  const withBound = async <T>(planned: Planned, work: (bound: Bound) => Promise<T>): Promise<T> => {
    const bound = await bindPlan(open, planned, signal);
    return work(bound).finally(bound.close);
  };
  return {
    models: open.models,
    store: open.store,
    supplied: open.supplied,
    run,
    get: async (planned, ref, hooks) => {
      const present = await run(planned, [ref], hooks);
      const [value] = await Promise.all([present.value(ref), present.finished]).finally(present.close);
      return value;
    },
    demand: (planned, wanted, forced) =>
      withBound(planned, ({ maker }) => demandOf(planned.plan, wanted, { steps: STEPS, has: maker.has, ...(forced && { forced }) })),
    identities: planned => withBound(planned, async ({ identities }) => identities),
  };
};
