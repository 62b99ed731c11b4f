import { Button, Group, Skeleton, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { paymentsMakeDefault, paymentsRemoveMethod, paymentsSetUpMethod } from '../../api';
import { paymentsListMethodsOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { Copyable } from '../../ui/Copyable';
import { FormError } from '../../ui/FormError';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { forget } from '../parts/forget';
import classes from '../parts/parts.module.css';
import { useMethodName } from '../payments/words';

/** How a customer pays; card numbers stay with the provider. Meets P63. */
export function Methods({ customer }: { customer: string }) {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const client = useQueryClient();
  const nameOf = useMethodName();
  const methods = useQuery(paymentsListMethodsOptions({ headers, path: { customer_id: customer } }));
  const again = () => forget(client, ['paymentsListMethods']);
  const remove = useCommand({
    send: (method_id: string) => paymentsRemoveMethod({ headers, path: { method_id } }),
    onSuccess: again,
  });
  const prefer = useCommand({
    send: (method_id: string, attempt) =>
      paymentsMakeDefault({ headers: { ...headers, ...attempt.headers }, path: { method_id } }),
    onSuccess: again,
  });
  const setUp = useCommand({
    send: (_: null) =>
      paymentsSetUpMethod({
        headers,
        path: { customer_id: customer },
        body: { return_url: window.location.href },
      }),
  });
  const takes = may('payments.take');
  return (
    <Panel title={t('methods.title')}>
      <FormError problem={prefer.error ?? setUp.error} />
      <Loaded query={methods} skeleton={<Skeleton height={60} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('methods.none')}
            </Text>
          ) : (
            <ul className={classes.rows}>
              {items.map((method) => {
                const name = nameOf({
                  method_kind: method.kind,
                  method_brand: method.brand,
                  method_last4: method.last4,
                });
                return (
                  <li key={method.id} className={classes.row}>
                    <div className={classes.rowText}>
                      <div className={classes.strong}>{name}</div>
                      {method.expires !== null && (
                        <div className={classes.faint}>{t('methods.expires', { month: method.expires })}</div>
                      )}
                    </div>
                    <Group gap="xs">
                      {method.is_default && <StatusBadge tone="info">{t('methods.default')}</StatusBadge>}
                      {takes && !method.is_default && (
                        <Button
                          size="xs"
                          variant="subtle"
                          loading={prefer.isPending}
                          onClick={() => prefer.mutate(method.id)}
                        >
                          {t('methods.makeDefault')}
                        </Button>
                      )}
                      {takes && (
                        <ConfirmButton
                          size="xs"
                          label={t('methods.remove')}
                          title={t('methods.removeTitle')}
                          message={t('methods.removeMessage', { name: name ?? '' })}
                          confirm={t('methods.remove')}
                          danger
                          onConfirm={() => remove.mutateAsync(method.id)}
                        />
                      )}
                    </Group>
                  </li>
                );
              })}
            </ul>
          )
        }
      </Loaded>
      {takes &&
        (setUp.data === undefined ? (
          <Button
            mt="sm"
            size="xs"
            variant="default"
            loading={setUp.isPending}
            onClick={() => setUp.mutate(null)}
          >
            {t('methods.invite')}
          </Button>
        ) : (
          <div className={classes.beside}>
            <Text size="sm" c="dimmed" mt="sm">
              {t('methods.inviteText')}
            </Text>
            <Copyable value={setUp.data.url} label={t('methods.invite')} />
          </div>
        ))}
    </Panel>
  );
}
