// What a model or an adapter is called, by the path or the id that names it.

const WEIGHTS = /\.(safetensors|ckpt|pt|pth|bin)$/i;
const REPOSITORY = /(?:^|\/)models--(?:[^/]*--)?([^/]+?)(?:\/snapshots(?:\/[^/]*)?)?\/?$/;

/**
 * The name of a file without its ending, or of a folder; of a snapshot in the hub's cache (`models--OWNER--NAME/snapshots/HASH`) and of an
 * id (`OWNER/NAME`) that of the repository. Folders above say nothing: a fine-tune may lie in one called `stable-diffusion-v1-5`.
 */
export const modelName = (path: string): string => {
  const plain = path.replaceAll('\\', '/').replace(/\/+$/, '');
  const name = REPOSITORY.exec(plain)?.[1] ?? plain.slice(plain.lastIndexOf('/') + 1);
  return name.replace(WEIGHTS, '');
};
