// A session is what is open: a clip, the model that draws it, workers and the store of finished parts. It serves many plans, one after the
// other or at once, and closes what it opened in every way of leaving.
import { UsageError } from '../config/errors.ts';
import type { PartialOptions } from '../config/options.ts';
import type { Picture } from '../media/frame.ts';
import { checkInputFile } from '../media/input-file.ts';
import type { DiffusionModel } from '../models/diffusion-model.ts';
import type { Ref } from './graph/ref.ts';
import { checkControlPictures } from './session/control-pictures.ts';
import { controlFacts } from './session/controls.ts';
import { CLIP_OPTIONS, PICTURES } from './session/leaves.ts';
import { locateModel } from './session/locate-model.ts';
import type { OpenedModel } from './session/open-model.ts';
import { type PlannedClip, readPlan } from './session/plan-file.ts';
import { optionsOf, type Request, withStyle } from './session/request.ts';
import { resultFrames } from './session/result-frames.ts';
import { openScope, type Scope } from './session/scope.ts';
import { openSource, type Source } from './session/source.ts';
import { suppliedFacts } from './session/supplied-facts.ts';
import { refuseWordsModel } from './session/words-model.ts';
import { openWorkshop, type RunHooks, type Shared, type Workshop } from './session/workshop.ts';
import type { Analysis } from './steps/analysis.ts';
import { checkDraws } from './strategies/draws.ts';
import { planKeyframes } from './strategies/keyframes.ts';
import { onlyFrames, restrictTo } from './strategies/only.ts';
import { type DrawingOptions, type ModelFacts, STRATEGIES } from './strategies/strategy.ts';
import { planSurvey } from './strategies/survey.ts';
import { planWindows } from './strategies/windows.ts';

/** What a plan has to know of an opened model. */
export const factsOf = (options: DrawingOptions, { model, controls }: OpenedModel): ModelFacts => ({
  kind: model.info.kind,
  factor: model.info.factor,
  latentChannels: model.info.latentChannels,
  steps: model.steps(options.steps, options.sampler).length,
  controls: controlFacts(options, controls),
});

/** @throws UsageError for pictures where no key frames are drawn */
const refusePictures = (given: PartialOptions): void => {
  const name = PICTURES.find(option => given[option] !== undefined);
  if (name !== undefined) throw new UsageError(`${name}: this model draws whole clips and no key frames that a picture could stand for.`);
};

/** What jobs over a clip work with. */
export type ClipSession = {
  readonly options: DrawingOptions;
  readonly source: Source;
  readonly workshop: Workshop;
  /** Opens the model, if it is not open. */
  model(): Promise<OpenedModel>;
  /** Looks through the clip, or finds what an earlier run saw. */
  survey(hooks?: RunHooks): Promise<Analysis>;
  /** A plan under the options of the session, with changes. @throws UsageError for a change that needs a session of its own */
  plan(changes?: PartialOptions): Promise<PlannedClip>;
};

/**
 * Opens a session in a scope, which closes it.
 * @param shared what other sessions share; without it the session has its own
 */
