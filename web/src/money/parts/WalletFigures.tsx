import type { Balances } from '../../api';
import { Stat } from '../../ui/Stat';
import { AmountFigure } from './AmountFigure';
import parts from './parts.module.css';

interface WalletFiguresProps {
  balances: Balances;
  /** What each is called; its hint is said while there is something in it. */
  words: Record<keyof Balances, { label: string; hint?: string }>;
}

const TONES = { available: 'good', pending: 'neutral', held: 'neutral', owed: 'warn' } as const;
const ORDER = ['available', 'pending', 'held', 'owed'] as const;

/** What is in a wallet. */
export function WalletFigures({ balances, words }: WalletFiguresProps) {
  return (
    <div className={parts.tiles}>
      {ORDER.map((what) => {
        const { label, hint } = words[what];
        const some = balances[what].minor > 0;
        return (
          <Stat
            key={what}
            label={label}
            value={<AmountFigure value={balances[what]} />}
            tone={some ? TONES[what] : 'neutral'}
            {...(some && hint !== undefined && { hint })}
          />
        );
      })}
    </div>
  );
}
