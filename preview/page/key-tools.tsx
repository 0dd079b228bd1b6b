// What can be done with the frame that is shown: as a key frame, or to make it one.
import { attempt } from './attempt.ts';
import { PictureButton } from './drop.tsx';
import { addKey, canMove, canRemove, makeAnchor, moveKey, pictureOf, putPicture, removeKey, reseed, sameSeed } from './edit.ts';
import { fateOf } from './parts.ts';
import { frame, plan } from './store.ts';

const Yours = ({ number }: { readonly number: number }) => (
  <PictureButton
    label="Your picture …"
    title="Puts a picture of yours in this frame's place: a key frame that you painted over, for one"
    onFile={file => attempt(() => putPicture(number, file))()}
  />
);

const Move = ({ number }: { readonly number: number }) => (
  <span class="pair">
    <button
      type="button"
      class="quiet icon"
      aria-label={`Move key frame ${number} back`}
      title="Move back"
      onClick={() => moveKey(number, number - 1)}
    >
      ←
    </button>
    <button
      type="button"
      class="quiet icon"
      aria-label={`Move key frame ${number} on`}
      title="Move on"
      onClick={() => moveKey(number, number + 1)}
    >
      →
    </button>
  </span>
);

const roleOf = (number: number): string => {
  const { anchors, supplied, seeds } = plan.value!;
  return [
    anchors.includes(number) ? 'the anchor: others look at it' : '',
    supplied.includes(number) ? 'your picture' : '',
    seeds[number] === undefined ? '' : `seed ${seeds[number]}`,
    fateOf(number) === 'stays' ? 'drawn for others, and not shown in the result' : '',
  ]
    .filter(Boolean)
    .join(', ');
};

const OfKey = ({ number }: { readonly number: number }) => {
  const { anchors, supplied, seeds } = plan.value!;
  const isYours = supplied.includes(number);
  return (
    <>
      <p>
        <strong>Key frame {number}</strong> <small>{roleOf(number)}</small>
      </p>
      {!isYours && (
        <button type="button" class="quiet" title="Draws this key frame alone with the next seed" onClick={() => reseed(number)}>
          Draw it anew
        </button>
      )}
      {!isYours && seeds[number] !== undefined && (
        <button type="button" class="quiet" onClick={() => sameSeed(number)}>
          Seed of all
        </button>
      )}
      <Yours number={number} />
      {!anchors.includes(number) && (
        <button
          type="button"
          class="quiet"
          title="The other key frames of its shot then take their look from it"
          onClick={() => makeAnchor(number)}
        >
          Make it the anchor
        </button>
      )}
      {canMove(number) && <Move number={number} />}
      {canRemove(number) && (
        <button type="button" class="quiet" onClick={() => removeKey(number)}>
          {pictureOf(number) === undefined ? 'Remove' : 'Take your picture away'}
        </button>
      )}
    </>
  );
};

const OfFrame = ({ number }: { readonly number: number }) => (
  <>
    <p>
      <strong>Frame {number}</strong> <small>lies between key frames: it follows their motion</small>
    </p>
    <button type="button" class="quiet" onClick={() => addKey(number)}>
      Make it a key frame
    </button>
    <Yours number={number} />
  </>
);

const NOT_DRAWN = {
  outside: 'lies outside the part that is rendered',
  stays: 'stays as it is: it lies outside the part that is drawn',
} as const;

const OfOther = ({ number, why }: { readonly number: number; readonly why: string }) => (
  <p>
    <strong>Frame {number}</strong> <small>{why}</small>
  </p>
);

export const KeyTools = () => {
  const number = frame.value;
  const fate = fateOf(number);
  const isKey = fate !== 'outside' && plan.value!.keyframes.includes(number);
  return (
    <fieldset class="tools" aria-label="This frame">
      {isKey ? (
        <OfKey number={number} />
      ) : fate === 'drawn' ? (
        <OfFrame number={number} />
      ) : (
        <OfOther number={number} why={NOT_DRAWN[fate]} />
      )}
    </fieldset>
  );
};
