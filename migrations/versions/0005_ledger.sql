-- The ledger: accounts, append-only transfers between two of them, guarded balances, and the seals of the hash chain.

create table ledger_account (
    id uuid primary key default uuidv7(),
    tenant_id uuid not null default kernel_tenant(),
    book text not null,
    owner_id uuid,
    unit text not null,
    side text not null default 'credit',
    guarded boolean not null default true,
    created_at timestamptz not null default now(),
    xid bigint not null default kernel_xid(),
    seq bigint not null generated always as identity,
    -- Words are printable ASCII without spaces, so that a row has exactly one canonical line to be hashed.
    constraint ledger_account_book check (book ~ '^[!-~]{1,100}$'),
    constraint ledger_account_unit check (unit ~ '^[!-~]{1,100}$'),
    constraint ledger_account_side check (side in ('debit', 'credit')),
    constraint ledger_account_once unique nulls not distinct (tenant_id, book, owner_id, unit),
    constraint ledger_account_of_unit unique (tenant_id, id, unit)
);
create unique index ledger_account_order on ledger_account (tenant_id, xid, seq);
create index ledger_account_owner on ledger_account (tenant_id, owner_id) where owner_id is not null;

-- One row per guarded account, moved by ledger_move() alone.
create table ledger_balance (
    account_id uuid primary key references ledger_account (id),
    tenant_id uuid not null default kernel_tenant(),
    posted bigint not null default 0,
    held bigint not null default 0,
    constraint ledger_balance_available check (posted - held >= 0),
    constraint ledger_balance_held check (held >= 0)
) with (fillfactor = 70);

create table ledger_transfer (
    id uuid primary key default uuidv7(),
    tenant_id uuid not null default kernel_tenant(),
    journal_id uuid,
    kind text not null default 'post',
    debit_id uuid not null,
    credit_id uuid not null,
    amount bigint not null,
    unit text not null,
    code text not null,
    reference_id uuid,
    hold_id uuid references ledger_transfer (id),
    reverses_id uuid references ledger_transfer (id),
    at timestamptz not null,
    xid bigint not null default kernel_xid(),
    seq bigint not null generated always as identity,
    constraint ledger_transfer_kind check (kind in ('post', 'hold', 'settle', 'release')),
    constraint ledger_transfer_accounts check (debit_id <> credit_id),
    -- The largest amount is the largest whole number that JSON readers of every language keep exactly (2^53 - 1).
    constraint ledger_transfer_amount check (amount between 1 and 9007199254740991),
    constraint ledger_transfer_code check (code ~ '^[!-~]{1,100}$'),
    constraint ledger_transfer_ends check ((kind in ('settle', 'release')) = (hold_id is not null)),
    constraint ledger_transfer_corrects check (reverses_id is null or kind = 'post'),
    -- ledger_move() refuses an unknown account or another unit first, and names it; these hold even without it.
    constraint ledger_transfer_debit foreign key (tenant_id, debit_id, unit)
        references ledger_account (tenant_id, id, unit) deferrable initially deferred,
    constraint ledger_transfer_credit foreign key (tenant_id, credit_id, unit)
        references ledger_account (tenant_id, id, unit) deferrable initially deferred
);
create unique index ledger_transfer_order on ledger_transfer (tenant_id, xid, seq);
-- Accounts that keep no balance row are summed from these two alone.
create index ledger_transfer_debits on ledger_transfer (tenant_id, debit_id, xid, seq) include (amount, kind);
create index ledger_transfer_credits on ledger_transfer (tenant_id, credit_id, xid, seq) include (amount, kind);
create unique index ledger_transfer_ended_once on ledger_transfer (tenant_id, hold_id) where hold_id is not null;
create unique index ledger_transfer_reversed_once on ledger_transfer (tenant_id, reverses_id)
    where reverses_id is not null;
create index ledger_transfer_reference on ledger_transfer (tenant_id, reference_id, xid, seq)
    where reference_id is not null;
create index ledger_transfer_journal on ledger_transfer (tenant_id, journal_id, xid, seq) where journal_id is not null;

