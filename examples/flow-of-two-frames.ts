// Shows the motion between two frames in colours, beside them, and what the second one hides.
//   npx tsx examples/flow-of-two-frames.ts [CLIP] [SHEET.png]
import { contactSheet, openClip, type Picture } from 'rerender/media';
import { flowColours, openFlow } from 'rerender/stages';

const [input = 'examples/lakeside.mp4', output = 'flow.png'] = process.argv.slice(2);
const FRAMES = [60, 66];

const clip = await openClip(input);
const [first, second] = await clip.read({ size: 256, select: FRAMES });
if (!first || !second) throw new Error(`${input} has no frames ${FRAMES.join(' and ')}`);

const flow = openFlow();
const pair = await flow.pair(first, second, { detail: 'fine' });
await flow.close();

const { forward, hiddenInSecond, width, height } = pair;
const lengths = Array.from({ length: width * height }, (_, p) => Math.hypot(forward[2 * p]!, forward[2 * p + 1]!)).sort((a, b) => a - b);
console.log(`median motion ${lengths[lengths.length >> 1]!.toFixed(2)} cells on a grid of ${width}x${height}`);
console.log(`${((100 * hiddenInSecond.filter(v => v > 0).length) / hiddenInSecond.length).toFixed(1)} % of the first frame is hidden`);

/** The colours of motion; black where the second frame hides a cell. */
const colours = flowColours(forward, pair);
const picture: Picture = { ...colours, data: colours.data.map((value, i) => (hiddenInSecond[Math.floor(i / 3)] ? 0 : value)) };
const cells = [
  { label: `frame ${FRAMES[0]}`, picture: first },
  { label: `frame ${FRAMES[1]}`, picture: second },
  { label: 'motion', picture },
];
await contactSheet(output, cells, { columns: 3 });
console.log(output);
