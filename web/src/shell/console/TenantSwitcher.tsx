import { Menu, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconPlus, IconSelector } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Brand } from '../../ui/Brand';
import { workplaces } from '../next';
import { PlaceName } from '../PlaceName';
import { useBusiness, useMe } from '../session';
import classes from './TenantSwitcher.module.css';

/** Which business this is, and the others that one works for. Meets T16. */
export function TenantSwitcher() {
  const { t } = useTranslation();
  const business = useBusiness();
  const { data: me } = useMe();
  return (
    <Menu position="bottom-start" width={260}>
      <Menu.Target>
        <UnstyledButton className={classes.here}>
          <Brand name={business.name} logoUrl={business.logo_url} size={34} />
          <PlaceName place={business} />
          <VisuallyHidden>{t('tenant.switch')}</VisuallyHidden>
          <IconSelector size={18} stroke={1.6} className={classes.arrows} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('tenant.mine')}</Menu.Label>
        {me &&
          workplaces(me).map((place) => (
            <Menu.Item
              key={place.tenant}
              component={Link}
              to={`/console/${place.slug}`}
              leftSection={<Brand name={place.name} logoUrl={place.logo_url} size={30} />}
              rightSection={
                place.slug === business.slug ? <IconCheck size={18} aria-label={t('tenant.here')} /> : null
              }
            >
              <PlaceName place={place} />
            </Menu.Item>
          ))}
        <Menu.Divider />
        <Menu.Item
          component={Link}
          to="/start"
          leftSection={<IconPlus size={18} stroke={1.6} aria-hidden="true" />}
        >
          {t('tenant.new')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
