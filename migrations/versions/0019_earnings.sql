-- What an earning is for, in words for whoever earned it.

alter table payouts_earning add column description text
    constraint payouts_earning_description check (length(description) between 1 and 200);
