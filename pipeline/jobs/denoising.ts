// Events of denoising steps, each with a small picture of how far the drawing is, which is made only when somebody asks for it.

import type { Listener } from '../events.ts';
import type { PlanNode } from '../graph/plan.ts';
import type { OpenedModel } from '../session/open-model.ts';
import { stepPicture } from '../session/step-picture.ts';

/** The frame that a node draws; of a window its first, of pictures their number. */
const frameOf = ({ id, params }: PlanNode): number => Number(params.frame ?? params.first ?? id.split(' ')[1] ?? 0);

/** @param look the predicted clean latent */
export const denoisingEvents =
  (emit: Listener, opened: OpenedModel) =>
  (node: PlanNode, step: number, look: (() => Promise<unknown>) | undefined): void => {
    if (!look) return;
    emit({ type: 'denoising', frame: frameOf(node), step, steps: node.units, picture: () => stepPicture(opened.model, look) });
  };
