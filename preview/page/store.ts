// What the page knows, as signals, and what changes it.
import { batch, computed, effect, signal } from '@preact/signals';
import type { Difference, PageEvent, PictureInfo, PlanInfo, RenderInfo, StateInfo, Values } from '../api.ts';
import { type Kept, type Overlay, readAddress, type View, writeAddress } from './address.ts';
import { Failed, listen, server } from './client.ts';

const begin = readAddress();

export const info = signal<StateInfo | undefined>(undefined);
export const connected = signal(true);
/** What keeps the page from working at all. */
export const fatal = signal<string | undefined>(undefined);
/** What was wrong with the last request. */
export const trouble = signal<string | undefined>(undefined);
/** A word on what was just done, for eyes and screen readers. */
export const notice = signal('');

/** What the page sets; everything else is as the command has it. */
export const values = signal<Values>(begin.values);
export const frame = signal(begin.frame ?? 0);
export const view = signal<View>(begin.view);
export const wipe = signal(begin.wipe);
export const approved = signal<readonly string[]>(begin.approved);

export const plan = signal<PlanInfo | undefined>(undefined);
export const render = signal<RenderInfo | undefined>(undefined);

export type Progress = { readonly frame: number; readonly step: number; readonly steps: number };
export type Drawn = { readonly frame: number; readonly picture: PictureInfo; readonly seconds: number };
export type FreeUEffect = { readonly off: PictureInfo; readonly difference: Difference };

/** A drawing is under way; the first step has not ended where `step` is 0. */
export const progress = signal<Progress | undefined>(undefined);
/** The small picture of the last step. */
export const look = signal<string | undefined>(undefined);
/** The finished picture of the frame; undefined while the first is drawn. */
export const drawn = signal<Drawn | undefined>(undefined);
export const freeuEffect = signal<FreeUEffect | undefined>(undefined);
export type KeyPicture = PictureInfo & { /** Of the settings before: it may look another way now. */ readonly stale?: true };
/** The latest pictures of key frames. */
export const keyPictures = signal<ReadonlyMap<number, KeyPicture>>(new Map());

const setKey = (number: number, picture: PictureInfo): void => {
  keyPictures.value = new Map(keyPictures.value).set(number, picture);
};
const ageKeys = (): void => {
  keyPictures.value = new Map([...keyPictures.value].map(([number, picture]) => [number, { ...picture, stale: true }]));
};

/** Settings kept as A, to compare with. */
export const kept = signal<Kept | undefined>(begin.kept);
/** What the drawing is laid over. */
export const against = signal(begin.against);

export const overlay = signal<Overlay>(begin.overlay);
/** What the stage shows: one frame, or the render as it plays. */
export const mode = signal<'frame' | 'clip'>('frame');
export const playing = signal(false);
/** Cells of FreeU's sheet that are drawn, of all. */
export const sheeting = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);
/** Frames measured of the render, of all. */
export const measuring = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);

/** Held down: the source, or the picture without FreeU. */
export const held = signal<'source' | 'freeu' | undefined>(undefined);

export const effective = computed<Values>(() => ({ ...plan.value?.values, ...values.value }));

export const pictureAddress = ({ id }: Pick<PictureInfo, 'id'>): string => `pictures/${id}.png`;

let request = 0;
let sent = 0; // requests on their way
let again = false;

/** Sends the newest wish; while an answer is awaited the newest of the further ones waits. */
const ask = async (): Promise<void> => {
  if (!info.value) return;
  if (sent > 0) {
    again = true;
    return;
  }
  sent++;
  again = false;
  const number = ++request;
  batch(() => {
    progress.value = { frame: frame.value, step: 0, steps: 0 };
    freeuEffect.value = undefined;
  });
  try {
    const answer = await server.draw({ request: number, frame: frame.value, values: values.value });
    plan.value = answer;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    batch(() => {
      trouble.value = error.message;
      progress.value = undefined;
    });
  } finally {
    sent--;
    if (again) void ask();
  }
};

/** Draws all key frames; what is drawn at the moment ends. */
export const drawKeys = async (): Promise<void> => {
  const number = ++request;
  progress.value = { frame: frame.value, step: 0, steps: 0 };
  await server.drawKeys({ request: number, values: values.value }).catch(error => {
    progress.value = undefined;
    throw error;
  });
};

export const PAUSE = 120; // milliseconds that a moving timeline rests before its frame is drawn
let resting: ReturnType<typeof setTimeout> | undefined;

