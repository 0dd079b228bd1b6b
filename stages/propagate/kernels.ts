// What kernels/propagate.ts exports: pointers are byte offsets into the arena's memory.

export type PropagateKernels = {
  /** See kernels/propagate/warp.ts. */
  warpCubic(
    from: number,
    width: number,
    height: number,
    map: number,
    gridWidth: number,
    gridHeight: number,
    cells: number,
    parts: number,
    sx: number,
    sy: number,
    weights: number,
    row: number,
    out: number,
  ): void;
};
