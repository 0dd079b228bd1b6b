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
  standStill(
    map: number,
    key: number,
    frame: number,
    width: number,
    height: number,
    radius: number,
    floor: number,
    noise: number,
    clear: number,
    near: number,
    still: number,
    moved: number,
    rows: number,
    sums: number,
    means: number,
  ): void;
};
