// The kernels of stages/propagate. All work on memory that the caller lays out (stages/kernels/arena.ts): pointers are byte offsets into it.
export * from './propagate/warp';
