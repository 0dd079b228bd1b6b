// The kernels of stages/keyframes. All work on memory that the caller lays out (stages/kernels/arena.ts):
// pointers are byte offsets into it.
export { maxAround, blur } from './keyframes/masks';
