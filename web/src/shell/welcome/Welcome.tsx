import { Text, Title } from '@mantine/core';
import { IconChartHistogram, IconPrinter, IconWifiOff } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ExampleCard } from '../ExampleCard';
import { LinkButton, LinkText } from '../links';
import { PublicFrame } from '../PublicFrame';
import classes from './Welcome.module.css';

const PROMISES = [
  { key: 'poster', Icon: IconPrinter },
  { key: 'offline', Icon: IconWifiOff },
  { key: 'figures', Icon: IconChartHistogram },
] as const;

/** What Holdfast is, for somebody who runs a café, and the two ways in. Meets T16. */
export function Welcome() {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `Holdfast · ${t('welcome.title')}`;
  }, [t]);
  return (
    <PublicFrame
      actions={
        <LinkButton to="/sign-in" variant="subtle" className={classes.signIn}>
          {t('signIn.submit')}
        </LinkButton>
      }
    >
      <div className={classes.page}>
        <section className={classes.hero}>
          <div className={classes.words}>
            <Title order={1} className={classes.title}>
              {t('welcome.title')}
            </Title>
            <Text className={classes.lead}>{t('welcome.lead')}</Text>
            <div className={classes.ways}>
              <LinkButton to="/register" search={{ next: '/start' }} size="lg">
                {t('welcome.start')}
              </LinkButton>
              <LinkButton to="/sign-in" size="lg" variant="default">
                {t('signIn.submit')}
              </LinkButton>
            </div>
            <Text size="sm" c="dimmed">
              {t('welcome.customer')}{' '}
              <LinkText to="/home" inherit>
                {t('welcome.cards')}
              </LinkText>
            </Text>
          </div>
          <div className={classes.picture} aria-hidden="true" inert>
            <div className={classes.last}>
              <ExampleCard of="books" stamps={2} required={6} accent="#3d4f7a" />
            </div>
            <div className={classes.behind}>
              <ExampleCard of="bakery" stamps={5} required={8} accent="#a3481c" />
            </div>
            <div className={classes.front}>
              <ExampleCard of="cafe" stamps={7} required={10} size="lg" />
            </div>
          </div>
        </section>
        <ul className={classes.promises}>
          {PROMISES.map(({ key, Icon }) => (
            <li key={key} className={classes.promise}>
              <Icon size={24} stroke={1.6} className={classes.icon} aria-hidden="true" />
              <div>
                <Text fw={650}>{t(`welcome.${key}`)}</Text>
                <Text size="sm" c="dimmed">
                  {t(`welcome.${key}Text`)}
                </Text>
              </div>
            </li>
          ))}
        </ul>
        <footer className={classes.foot}>
          <span>{t('welcome.open')}</span>
          <a href="/api/docs">{t('welcome.api')}</a>
        </footer>
      </div>
    </PublicFrame>
  );
}
