import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Wrongs } from './check';
import { newPrice, type PriceDraft } from './draft';
import { PriceFields } from './PriceFields';

/** The api takes no more of them for a plan. */
const MOST_PRICES = 20;

interface PriceListProps {
  prices: readonly PriceDraft[];
  currency: string;
  wrongs: Wrongs;
  onChange: (prices: PriceDraft[]) => void;
}

/** All that a plan costs, to be typed: for a new plan, and for one whose prices change. */
export function PriceList({ prices, currency, wrongs, onChange }: PriceListProps) {
  const { t } = useTranslation('money');
  const add = useRef<HTMLButtonElement>(null);
  const remove = (gone: PriceDraft) => {
    onChange(prices.filter(({ key }) => key !== gone.key));
    // The button that was pressed is gone with its price; whoever uses the keyboard goes on from here.
    add.current?.focus();
  };
  return (
    <>
      {prices.map((price, index) => (
        <PriceFields
          key={price.key}
          price={price}
          place={index + 1}
          currency={currency}
          wrongs={wrongs}
          onChange={(changed) =>
            onChange(prices.map((one) => (one.key === price.key ? { ...one, ...changed } : one)))
          }
          onRemove={prices.length === 1 ? undefined : () => remove(price)}
        />
      ))}
      <Button
        ref={add}
        variant="subtle"
        size="xs"
        justify="flex-start"
        disabled={prices.length >= MOST_PRICES}
        leftSection={<IconPlus size={16} aria-hidden="true" />}
        onClick={() => onChange([...prices, newPrice()])}
      >
        {t('price.add')}
      </Button>
    </>
  );
}
