import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Panel } from '../../ui/Panel';
import { WALLET_TABS, type WalletTab } from '../address';
import classes from './WalletTabs.module.css';

interface WalletTabsProps {
  tab: WalletTab;
  onTab: (tab: WalletTab) => void;
  /** What each shows; only the one that is looked at is drawn, and asks the api. */
  panels: Record<WalletTab, () => ReactNode>;
}

/** What is behind the figures of a wallet: what was earned, what moved, and the statement of a time. */
export function WalletTabs({ tab, onTab, panels }: WalletTabsProps) {
  const { t } = useTranslation('own');
  return (
    <Panel flush>
      <Tabs
        value={tab}
        onChange={(chosen) => onTab(WALLET_TABS.find((one) => one === chosen) ?? 'earned')}
        keepMounted={false}
      >
        <Tabs.List className={classes.list} aria-label={t('wallet.tabs')}>
          {WALLET_TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`${one}.title`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab}>{panels[tab]()}</Tabs.Panel>
      </Tabs>
    </Panel>
  );
}
