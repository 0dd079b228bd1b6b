// Kind freeu-schedule: how much of FreeU holds at each step of a run.
import { freeuRatio } from '../../../models/denoise/freeu.ts';
import { tensor } from '../../../models/tensor.ts';
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';

type Row = readonly [steps: number, start: number, stop: number, smoothness: number];

const isRow = (row: unknown): row is Row => Array.isArray(row) && row.length === 4 && row.every(Number.isFinite);

export const check: KindCheck = async c => {
  const skipped = unknownIn(c, { cases: value => Array.isArray(value) && value.every(isRow) }, []);
  if (skipped) return { skipped };
  const ratios = (c.options.cases as readonly Row[]).map(([steps, start, end, smooth], i) => {
    const values = Float32Array.from({ length: steps }, (_, step) => freeuRatio({ start, end, smooth }, step, steps));
    return [`ratio.${i}`, tensor([steps], values)] as const;
  });
  return compare(c, Object.fromEntries(ratios));
};
