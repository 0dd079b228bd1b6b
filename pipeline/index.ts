// The public library: the jobs of the command line as functions, a session over a clip, what they take and what they return.
export { EXIT, RerenderError, UsageError } from '../config/errors.ts';
export type { FreeUSetting, FreeUStrengths } from '../config/option.ts';
export type { Options, PartialOptions } from '../config/options.ts';
export { PRESETS } from '../config/presets.ts';
export { type InspectedKind, type InspectedPart, type Inspection, inspectModel } from '../models/inspect/inspect.ts';
export type { NodeRef, Plan, PlanNode, Ref } from './graph/plan.ts';
export type { Event, Listener, RunResult, StageName } from './jobs/events.ts';
export { generate, generateVideo } from './jobs/generate/generate.ts';
export type { GenerateRequest } from './jobs/generate/request.ts';
export { type MetricsRequest, metrics } from './jobs/metrics/metrics.ts';
export { metricsPlot } from './jobs/metrics/plot.ts';
export type { Drift, DriftBounds, FrameRow, Level, MetricsReport, Summary } from './jobs/metrics/report.ts';
export type { ControlSummary, PlanSummary, StageSeconds, Work } from './jobs/plan-summary.ts';
export { keyframes, planRun, rerender } from './jobs/rerender.ts';
export type { EncodingSummary, StreamSummary } from './session/encoding.ts';
export type { Request } from './session/request.ts';
export { openSession, type PlannedClip, type Session } from './session.ts';
export type { ClipPlan, Part } from './strategies/strategy.ts';
