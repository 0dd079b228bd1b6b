// The key frames: look at each, approve it, take it home, put it back painted over.
import { attempt } from './attempt.ts';
import { dropTarget, frameOf, PictureButton } from './drop.tsx';
import { byInterval, putPicture, putStyle } from './edit.ts';
import { KeyTools } from './key-tools.tsx';
import {
  approve,
  approved,
  change,
  drawKeys,
  effective,
  frame,
  goTo,
  type KeyPicture,
  keyPictures,
  pictureAddress,
  plan,
  values,
} from './store.ts';

const Badges = ({ number }: { readonly number: number }) => {
  const { anchors, supplied, seeds } = plan.value!;
  return (
    <span class="badges">
      {anchors.includes(number) && <span title="The anchor of its shot">anchor</span>}
      {supplied.includes(number) && <span title="A picture of yours">yours</span>}
      {seeds[number] !== undefined && !supplied.includes(number) && <span title="It has a seed of its own">seed {seeds[number]}</span>}
    </span>
  );
};

const Actions = ({ number, picture }: { readonly number: number; readonly picture: KeyPicture }) => (
  <>
    <button
      type="button"
      class="quiet icon"
      aria-pressed={approved.value.includes(picture.id)}
      aria-label={`Approve key frame ${number}`}
      title="Approve"
      onClick={() => approve(picture.id)}
    >
      ✓
    </button>
    <a
      class="quiet icon"
      href={pictureAddress(picture)}
      download={`keyframe-${String(number).padStart(6, '0')}.png`}
      title="Download, to paint over it"
      aria-label={`Download key frame ${number}`}
    >
      ↓
    </a>
  </>
);

const Key = ({ number, picture }: { readonly number: number; readonly picture: KeyPicture | undefined }) => (
  <li
    class={`key ${number === frame.value ? 'current' : ''} ${picture?.stale ? 'stale' : ''}`}
    {...dropTarget(([file]) => file && attempt(() => putPicture(number, file))())}
  >
    <button type="button" class="face" onClick={() => goTo(number)}>
      <span class="visually-hidden">Show key frame {number}</span>
      {picture ? <img src={pictureAddress(picture)} alt="" draggable={false} /> : <span class="blank">not drawn yet</span>}
      <Badges number={number} />
    </button>
    <div class="row">
      <span class="number">{number}</span>
      {picture && !picture.stale && <Actions number={number} picture={picture} />}
    </div>
  </li>
);

/** Each picture goes to the frame that its name says, one without such a name to the frame that is shown. */
const putAll = (files: readonly File[]): Promise<void> =>
  files.reduce((before, file) => before.then(() => putPicture(frameOf(file) ?? frame.value, file)), Promise.resolve());

const Style = () => {
  const image = effective.value.anchorImage;
  return (
    <>
      <PictureButton
        label={image === undefined ? 'Look like a picture …' : 'Another picture …'}
        title="All key frames take colours and strokes from a picture of yours, and none of its shapes"
        onFile={file => attempt(() => putStyle(file))()}
      />
      {values.value.anchorImage !== undefined && (
        <span class="style-picture">
          <img src={`uploads/${values.value.anchorImage}`} alt="What key frames look like" />
          <button type="button" class="quiet" onClick={() => change({ anchorImage: undefined })}>
            Leave it out
          </button>
        </span>
      )}
    </>
  );
};

export const Keyframes = () => {
  const numbers = plan.value?.keyframes ?? [];
  if (numbers.length === 0) return null;
  const seed = Number(effective.value.seed ?? 0);
  const good = numbers.filter(number => {
    const picture = keyPictures.value.get(number);
    return picture && !picture.stale && approved.value.includes(picture.id);
  }).length;
  return (
    <section class="keyframes" aria-label="Key frames" {...dropTarget(files => attempt(() => putAll(files))())}>
      <div class="head-row">
        <h2>Key frames</h2>
        <p>
          {good} of {numbers.length} approved
        </p>
        {numbers.some(number => keyPictures.value.get(number)?.stale !== undefined || !keyPictures.value.has(number)) && (
          <button type="button" class="quiet" title="Draws the key frames that are missing" onClick={attempt(drawKeys)}>
            Draw all
          </button>
        )}
        {values.value.keyframesAt !== undefined && (
          <button type="button" class="quiet" title="Places key frames by their distance again" onClick={byInterval}>
            Evenly again
          </button>
        )}
        <Style />
        <button type="button" class="quiet" title="Draws all key frames with the next seed" onClick={() => change({ seed: seed + 1 })}>
          Another seed
        </button>
      </div>
      <p class="hint">
        These are drawn; the frames between follow their motion. Approve what is good, draw anew or paint over what is not, then render.
      </p>
      <ol>
        {numbers.map(number => (
          <Key key={number} number={number} picture={keyPictures.value.get(number)} />
        ))}
      </ol>
      <KeyTools />
    </section>
  );
};
