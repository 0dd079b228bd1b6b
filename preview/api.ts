// What page and server say to each other: plain data, for both.

/** Values of options by their keys, as the page holds them; what it leaves out is the command's. */
export type Values = Readonly<Record<string, unknown>>;

/** A control of the page, as the table of options describes it. */
export type Control = {
  readonly name: string;
  readonly flag: string;
  readonly group: string;
  readonly help: string;
  readonly advanced: boolean;
  readonly kind: 'text' | 'number' | 'integer' | 'choice' | 'flag' | 'period' | 'seed' | 'range' | 'freeu';
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly choices?: readonly string[];
  /** Words that may stand in place of a number. */
  readonly words?: readonly string[];
  /** What leaving it out means, where no default says it. */
  readonly without?: string;
};

export type ClipInfo = {
  readonly name: string;
  /** The number of the first frame: that of the whole clip, unless the command chose a part by time. */
  readonly from: number;
  readonly frames: number;
  /** Seconds that each frame begins at. */
  readonly times: readonly number[];
  readonly width: number;
  readonly height: number;
  /** Frames whose small pictures stand on the timeline. */
  readonly thumbnails: readonly number[];
  readonly hdr: boolean;
  /** Whether a range of frames may be chosen: not where the command chose one by time. */
  readonly cuttable: boolean;
};

export type Shot = { readonly first: number; readonly last: number };

/** What the settings mean for the clip. */
export type PlanInfo = {
  readonly strategy: 'keyframes' | 'windows';
  readonly width: number;
  readonly height: number;
  /** Frames of the chosen part, counted from its first. */
  readonly frames: number;
  /** The clip's frame that the part begins at. */
  readonly from: number;
  readonly shots: readonly Shot[];
  readonly keyframes: readonly number[];
  /** Key frames that are their shots' anchors. */
  readonly anchors: readonly number[];
  /** Key frames that are pictures of the user's. */
  readonly supplied: readonly number[];
  /** Seeds of key frames that have one of their own. */
  readonly seeds: Readonly<Record<number, number>>;
  /** Parts that alone are drawn, where the rest of the clip stays as it is; none where all is drawn. */
  readonly only: readonly Shot[];
  /** The options as they hold. */
  readonly values: Values;
  /** The command that does the same. */
  readonly command: string;
  readonly output: string;
  readonly work: {
    readonly unetCalls: number;
    readonly unetCallsCached: number;
    readonly propagated: number;
    readonly propagatedCached: number;
    /** Seconds that a render takes, from what drawing took here; absent before anything was drawn. */
    readonly seconds?: number;
    /** Bytes that the program takes: what it holds now, and what attention will keep of key frames. */
    readonly memory: number;
  };
};

export type RenderStage = { readonly stage: string; readonly done: number; readonly total: number; readonly unit: string };

export type RenderInfo = {
  readonly id: string;
  readonly state: 'running' | 'paused' | 'failed' | 'done';
  readonly values: Values;
  readonly output: string;
  readonly stages: readonly RenderStage[];
  /** Seconds that are left. */
  readonly left?: number;
  readonly message?: string;
  /** Frames from the first on that can be played already. */
  readonly ready: number;
  readonly from: number;
  readonly frames: number;
  /** Whether a browser plays the result. */
  readonly playable?: boolean;
  /** Whether a report was written beside it. */
  readonly report?: boolean;
};

export type StateInfo = {
  readonly version: string;
  readonly clip: ClipInfo;
  readonly model: { readonly name: string; readonly device: string; readonly embedded: boolean };
  readonly controls: readonly Control[];
  readonly presets: readonly { readonly name: string; readonly style: string | undefined }[];
  readonly plan: PlanInfo;
  readonly render?: RenderInfo;
};

/** Where settings were saved. */
export type Saved = {
  readonly file: string;
  /** Whether it holds options that a folder's config may not set unless the user names it with --config. */
  readonly named: boolean;
};

export const OVERLAYS = ['flow', 'occlusion', 'control', 'origins'] as const;
export type OverlayKind = (typeof OVERLAYS)[number];

export const FREEU_KINDS = ['sheet', 'spectrum'] as const;
export type FreeUKind = (typeof FREEU_KINDS)[number];

/** Measures of a result over its frames; null where a frame has none. */
export type MeasuresInfo = {
  readonly frames: readonly number[];
  readonly keyframes: readonly number[];
  readonly panels: readonly {
    readonly title: string;
    readonly unit: string;
    readonly result: readonly (number | null)[];
    readonly source?: readonly (number | null)[];
  }[];
};

/** A picture that the server keeps: `pictures/ID.png`. The id follows from its pixels. */
export type PictureInfo = { readonly id: string; readonly width: number; readonly height: number };

/** How far two pictures are apart, in levels of 255, over all pixels and colours. */
export type Difference = { readonly mean: number; readonly most: number };

export type DrawRequest = { readonly client: string; readonly request: number; readonly frame: number; readonly values: Values };

/** All key frames are drawn, one after the other. */
export type KeysRequest = Omit<DrawRequest, 'frame'>;

/** Events of the one stream. Those of a drawing carry the request's number. */
export type PageEvent =
  | { readonly type: 'plan'; readonly request: number; readonly plan: PlanInfo }
  | {
      readonly type: 'step';
      readonly request: number;
      readonly frame: number;
      readonly step: number;
      readonly steps: number;
      readonly picture?: string;
    }
  | { readonly type: 'keyframe'; readonly request: number; readonly frame: number; readonly picture: PictureInfo }
  | { readonly type: 'picture'; readonly request: number; readonly frame: number; readonly picture: PictureInfo; readonly seconds: number }
  | {
      readonly type: 'freeu';
      readonly request: number;
      readonly frame: number;
      readonly off: PictureInfo;
      readonly difference: Difference;
    }
  /** All of them are drawn. */
  | { readonly type: 'keyframes'; readonly request: number; readonly plan: PlanInfo }
  | { readonly type: 'failed'; readonly request: number; readonly message: string }
  | { readonly type: 'render'; readonly render: RenderInfo }
  | { readonly type: 'rendered'; readonly values: Values; readonly frame: number; readonly picture: PictureInfo }
  | { readonly type: 'sheet'; readonly done: number; readonly total: number }
  | { readonly type: 'measuring'; readonly done: number; readonly total: number }
  | { readonly type: 'warning'; readonly message: string };