export const openClipSession = async (request: Request, settled: DrawingOptions, scope: Scope, shared?: Shared): Promise<ClipSession> => {
  const emit = request.onEvent ?? (() => undefined);
  const warn = (message: string): void => emit({ type: 'warning', message });
  refuseWordsModel(await locateModel(settled));
  await checkInputFile(request.input); // before anything is opened
  const source = await openSource(request.input, settled, { signal: scope.signal, warn });
  const workshop = await openWorkshop(scope, { options: settled, source, warn, shared });
  let surveyed: Promise<Analysis> | undefined;

  const survey: ClipSession['survey'] = (hooks = {}) => {
    const look = async (): Promise<Analysis> => {
      const { plan, analysis } = planSurvey(settled, source.info);
      const seen = await workshop.get({ options: settled, plan }, analysis, hooks);
      for (const message of seen.warnings) source.warn(message); // each once
      return seen;
    };
    surveyed ??= look().catch(error => {
      surveyed = undefined; // the next plan looks again
      throw error;
    });
    return surveyed;
  };
  const changed = async (changes: PartialOptions): Promise<DrawingOptions> => {
    if (Object.keys(changes).length === 0) return settled;
    const seed = request.seed === 'random' ? { seed: settled.seed } : {}; // drawn once
    const options = withStyle(await optionsOf({ ...request, ...seed, ...changes }));
    const reopens = CLIP_OPTIONS.filter(name => JSON.stringify(options[name]) !== JSON.stringify(settled[name]));
    if (reopens.length > 0) throw new UsageError(`a session keeps ${reopens.join(', ')}: open another one for other values`);
    return options;
  };
  return {
    options: settled,
    source,
    workshop,
    model: () => workshop.models.open(settled),
    survey,
    plan: async (changes = {}) => {
      const options = await changed(changes);
      const opened = await workshop.models.open(options); // what is wrong with the model is told before the clip is looked through
      const facts = factsOf(options, opened);
      const strategy = STRATEGIES[facts.kind].clip;
      const keyed = strategy === 'keyframes';
      checkDraws(options, strategy);
      if (!keyed) refusePictures({ ...request, ...changes });
      const found = keyed ? await workshop.supplied.find(options) : [];
      const seen = await survey();
      checkControlPictures(
        opened.controls.flatMap(({ pictures }) => (pictures ? [pictures] : [])),
        seen.times.length,
      );
      const clipPlan = keyed
        ? planKeyframes(options, seen, facts, suppliedFacts(found, seen, source.size, source.info))
        : planWindows(options, seen);
      const planned = restrictTo({ ...clipPlan, options }, onlyFrames(options, seen));
      return { ...planned, leaves: await workshop.identities(planned) };
    },
  };
};

/** What is open over one clip. */
export type Session = {
  /** The settled options. */
  readonly options: DrawingOptions;
  /** A plan: data, which `writePlan` and `readPlan` carry elsewhere. Options that are left out are those of the session. */
  plan(changes?: PartialOptions): Promise<PlannedClip>;
  /**
   * A plan that another process wrote for the same clip and model, wherever they lie here.
   * @throws PlanError for a plan of another version, with unknown steps, or of another clip, model or device
   */
  readPlan(text: string): Promise<PlannedClip>;
  /** The value of one output of a plan: found in memory or in the store, or made, with all that it needs and nothing else. */
  get<T>(plan: PlannedClip, output: Ref<T>): Promise<T>;
  /** What the networks of the session's model have cost so far: sessions that were opened, and runs. */
  usage(): Promise<ReturnType<DiffusionModel['usage']>>;
  /** The finished frames, in order, as they are ready. */
  frames(plan: PlannedClip): AsyncGenerator<Picture, void, undefined>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Opens a session over a clip: `input` and, as options, what the clip is read as and drawn with. Plans may change every option but those
 * that choose the clip's part and size (`frames`, `size` ...) and the store. The model is opened by the first plan.
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort
 */
export const openSession = async (request: Request): Promise<Session> => {
  const scope = openScope(request.signal);
  try {
    const session = await openClipSession(request, withStyle(await optionsOf(request)), scope);
    const close = async (): Promise<void> => {
      scope.abort(new Error('the session is closed'));
      await scope.close();
    };
    return {
      options: session.options,
      plan: session.plan,
      readPlan: text => readPlan(text, { options: session.options, identities: session.workshop.identities }),
      get: (plan, output) => session.workshop.get(plan, output),
      usage: async () => (await session.model()).model.usage(),
      frames: async function* (plan) {
        const run = await session.workshop.run(
          plan,
          plan.parts.map(({ pictures }) => pictures),
        );
        try {
          const { times } = await session.survey();
          const { source } = session;
          yield* resultFrames({ planned: plan, source, times, value: run.value, size: source.size });
          await run.finished;
        } finally {
          await run.close();
        }
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    scope.abort(error);
    await scope.close().catch(() => undefined);
    throw error;
  }
};
