"""Customer accounts, products, opportunities and what partners do on them."""
