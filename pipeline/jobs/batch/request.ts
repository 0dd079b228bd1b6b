// What a caller asks for several clips.
import type { Request } from '../../session/request.ts';

/** Several clips under the same options. */
export type ClipsRequest = Omit<Request, 'input' | 'output'> & {
  /** Clips, folders with clips, and patterns such as `clips/*.mp4`; paths. */
  readonly inputs: readonly string[];
  /** The folder of the results, made where it is missing. @defaultValue each result lies beside its clip */
  readonly output?: string | undefined;
  /** Folders in folders are looked into, too. @defaultValue `false` */
  readonly recursive?: boolean | undefined;
  /** A clip whose result is there is left alone. @defaultValue `false`: it fails, unless this very request has made the result */
  readonly skipExisting?: boolean | undefined;
};
