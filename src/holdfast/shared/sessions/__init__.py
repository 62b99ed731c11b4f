"""Sessions: how people sign in and stay signed in. All of it is in PostgreSQL, under the platform's own tenant."""
