import { useTranslation } from 'react-i18next';
import type { Actor } from '../../../api';
import { useFormats } from '../../../ui/format';
import { StatusBadge } from '../../../ui/StatusBadge';
import { isRemarkable } from './remarkable';

/** How many of somebody's stamps were taken back; worth a look when it is more than slips of the finger. */
export function Voided({ actor, withLabel = false }: { actor: Actor; withLabel?: boolean }) {
  const { t } = useTranslation('loyalty');
  const { count, share } = useFormats();
  const { voided, stamps } = actor;
  const text = voided === 0 ? '0' : `${count(voided)} (${share(stamps === 0 ? 1 : voided / stamps, 1)})`;
  const label = withLabel ? t('staff.voidedFact', { number: text }) : text;
  return isRemarkable(actor) ? <StatusBadge tone="warn">{label}</StatusBadge> : <span>{label}</span>;
}
