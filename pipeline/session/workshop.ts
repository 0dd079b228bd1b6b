// Everything that the steps of a plan work with, opened once: it serves many plans, one after the other or at once.
import { setMaxListeners } from 'node:events';
import type { Options } from '../../config/options.ts';
import { openFlow } from '../../stages/flow/flow.ts';
import { openVision } from '../../stages/vision/vision.ts';
import { type Demand, demandOf } from '../graph/demand.ts';
import { type Execution, execute, type Read } from '../graph/executor.ts';
import { heldStore } from '../graph/held-store.ts';
import { type Identities, keysOf, stepOf } from '../graph/key.ts';
import { makerOf } from '../graph/maker.ts';
import type { NodeRef, Plan, PlanNode, Ref } from '../graph/plan.ts';
import { recentValues } from '../graph/recent.ts';
import type { Step } from '../graph/step.ts';
import type { Held, Images } from '../steps/step.ts';
import { STEPS } from '../steps/table.ts';
import { openClip } from './clip.ts';
import type { OpenedControl } from './controls.ts';
import { type Models, openModels } from './models.ts';
import type { OpenedModel } from './open-model.ts';
import { openPropagator } from './propagator.ts';
import { withStyle } from './request.ts';
import type { Scope } from './scope.ts';
import type { Source } from './source.ts';
import { openWorkDir } from './work-dir.ts';

/** A plan and the options that it was made with. JSON. */
export type Planned = { readonly options: Options; readonly plan: Plan };

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
  /** Starts making what is wanted of a plan. */
  run(planned: Planned, wanted: readonly NodeRef[], hooks?: RunHooks): Promise<Run>;
  /** One value of a plan: found, or made. */
  get<T>(planned: Planned, ref: Ref<T>, hooks?: RunHooks): Promise<T>;
  /** What would have to run. */
  demand(planned: Planned, wanted: readonly NodeRef[]): Promise<Demand>;
  /** What the plan's leaves are known by here: two places with the same identities give the same bytes. */
  identities(planned: Planned): Promise<Identities>;
};

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
};

/** Bytes of values at hand: latents, control images and motion of a few key frames. */
const AT_HAND = 64 * 2 ** 20;

const usesOf = ({ nodes }: Plan): ReadonlySet<string> => new Set(nodes.flatMap(node => stepOf(STEPS, node).uses as readonly string[]));

/** Opens a workshop in a scope, which closes it. No model is opened before a plan needs one. */
export const openWorkshop = async (
  scope: Scope,
  { options, source, images, warn, probes, controls }: WorkshopOptions,
): Promise<Workshop> => {
  const { signal } = scope;
  setMaxListeners(0, signal); // every frame's work listens to it
  const work = await scope.use(openWorkDir(options, source && { digest: source.identity.digest, path: source.info.path }, warn));
  const models = await scope.use(openModels({ warn, signal, controls, ...(probes && { probes }) }));
  const vision = await scope.use(openVision());
  const flow = await scope.use(openFlow({ workers: 2 })); // to the anchor and to the key frame before
  const propagator = await scope.use(openPropagator(options));
  const recent = recentValues(AT_HAND);
  const readersStore = heldStore(work.store, options.bankMemory * 2 ** 20);

  const identitiesOf = (opened: OpenedModel | undefined): Identities => ({
    footage: source?.identity,
    clip: source && { ...source.identity, size: source.size },
    model: opened && { digest: opened.model.info.digest, device: opened.device },
  });

  /** What a plan's nodes are made with; `close` when it is not needed any more. */
  const bind = async ({ options, plan }: Planned, signal: AbortSignal, onProgress?: RunHooks['onProgress']) => {
    const uses = usesOf(plan);
    const model = uses.has('model') || uses.has('controls') ? await models.hold(withStyle(options)) : undefined;
    const clip = source && openClip(source, plan);
    const held: Partial<Held> = {
      ...(source && { footage: source }),
      ...(clip && { clip }),
      ...(images && { images }),
      ...(model && { model: model.opened.model, controls: model.opened.images }),
      vision,
      flow,
      propagator,
      warn,
    };
    const identities = identitiesOf(model?.opened);
    const keys = keysOf(plan, STEPS, identities);
    const maker = makerOf({
      plan,
      steps: STEPS,
      keys,
      held,
      store: work.store,
      readersStore,
      recent,
      signal,
      ...(onProgress && { onProgress }),
    });
    const close = async (): Promise<void> => {
      await clip?.close();
      model?.release();
    };
    return { maker, identities, device: model?.opened.device, close };
  };

  const withMaker = async <T>(planned: Planned, work: (bound: Awaited<ReturnType<typeof bind>>) => Promise<T>): Promise<T> => {
    const bound = await bind(planned, signal);
    return work(bound).finally(bound.close);
  };

  const run: Workshop['run'] = async (planned, wanted, { forced, watched, onStart, onDone, onProgress } = {}) => {
    const failure = new AbortController();
    const stop = AbortSignal.any([signal, failure.signal]);
    setMaxListeners(0, stop);
    const bound = await bind(planned, stop, onProgress);
    const execution = execute(planned.plan, wanted, {
      steps: STEPS,
      maker: bound.maker,
      limits: { inference: 1, cpu: propagator.jobs },
      exclusive: bound.device === 'cpu',
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
        if (!work.lasting) await Promise.all(refs.map(bound.maker.release));
      },
      close: async () => {
        failure.abort(new Error('the run is closed')); // of no effect on one that has finished
        await execution.finished.catch(() => undefined); // told to whoever awaits it
        await bound.close();
      },
    };
  };

  return {
    models,
    run,
    get: async (planned, ref, hooks) => {
      const present = await run(planned, [ref], hooks);
      const [value] = await Promise.all([present.value(ref), present.finished]).finally(present.close);
      return value;
    },
    demand: (planned, wanted) => withMaker(planned, ({ maker }) => demandOf(planned.plan, wanted, { steps: STEPS, has: maker.has })),
    identities: planned => withMaker(planned, async ({ identities }) => identities),
  };
};
