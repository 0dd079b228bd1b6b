// `rerender devices`: what is told of each, from the system's own words, and of drivers that are broken.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { devicesText } from '../../cli/report/devices-text.ts';
import { fromMac, fromNvidiaSmi, fromSysfs, fromWindows, softwareDrivers } from '../../models/runtime/adapters.ts';
import type { DeviceDescription } from '../../models/runtime/describe-devices.ts';
import { explain } from '../../models/runtime/try-device.ts';
import { rerenderCommand } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();

describe('refusals in words', () => {
  const cuda = 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library';
  const missing = (library: string, file = library) =>
    `FAIL : Failed to load library /x/${file} with error: ${library}: cannot open shared object file: No such file or directory`;
  test.each([
    [
      cuda,
      missing('/x/libonnxruntime_providers_shared.so'),
      'provider missing',
      /^its libraries are not installed beside onnxruntime-node$/,
    ],
    [cuda, missing('libcudnn.so.9', 'libonnxruntime_providers_cuda.so'), 'library missing', /^libcudnn\.so\.9 is not on this machine$/],
    [
      'x.cc:136 f() status was false. Failed to get a WebGPU adapter: No supported adapters\n',
      '',
      'no adapter',
      /^Failed to get a WebGPU adapter/,
    ],
    ['no available backend found. ERR: [dml] backend not found.', '', 'not built', /^this build of onnxruntime-node does not have it$/],
    ["Cannot find package 'onnxruntime-node' imported from /x", '', 'other', /ONNXRUNTIME_NODE_INSTALL=skip/],
  ])('%s', (message, log, cause, reason) => {
    expect(explain(message, log)).toEqual({ cause, reason: expect.stringMatching(reason) });
  });
});

describe('adapters, as systems name them', () => {
  test('nvidia-smi: MiB; cards that share the memory of the machine do not say how much', () => {
    expect(fromNvidiaSmi('NVIDIA H200, 143771\nNVIDIA GB10, [N/A]\n')).toEqual([
      { name: 'NVIDIA H200', memory: 143771 * 2 ** 20, software: false },
      { name: 'NVIDIA GB10', memory: undefined, software: false },
    ]);
    expect(fromNvidiaSmi('')).toEqual([]);
  });

  test("Linux's sysfs: cards, not their outputs, nor virtual displays", () => {
    const card = (name: string, files: Record<string, string>): void => {
      const device = join(folder, 'class', 'drm', name, 'device');
      mkdirSync(device, { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(device, file), `${text}\n`);
    };
    card('card0', { vendor: '0x1002', device: '0x744c', mem_info_vram_total: '25753026560' });
    card('card0-DP-1', { vendor: '0x1002' });
    card('card1', { vendor: '0x8086', device: '0x9a49' });
    card('card2', { vendor: '0x1af4', device: '0x1050' });
    expect(fromSysfs(folder)).toEqual([
      { name: 'AMD GPU 0x744c', memory: 25753026560, software: false },
      { name: 'Intel GPU 0x9a49', memory: undefined, software: false },
    ]);
    expect(fromSysfs(join(folder, 'none'))).toEqual([]);
  });

  test('drivers of the Vulkan loader that compute on the CPU', () => {
    expect(softwareDrivers({ VK_ICD_FILENAMES: '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json' })).toMatchObject([{ name: 'lavapipe' }]);
    expect(softwareDrivers({ VK_ICD_FILENAMES: '/usr/share/vulkan/icd.d/radeon_icd.x86_64.json' })).toEqual([]);
    expect(softwareDrivers({})).toEqual([]);
  });

  test('Windows: its 32-bit sizes say nothing of larger cards', () => {
    const one = { Name: 'NVIDIA GeForce RTX 4090', AdapterRAM: 4293918720 };
    const basic = { Name: 'Microsoft Basic Render Driver', AdapterRAM: null };
    expect(fromWindows(JSON.stringify(one))).toEqual([{ name: one.Name, memory: undefined, software: false }]);
    expect(fromWindows(JSON.stringify([one, basic]))[1]).toEqual({ name: basic.Name, memory: undefined, software: true });
    expect(fromWindows('')).toEqual([]);
  });

  test('macOS', () => {
    expect(fromMac('{"SPDisplaysDataType":[{"sppci_model":"Apple M2"}]}')).toEqual([
      { name: 'Apple M2', memory: undefined, software: false },
    ]);
  });
});

test('in words: cards are numbered for cuda; what auto takes, and leaves out', () => {
  const card = { name: 'NVIDIA H200', memory: 150e9, software: false };
  const works = { state: 'works', auto: true, precisions: ['exact'], attention: 'fused' } as const;
  const devices: DeviceDescription[] = [
    { ...works, device: 'cuda', adapters: [card, card] },
    {
      ...works,
      device: 'webgpu',
      state: 'software',
      auto: false,
      adapters: [],
      attention: 'plain',
      passed: 'this machine has no GPU device',
    },
  ];
  const text = devicesText(devices);
  expect(text).toMatch(/^cuda {4}works\n {8}cuda:0 is NVIDIA H200, 150 GB\n {8}cuda:1 is NVIDIA H200, 150 GB\n/);
  expect(text).toContain('\n        auto takes it\nwebgpu  works, by a software driver\n');
  expect(text).toContain('auto leaves it out: this machine has no GPU device');
});

describe('the command', () => {
  const devicesUnder = async (env: Record<string, string>): Promise<Map<string, DeviceDescription>> => {
    const { stdout, code } = await rerenderCommand(['devices', '--json'], { env });
    expect(code).toBe(0);
    return new Map((JSON.parse(stdout) as DeviceDescription[]).map(one => [one.device, one]));
  };

  test('names every device, and a driver that brings its process down does no harm', async () => {
    const crash = join(folder, 'crash.cjs');
    writeFileSync(crash, "if (process.argv[2] === 'webgpu') process.kill(process.pid, 'SIGSEGV');\n");
    const found = await devicesUnder({ NODE_OPTIONS: `--require ${crash}` });
    expect([...found.keys()].sort()).toEqual(['coreml', 'cpu', 'cuda', 'dml', 'webgpu']);
    const cpu = found.get('cpu')!;
    expect([cpu.state, cpu.precisions[0], cpu.adapters.length]).toEqual(['works', 'exact', 1]);
    expect(cpu.adapters[0]!.memory).toBeGreaterThan(1e9);
    expect(found.get('webgpu')).toMatchObject({ state: 'driver', reason: expect.stringMatching(/brought the process down \(SIGSEGV\)/) });
    expect(found.get('webgpu')!.remedy).toMatch(/driver up to date/);
    expect([...found.values()].filter(({ auto }) => auto)).toHaveLength(1);
  });

  test('a manifest whose driver is not there is no adapter', async () => {
    const manifest = join(folder, 'swiftshader_icd.json');
    writeFileSync(manifest, '{"file_format_version":"1.0.0","ICD":{"library_path":"./none.so","api_version":"1.0.5"}}');
    const found = await devicesUnder({ VK_ICD_FILENAMES: manifest });
    expect(found.get('webgpu')).toMatchObject({ state: 'no adapter', auto: false, precisions: [] });
  });
});
