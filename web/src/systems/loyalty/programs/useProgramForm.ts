/** The form of a program, with what is wrong with it said before the api has to. */

import { useTranslation } from 'react-i18next';
import { type ProblemForm, useProblemForm } from '../../../ui/useProblemForm';
import { FEWEST_STAMPS, MOST_STAMPS, type ProgramValues } from './values';

const MOST_DAYS = 3650;

interface Options {
  initialValues: ProgramValues;
  onValuesChange?: (values: ProgramValues) => void;
}

export function useProgramForm({ initialValues, onValuesChange }: Options): ProblemForm<ProgramValues> {
  const { t } = useTranslation('programs');
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  return useProblemForm<ProgramValues>({
    initialValues,
    ...(onValuesChange && { onValuesChange }),
    validate: {
      name: (typed) => (typed.trim() === '' ? t('program.nameMissing') : null),
      reward: (typed) => (typed.trim() === '' ? t('program.rewardMissing') : null),
      stamps_required: (typed) =>
        within(typed, FEWEST_STAMPS, MOST_STAMPS)
          ? null
          : t('program.stampsWrong', { least: FEWEST_STAMPS, most: MOST_STAMPS }),
      inactivity_days: (typed) => (within(typed, 1, MOST_DAYS) ? null : t('program.inactivityWrong')),
    },
  });
}
