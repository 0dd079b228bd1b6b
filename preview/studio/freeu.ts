// What FreeU does to the picture on the page, measured: the same frame without it.
import type { SettledFreeU } from '../../config/option.ts';
import type { PartialOptions } from '../../config/options.ts';
import type { Picture } from '../../media/frame.ts';
import { asShown, type Drawing, drawFrame } from './draw.ts';
import { differenceOf } from './pictures.ts';
import type { Work } from './work.ts';

/** Milliseconds in which a hand that still moves a control goes on. */
const PAUSE = 300;

type Comparison = Drawing & {
  /** Works under further changes. */
  again(changes: PartialOptions, use: (work: Work) => Promise<void>): Promise<void>;
};

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PAUSE);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

/** Factors that do nothing: the picture is that of `off`, bit for bit, and the network that is open draws it. */
const IDENTITY = { b1: 1, b2: 1, s1: 1, s2: 1 } as const;

const isIdentity = (freeu: SettledFreeU): boolean => freeu === 'off' || Object.values(freeu).every(factor => factor === 1);

/** Draws the frame once more without FreeU, if it was drawn with it, and tells how far the two are apart. */
export const compareFreeU = async ({ job }: Work, drawn: Picture, { again, ...drawing }: Comparison): Promise<void> => {
  const { pictures, tell, request, frame, signal } = drawing;
  if (isIdentity(job.options.freeu)) return;
  await pause(signal);
  await again({ freeu: IDENTITY }, async without => {
    const off = await drawFrame(without, { ...drawing, tell: () => undefined });
    const shown = await pictures.add(await asShown(without, frame, off));
    tell({ type: 'freeu', request, frame, off: shown, difference: differenceOf(drawn, off) });
  });
};
