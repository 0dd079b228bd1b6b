// Watches a run and stops it as soon as the first key frame is drawn. What is finished stays in the work folder: the same run, started
// again, goes on from there.
//   npx tsx examples/watch-and-stop.ts [CLIP] [RESULT.mp4]
import { type Event, RerenderError, rerender } from 'rerender';

const [input = 'examples/lakeside.mp4', output = 'stopped.mp4'] = process.argv.slice(2);
const controller = new AbortController();

const watch = (event: Event): void => {
  if (event.type === 'plan') console.log(`plan: ${event.plan.frames} frames, ${event.plan.keyframes.length} key frames`);
  if (event.type === 'stage') console.log(`${event.stage}: ${event.state}`);
  if (event.type === 'progress') console.log(`${event.stage}: ${event.done} of ${event.total} ${event.unit}`);
  if (event.type === 'warning') console.log(`warning: ${event.message}`);
  if (event.type !== 'preview') return;
  console.log(`key frame ${event.frame} is drawn: stop`);
  controller.abort(new Error('seen enough'));
};

try {
  await rerender({ input, output, style: 'an oil painting', size: 128, frames: [0, 29], onEvent: watch, signal: controller.signal });
  console.log('the run came to its end');
} catch (error) {
  if (error instanceof RerenderError) throw error; // the run failed by itself
  console.log(`stopped: ${error instanceof Error ? error.message : error}`);
}
