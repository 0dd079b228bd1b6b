// Sessions over the clip: one stays open for all settings that read the same frames at the same size. They share their models.
import type { Options } from '../../config/options.ts';
import { CLIP_OPTIONS } from '../../pipeline/session/leaves.ts';
import { optionsOf, type Request, withStyle } from '../../pipeline/session/request.ts';
import { type OpenScope, openScope } from '../../pipeline/session/scope.ts';
import { openShared } from '../../pipeline/session/workshop.ts';
import { type ClipSession, openClipSession } from '../../pipeline/session.ts';

export type Sessions = {
  /** A session for a request. It stays open until `release` is called and another is asked for. */
  hold(request: Request): Promise<{ readonly session: ClipSession; release(): void }>;
  close(): Promise<void>;
};

type Entry = { readonly scope: OpenScope; readonly session: Promise<ClipSession>; users: number };

const keyOf = (options: Options): string => JSON.stringify(CLIP_OPTIONS.map(name => options[name]));

export const openSessions = (warn: (message: string) => void, signal: AbortSignal): Sessions => {
  const whole = openScope(signal);
  const shared = openShared(whole, warn);
  const entries = new Map<string, Entry>();
  const close = async (key: string, { scope }: Entry): Promise<void> => {
    entries.delete(key);
    scope.abort(new Error('the session is closed'));
    await scope.close();
  };
  const entryOf = (request: Request, options: Options): Entry => {
    const key = keyOf(options);
    const present = entries.get(key);
    if (present) return present;
    for (const [other, entry] of [...entries]) if (entry.users === 0) void close(other, entry).catch(() => undefined);
    const scope = openScope(signal);
    const session = shared.then(all => openClipSession(request, withStyle(options), scope, all));
    const opened = { scope, session, users: 0 };
    entries.set(key, opened);
    // while the model is opened the clip is looked through; what is wrong with it is told to whoever plans
    opened.session.then(session => session.survey()).catch(() => undefined);
    opened.session.catch(() => close(key, opened).catch(() => undefined)); // the next one tries again
    return opened;
  };
  return {
    hold: async request => {
      const entry = entryOf(request, await optionsOf(request));
      entry.users++;
      const release = (): void => void entry.users--;
      const session = await entry.session.catch(error => {
        release();
        throw error;
      });
      return { session, release };
    },
    close: async () => {
      for (const [key, entry] of [...entries]) await close(key, entry);
      await whole.close();
    },
  };
};
