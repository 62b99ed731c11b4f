"""People: persons, who exist once, and their memberships of businesses, with the roles that say what they may do."""