-- The hash chain of a tenant: hash = sha256(previous hash || canonical line of the account or transfer).
create table ledger_seal (
    tenant_id uuid not null default kernel_tenant(),
    position bigint not null,
    kind text not null,
    subject_id uuid not null,
    xid bigint not null,
    seq bigint not null,
    hash bytea not null,
    sealed_at timestamptz not null,
    constraint ledger_seal_kind check (kind in ('account', 'transfer')),
    constraint ledger_seal_position check (position > 0),
    constraint ledger_seal_hash check (length(hash) = 32),
    primary key (tenant_id, position)
);
create unique index ledger_seal_once on ledger_seal (tenant_id, subject_id, kind);

call kernel_protect('ledger_account', 'select');
call kernel_protect('ledger_balance', 'select');
call kernel_protect('ledger_transfer', 'select');
call kernel_protect('ledger_seal', 'select, insert');
-- Everything may be written but the place in the order, which only the database gives.
grant insert (id, tenant_id, book, owner_id, unit, side, guarded, created_at) on ledger_account to holdfast_app;
grant insert (
    id, tenant_id, journal_id, kind, debit_id, credit_id, amount, unit, code, reference_id, hold_id, reverses_id, at
) on ledger_transfer to holdfast_app;

create function ledger_refuse() returns trigger
    language plpgsql
    as $$
begin
    raise exception '% is append-only; correct it by a new transfer', tg_table_name
        using errcode = 'restrict_violation', constraint = 'ledger_append_only', table = tg_table_name;
end
$$;
comment on function ledger_refuse() is 'Refuses whoever would change history, the owner of the tables included.';

create trigger ledger_account_stays before update or delete or truncate on ledger_account
    for each statement execute function ledger_refuse();
create trigger ledger_transfer_stays before update or delete or truncate on ledger_transfer
    for each statement execute function ledger_refuse();
create trigger ledger_seal_stays before update or delete or truncate on ledger_seal
    for each statement execute function ledger_refuse();
-- Balances change from within the triggers below, never by hand.
create trigger ledger_balance_stays before insert or update on ledger_balance
    for each statement when (pg_trigger_depth() = 0) execute function ledger_refuse();
create trigger ledger_balance_remains before delete or truncate on ledger_balance
    for each statement execute function ledger_refuse();

create function ledger_open() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
    as $$
begin
    insert into ledger_balance (account_id, tenant_id) values (new.id, new.tenant_id);
    return null;
end
$$;
comment on function ledger_open() is 'Gives a guarded account its balance row.';

create trigger ledger_account_open after insert on ledger_account
    for each row when (new.guarded) execute function ledger_open();

create function ledger_refer() returns trigger
    language plpgsql
    as $$
declare
    earlier ledger_transfer;
begin
    select * into earlier from ledger_transfer
        where id = coalesce(new.hold_id, new.reverses_id) and tenant_id = new.tenant_id;
    if new.hold_id is not null then
        if earlier.id is null or earlier.kind <> 'hold' then
            raise exception 'no hold has the id %', new.hold_id
                using errcode = 'check_violation', constraint = 'ledger_transfer_of_hold';
        elsif (earlier.debit_id, earlier.credit_id, earlier.unit) <> (new.debit_id, new.credit_id, new.unit) then
            raise exception 'a hold ends between the accounts that it was made between'
                using errcode = 'check_violation', constraint = 'ledger_transfer_as_held';
        elsif new.amount > earlier.amount or (new.kind = 'release' and new.amount <> earlier.amount) then
            raise exception 'the hold is of %', earlier.amount
                using errcode = 'check_violation', constraint = 'ledger_transfer_within_hold',
                detail = json_build_object('held', earlier.amount, 'needed', new.amount)::text;
        end if;
    elsif earlier.id is null or earlier.kind not in ('post', 'settle') then
        raise exception 'nothing that can be reversed has the id %', new.reverses_id
            using errcode = 'check_violation', constraint = 'ledger_transfer_of_post';
    elsif (earlier.debit_id, earlier.credit_id, earlier.unit, earlier.amount)
            <> (new.credit_id, new.debit_id, new.unit, new.amount) then
        raise exception 'a reversal has the same amount and the sides swapped'
            using errcode = 'check_violation', constraint = 'ledger_transfer_as_posted';
    end if;
    return null;
