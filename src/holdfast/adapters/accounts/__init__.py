"""What was measured, kept in a SQLite file: counts ever coarser with age, and every stretch that wasn't well."""
