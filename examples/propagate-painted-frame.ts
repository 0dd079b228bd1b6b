// Carries one painted frame over the frames behind it and writes them as a clip. The painting is a PNG of yours, of the first frame at
// 256 pixels on its short side; without one it is a poster of that frame, in few colours and with inked edges.
//   npx tsx examples/propagate-painted-frame.ts [CLIP] [RESULT.mp4] [PAINTED.png]
import { type Frame, openClip, type Picture, readPictureAt, writeClip } from 'rerender/media';
import { openFlow, openPropagation, openVision, propagateInterval } from 'rerender/stages';

const [input = 'examples/lakeside.mp4', output = 'propagated.mp4', painting] = process.argv.slice(2);

/** Five levels a channel, and Canny's edges in black. */
const poster = async (frame: Frame): Promise<Picture> => {
  const vision = openVision();
  const edges = await vision.canny(frame, 100, 200);
  await vision.close();
  return { ...frame, data: frame.data.map((value, i) => (edges.data[Math.floor(i / 3)] ? 0 : Math.round(value / 63.75) * 63.75)) };
};

const clip = await openClip(input);
const frames = await clip.read({ size: 256, range: { frames: [40, 51] } });
const [source] = frames;
if (!source) throw new Error(`${input} has no frame 40`);
const first = painting ? await readPictureAt(painting, source) : await poster(source);

const [flow, propagation] = [openFlow({ workers: 2 }), openPropagation()];
const pictures = await propagateInterval(frames, { first }, { flow, propagation });
await Promise.all([flow.close(), propagation.close()]);

const { time: begin } = source;
const painted = pictures.map((picture, i) => ({ ...picture, index: i, time: frames[i]!.time - begin }));
await writeClip(output, painted, { rate: clip.info.rate, overwrite: true });
console.log(`${output}: ${painted.length} frames of ${first.width}x${first.height}`);
