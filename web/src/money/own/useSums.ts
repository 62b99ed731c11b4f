import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import { sums } from './figures';

/** The sums below lines, in words. */
export function useSums(): (of: Parameters<typeof sums>[0]) => Array<{
  label: string;
  amount: { minor: number; currency: string };
  total?: boolean;
}> {
  const { t } = useTranslation('own');
  const { share } = useFormats();
  return (of) =>
    sums(of).map(({ name, amount, points, total }) => ({
      label: points === undefined ? t(`sum.${name}`) : t(`sum.${name}`, { rate: share(points / 10_000, 2) }),
      amount,
      ...(total && { total }),
    }));
}
