// A worker thread of the flow pool.
import type { Picture } from '../../media/frame.ts';
import { serve } from '../../threads/serve.ts';
import { estimatePair, type FlowPair } from './estimate.ts';
import type { Detail } from './grid.ts';

export type FlowTasks = {
  pair: { input: { first: Picture; second: Picture; detail: Detail }; output: FlowPair };
};

serve<FlowTasks>({ pair: ({ first, second, detail }) => ({ value: estimatePair(first, second, detail) }) });
