// How providers say that memory ran out.

/** Code of the error that the thread answers with where the second try fails, too. */
export const OUT_OF_MEMORY = 'OUT_OF_MEMORY';

/**
 * Their words.
 * - onnxruntime's arena, of the CPU and of CUDA: "Failed to allocate memory for requested buffer of size N"; and the C++ library
 * - CUDA: "CUDA failure 2: out of memory"; cuBLAS' and cuDNN's states
 * - DirectML: HRESULT 8007000E, "Not enough memory resources are available to complete this operation"
 * - WebGPU: Vulkan's and Dawn's; a buffer that could not be made is found out at its first use, the reason stands only in the log
 */
const SIGNS = [
  /failed to allocate memory|bad_?\s?alloc(ation)?\b|arena ran out of memory|available memory of \d+ is smaller/i,
  /\bout of memory\b|(CUBLAS|CUDNN)_STATUS_ALLOC_FAILED|CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED/i,
  /8007000E|not enough memory resources/i,
  /OUT_OF_(DEVICE|HOST)_MEMORY|OutOfMemory|exceeds the max buffer size limit|allocation size too large/i,
  /\[Invalid Buffer[^\]]*\] is invalid due to a previous error/,
];

/** Whether a provider's message says that memory ran out. */
export const isOutOfMemory = (message: string): boolean => SIGNS.some(sign => sign.test(message));

/** Bytes that were asked for at once, where the message says it. */
export const askedFor = (message: string): number | undefined => {
  const [, size] = /(?:requested buffer of size|Buffer size \(|requested bytes of) ?(\d+)/.exec(message) ?? [];
  return size === undefined ? undefined : Number(size);
};
