// The key frames that were drawn: look at each, approve it, ask for another seed, take it home.
import type { PictureInfo } from '../api.ts';
import { approve, approved, change, effective, frame, goTo, keyPictures, pictureAddress, plan } from './store.ts';

const Key = ({ number, picture }: { readonly number: number; readonly picture: PictureInfo | undefined }) => {
  const isApproved = picture !== undefined && approved.value.includes(picture.id);
  return (
    <li class={`key ${number === frame.value ? 'current' : ''}`}>
      <button type="button" class="face" onClick={() => goTo(number)}>
        <span class="visually-hidden">Show key frame {number}</span>
        {picture ? <img src={pictureAddress(picture)} alt="" draggable={false} /> : <span class="blank">not drawn yet</span>}
      </button>
      <div class="row">
        <span class="number">{number}</span>
        {picture && (
          <>
            <button
              type="button"
              class="quiet icon"
              aria-pressed={isApproved}
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
              title="Download"
              aria-label={`Download key frame ${number}`}
            >
              ↓
            </a>
          </>
        )}
      </div>
    </li>
  );
};

export const Keyframes = () => {
  const numbers = plan.value?.keyframes ?? [];
  if (numbers.length === 0) return null;
  const seed = Number(effective.value.seed ?? 0);
  const good = numbers.filter(number => {
    const picture = keyPictures.value.get(number);
    return picture && approved.value.includes(picture.id);
  }).length;
  return (
    <section class="keyframes" aria-label="Key frames">
      <div class="head-row">
        <h2>Key frames</h2>
        <p>
          {good} of {numbers.length} approved
        </p>
        <button type="button" class="quiet" onClick={() => change({ seed: seed + 1 })}>
          Another seed
        </button>
      </div>
      <ol>
        {numbers.map(number => (
          <Key key={number} number={number} picture={keyPictures.value.get(number)} />
        ))}
      </ol>
    </section>
  );
};
