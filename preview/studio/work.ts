// A clip under some settings: the session that reads it, its plan, and how its frames are numbered.
import type { PartialOptions } from '../../config/options.ts';
import { type ClipJob, prepareClip } from '../../pipeline/jobs/clip-job.ts';
import type { Request } from '../../pipeline/session/request.ts';
import { withScope } from '../../pipeline/session/scope.ts';
import type { Sessions } from './sessions.ts';

export type Work = {
  readonly request: Request;
  readonly job: ClipJob;
  /** The clip's frame that the chosen part begins at: pages count frames of the clip, plans those of the part. */
  readonly from: number;
};

/** Settles and plans; `use` is what the session stays open for. */
export const withWork = async <T>(
  base: Request,
  values: PartialOptions,
  { sessions, signal }: { readonly sessions: Sessions; readonly signal?: AbortSignal | undefined },
  use: (work: Work) => Promise<T>,
): Promise<T> => {
  const request: Request = { ...base, ...values, signal };
  const { session, release } = await sessions.hold(request);
  try {
    return await withScope(signal, async scope => {
      const job = await prepareClip(request, scope, { writesFile: false, session: session });
      return use({ request, job, from: job.options.frames?.[0] ?? 0 });
    });
  } finally {
    release();
  }
};
