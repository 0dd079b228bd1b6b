// A worker thread of the flow pool.
import type { Picture } from '../../media/frame.ts';
import { serve } from '../../threads/serve.ts';
import { estimatePair, type FlowPair, type Gap } from './estimate.ts';

export type FlowTasks = {
  pair: { input: { first: Picture; second: Picture; gap: Gap }; output: FlowPair };
};

serve<FlowTasks>({ pair: ({ first, second, gap }) => ({ value: estimatePair(first, second, gap) }) });
