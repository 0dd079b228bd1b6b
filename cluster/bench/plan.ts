// A job that costs nothing but time: a clip of shots whose key frames and intervals are slept through, to measure the schedule alone.
import { artifactKey } from '../../pipeline/graph/key.ts';
import type { PlanNode } from '../../pipeline/graph/plan.ts';
import type { NodeRef } from '../../pipeline/graph/ref.ts';
import { type PlannedClip, writePlan } from '../../pipeline/session/plan-file.ts';
import { type JobKeys, jobKeys, type Ticket } from '../ticket.ts';
import { CLUSTER_VERSION } from '../version.ts';

/** What is pretended. */
export type Pretence = {
  readonly shots: number;
  /** Of each shot. */
  readonly intervals: number;
  /** Seconds of a key frame, and of an interval. */
  readonly keyframe: number;
  readonly interval: number;
};

/** The kind of device that such jobs are drawn on. */
export const PRETENDED = 'pretended';
/** No real worker takes them. */
export const PRETENDED_VERSION = `${CLUSTER_VERSION}+pretended`;

const pictures = (node: string): NodeRef => ({ node, output: 'pictures' });
const picture = (node: string): NodeRef => ({ node, output: 'picture' });

const INTERVAL = 10; // frames

const keyNode = (id: string, frame: number): PlanNode => ({
  id,
  step: 'supplied', // it reads nothing
  params: { digest: id, size: { width: 8, height: 8 }, cut: false, frame },
  options: {},
  inputs: {},
  units: 1,
});

const intervalNode = (id: string, params: PlanNode['params'], first: string, last: string): PlanNode => ({
  ...{ id, step: 'interval', params, options: {}, units: 1 },
  inputs: { first: [picture(first)], last: [picture(last)] },
});

/** @param name tells this job from others: nothing of one is found by another */
export const pretendedJob = ({ shots, intervals }: Pretence, name: string): { readonly ticket: Ticket; readonly keys: JobKeys } => {
  const length = intervals * INTERVAL + 1;
  const nodes: PlanNode[] = [];
  const keyframes: PlannedClip['keyframes'][number][] = [];
  const parts: PlannedClip['parts'][number][] = [];
  for (let shot = 0; shot < shots; shot++) {
    const keyAt = (i: number): number => shot * length + i * INTERVAL;
    for (let i = 0; i <= intervals; i++) {
      const id = `${name} key ${keyAt(i)}`;
      nodes.push(keyNode(id, keyAt(i)));
      keyframes.push({ frame: keyAt(i), picture: picture(id) });
    }
    for (let i = 0; i < intervals; i++) {
      const [first, last] = [keyAt(i), keyAt(i + 1)];
      const id = `${name} interval ${first}`;
      nodes.push(intervalNode(id, { name, first, last }, `${name} key ${first}`, `${name} key ${last}`));
      parts.push({ first, last: i + 1 === intervals ? last : last - 1, pictures: pictures(id) });
    }
  }
  const planned = {
    ...{ strategy: 'keyframes' as const, plan: { nodes }, keyframes, parts, options: {}, leaves: { model: { device: PRETENDED } } },
    shots: Array.from({ length: shots }, (_, shot) => ({ first: shot * length, last: (shot + 1) * length - 1 })),
  } as unknown as PlannedClip;
  const ticket = {
    ...{ plan: writePlan(planned), options: planned.options, clip: { path: name, digest: '' }, ending: '.mp4', tags: {}, needs: [] },
  } as Ticket;
  return { ticket, keys: jobKeys(artifactKey('ticket', 1, ticket)) };
};

/** Seconds that no number of workers falls below, and those of this many: the schedule's own efficiency is this over what was measured. */
export const leastSeconds = ({ shots, intervals, keyframe, interval }: Pretence, workers: number): number => {
  const chain = (intervals + 1) * keyframe;
  const drawing = Math.max(chain, (shots * chain) / workers, Math.ceil(shots / workers) * chain); // a chain stays on one worker
  const propagating = (shots * intervals * interval) / workers;
  return Math.max(drawing + interval, propagating + 2 * keyframe);
};
