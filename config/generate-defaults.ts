// What `rerender generate` does where nothing is asked for; other options have their defaults in the table.

/** File names of results, and how many frames a video model draws: as many as ModelScope was trained on. */
export const GENERATE_DEFAULTS = { picture: 'picture.png', clip: 'clip.mp4', frames: 16 } as const;
