// What the page works with: the clip, its plan under the page's settings, drawings, the render.
import { basename } from 'node:path';
import type { PartialOptions } from '../../config/options.ts';
import { embeddedModel, packageVersion } from '../../config/paths.ts';
import { PRESETS } from '../../config/presets.ts';
import type { Picture } from '../../media/frame.ts';
import { JOBS } from '../../pipeline/jobs/clip-job.ts';
import { optionsOf, type Request } from '../../pipeline/session/request.ts';
import type {
  ClipInfo,
  DrawRequest,
  FreeUKind,
  KeysRequest,
  MeasuresInfo,
  OverlayKind,
  PageEvent,
  PictureInfo,
  PlanInfo,
  RenderInfo,
  Saved,
  StateInfo,
  Values,
} from '../api.ts';
import { Refused } from '../http/refuse.ts';
import { controlsOf, valuesFrom } from './controls.ts';
import { openDrawings } from './drawings.ts';
import { freeOutput } from './free-output.ts';
import { holdValue } from './held.ts';
import { measureRender } from './measure.ts';
import { overlayOf } from './overlays.ts';
import { openPace } from './pace.ts';
import { openPictures, type Pictures } from './pictures.ts';
import { planInfo } from './plan-info.ts';
import { openPlayback, type Playback } from './playback.ts';
import { type Elsewhere, openRenders, type Renders } from './render.ts';
import { saveConfig } from './save.ts';
import { openSessions } from './sessions.ts';
import { settingsOf } from './settings.ts';
import { freeuSheet, freeuSpectrum, type SheetJob } from './sheet.ts';
import { openSourceFrames, type SourceFrames } from './source.ts';
import { openTurns } from './turns.ts';
import { openUploads, type Uploads } from './uploads.ts';
import { type Work, withWork } from './work.ts';

export type Studio = {
  state(): Promise<StateInfo>;
  plan(values: unknown): Promise<PlanInfo>;
  /** Plans, and queues the drawing, which is told by events. */
  draw(request: DrawRequest): Promise<PlanInfo>;
  /** Queues the drawing of all key frames in the place of the client's present drawing. */
  drawKeys(request: KeysRequest): Promise<PlanInfo>;
  drop(client: string): void;
  readonly pictures: Pictures;
  /** Pictures that were dropped on the page. */
  readonly uploads: Uploads;
  source(): Promise<SourceFrames>;
  readonly renders: Renders;
  render(values: unknown): Promise<RenderInfo>;
  readonly playback: Playback;
  save(values: unknown, overwrite: boolean): Promise<Saved>;
  /** @param stop ends it: whoever asked has left */
  overlay(values: unknown, frame: number, kind: OverlayKind, stop: AbortSignal): Promise<PictureInfo>;
  /** A sheet of the frame over FreeU's factors, or its spectra: the id of a PNG or an SVG. */
  freeu(values: unknown, frame: number, kind: FreeUKind): Promise<{ readonly id: string }>;
  /** Measures the finished render. @throws Refused with 404 where there is none */
  measure(): Promise<MeasuresInfo>;
  /** What the networks have cost so far. */
  usage(): Promise<unknown>;
  close(): Promise<void>;
};

export type StudioOptions = {
  readonly request: Request;
  readonly tell: (client: string, event: PageEvent) => void;
  readonly broadcast: (event: PageEvent) => void;
  readonly signal: AbortSignal;
  readonly elsewhere?: Elsewhere | undefined;
};

const clipInfo = ({ job, from }: Work, thumbnails: readonly number[]): ClipInfo => {
  const { source } = job.session;
  const { start, end, duration } = job.options;
  return {
    name: basename(job.input),
    from,
    frames: job.survey.times.length,
    times: job.survey.times,
    width: source.info.width,
    height: source.info.height,
    thumbnails,
    hdr: source.info.video.hdr !== undefined,
    cuttable: [start, end, duration].every(part => part === undefined),
  };
};

/** Whose turn it is that nobody has asked for. */
const AHEAD = 'nobody yet';

