// Talks to the server. All addresses are relative: the page's own has the token.
import type {
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

/** Of this tab, so that the server knows which of its drawings are out of date. */
export const client = Array.from(crypto.getRandomValues(new Uint8Array(12)), n => n.toString(36))
  .join('')
  .padEnd(12, '0');

/** What the server answered with, in its own sentence. */
export class Failed extends Error {
  readonly status: number;

  constructor(message: string, status = 0) {
    super(message);
    this.status = status;
  }
}

const read = async <T>(response: Response): Promise<T> => {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body as T;
  const { message } = (body ?? {}) as { message?: string };
  throw new Failed(message ?? `The server answered with ${response.status}.`, response.status);
};

const gone = (): never => {
  throw new Failed('The program does not answer. If it was stopped, start `rerender preview` again; what is finished is kept.');
};

const get = async <T>(path: string): Promise<T> => read(await fetch(path).catch(gone));

const post = async <T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> => {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: signal ?? null };
  return read(await fetch(path, request).catch(gone));
};

export const server = {
  state: () => get<StateInfo>('api/state'),
  plan: (values: Values) => post<PlanInfo>('api/plan', { values }),
  /** Keeps a picture of the user's; the id is how options name it. */
  picture: async (file: Blob) =>
    read<{ readonly id: string }>(
      await fetch('api/picture', { method: 'POST', headers: { 'content-type': file.type || 'image/png' }, body: file }).catch(gone),
    ),
  draw: (request: Omit<DrawRequest, 'client'>) => post<PlanInfo>('api/draw', { ...request, client }),
  drawKeys: (request: Omit<KeysRequest, 'client'>) => post<PlanInfo>('api/keyframes', { ...request, client }),
  overlay: (kind: OverlayKind, frame: number, values: Values, signal: AbortSignal) =>
    post<PictureInfo>('api/overlay', { kind, frame, values }, signal),
  freeu: (kind: FreeUKind, frame: number, values: Values) => post<{ readonly id: string }>('api/freeu', { kind, frame, values }),
  save: (values: Values, overwrite: boolean) => post<Saved>('api/save', { values, overwrite }),
  measure: () => post<MeasuresInfo>('api/measure'),
  render: (values: Values) => post<RenderInfo>('api/render', { values }),
  steer: (action: 'pause' | 'resume' | 'cancel') => post<RenderInfo | null>(`api/render/${action}`),
};

/** Listens to everything. The browser comes back by itself when the stream breaks. */
export const listen = (onEvent: (event: PageEvent) => void, onState: (connected: boolean) => void): void => {
  const source = new EventSource(`api/events?client=${client}`);
  source.onmessage = ({ data }) => onEvent(JSON.parse(data) as PageEvent);
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
};
