-- Loyalty: programs, members, their cards, stamps and rewards, and the rollups that the dashboard reads.
-- Keys and references start with tenant_id, so that no row can point into another business, not even by mistake.

create table loyalty_program (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    name text not null,
    stamps_required bigint not null,
    reward text not null,
    inactivity_days bigint not null default 14,
    stamp_gap_seconds bigint not null default 60,
    reward_valid_days bigint,
    status text not null default 'active',
    issued_account_id uuid not null references ledger_account (id),
    rewarded_account_id uuid not null references ledger_account (id),
    created_at timestamptz not null,
    changed_at timestamptz not null,
    constraint loyalty_program_key primary key (tenant_id, id),
    constraint loyalty_program_name check (length(name) between 1 and 255),
    constraint loyalty_program_stamps_required check (stamps_required between 2 and 50),
    constraint loyalty_program_reward check (length(reward) between 1 and 255),
    constraint loyalty_program_inactivity_days check (inactivity_days between 1 and 3650),
    constraint loyalty_program_stamp_gap_seconds check (stamp_gap_seconds between 0 and 604800),
    constraint loyalty_program_reward_valid_days check (reward_valid_days between 1 and 3650),
    constraint loyalty_program_status check (status in ('active', 'archived'))
);
create unique index loyalty_program_name_once on loyalty_program (tenant_id, lower(name)) where status = 'active';
create index loyalty_program_oldest on loyalty_program (tenant_id, created_at, id) where status = 'active';
call kernel_protect('loyalty_program', 'select, insert, update');

-- Personal data of members is in this table alone. The keys are the folded name from its first, second and third word
-- on; prefixes of them are found by comparisons, because under row-level security PostgreSQL uses an index only for
-- operators that cannot leak, and pattern matching is not one of them.
create table loyalty_member (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    phone text collate "C",
    external_id text,
    name text not null,
    name_key text collate "C" not null,
    second_key text collate "C",
    third_key text collate "C",
    birthday date,
    source text not null,
    consent_at timestamptz,
    consent_version text,
    consent_channel text,
    card_token_version bigint not null default 1,
    enrolled_at timestamptz not null,
    visits bigint not null default 0,
    first_visit_at timestamptz,
    last_visit_at timestamptz,
    visit_frequency_days double precision generated always as (
        case when visits > 1
            then round(extract(epoch from last_visit_at - first_visit_at) / 86400 / (visits - 1), 2)::double precision
        end
    ) stored,
    at_risk boolean not null default false,
    constraint loyalty_member_key primary key (tenant_id, id),
    constraint loyalty_member_phone_once unique (tenant_id, phone),
    constraint loyalty_member_external_id_once unique (tenant_id, external_id),
    constraint loyalty_member_phone check (phone ~ '^\+[1-9][0-9]{6,14}$'),
    constraint loyalty_member_external_id check (length(external_id) between 1 and 255),
    constraint loyalty_member_reachable check (phone is not null or external_id is not null),
    constraint loyalty_member_name check (length(name) between 1 and 255),
    constraint loyalty_member_source check (source in ('poster', 'staff', 'import')),
    constraint loyalty_member_consent check (
        num_nonnulls(consent_at, consent_version, consent_channel) in (0, 3)
    ),
    constraint loyalty_member_visits check (visits >= 0)
) with (fillfactor = 80);
create index loyalty_member_newest on loyalty_member (tenant_id, enrolled_at desc, id desc);
create index loyalty_member_at_risk on loyalty_member (tenant_id, enrolled_at desc, id desc) where at_risk;
create index loyalty_member_by_name on loyalty_member (tenant_id, name_key, id);
create index loyalty_member_by_second on loyalty_member (tenant_id, second_key, id) where second_key is not null;
create index loyalty_member_by_third on loyalty_member (tenant_id, third_key, id) where third_key is not null;
call kernel_protect('loyalty_member', 'select, insert, update');

-- A stamp on a card has a place, counted from 1; places up to `spent` went into rewards, the rest is on the card.
-- Stamping touches no indexed column of this table, so the row changes in its own page and no index grows.
create table loyalty_card (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    member_id uuid not null,
    program_id uuid not null,
    account_id uuid not null references ledger_account (id),
    places bigint not null default 0,
    spent bigint not null default 0,
    stamps bigint not null generated always as (places - spent) stored,
    visits bigint not null default 0,
    rewards bigint not null default 0,
    first_visit_at timestamptz,
    last_visit_at timestamptz,
    visit_frequency_days double precision generated always as (
        case when visits > 1
            then round(extract(epoch from last_visit_at - first_visit_at) / 86400 / (visits - 1), 2)::double precision
        end
    ) stored,
    stamped_at timestamptz,
    last_stamp_id uuid,
    at_risk boolean not null default false,
    opened_at timestamptz not null,
    constraint loyalty_card_key primary key (tenant_id, id),
    constraint loyalty_card_once unique (tenant_id, member_id, program_id),
    constraint loyalty_card_of unique (tenant_id, id, member_id, program_id),
    constraint loyalty_card_member foreign key (tenant_id, member_id) references loyalty_member (tenant_id, id),
    constraint loyalty_card_program foreign key (tenant_id, program_id) references loyalty_program (tenant_id, id),
    constraint loyalty_card_spent check (spent >= 0),
    constraint loyalty_card_places check (places >= spent),
    constraint loyalty_card_visits check (visits >= 0),
    constraint loyalty_card_rewards check (rewards >= 0)
) with (fillfactor = 80);
create index loyalty_card_program_members on loyalty_card (tenant_id, program_id, member_id);
create index loyalty_card_at_risk on loyalty_card (tenant_id, program_id, member_id) where at_risk;
call kernel_protect('loyalty_card', 'select, insert, update');

