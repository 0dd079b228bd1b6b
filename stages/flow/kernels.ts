// What kernels/flow.ts exports: pointers are byte offsets into the arena's memory.

export type FlowKernels = {
  /** See kernels/flow/pyramid.ts. */
  toFloats(bytes: number, width: number, height: number, plane: number): void;
  halve(plane: number, width: number, height: number, half: number): void;
  slopes(plane: number, width: number, height: number, dx: number, dy: number): void;
  /** See kernels/flow/search.ts. */
  start(flow: number, width: number, height: number, found: number): void;
  search(
    first: number,
    dx: number,
    dy: number,
    second: number,
    width: number,
    height: number,
    found: number,
    steps: number,
    backwards: boolean,
  ): void;
  /** See kernels/flow/densify.ts. */
  densify(first: number, second: number, width: number, height: number, found: number, sums: number, flow: number): void;
  /** See kernels/flow/standstill.ts. */
  misfits(
    map: number,
    key: number,
    frame: number,
    width: number,
    height: number,
    radius: number,
    still: number,
    moved: number,
    rows: number,
    sums: number,
    means: number,
  ): void;
  accumulate(sum: number, plane: number, count: number, weight: number): void;
  shares(still: number, moved: number, count: number, floor: number, noise: number, clear: number, share: number): void;
  shorten(map: number, share: number, count: number, near: number): void;
  /** See kernels/flow/occlusion.ts. */
  occlusion(f: number, b: number, width: number, height: number, slope: number, slack: number, hidden: number): void;
  /** See kernels/flow/follow.ts. */
  follow(plane: number, map: number, width: number, height: number, out: number): void;
  /** See kernels/flow/luma.ts. */
  luma(rgb: number, count: number, out: number): void;
  /** See kernels/halve.ts. */
  halveBytes(from: number, width: number, height: number, channels: number, out: number): void;
  /** See kernels/flow/sound.ts. */
  isSound(field: number, count: number, furthest: number): number;
  /** See kernels/flow/structure.ts. */
  structure(luma: number, width: number, height: number, radius: number, plane: number, rows: number, sums: number, out: number): void;
  /** See kernels/flow/settle.ts. */
  settle(
    map: number,
    luma: number,
    structure: number,
    misfit: number,
    width: number,
    height: number,
    noise: number,
    stiffness: number,
    rest: number,
    edge: number,
    tear: number,
    near: number,
    levels: number,
  ): void;
};
