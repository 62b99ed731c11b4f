/** Refusals in the reader's own language, where the catalogue has the sentence; else in the api's words. */

import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../client';

/** As it came, or said in the language that is spoken, beside the fields too. */
export function useSaid(): (problem: ApiProblem) => ApiProblem {
  const { t, i18n } = useTranslation();
  return (problem) => {
    const key = `said.${problem.code}`;
    if (i18n.language === 'en' || !i18n.exists(key)) return problem;
    const sentence = t(key as 'said.sessions.passwords.weak');
    return new ApiProblem({
      ...problem.more,
      title: sentence,
      detail: null,
      errors: problem.fields.map(({ field }) => ({ field, message: sentence })),
      retryAfter: problem.retryAfter,
    });
  };
}
