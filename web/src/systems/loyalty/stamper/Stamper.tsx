import { Button, Center, Loader } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../../ui/Empty';
import { Counter } from './Counter';
import { PairPhone } from './PairPhone';
import { wakeSound } from './signals';
import { useFace } from './useFace';
import { useStamper } from './useStamper';

/** The stamper: a paired phone at a counter that stamps cards, with a network and without. Meets L22. */
export function Stamper() {
  const { t } = useTranslation('stamper');
  const view = useStamper();
  const pairing = view.pairing;
  useFace(
    pairing === null ? t('title') : `${t('title')} · ${pairing.business.name}`,
    pairing?.business ?? null,
  );
  useEffect(() => {
    addEventListener('pointerdown', wakeSound);
    addEventListener('keydown', wakeSound);
    return () => {
      removeEventListener('pointerdown', wakeSound);
      removeEventListener('keydown', wakeSound);
    };
  }, []);
  if (view.phase === 'opening')
    return (
      <Center h="100dvh" role="status" aria-label={t('opening')}>
        <Loader />
      </Center>
    );
  if (view.broken === 'outdated')
    return (
      <Center component="main" h="100dvh" p="lg">
        <Empty
          title={t('outdated.title')}
          action={
            <Button size="lg" onClick={() => location.reload()}>
              {t('outdated.reload')}
            </Button>
          }
        >
          {t('broken.outdated')}
        </Empty>
      </Center>
    );
  if (pairing === null || pairing.ended !== null || view.broken !== null) return <PairPhone view={view} />;
  return <Counter view={view} pairing={pairing} />;
}
