import {
  ActionIcon,
  Button,
  Fieldset,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { AmountField } from '../parts/AmountField';
import { isOfUse, isTiered, KINDS, newTier, type PriceDraft } from './draft';

interface PriceFieldsProps {
  price: PriceDraft;
  place: number;
  onChange: (changed: Partial<PriceDraft>) => void;
  onRemove: (() => void) | undefined;
}

/** One part of what a plan costs: how it is counted, how much it is, and its tax. */
export function PriceFields({ price, place, onChange, onRemove }: PriceFieldsProps) {
  const { t } = useTranslation('money');
  const { currency } = useBusiness();
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
              onChange={(event) => onChange({ amount: event.currentTarget.value })}
            />
          )}
          {isOfUse(price.kind) && (
            <TextInput
              label={t('price.metric')}
              placeholder="kwh"
              maxLength={60}
              value={price.metric}
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
        {isTiered(price.kind) && <Tiers price={price} onChange={onChange} />}
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
          <Button variant="subtle" c="red" size="xs" onClick={onRemove}>
            {t('price.remove')}
          </Button>
        )}
      </Stack>
    </Fieldset>
  );
}

/** The tiers of a price, from the first unit up; the last has no end. */
function Tiers({ price, onChange }: Pick<PriceFieldsProps, 'price' | 'onChange'>) {
  const { t } = useTranslation('money');
  const { currency } = useBusiness();
  const last = price.tiers.length - 1;
  const set = (key: string, changed: Partial<PriceDraft['tiers'][number]>) =>
    onChange({ tiers: price.tiers.map((tier) => (tier.key === key ? { ...tier, ...changed } : tier)) });
  return (
    <Stack gap="xs">
      <SegmentedControl
        fullWidth
        aria-label={t('tiers.mode')}
        data={[
          { value: 'graduated', label: t('tiers.graduated') },
          { value: 'volume', label: t('tiers.volume') },
        ]}
        value={price.mode}
        onChange={(value) => onChange({ mode: value === 'volume' ? 'volume' : 'graduated' })}
      />
      {price.tiers.map((tier, index) => (
        <Group key={tier.key} gap="xs" align="flex-end" wrap="nowrap">
          {index === last ? (
            <TextInput label={t('tiers.upTo')} value="∞" readOnly flex={1} miw={0} />
          ) : (
            <TextInput
              label={t('tiers.upTo')}
              inputMode="numeric"
              flex={1}
              miw={0}
              value={tier.upTo}
              onChange={(event) => set(tier.key, { upTo: event.currentTarget.value.replace(/\D/g, '') })}
            />
          )}
          <TextInput
            label={t('tiers.unit', { currency })}
            inputMode="decimal"
            flex={1}
            miw={0}
            value={tier.unit}
            onChange={(event) => set(tier.key, { unit: event.currentTarget.value })}
          />
          <TextInput
            label={t('tiers.flat')}
            inputMode="decimal"
            flex={1}
            miw={0}
            value={tier.flat}
            onChange={(event) => set(tier.key, { flat: event.currentTarget.value })}
          />
          <ActionIcon
            aria-label={t('tiers.remove', { place: index + 1 })}
            disabled={price.tiers.length === 1 || index === last}
            onClick={() => onChange({ tiers: price.tiers.filter(({ key }) => key !== tier.key) })}
          >
            <IconTrash size={18} aria-hidden="true" />
          </ActionIcon>
        </Group>
      ))}
      <Button
        variant="subtle"
        size="xs"
        justify="flex-start"
        leftSection={<IconPlus size={16} aria-hidden="true" />}
        onClick={() =>
          onChange({ tiers: [...price.tiers.slice(0, -1), newTier(), ...price.tiers.slice(-1)] })
        }
      >
        {t('tiers.add')}
      </Button>
    </Stack>
  );
}
