"""MySQL: connections, every SQL statement, and what is done with them."""
