// Where an option's value comes from.

/**
 * `flag`: typed on the command line. `environment`: a RERENDER_ variable. `request`: a field of a library call. `file`: a config that was
 * named or lies in the current folder. `user file`: the user's own config. `preset`, `model`: what those recommend. `default`: the table.
 */
export type OriginKind = 'flag' | 'environment' | 'request' | 'file' | 'user file' | 'preset' | 'model' | 'default';

export type Origin = {
  readonly kind: OriginKind;
  /** The file's path, the preset's name, which of the model's recommendations, whose default. */
  readonly detail?: string | undefined;
};

/** Whether a value was asked for in this very call, and not set for many. */
export const isDirect = ({ kind }: Origin): boolean => kind === 'flag' || kind === 'request';

/** Whether whoever runs the program set the value, in whatever place; presets, models and the table only recommend. */
export const isAskedFor = ({ kind }: Origin): boolean => kind !== 'preset' && kind !== 'model' && kind !== 'default';

/** An origin in a few words, as `rerender config` and messages have it. */
export const originText = ({ kind, detail }: Origin): string => {
  switch (kind) {
    case 'file':
    case 'user file':
      return detail ?? kind;
    case 'preset':
      return detail === undefined ? kind : `preset ${detail}`;
    case 'model':
      return detail === undefined ? kind : `model, ${detail}`;
    case 'default':
      return detail === undefined ? kind : `${kind}: ${detail}`;
    case 'request':
      return 'options';
    default:
      return kind;
  }
};
