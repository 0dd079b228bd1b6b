// Which key frames a key frame looks at: the anchor of its shot, and those before it.
import type { Shot } from '../shots/keyframes.ts';

/** A key frame among the others; all numbers are frames of the clip. */
export type Role = {
  readonly frame: number;
  /** Of whom it takes shapes and colours; absent for the anchor of a shot. */
  readonly links?: {
    readonly anchor: number;
    /** The key frame next to it on the anchor's side, whose pixels are pulled here. */
    readonly previous: number;
    /** The key frame that its attention sees beside the anchor; the anchor itself until the first update. */
    readonly states: number;
  };
};

/** Which key frame is the anchor of a shot, and when it, and the states beside it, are replaced. */
export type RoleOptions = {
  /** Key frames that are their shots' anchors; of a shot without one the first is. Default: none. */
  readonly at?: readonly number[];
  /** Key frames from one anchor to the next within a shot; undefined: one anchor a shot. */
  readonly refresh: number | undefined;
  /** Every how many key frames the states of the one just drawn replace those of an earlier one; 0: never. */
  readonly update: number;
};

/** Roles along a chain of key frames that begins at an anchor, forwards or backwards in time. */
const ofChain = (keys: readonly number[], { refresh = Number.POSITIVE_INFINITY, update }: RoleOptions): Role[] => {
  return keys.map((frame, m) => {
    if (m === 0) return { frame };
    const start = Math.floor((m - 1) / refresh) * refresh || 0; // number of the anchor among the keys; Infinity * 0 is NaN
    const since = m - start; // 1 for the key frame behind the anchor
    // Those 1, 1 + update, 1 + 2 update ... behind the anchor are the ones that replace the states.
    const attended = update === 0 || since === 1 ? 0 : Math.floor((since - 2) / update) * update + 1;
    return { frame, links: { anchor: keys[start]!, previous: keys[m - 1]!, states: keys[start + attended]! } };
  });
};

/** From the anchor on to the end of the shot, and from it back to the begin. */
const ofShot = (keys: readonly number[], options: RoleOptions): Role[] => {
  const anchor = Math.max(
    0,
    keys.findIndex(key => options.at?.includes(key)),
  );
  const back = ofChain(keys.slice(0, anchor + 1).reverse(), options).slice(1);
  return [...back.reverse(), ...ofChain(keys.slice(anchor), options)];
};

/**
 * The roles of all key frames, in order. Every shot has an anchor of its own. A refreshed anchor is drawn like any other key frame, from
 * the anchor before it, and takes over from the next one on. Key frames before an anchor that is not a shot's first follow it back in time:
 * of two of them the later one is drawn first.
 */
export const rolesOf = (shots: readonly Shot[], keyframes: readonly number[], options: RoleOptions): Role[] =>
  shots.flatMap(({ first, last }) =>
    ofShot(
      keyframes.filter(k => k >= first && k <= last),
      options,
    ),
  );
