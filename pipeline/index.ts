// The public library: the jobs of the command line as functions, what they take and what they return.
export { EXIT, RerenderError, UsageError } from '../config/errors.ts';
export type { FrameRange, FreeUSetting, FreeUStrengths } from '../config/option.ts';
export type { Options, PartialOptions } from '../config/options.ts';
export { PRESETS } from '../config/presets.ts';
export { type InspectedKind, type InspectedPart, type Inspection, inspectModel } from '../models/inspect/inspect.ts';
export { generate, keyframes, planRun, rerender } from './by-kind.ts';
export type { EncodingSummary, StreamSummary } from './encoding.ts';
export type { Event, Listener, RunResult, StageName } from './events.ts';
export type { GenerateRequest } from './generate/request.ts';
export { type GenerateVideoRequest, generateVideo } from './generate/video.ts';
export { type MetricsRequest, metrics } from './metrics/metrics.ts';
export { metricsPlot } from './metrics/plot.ts';
export type { Drift, DriftBounds, FrameRow, Level, MetricsReport, Summary } from './metrics/report.ts';
export type { Interval, PlanSummary, Shot, Work } from './plan.ts';
export type { Request } from './request.ts';
