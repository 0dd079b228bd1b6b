// The one stream of typed events that feeds the terminal, --json and every other listener alike, and what jobs return.
import type { FreeUChoice } from '../config/freeu.ts';
import type { FreeUStrengths } from '../config/option.ts';
import type { Picture } from '../media/frame.ts';
import type { PlanSummary } from './plan-summary.ts';

export type StageName = 'download' | 'upload' | 'analyse' | 'measure' | 'keyframes' | 'propagate' | 'windows' | 'pictures' | 'encode';

/** A picture that is made when somebody asks for it; it does not go through JSON. */
type Asked = () => Promise<Picture>;

type Happening =
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
  /**
   * A denoising step is done: of the key frame `frame`, of the window that begins there, or of picture number `frame`. `picture()` shows
   * what it will be, small (a pixel of the latent is a pixel), by a linear map of the latent's channels; of a window its first frame.
   */
  | { readonly type: 'denoising'; readonly frame: number; readonly step: number; readonly steps: number; readonly picture: Asked }
  /** A key frame is drawn; `file` is where its picture was written, when previews were asked for. */
  | { readonly type: 'preview'; readonly frame: number; readonly file?: string; readonly picture: Asked }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'result'; readonly result: RunResult | Comparison }
  /** A clip of several begins; every event between this and its end carries `clip`. */
  | { readonly type: 'clip'; readonly state: 'start'; readonly input: string; readonly output: string }
  /** A clip of several has ended; the others go on. */
  | ({ readonly type: 'clip' } & ClipOutcome)
  /** All of several clips have ended. */
  | ({ readonly type: 'summary' } & ClipsResult);

/** Which clip of how many, from 1. */
export type ClipPlace = { readonly number: number; readonly count: number };

/** What happens, and of which clip where a run has several. */
export type Event = Happening & { readonly clip?: ClipPlace };

export type Listener = (event: Event) => void;

type Common = {
  readonly seed: number;
  readonly device: string;
  /** Wall time of each stage in seconds. */
  readonly seconds: Readonly<Partial<Record<StageName, number>>> & { readonly total: number };
};

/** What a job made. */
export type RunResult =
  | (Common & {
      readonly kind: 'clip';
      /** The file that was written; absent when the run was told to stop before. */
      readonly output?: string;
      readonly frames: number;
      readonly shots: number;
      /** Key frames that were drawn; 0 where a video model draws every frame. */
      readonly keyframes: number;
      /** Windows that a video model drew. */
      readonly windows: number;
    })
  | (Common & {
      readonly kind: 'keyframes';
      /** The folder with their pictures. */
      readonly output: string;
      readonly frames: number;
      readonly shots: number;
      readonly keyframes: number;
    })
  | (Common & {
      readonly kind: 'pictures';
      readonly output: string;
      readonly pictures: number;
      /** FreeU's factors (of a sweep those that its cells start from), and which row of them that is; of pictures that `generate` draws. */
      readonly freeu?: FreeUStrengths | 'off';
      readonly freeuRow?: FreeUChoice;
    });

/** How a clip of several ended. */
export type ClipOutcome = {
  readonly input: string;
  readonly output: string;
  /** Wall time, seconds. */
  readonly seconds: number;
} & (
  | { readonly state: 'done'; readonly result: RunResult }
  /** Its result was there: `earlier` where an earlier call of the same command made it, `exists` with `skipExisting`. */
  | { readonly state: 'skipped'; readonly why: 'earlier' | 'exists' }
  | { readonly state: 'failed'; readonly error: { readonly code: string; readonly message: string } }
);

/** How several clips ended. */
export type ClipsResult = {
  /** In the order in which they were done. */
  readonly clips: readonly ClipOutcome[];
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** Wall time, seconds. */
  readonly seconds: number;
};

/** What a comparison made. */
export type Comparison = {
  readonly kind: 'comparison';
  readonly output: string;
  readonly clips: number;
  /** Frames of the first clip that are shown; of a picture those that it chooses from. */
  readonly frames: number;
  readonly seconds: Common['seconds'];
};