create table loyalty_stamp (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    card_id uuid not null,
    member_id uuid not null,
    program_id uuid not null,
    place bigint,
    stamps bigint not null,
    stamps_required bigint not null,
    reward_id uuid,
    transfer_id uuid not null,
    amount_minor bigint,
    amount_currency text,
    source text not null default 'counter',
    stamped_at timestamptz not null,
    stamped_by_kind text not null,
    stamped_by uuid,
    site_id uuid,
    device_id uuid,
    device_sequence bigint,
    voided_at timestamptz,
    voided_by uuid,
    void_reason text,
    constraint loyalty_stamp_key primary key (tenant_id, id),
    constraint loyalty_stamp_card foreign key (tenant_id, card_id, member_id, program_id)
        references loyalty_card (tenant_id, id, member_id, program_id),
    constraint loyalty_stamp_place_once unique (tenant_id, card_id, place),
    constraint loyalty_stamp_amount check (
        (amount_minor is null) = (amount_currency is null) and amount_minor >= 0 and amount_currency ~ '^[A-Z]{3}$'
    ),
    constraint loyalty_stamp_source check (source in ('counter', 'import')),
    constraint loyalty_stamp_device check ((device_id is null) = (device_sequence is null)),
    constraint loyalty_stamp_voided check (
        (voided_at is null) = (void_reason is null) and (voided_at is null) = (place is not null)
    ),
    constraint loyalty_stamp_void_reason check (length(void_reason) between 1 and 500)
);
create index loyalty_stamp_member on loyalty_stamp (tenant_id, member_id, stamped_at desc, id desc);
create index loyalty_stamp_newest on loyalty_stamp (tenant_id, stamped_at desc);
create unique index loyalty_stamp_device_once on loyalty_stamp (tenant_id, device_id, device_sequence)
    where device_id is not null;
call kernel_protect('loyalty_stamp', 'select, insert, update');

create table loyalty_reward (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    card_id uuid not null,
    member_id uuid not null,
    program_id uuid not null,
    reward text not null,
    stamps bigint not null,
    last_place bigint not null,
    transfer_id uuid not null,
    status text not null default 'earned',
    earned_at timestamptz not null,
    expires_at timestamptz,
    ended_at timestamptz,
    redemption_id uuid,
    redeemed_by uuid,
    redeemed_site_id uuid,
    code_nonce text,
    constraint loyalty_reward_key primary key (tenant_id, id),
    constraint loyalty_reward_card foreign key (tenant_id, card_id, member_id, program_id)
        references loyalty_card (tenant_id, id, member_id, program_id),
    constraint loyalty_reward_stamps check (stamps > 0 and last_place >= stamps),
    constraint loyalty_reward_status check (status in ('earned', 'redeemed', 'expired', 'cancelled')),
    constraint loyalty_reward_ended check ((status = 'earned') = (ended_at is null)),
    constraint loyalty_reward_redeemed check ((status = 'redeemed') = (redemption_id is not null))
);
create index loyalty_reward_of_card on loyalty_reward (tenant_id, card_id, earned_at, id);
create index loyalty_reward_due on loyalty_reward (tenant_id, expires_at)
    where status = 'earned' and expires_at is not null;
create unique index loyalty_reward_redemption on loyalty_reward (tenant_id, redemption_id)
    where redemption_id is not null;
create unique index loyalty_reward_code_once on loyalty_reward (tenant_id, code_nonce) where code_nonce is not null;
call kernel_protect('loyalty_reward', 'select, insert, update');

-- Counts per day of the business's own calendar, per program and, under the nil id, for the whole business. Summed over
-- days they give present totals: at_risk is the change on that day; first_visits and last_visits count the cards, or
-- for the whole business the members, whose first and latest visit was on that day.
create table loyalty_day (
    tenant_id uuid not null default kernel_tenant(),
    program_id uuid not null,
    day date not null,
    enrolled bigint not null default 0,
    visits bigint not null default 0,
    first_visits bigint not null default 0,
    last_visits bigint not null default 0,
    at_risk bigint not null default 0,
    rewards_earned bigint not null default 0,
    rewards_redeemed bigint not null default 0,
    rewards_expired bigint not null default 0,
    rewards_cancelled bigint not null default 0,
    constraint loyalty_day_key primary key (tenant_id, program_id, day)
);
call kernel_protect('loyalty_day', 'select, insert, update');

-- Visits per hour of the business's own day. Imported visits have no hour and are not in here.
create table loyalty_hour (
    tenant_id uuid not null default kernel_tenant(),
    program_id uuid not null,
    day date not null,
    hour bigint not null,
    visits bigint not null default 0,
    constraint loyalty_hour_hour check (hour between 0 and 23),
    constraint loyalty_hour_key primary key (tenant_id, program_id, day, hour)
);
call kernel_protect('loyalty_hour', 'select, insert, update');
