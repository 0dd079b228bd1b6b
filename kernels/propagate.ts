// The kernels of stages/propagate. All work on memory that the caller lays out (stages/kernels/arena.ts):
// pointers are byte offsets into it.
export { halve } from './halve';
export * from './propagate/warp';
export * from './propagate/features';
export { evaluate } from './propagate/distance';
export * from './propagate/matches';
export * from './propagate/patch';
export { countUses, occupancy, recountUses } from './propagate/occupancy';
export * from './propagate/vote';
export * from './propagate/mark';
export * from './propagate/mend';
export * from './propagate/shrink';
export * from './propagate/colour';
export * from './propagate/poisson';
export * from './propagate/faithful';
export * from './propagate/visibility';
export * from './propagate/compose';
export * from './propagate/blend';
export * from './propagate/steady';
