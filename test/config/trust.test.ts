import { describe, expect, it } from 'vitest';
import { OPTION_NAMES, optionsLayer, settle } from '../../config/layers.ts';
import { findPreset } from '../../config/presets.ts';
import { importRerenderJson, isRerenderJson } from '../../config/rerender-json.ts';
import { parseSweep, seedsOf } from '../../config/sweep.ts';
import { checkModelOptions, FOLDER_OPTIONS, MODEL_OPTIONS, staysInside } from '../../config/trust.ts';

const sorted = (text: string) => text.split(/\s+/).sort();

describe('who may set an option', () => {
  // Closed lists: a new option is closed to both until it is marked at the table and written here.
  it('a model: what drawing looks like, and nothing that names a path, a program or a place', () => {
    expect([...MODEL_OPTIONS].sort()).toEqual(
      sorted(
        `adaPeriod anchor cannyHigh cannyLow cfgHigh cfgLow cfgScale clipSkip colorPreserve control controlGuess controlScale cropIds
         crossPeriod deepCache deepCacheBlocks firstAgain firstCfgScale fps freeu freeuB1 freeuB2 freeuEnd freeuOrder freeuS1 freeuS2
         freeuSmooth freeuStage freeuStages freeuStart freeuVersion fromNoise guidanceEnd guidanceRescale guidanceStart innerStrength
         interval intervalMax intervalMin looseCfattn maskNoise maskPeriod maskStrength negativePrompt originalSize poisson prediction
         motion propagate sampler secondAgain secondFrom secondStyle size sizeMultiple smoothBoundary spacing startNoise steady steps
         strength strengthSteps style styleUpdateFreq tokenDownsampling warpPeriod window windowOverlap`,
      ),
    );
  });

  it('the current folder: those, and what reads files as data, and where inside the folder results go', () => {
    expect(FOLDER_OPTIONS.filter(name => !MODEL_OPTIONS.includes(name)).sort()).toEqual(
      sorted(
        `anchorImage audio bankMemory bankPrecision cache codec controlImage count crf crop device duration embedding encoderPreset end
         followEdits force frames freeuSpectrum fromPng freeuSweep height init int8 jobs keyframe keyframeSeed keyframes keyframesAt lora
         metadata mix model modelConfig only onlyFade output precision preset previews report seed seeds speed start stopAfter threads
         vae variant width`,
      ),
    );
    expect(FOLDER_OPTIONS.filter(staysInside).sort()).toEqual(['freeuSpectrum', 'output', 'previews']);
  });

  it('neither: programs, their arguments, and files that are replaced', () => {
    for (const name of ['ffmpeg', 'ffprobe', 'ffmpegArgs', 'overwrite', 'workDir', 'cacheLimit', 'weightsLimit'] as const)
      expect(FOLDER_OPTIONS).not.toContain(name);
  });
});

describe('what a model recommends', () => {
  it.each(OPTION_NAMES.filter(name => !MODEL_OPTIONS.includes(name)))('may not set %s', name => {
    expect(() => checkModelOptions({ [name]: 'x' }, 'm/rerender.json')).toThrow(
      `m/rerender.json sets ${name}, which no model may set: remove that key, and give the option yourself if you want it.`,
    );
  });

  it.each(['canny=/etc/net', 'canny=../net:0.8', 'depth,images=/home', 'hed,annotator=../../x.pth'])(
    'may not send a ControlNet to a path: %s',
    control => {
      expect(() => checkModelOptions({ control: [control] }, 'm/rerender.json')).toThrow(/m\/rerender\.json: control names a path/);
      expect(() => checkModelOptions({ control }, 'm/rerender.json')).toThrow(/m\/rerender\.json: control names a path/);
    },
  );

  it('may name its own ControlNets with scale and steps', () => {
    expect(() => checkModelOptions({ control: ['tile', 'canny:0.8,steps=0-0.6'] }, 'm')).not.toThrow();
  });

  it.each([
    [{ steps: 1e9 }, /m\/rerender\.json: steps must be a whole number from 1 to 1000/],
    [{ control: ['fog'] }, /m\/rerender\.json: control: .*type must be one of/],
    [{ control: [{ toString: 1 }] }, /m\/rerender\.json: control must be one or more texts/],
    [{ stepz: 1 }, /m\/rerender\.json: unknown option stepz\. Did you mean steps\?/],
  ])('has to keep the rules of its options: %j', (values, message) => {
    expect(() => checkModelOptions(values, 'm/rerender.json')).toThrow(message);
  });
});

