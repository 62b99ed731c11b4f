import { Button, Group, Stack, Text } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { accountsAcceptInvitation, type Me } from '../../api';
import type { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { Loaded } from '../../ui/Loaded';
import { LinkText } from '../links';
import { homeOf } from '../next';
import { useSaid } from '../said';
import { sessionBegan, useMe } from '../session';
import { useSignOut } from '../signOut';
import { goTo, useEnter } from './enter';
import { NewAccountFields, useNewAccount } from './NewAccount';
import { SignInFrame } from './SignInFrame';
import { useWait, Waiting } from './Waiting';

const route = getRouteApi('/invitations/$token');

/** Join the business that invited me: with the account that I have, or with a new one. Meets I5. */
export function AcceptInvitation() {
  const me = useMe();
  return <Loaded query={me}>{(me) => (me === null ? <AsNewcomer /> : <AsMyself me={me} />)}</Loaded>;
}

function AsMyself({ me }: { me: Me }) {
  const { t } = useTranslation();
  const said = useSaid();
  const router = useRouter();
  const { token } = route.useParams();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const wait = useWait(problem);
  const signOut = useSignOut(`/sign-in?next=${encodeURIComponent(`/invitations/${token}`)}`);
  const accept = useCommand({
    send: () => accountsAcceptInvitation({ body: { token } }),
    onError: (problem) => setProblem(said(problem)),
    onSuccess: async ({ tenant }) => {
      const me = await sessionBegan();
      const joined = me?.businesses.find((business) => business.tenant === tenant);
      goTo(router, joined === undefined ? '/home' : `/console/${joined.slug}`);
    },
  });
  return (
    <SignInFrame
      title={t('invitation.title')}
      description={t('invitation.asMyself', { name: me.user.name, email: me.user.email })}
      foot={
        <Group>
          <Button
            variant="subtle"
            size="compact-sm"
            loading={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            {t('invitation.notMe')}
          </Button>
          <LinkText to={homeOf(me)} size="sm">
            {t('invitation.later')}
          </LinkText>
        </Group>
      }
    >
      <Stack gap="md">
        <FormError problem={problem} />
        <Waiting seconds={wait} />
        <Button size="md" loading={accept.isPending} disabled={wait > 0} onClick={() => accept.mutate()}>
          {t('invitation.accept')}
        </Button>
      </Stack>
    </SignInFrame>
  );
}

function AsNewcomer() {
  const { t, i18n } = useTranslation();
  const said = useSaid();
  const router = useRouter();
  const { token } = route.useParams();
  const next = `/invitations/${token}`;
  const { form, problem, refused, forget } = useNewAccount();
  const enter = useEnter({
    next: undefined,
    // The invitation was for another address than the one typed here; whoever has the account knows which.
    onError: () => void router.navigate({ to: '/sign-in', search: { notice: 'joined' }, replace: true }),
  });
  const accept = useCommand({
    send: ({ name, password }: typeof form.values) =>
      accountsAcceptInvitation({ body: { token, name: name.trim(), password, locale: i18n.language } }),
    onError: (problem) => refused(said(problem)),
    onSuccess: (_, { email, password }) => enter.mutate({ email, password }),
  });
  const wait = useWait(problem);
  return (
    <SignInFrame
      title={t('invitation.title')}
      description={t('invitation.newcomer')}
      foot={
        <Text size="sm">
          {t('invitation.known')}{' '}
          <LinkText to="/sign-in" search={{ next }}>
            {t('invitation.signIn')}
          </LinkText>
        </Text>
      }
    >
      <form
        noValidate
        onSubmit={form.onSubmit((typed) => {
          forget();
          accept.mutate(typed);
        })}
      >
        <Stack gap="md">
          <FormError problem={problem} />
          <Waiting seconds={wait} />
          <NewAccountFields form={form} emailHint={t('invitation.emailHint')} />
          <Button type="submit" size="md" loading={accept.isPending || enter.isPending} disabled={wait > 0}>
            {t('invitation.accept')}
          </Button>
        </Stack>
      </form>
    </SignInFrame>
  );
}
