// The closed list of names that a torch file may ask for. None of them runs anything: each is a rule of this reader, or stays a mere name.
import type { WeightType } from '../weight-source.ts';

/** Element types by the name of their storage class in module `torch`. */
export const STORAGES: Readonly<Record<string, WeightType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** What the reader does where a pickle calls a name. */
export type Rule =
  /** A dictionary, perhaps from a list of pairs. */
  | 'dictionary'
  /** (storage, offset, size, stride, ...) */
  | 'tensor'
  /** (tensor, ...): the tensor itself. */
  | 'first'
  /** (function, type, arguments, state): the function's rule on the arguments. */
  | 'typed'
  /** (items): a list. */
  | 'list'
  /** A class of torch.nn, made empty: what it holds follows as its attributes. */
  | 'module'
  /** Something that no weight depends on; the reader keeps its place and nothing of it. */
  | 'opaque';

/** Classes of torch.nn that hold tensors and one another, by the file of torch that defines them. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  container: ['ParameterDict', 'ParameterList', 'ModuleDict', 'ModuleList', 'Sequential'],
  sparse: ['Embedding'],
  linear: ['Linear', 'Identity'],
  conv: ['Conv1d', 'Conv2d', 'Conv3d'],
  normalization: ['GroupNorm', 'LayerNorm'],
  activation: ['ReLU', 'SiLU', 'GELU'],
  dropout: ['Dropout'],
};

const RULES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  collections: { OrderedDict: 'dictionary', defaultdict: 'opaque', Counter: 'opaque' },
  'torch._utils': {
    _rebuild_tensor_v2: 'tensor',
    _rebuild_tensor: 'tensor',
    _rebuild_parameter: 'first',
    _rebuild_parameter_with_state: 'first',
  },
  'torch._tensor': { _rebuild_from_type_v2: 'typed' },
  torch: {
    Size: 'list',
    Tensor: 'opaque',
    device: 'opaque',
    ...Object.fromEntries(
      ['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'].map(name => [
        name,
        'opaque' as const,
      ]),
    ),
  },
  'torch.nn.parameter': { Parameter: 'first' },
  ...Object.fromEntries(
    Object.entries(MODULES).map(([file, names]) => [
      `torch.nn.modules.${file}`,
      Object.fromEntries(names.map(name => [name, 'module' as const])),
    ]),
  ),
  'torch.nn.backends.thnn': { _get_thnn_function_backend: 'opaque' }, // in every object of torch.nn until 2019
  // Training loops leave these in whole checkpoints, beside the weights.
  'numpy.core.multiarray': { scalar: 'opaque', _reconstruct: 'opaque' },
  'numpy._core.multiarray': { scalar: 'opaque', _reconstruct: 'opaque' },
  numpy: { dtype: 'opaque', ndarray: 'opaque' },
  _codecs: { encode: 'opaque' },
  __builtin__: { set: 'list' },
  builtins: { set: 'list' },
  'pytorch_lightning.callbacks.model_checkpoint': { ModelCheckpoint: 'opaque' },
};

/** Storage class or rule of a name; undefined for every name that is not on the list. */
export const lookUp = (module: string, name: string): { readonly dtype: WeightType } | { readonly rule: Rule } | undefined => {
  if (module === 'torch' && Object.hasOwn(STORAGES, name)) return { dtype: STORAGES[name]! };
  const names = Object.hasOwn(RULES, module) ? RULES[module]! : {};
  return Object.hasOwn(names, name) ? { rule: names[name]! } : undefined;
};
