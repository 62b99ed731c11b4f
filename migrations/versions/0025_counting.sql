-- Which of the subscriptions that a month lost had been there when it began: whoever comes and goes within it is no part
-- of those that there were.

alter table billing_month add column churned bigint not null default 0;
comment on column billing_month.churned is 'Of those that ended, the subscriptions that had brought something in before the month.';
alter table billing_recurring add column since date;
comment on column billing_recurring.since is 'From which day on it has brought something in; null for what did before that was kept.';

-- Months that are over keep the figure that they were reported with. The owner of a table sees its rows only while row
-- security is not forced upon it.
alter table billing_month no force row level security;
update billing_month set churned = ended where ended > 0;
alter table billing_month force row level security;
