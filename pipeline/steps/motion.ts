// Motion from a key frame to an earlier one and back.
import { keyframeMotion } from '../../stages/keyframes/draw.ts';
import { one, params } from '../graph/step.ts';
import { framePort, motionPort } from './ports.ts';
import { step } from './step.ts';

export const motion = step({
  name: 'motion',
  version: 1,
  resource: 'cpu',
  reads: [],
  uses: ['flow'],
  params: params(),
  inputs: { from: one(framePort), to: one(framePort) },
  outputs: { motion: { port: motionPort, keep: 'memory' } },
  run: async ({ inputs: { from, to }, use: { flow }, signal }) => ({ motion: await keyframeMotion(from, to, flow, signal) }),
});
