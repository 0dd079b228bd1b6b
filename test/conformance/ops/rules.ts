// Rules on plain numbers: the working size, the step where the frame enters, the steps of each period.

import type { Period } from '../../../config/option.ts';
import { workingSize } from '../../../media/size.ts';
import { injectionStep, inPeriod, mixedSteps } from '../../../stages/keyframes/periods.ts';
import { integers, type Op, rows } from './op.ts';

export const resizeRule: Op = {
  options: { cases: 'any' },
  run: c => {
    const sizes = rows<[number, number, number]>(c).map(([width, height, size]) => workingSize({ width, height }, { size, multiple: 64 }));
    return {
      sizes: integers(
        sizes.flatMap(s => [s.width, s.height]),
        [sizes.length, 2],
      ),
    };
  },
};

export const injection: Op = {
  options: { cases: 'any' },
  run: c => {
    const steps = rows<[number, number]>(c).map(([n, x]) => injectionStep(n, x));
    return { step: integers(steps, [steps.length]) };
  },
};

export const windows: Op = {
  options: { cases: 'any' },
  run: c => {
    const cases = rows<[string, number, Period]>(c);
    const longest = Math.max(...cases.map(([, steps]) => steps));
    const active = cases.flatMap(([kind, steps, period]) => {
      const mixed = mixedSteps(period, steps);
      const at = (i: number) => (kind === 'mask' ? mixed.includes(i) : i < steps && inPeriod(period, i, steps));
      return Array.from({ length: longest }, (_, i) => Number(at(i)));
    });
    return { active: integers(active, [cases.length, longest]) };
  },
};