/** Opens everything, lazily where it takes long. A failure to open is told by {@link Studio.state}. */
export const openStudio = ({ request: base, tell, broadcast, signal, elsewhere }: StudioOptions): Studio => {
  const warn = (message: string): void => broadcast({ type: 'warning', message });
  const sessions = openSessions(warn, signal);
  const turns = openTurns();
  const pictures = openPictures();
  const uploads = openUploads(base.input, async () => (await optionsOf(base)).maxPixels);
  const pace = openPace();
  /** Key frames that a render draws are those that pages with the same settings wait for. */
  const tellDrawn = async (render: RenderInfo, frame: number, picture: Picture): Promise<void> => {
    broadcast({ type: 'rendered', values: render.values, frame, picture: await pictures.add(picture) });
  };
  const tellRender = (render: RenderInfo): void => {
    broadcast({ type: 'render', render });
    if (render.state !== 'running') void begin.renew();
  };
  const renders = openRenders(sessions, { tell: tellRender, drawn: tellDrawn, warn, signal, elsewhere });
  const playback = openPlayback(renders, sessions, signal);
  const work = <T>(values: PartialOptions, use: (work: Work) => Promise<T>, stop: AbortSignal = signal) =>
    withWork(base, values, { sessions, signal: stop }, use);

  /** The session that the page begins with stays open: the source is read through it. */
  const openBase = async (): Promise<SourceFrames> => {
    await sessions.hold(base);
    const frames = await work({}, async ({ job, from }) => openSourceFrames(job.session.source, { frames: job.survey.times.length, from }));
    turns.take(AHEAD, stop => drawings.ahead(AbortSignal.any([signal, stop])));
    return frames;
  };
  let source: Promise<SourceFrames> | undefined;
  const openSource = () => {
    source ??= openBase();
    source.catch(() => (source = undefined)); // the next request tries again
    return source;
  };
  const settings = async (values: unknown): Promise<PartialOptions> =>
    settingsOf(base, valuesFrom(values, JOBS[await work({}, async ({ job }) => job.planned.strategy)]), uploads);

  const info = (one: Work): Promise<PlanInfo> => planInfo(one, pace, uploads);
  const plan = async (values: unknown): Promise<PlanInfo> => work(await settings(values), info);

  /** What pages begin with, apart from the render. */
  const begin = holdValue(() =>
    work({}, async (one): Promise<Omit<StateInfo, 'render'>> => {
      const { opened, planned } = one.job;
      const { folder } = opened.model.info;
      return {
        version: packageVersion(),
        clip: clipInfo(one, (await openSource()).thumbnails),
        model: { name: basename(folder), device: opened.device, embedded: folder === embeddedModel },
        controls: controlsOf(JOBS[planned.strategy]),
        presets: Object.entries(PRESETS).map(([name, { style }]) => ({ name, style })),
        plan: await info(one),
      };
    }),
  );

  const drawings = openDrawings({ work, info, pictures, pace, tell, finished: begin.renew });

  return {
    pictures,
    uploads,
    renders,
    state: async () => {
      const render = renders.info();
      return { ...(await begin.get()), ...(render && { render }) };
    },
    plan,
    draw: async request => {
      const values = await settings(request.values);
      const made = await work(values, info); // what is wrong with the settings is the answer, and nothing is stopped for it
      if (request.frame !== made.from || Object.keys(values).length > 0) turns.drop(AHEAD);
      turns.take(request.client, stop => drawings.frame(request, values, AbortSignal.any([signal, stop])));
      return made;
    },
    drawKeys: async request => {
      const values = await settings(request.values);
      const made = await work(values, info);
      turns.take(request.client, stop => drawings.keys(request, values, AbortSignal.any([signal, stop])));
      return made;
    },
    drop: turns.drop,
    source: openSource,
    render: async values => {
      const chosen = await settings(values);
      const { from, frames, work: cost } = await work(chosen, info);
      const output = await freeOutput({ ...base, ...chosen });
      return renders.start({ base, values: chosen, asked: values as Values, output, from, frames, seconds: cost.seconds });
    },
    playback,
    save: async (values, overwrite) => saveConfig({ ...base, ...(await settings(values)) }, overwrite),
    overlay: async (values, frame, kind, stop) => {
      const until = { signal: AbortSignal.any([signal, stop]), lasting: signal };
      return work(await settings(values), async one => pictures.add(await overlayOf(one, frame, kind, until)), until.signal);
    },
    freeu: async (values, frame, kind) => {
      const chosen = await settings(values);
      if (kind === 'spectrum') return { id: pictures.keep(await work(chosen, one => freeuSpectrum(one, frame, signal))) };
      const again: SheetJob['again'] = (changes, use) => work({ ...chosen, ...changes }, use);
      const onCell = (done: number, total: number): void => broadcast({ type: 'sheet', done, total });
      return { id: pictures.keep(await freeuSheet({ frame, pictures, pace, signal, again, onCell })) };
    },
    measure: async () => {
      const order = renders.info()?.state === 'done' ? renders.order() : undefined;
      if (!order) throw new Refused(404, 'Nothing is rendered yet that could be measured.');
      return measureRender(order, { signal, onProgress: (done, total) => broadcast({ type: 'measuring', done, total }) });
    },
    usage: () => work({}, async ({ job }) => job.opened.model.usage()),
    close: async () => {
      await turns.close();
      await renders.close();
      await playback.close();
      await sessions.close();
    },
  };
};
