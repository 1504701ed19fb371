"""PostgreSQL: extensions and their changes, condominiums, directories."""
