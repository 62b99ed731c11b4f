-- Counts of months, for retention; counts of who stamps, for the report on staff; and what the feed of the latest reads.
-- A revision is one transaction, so indexes cannot be made beside the writers; no release had these tables before.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

-- The months of the business's own calendar in which a member came, by the first day of each.
create table loyalty_month (
    tenant_id uuid not null default kernel_tenant(),
    member_id uuid not null,
    month date not null,
    constraint loyalty_month_key primary key (tenant_id, member_id, month),
    constraint loyalty_month_member foreign key (tenant_id, member_id) references loyalty_member (tenant_id, id),
    constraint loyalty_month_first check (extract(day from month) = 1)
);
call kernel_protect('loyalty_month', 'select, insert, delete');

-- Of the members whose first month was the cohort, how many came in a month.
create table loyalty_cohort (
    tenant_id uuid not null default kernel_tenant(),
    cohort date not null,
    month date not null,
    members bigint not null,
    constraint loyalty_cohort_key primary key (tenant_id, cohort, month),
    constraint loyalty_cohort_order check (month >= cohort)
);
call kernel_protect('loyalty_cohort', 'select, insert, update');

-- What whoever acts at the counter did on a day of the business's own calendar.
create table loyalty_staff_day (
    tenant_id uuid not null default kernel_tenant(),
    day date not null,
    actor_kind text not null,
    actor_id uuid not null,
    stamps bigint not null default 0,
    voided bigint not null default 0,
    rewards_redeemed bigint not null default 0,
    last_at timestamptz,
    constraint loyalty_staff_day_key primary key (tenant_id, day, actor_kind, actor_id),
    constraint loyalty_staff_day_kind check (actor_kind in ('person', 'device', 'api_key'))
);
call kernel_protect('loyalty_staff_day', 'select, insert, update');

-- Whoever may act at the counter, by name. The rights and policies of whoever asks decide what it shows.
create view loyalty_actor with (security_invoker = true) as
    select id, name from people_person
    union all
    select id, name from session_api_key
    union all
    select id, name from devices_device;
grant select on loyalty_actor to holdfast_app;

-- The feed of the latest: each kind newest first, without what was imported. Stamps have one index for it instead of
-- the one by moment, which nothing reads.
drop index loyalty_stamp_newest;
create index loyalty_stamp_newest on loyalty_stamp (tenant_id, stamped_at desc, id desc) where source = 'counter';
create index loyalty_stamp_voided on loyalty_stamp (tenant_id, voided_at desc, id desc) where voided_at is not null;
create index loyalty_member_joined on loyalty_member (tenant_id, enrolled_at desc, id desc) where source <> 'import';
create index loyalty_reward_redeemed on loyalty_reward (tenant_id, ended_at desc, id desc) where status = 'redeemed';

-- What happened before these counts were kept. The months are counted from the stamps; who did what from the events
-- that were handed on already, since the others come to the reaction that counts them.
do $$
declare
    business record;
begin
    for business in select id, timezone from tenants_tenant loop
        perform set_config('holdfast.tenant', business.id::text, true);
        insert into loyalty_month (member_id, month)
        select distinct member_id, date_trunc('month', stamped_at at time zone business.timezone)::date
        from loyalty_stamp where voided_at is null;
        insert into loyalty_cohort (cohort, month, members)
        select cohort, month, count(*)
        from (select month, min(month) over (partition by member_id) as cohort from loyalty_month) as came
        group by cohort, month;
        insert into loyalty_staff_day (day, actor_kind, actor_id, stamps, voided, rewards_redeemed, last_at)
        select (at at time zone business.timezone)::date, kind, id, sum(stamps), sum(voided), sum(redeemed), max(acted_at)
        from (
            select
                (e.body ->> 'stamped_at')::timestamptz as at, s.stamped_by_kind as kind, s.stamped_by as id,
                (e.name = 'loyalty.stamps.stamped')::int as stamps, (e.name = 'loyalty.stamps.voided')::int as voided,
                0 as redeemed, case when e.name = 'loyalty.stamps.stamped' then s.stamped_at end as acted_at
            from kernel_event as e
            join kernel_cursor as read on read.name = 'relay' and (e.xid, e.seq) <= (read.xid, read.seq)
            join loyalty_stamp as s on s.id = (e.body ->> 'stamp_id')::uuid and s.source = 'counter'
            where e.tenant_id = business.id and e.name in ('loyalty.stamps.stamped', 'loyalty.stamps.voided')
            union all
            select (e.body ->> 'redeemed_at')::timestamptz, e.actor_kind, e.actor_id, 0, 0, 1, e.at
            from kernel_event as e
            join kernel_cursor as read on read.name = 'relay' and (e.xid, e.seq) <= (read.xid, read.seq)
            where e.tenant_id = business.id and e.name = 'loyalty.rewards.redeemed'
        ) as done
        where kind in ('person', 'device', 'api_key') and id is not null
        group by 1, 2, 3;
        -- Imported visits of which the hour is known are counted by it from now on, and so are those that were before.
        insert into loyalty_hour as known (program_id, day, hour, visits)
        select whose, moment::date, extract(hour from moment), sum(number)
        from (
            select (e.body ->> 'stamped_at')::timestamptz at time zone business.timezone as moment,
                (e.body ->> 'program_id')::uuid as program_id,
                case e.name when 'loyalty.stamps.stamped' then 1 else -1 end as number
            from kernel_event as e
            join kernel_cursor as read on read.name = 'relay' and (e.xid, e.seq) <= (read.xid, read.seq)
            where e.tenant_id = business.id and e.name in ('loyalty.stamps.stamped', 'loyalty.stamps.voided')
                and e.body ->> 'source' = 'import'
        ) as visit, lateral (values (program_id), ('00000000-0000-0000-0000-000000000000'::uuid)) as two (whose)
        where moment::time <> '00:00'
        group by 1, 2, 3
        on conflict (tenant_id, program_id, day, hour) do update set visits = known.visits + excluded.visits;
    end loop;
    perform set_config('holdfast.tenant', '', true);
end
$$;
