// Made from the tables of config/options/ by `npm run docs`: what a caller of the library may say. Edit the tables.
import type { DeviceName } from './device.ts';
import type { FrameRange, FreeUSetting, FreeUText, PeriodSetting, PeriodText, RangeText } from './option.ts';

/** Options of a library call; all may be left out. A job refuses those that it has no use for. */
export type PartialOptions = {
  // Input and output

  /**
   * Where the result goes.
   *
   * Flag `-o, --output <file>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets` and `rerender
   * compare`.
   * @defaultValue INPUT.rerender.mp4 (key frames: INPUT.keyframes)
   */
  readonly output?: string | undefined;
  /**
   * Replace an existing output.
   *
   * Flag `-y, --overwrite`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender compare` and
   * `rerender metrics`.
   * @defaultValue `false`
   */
  readonly overwrite?: boolean | undefined;
  /**
   * Also write OUTPUT.html: settings, key frames, source and result under a wipe, measures, the plan.
   *
   * Flag `--report`; read by `rerender INPUT`.
   * @defaultValue `false`
   */
  readonly report?: boolean | undefined;
  /**
   * Leave out what comes before. Seconds, from 0; or a text such as `1:30` or `00:01:30.5`.
   *
   * Flag `--start <time>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare` and `rerender metrics`.
   * @defaultValue nothing is left out
   */
  readonly start?: number | string | undefined;
  /**
   * Leave out what comes after. Seconds, from 0; or a text such as `1:30` or `00:01:30.5`.
   *
   * Flag `--end <time>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare` and `rerender metrics`.
   * @defaultValue nothing is left out
   */
  readonly end?: number | string | undefined;
  /**
   * How much to take from the start. Seconds, from 0; or a text such as `1:30` or `00:01:30.5`.
   *
   * Flag `--duration <time>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare` and `rerender metrics`.
   * @defaultValue all that is left
   */
  readonly duration?: number | string | undefined;
  /**
   * First and last frame to take, from 0. Both are included: `[0, 7]` or `0-7`; a number n is the first n.
   *
   * Flag `--frames <a-b|n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare`, `rerender metrics` and video models in
   * `rerender generate`.
   * @defaultValue all
   */
  readonly frames?: FrameRange | RangeText | number | undefined;
  /**
   * Re-render only this part: frames 30-60, or times 0.2-0.6, 2s-5s; repeatable.
   *
   * Flag `--only <a-b>`; read by `rerender INPUT` and `rerender keyframes`.
   * @defaultValue nothing is kept as it is
   */
  readonly only?: readonly string[] | undefined;
  /**
   * Length of a cross-fade inside the borders of `only`. A number from 0 to 3600 seconds.
   *
   * Flag `--only-fade <seconds>`; read by `rerender INPUT`.
   * @defaultValue `0`
   */
  readonly onlyFade?: number | undefined;
  /**
   * Pixels to cut off the sides of the clip, such as 0,180,0,0.
   *
   * Flag `--crop <left,right,top,bottom>`; read by `rerender INPUT`, `rerender keyframes` and `rerender presets`.
   * @defaultValue nothing is cut
   */
  readonly crop?: string | undefined;
  /**
   * Frames are drawn with this short side; the result keeps the source's size. A whole number from 64 to 4096 pixels.
   *
   * Flag `--size <pixels>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets` and `rerender metrics`.
   * @defaultValue `512`, where neither preset nor model says another
   */
  readonly size?: number | undefined;
  /**
   * Both working sides become multiples of this; 64 is Rerender's rule. A whole number from 8 to 128 pixels.
   *
   * Flag `--size-multiple <n>`; read by `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and `rerender presets`.
   * @defaultValue `8`, where neither preset nor model says another
   */
  readonly sizeMultiple?: number | undefined;
  /**
   * Width of the result; the height follows. A whole number from 2 to 16384 pixels.
   *
   * Flag `--width <pixels>`; read by `rerender INPUT`, `rerender generate` and `rerender compare`.
   * @defaultValue the source's
   */
  readonly width?: number | undefined;
  /**
   * Height of the result; the width follows. A whole number from 2 to 16384 pixels.
   *
   * Flag `--height <pixels>`; read by `rerender INPUT`, `rerender generate` and `rerender compare`.
   * @defaultValue the source's
   */
  readonly height?: number | undefined;
  /**
   * Make whole frames of interlaced ones, as many as before.
   *
   * Flag `--deinterlace <auto|off>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare`, `rerender metrics`, image models
   * in `rerender generate` and `rerender presets`.
   * @defaultValue `"auto"`
   */
  readonly deinterlace?: 'auto' | 'off' | undefined;
  /**
   * Longest side of a frame that is read. A whole number from 64 to 65535 pixels.
   *
   * Flag `--max-side <pixels>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare`, `rerender metrics`, image models in
   * `rerender generate` and `rerender presets`.
   * @defaultValue `8192`
   */
  readonly maxSide?: number | undefined;
  /**
   * Pixels of the largest frame or picture that is read. A whole number from 4096 to 2000000000 pixels.
   *
   * Flag `--max-pixels <n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare`, `rerender metrics`, image models in
   * `rerender generate` and `rerender presets`.
   * @defaultValue `100000000`
   */
  readonly maxPixels?: number | undefined;
  /**
   * Streams of the largest clip that is read, sound and attached pictures among them. A whole number from 1 to 10000.
   *
   * Flag `--max-streams <n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare`, `rerender metrics`, image models in
   * `rerender generate` and `rerender presets`.
   * @defaultValue `64`
   */
  readonly maxStreams?: number | undefined;
  /**
   * Attached pictures of a clip that is read. A whole number from 0 to 10000.
   *
   * Flag `--max-covers <n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare`, `rerender metrics`, image models in
   * `rerender generate` and `rerender presets`.
   * @defaultValue `16`
   */
  readonly maxCovers?: number | undefined;
  /**
   * Frames a second of the fastest clip that is read. A whole number from 1 to 1000000 frames/s.
   *
   * Flag `--max-fps <n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender compare`, `rerender metrics`, image models in `rerender
   * generate` and `rerender presets`.
   * @defaultValue `1000`
   */
  readonly maxFps?: number | undefined;

  // Style

  /**
   * What the result should look like, in words.
   *
   * Flag `-p, --style <prompt>`; read by `rerender INPUT`, `rerender keyframes` and `rerender generate`.
   * @defaultValue nothing is drawn, unless a preset says what
   */
  readonly style?: string | undefined;
  /**
   * A second style, drawn over the picture in the first: `-p "an oil painting" `secondStyle` "a night scene"`.
   *
   * Flag `--second-style <prompt>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue one style; two where the model says that it draws what the prompt asks for one after the other, which `--second-style ""`
   * prevents
   */
  readonly secondStyle?: string | undefined;
  /**
   * A named style with its options; `rerender presets` lists them.
   *
   * Flag `--preset <name>`; read by `rerender INPUT`, `rerender keyframes` and `rerender generate`.
   * @defaultValue none
   */
  readonly preset?: string | undefined;
  /**
   * What it should not look like.
   *
   * Flag `-n, --negative-prompt <text>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue nothing
   */
  readonly negativePrompt?: string | undefined;
  /**
   * Same seed, same result; `random` draws one and prints it. A whole number from 0 to 2^53 - 1, or `random`.
   *
   * Flag `-s, --seed <n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `42`
   */
  readonly seed?: number | 'random' | undefined;
  /**
   * Denoising steps of a full schedule. A whole number from 1 to 1000.
   *
   * Flag `--steps <n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `20`, where neither preset nor model says another
   */
  readonly steps?: number | undefined;
  /**
   * Weight of the prompt; no guidance at 1 or less. A number from 0 to 50.
   *
   * Flag `--cfg-scale <g>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `7.5`, where neither preset nor model says another
   */
  readonly cfgScale?: number | undefined;
  /**
   * Least weight of the prompt in the first of two styles (`secondStyle`), whose texture the second covers a little. A number from 0 to 50.
   *
   * Flag `--first-cfg-scale <g>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue that of `cfgScale`
   */
  readonly firstCfgScale?: number | undefined;
  /**
   * How far the first of two styles (`secondStyle`) is drawn once more over itself, a share of `strength`; 0: it is not. A number from 0 to
   * 1.
   *
   * Flag `--first-again <share>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `0`, where neither preset nor model says another
   */
  readonly firstAgain?: number | undefined;
  /**
   * How far the second of two styles (`secondStyle`) is drawn once more over itself, a share of `strength`; 0: it is not. A number from 0
   * to 1.
   *
   * Flag `--second-again <share>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `0`, where neither preset nor model says another
   */
  readonly secondAgain?: number | undefined;
  /**
   * What the second of two styles is drawn over: the picture in the first, or that without its colours, as black and white asks for.
   *
   * Flag `--second-from <what>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `"picture"`, where neither preset nor model says another
   */
  readonly secondFrom?: 'picture' | 'grey' | undefined;
  /**
   * Weight of the prompt in the low frequencies of the guidance. A number from 0 to 50.
   *
   * Flag `--cfg-low <g>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue that of `cfgScale`
   */
  readonly cfgLow?: number | undefined;
  /**
   * Weight of the prompt in the high frequencies of the guidance. A number from 0 to 50.
   *
   * Flag `--cfg-high <g>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue that of `cfgScale`
   */
  readonly cfgHigh?: number | undefined;
  /**
   * How far the contrast that guidance adds is taken back; 0.7 for v-prediction models that begin from pure noise. A number from 0 to 1.
   *
   * Flag `--guidance-rescale <x>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `0`, where neither preset nor model says another
   */
  readonly guidanceRescale?: number | undefined;
  /**
   * Last layers of the text encoder left out: one less than the web UI's Clip skip; of SDXL, for the prompt, these many more. A whole
   * number from 0 to 31.
   *
   * Flag `--clip-skip <n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `0`, where neither preset nor model says another
   */
  readonly clipSkip?: number | undefined;
  /**
   * Size that SDXL is told the picture had before it was scaled; small ones draw softly.
   *
   * Flag `--original-size <wxh>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue the drawn size
   */
  readonly originalSize?: string | undefined;
  /**
   * Corner that SDXL is told the picture was cropped at; others than 0,0 draw cropped subjects.
   *
   * Flag `--crop-ids <top,left>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue 0,0
   */
  readonly cropIds?: string | undefined;
  /**
   * Distance from the source. A number from 0 to 1.
   *
   * Flag `--strength <x>`; read by `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and `rerender presets`.
   * @defaultValue `0.75`, where neither preset nor model says another
   */
  readonly strength?: number | undefined;
  /**
   * Steps at a `strength` below 1: whole ones below it, rounded down; or as many, rounded up, spread below exactly it.
   *
   * Flag `--strength-steps <how>`; read by `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and `rerender
   * presets`.
   * @defaultValue `"whole"`, where neither preset nor model says another
   */
  readonly strengthSteps?: 'whole' | 'spread' | undefined;
  /**
   * How much of the finished style is seen over the source. A number from 0 to 1.
   *
   * Flag `--mix <x>`; read by `rerender INPUT`, `rerender keyframes` and image models in `rerender generate`.
   * @defaultValue `1`
   */
  readonly mix?: number | undefined;
  /**
   * Denoising method; auto takes the one that the model's scheduler_config.json names.
   *
   * Flag `--sampler <name>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `"ddim"`, where neither preset nor model says another
   */
  readonly sampler?:
    | 'auto'
    | 'ddim'
    | 'euler'
    | 'euler-karras'
    | 'euler-a'
    | 'dpm++2m'
    | 'dpm++2m-karras'
    | 'dpm++2m-sde'
    | 'dpm++2m-sde-karras'
    | 'unipc'
    | 'unipc-karras'
    | 'pndm'
    | 'lcm'
    | undefined;
  /**
   * Stable Diffusion 1, 2 or XL, or a video model: folder, file, id that `rerender models get` brought, name in a `modelFolders`.
   *
   * Flag `--model <path|id>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets` and `rerender
   * doctor`.
   * @defaultValue an embedded one
   */
  readonly model?: string | undefined;
  /**
   * Folder in which `model`, `vae`, `lora`, `embedding` and `control` find files by their names, repeatable; ComfyUI's, A1111's.
   *
   * Flag `--model-folder <folder>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender
   * doctor`, `rerender bench model` and `rerender worker`.
   * @defaultValue none
   */
  readonly modelFolders?: readonly string[] | undefined;
  /**
   * Autoencoder: a folder or a file.
   *
   * Flag `--vae <path>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue the model's own
   */
  readonly vae?: string | undefined;
  /**
   * Weights of a model folder with this word in their names, e.g. fp16 for model.fp16.safetensors.
   *
   * Flag `--variant <word>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue those without such a word, else what is there
   */
  readonly variant?: string | undefined;
  /**
   * What the U-Net predicts; auto takes what the model says, or finds it out where a file does not say.
   *
   * Flag `--prediction <kind>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `"auto"`, where neither preset nor model says another
   */
  readonly prediction?: 'auto' | 'epsilon' | 'v' | 'sample' | undefined;
  /**
   * Timesteps that the steps visit; auto as the model's scheduler says; Lightning and Turbo in one file or as a LoRA need trailing.
   *
   * Flag `--spacing <kind>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `"auto"`, where neither preset nor model says another
   */
  readonly spacing?: 'auto' | 'leading' | 'trailing' | 'linspace' | undefined;
  /**
   * Diffusers folder whose configs, tokenizer and scheduler serve a `model` that is one file.
   *
   * Flag `--model-config <folder>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue they are read off its weights
   */
  readonly modelConfig?: string | undefined;
  /**
   * LoRA merged into the model, repeatable: file, folder with pytorch_lora_weights.safetensors, or hub id; 1 as trained, 0 off.
   *
   * Flag `--lora <path[:weight]>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue none
   */
  readonly lora?: readonly string[] | undefined;
  /**
   * Textual inversion, repeatable: a file whose token then stands in prompts, such as ReVersion's <R>; a token given here names it.
   *
   * Flag `--embedding <path[:token]>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue none
   */
  readonly embedding?: readonly string[] | undefined;
  /**
   * ControlNet, repeatable: tile (the frame), canny (its edges), TYPE,images=FOLDER, or none (docs/controls.md).
   *
   * Flag `--control <type[=path][:scale][,...]>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender
   * generate` and `rerender presets`.
   * @defaultValue the model's own
   */
  readonly control?: readonly string[] | undefined;
  /**
   * Weight of every ControlNet that names no scale of its own. A number from 0 to 2.
   *
   * Flag `--control-scale <x>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `1`, where neither preset nor model says another
   */
  readonly controlScale?: number | undefined;
  /**
   * Guess mode: ControlNets guide the prompt's half alone and say more than the prompt.
   *
   * Flag `--control-guess`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `false`, where neither preset nor model says another
   */
  readonly controlGuess?: boolean | undefined;
  /**
   * Lower Canny threshold. A whole number from 0 to 1000.
   *
   * Flag `--canny-low <n>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `100`, where neither preset nor model says another
   */
  readonly cannyLow?: number | undefined;
  /**
   * Upper Canny threshold. A whole number from 0 to 1000.
   *
   * Flag `--canny-high <n>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `200`, where neither preset nor model says another
   */
  readonly cannyHigh?: number | undefined;

  // Speed

  /**
   * Fast: U-Net and ControlNets in whole numbers of 8 bits (a CPU with VNNI) or half precision (GPUs), with fewer attention keys.
   *
   * Flag `--precision <how>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate`,
   * `rerender presets` and `rerender bench model`.
   * @defaultValue `"exact"`
   */
  readonly precision?: 'exact' | 'fast' | undefined;
  /**
   * Layers that compute in whole numbers of 8 bits, on the CPU; auto: all with `precision` fast, else none.
   *
   * Flag `--int8 <layers>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate`, `rerender
   * presets` and `rerender bench model`.
   * @defaultValue `"auto"`
   */
  readonly int8?: 'auto' | 'off' | 'linear' | 'conv' | 'all' | undefined;
  /**
   * Every n-th token of every n-th row is a key where self-attention has the most (ToDo); auto: 2 with `precision` fast, else off.
   *
   * Flag `--token-downsampling <n>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate`,
   * `rerender presets` and `rerender bench model`.
   * @defaultValue `"auto"`, where neither preset nor model says another
   */
  readonly tokenDownsampling?: 'auto' | 'off' | '2' | undefined;
  /**
   * Run the whole U-Net and the ControlNets at every n-th step, between them its outer layers alone (DeepCache); 1: at each. A whole number
   * from 1 to 20.
   *
   * Flag `--deep-cache <n>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `1`, where neither preset nor model says another
   */
  readonly deepCache?: number | undefined;
  /**
   * Residual blocks of the way up that run at every step with `deepCache`; at most those of the largest level. A whole number from 1 to 8.
   *
   * Flag `--deep-cache-blocks <n>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `1`, where neither preset nor model says another
   */
  readonly deepCacheBlocks?: number | undefined;
  /**
   * Guide from this fraction of the steps on; steps without guidance take half the time. A number from 0 to 1.
   *
   * Flag `--guidance-start <x>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `0`, where neither preset nor model says another
   */
  readonly guidanceStart?: number | undefined;
  /**
   * Guide up to this fraction of the steps. A number from 0 to 1.
   *
   * Flag `--guidance-end <x>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `1`, where neither preset nor model says another
   */
  readonly guidanceEnd?: number | undefined;

  // FreeU

  /**
   * Backbone and skip factors, or those of auto (by model and job), authors, rerender; off. Factors from -1 to 10; or one of `auto`,
   * `authors`, `rerender`, `off`.
   *
   * Flag `--freeu <b1,b2,s1,s2|name>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `"auto"`, where neither preset nor model says another
   */
  readonly freeu?: FreeUSetting | FreeUText | undefined;
  /**
   * Backbone factor of stage 1 alone. A number from -1 to 10.
   *
   * Flag `--freeu-b1 <b>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue that of `freeu`
   */
  readonly freeuB1?: number | undefined;
  /**
   * Backbone factor of stage 2 alone. A number from -1 to 10.
   *
   * Flag `--freeu-b2 <b>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue that of `freeu`
   */
  readonly freeuB2?: number | undefined;
  /**
   * Skip factor of stage 1 alone. A number from -1 to 10.
   *
   * Flag `--freeu-s1 <s>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue that of `freeu`
   */
  readonly freeuS1?: number | undefined;
  /**
   * Skip factor of stage 2 alone. A number from -1 to 10.
   *
   * Flag `--freeu-s2 <s>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue that of `freeu`
   */
  readonly freeuS2?: number | undefined;
  /**
   * 1 scales by a constant, 2 by the feature map, between them a blend. A number from 1 to 2.
   *
   * Flag `--freeu-version <v>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `2`, where neither preset nor model says another
   */
  readonly freeuVersion?: number | undefined;
  /**
   * Stages by channel count (authors, Rerender) or by up block (diffusers).
   *
   * Flag `--freeu-stages <rule>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `"channels"`, where neither preset nor model says another
   */
  readonly freeuStages?: 'channels' | 'blocks' | undefined;
  /**
   * One of stages 1 to 3, repeatable: b, s, and as in the web UI's extension offset, width, cutoff, high; e.g. 3:b=1.1,s=0.9.
   *
   * Flag `--freeu-stage <n:name=x,...>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue two stages with four factors
   */
  readonly freeuStage?: readonly string[] | undefined;
  /**
   * Filter the skips before (Rerender) or after (diffusers) the ControlNet is added.
   *
   * Flag `--freeu-order <order>`; read by image models in `rerender INPUT`, `rerender keyframes`, image models in `rerender generate` and
   * `rerender presets`.
   * @defaultValue `"before-control"`, where neither preset nor model says another
   */
  readonly freeuOrder?: 'before-control' | 'after-control' | undefined;
  /**
   * Begin at this fraction of the steps. A number from 0 to 1.
   *
   * Flag `--freeu-start <x>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `0`, where neither preset nor model says another
   */
  readonly freeuStart?: number | undefined;
  /**
   * End at this fraction of the steps. A number from 0 to 1.
   *
   * Flag `--freeu-end <x>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `1`, where neither preset nor model says another
   */
  readonly freeuEnd?: number | undefined;
  /**
   * How far the window of steps becomes a ramp up to its start and down to its end. A number from 0 to 1.
   *
   * Flag `--freeu-smooth <x>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `0`, where neither preset nor model says another
   */
  readonly freeuSmooth?: number | undefined;

  // Key frames

  /**
   * Key frame distance; auto: shorter where much moves or appears. A whole number from 1 to 1000 frames, or auto.
   *
   * Flag `--interval <k|auto>`; read by image models in `rerender INPUT`, `rerender keyframes` and `rerender metrics`.
   * @defaultValue `10`, where neither preset nor model says another
   */
  readonly interval?: number | 'auto' | undefined;
  /**
   * Least distance of `interval` auto; less is possible at the end of a shot. A whole number from 1 to 1000 frames.
   *
   * Flag `--interval-min <k>`; read by image models in `rerender INPUT`, `rerender keyframes` and `rerender metrics`.
   * @defaultValue `4`, where neither preset nor model says another
   */
  readonly intervalMin?: number | undefined;
  /**
   * Largest distance of `interval` auto. A whole number from 1 to 1000 frames.
   *
   * Flag `--interval-max <k>`; read by image models in `rerender INPUT`, `rerender keyframes` and `rerender metrics`.
   * @defaultValue `24`, where neither preset nor model says another
   */
  readonly intervalMax?: number | undefined;
  /**
   * Key frames here, in place of `interval`: 12,30 or 0:01.5,2s; each shot's first and last are key frames anyway.
   *
   * Flag `--keyframes-at <frames>`; read by image models in `rerender INPUT`, `rerender keyframes` and `rerender metrics`.
   * @defaultValue `interval` places them
   */
  readonly keyframesAt?: string | undefined;
  /**
   * Draws one key frame with another seed, repeatable: 10=7.
   *
   * Flag `--keyframe-seed <frame=seed>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue none: every key frame has `seed`
   */
  readonly keyframeSeed?: readonly string[] | undefined;
  /**
   * The key frame that others follow: each shot's first, another such as 12, or `refresh N`: every N-th takes over.
   *
   * Flag `--anchor <rule>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `"first"`, where neither preset nor model says another
   */
  readonly anchor?: string | undefined;
  /**
   * A picture of yours as key frame there, repeatable: 10=a.png, or 0:01.5=a.png.
   *
   * Flag `--keyframe <frame=picture>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue none: every key frame is drawn
   */
  readonly keyframe?: readonly string[] | undefined;
  /**
   * A folder of them, named as `rerender keyframes` writes them; the rest is drawn.
   *
   * Flag `--keyframes <folder>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue none: every key frame is drawn
   */
  readonly keyframes?: string | undefined;
  /**
   * Key frames take their look from every picture of yours and every `keyframeSeed`; otherwise from those at an anchor.
   *
   * Flag `--follow-edits`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `false`
   */
  readonly followEdits?: boolean | undefined;
  /**
   * A picture that all key frames take their look from, and none its shapes.
   *
   * Flag `--anchor-image <picture>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue none: key frames take their look from their shot's first
   */
  readonly anchorImage?: string | undefined;
  /**
   * Steps in which key frames attend to their anchor and to the key frame before. `off`, or two fractions of the steps from 0 to 1, the
   * first not after the second.
   *
   * Flag `--cross-period <a,b|off>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `[0,1]`, where neither preset nor model says another
   */
  readonly crossPeriod?: PeriodSetting | PeriodText | undefined;
  /**
   * Shape-aware fusion: steps in which the warped anchor replaces what a key frame predicts. `off`, or two fractions of the steps from 0 to
   * 1, the first not after the second.
   *
   * Flag `--warp-period <a,b|off>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `[0,0.1]`, where neither preset nor model says another
   */
  readonly warpPeriod?: PeriodSetting | PeriodText | undefined;
  /**
   * Pixel-aware fusion: steps in which warped earlier key frames are mixed in, in a second pass. `off`, or two fractions of the steps from
   * 0 to 1, the first not after the second.
   *
   * Flag `--mask-period <a,b|off>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `[0.5,0.8]`, where neither preset nor model says another
   */
  readonly maskPeriod?: PeriodSetting | PeriodText | undefined;
  /**
   * AdaIN: key frames take on the anchor's colours in these steps. `off`, or two fractions of the steps from 0 to 1, the first not after
   * the second.
   *
   * Flag `--ada-period <a,b|off>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `[0.8,1]`, where neither preset nor model says another
   */
  readonly adaPeriod?: PeriodSetting | PeriodText | undefined;
  /**
   * `false`: cross-frame attention also in the widest layers: ties key frames closer, and costs more.
   *
   * Flag `--no-loose-cfattn`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `true`, where neither preset nor model says another
   */
  readonly looseCfattn?: boolean | undefined;
  /**
   * Key frames attend to the anchor and to another, which is renewed every n key frames; 0: to the anchor alone. A whole number from 0 to
   * 1000 key frames.
   *
   * Flag `--style-update-freq <n>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `1`, where neither preset nor model says another
   */
  readonly styleUpdateFreq?: number | undefined;
  /**
   * Weight of the warped key frames in pixel-aware fusion. A number from 0 to 1.
   *
   * Flag `--mask-strength <x>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `0.5`, where neither preset nor model says another
   */
  readonly maskStrength?: number | undefined;
  /**
   * Share of the noise lost in pixel-aware fusion that is given back. A number from 0 to 1.
   *
   * Flag `--inner-strength <x>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `0.9`, where neither preset nor model says another
   */
  readonly innerStrength?: number | undefined;
  /**
   * `false`: give back noise at the edges of what is mixed in, too.
   *
   * Flag `--no-smooth-boundary`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `true`, where neither preset nor model says another
   */
  readonly smoothBoundary?: boolean | undefined;
  /**
   * Noise of what pixel-aware fusion mixes in: fresh as in Rerender, or the frame's own for models that translate.
   *
   * Flag `--mask-noise <kind>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `"fresh"`, where neither preset nor model says another
   */
  readonly maskNoise?: 'fresh' | 'own' | undefined;
  /**
   * Noise that key frames start from: shared by all, or each its own, as in image-to-image frame by frame.
   *
   * Flag `--start-noise <kind>`; read by image models in `rerender INPUT`, `rerender keyframes` and `rerender presets`.
   * @defaultValue `"shared"`, where neither preset nor model says another
   */
  readonly startNoise?: 'shared' | 'own' | undefined;
  /**
   * Begin at noise alone in place of the noised frame, whatever `strength` says: the source is seen through the ControlNets only.
   *
   * Flag `--from-noise`; read by image models in `rerender INPUT`, `rerender keyframes` and `rerender presets`.
   * @defaultValue `false`, where neither preset nor model says another
   */
  readonly fromNoise?: boolean | undefined;
  /**
   * `false`: draw from frames in the style's colours, not the source's: each shot's first is drawn once more, from noise, to find them.
   *
   * Flag `--no-color-preserve`; read by image models in `rerender INPUT`, `rerender keyframes` and `rerender presets`.
   * @defaultValue `true`, where neither preset nor model says another
   */
  readonly colorPreserve?: boolean | undefined;
  /**
   * Memory for what attention keeps of key frames; the rest waits on disk. A whole number from 0 to 1000000 MiB.
   *
   * Flag `--bank-memory <mib>`; read by image models in `rerender INPUT`, `rerender keyframes` and `rerender worker`.
   * @defaultValue `2048`
   */
  readonly bankMemory?: number | undefined;
  /**
   * Precision of what attention keeps: fp16 takes half the memory and moves some pixels by a level against fp32.
   *
   * Flag `--bank-precision <type>`; read by image models in `rerender INPUT` and `rerender keyframes`.
   * @defaultValue `"fp16"`
   */
  readonly bankPrecision?: 'fp16' | 'fp32' | undefined;
  /**
   * Also write each key frame as a PNG here, as soon as it is drawn.
   *
   * Flag `--previews <folder>`; read by image models in `rerender INPUT`.
   * @defaultValue none are written
   */
  readonly previews?: string | undefined;

  // Motion

  /**
   * How frames between key frames are made: motion and patches, motion alone (faster, rougher), or EbSynth's way (slow).
   *
   * Flag `--propagate <tier>`; read by image models in `rerender INPUT`.
   * @defaultValue `"patch"`, where neither preset nor model says another
   */
  readonly propagate?: 'patch' | 'warp' | 'faithful' | undefined;
  /**
   * How finely motion between key frames is known, from 256 to 600 pixels: coarse takes half the time; fine is sharper and steadier.
   *
   * Flag `--motion <detail>`; read by image models in `rerender INPUT`.
   * @defaultValue `"fine"`, where neither preset nor model says another
   */
  readonly motion?: 'coarse' | 'fine' | undefined;
  /**
   * How much a frame between key frames takes in of its neighbours along the motion: steadier, a little softer; 0 is nothing. A number from
   * 0 to 1.
   *
   * Flag `--steady <share>`; read by image models in `rerender INPUT`.
   * @defaultValue `0.5`, where neither preset nor model says another
   */
  readonly steady?: number | undefined;
  /**
   * Frames between key frames take each place's detail from one of the two: sharper, but it flickers more.
   *
   * Flag `--poisson`; read by image models in `rerender INPUT`.
   * @defaultValue `false`, where neither preset nor model says another
   */
  readonly poisson?: boolean | undefined;

  // Pictures

  /**
   * Prompts, seed, sampler, size and FreeU of a picture that this program or the web UI drew; what you give yourself wins.
   *
   * Flag `--from-png <file>`; read by image models in `rerender generate`.
   * @defaultValue no file is asked
   */
  readonly fromPng?: string | undefined;
  /**
   * Begin at this picture or frame (clip.mp4@0.5), `strength` away; it keeps its shape unless `width` and `height` cut it.
   *
   * Flag `--init <image>`; read by image models in `rerender generate`.
   * @defaultValue the picture begins at noise alone
   */
  readonly init?: string | undefined;
  /**
   * What the ControlNets are fed with: a picture, or a frame of a clip (clip.mp4@0.5).
   *
   * Flag `--control-image <image>`; read by image models in `rerender generate`.
   * @defaultValue the picture of `init`
   */
  readonly controlImage?: string | undefined;
  /**
   * A picture for each of these seeds, and a contact sheet.
   *
   * Flag `--seeds <a,b,...>`; read by image models in `rerender generate`.
   * @defaultValue one, or `count` of them from `seed` on
   */
  readonly seeds?: string | undefined;
  /**
   * So many pictures, of the seeds from `seed` on. A whole number from 1 to 1000.
   *
   * Flag `--count <n>`; read by image models in `rerender generate`.
   * @defaultValue `1`
   */
  readonly count?: number | undefined;
  /**
   * A contact sheet over FreeU's factors, e.g. b=1,1.2,1.4 s=0.2,0.6,1; axes are b (or b1, b2) and s (or s1, s2).
   *
   * Flag `--freeu-sweep [axes...]`; read by image models in `rerender generate`.
   * @defaultValue no sheet
   */
  readonly freeuSweep?: readonly string[] | undefined;
  /**
   * Fourier analysis of the U-Net's features with and without FreeU, drawn as .svg or in numbers as .json.
   *
   * Flag `--freeu-spectrum <file>`; read by image models in `rerender generate`.
   * @defaultValue no analysis
   */
  readonly freeuSpectrum?: string | undefined;

  // Video models

  /**
   * Frames that a video model draws together. A whole number from 1 to 1000 frames.
   *
   * Flag `--window <frames>`; read by video models in `rerender INPUT`.
   * @defaultValue `16`, where neither preset nor model says another
   */
  readonly window?: number | undefined;
  /**
   * Frames that a window shares with the one before: half context, half transition. A whole number from 0 to 999 frames.
   *
   * Flag `--window-overlap <frames>`; read by video models in `rerender INPUT`.
   * @defaultValue `4`, where neither preset nor model says another
   */
  readonly windowOverlap?: number | undefined;
  /**
   * Speed of a generated clip; a re-rendered one keeps its times. A number from 0.1 to 240 frames a second.
   *
   * Flag `--fps <n>`; read by video models in `rerender generate`.
   * @defaultValue `8`, where neither preset nor model says another
   */
  readonly fps?: number | undefined;

  // Encoding

  /**
   * Video encoder of ffmpeg.
   *
   * Flag `--codec <name>`; read by `rerender INPUT`, video models in `rerender generate` and `rerender compare`.
   * @defaultValue the best for the container (H.264 for mp4)
   */
  readonly codec?: string | undefined;
  /**
   * Quality, lower is better. A whole number from 0 to 63.
   *
   * Flag `--crf <n>`; read by `rerender INPUT`, video models in `rerender generate` and `rerender compare`.
   * @defaultValue `18`
   */
  readonly crf?: number | undefined;
  /**
   * X264 speed preset, e.g. slow.
   *
   * Flag `--encoder-preset <name>`; read by `rerender INPUT`, video models in `rerender generate` and `rerender compare`.
   * @defaultValue the encoder's own
   */
  readonly encoderPreset?: string | undefined;
  /**
   * Further output arguments for ffmpeg.
   *
   * Flag `--ffmpeg-args <text>`; read by `rerender INPUT`, video models in `rerender generate` and `rerender compare`.
   * @defaultValue none
   */
  readonly ffmpegArgs?: string | undefined;
  /**
   * `false`: leave the sound out.
   *
   * Flag `--no-audio`; read by `rerender INPUT` and `rerender compare`.
   * @defaultValue `true`
   */
  readonly audio?: boolean | undefined;
  /**
   * `false`: write no prompt, seed and options into the result.
   *
   * Flag `--no-metadata`; read by `rerender INPUT` and `rerender generate`.
   * @defaultValue `true`
   */
  readonly metadata?: boolean | undefined;

  // Run

  /**
   * Faster, at other pixels.
   *
   * Flag `--speed <name>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets` and `rerender bench
   * model`.
   * @defaultValue `"exact"`
   */
  readonly speed?: 'exact' | 'balanced' | 'draft' | undefined;
  /**
   * What draws: auto, cpu, cuda[:n], webgpu, dml or coreml.
   *
   * Flag `--device <name>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender bench model`
   * and `rerender worker`.
   * @defaultValue `"auto"`
   */
  readonly device?: DeviceName | undefined;
  /**
   * Threads of the CPU device. A whole number from 1 to 1024.
   *
   * Flag `--threads <n>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender bench model`
   * and `rerender worker`.
   * @defaultValue one a core
   */
  readonly threads?: number | undefined;
  /**
   * Worker threads for flow and propagation. A whole number from 1 to 256.
   *
   * Flag `--jobs <n>`; read by image models in `rerender INPUT`, `rerender metrics` and `rerender worker`.
   * @defaultValue one a core
   */
  readonly jobs?: number | undefined;
  /**
   * Where finished parts are kept for resuming.
   *
   * Flag `--work-dir <folder>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender doctor`
   * and `rerender cache`.
   * @defaultValue the user's cache folder
   */
  readonly workDir?: string | undefined;
  /**
   * `false`: neither read nor keep finished parts.
   *
   * Flag `--no-cache`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate` and `rerender presets`.
   * @defaultValue `true`
   */
  readonly cache?: boolean | undefined;
  /**
   * What finished parts may take after a run; the longest unused go first (docs/configuration.md). A number from 0 to 1000000 GB.
   *
   * Flag `--cache-limit <gb>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender doctor`
   * and `rerender cache`.
   * @defaultValue `4`
   */
  readonly cacheLimit?: number | undefined;
  /**
   * What weights computed in advance may take in the cache, for large models on a CPU; 0: they go with the run. A number from 0 to 1000000
   * GB.
   *
   * Flag `--weights-limit <gb>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender bench
   * model` and `rerender worker`.
   * @defaultValue `12`
   */
  readonly weightsLimit?: number | undefined;
  /**
   * Redo this stage even where finished parts exist.
   *
   * Flag `--force <stage>`; read by `rerender INPUT`, `rerender keyframes` and video models in `rerender generate`.
   * @defaultValue finished parts are used
   */
  readonly force?: 'shots' | 'keyframes' | 'propagate' | undefined;
  /**
   * End after this stage.
   *
   * Flag `--stop-after <stage>`; read by `rerender INPUT`.
   * @defaultValue the run goes to its end
   */
  readonly stopAfter?: 'shots' | 'keyframes' | 'propagate' | undefined;
  /**
   * The ffmpeg program.
   *
   * Flag `--ffmpeg <path>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender compare`,
   * `rerender metrics`, `rerender doctor` and `rerender worker`.
   * @defaultValue FFMPEG_PATH, PATH, then the packaged one
   */
  readonly ffmpeg?: string | undefined;
  /**
   * The ffprobe program.
   *
   * Flag `--ffprobe <path>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender compare`,
   * `rerender metrics`, `rerender doctor` and `rerender worker`.
   * @defaultValue FFPROBE_PATH, PATH, then the packaged one
   */
  readonly ffprobe?: string | undefined;
  /**
   * End the run when ffmpeg gives no byte for so long while it is waited for; 0: never. A whole number from 0 to 86400 seconds.
   *
   * Flag `--stall-timeout <seconds>`; read by `rerender INPUT`, `rerender keyframes`, `rerender generate`, `rerender presets`, `rerender
   * compare`, `rerender metrics` and `rerender worker`.
   * @defaultValue `120`
   */
  readonly stallTimeout?: number | undefined;
};
