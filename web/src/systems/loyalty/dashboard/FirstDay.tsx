import { Button, Group } from '@mantine/core';
import { IconConfetti, IconPrinter, IconRubberStamp } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../../shell/session';
import { Empty } from '../../../ui/Empty';
import { Panel } from '../../../ui/Panel';

/** Nobody has joined yet: what to do so that somebody does. */
export function FirstDay() {
  const { t } = useTranslation('loyalty');
  const { slug } = useBusiness();
  return (
    <Panel>
      <Empty
        icon={<IconConfetti size={40} stroke={1.5} color="var(--hf-accent-text)" aria-hidden="true" />}
        title={t('firstDay.title')}
        action={
          <Group gap="sm" justify="center" mt="md">
            <Button
              leftSection={<IconPrinter size={18} aria-hidden="true" />}
              renderRoot={(props) => <Link to="/console/$slug/loyalty/poster" params={{ slug }} {...props} />}
            >
              {t('firstDay.poster')}
            </Button>
            <Button
              variant="default"
              leftSection={<IconRubberStamp size={18} aria-hidden="true" />}
              renderRoot={(props) => <Link to="/stamper" {...props} />}
            >
              {t('firstDay.stamper')}
            </Button>
          </Group>
        }
      >
        {t('firstDay.text')}
      </Empty>
    </Panel>
  );
}
