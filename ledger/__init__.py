"""What happened to every Item, in SQL: SQLite by default, PostgreSQL for several machines."""
