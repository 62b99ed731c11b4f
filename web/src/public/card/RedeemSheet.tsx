/** @jsxImportSource preact */
import { useEffect, useRef } from 'preact/hooks';
import type { Own } from '../../api';
import { MovingCode } from './MovingCode';
import type { Texts } from './texts';

interface RedeemSheetProps {
  token: string;
  reward: Own['rewards'][number];
  onClose: () => void;
  t: Texts;
}

/** Every code is good once; a fresh one every few seconds makes a picture of the screen worthless. */
const SECONDS = 15;

/** The reward's one-time code, over the whole screen. */
export function RedeemSheet({ token, reward, onClose, t }: RedeemSheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class="redeem" aria-labelledby="redeem" onClose={onClose}>
      <h2 id="redeem">{t('redeem.title')}</h2>
      <p class="redeem-reward">{reward.reward}</p>
      <MovingCode
        token={token}
        what={{ reward_id: reward.id }}
        label={t('redeem.alt', { reward: reward.reward })}
        seconds={SECONDS}
        t={t}
      />
      <p class="hint">{t('redeem.hint')}</p>
      <button type="button" onClick={() => dialog.current?.close()}>
        {t('close')}
      </button>
    </dialog>
  );
}
