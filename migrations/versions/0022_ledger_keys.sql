-- A transfer's id is its business's own: nobody can take an id away from another business by using it first.

-- squawk-ignore-file constraint-missing-not-valid, require-concurrent-index-creation, require-concurrent-index-deletion
-- squawk-ignore-file adding-serial-primary-key-field, disallowed-unique-constraint, ban-drop-constraint

alter table payouts_payout drop constraint payouts_payout_hold;
alter table ledger_transfer drop constraint ledger_transfer_hold_id_fkey;
alter table ledger_transfer drop constraint ledger_transfer_reverses_id_fkey;
alter table ledger_transfer drop constraint ledger_transfer_pkey;
alter table ledger_transfer add constraint ledger_transfer_pkey primary key (tenant_id, id);
alter table ledger_transfer add constraint ledger_transfer_hold_id_fkey
    foreign key (tenant_id, hold_id) references ledger_transfer (tenant_id, id) not valid;
alter table ledger_transfer validate constraint ledger_transfer_hold_id_fkey;
alter table ledger_transfer add constraint ledger_transfer_reverses_id_fkey
    foreign key (tenant_id, reverses_id) references ledger_transfer (tenant_id, id) not valid;
alter table ledger_transfer validate constraint ledger_transfer_reverses_id_fkey;
alter table payouts_payout add constraint payouts_payout_hold
    foreign key (tenant_id, hold_id) references ledger_transfer (tenant_id, id) not valid;
alter table payouts_payout validate constraint payouts_payout_hold;
drop index payouts_payout_hold;
create index payouts_payout_hold on payouts_payout (tenant_id, hold_id);

-- As before, but that a hold is looked up among the business's own.
create or replace function ledger_move() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
    as $$
declare
    move record;
    row_of ledger_balance;
begin
    -- One pass for all rows of the statement, in the order of account ids: two transfers in opposite directions, or
    -- two journals with the same accounts, take their locks in the same order and so never deadlock. The limit keeps
    -- the plan, which a session remembers, from fitting one row or a million alone: it is always a look-up by key.
    for move in
        select
            leg.account_id,
            leg.unit,
            account.unit as own_unit,
            account.guarded,
            sum(case
                when leg.kind in ('hold', 'release') then 0
                when leg.side = account.side then leg.amount
                else -leg.amount
            end)::bigint as posted,
            sum(case
                when leg.kind = 'post' or leg.side = account.side then 0
                when leg.kind = 'hold' then leg.amount
                else -(
                    select h.amount from ledger_transfer as h
                    where h.tenant_id = leg.tenant_id and h.id = leg.hold_id
                )
            end)::bigint as held
        from (
            select tenant_id, debit_id as account_id, 'debit' as side, kind, amount, unit, hold_id from fresh
            union all
            select tenant_id, credit_id, 'credit', kind, amount, unit, hold_id from fresh
        ) as leg
        left join lateral (
            select a.unit, a.guarded, a.side from ledger_account as a
            where a.id = leg.account_id and a.tenant_id = leg.tenant_id
            limit 1
        ) as account on true
        group by 1, 2, 3, 4
        -- A wrong account or unit is named before anything is locked or judged.
        order by account.unit is not distinct from leg.unit, leg.account_id
    loop
        if move.own_unit is distinct from move.unit then
            raise exception 'no account of % has the id %', move.unit, move.account_id
                using errcode = 'foreign_key_violation', constraint = 'ledger_transfer_account',
                detail = json_build_object('account', move.account_id, 'unit', move.own_unit)::text;
        end if;
        continue when not move.guarded or (move.posted = 0 and move.held = 0);
        -- The condition is looked at again once the row is ours, so it judges the balance that the change is made to.
        update ledger_balance as b set posted = b.posted + move.posted, held = b.held + move.held
            where b.account_id = move.account_id
                and b.posted + move.posted - b.held - move.held >= 0;
        if not found then
            select * into row_of from ledger_balance where account_id = move.account_id;
            raise exception 'account % has % available', move.account_id, row_of.posted - row_of.held
                using errcode = 'check_violation', constraint = 'ledger_balance_available',
                detail = json_build_object(
                    'account', move.account_id,
                    'unit', move.unit,
                    'available', row_of.posted - row_of.held,
                    'needed', move.held - move.posted
                )::text;
        end if;
    end loop;
    return null;
end
$$;