end
$$;
comment on function ledger_refer() is 'Keeps settlements and releases to their hold, and reversals to their transfer.';

create trigger ledger_transfer_refers after insert on ledger_transfer
    for each row when (new.hold_id is not null or new.reverses_id is not null) execute function ledger_refer();

create function ledger_move() returns trigger
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
                else -(select amount from ledger_transfer where id = leg.hold_id)
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
comment on function ledger_move() is 'Moves the balances of guarded accounts in the statement that stores the transfers.';

create trigger ledger_transfer_moves after insert on ledger_transfer
    referencing new table as fresh for each statement execute function ledger_move();

create function ledger_lock(accounts uuid[]) returns bigint
    language sql volatile security definer set search_path = pg_catalog, public, pg_temp
    as $$
    select count(*) from (
        select from ledger_balance where account_id = any (accounts) and tenant_id = kernel_tenant()
        order by account_id for no key update
    ) as locked
$$;
comment on function ledger_lock(uuid[]) is 'Locks balances in the order that transfers lock them; for a command of several statements.';
revoke execute on function ledger_lock(uuid[]) from public;
grant execute on function ledger_lock(uuid[]) to holdfast_app;

-- The canonical lines that are hashed. A row has one line and a line one row, since no word may contain a space;
-- src/holdfast/shared/ledger/proof.py builds the same lines from an export, without a database.
create function ledger_line(a ledger_account) returns text
    language sql stable parallel safe
    as $$
    select concat_ws(
        ' ', 'account', a.id, a.tenant_id, a.book, coalesce(a.owner_id::text, '-'), a.unit, a.side,
        case when a.guarded then 'guarded' else 'free' end,
        (extract(epoch from a.created_at) * 1000000)::bigint, a.xid, a.seq
    )
$$;
create function ledger_line(t ledger_transfer) returns text
    language sql stable parallel safe
    as $$
    select concat_ws(
        ' ', 'transfer', t.id, t.tenant_id, coalesce(t.journal_id::text, '-'), t.kind, t.debit_id, t.credit_id,
        t.amount, t.unit, t.code, coalesce(t.reference_id::text, '-'), coalesce(t.hold_id::text, '-'),
        coalesce(t.reverses_id::text, '-'), (extract(epoch from t.at) * 1000000)::bigint, t.xid, t.seq
    )
$$;

-- What transfers did to an account, from one place in the order up to (and without) another.
create function ledger_sum(
    a ledger_account,
    from_xid bigint default 0,
    from_seq bigint default 0,
    to_xid bigint default 9223372036854775807,
    to_seq bigint default 9223372036854775807
) returns bigint
    language sql stable parallel safe
    as $$
    select ((case a.side when 'credit' then 1 else -1 end) * (
        (
            select coalesce(sum(amount), 0) from ledger_transfer
            where tenant_id = a.tenant_id and credit_id = a.id and kind in ('post', 'settle')
                and (xid, seq) >= (from_xid, from_seq) and (xid, seq) < (to_xid, to_seq)
        ) - (
            select coalesce(sum(amount), 0) from ledger_transfer
            where tenant_id = a.tenant_id and debit_id = a.id and kind in ('post', 'settle')
                and (xid, seq) >= (from_xid, from_seq) and (xid, seq) < (to_xid, to_seq)
        )
    ))::bigint
$$;

-- What holds that were neither settled nor released set aside of an account.
create function ledger_held(a ledger_account) returns bigint
    language sql stable parallel safe
    as $$
    select coalesce(sum(h.amount), 0)::bigint from ledger_transfer as h
    where h.tenant_id = a.tenant_id and h.kind = 'hold'
        and ((a.side = 'credit' and h.debit_id = a.id) or (a.side = 'debit' and h.credit_id = a.id))
        and not exists (select from ledger_transfer as e where e.tenant_id = h.tenant_id and e.hold_id = h.id)
$$;
