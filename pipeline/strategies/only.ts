// Parts of a clip that alone are re-rendered: which frames they are, and what of a plan they need.

import { UsageError } from '../../config/errors.ts';
import { type OnlyPart, parseOnly } from '../../config/only.ts';
import type { Options } from '../../config/options.ts';
import type { Plan, PlanNode } from '../graph/plan.ts';
import type { NodeRef } from '../graph/ref.ts';
import type { Analysis } from '../steps/analysis.ts';
import type { ClipPlan, FramePart } from './strategy.ts';

/** Times are compared with this slack, seconds. */
const SLACK = 1e-6;

const framesOf = (part: OnlyPart, { times, lastFrame }: Analysis): FramePart => {
  const [begin, end] = [times[0]!, times.at(-1)! + lastFrame];
  const outside = (): UsageError =>
    new UsageError(
      `--only ${part.text} lies outside the clip, which has ${times.length} frames, 0-${times.length - 1}, ` +
        `from ${begin.toFixed(2)} s to ${end.toFixed(2)} s: give a part of these.`,
    );
  if (part.kind === 'frames') {
    if (part.to >= times.length) throw outside();
    return { first: part.from, last: part.to };
  }
  const longest = Math.max(lastFrame, 0.01); // an end that is rounded up
  if (part.from < begin - longest || part.from >= end || part.to > end + longest) throw outside();
  const inside = times.flatMap((time, i) => (time >= part.from - SLACK && time < part.to - SLACK ? [i] : []));
  if (inside.length === 0) throw new UsageError(`--only ${part.text} holds no frame: it lies between two. Give a longer part.`);
  return { first: inside[0]!, last: inside.at(-1)! };
};

/**
 * The frames that are re-rendered, in order, neighbours and overlapping parts merged; undefined for all.
 * @throws UsageError for a part outside the clip
 */
export const onlyFrames = ({ only }: Pick<Options, 'only'>, survey: Analysis): readonly FramePart[] | undefined => {
  if (only.length === 0) return undefined;
  const parts = parseOnly(only)
    .map(part => framesOf(part, survey))
    .sort((a, b) => a.first - b.first);
  const merged: FramePart[] = [];
  for (const { first, last } of parts) {
    const before = merged.at(-1);
    if (!before || first > before.last + 1) merged.push({ first, last });
    else merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, last) };
  }
  return merged;
};

/** The nodes of a plan that some outputs need, themselves included. */
const neededFor = (wanted: readonly NodeRef[], { nodes }: Plan): Plan => {
  const byId = new Map(nodes.map(node => [node.id, node]));
  const needed = new Set<PlanNode>();
  const waiting = wanted.map(({ node }) => node);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const node = byId.get(id)!;
    if (needed.has(node)) continue;
    needed.add(node);
    waiting.push(...Object.values(node.inputs).flatMap(refs => refs.map(ref => ref.node)));
  }
  return { nodes: nodes.filter(node => needed.has(node)) };
};

/** What of a plan is needed for some frames: its nodes keep their keys, so the frames are those of the whole. */
export const restrictTo = <P extends ClipPlan>(planned: P, only: readonly FramePart[] | undefined): P => {
  if (!only) return planned;
  const parts = planned.parts.filter(part => only.some(({ first, last }) => part.first <= last && part.last >= first));
  const plan = neededFor(
    parts.map(({ pictures }) => pictures),
    planned.plan,
  );
  const ids = new Set(plan.nodes.map(({ id }) => id));
  return { ...planned, plan, parts, keyframes: planned.keyframes.filter(({ picture }) => ids.has(picture.node)), only };
};
