// The one stream of typed events that feeds the terminal, --json and every other listener alike.
import type { PlanSummary } from './plan.ts';

export type StageName = 'download' | 'analyse' | 'measure' | 'keyframes' | 'propagate' | 'windows' | 'pictures' | 'encode';

export type Event =
  | { readonly type: 'plan'; readonly plan: PlanSummary }
  /** A stage begins or ends; `cached` counts the parts that an earlier run had finished. */
  | { readonly type: 'stage'; readonly stage: StageName; readonly state: 'start' | 'done'; readonly cached?: number }
  /** `kept`: this step forward was found finished, so it says nothing about the rate. */
  | {
      readonly type: 'progress';
      readonly stage: StageName;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly kept?: true;
    }
  /** A key frame is drawn; `file` is where its picture was written, when previews were asked for. */
  | { readonly type: 'preview'; readonly frame: number; readonly file?: string }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'result'; readonly result: RunResult };

export type Listener = (event: Event) => void;

/** What a run made. */
export type RunResult = {
  /** The file (or, for key frames, the folder) that was written; absent when the run was told to stop before. */
  readonly output?: string;
  readonly frames: number;
  readonly keyframes: number;
  /** Windows that a model of clips drew. */
  readonly windows?: number;
  /** Single pictures that were drawn, where no clip was. */
  readonly pictures?: number;
  readonly shots: number;
  readonly seed: number;
  readonly device?: string;
  /** Wall time of each stage in seconds. */
  readonly seconds: Readonly<Partial<Record<StageName, number>>> & { readonly total: number };
};
