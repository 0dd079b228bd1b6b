// Tries a device in a process of its own, and says in words why it cannot be used.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerEntry } from '../../config/paths.ts';
import type { Provider, SessionSettings } from './calls.ts';
import { withInstallHint } from './install-hint.ts';
import type { ProbeReport } from './probe.ts';

/**
 * Why a device cannot be used: onnxruntime was built without it; its provider lies not beside onnxruntime; a library of its driver is
 * missing; there is no adapter; its driver died or did not answer; it computes wrong numbers; other.
 */
export type Cause = 'not built' | 'provider missing' | 'library missing' | 'no adapter' | 'driver' | 'wrong numbers' | 'other';

/** A device that was tried: why it cannot be used, or what it can do. */
export type Trial = {
  readonly refusal: { readonly cause: Cause; readonly reason: string } | undefined;
  /** Whether it has what `--precision fast` takes: whole numbers of 8 bits on the CPU, half precision on the others. */
  readonly fast: boolean;
};

const PATIENCE = 60_000; // milliseconds; a first CUDA start has to load its libraries

export const parseDevice = (name: string): Pick<SessionSettings, 'provider' | 'deviceId'> => {
  const [provider, deviceId = '0'] = name.split(':');
  return { provider: provider as Provider, deviceId: Number(deviceId) };
};

/** A library that the system's loader did not find, in its messages: `libcudnn.so.9: cannot open shared object file`. */
const LIBRARY = /([^\s/\\":]+\.(?:so(?:\.[\d.]+)?|dll|dylib)):? (?:cannot open shared object file|which is missing)/;

/**
 * A refusal in words.
 * @param message of onnxruntime; its last clause says what happened, the first ones are places in its source
 * @param log what the process said on stderr: there alone stands which library is missing
 */
export const explain = (message: string, log: string): { cause: Cause; reason: string } => {
  const [line = ''] = (message.split('was false. ').at(-1) ?? '').trim().split('\n');
  if (/backend not found/.test(line)) return { cause: 'not built', reason: 'this build of onnxruntime-node does not have it' };
  if (/Failed to load shared library/.test(line)) {
    const [, library] = LIBRARY.exec(log) ?? [];
    if (library !== undefined && !library.includes('onnxruntime'))
      return { cause: 'library missing', reason: `${library} is not on this machine` };
    return { cause: 'provider missing', reason: 'its libraries are not installed beside onnxruntime-node' };
  }
  if (/adapter/i.test(line)) return { cause: 'no adapter', reason: line };
  return { cause: 'other', reason: withInstallHint(line) };
};

/** Tries a device: about 0.2 s, more when a GPU driver starts. A driver that crashes or hangs takes only the other process down. */
export const tryDevice = (device: string): Promise<Trial> =>
  new Promise(resolve => {
    const { provider, deviceId } = parseDevice(device);
    const refuse = (cause: Cause, reason: string): void => resolve({ refusal: { cause, reason }, fast: false });
    const file = fileURLToPath(workerEntry(import.meta.url, 'probe'));
    const child = fork(file, [provider, String(deviceId)], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      refuse('driver', `its driver did not answer within ${PATIENCE / 1000} s`);
    }, PATIENCE);
    let log = '';
    let report: ProbeReport | undefined;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-20_000);
    });
    child.on('message', (message: ProbeReport) => {
      report = message;
      child.disconnect();
    });
    child.on('error', cause => refuse('other', cause.message));
    const ended = new Promise(end => child.stderr!.once('close', end));
    child.on('exit', async (code, signal) => {
      clearTimeout(timer);
      await ended; // what is in the pipe; a child that was let go emits no 'close' of its own
      if (report === undefined) refuse('driver', `its driver brought the process down (${signal ?? `code ${code}`})`);
      else if (report.wrong !== undefined) refuse('wrong numbers', `it computes wrong numbers (off by ${report.wrong})`);
      else if (report.message !== undefined) resolve({ refusal: explain(report.message, log), fast: false });
      else resolve({ refusal: undefined, fast: report.fast === true });
    });
  });
