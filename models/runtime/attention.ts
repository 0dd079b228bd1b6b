// How attention is computed on a device.

/** Providers whose fused attention is right: on WebGPU onnxruntime 1.30 gives wrong numbers. */
const FUSED_ATTENTION: readonly string[] = ['cpu', 'cuda'];

/** How attention is written for a device: `cpu`, `cuda:1`, `webgpu`. */
export const attentionOn = (device: string): 'fused' | 'plain' =>
  FUSED_ATTENTION.some(provider => device.startsWith(provider)) ? 'fused' : 'plain';
