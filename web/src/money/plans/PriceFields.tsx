import {
  Button,
  Fieldset,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TextInput,
} from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { AmountField } from '../parts/AmountField';
import { at, type Wrongs } from './check';
import { isOfUse, isTiered, KINDS, type PriceDraft } from './draft';
import { Tiers } from './TierFields';
import { useWrong } from './words';

interface PriceFieldsProps {
  price: PriceDraft;
  place: number;
  currency: string;
  wrongs: Wrongs;
  onChange: (changed: Partial<PriceDraft>) => void;
  onRemove: (() => void) | undefined;
}

/** One part of what a plan costs: how it is counted, how much it is, and its tax. */
export function PriceFields({ price, place, currency, wrongs, onChange, onRemove }: PriceFieldsProps) {
  const { t } = useTranslation('money');
  const sentence = useWrong(currency);
  const wrong = (field: 'amount' | 'metric') => {
    const found = wrongs.get(at(price.key, field));
    return found !== undefined && sentence(found);
  };
  return (
    <Fieldset legend={t('price.title', { place })}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Select
            label={t('price.kind')}
            data={KINDS.map((value) => ({ value, label: t(`price.kind.${value}`) }))}
            value={price.kind}
            allowDeselect={false}
            onChange={(value) => onChange({ kind: KINDS.find((one) => one === value) ?? 'per_period' })}
          />
          <TextInput
            label={t('price.label')}
            description={t('price.labelHint')}
            maxLength={200}
            value={price.label}
            onChange={(event) => onChange({ label: event.currentTarget.value })}
          />
          {!isTiered(price.kind) && (
            <AmountField
              label={t('amount')}
              currency={currency}
              value={price.amount}
              error={wrong('amount')}
              onChange={(event) => onChange({ amount: event.currentTarget.value })}
            />
          )}
          {isOfUse(price.kind) && (
            <TextInput
              label={t('price.metric')}
              placeholder="kwh"
              maxLength={40}
              value={price.metric}
              error={wrong('metric')}
              onChange={(event) => onChange({ metric: event.currentTarget.value })}
            />
          )}
          {price.kind === 'metered' && (
            <NumberInput
              label={t('price.per')}
              min={1}
              allowDecimal={false}
              value={price.per}
              onChange={(value) => onChange({ per: Math.max(1, Number(value) || 1) })}
            />
          )}
        </SimpleGrid>
        {isTiered(price.kind) && (
          <Tiers price={price} currency={currency} wrongs={wrongs} onChange={onChange} />
        )}
        <Group gap="md" align="flex-end">
          <NumberInput
            label={t('bill.tax')}
            suffix=" %"
            w="7rem"
            min={0}
            max={100}
            decimalScale={2}
            hideControls
            value={price.tax}
            onChange={(value) => onChange({ tax: Number(value) || 0 })}
          />
          <Switch
            label={t('price.inclusive')}
            checked={price.taxInclusive}
            onChange={(event) => onChange({ taxInclusive: event.currentTarget.checked })}
          />
        </Group>
        {onRemove !== undefined && (
          <Button variant="subtle" c="red" size="xs" justify="flex-start" onClick={onRemove}>
            {t('price.remove')}
          </Button>
        )}
      </Stack>
    </Fieldset>
  );
}
