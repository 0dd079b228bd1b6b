// Ties a plan to what is open: what its steps use, what its leaves are known by, and where its outputs lie.
import { ARITHMETIC } from '../../models/onnx/build.ts';
import { type Identities, keysOf, stepOf } from '../graph/key.ts';
import { type Maker, type Making, makerOf } from '../graph/maker.ts';
import type { Plan, PlanNode } from '../graph/plan.ts';
import type { Recent } from '../graph/recent.ts';
import { openShelf } from '../graph/shelf.ts';
import type { Progress } from '../graph/step.ts';
import type { ArtifactStore } from '../graph/store.ts';
import type { Held } from '../steps/held.ts';
import { STEPS } from '../steps/table.ts';
import type { openClip } from './clip.ts';
import type { Models } from './models.ts';
import type { OpenedModel } from './open-model.ts';
import type { Planned } from './planned.ts';
import { withStyle } from './request.ts';
import type { Source } from './source.ts';
import type { Supplied } from './supplied.ts';

/** What stays open for all plans of a workshop. */
export type Open = Omit<Held, 'footage' | 'clip' | 'images' | 'supplied' | 'model' | 'controls'> & {
  readonly source?: Source | undefined;
  readonly images?: Held['images'] | undefined;
  readonly supplied: Supplied;
  readonly models: Models;
  readonly store: ArtifactStore;
  /** Whether the store outlives the session. */
  readonly lasting: boolean;
  readonly readersStore: ArtifactStore;
  readonly openClip: typeof openClip;
  readonly recent: Recent;
  /** What was stored last. */
  readonly stored: Recent;
  /** What runs of different plans are making now. */
  readonly making: Making;
};

export type Bound = {
  readonly maker: Maker;
  readonly identities: Identities;
  /** Of the model, where the plan uses one. */
  readonly device: string | undefined;
  /** The plan is run no more: its passes over the clip end, and its model may be closed. */
  close(): Promise<void>;
};

const usesOf = ({ nodes }: Plan): ReadonlySet<string> => new Set(nodes.flatMap(node => stepOf(STEPS, node).uses as readonly string[]));

const identitiesOf = (source: Source | undefined, opened: OpenedModel | undefined): Identities => ({
  footage: source?.identity,
  clip: source && { ...source.identity, size: source.size },
  model: opened && { digest: opened.model.info.digest, device: opened.device, arithmetic: ARITHMETIC },
});

export const bindPlan = async (
  { source, images, supplied, models, store, readersStore, recent, stored, making, openClip, lasting: _lasting, ...workers }: Open,
  { options, plan, assume }: Planned,
  signal: AbortSignal,
  onProgress?: (node: PlanNode, ...progress: Parameters<Progress>) => void,
): Promise<Bound> => {
  const uses = usesOf(plan);
  const draws = (uses.has('model') || uses.has('controls')) && assume?.model === undefined;
  const model = draws ? await models.hold(withStyle(options)) : undefined;
  const clip = source && openClip(source, plan);
  const held: Partial<Held> = {
    ...workers,
    supplied: supplied.pictures(options),
    ...(source && { footage: source }),
    ...(clip && { clip }),
    ...(images && { images }),
    ...(model && { model: model.opened.model, controls: model.opened.images }),
  };
  const identities = { ...identitiesOf(source, model?.opened), ...assume };
  const shelf = openShelf({ plan, steps: STEPS, keys: keysOf(plan, STEPS, identities), store, readersStore, recent, stored });
  return {
    maker: makerOf({ steps: STEPS, shelf, held, signal, making, ...(onProgress && { onProgress }) }),
    identities,
    device: model?.opened.device,
    close: async () => {
      await clip?.close();
      model?.release();
    },
  };
};
