// The kernels of stages/flow: dense inverse search. All work on memory that the caller lays out (stages/kernels/arena.ts):
// pointers are byte offsets into it.
export { toFloats, halve, slopes } from './flow/pyramid';
export { start, search } from './flow/search';
export { densify } from './flow/densify';
export { accumulate, misfits, shares, shorten } from './flow/standstill';
export { occlusion } from './flow/occlusion';
export { follow } from './flow/follow';
export { halve as halveBytes } from './halve';
export { luma } from './flow/luma';
export { isSound } from './flow/sound';
export { structure } from './flow/structure';
export { settle } from './flow/settle';
