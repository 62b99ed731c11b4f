"""Holdings: everything that one signed-in person holds, across businesses, in one list."""
