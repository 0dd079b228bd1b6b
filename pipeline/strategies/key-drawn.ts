// Key frames as others look at them: drawn ones, and pictures of the user's, which leave the same.
import type { Picture } from '../../media/frame.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Role } from '../../stages/keyframes/roles.ts';
import { needsClean, needsMotion, needsStates, stepCounts } from '../../stages/keyframes/work.ts';
import type { Series } from '../graph/port.ts';
import type { Ref } from '../graph/ref.ts';
import { anchor, keyframe } from '../steps/keyframe.ts';
import { motion } from '../steps/motion.ts';
import type { StoredStates } from '../steps/states.ts';
import { recorded } from '../steps/supplied.ts';
import { conditioningOf, controlParams } from './drawn-from.ts';
import { anchorImage, type Context, clipFrame, inputsOf, sourceOf, suffixOf, suppliedPicture, type Take } from './key-sources.ts';

/** What a key frame leaves for others. */
type Left = { readonly states: Ref<Series<StoredStates>>; readonly clean: Ref<Series<Tensor>> };

/** A key frame of the plan; what it leaves is added where somebody reads it. */
export type KeyNode = { readonly picture: Ref<Picture>; readonly left: () => Left };

/** The steps whose states others read: the U-Net looks at a picture of the user's at these. */
const recordUnits = ({ stepPlan }: Context): number => stepPlan.cross.length;

/** The user's picture in a frame's place, as later key frames look at it. */
export const addSupplied = (context: Context, frame: number): KeyNode | undefined => {
  const { planner, options, facts } = context;
  const picture = suppliedPicture(context, frame);
  if (!picture) return undefined;
  const left = (): Left => {
    const source = sourceOf(context, frame);
    const { latent, ...inputs } = inputsOf(context, source.name, source.frame);
    return planner.add(recorded, {
      id: `recorded ${frame}`,
      params: { frame, controls: controlParams(facts.controls) },
      inputs: { ...inputs, picture, source: options.maskNoise === 'own' ? latent : undefined },
      units: recordUnits(context),
    });
  };
  return { picture, left };
};

/** The picture that is the anchor of every shot. It is no frame: no ControlNet knows an image for it. */
export const addAnchorImage = (context: Context): KeyNode | undefined => {
  const { planner, pass } = context;
  const picture = anchorImage(context);
  if (!picture) return undefined;
  const left = (): Left =>
    planner.add(recorded, {
      id: 'recorded anchor-image',
      params: { controls: [] },
      inputs: { conditioning: conditioningOf(planner, pass.suffix), picture, source: undefined, controls: [] },
      units: recordUnits(context),
    });
  return { picture, left };
};

const drawnNode = ({ picture, ...left }: Left & { readonly picture: Ref<Picture> }): KeyNode => ({ picture, left: () => left });

/** What a node's name ends in, by pass and take, and its seed where that is another. */
const takenAs = ({ pass }: Context, take: Take | undefined) => ({
  suffix: `${suffixOf(take)}${pass.suffix}`,
  changes: take ? { seed: take.seed } : {},
});

/** A shot's anchor: drawn on its own, or in the looks of the anchor image. */
export const addFirst = (context: Context, frame: number, take?: Take): KeyNode => {
  const { planner, facts, stepPlan } = context;
  const source = sourceOf(context, frame, take);
  const params = { frame, controls: controlParams(facts.controls) };
  const inputs = inputsOf(context, source.name, source.frame);
  const units = stepCounts(stepPlan).anchor;
  const image = addAnchorImage(context);
  const { suffix, changes } = takenAs(context, take);
  if (!image) return drawnNode(planner.add(anchor, { id: `anchor ${frame}${suffix}`, params, inputs, units }, changes));
  const linked = {
    ...inputs,
    anchor: image.picture,
    anchorMotion: undefined,
    anchorStates: needsStates(stepPlan) ? image.left().states : undefined,
    anchorClean: stepPlan.ada.length > 0 ? image.left().clean : undefined,
    previous: undefined,
    previousMotion: undefined,
    previousStates: undefined,
    coloursClean: undefined,
  };
  return drawnNode(planner.add(keyframe, { id: `keyframe ${frame}${suffix}`, params, inputs: linked, units }, changes));
};

/** What attention and AdaIN of a key frame behind the first of its shot read: of its anchor, or of the anchor image in its place. */
const looksOf = (context: Context, { links }: Required<Role>, nodeOf: (frame: number) => KeyNode) => {
  const { stepPlan, options } = context;
  const [first, attended] = [nodeOf(links.anchor), nodeOf(links.states)];
  const image = addAnchorImage(context);
  if (!image) {
    return {
      anchorStates: needsStates(stepPlan) ? first.left().states : undefined,
      anchorClean: needsClean(stepPlan) ? first.left().clean : undefined,
      previousStates: needsStates(stepPlan) && links.states !== links.anchor ? attended.left().states : undefined,
      coloursClean: undefined,
    };
  }
  return {
    anchorStates: needsStates(stepPlan) ? image.left().states : undefined,
    anchorClean: stepPlan.warp.length > 0 ? first.left().clean : undefined,
    previousStates: needsStates(stepPlan) && options.styleUpdateFreq > 0 ? attended.left().states : undefined,
    coloursClean: stepPlan.ada.length > 0 ? image.left().clean : undefined,
  };
};

/** A key frame behind an anchor. */
export const addLinked = (context: Context, role: Required<Role>, nodeOf: (frame: number) => KeyNode, take?: Take): KeyNode => {
  const { planner, facts, stepPlan } = context;
  const { frame, links } = role;
  const { suffix, changes } = takenAs(context, take);
  const source = sourceOf(context, frame, take);
  const motionTo = (other: number) =>
    needsMotion(stepPlan)
      ? planner.add(motion, {
          id: `motion ${frame}-${other}`,
          params: {},
          inputs: { from: clipFrame(context, frame), to: clipFrame(context, other) },
        }).motion
      : undefined;
  const behind = links.previous !== links.anchor;
  const { anchorStates, anchorClean, previousStates, coloursClean } = looksOf(context, role, nodeOf);
  const inputs = {
    ...inputsOf(context, source.name, source.frame),
    anchor: nodeOf(links.anchor).picture,
    anchorMotion: motionTo(links.anchor),
    anchorStates,
    anchorClean,
    previous: behind ? nodeOf(links.previous).picture : undefined,
    previousMotion: behind ? motionTo(links.previous) : undefined,
    previousStates,
    coloursClean,
  };
  const params = { frame, controls: controlParams(facts.controls) };
  const node = { id: `keyframe ${frame}${suffix}`, params, inputs, units: stepCounts(stepPlan).key };
  return drawnNode(planner.add(keyframe, node, changes));
};
