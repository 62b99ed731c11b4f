import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Copyable } from '../../../ui/Copyable';
import { Panel } from '../../../ui/Panel';
import { Qr } from '../../../ui/Qr';
import { issuedOptions, useIssue } from '../issued';
import classes from './Member.module.css';

/** The way to the member's card, for their phone; shown only when it was given out a moment ago. */
export function CardLink({ memberId, name }: { memberId: string; name: string }) {
  const { t } = useTranslation('loyalty');
  const { data: token } = useQuery(issuedOptions(memberId));
  const issue = useIssue();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (token) place.current?.scrollIntoView({ block: 'nearest' });
  }, [token]);
  if (!token) return null;
  const link = `${window.location.origin}/card#${token}`;
  return (
    <div ref={place}>
      <Panel title={t('cardLink.title', { name })}>
        <div className={classes.link}>
          <div className={classes.code}>
            <Qr value={link} label={t('cardLink.code', { name })} />
          </div>
          <div className={classes.linkText}>
            <Text>{t('cardLink.text')}</Text>
            <Copyable value={link} label={t('cardLink.link')} />
            <Button variant="default" onClick={() => issue(memberId, null)}>
              {t('cardLink.done')}
            </Button>
          </div>
        </div>
      </Panel>
    </div>
  );
}