/** Sets options; undefined takes the command's value again. */
export const change = (changes: Values): void => {
  trouble.value = undefined; // of what was tried before
  const evenly = 'interval' in changes ? { keyframesAt: undefined } : {}; // a distance places key frames anew
  const next = { ...values.value, ...evenly, ...changes };
  values.value = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined));
  if (Object.keys(changes).some(name => name !== 'report')) ageKeys();
  void ask();
};

export const goTo = (to: number): void => {
  const clip = info.value?.clip;
  if (!clip) return;
  trouble.value = undefined;
  frame.value = Math.max(clip.from, Math.min(clip.from + clip.frames - 1, to));
  if (mode.value === 'clip') return; // the clip is looked at, and nothing drawn
  clearTimeout(resting);
  resting = setTimeout(() => void ask(), PAUSE);
};

/** Shows single frames again, or the render. */
export const showClip = (clip: boolean): void => {
  batch(() => {
    mode.value = clip ? 'clip' : 'frame';
    playing.value = clip;
  });
  if (!clip) void ask();
};

/** Keeps what is on the page as A. */
export const keep = (): void => {
  if (!drawn.value) return;
  batch(() => {
    kept.value = { values: values.value, frame: drawn.value!.frame, id: drawn.value!.picture.id };
    against.value = 'a';
    notice.value = 'These settings are kept as A.';
  });
};

export const forget = (): void =>
  batch(() => {
    kept.value = undefined;
    against.value = 'source';
  });

/** Takes A's settings, and keeps the present ones in its place. */
export const swap = (): void => {
  const other = kept.value;
  if (!other) return;
  keep();
  values.value = other.values;
  ageKeys();
  void ask();
};

export const approve = (id: string): void => {
  approved.value = approved.value.includes(id) ? approved.value.filter(one => one !== id) : [...approved.value, id].slice(-64);
};

const onDrawing = (event: Extract<PageEvent, { readonly request: number }>): void => {
  if (event.request !== request) return;
  if (event.type === 'plan') plan.value = event.plan;
  else if (event.type === 'step') {
    progress.value = { frame: event.frame, step: event.step, steps: event.steps };
    if (event.frame === frame.value && event.picture) look.value = event.picture;
  } else if (event.type === 'keyframe') setKey(event.frame, event.picture);
  else if (event.type === 'picture') {
    drawn.value = event;
    look.value = undefined;
    progress.value = undefined;
  } else if (event.type === 'freeu') freeuEffect.value = event;
  else if (event.type === 'keyframes') {
    plan.value = event.plan;
    look.value = undefined;
    progress.value = undefined;
  } else {
    trouble.value = event.message;
    progress.value = undefined;
  }
};

const sameValues = (a: Values, b: Values): boolean => {
  const text = (all: Values): string => JSON.stringify(Object.entries(all).sort(([x], [y]) => (x < y ? -1 : 1)));
  return text(a) === text(b);
};

const onEvent = (event: PageEvent): void =>
  batch(() => {
    if ('request' in event) onDrawing(event);
    else if (event.type === 'rendered') {
      if (sameValues(event.values, values.value)) setKey(event.frame, event.picture);
    } else if (event.type === 'sheet') sheeting.value = event;
    else if (event.type === 'measuring') measuring.value = event;
    else if (event.type === 'render') render.value = event.render.id === '' ? undefined : event.render;
    else notice.value = event.message;
  });

/** Asks for everything and begins to draw; again when the program was away. */
const load = async (): Promise<void> => {
  try {
    const state = await server.state();
    batch(() => {
      info.value = state;
      plan.value ??= state.plan;
      render.value = state.render;
      fatal.value = undefined;
      trouble.value = undefined;
      const { from, frames } = state.clip;
      frame.value = begin.frame === undefined && frame.value === 0 ? from : Math.max(from, Math.min(from + frames - 1, frame.value));
    });
    await ask();
  } catch (error) {
    fatal.value = error instanceof Failed ? error.message : 'The page failed: reload it.';
  }
};

/** Begins. */
export const start = (): void => {
  listen(onEvent, state => {
    connected.value = state;
    if (state) void load();
  });
  effect(() => {
    writeAddress({
      frame: info.value ? frame.value : begin.frame,
      view: view.value,
      wipe: wipe.value,
      approved: approved.value,
      values: values.value,
      kept: kept.value,
      against: against.value,
      overlay: overlay.value,
    });
  });
  effect(() => {
    if (notice.value === '') return undefined;
    const timer = setTimeout(() => (notice.value = ''), 4000);
    return () => clearTimeout(timer);
  });
};
