import {
  ActionIcon,
  Button,
  Group,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  VisuallyHidden,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { at, type Wrong, type Wrongs } from './check';
import { newTier, type PriceDraft, type TierDraft } from './draft';
import { useWrong } from './words';

interface TiersProps {
  price: PriceDraft;
  currency: string;
  wrongs: Wrongs;
  onChange: (changed: Partial<PriceDraft>) => void;
}

/** The tiers of a price, from the first unit up; the last has no end. */
export function Tiers({ price, currency, wrongs, onChange }: TiersProps) {
  const { t } = useTranslation('money');
  const last = price.tiers.length - 1;
  return (
    <Stack gap="xs">
      <SegmentedControl
        fullWidth
        aria-label={t('tiers.mode')}
        // On a phone its two sentences need two lines each.
        styles={{ control: { minWidth: 0 }, label: { whiteSpace: 'normal' } }}
        data={[
          { value: 'graduated', label: t('tiers.graduated') },
          { value: 'volume', label: t('tiers.volume') },
        ]}
        value={price.mode}
        onChange={(value) => onChange({ mode: value === 'volume' ? 'volume' : 'graduated' })}
      />
      {price.tiers.map((tier, index) => (
        <TierRow
          key={tier.key}
          tier={tier}
          place={index + 1}
          isLast={index === last}
          currency={currency}
          wrongs={wrongs}
          onChange={(changed) =>
            onChange({
              tiers: price.tiers.map((one) => (one.key === tier.key ? { ...one, ...changed } : one)),
            })
          }
          onRemove={() => onChange({ tiers: price.tiers.filter(({ key }) => key !== tier.key) })}
        />
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

interface TierRowProps {
  tier: TierDraft;
  place: number;
  isLast: boolean;
  currency: string;
  wrongs: Wrongs;
  onChange: (changed: Partial<TierDraft>) => void;
  onRemove: () => void;
}

/** One tier; what is wrong with a field is seen under the row, because the field is too narrow, and heard at it. */
function TierRow({ tier, place, isLast, currency, wrongs, onChange, onRemove }: TierRowProps) {
  const { t } = useTranslation('money');
  const sentence = useWrong(currency);
  const fields = ['upTo', 'unit', 'flat'] as const;
  const wrong = (field: (typeof fields)[number]) => wrongs.get(at(tier.key, field));
  const found = new Set(fields.map(wrong).filter((one): one is Wrong => one !== undefined));
  const narrow = (field: (typeof fields)[number]) => {
    const one = wrong(field);
    return {
      flex: 1,
      miw: 0,
      error: one !== undefined && <VisuallyHidden>{sentence(one)}</VisuallyHidden>,
      // Nothing of it is seen here, so it must not push the field up.
      errorProps: { h: 0, m: 0 },
      styles: { wrapper: { marginBottom: 0 } },
    };
  };
  return (
    <div>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        {isLast ? (
          <TextInput label={t('tiers.upTo')} value="∞" readOnly flex={1} miw={0} />
        ) : (
          <TextInput
            label={t('tiers.upTo')}
            inputMode="numeric"
            value={tier.upTo}
            onChange={(event) => onChange({ upTo: event.currentTarget.value.replace(/\D/g, '') })}
            {...narrow('upTo')}
          />
        )}
        <TextInput
          label={t('tiers.unit', { currency })}
          inputMode="decimal"
          value={tier.unit}
          onChange={(event) => onChange({ unit: event.currentTarget.value })}
          {...narrow('unit')}
        />
        <TextInput
          label={t('tiers.flat')}
          inputMode="decimal"
          value={tier.flat}
          onChange={(event) => onChange({ flat: event.currentTarget.value })}
          {...narrow('flat')}
        />
        <ActionIcon aria-label={t('tiers.remove', { place })} disabled={isLast} onClick={onRemove}>
          <IconTrash size={18} aria-hidden="true" />
        </ActionIcon>
      </Group>
      {found.size > 0 && (
        <Text size="sm" c="var(--mantine-color-error)" mt={4} aria-hidden="true">
          {[...found].map(sentence).join(' ')}
        </Text>
      )}
    </div>
  );
}
