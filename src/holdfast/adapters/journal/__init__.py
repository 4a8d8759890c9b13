"""The journal on a SQL database: SQLite here; the tables ask for nothing that PostgreSQL hasn't."""
