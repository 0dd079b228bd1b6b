// Tensors of tests as what torch.save is given.
import type { Saved } from '../models/torch-files.ts';
import type { Tensors } from './tiny-sd.ts';

export const asSaved = (tensors: Tensors): Record<string, Saved> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { dims, data }]) => [name, { size: dims, data }]));
