// The range of FreeU's factors.

/**
 * The least and the most that a factor may be, in `--freeu`, in `--freeu-b1` ..., in a stage and in a sweep: what the web UI's extension
 * (-1 to 3) and ComfyUI's nodes (0 to 10) take.
 */
export const FREEU_BOUNDS = [-1, 10] as const;
