// A worker thread of the metrics pool.
import { serve } from '../../threads/serve.ts';
import { type FrameMeasure, type MeasureInput, measureFrame } from './measure.ts';

export type MetricsTasks = { frame: { input: MeasureInput; output: FrameMeasure } };

serve<MetricsTasks>({ frame: input => ({ value: measureFrame(input) }) });
