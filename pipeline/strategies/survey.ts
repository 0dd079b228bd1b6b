// The plan of the first pass over a clip.
import type { Options } from '../../config/options.ts';
import type { Size } from '../../media/size.ts';
import { planner } from '../graph/plan.ts';
import { analysisSize, survey } from '../steps/survey.ts';

export const planSurvey = (options: Options, size: Size) => {
  const { add, plan } = planner(options);
  return { plan, analysis: add(survey, { id: 'survey', params: { size: analysisSize(size) }, inputs: {} }).analysis };
};
