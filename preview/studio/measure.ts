// Measures a finished render against its source, for the page's plots.
import { metrics } from '../../pipeline/jobs/metrics/metrics.ts';
import type { FrameRow } from '../../pipeline/jobs/metrics/report.ts';
import { optionsOf } from '../../pipeline/session/request.ts';
import type { MeasuresInfo } from '../api.ts';
import type { Order } from './render.ts';

const column = (rows: readonly FrameRow[], of: (row: FrameRow) => number | undefined): (number | null)[] =>
  rows.map(row => of(row) ?? null);

/** @param onProgress frames measured, of all */
export const measureRender = async (
  { base, values, output, from }: Order,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
): Promise<MeasuresInfo> => {
  const { frames, start, end, duration, size, interval, keyframesAt, ffmpeg, ffprobe } = await optionsOf({ ...base, ...values });
  const { frames: rows, keyframes } = await metrics({
    input: base.input,
    output,
    ...{ frames, start, end, duration, size, interval, keyframesAt, ffmpeg, ffprobe },
    signal,
    onEvent: event => {
      if (event.type === 'progress' && event.stage === 'measure') onProgress(event.done, event.total);
    },
  });
  return {
    frames: rows.map(({ frame }) => frame + from),
    keyframes: keyframes.map(frame => frame + from),
    panels: [
      {
        title: 'Flicker',
        unit: 'levels',
        result: column(rows, ({ flicker }) => flicker?.output),
        source: column(rows, ({ flicker }) => flicker?.source),
      },
      {
        title: 'Warp error × 1000',
        unit: '',
        result: column(rows, ({ warpError }) => warpError && warpError.output * 1000),
        source: column(rows, ({ warpError }) => warpError && warpError.source * 1000),
      },
      { title: 'Structure kept', unit: 'SSIM of edges', result: column(rows, ({ structure }) => structure) },
    ],
  };
};
