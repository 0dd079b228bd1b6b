// Kind freeu-filter: FreeU's filter of the skip, alone in a graph.
import { filterSkip } from '../../../models/networks/blocks/freeu-skip.ts';
import { Graph } from '../../../models/onnx/graph.ts';
import { floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runOnce } from '../networks.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { scale: 'number' }, ['x']);
  if (skipped) return { skipped };
  const g = new Graph('freeu-filter');
  g.output('y', filterSkip(g.input('x', ['batch', 'channels', 'height', 'width']), g.input('s', [])));
  const s = { dims: [], data: Float32Array.of(c.options.scale as number) };
  return compare(c, await runOnce(g.finish(), { x: floats(c, 'x'), s }, context));
};
