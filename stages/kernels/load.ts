// Loads the WebAssembly modules that the build compiles from kernels/ (AssemblyScript, SIMD). Synchronous: for worker threads.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { packageRoot } from '../../config/paths.ts';

// The part of the WebAssembly interface that is used here; Node's types have none, and the browser's would bring the whole DOM.
declare global {
  namespace WebAssembly {
    interface Memory {
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
    const Memory: new (size: { initial: number; maximum?: number }) => Memory;
    interface Module {
      readonly kind?: 'module';
    }
    const Module: new (bytes: Uint8Array) => Module;
    const Instance: new (module: Module, imports: { env: { memory: Memory } }) => { readonly exports: unknown };
  }
}

/** A kernel module is missing from the build, or cannot be run by this engine. */
class KernelError extends RerenderError {
  constructor(name: string, reason: string, options?: ErrorOptions) {
    super('KERNEL_MISSING', 'missing', `the kernel module ${name} ${reason}`, options);
  }
}

const compiled = new Map<string, WebAssembly.Module>();

const compile = (name: string): WebAssembly.Module => {
  const file = join(packageRoot, 'dist', 'kernels', `${name}.wasm`);
  if (!existsSync(file)) throw new KernelError(name, 'is not built: run `npm run build`, or install the package again');
  try {
    return new WebAssembly.Module(readFileSync(file));
  } catch (cause) {
    throw new KernelError(name, 'does not run on this engine: Node.js 20.9 or newer with WebAssembly SIMD is needed', { cause });
  }
};

/**
 * The exports of kernels/NAME.ts over this memory. `K` says what they are;
 * pointers are byte offsets into the memory, numbers are i32 or f64.
 * Errors: KernelError when the build lacks the module.
 */
export const loadKernels = <K>(name: string, memory: WebAssembly.Memory): K => {
  const module = compiled.get(name) ?? compile(name);
  compiled.set(name, module);
  return new WebAssembly.Instance(module, { env: { memory } }).exports as K;
};
