// Makes the frames between two key frames by carrying both along the motion of the source.
import { maybe, one, params } from '../graph/step.ts';
import { picturePort, picturesPort } from './ports.ts';
import { step } from './step.ts';

export const interval = step({
  name: 'interval',
  version: 10,
  stage: 'propagate',
  resource: 'cpu',
  reads: ['propagate', 'motion', 'poisson', 'steady'],
  uses: ['clip', 'propagator'],
  params: params<{
    /** The frames from key to key, both included. */
    readonly first: number;
    readonly last: number;
    /** How many of them it gives to the result: the next interval gives the last one, except at a shot's end. */
    readonly count: number;
  }>(),
  inputs: { first: one(picturePort), last: maybe(picturePort) },
  outputs: { pictures: { port: picturesPort, keep: 'run' } },
  ahead: {
    needs: ['first'],
    run: async ({ params, inputs: { first }, options: { propagate: tier, motion }, use: { clip, propagator }, signal }) =>
      propagator.ahead({ frames: await clip.range(params.first, params.last), first: first!, tier, motion }, signal),
  },
  run: async ({
    params,
    inputs: { first, last },
    options: { propagate: tier, motion, poisson, steady },
    use: { clip, propagator },
    signal,
    ahead,
  }) => {
    const frames = ahead?.frames ?? (await clip.range(params.first, params.last));
    const made = await propagator.interval({ frames, first, last, tier, motion, poisson, steady }, signal, ahead);
    return { pictures: made.slice(0, params.count) };
  },
});