describe('names are looked up in own properties only', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];
  const own = (name: string, value: unknown) =>
    JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(value)}}`) as Record<string, unknown>;

  it.each(names)('%s is no option, preset, axis or key of Rerender', name => {
    expect(() => settle([{ origin: { kind: 'file', detail: 'a.json' }, values: own(name, 1) }])).toThrow(`a.json: unknown option ${name}.`);
    expect(() => settle([optionsLayer(own(name, 1))])).toThrow(`options: unknown option ${name}.`);
    expect(() => settle([optionsLayer(own(name, { steps: 3 }))])).toThrow(`options: unknown option ${name}.`);
    expect(() => checkModelOptions(own(name, 1), 'm')).toThrow(`m: unknown option ${name}.`);
    expect(() => findPreset(name)).toThrow(`--preset ${name} is not known.`);
    expect(() => parseSweep([`${name}=1,2`], { b1: 1, b2: 1, s1: 1, s2: 1 })).toThrow(/--freeu-sweep/);
    const config = { input: 'a.mp4', prompt: 'ink', ...own(name, 1) };
    expect(isRerenderJson(config)).toBe(true);
    expect(() => importRerenderJson({ ...config, ...own(name, 1) }, 'r.json')).toThrow(`r.json: Rerender knows no key ${name}.`);
    expect(() => settle([optionsLayer({ control: [name] })])).not.toThrow(); // told when the ControlNets are looked for
    for (const option of ['sampler', 'propagate', 'freeuStages'] as const) {
      expect(() => settle([optionsLayer(own(option, name))])).toThrow(/must be one of/);
    }
  });

  it.each([
    { freeu: [{ toString: 1 }, 1, 1, 1] },
    { freeu: { b1: { valueOf: 1 }, b2: 1, s1: 1, s2: 1 } },
    { sampler: { toString: 1 } },
    { sampler: [{ toString: 1 }] },
    { overwrite: { toString: null } },
    { steps: { valueOf: 1, toString: 1 } },
    { crossPeriod: [{ toString: 1 }, 1] },
    { frames: [{ toString: 1 }, { toString: 1 }] },
    { style: 'x'.repeat(5), seed: { toString: 'a' } },
  ])('an object in place of a value is told, whatever its own toString is: %j', values => {
    const attempt = () =>
      settle([{ origin: { kind: 'file', detail: 'a.json' }, values: JSON.parse(JSON.stringify(values)) as Record<string, unknown> }]);
    expect(attempt).toThrow(/^a\.json: \w+ must be /);
  });

  it.each([
    '{"crop": [{"toString": 1}]}',
    '{"interval": 1e999, "style_update_freq": 10}',
    '{"interval": 10, "style_update_freq": 1e999}',
    '{"interval": 0.5, "style_update_freq": 3}',
    '{"frame_count": 1e999}',
    '{"prompt": {"toString": 1}, "work_dir": [], "key_subdir": {}}',
    '{"control_type": {"toString": 1}}',
  ])('a strange value in a config of Rerender is settled or told: %s', text => {
    const config = { input: 'a.mp4', prompt: 'ink', ...JSON.parse(text) };
    try {
      settle([{ origin: { kind: 'file', detail: 'r.json' }, values: importRerenderJson(config, 'r.json').values }]);
    } catch (error) {
      expect((error as { code?: string }).code).toBe('USAGE');
    }
  });

  it('a message repeats the beginning of a long value', () => {
    expect(() => settle([optionsLayer({ seed: 'x'.repeat(1e6) } as object)])).toThrow(/^.{0,400}$/);
    expect(() => seedsOf({ seeds: 'constructor', seed: 1, count: 1 })).toThrow(/--seeds/);
  });
});
